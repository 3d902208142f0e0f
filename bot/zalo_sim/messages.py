"""What a bot may send: the body of a v3 consultation message, checked against the documented forms and limits.

Text, text with buttons, and one image, gif or sticker are known here; anything else answers -233.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.zalo_sim.errors import ApiError

TEXT_LIMIT, BUTTON_LIMIT = 2000, 5


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$", max_length=2000)]


class _Link(_Strict):
    url: Url


class _Phone(_Strict):
    phone_code: str = Field(min_length=3, max_length=20)


class _Sms(_Phone):
    content: str = Field(max_length=160)


class _Button(_Strict):
    title: str = Field(min_length=1, max_length=100)


class _Query(_Button):
    type: Literal["oa.query.show", "oa.query.hide"]
    payload: str = Field(min_length=1, max_length=1000)


class _OpenUrl(_Button):
    type: Literal["oa.open.url"]
    payload: _Link


class _OpenPhone(_Button):
    type: Literal["oa.open.phone"]
    payload: _Phone


class _OpenSms(_Button):
    type: Literal["oa.open.sms"]
    payload: _Sms


Button = Annotated[_Query | _OpenUrl | _OpenPhone | _OpenSms, Field(discriminator="type")]


class _Medium(_Strict):
    media_type: Literal["image", "gif", "sticker"]
    url: Url | None = None
    attachment_id: str | None = Field(None, min_length=1)
    width: int | None = None
    height: int | None = None

    @model_validator(mode="after")
    def _one_source(self) -> _Medium:
        if (self.url is None) == (self.attachment_id is None):
            raise ValueError("url or attachment_id")
        if self.media_type == "gif" and not (self.width and self.height):
            raise ValueError("a gif needs width and height")
        return self


class _Buttons(_Strict):
    buttons: list[Button] = Field(min_length=1, max_length=BUTTON_LIMIT)


class _Media(_Strict):
    template_type: Literal["media"]
    elements: list[_Medium] = Field(min_length=1, max_length=1)


class _Attachment(_Strict):
    type: Literal["template"]
    payload: _Buttons | _Media


class Message(_Strict):
    """The `message` of a request."""

    text: str = Field("", max_length=TEXT_LIMIT)
    quote_message_id: str | None = Field(None, min_length=1)
    attachment: _Attachment | None = None

    @model_validator(mode="after")
    def _something_to_show(self) -> Message:
        if not self.text.strip() and self.medium is None:
            raise ValueError("text is empty")
        return self

    @property
    def medium(self) -> _Medium | None:
        """The image, gif or sticker, if there is one."""
        payload = self.attachment.payload if self.attachment else None
        return payload.elements[0] if isinstance(payload, _Media) else None

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The buttons as they came: title, type, payload."""
        payload = self.attachment.payload if self.attachment else None
        return [button.model_dump(mode="json") for button in payload.buttons] if isinstance(payload, _Buttons) else []


def read_message(raw: object) -> Message:
    """Check a `message`. ApiError -210 over a limit, -233 a kind that is not supported, -201 anything else."""
    _refuse_unknown_kinds(raw)
    try:
        return Message.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        code = -210 if first["type"] in ("string_too_long", "too_long") else -201
        raise ApiError(code, f"{'.'.join(map(str, first['loc'])) or 'message'}: {first['msg']}") from None


def _refuse_unknown_kinds(raw: object) -> None:
    attachment = raw.get("attachment") if isinstance(raw, dict) else None
    if not isinstance(attachment, dict):
        return
    payload = attachment.get("payload")
    template = payload.get("template_type", "media") if isinstance(payload, dict) else "media"
    if attachment.get("type") != "template" or template != "media":
        raise ApiError(-233, "message type not supported here")
