"""The store of conversations: real SQLite, with full disks, damaged files, killed processes."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversations import ConversationStore, Rating, StoreError, Turn, UnknownMessageError
from bot.schemas import Button, MessageOut
from bot.settings import ROOT
from retrieval.records import Status
from tests.bot.support import eventually


def turn(client_id: str, at: float = 1.0, asked: str = "Nộp hồ sơ ở đâu?", reply: str = "Dạ") -> Turn:
    """A turn with one message, called after it."""
    button = Button(title="Tiếp", payload="Câu tiếp")
    return Turn(
        client_id,
        asked,
        at,
        (MessageOut(text=reply, status=Status.ANSWERED, buttons=[button], message_id=f"m-{client_id}-{at}"),),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "turns.db"


@pytest.fixture
def store(path: Path) -> Iterator[ConversationStore]:
    store = ConversationStore(path)
    yield store
    store.close()


def _bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def test_what_is_kept_is_found_again_also_by_the_next_process(store: ConversationStore, path: Path) -> None:
    first = turn("a")
    assert store.add("an", first)
    assert store.find("an", "a") == first
    again = ConversationStore(path)
    assert again.find("an", "a") == first
    assert again.find("an", "b") is None
    assert again.find("binh", "a") is None
    again.close()


def test_only_the_owner_can_read_the_files(store: ConversationStore, path: Path) -> None:
    store.add("an", turn("a"))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "turns.db-wal" in modes


def test_several_messages_keep_their_order(store: ConversationStore) -> None:
    messages = tuple(MessageOut(text=text, status=Status.SMALLTALK, message_id=text) for text in "cab")
    store.add("an", Turn("a", "chào", 1.0, messages))
    found = store.find("an", "a")
    assert found is not None
    assert found.messages == messages


def test_history_is_the_last_fifty_turns_oldest_first_of_one_sender(store: ConversationStore) -> None:
    for number in range(60):
        store.add("an", turn(str(number), at=number))
        store.add("binh", turn(f"b{number}", at=number))
    assert [kept.client_id for kept in store.history("an")] == [str(number) for number in range(10, 60)]


def test_a_turn_takes_the_place_of_the_one_with_its_client_id(store: ConversationStore) -> None:
    store.add("an", turn("a", reply="Dạ, máy bận"))
    store.add("an", turn("a", at=2.0, reply="Dạ, đây ạ"))
    assert [kept.messages[0].text for kept in store.history("an")] == ["Dạ, đây ạ"]
    with pytest.raises(UnknownMessageError):
        store.rate("an", "m-a-1.0", "up", None)


def test_odd_text_comes_back_as_it_was(store: ConversationStore) -> None:
    text = '\'; DROP TABLE turns; -- "%s" 👨‍👩‍👧 \n\t <b>'
    store.add("an", turn("a", asked=text, reply=text))
    (kept,) = store.history("an")
    assert (kept.asked, kept.messages[0].text) == (text, text)


# --- thumbs --------------------------------------------------------------------------------------------------------


def test_a_thumb_can_be_given_changed_and_taken_back(store: ConversationStore) -> None:
    store.add("an", turn("a"))
    changed = [store.rate("an", "m-a-1.0", rating, None) for rating in ("up", "up", "down", None, None)]
    assert changed == [True, False, True, True, False]
    store.rate("an", "m-a-1.0", "down", None)
    assert [dict(kept.ratings) for kept in store.history("an")] == [{"m-a-1.0": "down"}]


def test_a_reason_stays_until_the_thumb_changes(store: ConversationStore, path: Path) -> None:
    store.add("an", turn("a"))

    def reason() -> str | None:
        with sqlite3.connect(path) as database:
            (found,) = database.execute("SELECT reason FROM messages").fetchone()
        database.close()
        return found  # type: ignore[no-any-return]

    store.rate("an", "m-a-1.0", "down", "sai phí")
    store.rate("an", "m-a-1.0", "down", None)
    assert reason() == "sai phí"
    store.rate("an", "m-a-1.0", "down", "sai cả nơi nộp")
    assert reason() == "sai cả nơi nộp"
    store.rate("an", "m-a-1.0", "up", None)
    assert reason() is None
    store.rate("an", "m-a-1.0", "up", "hay")
    store.rate("an", "m-a-1.0", None, "hay")
    assert reason() is None


@pytest.mark.parametrize(("sender", "message"), [("binh", "m-a-1.0"), ("an", "m-b-1.0"), ("an", "")])
def test_nobody_rates_what_is_not_theirs(store: ConversationStore, sender: str, message: str) -> None:
    store.add("an", turn("a"))
    with pytest.raises(UnknownMessageError):
        store.rate(sender, message, "up", None)


# --- erasing -------------------------------------------------------------------------------------------------------


def test_what_is_erased_is_in_no_byte_of_the_files(store: ConversationStore, path: Path) -> None:
    for number in range(20):
        store.add("an", turn(f"a{number}", asked=f"bí mật số {number}", reply="lời đáp riêng" * 200))
        store.add("binh", turn(f"b{number}", asked="của Bình"))
    store.rate("an", "m-a1-1.0", "down", "lý do riêng")
    assert "bí mật".encode() in _bytes(path)
    store.begin_erasing("an", 5.0)
    store.end_erasing("an", 5.0)
    assert store.history("an") == []
    assert len(store.history("binh")) == 20
    for text in ("bí mật", "lời đáp riêng", "lý do riêng", "m-a1-1.0"):
        assert text.encode() not in _bytes(path)


def test_what_was_asked_before_an_erasure_is_not_kept_after_it(store: ConversationStore) -> None:
    store.begin_erasing("an", 5.0)
    assert store.add("an", turn("early", at=4.9)) is False
    assert store.add("an", turn("same", at=5.0)) is False
    assert store.add("an", turn("later", at=5.1)) is True
    assert store.add("binh", turn("other", at=4.9)) is True
    assert [kept.client_id for kept in store.history("an")] == ["later"]


def test_an_erasure_is_remembered_until_it_ends(store: ConversationStore, path: Path) -> None:
    store.begin_erasing("an", 5.0)
    store.begin_erasing("an", 6.0)
    store.end_erasing("an", 5.0)
    other = ConversationStore(path)
    assert other.erasures() == [("an", 6.0)]
    other.end_erasing("an", 6.0)
    other.close()
    assert store.erasures() == []
    assert store.add("an", turn("a", at=1.0)), "nothing is refused for ever"


def test_what_is_too_old_is_forgotten(store: ConversationStore, path: Path) -> None:
    store.add("an", turn("old", at=99.9, asked="câu cũ rồi"))
    store.add("an", turn("young", at=100.0))
    store.rate("an", "m-young-100.0", "up", None)
    assert store.forget_before(100.0) == 1
    assert [kept.client_id for kept in store.history("an")] == ["young"]
    assert "câu cũ rồi".encode() not in _bytes(path)
    assert store.forget_before(100.0) == 0


# --- a model of it -------------------------------------------------------------------------------------------------

_SENDERS, _IDS = st.sampled_from(["an", "binh"]), st.sampled_from(["a", "b", "c"])
_RATINGS: st.SearchStrategy[Rating | None] = st.sampled_from(["up", "down", None])
_STEPS = st.one_of(
    st.tuples(st.just("add"), _SENDERS, _IDS),
    st.tuples(st.just("rate"), _SENDERS, _IDS, _RATINGS),
    st.tuples(st.just("erase"), _SENDERS),
)


@given(steps=st.lists(_STEPS, max_size=25))
def test_it_behaves_like_two_dictionaries(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, ...]]
) -> None:
    store = ConversationStore(tmp_path_factory.mktemp("store") / "turns.db")
    turns: dict[str, dict[str, Turn]] = {"an": {}, "binh": {}}
    ratings: dict[str, Rating | None] = {}
    for at, (step, sender, *more) in enumerate(steps, 1):
        if step == "add":
            made = turn(more[0], at=at)
            store.add(sender, made)
            turns[sender].pop(more[0], None)
            turns[sender][more[0]] = made
        elif step == "erase":
            store.begin_erasing(sender, at)
            turns[sender].clear()
        elif more[0] in turns[sender]:
            message_id = turns[sender][more[0]].messages[0].message_id
            if sender == "an":
                changed = store.rate(sender, message_id, more[1], None)  # type: ignore[arg-type]
                assert changed == (ratings.get(message_id) != more[1])
                ratings[message_id] = more[1]  # type: ignore[assignment]
    for sender, kept in turns.items():
        found = store.history(sender)
        assert [(t.client_id, t.at) for t in found] == [(t.client_id, t.at) for t in kept.values()]
        for t in found:
            message_id = t.messages[0].message_id
            given_rating = ratings.get(message_id) if sender == "an" else None
            assert dict(t.ratings) == ({message_id: given_rating} if given_rating else {})
    store.close()


# --- trouble -------------------------------------------------------------------------------------------------------


def test_threads_may_share_a_store_and_processes_a_file(store: ConversationStore, path: Path) -> None:
    other = ConversationStore(path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: (store, other)[n % 2].add("an", turn(str(n), at=n)), range(50)))
    assert {kept.client_id for kept in store.history("an")} == {str(n) for n in range(50)}
    other.close()


def _fill(store: ConversationStore) -> None:
    """What a full disk is to SQLite: no page more."""
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_refuses_a_turn_as_a_whole_and_loses_nothing(store: ConversationStore) -> None:
    store.add("an", turn("a"))
    _fill(store)
    with pytest.raises(sqlite3.OperationalError, match="full") as caught:
        store.add("an", turn("b", reply="dài " * 50_000))
    assert "dài" not in str(caught.value)
    assert [kept.client_id for kept in store.history("an")] == ["a"]
    store._db.execute("PRAGMA max_page_count = 100000")
    assert store.add("an", turn("b")), "and goes on where there is room again"


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_named_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match=f"Không mở được {path}.*dời tệp này"):
        ConversationStore(path)
    assert path.read_bytes() == content


def test_a_turn_of_an_older_shape_is_left_out(store: ConversationStore) -> None:
    store.add("an", turn("old"))
    store._db.execute('UPDATE messages SET body = \'{"said": "Dạ"}\'')
    store.add("an", turn("new"))
    assert [kept.client_id for kept in store.history("an")] == ["new"]
    assert store.find("an", "old") is None


_WRITER = """
import sys
from pathlib import Path
from bot.conversations import ConversationStore
from tests.bot.test_conversations import turn
store, number = ConversationStore(Path(sys.argv[1])), 0
while True:
    store.add("an", turn(str(number), at=number, reply="lời đáp " * 500))
    print(number, flush=True)
    number += 1
"""


def test_what_was_kept_outlives_a_killed_process_whole(path: Path, tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    command = [sys.executable, "-c", _WRITER, str(path)]
    with said.open("w") as output:
        writer = subprocess.Popen(command, cwd=ROOT, stdout=output, env=os.environ | {"PYTHONPATH": str(ROOT)})
        eventually(lambda: len(said.read_text().split()) > 30, "some turns are kept")
        writer.send_signal(signal.SIGKILL)
        writer.wait(30)
    kept = int(said.read_text().split()[-1])
    store = ConversationStore(path)
    found = store.history("an")
    assert found[-1].at in (kept, kept + 1)
    assert all(len(one.messages) == 1 for one in found)
    assert [one.at for one in found] == [found[0].at + n for n in range(len(found))]
    assert store.add("an", turn("next", at=10**6))
    store.close()
