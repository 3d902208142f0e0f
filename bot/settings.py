"""Settings from the environment and `.env`, typed and checked at start."""

from __future__ import annotations

import secrets
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A setting is wrong; the text names the variable and what it should be."""


def _token() -> SecretStr:
    return SecretStr(secrets.token_hex(24))


class Settings(BaseSettings):
    """Every setting of the app and of the supervisor. Names are environment variables in upper case."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True
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


def load_settings() -> Settings:
    """Read and check the settings. SettingsError names the first wrong variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "?"
        raise SettingsError(f"Biến {name} sai: {first['msg']} (giá trị: {first.get('input')!r})") from error
    if settings.port == settings.rasa_port:
        raise SettingsError(f"Biến PORT và RASA_PORT trùng nhau ({settings.port}); hãy chọn hai cổng khác nhau")
    return settings
