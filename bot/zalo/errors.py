"""What can go wrong between us and Zalo, by what has to be done about it.

ZaloError      Zalo refused a message, or could not be reached: `kind` says what to do
TokenError     there is no usable access token: `kind` is the alarm
HoldError      nothing can be sent to anybody for a while
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Classes of failure, each with its own action in the outbox."""

    TOKEN = "token"  # noqa: S105 - refresh once, try once more, then alarm
    RATE = "rate"  # wait for the next minute
    TRANSIENT = "transient"  # try again a few times
    UNREACHABLE = "unreachable"  # never got there: hold everything and try again
    AMBIGUOUS = "ambiguous"  # may have been sent: never again
    PERSON = "person"  # this person cannot be written to: drop
    QUOTA = "quota"  # no quota or no money: hold everything, alarm
    SETUP = "setup"  # drop, alarm
    REQUEST = "request"  # our message is wrong: drop, alarm


_CODES: dict[Kind, dict[int, str]] = {
    Kind.TOKEN: {-216: "token không hợp lệ", -220: "token hết hạn hoặc đã bị gỡ"},
    Kind.RATE: {-32: "vượt số lần gọi mỗi phút"},
    Kind.TRANSIENT: {-200: "Zalo gửi tin không thành công"},
    Kind.PERSON: {
        -213: "người dùng chưa quan tâm OA",
        -217: "người dùng không nhận tin này",
        -218: "người dùng đã nhận đủ số tin",
        -227: "tài khoản bị khóa hoặc lâu không dùng",
        -230: "người dùng không tương tác trong 7 ngày",
        -232: "đã quá hạn tương tác",
        -234: "ban đêm không gửi loại tin này",
        -244: "người dùng chặn loại tin này",
    },
    Kind.QUOTA: {
        -211: "hết hạn mức gửi tin",
        -320: "chưa liên kết tài khoản Zalo Cloud",
        -321: "tài khoản Zalo Cloud hết tiền",
    },
    Kind.SETUP: {
        -204: "OA đã bị xóa",
        -205: "OA không tồn tại",
        -209: "ứng dụng chưa được dùng API này",
        -212: "OA chưa đăng ký API này",
        -219: "ứng dụng đã bị tắt hoặc gỡ",
        -221: "OA chưa xác thực",
        -223: "OA chưa cấp quyền cho ứng dụng",
        -224: "gói OA không có API: cần gói Tăng trưởng trở lên",
        -235: "OA không được dùng API này",
        -240: "API phiên bản cũ đã đóng",
        -242: "appsecret_proof sai: tắt mục này trong cài đặt ứng dụng",
    },
    Kind.REQUEST: {
        -100: "tệp đính kèm hết hạn",
        -201: "tin nhắn sai định dạng",
        -210: "tin nhắn vượt giới hạn: giảm ZALO_TEXT_LIMIT",
        -233: "không hỗ trợ loại tin nhắn này",
        -248: "tin nhắn vi phạm quy định của Zalo",
    },
}
_KIND_OF = {code: (kind, meaning) for kind, codes in _CODES.items() for code, meaning in codes.items()}
CLOSED_API = -240
BUTTONS_REFUSED = (-201, -233)


class ZaloError(Exception):
    """A message did not get through, or may not have. Holds no text of the message."""

    def __init__(self, kind: Kind, code: str, meaning: str = "") -> None:
        self.kind, self.code, self.meaning = kind, code, meaning
        super().__init__(f"{kind.value}: {code}")


class TokenError(Exception):
    """No usable access token. `kind` is the name of the alarm, `detail` an error code without any secret."""

    def __init__(self, kind: str, detail: str = "") -> None:
        self.kind, self.detail = kind, detail
        super().__init__(f"{kind}: {detail}" if detail else kind)


class HoldError(Exception):
    """Nothing can be sent until `until_ms`."""

    def __init__(self, until_ms: int) -> None:
        self.until_ms = until_ms
        super().__init__("sending is on hold")


def refusal(code: int) -> ZaloError:
    """The error of Zalo's code; one that nobody knows is like a wrong message: not tried again, and reported."""
    kind, meaning = _KIND_OF.get(code, (Kind.REQUEST, "mã lỗi lạ: tra trong tài liệu của Zalo"))
    return ZaloError(kind, str(code), meaning)
