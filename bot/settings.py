"""Settings from the environment and `.env`, typed and checked at start."""

from __future__ import annotations

import re
import secrets
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A setting is wrong; the text names the variable and what it should be."""


def _token() -> SecretStr:
    return SecretStr(secrets.token_hex(24))


def _split(value: Any) -> Any:
    """The parts of a list as people write it in one variable: with commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


# As browsers send it: scheme, host, and a port where it is not the usual one.
_Origin = Annotated[str, StringConstraints(pattern=re.compile(r"^https?://[a-z0-9.\-\[\]:]+\Z"))]
_List = (NoDecode, BeforeValidator(_split))


class Settings(BaseSettings):
    """Every setting of the app and of the supervisor. Names are environment variables in upper case."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env",
        env_file_encoding="utf-8",
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    bind: str = Field("127.0.0.1", description="địa chỉ mà ứng dụng lắng nghe")
    port: int = Field(8000, ge=1, le=65535, description="cổng của trang web và API")
    rasa_port: int = Field(5005, ge=1, le=65535, description="cổng nội bộ của Rasa")
    embedding_model: str = Field("models/embedder", description="mô hình mã hóa: thư mục hoặc tên trên kho mô hình")
    index_folder: Path = Field(Path("models/index"), description="thư mục chỉ mục")
    index_poll_s: float = Field(3, gt=0, le=3600, description="bao nhiêu giây lại xem có chỉ mục mới không")
    state_folder: Path = Field(Path("var"), description="nơi giữ hội thoại và nhật ký")
    tracker_url: SecretStr = Field(
        SecretStr(""), description="cơ sở dữ liệu hội thoại; mặc định SQLite trong STATE_FOLDER"
    )
    rasa_timeout_s: float = Field(20, gt=0, le=120, description="chờ Rasa trả lời nhiều nhất bao nhiêu giây")
    action_timeout_s: float = Field(8, gt=0, le=60, description="chờ tìm kiếm nhiều nhất bao nhiêu giây")
    max_message_characters: int = Field(2000, ge=10, le=20000, description="độ dài tin nhắn nhiều nhất")
    max_body_bytes: int = Field(65536, ge=1024, description="độ lớn yêu cầu HTTP nhiều nhất")
    waiting_per_sender: int = Field(5, ge=1, description="số tin nhắn của một người được xếp hàng cùng lúc")
    session_secret: SecretStr | None = Field(
        None, min_length=32, description="khóa ký các phiên trò chuyện; tự tạo và giữ trong STATE_FOLDER nếu trống"
    )
    allowed_origins: Annotated[tuple[_Origin, ...], *_List] = Field(
        (), description="các trang web được nhúng trợ lý, ví dụ https://xa.gov.vn, cách nhau bằng dấu phẩy"
    )
    rate_per_session: int = Field(20, ge=1, description="số tin nhắn một phiên được gửi trong một phút")
    rate_per_address: int = Field(120, ge=1, description="số tin nhắn, và số lần tra cứu, một địa chỉ mạng mỗi phút")
    forwarded_allow: Annotated[tuple[IPv4Network | IPv6Network, ...], *_List] = Field(
        (), description="địa chỉ của proxy phía trước, được tin khi nói ai gửi (X-Forwarded-For)"
    )
    keep_days: int = Field(30, ge=1, le=3650, description="giữ hội thoại bao nhiêu ngày")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="mức nhật ký")
    action_token: SecretStr = Field(default_factory=_token, description="khóa giữa Rasa và ứng dụng; tự tạo nếu trống")
    rasa_token: SecretStr = Field(default_factory=_token, description="khóa của API Rasa; tự tạo nếu trống")

    @property
    def rasa_url(self) -> str:
        """Where Rasa answers: this machine only."""
        return f"http://127.0.0.1:{self.rasa_port}"

    @property
    def app_url(self) -> str:
        """Where this machine itself reaches the app."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.bind, self.bind)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def action_url(self) -> str:
        """Where Rasa calls the actions: the app, on this machine."""
        return f"{self.app_url}/internal/actions"

    @property
    def conversations_url(self) -> str:
        """The SQLAlchemy address of the conversations."""
        return (
            self.tracker_url.get_secret_value()
            or f"sqlite:///{(ROOT / self.state_folder).resolve() / 'conversations.db'}"
        )


def _is_secret(name: str) -> bool:
    field = Settings.model_fields.get(name.lower())
    return field is not None and SecretStr in (field.annotation, *get_args(field.annotation))


def load_settings() -> Settings:
    """Read and check the settings. SettingsError names the first wrong variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "?"
        given = "" if _is_secret(name) else f" (giá trị: {first.get('input')!r})"
        raise SettingsError(f"Biến {name} sai: {first['msg']}{given}") from error
    if settings.port == settings.rasa_port:
        raise SettingsError(f"Biến PORT và RASA_PORT trùng nhau ({settings.port}); hãy chọn hai cổng khác nhau")
    return settings
