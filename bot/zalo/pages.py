"""The few pages of the Zalo door, for administrators: plain HTML, no script."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from bot.zalo.alarms import ADVICE, Alarm
from bot.zalo.settings import Mode, ZaloSettings
from bot.zalo.tokens import TokenState

STYLE = Path(__file__).parent / "status.css"
_VIETNAM = timezone(timedelta(hours=7))
_CONSENT_LINK = '<p><a class="button" href="/zalo/oauth/start">Bấm vào đây để cấp quyền</a></p>'
_CONSENT = {
    "consent_done": ("Đã cấp quyền xong", "Trợ lý đã có quyền gửi tin qua Zalo. Không cần làm gì thêm."),
    "consent_cancelled": ("Chưa cấp quyền", "Zalo chưa trả lại mã cấp quyền. Hãy mở trang tình trạng và bấm lại."),
    "consent_other_oa": ("Nhầm OA", "Anh/chị vừa chọn một OA khác với ZALO_OA_ID. Hãy làm lại và chọn đúng OA."),
    "consent_unknown": ("Liên kết đã cũ", "Lần cấp quyền này quá 10 phút hoặc đã dùng rồi. Hãy bấm lại từ đầu."),
    "login": ("Cần mật khẩu", "Trang này dành cho người quản trị. Mật khẩu là ADMIN_TOKEN, tên nhập gì cũng được."),
}
_REASONS = {
    "new": "Chờ trả lời",
    "asked": "Đang hỏi trợ lý",
    "answered": "Chờ gửi đi",
    "done": "Đã xong (7 ngày qua)",
    "with_staff": "Nhường cán bộ trả lời",
    "part_sent": "Tin đã gửi",
    "phone_received": "Tin đã tới máy bà con",
    "phone_seen": "Tin bà con đã xem",
    "part_unknown": "Tin không rõ đã tới chưa",
    "part_dropped": "Tin không gửi",
    "quota_billed": "Tin bị tính tiền",
}
_ONLY_IF_ANY = ("with_staff", "phone_received", "phone_seen")  # Zalo tells of these only if asked to


def verifier(code: str) -> str:
    """The page that proves to Zalo whose domain this is."""
    tag = verification_tag(code)
    return f'<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8">{tag}<title>Zalo</title></head>' + (
        f"<body>{html.escape(code)}</body></html>\n"
    )


def verification_tag(code: str) -> str:
    """The same proof for the head of another page."""
    return f'<meta name="zalo-platform-site-verification" content="{html.escape(code)}">'


def consent(kind: str, detail: str = "") -> str:
    """What came of a consent; a kind that has no words of its own is an alarm."""
    title, text = _CONSENT.get(kind) or ("Chưa cấp quyền được", ADVICE[kind])
    shown = f"<p>Mã lỗi: {html.escape(detail)}</p>" if detail else ""
    link = "" if kind == "login" else '<p><a href="/zalo/status">Mở trang tình trạng</a></p>'
    return _page(title, f"<p>{html.escape(text)}</p>{shown}{link}")


def status(
    settings: ZaloSettings, token: TokenState | None, alarms: Sequence[Alarm], counts: Mapping[str, int], now_ms: int
) -> str:
    """Token, alarms with what to do, and counts."""
    trouble = _trouble(token, alarms, now_ms)
    blocks = [
        f"<h2>Quyền gửi tin</h2>{_token(token, trouble, now_ms)}",
        f"<h2>Cảnh báo</h2>{_alarms(alarms, trouble)}",
        f"<h2>Tin nhắn</h2>{_counts(counts)}",
        f"<h2>Cài đặt</h2>{_settings(settings)}",
    ]
    return _page("Tình trạng kênh Zalo", "".join(blocks))


def _trouble(token: TokenState | None, alarms: Sequence[Alarm], now_ms: int) -> str:
    """The alarm that only a consent ends, or ""."""
    if token is None:
        return "token_missing"
    if token.interrupted:
        return "token_interrupted"
    if token.refused:
        return "token_refused"
    if any(alarm.name == "token_unreadable" for alarm in alarms):
        return "token_unreadable"
    return "token_refused" if token.expires_ms - now_ms < 60_000 else ""


def _token(token: TokenState | None, trouble: str, now_ms: int) -> str:
    lines = f"<p>{_life(token, now_ms)}</p>" if token else ""
    if trouble:
        return f"{lines}<p>{ADVICE[trouble]}</p>{_CONSENT_LINK}"
    return f"{lines}<p>Máy tự đổi token khi gần hết hạn. Không cần làm gì.</p>"


def _life(token: TokenState, now_ms: int) -> str:
    left = (token.expires_ms - now_ms) // 60_000
    lasts = f"còn {left // 60} giờ {left % 60} phút" if left > 0 else "đã hết hạn"
    return f"Token cấp lúc {_time(token.obtained_ms)}, {lasts}."


def _alarms(alarms: Sequence[Alarm], told: str) -> str:
    """All but `told`, which stands on the page already."""
    items = [_alarm(alarm) for alarm in alarms if alarm.name != told]
    if not items:
        return f"<p>Không có cảnh báo nào{' khác' if told else ''}.</p>"
    return f"<ul>{''.join(items)}</ul>"


def _alarm(alarm: Alarm) -> str:
    facts = [alarm.detail, f"{alarm.count} lần", f"lần cuối {_time(alarm.last_ms)}", f"lần đầu {_time(alarm.first_ms)}"]
    shown = html.escape(" · ".join(fact for fact in facts if fact))
    return f"<li><strong>{html.escape(alarm.advice)}</strong><br>{shown}</li>"


def _counts(counts: Mapping[str, int]) -> str:
    shown = {
        text: str(counts.get(name, 0)) for name, text in _REASONS.items() if name in counts or name not in _ONLY_IF_ANY
    }
    last_ms = counts.get("last_ms")
    shown["Tin gần nhất đến lúc"] = _time(last_ms) if last_ms else "chưa có tin nào"
    return _table(shown)


def _settings(settings: ZaloSettings) -> str:
    soak = settings.zalo_webhook_mode is Mode.SOAK
    mode = "soak: đang nhận cả tin chưa có chữ ký đúng. Khi thử xong, đặt ZALO_WEBHOOK_MODE=enforce." if soak else (
        "enforce: chỉ nhận tin có chữ ký đúng."
    )  # fmt: skip
    shown = {
        "Ứng dụng": settings.zalo_app_id,
        "OA": settings.zalo_oa_id,
        "Chế độ nhận tin": mode,
        "Địa chỉ webhook": f"{settings.zalo_public_url}/zalo/webhook",
        "Địa chỉ quay về (callback)": settings.callback_url,
        "Số tin mỗi phút": str(settings.zalo_rate_per_minute),
    }
    return _table(shown)


def _table(shown: Mapping[str, str]) -> str:
    rows = [f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in shown.items()]
    return f"<table>{''.join(rows)}</table>"


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(_VIETNAM).strftime("%H:%M ngày %d/%m/%Y")


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="/zalo/status.css"><title>{title}</title></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
