"""Numbers and dates of a spreadsheet as people in Vietnam write them: 45.000, 12,5%, 05/03/2026."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# Formats that Excel knows without being told, by their numbers.
_BUILT_IN = {2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 37: "#,##0", 38: "#,##0", 39: "#,##0.00"}
_BUILT_IN |= {40: "#,##0.00", 16: "dd/mm", 17: "mm/yyyy", 22: "dd/mm/yyyy hh:mm", 46: "[h]:mm"}
_BUILT_IN |= dict.fromkeys((14, 15, *range(27, 32), 36, *range(50, 59)), "dd/mm/yyyy")
_BUILT_IN |= dict.fromkeys((18, 19, 20, 21, *range(32, 36), 45, 47), "hh:mm")
# What a format prints as it stands ("đ", \\đ, [$₫-42A]), and what it only means to Excel ([Red], _), * ).
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]')
_MEANT = re.compile(r"\[[^\]]*\]|[_*].")
_ELAPSED = re.compile(r"\[h+\]", re.I)
_FIGURES = re.compile(r"[0#?][0#?.,]*")
_PRINTED = str.maketrans("", "", "@?")
_DAYS_TO_1904, _LAST_DAY = 1462, 2_958_465


@dataclass(frozen=True, slots=True)
class Format:
    """How a number is shown. `dated`: which of year, month, day and hour (`ymdh`); empty for a plain number.

    `elapsed`: hours beyond a day. `decimals`: None for as many as there are. `width`: least number of figures.
    """

    dated: str = ""
    elapsed: bool = False
    decimals: int | None = None
    grouped: bool = False
    percent: bool = False
    width: int = 1
    before: str = ""
    after: str = ""

    def show(self, raw: str, from_1904: bool = False) -> str:
        """A cell's value as it is stored, made readable. What is no number stays as it is."""
        try:
            amount = Decimal(raw.strip())
        except InvalidOperation:
            day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(?:T.*)?", raw)
            return f"{day[3]}/{day[2]}/{day[1]}" if day else raw
        if not amount.is_finite() or abs(amount.adjusted()) > 20:
            return raw
        if self.dated and 0 <= amount <= _LAST_DAY:
            return self._date(amount + _DAYS_TO_1904 * from_1904)
        return f"{self.before}{self._number(amount)}{self.after}".strip()

    def _date(self, amount: Decimal) -> str:
        minutes = int((amount * 24 * 60).to_integral_value(ROUND_HALF_UP))
        if self.elapsed:
            return f"{minutes // 60}:{minutes % 60:02}"
        day = datetime(1899, 12, 30) + timedelta(minutes=minutes)
        clock = f"{day.hour:02}:{day.minute:02}"
        if not set(self.dated) & set("yd"):
            return clock
        days = [f"{day.day:02}"] * ("d" in self.dated) + [f"{day.month:02}"] * ("m" in self.dated)
        shown = "/".join(days + [str(day.year)] * ("y" in self.dated))
        return f"{shown} {clock}" if "h" in self.dated and minutes % (24 * 60) else shown

    def _number(self, amount: Decimal) -> str:
        amount *= 100 if self.percent else 1
        if self.decimals is not None:
            amount = amount.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
        elif amount != amount.to_integral_value():  # what a binary fraction adds behind the twelfth figure is noise
            amount = Decimal(f"{amount:.12g}")
        whole, _, fraction = f"{abs(amount):f}".partition(".")
        fraction = fraction if self.decimals is not None else fraction.rstrip("0")
        whole = whole.zfill(self.width)
        if self.grouped:
            whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ".", whole)
        sign = "-" if amount < 0 else ""
        return f"{sign}{whole}{',' if fraction else ''}{fraction}{'%' if self.percent else ''}"


def number_format(number: int, code: str | None) -> Format:
    """The format of a number and code, as a workbook's styles have them."""
    code = (_BUILT_IN.get(number, "General") if code is None else code)[:200].split(";")[0]
    # Printed text gives way to as many characters that mean nothing, so that places stay the same.
    meant = _MEANT.sub(
        lambda match: "\0" * len(match.group()), _LITERAL.sub(lambda match: "\0" * len(match.group()), code)
    )
    small = meant.lower()
    if _ELAPSED.search(code):
        return Format(dated="h", elapsed=True)
    if small.strip("\0 ") in ("general", "@", ""):
        return Format()
    if re.search(r"[ymdhs]", small):
        parts = {part for part in "ymdh" if part in small} | ({"h"} if "s" in small else set())
        return Format(dated="".join(part for part in "ymdh" if part in parts))
    figures = _FIGURES.search(meant)
    if figures is None:
        return Format()
    whole, _, fraction = figures.group().partition(".")
    return Format(
        decimals=len(fraction),
        grouped="," in whole,
        percent="%" in meant,
        width=max(1, whole.count("0")),
        before=_printed(code[: figures.start()]),
        after=_printed(code[figures.end() :]),
    )


def _printed(code: str) -> str:
    """What a part of a format prints."""
    printed = _LITERAL.sub(lambda match: "".join(group or "" for group in match.groups()), _MEANT_ONLY.sub("", code))
    return re.sub(r"[%@?#0]", "", printed)


_MEANT_ONLY = re.compile(r"\[(?!\$)[^\]]*\]|[_*].")
