"""What a question demands of its answer: an amount, money, a date, a person, a phone number, the instrument it names.

A passage that is about the right subject but lacks what is demanded must not be quoted as the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from retrieval.text import new_tone_marks


class Demand(StrEnum):
    """The kinds of things that can be asked for."""

    NUMBER = "figure"
    MONEY = "money"
    DATE = "date"
    DURATION = "duration"
    CLOCK = "clock"
    WEEKDAY = "weekday"
    PERSON = "person"
    PHONE = "phone"
    INSTRUMENT_NUMBER = "instrument_number"
    PERCENT = "percent"
    ADDRESS = "address"
    ARTICLE = "article"
    PLACE = "place"
    PAPERS = "papers"
    THING = "thing"


# What an answer may give in words that no pattern knows: they weigh, and do not decide.
SOFT = frozenset({Demand.PLACE, Demand.PAPERS})


# "mấy chú" and "mấy cái" are plurals.
_PLURAL = r"(?! (?:cháu|bạn|dì|cậu|mợ|thím|chú|cô|anh|chị|ông|bà|bác|em|má|thầy)\b)"
# So it is where something else is asked after it: "mấy chỗ này lấy tiền từ đâu".
_ASKED_AFTER = r"(?!.*(?:\b(?:nào|đâu|gì|sao|ai)\b|\bhay (?!là\b)|\b(?:không|chưa)\W*$))"
_NO_TIME = r"(?! (?:ngày|hôm|tuần|tháng|năm|giờ|phút|lâu)\b)"
_HOW_MUCH = rf"(?:(?:bao )?nhiêu|mấy{_PLURAL})"
_SHARE = re.compile(r"\btỷ lệ\b|\btỉ lệ\b|\bphần trăm\b|\bsố lượng\b")
_MONEY_NOUNS = (
    "kinh phí|học phí|lệ phí|chi phí|phí|tiền|giá|lương|phụ cấp|trợ cấp|mức hỗ trợ|mức phạt|phạt|tốn|tỷ đồng|triệu|"
    "nghìn đồng|hỗ trợ|được hưởng|được trả"
)
_ASKED: dict[Demand, re.Pattern[str]] = {
    Demand.MONEY: re.compile(
        rf"\b(?:{_MONEY_NOUNS})\b.*\b(?:bao nhiêu{_NO_TIME}|mấy (?:đồng|triệu|tỷ|tiền))\b"
        rf"|\b{_HOW_MUCH}\b.{{0,12}}\b(?:tiền|đồng|triệu|tỷ đồng|nghìn|ngàn)\b"
        rf"|\b(?:phạt|phí|giá|tiền|đóng|lãnh)\b.*\b(?:nhiêu|mấy trăm|mấy chục)\b{_NO_TIME}(?! phần)"
        r"|\b(?:học phí|kinh phí|lệ phí|giá) .{0,40}(?:thế nào|ra sao|là gì)"
        r"|\b(?:có|phải) (?:mất|đóng|nộp|tốn) (?:tiền|phí)(?! (?:qua|bằng|ở|tại|cho|trước|sau|trực tuyến)\b)"
        r"|^\W*(?:cho hỏi |xin hỏi )?(?:mức (?:hỗ trợ|phạt|thu|phí|lệ phí|học phí)|lệ phí|học phí)\b"
        r"(?!.*\b(?:gì|nào|sao|đâu|ai|không|chưa|mấy|thế|được|qua|bằng|hoặc|thì)\b)"
    ),
    Demand.DATE: re.compile(
        r"\b(?:khi|lúc|ngày|năm|tháng|hôm|bữa|hồi) nào\b|\bbao giờ\b|\bhạn chót\b|\b(?:ngày|tháng|năm|hôm) mấy\b"
        r"|\bngày bao nhiêu\b"
    ),
    Demand.DURATION: re.compile(
        rf"\bbao lâu\b|\b{_HOW_MUCH} (?:ngày|hôm|tuần|tháng|năm|lâu|phút|tiếng)\b|\btrong {_HOW_MUCH} giờ\b"
    ),
    Demand.CLOCK: re.compile(r"(?<!trong )\bmấy giờ\b"),
    Demand.WEEKDAY: re.compile(r"\b(?:vào|ngày|hôm|sáng|chiều|tối|việc|cửa|nghỉ|mở|từ|đến) thứ mấy\b"),
    Demand.PERSON: re.compile(
        r"\bai (?:là|đang|phụ trách|làm|ký|viết|đứng đầu|giữ|sẽ làm)\b|\b(?:là|tên|do) ai\b(?! (?:bằng|theo) cách nào)"
        r"|(?<!đơn )\bvị (?:lãnh đạo )?nào\b|\btên các\b|\bhọ tên\b|\bngười nào (?:ký|làm|đứng)"
        r"|\b(?:ông|bà|anh|chị|thầy|cô|người|lãnh đạo|giám đốc|chủ tịch|bí thư)\b.*\btên (?:là )?gì\b"
        r"|\b(?:thầy|cô|ông|bà|thủ tướng|bộ trưởng|chủ tịch|bí thư|giám đốc) nào\b"
    ),
    Demand.PHONE: re.compile(
        r"\b(?:xin|biết|tìm|hỏi)\b[^,.?]{0,20}\bsố (?:điện thoại|máy)\b"
        r"|^\W*số (?:điện thoại|máy)\b(?!.*\b(?:không|chưa|thế nào|ra sao|làm sao|thì sao)\b)"
        r"|\bsố (?:điện thoại|máy)\b[^,.?]{0,40}"
        r"\b(?:bao nhiêu|mấy|(?<!thế )(?<!cách )(?<!khi )(?<!lúc )nào|là gì|là chi)\b"
        r"|\bsđt\b|\btổng đài\b|\bđường dây nóng\b|\bhotline\b|\bgọi số\b"
        r"|\b(?:vào|báo) số nào\b"
    ),
    Demand.INSTRUMENT_NUMBER: re.compile(
        r"\bsố hiệu\b|\bsố (?:nghị quyết|nghị định|quyết định|kế hoạch|công văn)\b|\bmang số (?:nào|mấy|bao nhiêu)"
        r"|\b(?:nghị quyết|nghị định|quyết định|kế hoạch|công văn|thông tư|luật)\b.*\bsố (?:mấy|bao nhiêu)\b"
    ),
    Demand.PERCENT: re.compile(rf"\b{_HOW_MUCH} (?:phần trăm\b|%)|\blãi suất\b"),
    Demand.ADDRESS: re.compile(
        r"(?<!bằng )\bđường (?:nào|gì|chi|mô)\b|\b(?:nằm|đóng|đặt) (?:ở|tại) (?:đâu|mô|chỗ nào)\b"
        r"|\bđịa chỉ (?:của|cụ thể|cơ quan|trụ sở)\b"
    ),
    Demand.ARTICLE: re.compile(rf"(?<!tài )\b(?:điều|khoản) (?:số )?(?:{_HOW_MUCH}|nào)\b"),
    Demand.PLACE: re.compile(
        r"\b(?:ở|tại|ra|đến|tới|lên|về|nộp|gửi|hỏi) (?:đâu|mô|chỗ nào|nơi nào|cơ quan nào|chỗ mô)\b"
        r"|\b(?:chỗ|nơi|cơ quan) nào\b"
    ),
    Demand.PAPERS: re.compile(
        r"\bgiấy(?: tờ)? (?:gì|nào|chi)\b|\b(?:những|các) giấy(?: tờ)?\b|\bhồ sơ (?:gồm|cần|có)\b"
        r"|\b(?:cần|mang|đem|cầm|chuẩn bị)(?: theo| thêm| có)?(?: những| cái)? (?:gì|chi)\b"
    ),
    Demand.NUMBER: re.compile(rf"\b(?:bao )?nhiêu\b|\bmấy\b{_PLURAL}{_ASKED_AFTER}|{_SHARE.pattern}"),
}
# An office that the question asks the holder of, "phó" included: its holder is named within a sentence.
_ROLE = re.compile(
    r"\b((?:phó )?(?:bí thư|chủ tịch|giám đốc|hiệu trưởng|trưởng khoa|tổ trưởng)|thủ tướng|(?:thứ|bộ) trưởng|"
    r"người đứng đầu)\b"
)
# Amounts of one kind do not answer for another: the noun itself, or one that stands for it, must be there.
_KINDS_OF_MONEY = {
    "học phí": "học phí",
    "kinh phí": "kinh phí|ngân sách|vốn",
    "chi phí": "chi phí|kinh phí",
    "lệ phí": "phí",
    "lương": "lương",
    "phạt": "phạt",
    "giá": "giá|phí",
    "thuê nhà": "thuê nhà|nhà ở",
}
_COUNTED = re.compile(rf"(?<!thứ )\b{_HOW_MUCH} ([^\W\d_]+)")
_COUNTS_ANYTHING = frozenset(
    "người phần điểm cái con tỷ tỉ triệu đồng nghìn ngàn năm tháng ngày hôm giờ phút bữa loại nhóm nữa thì là ở tại và "
    "so một trong từ lên xuống để vậy ạ hả rồi theo tiền trăm chục cây số đứa".split()
)
# What stands by a figure that counts people, or measures land.
_PEOPLE = (
    r"\d[\d.,]*%?\s*(?:triệu |nghìn |vạn |lượt )?(?:người|dân|công dân|thành viên|cán bộ|công chức|viên chức|học sinh|"
    r"sinh viên|học viên|giáo viên|đồng chí|lao động|hộ|nhân sự|nhân lực|chuyên gia|hội viên|em|thạc sĩ|tiến sĩ)"
)
_LAND = r"km2|km²|ki-lô-mét vuông|cây số vuông|héc-ta|hecta|\d ha"
_PEOPLE_ASKED = re.compile(rf"\b{_HOW_MUCH} (?:người|dân)\b|\bdân số\b")
_LAND_ASKED = re.compile(rf"\bdiện tích\b|\brộng {_HOW_MUCH}\b|\bcây số vuông\b")
# A signature or a full name is a person's, never a body's.
_PERSON_ONLY = re.compile(r"(?<!đăng )(?<!chữ )\bký\b|\bhọ tên\b|(?<!đơn )\bvị (?:lãnh đạo )?nào\b")
_UPPER = f"[{''.join(c for c in map(chr, range(0x1EFA)) if c.isalpha() and c.isupper())}]"
_BODIES = (
    "Sở|Bộ|Ủy|Ban|Phòng|Văn phòng|Trung tâm|Trung ương|Tỉnh|Đảng|Đoàn|Chi|Mặt trận|Hội|Công an|Công nghệ|"
    "Khoa học|Nhân dân"
)
_NO_NAME = rf"(?!(?:{_BODIES})\b)"
_CAPITALISED = rf"{_NO_NAME}{_UPPER}[^\W\d_]+"
_TITLES = "ông|bà|anh|chị|đồng chí|PGS|TS|ThS|GS"
_OFFICES = "bí thư|chủ tịch|giám đốc|hiệu trưởng|thủ tướng|bộ trưởng|thứ trưởng|trưởng|phó|thư ký|chuyên gia|tác giả"
_PERSON = re.compile(
    rf"(?:\b(?:{_TITLES}|Ông|Bà|Anh|Chị|Đồng chí)\b|(?i:\b(?:{_OFFICES})\b))"
    rf"[^\n;]{{0,90}}?{_CAPITALISED} {_NO_NAME}{_UPPER}|Bài và ảnh"
)
# Where no one is named, the office that signs answers for its holder.
_SIGNS = re.compile(rf"\b(?i:{_OFFICES})\b[^.;\n]{{0,60}}\b(?:ký|ra quyết định|quyết định)\b")
_BODY = re.compile(
    r"\b(?:Ủy ban|UBND|Bộ|Sở|Thủ tướng|Chính phủ|Quốc hội|HĐND|Hội đồng|Công an|cơ quan|đội ngũ|Tỉnh|Đoàn)\b"
)
_COUNT_WORDS = "một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|mươi|chục|trăm"
_COUNTED_THINGS = "người|lượt|tài khoản|hồ sơ|lớp|học|tổ|xã|dịch vụ|thành viên|sinh viên"
_GIVEN = {
    Demand.MONEY: re.compile(
        rf"\d[\d.,]*\s*(?:đồng(?! chí)|(?:triệu|tỷ|tỉ|nghìn|ngàn)(?! (?:{_COUNTED_THINGS}))|usd|vn[dđ]|đ\b|%)"
        r"|miễn (?:lệ |học |chi )?phí|tự nguyện"
        rf"|không (?:thu|mất|phải nộp|tốn)|\b(?:{_COUNT_WORDS}) (?:nghìn|ngàn|triệu|tỷ|tỉ|đồng)"
    ),
    Demand.DATE: re.compile(
        r"\d{1,2}/\d{1,2}|\b(?:ngày|tháng|quý|năm) (?:thứ )?\d|\b(?:19|20)\d\d\b|\d+ (?:ngày|giờ|tháng|năm|phút|tuần)"
        rf"|ngay khi|hằng năm|trong ngày|\b(?:{_COUNT_WORDS}) (?:ngày|giờ|tháng|năm|tuần)\b"
    ),
    Demand.DURATION: re.compile(
        rf"(?:\d+|\b(?:{_COUNT_WORDS})) (?:ngày|giờ|tháng|năm(?! (?:19|20)\d\d)|phút|tuần|tiếng|nhiệm kỳ)\b"
        r"|ngay|trong ngày|\d{4}\s*[-–]\s*\d{4}|\b(?:hằng|hàng|mỗi|từng) (?:ngày|tuần|tháng|quý|năm)\b"
    ),
    Demand.CLOCK: re.compile(r"\d+ ?(?:giờ|h)\b|\d+:\d\d"),
    Demand.WEEKDAY: re.compile(
        r"\bthứ (?:hai|ba|tư|năm|sáu|bảy|[2-7]\b)|\bchủ nhật\b|\bngày làm việc trong tuần\b|\bhằng ngày\b"
    ),
    Demand.PHONE: re.compile(
        rf"(?<!\d)(?:0\d{{8,10}}|1[89]00[ .]?\d{{4,6}}|0[\d .]{{9,13}}|(?:1\d\d|(?!(?:19|20)\d\d)\d{{4}})"
        rf"(?! (?:{_COUNTED_THINGS})))(?!\d)"
    ),
    Demand.INSTRUMENT_NUMBER: re.compile(r"\d+(?:/\d{4})?[/-][a-zđ]"),
    Demand.ARTICLE: re.compile(r"(?<!tài )\b(?:điều|khoản) \d"),
    Demand.PLACE: re.compile(
        r"\b(?:tại|đến|tới|ở|qua|trên|cho|hỏi)\b[^.;\n]{0,40}\b(?:ủy ban|công an|trung tâm|một cửa|văn phòng|sở|phòng|"
        r"cơ quan|cổng|vneid|tòa án|thuế|bảo hiểm xã hội|xã|phường|điểm|https?)\b"
    ),
    Demand.PAPERS: re.compile(r"\b(?:tờ khai|bản sao|bản chính|giấy|đơn|mẫu|phiếu|thẻ|ảnh|hộ chiếu|sổ)\b"),
    Demand.PERCENT: re.compile(r"\d\s*%|\bphần trăm\b|(?<!\S)(\d[\d.]*)/\1\b"),
    Demand.ADDRESS: re.compile(
        r"\b(?:đường|phố|số nhà|quốc lộ)\b|\b(?:đặt|đóng|nằm|trụ sở|trung tâm) (?:ở|tại)\b|https?://"
    ),
}
# Months or years that something lasts are not told in working days.
_MONTHS_ASKED = re.compile(rf"\b{_HOW_MUCH} (?:tháng|năm)\b")
_MONTHS = re.compile(
    rf"(?:\d|\b(?:{_COUNT_WORDS})) (?:tháng|năm(?! (?:19|20)\d\d)|nhiệm kỳ)\b|\d{{4}}\s*[-–]\s*\d{{4}}|thời hạn"
)
# Numbers that count nothing: dates, and the names of instruments and of their parts.
_NOT_AMOUNTS = re.compile(
    r"(?:ngày |tháng )?\b\d{1,2}/\d{1,2}/\d{4}\b|\b(?:ngày|tháng) \d{1,2}\b(?:/\d{1,4}\b)?|\b\d+/\d{4}/[A-ZĐ]\S*"
    r"|\b(?:điều|khoản|điểm|chương|mục|nghị quyết|nghị định|quyết định|kế hoạch|công văn|thông tư|đề án|luật|chỉ thị)"
    r"(?: số)? \d+\S*",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
# "một" and "năm" (also "year") are left out unless what they count follows.
_NUMBER_WORD = re.compile(
    r"(?<!thứ )\b(?:một (?:chục|trăm|nghìn|ngàn|triệu)|hai|(?-i:[Bb]a(?! [A-ZĐ]))|bốn|sáu|bảy|tám|chín|mười)\b"
    r"|\bnăm (?=nhóm|bước|việc|kỹ năng|mức|loại|chương|điều|thành|người|tổ)",
    re.IGNORECASE,
)
# An instrument that the question names by kind and number, or an article of one: "nghị định 224/2026", "điều 45".
_NAMED = re.compile(
    r"\b(nghị định|nghị quyết|quyết định|thông tư|công văn|kế hoạch|luật|chỉ thị|đề án|điều|khoản)(?: số)? "
    r"(\d+(?:/\d{4})?)(?![\d.,]*\d)"
)
_PARTS = ("điều", "khoản")


@dataclass(frozen=True, slots=True)
class Demands:
    """What one question demands.

    `kinds`: the kinds of things asked for. `named`: numbers of instruments that it names, and articles ("điều 45").
    `given`: its own figures. `role`: the office whose holder is asked for. `things`: patterns of what is counted or
    paid. `person_only`: a body's name will not do. `in_months`: neither will days.
    """

    kinds: frozenset[Demand]
    named: frozenset[str]
    given: frozenset[str]
    role: str
    things: tuple[str, ...]
    person_only: bool = False
    in_months: bool = False

    def missing_from(self, text: str, place: str = "") -> frozenset[Demand]:
        """Which kinds of things a text does not give. `place`: its title and heading, which may say what is counted."""
        return frozenset(kind for kind in self.kinds if not self._is_given(kind, text, place))

    def names_another(self, text: str) -> bool:
        """Whether the question names an instrument or article that a text, with its title, does not."""
        return any(not _is_named(name, text) for name in self.named)

    def _is_given(self, kind: Demand, text: str, place: str) -> bool:
        if kind is Demand.NUMBER:
            return holds_number(text, self.given)
        if kind is Demand.THING:
            return all(re.search(rf"\b(?:{thing})\b", (place + text).lower()) for thing in self.things)
        if kind is Demand.PERSON:
            if self.role:
                return _names_holder(self.role, text)
            return bool((_SIGNS if self.person_only else _BODY).search(text) or _PERSON.search(text))
        if kind is Demand.DURATION and self.in_months:
            return bool(_MONTHS.search(text.lower()))
        return bool(_GIVEN[kind].search(text.lower()))


def _is_named(name: str, text: str) -> bool:
    """Whether a text names an instrument by its number, or an article, also in a list: "Điều 14, 16 và 90"."""
    part, _, number = name.rpartition(" ")
    if part:
        return bool(re.search(rf"\b{part} (?:\d+(?:, | và |-))*{number}\b(?!/)", text, re.IGNORECASE))
    return bool(re.search(rf"(?<![\d/])0*{re.escape(number)}(?!\d)", text))


def _names_holder(role: str, text: str) -> bool:
    """Whether a person is named beside an office; the deputy's name is not the holder's."""
    text = text.replace("Phó ", "phó ")
    office = rf"(?<!phó )\b(?i:{role})\b"
    before = rf"{office}[^\n;.]{{0,90}}?{_CAPITALISED} {_CAPITALISED}"
    after = rf"(?:[Ôô]ng|[Bb]à|[Đđ]ồng chí) {_CAPITALISED} [^\n;.]{{0,60}}?{office}"
    return bool(re.search(before, text) or re.search(after, text))


def demands_of(question: str) -> Demands:
    """The demands of a question written with diacritics."""
    text = new_tone_marks(question.lower())
    kinds = {kind for kind, pattern in _ASKED.items() if pattern.search(text)}
    other = kinds & {Demand.DATE, Demand.DURATION, Demand.CLOCK, Demand.INSTRUMENT_NUMBER, Demand.PHONE, Demand.PERCENT}
    other |= kinds & {Demand.ARTICLE, Demand.WEEKDAY}
    if Demand.MONEY in kinds or (other and not _SHARE.search(text)):
        kinds.discard(Demand.NUMBER)
    things = tuple(_things(text, kinds))
    if things:
        kinds.add(Demand.THING)
    role = _ROLE.search(text) if Demand.PERSON in kinds else None
    return Demands(
        frozenset(kinds),
        frozenset(f"{kind} {n}" if kind in _PARTS else n.lstrip("0") for kind, n in _NAMED.findall(text)),
        frozenset(_FIGURE.findall(text)),
        role.group(1) if role else "",
        things,
        bool(_PERSON_ONLY.search(text)),
        bool(_MONTHS_ASKED.search(text)),
    )


def _things(text: str, kinds: set[Demand]) -> Iterator[str]:
    if Demand.MONEY in kinds:
        yield from (said for noun, said in _KINDS_OF_MONEY.items() if re.search(rf"\b{noun}\b", text))
    elif Demand.NUMBER in kinds:
        yield from (thing for thing in _COUNTED.findall(text) if thing not in _COUNTS_ANYTHING)
        if _LAND_ASKED.search(text):
            yield _LAND
        elif _PEOPLE_ASKED.search(text):
            yield _PEOPLE


def holds_number(text: str, given: frozenset[str] = frozenset()) -> bool:
    """Whether a text gives an amount: no date, no name of an instrument, no number that the question itself gives."""
    text = _NOT_AMOUNTS.sub(" ", text)
    amounts = [number for number in _FIGURE.findall(text) if number not in given and not _YEAR.fullmatch(number)]
    return bool(amounts or _NUMBER_WORD.search(text))
