"""Settings of the Zalo door, from the environment and `.env`. Without ZALO_APP_ID there is no Zalo door."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings import ROOT, SettingsError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MIN_ADMIN_TOKEN = 16
_MIN_TOKEN_KEY = 32
_Id = Annotated[str, Field(pattern=r"^\d{0,32}$")]
_Url = Annotated[str, Field(pattern=r"^(https?://[^\s?#]+[^\s?#/])?$")]
_ADVICE = {
    "ZALO_APP_ID": "chỉ gồm chữ số, xem trong phần cài đặt của ứng dụng trên developers.zalo.me",
    "ZALO_OA_ID": "chỉ gồm chữ số, xem trong trang quản lý OA",
    "ZALO_VERIFIER_CODE": "chỉ gồm chữ cái, chữ số, dấu gạch; là phần giữa của tên tệp zalo_verifier….html",
    "ZALO_WEBHOOK_MODE": "là enforce hoặc soak",
    "ZALO_RATE_PER_MINUTE": "là số từ 1 đến 4000",
    "ZALO_STALE_MINUTES": "là số từ 1 đến 2880",
    "ZALO_STAFF_MINUTES": "là số từ 0 đến 1440; 0 là không bao giờ im",
    "ZALO_TEXT_LIMIT": "là số từ 200 đến 2000",
}


class Mode(StrEnum):
    """What happens to an event without a right signature: turned away, or taken and reported (while setting up)."""

    ENFORCE = "enforce"
    SOAK = "soak"


class ZaloSettings(BaseSettings):
    """Every setting of the Zalo door. Names are environment variables in upper case."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True
    )

    zalo_app_id: _Id = Field("", description="mã ứng dụng Zalo; trống thì không có cửa Zalo")
    zalo_app_secret: SecretStr = Field(SecretStr(""), description="khóa bí mật của ứng dụng")
    zalo_oa_id: _Id = Field("", description="mã Official Account")
    zalo_oa_secret: SecretStr = Field(SecretStr(""), description="khóa bí mật của OA, trong trang Webhook")
    zalo_verifier_code: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,128}$", description="mã xác minh tên miền")
    zalo_webhook_mode: Mode = Field(Mode.ENFORCE, description="enforce: chỉ nhận tin có chữ ký đúng; soak: nhận thử")
    zalo_public_url: _Url = Field("", description="địa chỉ https của trợ lý, ví dụ https://troly.xa.gov.vn")
    zalo_rate_per_minute: int = Field(90, ge=1, le=4000, description="số tin gửi đi nhiều nhất mỗi phút")
    zalo_stale_minutes: int = Field(30, ge=1, le=2880, description="câu hỏi cũ hơn thì xin lỗi thay vì trả lời")
    zalo_staff_minutes: int = Field(15, ge=0, le=1440, description="cán bộ tự nhắn thì trợ lý im bao nhiêu phút")
    zalo_text_limit: int = Field(1900, ge=200, le=2000, description="số ký tự nhiều nhất của một tin gửi đi")
    zalo_token_key: SecretStr = Field(SecretStr(""), description="khóa mã hóa token; tự tạo nếu trống")
    zalo_api_url: _Url = Field("https://openapi.zalo.me", description="địa chỉ API của Zalo")
    zalo_oauth_url: _Url = Field("https://oauth.zaloapp.com", description="địa chỉ cấp quyền của Zalo")
    admin_token: SecretStr = Field(SecretStr(""), description="mật khẩu trang quản trị, từ 16 ký tự")

    @property
    def callback_url(self) -> str:
        """Where Zalo sends the browser of whoever gave consent."""
        return f"{self.zalo_public_url}/zalo/oauth/callback"


def load_zalo_settings() -> ZaloSettings | None:
    """Read and check the settings; None without ZALO_APP_ID. SettingsError names the first wrong variable."""
    try:
        settings = ZaloSettings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "?"
        # The value is not shown: somebody may have put a secret where an id belongs.
        raise SettingsError(f"Biến {name} sai: {_ADVICE.get(name, 'xem docs/zalo.md')}") from None
    if not settings.zalo_app_id:
        return None
    problem = _problem(settings)
    if problem:
        raise SettingsError(problem)
    return settings


def _problem(settings: ZaloSettings) -> str:
    app_secret, oa_secret = settings.zalo_app_secret.get_secret_value(), settings.zalo_oa_secret.get_secret_value()
    missing = [name for name in ("zalo_app_secret", "zalo_oa_id", "zalo_public_url") if not _text(settings, name)]
    if missing:
        return f"Biến {missing[0].upper()} còn trống, mà ZALO_APP_ID đã có. Xem docs/zalo.md"
    if len(settings.admin_token.get_secret_value()) < _MIN_ADMIN_TOKEN:
        return f"Biến ADMIN_TOKEN phải có từ {_MIN_ADMIN_TOKEN} ký tự khi dùng Zalo"
    token_key = settings.zalo_token_key.get_secret_value()
    if token_key and len(token_key) < _MIN_TOKEN_KEY:
        return f"Biến ZALO_TOKEN_KEY phải có từ {_MIN_TOKEN_KEY} ký tự, hoặc để trống để máy tự tạo"
    if not oa_secret and settings.zalo_webhook_mode is Mode.ENFORCE:
        return "Biến ZALO_OA_SECRET còn trống. Chưa đăng ký webhook thì đặt ZALO_WEBHOOK_MODE=soak để lấy khóa này"
    if app_secret == oa_secret:
        return "Biến ZALO_APP_SECRET và ZALO_OA_SECRET giống nhau: đây là hai khóa khác nhau. Xem docs/zalo.md"
    for name in ("zalo_public_url", "zalo_api_url", "zalo_oauth_url"):
        if not _is_safe(_text(settings, name)):
            return f"Biến {name.upper()} phải bắt đầu bằng https://"
    return ""


def _text(settings: ZaloSettings, name: str) -> str:
    value = getattr(settings, name)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _is_safe(url: str) -> bool:
    """Encrypted, or not leaving this machine."""
    return bool(re.match(r"https://", url)) or urlsplit(url).hostname in _LOOPBACK
