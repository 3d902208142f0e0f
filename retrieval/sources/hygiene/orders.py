"""How orders to machines are worded: patterns over folded text (see `folding`)."""

from __future__ import annotations

import re
from typing import NamedTuple

from retrieval.sources.hygiene.findings import Kind

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


class Rule(NamedTuple):
    """`people`: words of the sentence by which it tells of people's work and is only reported. `opens`: so is one in
    which the order does not begin a clause, as orders do.
    """

    pattern: re.Pattern[str]
    people: re.Pattern[str]
    opens: bool
    kind: Kind


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)".replace(" ", r"\W{1,4}"))


def _rule(pattern: str, people: str = r"\b\B", opens: bool = True, kind: Kind = Kind.INSTRUCTION) -> Rule:
    return Rule(_compiled(pattern), _compiled(people), opens, kind)


RULES = (
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
TORN = (
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
OPENING = re.compile(
    r"(?:^|[\n,:;.!?\-–—(\[\"'“”‘*>|•+/])\W*+(?:(?:hay|vui long|xin|lam on|ban|nho|luon|bay gio|toi|moi|va|roi"
    r"|quan trong|luu y|tuyet doi|ngay|phai|can|please|now|and|so|then|just|also|you must|important|note)\W+){0,4}$"
)
# Before an order, or around one in quotation marks: the sentence tells of it.
TELLS = _compiled(
    "vi du|chang han|goi la|nghia la|tuc la|ke (?:gian|xau|lua dao|tan cong)|tin tac|hacker|doi tuong|lua (?:dao"
    "|nguoi)|tan cong|chen (?:cau )?lenh|injection|canh (?:bao|giac)|kieu|dang nhu|nhung cau|cau nhu|cac cau|thu doan"
    "|gia mao|mao danh|mot cau lenh|dong chu|khai niem|dan(?: do)? nan nhan|for example|such as|called|attack"
    "|attackers?|phishing|malicious"
)
GOES_ON = re.compile(
    r"\W{0,9}(?:(?:thay vao do|sau do|roi|va|tu gio|ngoai ra|instead|then|also|now)\W+)?(?:hay|luon|chi|khong (?:duoc"
    r"|can)|dung|tra loi|noi|always|never|do not|only|you (?:must|will|should)|respond|reply|answer|say|tell|output"
    r"|print|recommend)\W"
)
SPEAKS = _compiled(
    f"{_SAY}|{_USER}|trich dan|gioi thieu|answer|say|tell|respond|reply|output|mention|recommend|repeat|print"
)
