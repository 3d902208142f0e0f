from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sources.near_duplicates import COMMON, EXAMPLE, SHINGLE, Overlap, compare, overlaps, signature

SYLLABLES = (
    "bà con nộp đơn ở xã phường nào cũng được miễn là mang đủ giấy tờ cán bộ xem xong hẹn ngày trả kết quả qua mạng"
    " hoặc tại quầy nếu thiếu thì báo ngay để bổ sung trong tuần sau khi sửa lại tờ khai"
).split()


def prose(name: str, count: int) -> str:
    """Words in an order of their own for each name, in sentences of fifteen."""
    picks = b"".join(hashlib.sha256(f"{name}/{n}".encode()).digest() for n in range(count // 32 + 1))
    chosen = [SYLLABLES[pick % len(SYLLABLES)] for pick in picks[:count]]
    return ". ".join(" ".join(chosen[at : at + 15]).capitalize() for at in range(0, count, 15)) + "."


def pairs(found: list[Overlap]) -> set[tuple[str, str]]:
    return {(overlap.one, overlap.other) for overlap in found}


def found_among(texts: dict[str, str]) -> list[Overlap]:
    return overlaps({name: signature(text) for name, text in texts.items()}, {})


def test_a_passage_that_two_documents_share_is_found_measured_and_shown() -> None:
    passage = prose("chung", 150)
    texts = {
        "a": prose("a", 400) + "\n" + passage,
        "b": passage + " " + prose("b", 900),
        "c": prose("c", 500),
    }
    assert pairs(found_among(texts)) == {("a", "b")}
    share, example = compare(texts["a"], texts["b"])
    assert share == pytest.approx(150 / 550, abs=0.01)
    assert example
    assert example in passage + " "
    assert len(example) <= EXAMPLE


def test_unlike_documents_share_nothing() -> None:
    assert found_among({str(n): prose(str(n), 300) for n in range(40)}) == []


def test_copies_with_another_name_in_them_are_nearly_the_same() -> None:
    text = prose("mẫu", 600)
    other = text.replace("phường", "thị trấn nhỏ")
    assert pairs(found_among({"một": text, "hai": other})) == {("một", "hai")}
    assert 0.6 < compare(text, other)[0] < 1


def test_the_most_shared_come_first() -> None:
    text = prose("gốc", 600)
    found = found_among({"gốc": text, "nửa": text[: len(text) // 2] + prose("khác", 500), "cả": text})
    shares = [overlap.share for overlap in found]
    assert shares == sorted(shares, reverse=True)
    assert (found[0].one, found[0].other) == ("gốc", "cả")
    assert shares[0] == 1 > shares[-1]


def test_a_formula_that_many_documents_begin_with_joins_none_of_them() -> None:
    formula = prose("căn cứ", 90)
    assert found_among({str(n): formula + "\n" + prose(str(n), 400) for n in range(3 * COMMON)}) == []


def test_many_copies_of_one_text_give_few_pairs_and_none_is_left_out() -> None:
    text, copies = prose("văn bản", 300), 5 * COMMON
    found = found_among({f"{n:03}": text for n in range(copies)})
    assert len(found) <= 2 * copies
    assert {name for pair in pairs(found) for name in pair} == {f"{n:03}" for n in range(copies)}
    assert all(overlap.share == 1 for overlap in found)


def test_new_documents_are_held_against_known_ones_and_known_ones_are_not_asked_again() -> None:
    text = prose("gốc", 500)
    known = {"gốc": signature(text), "bản sao cũ": signature(text), "khác": signature(prose("khác", 500))}
    found = overlaps({"mới": signature(text[: len(text) // 2]), "lạ": signature(prose("lạ", 500))}, known)
    assert pairs(found) == {("mới", "gốc"), ("mới", "bản sao cũ")}
    assert all(overlap.share > 0.9 for overlap in found)


def test_a_document_that_is_read_anew_is_not_held_against_its_old_self() -> None:
    mark = signature(prose("gốc", 500))
    assert overlaps({"gốc": mark}, {"gốc": mark}) == []


def test_nothing_is_found_among_no_documents() -> None:
    assert overlaps({}, {}) == []
    assert overlaps({}, {"a": signature(prose("a", 300))}) == []
    assert found_among({"rỗng": "", "dấu": "… !", "ngắn": "xin chào"}) == []


def test_a_signature_is_small_and_grows_no_further() -> None:
    assert len(signature(prose("bài", 1_500))) < 1_024
    assert len(signature(prose("sách", 200_000))) <= 8 * 1_024 + 1


def test_a_part_of_a_book_is_found_in_it() -> None:
    book = prose("sách", 60_000)
    found = overlaps(
        {"chương": signature(book[: len(book) // 10])}, {"sách": signature(book), "khác": signature(prose("k", 9000))}
    )
    assert pairs(found) == {("chương", "sách")}


@given(st.text(max_size=400))
def test_spelling_and_marks_do_not_change_a_signature(tail: str) -> None:
    text = "Khoá học về kỹ năng số dành cho mọi người dân trong xã: 1.473 thành viên. " * 3
    assert signature(text + tail) == signature(text.upper().replace("Á", "á").lower().replace("khoá", "khóa") + tail)


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_share_is_a_share_and_the_same_from_both_sides(one: str, other: str) -> None:
    share, example = compare(one, other)
    assert 0 <= share <= 1
    assert compare(other, one)[0] == share
    assert example in one or example in other
    assert bool(example) == (share > 0)


@given(st.lists(st.sampled_from(SYLLABLES), min_size=SHINGLE, max_size=80), st.integers(0, 50), st.integers(0, 50))
def test_a_text_stands_whole_in_one_that_holds_it(inside: list[str], before: int, after: int) -> None:
    text = " ".join(inside)
    share, example = compare(text, f"{prose('x', before)} {text} {prose('y', after)}")
    assert share == 1
    assert text.startswith(example)


def test_the_shared_run_is_shown_as_the_smaller_document_writes_it() -> None:
    run = "Tổ công nghệ số cộng đồng giúp bà con cài ứng dụng, nộp hồ sơ trên mạng"
    share, example = compare(f"Mở đầu khác hẳn. {run} - hết", f"{prose('dài', 90)} {run.upper().replace(',', ';')}!")
    assert example == run
    assert 0.5 < share < 1


def test_two_of_the_seeds_share_a_passage_and_no_other_two_do(shared: Path) -> None:
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted((shared / "seeds").glob("*.txt"))}
    (found,) = found_among(texts)
    assert (found.one[:3], found.other[:3]) == ("000", "002")
    assert 0.05 < compare(texts[found.one], texts[found.other])[0] < 0.25
