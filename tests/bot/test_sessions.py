"""Session tokens: only ours, only in time, in one spelling; and the secret that signs them."""

from __future__ import annotations

import hashlib
import hmac
import multiprocessing
import re
import stat
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bot.sessions import LIFETIME_S, SecretError, SessionError, Sessions, session_secret

SECRET = "0123456789abcdef" * 4
NOON = 1_790_000_000.25
PROCESSES, ROUNDS = 4, 5


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(SECRET, clock)


def test_a_token_names_its_sender_for_a_day(sessions: Sessions, clock: Clock) -> None:
    made = sessions.start()
    assert re.fullmatch(r"[0-9a-f]{32}", made.sender), "128 bits"
    assert made.expires_in == LIFETIME_S == 24 * 3600
    clock.now = int(NOON) + LIFETIME_S - 0.01
    assert sessions.sender_of(made.token) == made.sender


def test_every_new_sender_is_another(sessions: Sessions) -> None:
    assert len({sessions.start().sender for _ in range(100)}) == 100


def test_an_expired_token_is_refused(sessions: Sessions, clock: Clock) -> None:
    token = sessions.start().token
    clock.now = int(NOON) + LIFETIME_S
    with pytest.raises(SessionError, match="expired"):
        sessions.sender_of(token)


def test_an_expired_token_still_names_its_sender_where_that_is_allowed(sessions: Sessions, clock: Clock) -> None:
    made = sessions.start()
    clock.now = int(NOON) + LIFETIME_S + 99
    assert sessions.sender_of(made.token, over_for_s=100) == made.sender
    forged = made.token[:-1] + ("1" if made.token[-1] == "0" else "0")
    with pytest.raises(SessionError, match="not signed by us"):
        sessions.sender_of(forged, over_for_s=100)
    clock.now += 1
    with pytest.raises(SessionError, match="expired"):
        sessions.sender_of(made.token, over_for_s=100)


def test_a_renewed_token_keeps_the_sender_and_outlives_the_first(sessions: Sessions, clock: Clock) -> None:
    first = sessions.start()
    clock.now += LIFETIME_S - 10
    second = sessions.start(sessions.sender_of(first.token))
    clock.now += 3600
    assert sessions.sender_of(second.token) == first.sender
    with pytest.raises(SessionError):
        sessions.sender_of(first.token)


def test_a_token_of_a_time_to_come_is_refused(sessions: Sessions, clock: Clock) -> None:
    """It would be good for longer than a day: its maker's clock was wrong, or is set back here."""
    clock.now = NOON + 3600
    token = sessions.start().token
    clock.now = NOON
    with pytest.raises(SessionError, match="ahead"):
        sessions.sender_of(token)
    clock.now = NOON + 3600 - 60  # clocks of two machines may differ by a minute
    assert sessions.sender_of(token)


def test_a_token_signed_with_another_secret_is_refused(sessions: Sessions, clock: Clock) -> None:
    with pytest.raises(SessionError, match="not signed by us"):
        sessions.sender_of(Sessions(SECRET[::-1], clock).start().token)


def test_whatever_else_the_secret_signs_is_no_session(sessions: Sessions) -> None:
    signed = sessions.start().token.rpartition(".")[0]
    for text in (signed, f"token:{signed}", f"Session:{signed}"):
        other = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        with pytest.raises(SessionError):
            sessions.sender_of(f"{signed}.{other}")


def test_no_other_spelling_of_a_token_passes(sessions: Sessions) -> None:
    """Any one character changed, cut off, added, or in another case or script."""
    token = sessions.start().token
    others = {token[:at] + other + token[at + 1 :] for at in range(len(token)) for other in "0179aAfF.-_=+/ é０"}
    others |= {token[:at] for at in range(len(token))} | {token[at:] for at in range(1, len(token))}
    others |= {token + more for more in ("=", "==", "\n", " ", "0", ".", "\x00")} | {token.upper(), f" {token}"}
    others -= {token}
    assert len(others) > 1500
    for other in others:
        with pytest.raises(SessionError) as caught:
            sessions.sender_of(other)
        assert token[:32] not in str(caught.value)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "x" * 100_000, "\ud83d", "null", "0" * 108])
def test_what_is_no_token_is_refused(sessions: Sessions, text: str) -> None:
    with pytest.raises(SessionError):
        sessions.sender_of(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda sender, expires: (f"{int(sender, 16) ^ 1:032x}", expires),
        lambda sender, expires: (sender, f"{int(expires) + 3600:010d}"),
        lambda sender, expires: (sender[1:] + sender[0], expires),
    ],
)
def test_neither_the_sender_nor_the_expiry_can_be_changed(
    sessions: Sessions, change: Callable[[str, str], tuple[str, str]]
) -> None:
    sender, expires, signature = sessions.start().token.split(".")
    with pytest.raises(SessionError, match="not signed by us"):
        sessions.sender_of(".".join([*change(sender, expires), signature]))


# --- the secret ----------------------------------------------------------------------------------------------------


def test_the_secret_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "session.secret"
    secret = session_secret(path)
    assert re.fullmatch(r"[0-9a-f]{64}", secret)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert session_secret(path) == secret
    assert [file.name for file in path.parent.iterdir()] == ["session.secret"], "nothing else is left"
    assert session_secret(tmp_path / "other") != secret


_barrier: Barrier


def _share(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _secrets_at_once(folder: Path) -> list[str]:
    found = []
    for number in range(ROUNDS):
        _barrier.wait(60)
        found.append(session_secret(folder / f"{number}.secret"))
    return found


def test_processes_that_start_at_once_get_the_same_secret(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, _share, (barrier,)) as pool:
        found = list(pool.map(_secrets_at_once, [tmp_path] * PROCESSES))
    assert [len(set(secrets)) for secrets in zip(*found, strict=True)] == [1] * ROUNDS
    assert len(set(found[0])) == ROUNDS
    assert len(list(tmp_path.iterdir())) == ROUNDS


@pytest.mark.parametrize("content", [b"", b"short", b"\n\n", b"0" * 63])
def test_a_damaged_secret_says_what_to_do_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "session.secret"
    path.write_bytes(content)
    with pytest.raises(SecretError, match=f"{path} hỏng. Hãy xóa"):
        session_secret(path)
    assert path.read_bytes() == content
