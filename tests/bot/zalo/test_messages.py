"""An answer as Zalo messages: nothing too long, no source torn from its quote or in two, no markdown, buttons last."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.schemas import Button
from bot.zalo.events import Kind, read
from bot.zalo.messages import MAX_PARTS, command_name, compose, with_buttons
from bot.zalo.signature import Verdict, verify
from bot.zalo.text import pieces, plain
from retrieval.records import Citation
from tests.bot.zalo.fake import APP_ID, OA_ID, event, text_event
from tests.bot.zalo.support import phrases, says, sentence

LIMIT = 1900
PHRASES = phrases()


def _citation(n: int, **changes: Any) -> Citation:
    values: dict[str, Any] = {
        "n": n, "title": f"Nghị định số {n}", "number": f"{n}/2025/NĐ-CP", "issuer": "Chính phủ",
        "issued": "2025-06-09", "effective_from": None, "effective_to": None, "in_force": True,
        "section": f"Điều {n}", "url": f"https://example.vn/van-ban/{n}", "quote": "", "document_id": f"d{n}",
        "passage_id": f"p{n}", "checked_on": None,
    }  # fmt: skip
    return Citation(**(values | changes))


def _texts(text: str, citations: list[Citation] | None = None, limit: int = LIMIT, **more: Any) -> list[str]:
    return [made["text"] for made in compose([says(text, citations=citations or [], **more)], PHRASES, limit)]


def test_a_short_answer_is_one_message_with_its_sources() -> None:
    assert _texts("Dạ, tài liệu có ghi:\n“Nộp ở xã.” [1]", [_citation(1)]) == [
        "Dạ, tài liệu có ghi:\n“Nộp ở xã.” [1]\nNguồn:\n"
        "[1] Nghị định số 1 · 1/2025/NĐ-CP · Điều 1 · Chính phủ · 09/6/2025 · https://example.vn/van-ban/1"
    ]


def test_a_source_stands_in_the_part_that_quotes_it() -> None:
    quotes = [f"“Câu {n} " + "chữ " * 200 + f"hết.” [{n}]" for n in (1, 2, 3, 4)]
    parts = _texts("\n".join(quotes), [_citation(n) for n in (1, 2, 3, 4)])
    assert len(parts) == 2
    for n in (1, 2, 3, 4):
        (quoting,) = [part for part in parts if f"hết.” [{n}]" in part]
        assert f"\n[{n}] Nghị định số {n}" in quoting
        assert sum(f"[{n}] Nghị định số {n}" in part for part in parts) == 1


def test_a_source_that_does_not_fit_beside_its_quote_and_one_that_is_not_quoted_come_last() -> None:
    quote = "“" + "chữ " * 470 + "hết.” [1]"
    parts = _texts(f"{quote}\nXin hết.", [_citation(1), _citation(2)])
    assert "[1] Nghị" not in parts[0]
    assert parts[-1].endswith("van-ban/2")
    assert [line[:3] for line in parts[-1].split("\n")] == ["Xin", "Ngu", "[1]", "[2]"]


def test_parts_are_numbered_only_if_there_are_more_than_two() -> None:
    paragraph = "chữ " * 350
    assert not _texts("\n".join([paragraph] * 2))[0].startswith("(")
    assert [part[:6] for part in _texts("\n".join([paragraph] * 3))] == ["(1/3) ", "(2/3) ", "(3/3) "]


def test_an_answer_without_end_is_cut_between_parts_and_says_so() -> None:
    parts = _texts("\n".join(f"Đoạn {n} " + "chữ " * 350 for n in range(30)))
    assert len(parts) == MAX_PARTS
    assert parts[-1].endswith(sentence("utter_zalo_more"))


def test_long_paragraphs_are_cut_between_sentences_then_words_then_letters() -> None:
    said = [f"Câu số {n} kết thúc ở đây." for n in range(60)]
    parts = _texts(" ".join(said), limit=400)
    assert all(part.endswith("đây.") for part in parts[:-1])
    words = "từ " * 300
    assert all(set(part.split(" ")[1:]) == {"từ"} for part in _texts(words, limit=400)[:3])
    assert [len(piece) for _, piece in pieces("x" * 1000, 400)] == [400, 400, 200]


_SOURCES = st.lists(st.sampled_from([_citation(n) for n in range(1, 6)]), unique_by=lambda citation: citation.n)
_BITS = ["\n", " ", "[1]", "[2]", "[5]", "Câu này. ", "chữ " * 60, "😀" * 50]
_TEXT = st.lists(st.one_of(st.text(max_size=30), st.sampled_from(_BITS)), max_size=30).map("".join)


@given(_TEXT, _SOURCES, st.integers(300, 2000))
def test_no_part_is_too_long_and_no_source_is_torn_or_doubled(text: str, citations: list[Citation], limit: int) -> None:
    parts = _texts(text, citations, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert all(part == unicodedata.normalize("NFC", part) for part in parts)
    if len(parts) < MAX_PARTS:
        lines = [line for part in parts for line in part.split("\n")]
        for citation in citations:
            assert sum(line.startswith(f"[{citation.n}] Nghị") and "van-ban" in line for line in lines) == 1


@given(_TEXT)
def test_no_word_is_lost_in_cutting(text: str) -> None:
    cut = "".join(piece for _, piece in pieces(plain(text), 300))
    assert "".join(cut.split()) == "".join(plain(text).split())


def test_a_source_that_is_too_long_by_itself_is_shortened_and_keeps_its_address() -> None:
    answer, part = _texts("Dạ [1]", [_citation(1, title="Rất dài " * 500)])
    assert answer == "Dạ [1]"
    assert len(part) <= LIMIT
    assert part.endswith("… · https://example.vn/van-ban/1")
    (part,) = _texts("Dạ [1]", [_citation(1, url="https://example.vn/" + "x" * 4000)])
    assert "[1] Nghị định số 1 · 1/2025/NĐ-CP" in part
    assert "https" not in part


def test_markdown_and_control_characters_do_not_reach_a_phone() -> None:
    text = "# Tiêu đề\n**Đậm** và __gạch__, xem [Cổng](https://dichvucong.gov.vn) (*)\x00\n1 * 2 * 3"
    assert plain(text) == "Tiêu đề\nĐậm và gạch, xem Cổng: https://dichvucong.gov.vn (*)\n1 * 2 * 3"
    assert plain(unicodedata.normalize("NFD", "chuyển đổi")) == "chuyển đổi"


def test_buttons_stand_on_the_last_part_within_zalos_limits() -> None:
    buttons = [Button(title=f"Nút {n} " + "dài " * 40, payload=f"Câu hỏi {n}?") for n in range(8)]
    made = compose([says("\n".join(["chữ " * 350] * 3), buttons=buttons)], PHRASES, LIMIT)
    assert ["attachment" in message for message in made] == [False, False, True]
    attachment = made[-1]["attachment"]
    assert attachment["type"] == "template"
    assert set(attachment["payload"]) == {"buttons"}, "no template_type"
    shown = attachment["payload"]["buttons"]
    assert len(shown) == 5
    assert all(len(button["title"]) <= 100 and button["title"].endswith("…") for button in shown)
    assert [button["payload"] for button in shown] == [f"Câu hỏi {n}?" for n in range(5)]


def test_each_kind_of_button_has_its_form() -> None:
    made = with_buttons("Dạ", [
        Button(title="Hỏi", payload="Câu hỏi?"), Button(title="Mở", payload="https://dichvucong.gov.vn"),
        Button(title="Gọi", payload="tel:1800 1096"), Button(title="Dài", payload="x" * 1001),
        Button(title="", payload="Không tên"), Button(title="Trống", payload=" "),
    ])  # fmt: skip
    assert made["attachment"]["payload"]["buttons"] == [
        {"title": "Hỏi", "type": "oa.query.show", "payload": "Câu hỏi?"},
        {"title": "Mở", "type": "oa.open.url", "payload": {"url": "https://dichvucong.gov.vn"}},
        {"title": "Gọi", "type": "oa.open.phone", "payload": {"phone_code": "18001096"}},
    ]


def test_an_answer_without_text_makes_no_message() -> None:
    assert compose([says(" \n\x00")], PHRASES, LIMIT) == []


def test_a_command_is_the_title_without_diacritics() -> None:
    assert command_name("Nộp hồ sơ qua mạng") == "#nop-ho-so-qua-mang"


# --- signature and events ------------------------------------------------------------------------------------------

_BODY = (
    '{"app_id":"1000000000000000001","sender":{"id":"2001"},"user_id_by_app":"3001","recipient":{"id":"4001"},'
    '"event_name":"user_send_text","message":{"text":"Xin chào","msg_id":"m-001"},"timestamp":"1767225600123"}'
).encode()
_MAC = "7d5d4b77e0d23a6a0e7317b897f7d492eef9922d4ad3715c330eea7cfc6225e8"


def _verify(body: bytes, header: str | None) -> Verdict:
    return verify("1000000000000000001", "test-oa-secret", body, header, "1767225600123", None)


def test_the_known_signature_is_right() -> None:
    assert len(_BODY) == 211
    assert _verify(_BODY, f"mac={_MAC}") is Verdict.OK
    assert _verify(_BODY, None) is Verdict.MISSING


@given(st.integers(0, 210), st.integers(1, 255))
def test_any_other_byte_makes_it_wrong(at: int, change: int) -> None:
    body = bytearray(_BODY)
    body[at] ^= change
    assert _verify(bytes(body), f"mac={_MAC}") is Verdict.MISMATCH


@given(st.text(max_size=80))
def test_no_other_header_is_right(header: str) -> None:
    assert _verify(_BODY, header) is Verdict.MISMATCH
    assert _verify(_BODY, header + _MAC[:-1]) is Verdict.MISMATCH


def test_two_events_have_one_key_only_if_they_are_one() -> None:
    def key(data: dict[str, Any]) -> str:
        found = read(data, APP_ID, OA_ID, 5)
        assert found is not None
        return found.key

    first = text_event("Chào", "m-1", 7)
    assert key(first) == key(text_event("Chào", "m-1", 8)), "Zalo's own id decides"
    follow = event("follow", 7, follower={"id": "1"}, oa_id=OA_ID)
    keys = {key(first), key(text_event("Chào", "m-2", 7)), key(follow), key(follow | {"timestamp": "8"}),
            key(event("follow", 7, "2002"))}  # fmt: skip
    assert len(keys) == 5


def test_ids_longer_than_a_double_is_exact_stay_as_they_are() -> None:
    from bot.zalo.events import parse

    body = b'{"app_id":1000000000000000001,"sender":{"id":9007199254740993},"recipient":{"id":"4001"},' \
        b'"event_name":"user_send_text","message":{"text":"a","msg_id":"b"},"timestamp":1767225600123}'  # fmt: skip
    found = read(parse(body), APP_ID, OA_ID, 1767225600200)
    assert found is not None
    assert (found.sender, found.at_ms, found.kind) == ("zalo:9007199254740993", 1767225600123, Kind.TEXT)
