"""Settings of the Zalo door: none without an app id, each wrong one named, no secret shown."""

from __future__ import annotations

import multiprocessing
import re
from pathlib import Path

import pytest

from bot.secret_file import kept_secret
from bot.settings import ROOT, SettingsError
from bot.zalo.alarms import ADVICE
from bot.zalo.settings import load_zalo_settings
from tests.bot.zalo.support import phrases

_RIGHT = {
    "ZALO_APP_ID": "1000000000000000001", "ZALO_APP_SECRET": "app-secret", "ZALO_OA_ID": "4001",
    "ZALO_OA_SECRET": "oa-secret", "ZALO_PUBLIC_URL": "https://troly.example.vn", "ADMIN_TOKEN": "0123456789abcdef",
}  # fmt: skip


def _set(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    for name, value in (_RIGHT | changes).items():
        monkeypatch.setenv(name, value)


def test_without_an_app_id_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, ZALO_APP_ID="")
    assert load_zalo_settings() is None


def test_right_ones_are_read_and_secrets_stay_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch)
    settings = load_zalo_settings()
    assert settings is not None
    assert settings.callback_url == "https://troly.example.vn/zalo/oauth/callback"
    for secret in ("app-secret", "oa-secret", "0123456789abcdef"):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ZALO_APP_ID", "app-secret"), ("ZALO_APP_SECRET", ""), ("ZALO_OA_ID", ""), ("ZALO_OA_ID", "oa"),
     ("ZALO_OA_SECRET", ""), ("ZALO_OA_SECRET", "app-secret"), ("ZALO_PUBLIC_URL", ""),
     ("ZALO_PUBLIC_URL", "http://troly.example.vn"), ("ZALO_PUBLIC_URL", "https://troly.example.vn/"),
     ("ZALO_API_URL", "http://openapi.zalo.me"), ("ZALO_OAUTH_URL", "ftp://x"), ("ZALO_WEBHOOK_MODE", "off"),
     ("ZALO_RATE_PER_MINUTE", "0"), ("ZALO_RATE_PER_MINUTE", "many"), ("ZALO_STALE_MINUTES", "0"),
     ("ZALO_TEXT_LIMIT", "2001"), ("ZALO_VERIFIER_CODE", "../x"), ("ADMIN_TOKEN", ""), ("ADMIN_TOKEN", "short"),
     ("ZALO_TOKEN_KEY", "short")],
)  # fmt: skip
def test_a_wrong_one_is_named_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    _set(monkeypatch, **{name: value})
    with pytest.raises(SettingsError, match=name) as caught:
        load_zalo_settings()
    assert "app-secret" not in str(caught.value)


def test_every_sentence_that_the_door_says_is_in_the_domain_and_the_other_way_round() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "bot" / "zalo").glob("*.py"))
    said = set(re.findall(r"utter_zalo_\w+", code))
    assert "utter_zalo_late" in said
    assert said == {name for name in phrases()._phrases if name.startswith("utter_zalo_")}
    for name in said:
        assert len(phrases()[name].text) < 200


def test_every_alarm_that_is_noted_has_advice() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "bot" / "zalo").glob("*.py"))
    noted = set(re.findall(r"""(?:note|_alarm|TokenError)\(\s*"(\w+)\"""", code))
    assert {"quota", "signature", "token_missing", "unknown"} <= noted
    assert noted - {"consent_unknown"} <= set(ADVICE)


def test_before_registration_soak_mode_needs_no_oa_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, ZALO_OA_SECRET="", ZALO_WEBHOOK_MODE="soak")
    assert load_zalo_settings() is not None


def _make(arguments: tuple[Path, int]) -> bytes:
    return kept_secret(arguments[0], lambda: str(arguments[1]).encode())


def test_a_secret_that_many_processes_make_at_once_is_one(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        made = pool.map(_make, [(tmp_path / "folder" / "key", number) for number in range(16)], chunksize=1)
    assert len(set(made)) == 1
    assert (tmp_path / "folder" / "key").stat().st_mode & 0o777 == 0o600
