"""Communes and districts of before 1/7/2025, found in what people type, and the communes that they became.

Source: the table inside the installed package underthesea (`underthesea/address/data/mapping.json`, itself made from
vietnamadminunits 1.0.4). Its `convert_address` reads the same table but wants commas, and gives one commune even where
the old one was split or its name was borne by several; so the table itself is read here, once, when first needed.
It runs some communes together with a namesake of another district; `tables/communes_corrected.csv` tells them apart
(docs/places.md).

Texts are NFC, as `retrieval.text.normalise` leaves them; spans are (start, end) in the text given. What was typed is
better given than a text whose diacritics were guessed. Every public function raises RetrievalError if the table is
missing or damaged, and nothing else, whatever the text.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.resources import files
from math import log
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from retrieval.errors import RetrievalError
from retrieval.places import NEW_NAME, province_spans
from retrieval.text import has_diacritics, lower, new_tone_marks, strip_diacritics


@dataclass(frozen=True, slots=True)
class NewCommune:
    """A commune of today: name with its type ("Phường Sài Gòn"), one of the 34 provinces without ("Hồ Chí Minh")."""

    name: str
    province: str


@dataclass(frozen=True, slots=True)
class OldCommune:
    """A commune of before: "Phường Bến Nghé", "Quận 1", one of the 63 provinces without its type."""

    name: str
    district: str
    province: str


@dataclass(frozen=True, slots=True)
class OldDistrict:
    """A district of before, all abolished: "Huyện Cẩm Xuyên", one of the 63 provinces without its type."""

    name: str
    province: str


@dataclass(frozen=True, slots=True)
class CommuneMention:
    """An old commune's name in a text.

    `said`, `span`: the words, with the district and province that directly follow. `district` ("Quận 1"), `province`
    (one of the names in `retrieval.places.PROVINCES`): what the text says of where it is, or None. `olds`: the communes
    that can be meant; several where the text does not tell, none where the district or province has none of that name.
    Borders had moved before, too: where only another district of that province has the name, `olds` says which.
    """

    said: str
    span: tuple[int, int]
    district: str | None
    province: str | None
    olds: tuple[OldCommune, ...]


@dataclass(frozen=True, slots=True)
class DistrictMention:
    """An old district's name in a text, and the districts that can be meant ("huyện Châu Thành": ten)."""

    said: str
    span: tuple[int, int]
    olds: tuple[OldDistrict, ...]


def find_communes(text: str) -> list[CommuneMention]:
    """Old communes named in a text with their type before the name, in full or short ("xã", "P.", "tt."), in order.

    Meant for a question or a sentence: a district or the only province named anywhere in it also tells where. Marks
    left out match any marks; marks typed must be right. A name that is also a phrase ("xã đồng ý", "phuong an phu hop")
    counts only with a capital or where a district or province that has such a commune follows.
    """
    return list(_Reader(text).communes())


def find_districts(text: str) -> list[DistrictMention]:
    """Old districts named in a text with their type before the name, in order, but for those that a commune is in.

    A type that changed in time ("thị xã Phổ Yên", later a city) is understood; cities that are provinces are no
    districts.
    """
    reader = _Reader(text)
    communes = list(reader.communes())
    return [
        mention
        for mention in reader.district_mentions()
        if not any(
            commune.span[0] <= mention.span[0] < commune.span[1]
            or commune.district in {old.name for old in mention.olds}
            for commune in communes
        )
    ]


def new_communes(mention: CommuneMention | DistrictMention) -> tuple[NewCommune, ...]:
    """The communes of today that a mention can mean, each once, the likeliest of a split commune first.

    One: it is clear. None: unknown. Several: ask which. `mention.olds` says why: one that was split, or several of that
    name, or one of which another of today bears the name (only where no district is said). A district: all that it
    became.
    """
    table = _table()
    if isinstance(mention, DistrictMention):
        return _each_once(new for old in mention.olds for new in table.of_district[old])
    found = [new for old in mention.olds for new in table.of_commune[old]]
    if mention.district is None:
        for name in dict.fromkeys(old.name for old in mention.olds):
            namesakes = table.today.get(_bare_name(name), ())
            found += [new for new in namesakes if new.name == name and mention.province in (None, new.province)]
    return _each_once(found)


def _each_once(found: Iterable[NewCommune]) -> tuple[NewCommune, ...]:
    return tuple(dict.fromkeys(found))


# --- The table ---


@dataclass(frozen=True, slots=True)
class _Table:
    """`communes`, `today`: by bare name with type ("xa cam binh"). `districts`: by bare name without ("cam xuyen")."""

    communes: dict[str, tuple[OldCommune, ...]]
    districts: dict[str, tuple[OldDistrict, ...]]
    of_commune: dict[OldCommune, tuple[NewCommune, ...]]
    of_district: dict[OldDistrict, tuple[NewCommune, ...]]
    today: dict[str, tuple[NewCommune, ...]]


_TYPE = re.compile(r"(xã|phường|thị ?trấn|quận|huyện|thị ?xã|thành ?phố|tỉnh|đặc ?khu)\s*", re.IGNORECASE)
_LONGEST_NAME = 6
_CORRECTED = Path(__file__).with_name("tables") / "communes_corrected.csv"


@lru_cache(maxsize=1)
def _table() -> _Table:
    try:
        path = files("underthesea").joinpath("address", "data", "mapping.json")
        return _made_of(json.loads(path.read_text(encoding="utf-8"))["ward_mapping"], _corrections())
    except (ImportError, OSError, ValueError, LookupError, TypeError, AttributeError, csv.Error) as error:
        raise RetrievalError(
            f"Không đọc được bảng xã, phường trong gói underthesea hay bảng sửa nó ({error}). Hãy chạy: make setup"
        ) from error


def _corrections() -> dict[OldCommune, set[NewCommune]]:
    """All that each commune became of those that the table runs together with a namesake."""
    corrected: dict[OldCommune, set[NewCommune]] = {}
    with _CORRECTED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            old = OldCommune(row["old_commune"], row["district"], row["province"])
            corrected.setdefault(old, set()).add(NewCommune(row["new_commune"], row["new_province"]))
    if not corrected:
        raise ValueError(f"{_CORRECTED.name}: no rows")
    return corrected


def _made_of(rows: list[dict[str, Any]], corrected: dict[OldCommune, set[NewCommune]]) -> _Table:
    syllables = Counter(word for row in rows for name in ("old_ward", "new_ward") for word in row[name].lower().split())
    of_commune: dict[OldCommune, dict[NewCommune, bool]] = defaultdict(dict)
    of_district: dict[OldDistrict, dict[NewCommune, bool]] = defaultdict(dict)
    for row in rows:
        district = OldDistrict(_typed_name(row["old_district"]), _without_type(row["old_province"]))
        new = NewCommune(
            _typed_name(row["new_ward"] or _spelt_out(row["new_ward_key"], syllables)),
            _without_type(row["new_province"]),
        )
        if row["old_ward_key"]:
            name = _typed_name(row["old_ward"] or _spelt_out(row["old_ward_key"], syllables))
            old = OldCommune(name, district.name, district.province)
            if new not in corrected.get(old, {new}):
                continue
            # A split commune has several rows; the main part comes first.
            of_commune[old][new] = bool(row.get("is_default", True))
        of_district[district][new] = True
    for old, news in corrected.items():
        if set(of_commune[old]) != news:
            raise ValueError(f"{_CORRECTED.name}: {old.name}, {old.district}, {old.province}")
    communes: dict[str, list[OldCommune]] = defaultdict(list)
    districts: dict[str, list[OldDistrict]] = defaultdict(list)
    today: dict[str, list[NewCommune]] = defaultdict(list)
    for commune in of_commune:
        communes[_bare_name(commune.name)].append(commune)
    for district in of_district:
        districts[_bare_name(_without_type(district.name))].append(district)
    for new in {new: True for found in of_district.values() for new in found}:
        today[_bare_name(new.name)].append(new)
    return _Table(
        communes={name: tuple(found) for name, found in communes.items()},
        districts={name: tuple(found) for name, found in districts.items()},
        of_commune={old: tuple(sorted(found, key=lambda new: not found[new])) for old, found in of_commune.items()},
        of_district={old: tuple(found) for old, found in of_district.items()},
        today={name: tuple(found) for name, found in today.items()},
    )


def _without_type(name: str) -> str:
    return _TYPE.sub("", name, count=1)


def _typed_name(name: str) -> str:
    """The type with one capital, as usual: the table has "Thị Trấn" six times."""
    match = _TYPE.match(name)
    return match.group().capitalize() + name[match.end() :] if match else name


def _spelt_out(key: str, syllables: Counter[str]) -> str:
    """The name behind a key where the table has lost the name: "xãtamđàn" → "Xã Tam Đàn".

    Such keys keep their marks, because without them two communes of a district would share one. Of all ways to cut,
    the one whose syllables are the most frequent in the table's names, or that at least look like one of them ("pả").
    """
    match = _TYPE.match(key)
    kind, rest = (match.group(), key[match.end() :]) if match else ("", key)
    bare_syllables = {strip_diacritics(syllable) for syllable in syllables}

    def likelihood(piece: str) -> float:
        known = syllables[piece] or (0.1 if strip_diacritics(piece) in bare_syllables else 1e-9)
        return log(known / syllables.total())

    best: list[tuple[float, list[str]]] = [(0.0, [])]
    for end in range(1, len(rest) + 1):
        starts = range(max(0, end - 7), end)
        best.append(max((best[n][0] + likelihood(rest[n:end]), [*best[n][1], rest[n:end]]) for n in starts))
    spaced = {"thịtrấn": "thị trấn", "đặckhu": "đặc khu"}.get(kind, kind)
    return " ".join([spaced.capitalize(), *(piece.capitalize() for piece in best[-1][1])]).strip()


# --- Spelling ---

_TOKEN = re.compile(r"[^\W\d_]+(?:['’‘`ʼ][^\W\d_]+)*|\d+")
_APOSTROPHES = re.compile(r"['’‘`ʼ]")
# "Mỹ" and "Mĩ", "Quy" and "Qui" are one.
_LAST_Y = re.compile(r"(?:(?<=[bcdđghklmnprstvx])|(?<=\bqu))[yýỳỷỹỵ]\b")
_Y_TO_I = str.maketrans("yýỳỷỹỵ", "iíìỉĩị")


def _spelling(word: str) -> str:
    """A syllable as names are compared: small letters, one spelling of several, no apostrophe, no leading zero."""
    word = _APOSTROPHES.sub("", new_tone_marks(lower(word)))
    word = _LAST_Y.sub(lambda match: match.group().translate(_Y_TO_I), word)
    return "đắk" if word in ("đăk", "đắc", "đak") else word.lstrip("0") or word


def _bare_spelling(word: str) -> str:
    bare = strip_diacritics(_spelling(word))
    return "dak" if bare == "dac" else bare


def _bare_name(name: str) -> str:
    return " ".join(_bare_spelling(word) for word in _TOKEN.findall(name))


def _spellings(name: str) -> list[str]:
    """The syllables of a name without its type."""
    return [_spelling(word) for word in _TOKEN.findall(_without_type(name))]


# --- Reading ---

_SPACE = r"[ \t\xa0]"
# A type, in full, without its marks or short, right before a name: "xã Cẩm Bình", "P.Bến Nghé", "q1".
_BEFORE_NAME = rf"(?![^\W\d_])(?P<gap>(?:{_SPACE}|[.\"“”'‘’])*)(?=[^\W_])"
_COMMUNE_TYPE = re.compile(
    rf"(?<![\w'’‘`ʼ])(?:(?P<xa>xã|xa|x)|(?P<phuong>phường|phuong|p)"
    rf"|(?P<thi_tran>thị{_SPACE}+trấn|thi{_SPACE}+tran|tt|t\.t)){_BEFORE_NAME}"
)
_DISTRICT_TYPE = re.compile(
    rf"(?<![\w'’‘`ʼ])(?:(?P<huyen>huyện|huyen|h)|(?P<thi_xa>thị{_SPACE}+xã|thi{_SPACE}+xa|tx|t\.x)|(?P<quan>quận|quan|q)"
    rf"|(?P<thanh_pho>thành{_SPACE}+phố|thanh{_SPACE}+pho|tp|t\.p)){_BEFORE_NAME}"
)
_PROVINCE_TYPE = re.compile(rf"(?:tỉnh|tinh|thành{_SPACE}+phố|thanh{_SPACE}+pho|tp|t\.p|t)(?![^\W_])(?:{_SPACE}|\.)*")
_LESSER_TYPE = re.compile(rf"\b(?:xã|phường|phuong|trấn|tran|huyện|huyen|quận){_SPACE}+$")
# A district may have risen since a text was written, never fallen.
_RISING = ("huyen", "thi_xa", "quan", "thanh_pho")
# After these it is another word: "thị xã", "hợp tác xã"; without marks also "từ xa", "địa phương", "cơ quan".
_NEVER_AFTER = {"xa": frozenset("thi tac cong".split())}
_NOT_BARE_AFTER = {
    "xa": frozenset("cu tu cach gan phong buc dau".split()),
    "phuong": frozenset("dia da song doi don".split()),
    "quan": frozenset("co lien hai chu khach truc tong si".split()),
}
# In a text with marks these are words of their own ("xa": far, "quan": official).
_WORDS_WITHOUT_MARKS = frozenset({"xa", "quan"})
# Names that are also phrases after "xã", as texts of law have them; without their marks there are more.
_PHRASES = frozenset(
    "biên giới|hợp nhất|chỉ đạo|đồng ý|thống nhất|an toàn|trung tâm|tự nhiên|đồng thời|trung bình".split("|")
)
_BARE_PHRASES = frozenset(map(strip_diacritics, _PHRASES)) | frozenset(
    "tri phai|trong quan|bang van|van phai|thai bao|co tong|co dong|cua can|ki van|de tham|dong thoi".split("|")
)
# First syllables that make a word with the type ("xã hội"); without marks also with "phương" or as a clause ("xã có").
_COMPOUNDS = {"xa": frozenset("hoi giao vien luan doan".split()), "phuong": frozenset({"hoi"})}
_BARE_COMPOUNDS = {
    "xa": _COMPOUNDS["xa"] | frozenset("co cua de tu bang van ki tri thai trong".split()),
    "phuong": frozenset("hoi an tien phap thuc huong cham dien hai chu co cua de".split()),
}
# "xa tan tien la gi" asks what it is, and not for the one in La Gi.
_WHAT_IS_IT = "la gi"
# After a doubtful name these show that it has ended; after a number those show that it counts something.
_AFTER_A_NAME = frozenset(
    (
        "la cu nay gio bay hien da doi con sap thuoc o truoc duoc nhap va hay hoac thi moi sau roi "
        "nop lam di muon xin gap khong gom den"
    ).split()
)
_COUNTED = frozenset("xa phuong huyen tinh ho nguoi can nam thang ngay ban lan".split())
_PART_OF_A_NUMBER = re.compile(r"[.,/:]?\d|%")
# "Phường Bến Nghé (cũ), thuộc Quận 1"
_FILLERS = frozenset("thuoc o tai cua cu truoc day truc".split())
_SPACES = re.compile(rf"{_SPACE}+")
# "Phan Rang - Tháp Chàm"
_WITHIN_NAME = re.compile(rf"{_SPACE}*-{_SPACE}*|{_SPACE}+")
_BETWEEN_PLACES = re.compile(rf"(?:{_SPACE}|[,;:()/\"“”'‘’–—-])*")

_Old = TypeVar("_Old", OldCommune, OldDistrict)


class _Token(NamedTuple):
    spelling: str
    bare: str
    start: int
    end: int


class _Place(NamedTuple):
    """A district as read: its names, the token after it, and whether it is one even where nothing confirms it."""

    olds: tuple[OldDistrict, ...]
    end: int
    sure: bool


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a commune is by the text: `end` is the token after that; `follows`: a fitting place follows the name."""

    olds: tuple[OldCommune, ...]
    end: int
    district: str | None = None
    province: str | None = None
    follows: bool = False


class _Reader:
    """One text, cut into tokens. Places are told by token: `first` is the first of a name, `end` the one after it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lowered = new_tone_marks(lower(text))
        self.tokens = [
            _Token(_spelling(m.group()), _bare_spelling(m.group()), m.start(), m.end()) for m in _TOKEN.finditer(text)
        ]
        self.at = {token.start: n for n, token in enumerate(self.tokens)}
        self.marked = has_diacritics(text)
        self.all_capitals = not any(c.islower() for c in text)

    @cached_property
    def provinces(self) -> dict[int, tuple[str, int]]:
        """Provinces with their end, by where they start in the text; "xã Hòa Bình" names none."""
        spans = province_spans(self.text)
        return {
            start: (name, end)
            for name, (start, end) in spans
            if not _LESSER_TYPE.search(self.lowered, max(0, start - 10), start)
        }

    @cached_property
    def districts(self) -> list[tuple[int, _Place]]:
        """Districts with their type, by where the type starts in the text."""
        starts = (match.start() for match in _DISTRICT_TYPE.finditer(self.lowered))
        return [(start, max(places, key=self._reach)) for start in starts if (places := self._typed_districts(start))]

    def communes(self) -> Iterator[CommuneMention]:
        """What `find_communes` finds."""
        past = 0
        for match in _COMMUNE_TYPE.finditer(self.lowered):
            if match.start() >= past and (where := self._commune(match)):
                span = match.start(), self.tokens[where.end - 1].end
                past = span[1]
                yield CommuneMention(self.text[slice(*span)], span, where.district, where.province, where.olds)

    def district_mentions(self) -> Iterator[DistrictMention]:
        """What `find_districts` finds, and those that a commune is in."""
        for start, place in self.districts:
            province, end = self._province(place.end)
            there = _within(place.olds, province or self._only_province(start, self.tokens[place.end - 1].end))
            if there or place.sure:
                span = start, self.tokens[(end if there else place.end) - 1].end
                yield DistrictMention(self.text[slice(*span)], span, there or place.olds)

    def _commune(self, match: re.Match[str]) -> _Where | None:
        kind, first = self._kind(match), self.at.get(match.end())
        if first is None or self._is_another_word(match):
            return None
        found: list[tuple[int, int, _Where]] = []
        longest_today = 0
        for end in self._ends(first):
            name = f"{kind.replace('_', ' ')} {self._bare(first, end)}"
            if olds := self._as_spelt(_table().communes.get(name, ()), match.start(), first, end):
                where = self._where(olds, match.start(), end)
                found.append((where.end if where.follows else end, end, where))
            elif name in _table().today:
                longest_today = max(longest_today, end)
        if not found:
            return None
        # Of "Phú Mỹ Hưng" and "Phú Mỹ, Hưng Yên" the one that explains more; a longer name of today is no old one.
        reach, end, where = max(found, key=lambda reading: reading[:2])
        doubtful = not self._is_surely_type(match) or self._is_doubtful(match, first, end)
        if reach < longest_today or (doubtful and not where.follows):
            return None
        return where if where.olds or not self._is_of_today(kind, first, end, where.province) else None

    def _is_of_today(self, kind: str, first: int, end: int, province: str | None) -> bool:
        """Whether a province of today has a commune of that name, which is no old one then."""
        namesakes = _table().today.get(f"{kind.replace('_', ' ')} {self._bare(first, end)}", ())
        return any(new.province == NEW_NAME.get(province or "") for new in namesakes)

    def _where(self, olds: tuple[OldCommune, ...], start: int, end: int) -> _Where:
        where = self._following(olds, end)
        if where.district is None:
            names = {old.district for old in where.olds}
            names &= {old.name for _, place in self.districts for old in place.olds}
            if len(names) == 1:
                where = replace(where, olds=_in_district(where.olds, names), district=names.pop())
        if where.province is None:
            province = self._only_province(start, self.tokens[end - 1].end)
            if inside := _within(where.olds, province):
                where = replace(where, olds=inside, province=province)
        return where

    def _following(self, olds: tuple[OldCommune, ...], end: int) -> _Where:
        """What the district and province right after a name say."""
        at = self._next_place(end)
        if at is None:
            return _Where(olds, end)
        typed = self._typed_districts(self.tokens[at].start, follows=True)
        if typed:
            return max((self._in_typed(olds, place) for place in typed), key=lambda where: (where.follows, where.end))
        province, past = self._province(end)
        if province and (inside := _within(olds, province)):
            return _Where(inside, past, None, province, follows=True)
        for past_name in self._ends(at):
            if self._bare(at, past_name) == _WHAT_IS_IT and not self._is_capital(at):
                continue
            districts = self._as_spelt(self._districts_named(at, past_name), end, at, past_name)
            if inside := _in_district(olds, {old.name for old in districts}):
                return self._in_that_district(inside, inside[0].district, past_name)
            where = self._in_that_district(_moved(olds, districts), districts[0].name, past_name) if districts else None
            if where and where.olds and where.province:
                return where
        return _Where((), past, None, province) if province else _Where(olds, end)

    def _in_typed(self, olds: tuple[OldCommune, ...], place: _Place) -> _Where:
        names = [old.name for old in place.olds]
        inside = _in_district(olds, set(names)) or _moved(olds, place.olds)
        said = next((name for name in names if _in_district(inside, {name})), names[0])
        return self._in_that_district(inside, said, place.end)

    def _in_that_district(self, olds: tuple[OldCommune, ...], district: str, end: int) -> _Where:
        province, past = self._province(end)
        there = _within(olds, province) if province else olds
        return _Where(there, past, district, province, follows=bool(there))

    def _typed_districts(self, start: int, follows: bool = False) -> list[_Place]:
        """The readings, longest first, of a district whose type starts there in the text, or `follows` a commune."""
        match = _DISTRICT_TYPE.match(self.lowered, start)
        first = self.at.get(match.end()) if match else None
        if match is None or first is None or (not follows and self._is_another_word(match)):
            return []
        kinds = _RISING[_RISING.index(self._kind(match)) :]
        found = []
        for end in self._ends(first):
            named = self._as_spelt(self._districts_named(first, end), start, first, end)
            by_kind = {kind: tuple(old for old in named if _has_type(old, kind)) for kind in kinds}
            if olds := by_kind[kinds[0]] or tuple(old for olds in by_kind.values() for old in olds):
                doubtful = self._is_count(first, end) or self._may_be_a_word(first, end)
                found.append(_Place(olds, end, self._is_surely_type(match) and not doubtful))
        return found

    def _reach(self, place: _Place) -> int:
        """The token after a district and the province that it is in."""
        province, end = self._province(place.end)
        return end if _within(place.olds, province) else place.end

    def _districts_named(self, first: int, end: int) -> tuple[OldDistrict, ...]:
        return _table().districts.get(self._bare(first, end), ())

    def _province(self, end: int) -> tuple[str | None, int]:
        """The province right after a name, and the token after it."""
        at = self._next_place(end)
        if at is None:
            return None, end
        start = self.tokens[at].start
        if start not in self.provinces and (match := _PROVINCE_TYPE.match(self.lowered, start)):
            start = match.end()
        if start not in self.provinces:
            return None, end
        name, stop = self.provinces[start]
        return name, next((n for n in range(at, len(self.tokens)) if self.tokens[n].start >= stop), len(self.tokens))

    def _only_province(self, start: int, end: int) -> str | None:
        """The one province that the text names but for that stretch, or else the one that its districts were in."""
        names = {name for at, (name, past) in self.provinces.items() if past <= start or end <= at}
        if not names:
            sure = [{old.province for old in place.olds} for _, place in self.districts if place.sure]
            names = {name for provinces in sure if len(provinces) == 1 for name in provinces}
        return names.pop() if len(names) == 1 else None

    def _next_place(self, end: int) -> int | None:
        """The token where a place that belongs to what ended there would start."""
        for n in range(end, min(end + 4, len(self.tokens))):
            if not _BETWEEN_PLACES.fullmatch(self._gap(n)):
                return None
            if self.tokens[n].bare not in _FILLERS:
                return n
        return None

    def _ends(self, first: int) -> Iterator[int]:
        """Where a name that starts there may end, the longest first."""
        end = first + 1
        while end < min(len(self.tokens), first + _LONGEST_NAME) and _WITHIN_NAME.fullmatch(self._gap(end)):
            end += 1
        return iter(range(end, first, -1))

    def _as_spelt(self, places: Sequence[_Old], start: int, first: int, end: int) -> tuple[_Old, ...]:
        """Of places with one bare name those that the spelling allows; the very spelling wins where marks are used."""
        typed = self.tokens[first:end]
        loose, exact = [], []
        for place in places:
            pairs = list(zip(typed, _spellings(place.name), strict=True))
            if all(token.spelling == spelling for token, spelling in pairs):
                exact.append(place)
            if all(token.spelling == spelling or not has_diacritics(token.spelling) for token, spelling in pairs):
                loose.append(place)
        uses_marks = has_diacritics(self.text[start : typed[-1].end])
        return tuple(exact if exact and uses_marks else loose)

    def _kind(self, match: re.Match[str]) -> str:
        return next(kind for kind, word in match.groupdict().items() if word)

    def _is_another_word(self, match: re.Match[str]) -> bool:
        n, kind = self.at.get(match.start(), 0), self._kind(match)
        if n == 0 or not _SPACES.fullmatch(self._gap(n)):
            return False
        before = self.tokens[n - 1].bare
        bare = not has_diacritics(match.group())
        return before in _NEVER_AFTER.get(kind, ()) or (bare and before in _NOT_BARE_AFTER.get(kind, ()))

    def _is_surely_type(self, match: re.Match[str]) -> bool:
        """Whether it is a type whatever follows: in full, or short with a full stop or a capital, not "p5" and "Q1"."""
        word, gap = match.group().removesuffix(match["gap"]), match["gap"]
        if word.replace(".", "") in ("tp", "tx"):
            return True
        if len(word.replace(".", "")) > 2 or word in ("xã", "xa"):
            return not gap.startswith(".") and not (word in _WORDS_WITHOUT_MARKS and self.marked)
        dotted = gap.startswith(".")
        if self.text[match.end()].isdigit():
            return dotted and self._kind(match) == "quan"
        return dotted or (self.text[match.start()].isupper() and not self.all_capitals)

    def _is_doubtful(self, match: re.Match[str], first: int, end: int) -> bool:
        """Whether a commune's name may well be something else, unless a place confirms it."""
        if self.tokens[first].bare.isdigit():
            return self._is_count(first, end)
        kind, single = self._kind(match), end == first + 1
        if self._is_capital(first):
            return single and self._goes_on_in_capitals(end)
        spelt, marked = " ".join(token.spelling for token in self.tokens[first:end]), has_diacritics(match.group())
        if spelt in _PHRASES or spelt in _BARE_PHRASES or (single and not marked and kind != "thi_tran"):
            return True
        compounds = _COMPOUNDS if marked else _BARE_COMPOUNDS
        return self._may_be_a_word(first, end) or (
            self.tokens[first].bare in compounds.get(kind, ()) and not self._has_ended(end)
        )

    def _is_capital(self, n: int) -> bool:
        return self.text[self.tokens[n].start].isupper() and not self.all_capitals

    def _may_be_a_word(self, first: int, end: int) -> bool:
        """Whether one small syllable goes on: "huyện chủ trì" typed without marks is not Chũ."""
        return (
            end == first + 1
            and not self.tokens[first].bare.isdigit()
            and not self._is_capital(first)
            and not self._has_ended(end)
        )

    def _is_count(self, first: int, end: int) -> bool:
        """Whether a number counts or is part of a larger one: "12 phường, 3 xã", "phường 1.200 hộ"."""
        if not self.tokens[first].bare.isdigit():
            return False
        if _PART_OF_A_NUMBER.match(self.text, self.tokens[end - 1].end):
            return True
        return bool(_SPACES.fullmatch(self._gap(end))) and self.tokens[end].bare in _COUNTED

    def _goes_on_in_capitals(self, end: int) -> bool:
        return bool(_SPACES.fullmatch(self._gap(end))) and self.text[self.tokens[end].start].isupper()

    def _has_ended(self, end: int) -> bool:
        return not _SPACES.fullmatch(self._gap(end)) or self.tokens[end].bare in _AFTER_A_NAME

    def _bare(self, first: int, end: int) -> str:
        return " ".join(token.bare for token in self.tokens[first:end])

    def _gap(self, n: int) -> str:
        """What stands before a token; nothing before the first and after the last."""
        return self.text[self.tokens[n - 1].end : self.tokens[n].start] if 0 < n < len(self.tokens) else ""


def _has_type(old: OldDistrict, kind: str) -> bool:
    return strip_diacritics(old.name).startswith(kind.replace("_", " "))


def _in_district(olds: tuple[OldCommune, ...], names: set[str]) -> tuple[OldCommune, ...]:
    return tuple(old for old in olds if old.district in names)


def _moved(olds: tuple[OldCommune, ...], districts: tuple[OldDistrict, ...]) -> tuple[OldCommune, ...]:
    """Those in the same province as a district that has none of that name: borders had moved before, too.

    Not those with a number for a name, because each district had them.
    """
    provinces = {district.province for district in districts}
    return tuple(old for old in olds if old.province in provinces and not old.name[-1].isdigit())


def _within(olds: tuple[_Old, ...], province: str | None) -> tuple[_Old, ...]:
    """Those in a province of before; where there are none, in the province of today that bears its name."""
    if province is None:
        return ()
    inside = tuple(old for old in olds if old.province == province)
    return inside or tuple(old for old in olds if NEW_NAME[old.province] == province)
