"""Settings: checked at start, named when wrong, secrets never shown."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import traceback
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from bot.settings import ROOT, Settings, SettingsError, load_settings
from tests.bot.support import free_port


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "80.5"),
        ("RASA_PORT", "năm nghìn"),
        ("RASA_TIMEOUT_S", "0"),
        ("RASA_TIMEOUT_S", "121"),
        ("ACTION_TIMEOUT_S", "-3"),
        ("MAX_MESSAGE_CHARACTERS", "9"),
        ("MAX_BODY_BYTES", "100"),
        ("WAITING_PER_SENDER", "0"),
        ("RATE_PER_SESSION", "0"),
        ("RATE_PER_ADDRESS", "-1"),
        ("KEEP_DAYS", "0"),
        ("KEEP_DAYS", "mãi mãi"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "null"),
        ("ALLOWED_ORIGINS", "xa.gov.vn"),
        ("ALLOWED_ORIGINS", "https://xa.gov.vn/"),
        ("ALLOWED_ORIGINS", "https://xa.gov.vn/tin-tuc"),
        ("ALLOWED_ORIGINS", "https://XA.gov.vn"),
        ("ALLOWED_ORIGINS", "https://*.gov.vn"),
        ("ALLOWED_ORIGINS", "ftp://xa.gov.vn"),
        ("FORWARDED_ALLOW", "*"),
        ("FORWARDED_ALLOW", "proxy"),
        ("FORWARDED_ALLOW", "10.0.0.0/33"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_LEVEL", "info"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"Biến {name} sai")
    assert value in str(caught.value)


def test_equal_ports_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "5005")
    with pytest.raises(SettingsError, match=r"PORT và RASA_PORT trùng nhau \(5005\)"):
        load_settings()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "PORT": "9001",
        "RASA_PORT": "9002",
        "STATE_FOLDER": str(tmp_path),
        "LOG_LEVEL": "ERROR",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.port, settings.rasa_port, settings.log_level) == (9001, 9002, "ERROR")
    assert settings.rasa_url == "http://127.0.0.1:9002"
    assert settings.action_url == "http://127.0.0.1:9001/internal/actions"
    assert settings.conversations_url == f"sqlite:///{tmp_path}/conversations.db"


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://xa.gov.vn, http://localhost:8080,, https://[::1]:8443 ,")
    monkeypatch.setenv("FORWARDED_ALLOW", "127.0.0.1,10.0.0.0/8, ::1")
    settings = load_settings()
    assert settings.allowed_origins == ("https://xa.gov.vn", "http://localhost:8080", "https://[::1]:8443")
    assert settings.forwarded_allow == tuple(map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "::1/128")))
    assert Settings(**settings.model_dump()) == settings


def test_one_wrong_part_of_a_list_refuses_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://xa.gov.vn, https://huyen.gov.vn/")
    with pytest.raises(SettingsError, match="Biến ALLOWED_ORIGINS sai"):
        load_settings()


def test_by_default_no_other_site_and_no_proxy_is_trusted() -> None:
    settings = load_settings()
    assert (settings.allowed_origins, settings.forwarded_allow) == ((), ())
    assert (settings.rate_per_session, settings.rate_per_address, settings.keep_days) == (20, 120, 30)


def test_a_secret_that_is_too_short_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_SECRET", "hush-hush")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith("Biến SESSION_SECRET sai")
    shown = "".join(traceback.format_exception(caught.value))
    assert "hush-hush" not in shown


def test_a_dotenv_file_is_read_and_the_environment_goes_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("PORT=9001\nRASA_PORT=9002\nSOMETHING_ELSE=x\n", encoding="utf-8")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    monkeypatch.setenv("RASA_PORT", "9003")
    assert (load_settings().port, load_settings().rasa_port) == (9001, 9003)


def test_by_default_only_this_machine_can_reach_anything() -> None:
    settings = load_settings()
    assert settings.bind == "127.0.0.1"
    assert settings.rasa_url.startswith("http://127.0.0.1:")


def test_an_own_database_is_used_as_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_URL", "postgresql://bot@db/bot")
    assert load_settings().conversations_url == "postgresql://bot@db/bot"


def test_tokens_are_made_anew_and_hard_to_guess() -> None:
    tokens = [token.get_secret_value() for _ in range(2) for token in (Settings().action_token, Settings().rasa_token)]
    assert len(set(tokens)) == 4
    assert all(len(token) >= 32 for token in tokens)


def test_tokens_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTION_TOKEN", "hush-one")
    monkeypatch.setenv("RASA_TOKEN", "hush-two")
    monkeypatch.setenv("SESSION_SECRET", "hush-three " * 4)
    settings = load_settings()
    assert settings.action_token.get_secret_value() == "hush-one"
    for shown in (repr(settings), str(settings), f"{settings.model_dump()}", settings.model_dump_json()):
        assert "hush" not in shown


def test_the_password_of_the_database_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_URL", "postgresql://bot:hush@db/bot")
    settings = load_settings()
    for shown in (repr(settings), str(settings), f"{settings.model_dump()}", settings.model_dump_json()):
        assert "hush" not in shown


@pytest.mark.parametrize("name", ["ACTION_TOKEN", "RASA_TOKEN"])
def test_a_token_left_empty_is_made(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Its own description says so; an empty token would open Rasa's API to everybody on the machine."""
    monkeypatch.setenv(name, "")
    assert getattr(load_settings(), name.lower()).get_secret_value()


@pytest.mark.parametrize("bind", ["127.0.0.2", "::1"])
def test_rasa_finds_the_actions_whatever_the_app_listens_on(bind: str) -> None:
    try:
        settings = Settings(bind=bind, port=free_port())
    except ValidationError:
        return  # refused at start is as good
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET) as door:
        try:
            door.bind((bind, settings.port))
        except OSError:
            pytest.skip(f"this machine has no address {bind}")
        door.listen()
        target = urlsplit(settings.action_url)
        assert target.hostname is not None
        socket.create_connection((target.hostname, target.port or 0), 5).close()


# --- at the command line -------------------------------------------------------------------------------------------


def _bot(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={**os.environ, "HF_HUB_OFFLINE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("command", ["run", "shell", "prepare", "index"])
def test_a_wrong_setting_ends_a_command_with_one_line(command: str) -> None:
    done = _bot(command, PORT="abc")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Lỗi: Biến PORT sai")
    assert done.stderr.count("\n") == 1


def test_a_taken_port_ends_run_with_one_line_and_a_suggestion(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _bot("run", PORT=str(port), RASA_PORT=str(free_port()), STATE_FOLDER=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Lỗi: Cổng {port} không dùng được")
    assert f"make run PORT={port + 1}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [], "nothing was started"


def test_shell_without_a_running_bot_says_what_to_do(tmp_path: Path) -> None:
    done = _bot("shell", STATE_FOLDER=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Lỗi: trợ lý chưa chạy. Hãy mở cửa sổ khác và chạy: make run\n"


def test_no_command_shows_what_there_is(tmp_path: Path) -> None:
    done = _bot()
    assert done.returncode == 2
    assert "LỆNH" in done.stderr
    helped = _bot("--help")
    assert helped.returncode == 0
    for word in ("prepare", "run", "shell", "PORT", "RASA_PORT", "STATE_FOLDER"):
        assert word in helped.stdout
