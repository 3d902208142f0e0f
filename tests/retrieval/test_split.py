from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from retrieval.records import Document, Passage, Section
from retrieval.split import split
from retrieval.text import normalise, sentence_spans
from tests.retrieval.library import LIBRARY, read_one, write_document

TEXT = st.text(st.sampled_from("aăbcđ ĐỆ.!?;…\n\n-10")).map(normalise)
LIMIT = st.integers(1, 60)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document of random text whose sections lie one after another, heading lines left out between them."""
    parts = draw(st.lists(st.tuples(st.sampled_from(["", "Hỏi?", "Điều 1"]), TEXT), min_size=1, max_size=4))
    text, sections = "", []
    for heading, part in parts:
        text += f"## {heading}\n"
        sections.append(Section((heading,) if heading else (), len(text), len(text) + len(part)))
        text += part + "\n"
    return Document("tai-lieu", "Tên", text, tuple(sections))


def _sentences(document: Document) -> list[tuple[int, int]]:
    return [
        (section.start + start, section.start + end)
        for section in document.sections
        for start, end in sentence_spans(document.text[section.start : section.end])
    ]


@given(documents(), LIMIT)
def test_a_passage_is_a_byte_exact_span_of_one_section(document: Document, limit: int) -> None:
    for passage in split(document, limit):
        assert passage.text.encode() == document.text[passage.start : passage.end].encode()
        assert any(
            section.start <= passage.start < passage.end <= section.end and passage.section == " › ".join(section.path)
            for section in document.sections
        )


@given(documents(), LIMIT)
def test_passages_are_in_order_and_hold_every_sentence_once(document: Document, limit: int) -> None:
    passages = split(document, limit)
    assert all(one.end <= other.start for one, other in pairwise(passages))
    for start, end in _sentences(document):
        assert sum(passage.start <= start and end <= passage.end for passage in passages) == 1


@given(documents(), LIMIT)
def test_only_a_single_sentence_is_longer_than_the_limit(document: Document, limit: int) -> None:
    long = [(passage.start, passage.end) for passage in split(document, limit) if len(passage.text) > limit]
    assert set(long) <= set(_sentences(document))


@given(documents(), LIMIT)
def test_ids_are_unique_and_the_same_on_every_run(document: Document, limit: int) -> None:
    ids = [passage.id for passage in split(document, limit)]
    assert len(set(ids)) == len(ids)
    assert all(identity.startswith("tai-lieu#") for identity in ids)
    assert ids == [passage.id for passage in split(document, limit)]


def _library_passages(name: str) -> list[Passage]:
    return split(read_one(LIBRARY / f"{name}.md", strict=True))


def test_a_passage_keeps_its_section_and_the_topics_of_that_section() -> None:
    submit, login, *others = _library_passages("cong-truc-tuyen")
    assert submit.section == "Nộp hồ sơ trực tuyến gồm những bước nào?"
    assert (submit.topics, login.topics) == (("dvc_submit",), ("dvc_login",))
    assert {passage.topics for passage in others} == {()}
    assert submit.text.startswith("- Bước 1: đăng nhập")
    assert submit.text.endswith("bấm nộp hồ sơ trực tuyến.")


def test_nested_headings_are_kept_down_to_the_article(documents: Path) -> None:
    body = "# Chương I\n\nMở đầu.\n\n## Điều 1\n\nNội dung.\n\n# Chương II\n\nKết."
    passages = split(read_one(write_document(documents, "luat", body)))
    assert [(p.section, p.text) for p in passages] == [
        ("Chương I", "Mở đầu."),
        ("Chương I › Điều 1", "Nội dung."),
        ("Chương II", "Kết."),
    ]


def test_a_long_section_is_cut_evenly_between_sentences() -> None:
    text = " ".join(f"Câu số {n:02} dài đúng ba mươi chữ." for n in range(10))
    document = Document("d", "Tên", text, (Section((), 0, len(text)),))
    first, second = (passage.text for passage in split(document, 280))
    assert (first.count("Câu"), second.count("Câu")) == (6, 4)


def test_a_text_said_twice_has_two_ids_and_ids_do_not_depend_on_what_stands_before(documents: Path) -> None:
    twice = read_one(write_document(documents, "hai", "## Hỏi?\n\nĐáp.\n\n## Hỏi?\n\nĐáp."))
    longer = replace(twice, text="Thêm.\n" + twice.text, sections=())
    moved = tuple(Section(s.path, s.start + 6, s.end + 6) for s in twice.sections)
    first, second = (passage.id for passage in split(twice))
    assert second == f"{first}-2"
    assert [passage.id for passage in split(replace(longer, sections=moved))] == [first, second]
