"""Text that speaks to machines instead of people is cut out of a source; personal data in it is pointed out.

What is cut orders a machine what to say or do. A text that only tells of such orders, or gives rules to people, stays;
where the two cannot be told apart the sentence stays and is reported.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from retrieval.text import lower, sentence_spans, strip_diacritics


class Kind(StrEnum):
    """What was found, as a person reads it."""

    INSTRUCTION = "lời ra lệnh cho máy trả lời"
    MACHINE_TEXT = "lời do máy viết"
    CHAT_MARKUP = "ký hiệu của hội thoại với máy"
    HIDDEN = "chữ ẩn, mắt không thấy"
    COMMENT = "ghi chú ẩn trong HTML"
    ENCODED = "chuỗi mã hóa"
    IDENTITY_NUMBER = "số căn cước, chứng minh nhân dân hoặc hộ chiếu"
    PHONE = "số điện thoại di động"
    BANK_ACCOUNT = "số tài khoản ngân hàng"
    EMAIL = "địa chỉ thư điện tử"
    BIRTH_DATE = "ngày sinh kèm họ tên"
    LICENCE_PLATE = "biển số xe"
    INSURANCE_CODE = "mã số bảo hiểm"
    TAX_CODE = "mã số thuế cá nhân"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `words`: what is meant, personal data with its middle masked, cut to SHOWN characters. `line`:
    where, from 1. `cut`: whether it was taken out of the text.
    """

    kind: Kind
    words: str
    line: int
    cut: bool

    def __str__(self) -> str:
        return f"dòng {self.line}: {'đã bỏ' if self.cut else 'có'} {self.kind.value}: «{self.words}»"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text without what was cut, and every finding in the order of the text."""

    text: str
    findings: tuple[Finding, ...]


class _Span(NamedTuple):
    start: int
    end: int
    kind: Kind
    cut: bool
    words: str = ""


SHOWN = 160
# A hidden part that runs longer than this was never closed: nothing is cut by it.
_LONGEST_HIDDEN = 5_000
# Of a longer sentence, as a text without full stops has it, only what is so near to the order goes.
_LONGEST_SENTENCE, _NEAR = 1_000, 200


def clean(text: str) -> Cleaned:
    """The text in NFC without invisible characters and without what speaks to machines, and what was found in it."""
    text = unicodedata.normalize("NFC", text)
    findings = _findings(text, _hidden(text))
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    spans = [*_comments(text)]
    spans += _chat_markup(_without(text, spans))
    spans += _encoded(_without(text, spans))
    left = _without(text, spans)
    spans += _instructions(left, _fold(left))
    cuts = [span for span in spans if span.cut]
    kept = _without(text, cuts)
    spans += _personal_data(kept, _fold(kept))
    findings += _findings(text, [span for span in spans if span.words])
    return Cleaned(_cut(text, cuts), tuple(sorted(findings, key=lambda finding: finding.line)))


def summary(findings: Iterable[Finding], most: int = 3) -> list[str]:
    """Sentences for a report: of each kind the first `most` findings, and how many more there are."""
    sentences = []
    for _, group in groupby(sorted(findings, key=lambda f: (not f.cut, f.kind)), key=lambda f: (f.cut, f.kind)):
        each = sorted(group, key=lambda f: f.line)
        sentences += [str(finding) for finding in each[:most]]
        if len(each) > most:
            sentences.append(f"và {len(each) - most} chỗ khác {'đã bỏ' if each[0].cut else 'có'} {each[0].kind.value}")
    return sentences


# --- hidden and encoded text ---

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
    "]"
)
# A few invisible characters come with any text from the web; a run of them, tags and turned writing do not.
_SUSPICIOUS = re.compile(
    "(?<![\U0001f3f4\U000e0000-\U000e0fff])[\U000e0000-\U000e0fff]+|[\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff]{4,}|[\u202d\u202e]+"
)
_BASE64 = re.compile(
    r"(?<![\w+/=.-])[A-Za-z0-9+/]{40,}+(?:\n[A-Za-z0-9+/]{20,}+)*+(?:\n[A-Za-z0-9+/]{1,76}+(?==))?={0,2}"
)


def _hidden(text: str) -> Iterator[_Span]:
    for match in _SUSPICIOUS.finditer(text):
        tags = "".join(chr(ord(c) - 0xE0000) for c in match.group() if 0xE0020 <= ord(c) <= 0xE007E)
        words = tags[:SHOWN] or f"{len(match.group())} ký tự"
        yield _Span(match.start(), match.end(), Kind.HIDDEN, True, words)


def _comments(text: str) -> Iterator[_Span]:
    end = 0
    while (start := text.find("<!--", end)) >= 0:
        end = text.find("-->", start, start + _LONGEST_HIDDEN)
        if end < 0:
            end = start + 4
            continue
        end += 3
        words = text[start + 4 : end - 3].split()
        # What converters leave behind ("<!-- image -->") is no news to anybody.
        yield _Span(start, end, Kind.COMMENT, True, _short(" ".join(words)) if len(words) > 3 else "")


def _encoded(text: str) -> Iterator[_Span]:
    for match in _BASE64.finditer(text):
        blob = match.group().replace("\n", "")
        said = _decoded(blob)
        mixed = all(re.search(kind, blob) for kind in ("[A-Z]", "[a-z]", "[0-9]"))
        if said or (mixed and len(blob) >= 100 and blob.count("/") < len(blob) / 20):
            yield _Span(match.start(), match.end(), Kind.ENCODED, True, _short(said or blob[:20] + "…"))


def _decoded(blob: str) -> str:
    try:
        said = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return said if all(c.isprintable() or c.isspace() for c in said) else ""


# --- chats with machines ---

_PAIRS = (
    ("<|im_start|>", "<|im_end|>"),
    ("<<sys>>", "<</sys>>"),
    ("<start_of_turn>", "<end_of_turn>"),
    ("[inst]", "[/inst]"),
)
_MARKUP = re.compile(
    r"<\|[a-z_]{2,20}\|>|\[ ?/? ?i ?n ?s ?t ?\]|<</?sys>>|</?(?:start|end)_of_turn>|</?(?:system|assistant)>"
    r"|^ {0,3}### ?(?:instruction|response|system|assistant|human) ?: ?\S.*$"
    r"|^ {0,3}### ?(?:instruction *|(?:instruction|response|system|assistant|human) ?: *)$(?:\n.*\S.*$)*",
    re.M,
)
_SPEAKER = re.compile(
    r"^[^\w\n]{0,9}(?:chatgpt|gemini|copilot|claude|bard|deepseek)(?: said| đã nói| nói| trả lời)[^\w\n]{0,9}$"
    r"|contentreference\[oaicite|\bturn\d+(?:search|view)\d+\b|[?&]utm_source=chatgpt\.com",
    re.M,
)


def _chat_markup(text: str) -> Iterator[_Span]:
    low = lower(text)
    taken = 0
    for match in _MARKUP.finditer(low):
        if match.start() < taken:
            continue
        start, taken = _sentence_around(text, match.start(), match.end())
        closing = next((close for opening, close in _PAIRS if match.group() == opening), None)
        if closing and (at := low.find(closing, match.end(), match.end() + _LONGEST_HIDDEN)) >= 0:
            taken = _sentence_around(text, at, at + len(closing))[1]
        yield _Span(start, taken, Kind.CHAT_MARKUP, True, _short(text[start:taken]))
    for match in _SPEAKER.finditer(low):
        start, end = _sentence_around(text, match.start(), match.end())
        yield _Span(start, end, Kind.MACHINE_TEXT, False, _short(text[start:end]))


# --- orders to machines ---

# In these patterns a space is whatever parts two words, "øi" is AI in capitals (not "ai", who), and "hay" is "hãy",
# with its mark or before words without any (not "hay", or).
_MACHINE = (
    "(?:he thong |cong cu |tro ly |mo hinh |tac tu )?øi|llms?|chatgpt|gemini|copilot|tro ly (?:ao|so|thong minh)"
    "|mo hinh ngon ngu(?: lon)?|he thong tri tue nhan tao|chatbots?|bots?|robot|language models?|crawlers?"
)
_MODEL = "(?:language model|llm|(?:øi|ai)(?: language)? (?:model|assistant|agent|system|crawler|bot)|øi|chatbot)s?"
_ORDER = (
    "(?:cau |menh )?(?:huong dan|chi dan|chi thi|lenh|quy tac|yeu cau|nguyen tac|rang buoc|loi nhac|gioi han|prompts?"
    "|instructions?)"
)
_ALL = "(?:het |di |tat ca |moi |toan bo |cac |nhung |any |all )"
_EARLIER = (
    "(?:truoc(?: do| day)?|(?:o )?(?:tren|ben tren|phia tren|phia truoc)|he thong|ban dau|goc|cua (?:ban|he thong)"
    "|(?:ma )?(?:ban |da |duoc ){1,3}(?:giao|cho|dat|cai dat|cung cap|nhan|lap trinh|huan luyen))"
)
_URGE = "(?:hay|vui long|xin hay|nho|luon luon|luon|ban (?:hay|phai|can)|nhat dinh phai)"
_ALWAYS = "(?:luon |phai |can |chi |cung |dong thoi |chu dong |bat buoc )*"
_SAY = "(?:thong bao|noi|bao|tra loi|dap|khang dinh|cho|giai thich|tuyen bo)"
_SUGGEST = "(?:nhac|khuyen|gioi thieu|huong dan|de nghi|yeu cau|thuyet phuc|canh bao)"
_THAT = r"(?:(?<!ro\W)rang|la)"
_SKIP = "(?:bo qua|phot lo|lam ngo|quen)"
_USER = "(?:nguoi (?:dung|hoi|doc|tro chuyen)|users?)"
# Words of sentences that speak of people's work: they are not cut.
_NO_IF = r"(?![^.!?\n]{0,80}\Wneu\W)"
_STAFF = "can bo|cong chuc|vien chuc|nhan vien|tong dai|kich ban|dien thoai vien|giao vien|giang vien|tinh nguyen vien"
_LAW = (
    r"theo quy dinh|nha cung cap|nha phat trien|to chuc|doanh nghiep|don vi|co quan|luat|nghi dinh|thong tu|dieu \d+"
    r"|khoan \d+|chu quan|ben trien khai"
)
_MAKERS = "thiet ke|lap trinh|giao dien|bieu mau|website|ung dung|phan mem|ho tro|ba con"
_CAREFUL = "otp|cong an|ngan hang|mat khau|lua|phong van|bac si|khach hang|tre em|phu huynh|nguoi lam chung"
_PUPILS = "thi sinh|hoc sinh|sinh vien|bai thi|bai lam|phieu|de thi|cong dan|co quan"
_NOT_WHAT_IT_IS = (
    r"(?![^.!?\n]{0,60}(?:(?:tuong tac|trao doi|noi chuyen|tro chuyen|giao tiep) voi|may|tri tue nhan tao|ngoai pham vi"
    r"|(?:khong|chua) (?:co|tim thay|biet)|(?:tro ly|he thong) (?:øi|ao)|øi\W))"
)
# "Nếu chatbot trả lời sai, hãy báo": the machine is not the one spoken to.
_SUBJECT = r"(?<!neu\W)(?<!khi\W)(?<!cua\W)(?<!voi\W)(?<!hoi\W)(?<!dung\W)"
_PROVIDERS = "providers?|developers?|deployers?|organi[sz]ations?"


def _any(most: int) -> str:
    return rf"(?:[^\w.!?;]{{1,4}}\w{{1,30}}+){{0,{most}}}?"


class _Rule(NamedTuple):
    """`people`: words of the sentence by which it tells of people's work and is only reported. `opens`: so is one in
    which the order does not begin a clause, as orders do.
    """

    pattern: re.Pattern[str]
    people: re.Pattern[str]
    opens: bool
    kind: Kind


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)".replace(" ", r"\W{1,4}"))


def _rule(pattern: str, people: str = r"\b\B", opens: bool = True, kind: Kind = Kind.INSTRUCTION) -> _Rule:
    return _Rule(_compiled(pattern), _compiled(people), opens, kind)


_RULES = (
    # Away with other orders.
    _rule(rf"(?:{_SKIP}|ignore) {_ALL}*{_ORDER}(?: va {_ORDER})?{_any(2)} {_EARLIER}{_NO_IF}"),
    _rule(rf"{_SKIP} {_ALL}+{_ORDER}{_any(2)} (?:va|roi) (?:tra loi|dong vai|noi|in|lam theo|thuc hien)"),
    _rule(rf"hay (?:huy bo|xoa bo|gat bo|vo hieu hoa) {_ALL}*{_ORDER}{_any(2)} {_EARLIER}{_NO_IF}"),
    _rule(
        "dung (?:lam theo|nghe theo|tuan (?:theo|thu)|de y|quan tam|chu y)(?: den| toi)?"
        rf" {_ALL}*{_ORDER}{_any(2)} {_EARLIER}{_NO_IF}",
        _CAREFUL,
    ),
    _rule(rf"khong can (?:phai )?(?:lam theo|tuan (?:theo|thu)) {_ALL}*{_ORDER}{_any(2)} (?:he thong|cua ban)"),
    _rule(rf"ghi de {_ALL}*{_ORDER} (?:he thong|cua ban|truoc)|chi thi he thong(?: moi)?\s?:"),
    _rule(rf"{_ORDER}{_any(3)} cua ban{_any(2)} (?:khong con|het|bi) (?:hieu luc|ap dung|huy|xoa|vo hieu)"),
    _rule(
        rf"(?:ignore|disregard|forget|override|bypass|do not follow|pay no attention to){_any(3)} (?:previous|prior"
        rf"|above|earlier|preceding|foregoing|initial|original|system|existing|all|any|your){_any(3)}"
        " (?:instructions?|prompts?|rules|directions?|guidelines?|directives|commands)"
    ),
    _rule(
        "(?:ignore|disregard|forget) (?:(?:all |any |the )?(?:instructions?|directions?|prompts?|rules) (?:above"
        "|before|you)|everything (?:above|before|you))"
    ),
    _rule(
        r"(?:new|updated|real|actual) (?:system )?(?:instructions?|task|prompt)\s?:|your (?:new|real) (?:task|role"
        r"|goal|prompt)"
    ),
    # Another part to play.
    _rule(
        rf"(?:ke )?tu(?: bay)? (?:gio|nay|luc nay)(?: tro di)? (?:ban|nguoi|may|hay){_any(3)} (?:la(?: mot)? (?:tro ly"
        "|chatbot|bot|robot|øi|ai|mo hinh|hacker|luat su|chuyen gia|nhan vien tu van)|dong vai|nhap vai|khong can"
        "|khong(?: con)?(?: bi)? (?:gioi han|rang buoc|kiem duyet)|(?:chi|luon|phai)(?: duoc)? tra loi)"
    ),
    _rule(
        rf"(?:dong vai|nhap vai|gia vo)(?: la)?(?: mot)? (?:{_MACHINE}|hacker"
        "|(?:nguoi |thuc the )?khong(?: co)? gioi han)"
    ),
    _rule(
        r"ban la(?: mot)? (?:tro ly (?:øi|ao|so)|chatbot|mo hinh ngon ngu|øi|bot)(?! (?:a|hay|hoy|phai khong)(?!\w))"
    ),
    _rule(
        rf"you(?:\W| a)re (?:now|no longer){_any(4)} (?:øi|ai|assistant|chatbot|bot|model|dan|mode|unrestricted"
        "|unfiltered|jailbroken|restricted|bound|hacker)"
    ),
    _rule(
        rf"you(?:\W| a)re (?:(?:an?|the){_any(3)} (?:øi|ai|assistant|chatbot|bot|language model)|chatgpt|gemini|claude)"
    ),
    _rule(
        rf"(?:act as|pretend (?:to be|you are)|role ?play as){_any(3)} (?:øi|ai|dan|chatbot|assistant|hacker"
        "|unrestricted|no (?:restrictions|rules|limits|filter))"
    ),
    _rule("from now on (?:you|always|only|ignore|never|respond|answer)"),
    _rule("do anything now|dan mode|jailbreak mode|che do (?:dan|khong kiem duyet)"),
    # What to tell those who ask.
    _rule(rf"{_URGE} {_ALWAYS}{_SAY}{_any(3)} {_USER}{_any(2)} (?:{_THAT}|biet|ve)", f"{_STAFF}|{_MAKERS}|{_LAW}"),
    _rule(
        rf"{_URGE} {_ALWAYS}{_SUGGEST}{_any(3)} {_USER}{_any(2)} (?:{_THAT}|mua|goi|truy cap|chuyen tien|nap"
        "|dang ky tai)",
        f"{_STAFF}|{_MAKERS}|{_LAW}|{_CAREFUL}",
    ),
    _rule(rf"(?:noi|tra loi|khang dinh)(?: voi| cho)? {_USER} {_THAT}", f"{_STAFF}|{_MAKERS}|{_LAW}"),
    _rule(
        "(?:when|while) (?:summari[sz]ing|reading|translating|reviewing|describing) (?:this|the)"
        rf"{_any(2)} (?:state|say|write|claim|conclude|mention|include)"
    ),
    _rule(rf"hay (?:dua ra|dua)(?: mot)? (?:cau tra loi|ket luan|nhan dinh){_any(2)} {_THAT}", f"{_STAFF}|{_PUPILS}"),
    _rule(
        "(?:always|you must|must always|please|you will|you should|be sure to|remember to)(?: always)?"
        rf"{_any(1)} (?:tell|inform|notify|advise|remind|assure|convince){_any(2)} users?{_any(2)} (?:that|to|about)"
    ),
    _rule("(?:tell|inform|notify|advise|convince) the user (?:that|to|about)"),
    _rule(
        rf"(?:khi|neu|moi khi|bat cu khi nao|he){_any(4)} hoi{_any(15)} (?:hay|(?:(?<=,\s)|(?<=\sthi\s))(?:phai"
        "|luon luon|luon|cu|chi))"
        rf" {_ALWAYS}(?:noi|tra loi|dap|khang dinh|bao|gioi thieu|khuyen){_any(4)} {_THAT}",
        f"{_STAFF}|{_CAREFUL}|{_LAW}",
    ),
    _rule(
        rf"{_USER} hoi (?:gi|bat cu|bat ky|ve){_any(6)} (?:phai|hay|luon|cu) {_ALWAYS}(?:noi|tra loi|dap"
        rf"|khang dinh){_any(3)} {_THAT}",
        f"{_STAFF}|{_CAREFUL}|{_LAW}",
    ),
    _rule(
        rf"(?:when|if|whenever){_any(3)} (?:asked|asks?|queried){_any(12)} (?:say|answer|respond|reply|tell|claim"
        "|state)"
        rf"{_any(4)} (?:that|with|by|only|them|users?|yes|no)"
    ),
    _rule(
        r"(?:them|chen|gan|kem|ghi|ket thuc|bat dau|mo dau)\W(?:[^\n]{0,120}?\W)?"
        r"(?:moi|tat ca(?: cac)?|tung) (?:cau tra loi|phan hoi)(?!\s(?!cua ban|bang|voi|la\W)\w)",
        _PUPILS,
    ),
    _rule(
        rf"(?:trong|cuoi|o) (?:moi|tat ca(?: cac)?|tung) (?:cau tra loi|phan hoi){_any(3)} hay",
        f"{_PUPILS}|{_STAFF}",
    ),
    _rule(
        "(?:respond|reply|answer)(?: to)? (?:everything|all questions|every question|only) (?:with|in|by)"
        "|only (?:respond|reply|answer) (?:with|in)"
    ),
    # Machines spoken to by name.
    _rule(rf"(?:neu|khi) (?:ban|may|nguoi) (?:dang )?la(?: mot)? (?:{_MACHINE})", "hoi", opens=False),
    _rule(
        "(?:luu y|ghi chu|thong diep|chi thi|menh lenh|loi nhan|gui|nhac|danh(?: rieng)?)(?: quan trong| dac biet"
        "| rieng)?"
        rf"(?: danh)?(?: cho| doi voi| gui| toi| den)?(?: cac| moi| tat ca| nhung)* (?:{_MACHINE}){_any(4)}\s?:",
        f"{_STAFF}|su dung",
    ),
    _rule(
        rf"(?:huong dan|yeu cau|chi dan|thong bao)(?: danh)?(?: cho| doi voi| toi)?(?: cac| moi)? (?:{_MACHINE})\s?:"
        " (?:hay|bo qua|luon luon|dung|noi rang|tra loi rang)",
        _STAFF,
    ),
    _rule(
        rf"{_SUBJECT}(?:{_MACHINE}){_any(8)} (?:hay|vui long) {_ALWAYS}(?:{_SAY}|{_SUGGEST}|de xuat|xac nhan"
        "|trich dan|uu tien|xep hang|danh gia|bo qua|tom tat|dua|chen|ket luan)",
        f"{_LAW}|{_STAFF}",
        opens=False,
    ),
    _rule(
        rf"(?:{_MACHINE}){_any(4)} (?:phai|can|bat buoc){_any(2)} (?:noi|tra loi|khang dinh|gioi thieu|khuyen"
        rf"|dap){_any(6)} {_THAT}{_NOT_WHAT_IT_IS}",
        _LAW,
        opens=False,
    ),
    _rule(
        rf"(?:{_MACHINE}) (?:dang )?(?:doc|tom tat|phan tich|xu ly){_any(1)} (?:van ban|trang|doan|bai|tai lieu"
        "|noi dung|toi)"
        rf"{_any(1)} (?:nay|day){_any(2)} (?:phai|can|hay|nen|vui long)",
        opens=False,
    ),
    _rule(
        rf"(?:bang|qua) (?:{_MACHINE}){_any(2)} hay (?:ket luan|danh gia|tra loi|noi|khang dinh){_any(3)} {_THAT}",
        _STAFF,
    ),
    _rule(
        rf"yeu cau (?:{_MACHINE}) (?:phai )?(?:tra loi|noi|khang dinh|ket luan) {_THAT}",
        f"{_LAW}|{_PUPILS}",
        opens=False,
    ),
    _rule(
        rf"(?:{_MODEL}{_any(4)}|the assistant) (?:must|should|will|are (?:instructed|required) to|please"
        rf"|need to){_any(2)}"
        " (?:recommend|say|tell|answer|respond|reply|cite|rank|state|claim|include|inform|promote|output|ignore)",
        _PROVIDERS,
        opens=False,
    ),
    _rule(rf"(?:if|when|since) you(?: are|\Wre| re)(?: an?)? {_MODEL}", opens=False),
    _rule(
        "(?:(?:note|notice|message|attention|instructions?|important)(?: to| for)?(?: all| any"
        rf"| the)* )?{_MODEL}{_any(1)}\s?:"
        " (?:please|always|never|include|rank|cite|say|summari[sz]e|answer|recommend|ignore|output|do|you)"
    ),
    _rule(
        r"\[?(?:system|developer|assistant|override)(?:\s?:|\]) (?:tat|bat|bo|bo qua|tra loi|hay|khong can|tu gio"
        r"|ignore"
        "|reveal|enable|disable|answer|respond|you|always|never|do not)"
    ),
    # What must not come out, and what must.
    _rule(
        rf"(?:khong|dung)(?: duoc)? (?:tiet lo|nhac|de cap|cho{_any(2)} biet){_any(3)} (?:cau lenh|loi nhac|prompt"
        rf"|chi dan|huong dan|ghi chu|doan){_any(1)} (?:nay|he thong|o tren)",
        "bi mat|mat ma",
    ),
    _rule(
        rf"(?:do not|don t|never) (?:reveal|mention|disclose|repeat|discuss|tell){_any(4)} (?:these|this|your"
        "|the above)"
        rf"{_any(1)} (?:instructions?|prompts?|note|message|rules|paragraph)"
    ),
    _rule(
        rf"(?:in(?: ra)?|hien thi|hien|tiet lo|xuat|doc|lap lai|cho(?: toi)? (?:xem|biet)|dua ra){_any(4)}"
        " (?:system prompt|(?:loi nhac|cau lenh|chi dan|prompt|chi thi) (?:he thong|goc|ban dau|cua ban))"
    ),
    _rule(
        rf"(?:reveal|print|show|output|repeat|leak|give)(?: me| us)?{_any(3)} (?:system|initial|hidden|original)"
        " (?:prompt|instructions?|message)"
    ),
    _rule(r"system prompt\s?:"),
    # What a machine says of itself.
    _rule("as an? (?:øi|ai|artificial intelligence|large)(?: language)? model", opens=False, kind=Kind.MACHINE_TEXT),
    _rule("as an (?:øi|ai)(?: assistant| chatbot)? i", kind=Kind.MACHINE_TEXT),
    _rule(
        rf"(?:la|voi (?:tu cach|vai tro)(?: la)?)(?: mot)? (?:mo hinh ngon ngu|mo hinh øi|tro ly øi|øi){_any(4)}"
        " toi (?:khong|chi|co the|duoc|xin|se|chua)",
        kind=Kind.MACHINE_TEXT,
    ),
    _rule("toi(?: chi)? la(?: mot)? mo hinh (?:ngon ngu|øi)", kind=Kind.MACHINE_TEXT),
)
# The same with letters torn apart or words run together: letters a word that honest text keeps between.
_TORN = (
    (
        re.compile(
            "(?:boqua|photlo|quen)(?:het|di)?(?:moi|tatca|toanbo|cac|nhung)+(?:cau|menh)?(?:huongdan|chidan|chithi"
            "|lenh|quytac|yeucau)(?:truoc|otren|bentren|phiatren|tren|hethong|cuaban|bandau)"
        ),
        (2.4, 7.0),
    ),
    (
        re.compile(
            "(?:ignore|disregard|forget)(?:all|any|the|your|of|my)*(?:previous|prior|above|earlier"
            "|system)(?:instructions?|prompts?|rules|directions?)"
        ),
        (4.6, 14.0),
    ),
    (re.compile("hayluon(?:luon)?(?:thongbao|noi|traloi|khangdinh)(?:voi|cho)?nguoidung(?:rang|la|biet)"), (2.4, 7.0)),
    (re.compile(r"(?:khi|neu)duochoi\w{0,40}?hay(?:luon)?(?:noi|traloi)(?:rang|la)"), (2.4, 7.0)),
    (re.compile("asanailanguagemodel|youarenow(?:anunrestricted|dan)|revealyoursystemprompt"), (2.4, 12.0)),
)
_OPENING = re.compile(
    r"(?:^|[\n,:;.!?\-–—(\[\"'“”‘*>|•+/])\W*+(?:(?:hay|vui long|xin|lam on|ban|nho|luon|bay gio|toi|moi|va|roi"
    r"|quan trong|luu y|tuyet doi|ngay|phai|can|please|now|and|so|then|just|also|you must|important|note)\W+){0,4}$"
)
# Before an order, or around one in quotation marks: the sentence tells of it.
_TELLS = _compiled(
    "vi du|chang han|goi la|nghia la|tuc la|ke (?:gian|xau|lua dao|tan cong)|tin tac|hacker|doi tuong|lua (?:dao"
    "|nguoi)|tan cong|chen (?:cau )?lenh|injection|canh (?:bao|giac)|kieu|dang nhu|nhung cau|cau nhu|cac cau|thu doan"
    "|gia mao|mao danh|mot cau lenh|dong chu|khai niem|dan(?: do)? nan nhan|for example|such as|called|attack"
    "|attackers?|phishing|malicious"
)
_GOES_ON = re.compile(
    r"\W{0,9}(?:(?:thay vao do|sau do|roi|va|tu gio|ngoai ra|instead|then|also|now)\W+)?(?:hay|luon|chi|khong (?:duoc"
    r"|can)|dung|tra loi|noi|always|never|do not|only|you (?:must|will|should)|respond|reply|answer|say|tell|output"
    r"|print|recommend)\W"
)
_SPEAKS = _compiled(
    f"{_SAY}|{_USER}|trich dan|gioi thieu|answer|say|tell|respond|reply|output|mention|recommend|repeat|print"
)
_BREAK = re.compile(r"(?:[.!?…;][\"”’)]*+\s+|\n\s*+)[\"“(*•-]*\s?(\w)")
_STOP = re.compile(r"[^\W\d_]{2}[.!?…]++[\"”’)]*+(\s++)(?=\w)")
_OR = re.compile(r"(?<!\w)[Hh][Aa][Yy](?!\w)")
_MARKED = re.compile("[\u00c0-\u024f\u1ea0-\u1ef9]")
_AI = re.compile(r"(?<!\w)AI(?!\w)")
_ALIKE = str.maketrans("аеорсухіѕԁјһԛԝАВЕКМНОРСТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανικ_", "aeopcyxisdjhqwabekmhopctxabezhikmnoptyxoavik ")


class _Folded(dict[int, int | str]):
    """The bare small letter that a character looks like, one for one, found when it is first met."""

    def __missing__(self, code: int) -> int | str:
        plain = unicodedata.normalize("NFKC", chr(code)).translate(_ALIKE)
        self[code] = strip_diacritics(plain) if len(plain) == 1 else chr(code)
        return self[code]


_FOLDED = _Folded()


def _fold(text: str) -> str:
    """A text of the same length to match patterns against."""

    def other_word(match: re.Match[str]) -> str:
        after = text[match.end() : match.end() + 30].partition("\n")[0]
        return "hoy" if _MARKED.search(after) else match.group()

    return _AI.sub("øi", _OR.sub(other_word, text)).translate(_FOLDED)


def _instructions(text: str, folded: str) -> list[_Span]:
    spans: list[_Span] = []
    for rule in _RULES:
        end = 0
        for match in rule.pattern.finditer(folded):
            if match.start() < end or _is_broken(text[match.start() : match.end()]):
                continue
            start, end = _sentence_around(text, match.start(), match.end())
            cut = _is_order(rule, text, folded, start, end, match)
            spans.append(_Span(start, end, rule.kind, cut, _short(text[start:end])))
    spans += _torn(text, folded)
    return _merged([*spans, *_going_on(text, folded, [span for span in spans if span.cut])])


def _is_broken(words: str) -> bool:
    """Whether one sentence ends and another begins within what matched."""
    return not words.isupper() and any(match.group(1).isupper() for match in _BREAK.finditer(words))


def _is_order(rule: _Rule, text: str, folded: str, start: int, end: int, match: re.Match[str]) -> bool:
    """Whether a sentence gives the order, and does not tell of it nor speak of people's work."""
    before = folded[max(start, match.start() - _NEAR) : match.start()]
    if _TELLS.search(before) or _in_quotes(text, start, end, match.start()):
        return False
    return not rule.people.search(before + match.group()) and (not rule.opens or bool(_OPENING.search(before)))


def _in_quotes(text: str, start: int, end: int, at: int) -> bool:
    """Whether a place lies in quotation marks within a sentence that says something outside them too."""
    start, end = max(start, at - _NEAR), min(end, at + _NEAR)
    before = text[start:at]
    quoted = (
        before.count("“") > before.count("”") or before.count("«") > before.count("»") or before.count('"') % 2 == 1
    )
    outside = re.sub(r"[“\"«][^”\"»]*[”\"»]?", " ", text[start:end])
    return quoted and len(re.findall(r"\w+", outside)) >= 2


def _torn(text: str, folded: str) -> Iterator[_Span]:
    joined = re.sub(r"\W+", "", folded)
    found = [(match, honest) for pattern, honest in _TORN for match in pattern.finditer(joined)]
    if not found:
        return
    places = array("I", (match.start() for match in re.finditer(r"\w", folded)))
    for match, honest in found:
        first, last = places[match.start()], places[match.end() - 1] + 1
        letters = len(match.group()) / len(re.findall(r"\w+", folded[first:last]))
        if not honest[0] < letters < honest[1]:
            start, end = _sentence_around(text, first, last)
            cut = not _in_quotes(text, start, end, first)
            yield _Span(start, end, Kind.INSTRUCTION, cut, _short(text[start:end]))


def _going_on(text: str, folded: str, orders: list[_Span]) -> Iterator[_Span]:
    """Sentences after an order that go on with it."""
    end = 0
    for order in sorted(orders):
        end = max(end, order.end)
        while match := _GOES_ON.match(folded, end):
            start, end = _sentence_around(text, match.end() - 1, match.end())
            if not _SPEAKS.search(folded, start, min(end, start + _LONGEST_SENTENCE)):
                break
            yield _Span(start, end, order.kind, True, _short(text[start:end]))


def _sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentences that a place touches; of a very long one what is near."""
    first, last = _touched(text, start, end, _NEAR)
    if start - first >= _NEAR or last - end >= _NEAR:
        first, last = _touched(text, start, end, _LONGEST_SENTENCE)
        first = start - _NEAR if start - first >= _LONGEST_SENTENCE else first
        last = end + _NEAR if last - end >= _LONGEST_SENTENCE else last
    # A sentence that begins with a small letter counts as the end of the one before it, but need not go with it.
    stops = [stop for stop in _STOP.finditer(text, first, last) if text[stop.end()].islower()]
    first = max((stop.end() for stop in stops if stop.end() <= start), default=first)
    last = min((stop.start(1) for stop in stops if stop.start(1) >= end), default=last)
    return first, last


def _touched(text: str, start: int, end: int, reach: int) -> tuple[int, int]:
    """The sentences that a place touches, looked for within `reach` characters of it and in its lines."""
    first = max(text.rfind("\n", max(0, start - reach), start) + 1, start - reach, 0)
    last = text.find("\n", end, end + reach)
    last = min(end + reach, len(text)) if last < 0 else last
    spans = [(first + one, first + other) for one, other in sentence_spans(text[first:last])]
    touched = [span for span in spans if span[0] < end and span[1] > start]
    return (touched[0][0], touched[-1][1]) if touched else (start, end)


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    """One finding for one sentence: the first that cuts, or else the first."""
    merged: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start, not span.cut)):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = last._replace(end=max(last.end, span.end), cut=last.cut or span.cut)
        else:
            merged.append(span)
    return merged


# --- personal data ---

_LABELLED = tuple(
    (kind, re.compile(rf"(?<!\w)(?:{label})(?:\W{{1,4}}[^\W\d]\w{{0,20}}+){{0,4}}?\W{{1,4}}({value})(?![\w/]|[.,-]\d)"))
    for kind, label, value in (
        (
            Kind.BANK_ACCOUNT,
            r"so tai khoan|stk|tai khoan(?: ngan hang)?(?: so)?|(?:so )?tk(?: so)?",
            r"\d(?:[ .-]?\d){7,18}",
        ),
        (Kind.TAX_CODE, r"ma so thue|ma thue|mst", r"\d{10}(?:-\d{3})?|\d{12}"),
        (Kind.INSURANCE_CODE, r"bao hiem|bhxh|bhyt", r"[a-z]{2} ?\d(?: ?\d){12}|\d{10}"),
        (
            Kind.IDENTITY_NUMBER,
            r"cmnd|cmtnd|cmt|chung minh (?:nhan dan|thu)|cccd|can cuoc(?: cong dan)?|dinh danh(?: ca nhan)?",
            r"\d{3}[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d{3})?",
        ),
        (Kind.IDENTITY_NUMBER, r"ho chieu|passport", r"[a-z]\d{7,8}"),
    )
)
_UNLABELLED = (
    # Province of birth, century and sex, year, and six more.
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\w.,/:+-])0[0-9]\d[ .]?[0-3](?:[ .]?\d){8}(?![\w/]|[.,:-]\d)")),
    (
        Kind.PHONE,
        re.compile(
            r"(?<![\w.,/:-])(?<!\+)(?:\(?\+?84\)?[ .-]?|0)(?:3[2-9]|5[25-9]|7[06-9]|8[1-9]"
            r"|9\d)(?:[ .-]?\d){7}(?![\w/]|[.,:-]\d)"
        ),
    ),
)
_PLATE = re.compile(r"(?<![\w.,/-])[1-9]\d ?-? ?[a-z]{1,2}\d?[ .-]{1,3}\d{3}(?:\.\d{2}|\d{1,2})(?![\w/]|[.,-]\d)")
_VEHICLE = re.compile(r"\b(?:xe|bien so|bien kiem soat|bks|o to|mo to)\b")
# Numbers that stand for an office, and accounts of the treasury.
_OF_OFFICE = re.compile(r"duong day nong|hotline|tong dai|truc ban|so nong")
_OF_TREASURY = re.compile(r"kho bac|kbnn|ngan sach|hach toan")
_OFFICE_MAIL = re.compile(
    r"(?:info|contact|lien_?he|ho_?tro|support|admin|webmaster|cskh|van_?thu|van_?phong|vp|bbt|ban_?bien_?tap"
    r"|toa_?soan|hotline|tuyen_?sinh|sales|no-?reply|dvc|help|service|cong_?dan|hoi_?dap|gop_?y|phan_?anh|ubnd|hdnd"
    r"|mail|office|thong_?tin)[\w.-]*"
)
_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,10}(?![\w-])")
_OFFICE_DOMAIN = re.compile(r"(?:^|\.)(?:(?:gov|chinhphu|dcs|quochoi|mil)\.vn|gov|example)(?:\.|$)")
_BORN = re.compile(
    r"(?<!\w)(?:sinh|ngay sinh|nam sinh)\W{1,4}(?:(?:ngay|thang"
    r"|nam)\W{1,4}){0,4}(\d{1,2} ?[/.-] ?\d{1,2} ?[/.-] ?(?:19|20)\d\d|\d{1,2} thang \d{1,2} nam (?:19|20)\d\d)"
)
_SURNAMES = (
    "nguyen|tran|le|pham|hoang|huynh|phan|vu|vo|dang|bui|do|ho|ngo|duong|ly|dinh|doan|trinh|mai|to|dao|ha|cao|luong"
    "|truong|lam|phung|ta|thai|chau|quach|la|luu|tong|vuong|kieu|chu|giang|sung|vang|lo|quang|cam|hau|thao|mua|siu|thach"
    "|son|kim|danh|nong|hua|ma|trieu|be|dam|vi|luc|nghiem|khuat|doan|ninh|tang|mac|than|van|vien|au|diep|cu|tieu|bach"
    "|dong|phi|lai|giap|an|tu"
)
_PERSON = re.compile(rf"(?<!\w)(?:{_SURNAMES})(?: [^\W\d_]{{1,7}}){{1,4}}(?!\w)")
_BEFORE = 120


def _personal_data(text: str, folded: str) -> list[_Span]:
    found: list[_Span] = []
    taken: set[int] = set()
    for span in _personal(text, folded):
        if taken.isdisjoint((span.start, span.end - 1)):
            taken.update(range(span.start, span.end))
            found.append(span)
    return [span for span in found if span.words]


def _personal(text: str, folded: str) -> Iterator[_Span]:
    """Every find, what is surest first; one with no words is nobody's in particular."""
    for kind, pattern in _LABELLED:
        for match in pattern.finditer(folded):
            digits = re.sub(r"\D", "", match.group(1))
            shown = _masked(match.group(1).upper()) if _is_personal(kind, digits, folded, match) else ""
            yield _Span(match.start(1), match.end(1), kind, False, shown)
    for kind, pattern in _UNLABELLED:
        for match in pattern.finditer(folded):
            digits = re.sub(r"\D", "", match.group())
            shown = _masked(digits) if _is_personal(kind, digits, folded, match) else ""
            yield _Span(match.start(), match.end(), kind, False, shown)
    for match in _PLATE.finditer(folded):
        plate = match.group()
        said = "." in plate or _VEHICLE.search(folded, max(0, match.start() - 40), match.start())
        if said and text[match.start() : match.end()] == plate.upper():
            yield _Span(match.start(), match.end(), Kind.LICENCE_PLATE, False, _masked(plate.upper()))
    yield from _mail(folded)
    yield from _births(text, folded)


def _is_personal(kind: Kind, digits: str, folded: str, match: re.Match[str]) -> bool:
    if len(set(digits)) <= 3 or digits[1:] in "0123456789012345" or digits[1:] in "9876543210987654":  # made up
        return False
    line = folded[max(folded.rfind("\n", 0, match.start()) + 1, match.start() - _BEFORE) : match.start()]
    if kind is Kind.PHONE:
        return not _OF_OFFICE.search(line)
    if kind is Kind.BANK_ACCOUNT:
        return not _OF_TREASURY.search(line + folded[match.start() : match.end() + 60])
    if kind is Kind.TAX_CODE:  # those of companies begin with 0 to 6 and are public
        return len(digits) == 12 or digits.startswith("8")
    return kind is not Kind.IDENTITY_NUMBER or len(digits) != 12 or int(digits[:3]) <= 96


def _mail(folded: str) -> Iterator[_Span]:
    for at in re.finditer("@", folded):
        local = re.search(r"[a-z0-9._%+-]*$", folded[max(0, at.start() - 64) : at.start()])
        domain = _DOMAIN.match(folded, at.end())
        name = local.group() if local else ""
        if not name or domain is None or _OFFICE_MAIL.fullmatch(name) or _OFFICE_DOMAIN.search(domain.group()):
            continue
        yield _Span(at.start() - len(name), domain.end(), Kind.EMAIL, False, f"{name[:2]}***@{domain.group()}")


def _births(text: str, folded: str) -> Iterator[_Span]:
    for match in _BORN.finditer(folded):
        first = max(0, match.start() - _BEFORE)
        names = [name for name in _PERSON.finditer(folded[first : match.start()]) if _is_name(text[first:], name)]
        if names:
            words = text[first + names[-1].start() : first + names[-1].end()].split()
            shown = f"{words[0]} ***, ***/{match.group(1)[-4:]}"
            yield _Span(match.start(1), match.end(1), Kind.BIRTH_DATE, False, shown)


def _is_name(text: str, name: re.Match[str]) -> bool:
    return all(word[:1].isupper() for word in text[name.start() : name.end()].split()[:2])


def _masked(value: str) -> str:
    """A value without its middle: "0912***678"."""
    return f"{value[:4]}***{value[-3:]}" if len(value) >= 10 else f"{value[:2]}***{value[-2:]}"


# --- spans ---

_WORD = re.compile(r"\w")
_LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){7,}")


def _findings(text: str, spans: Iterable[_Span]) -> list[Finding]:
    findings, line, counted = [], 1, 0
    for span in sorted(spans):
        line, counted = line + text.count("\n", counted, span.start), span.start
        findings.append(Finding(span.kind, span.words, line, span.cut))
    return findings


def _without(text: str, spans: Iterable[_Span]) -> str:
    """A text of the same length in which spans are blank, so that nothing is found in them twice."""
    pieces, end = [], 0
    for span in sorted(spans):
        pieces += [text[end : span.start], re.sub(r"[^\n]", " ", text[max(end, span.start) : span.end])]
        end = max(end, span.end)
    return "".join([*pieces, text[end:]])


def _cut(text: str, spans: Iterable[_Span]) -> str:
    """A text without spans; a line of which nothing but marks is left goes too."""
    pieces, end = [], 0
    for start, stop in _joined(text, spans):
        line, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", stop)
        line_end = len(text) if line_end < 0 else line_end + 1
        if not (_WORD.search(text, max(line, end), start) or _WORD.search(text, stop, line_end)):
            start, stop = max(line, end), line_end
        pieces.append(text[end:start])
        end = stop
    return "".join([*pieces, text[end:]])


def _joined(text: str, spans: Iterable[_Span]) -> list[tuple[int, int]]:
    """Where to cut, with the spaces after it; spans with nothing between them are one."""
    joined: list[tuple[int, int]] = []
    for span in sorted(spans):
        start, stop = span.start, span.end
        while text[stop : stop + 1] == " ":
            stop += 1
        if joined and start <= joined[-1][1]:
            start, stop = joined[-1][0], max(stop, joined.pop()[1])
        joined.append((start, stop))
    return joined


def _short(words: str) -> str:
    words = _LONG_NUMBER.sub(lambda match: _masked(match.group()), " ".join(words.split()))
    return words if len(words) <= SHOWN else words[: SHOWN - 1] + "…"
