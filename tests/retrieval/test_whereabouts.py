"""What an old place in a question became, and whether anything else is asked."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from types import FrameType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actions.phrases import Phrases
from retrieval.places import with_type
from retrieval.question import understand
from retrieval.records import Note
from retrieval.text import strip_diacritics
from retrieval.whereabouts import asks_place_only, choices_of, notes_of, whereabouts
from tests.conftest import ROOT

# Far longer than reading any message takes, and far shorter than a search that goes through every way to cut a word.
PATIENCE_S = 20.0
PIECES = st.sampled_from(
    "xã|phường|tt.|huyện|Q.|tp|tỉnh|thị trấn|Cẩm Vịnh|cam vinh|CẨM BÌNH|Bến Nghé|Tân Lập|Cẩm Xuyên|Hà Tĩnh|1|05|,|. |"
    "(|)|và|nay|giờ|thuộc|về|vào|đâu|xã nào|là gì|\n|\u200b|\xa0|👍|'|’|-|{|}|ạ".split("|")
)


def _said(text: str) -> list[str]:
    return [mention.said for mention in whereabouts(text).mentions]


def _notes(text: str) -> list[Note]:
    return list(notes_of(whereabouts(text).mentions))


def _only_note(text: str) -> tuple[str, dict[str, str]]:
    (note,) = _notes(text)
    return note.kind, dict(note.values)


@pytest.mark.parametrize(
    ("text", "said", "rest"),
    [
        ("xã Cẩm Vịnh giờ thuộc xã nào", ["xã Cẩm Vịnh"], "giờ thuộc xã nào"),
        ("xa cam vinh gio thuoc xa nao", ["xa cam vinh"], "gio thuoc xa nao"),
        ("XÃ CẨM VỊNH GIỜ THUỘC XÃ NÀO", ["XÃ CẨM VỊNH"], "GIỜ THUỘC XÃ NÀO"),
        ("Quê tôi ở P. Bến Nghé, Q.1 cũ", ["P. Bến Nghé, Q.1"], "Quê tôi ở cũ"),
        ("phuong ben nghe quan 1 nay la phuong nao", ["phuong ben nghe quan 1"], "nay la phuong nao"),
        ("phường Thị Cầu, tp Bắc Ninh nay là gì", ["phường Thị Cầu, tp Bắc Ninh"], "nay là gì"),
        ("tp Việt Trì giờ ra sao", ["tp Việt Trì"], "giờ ra sao"),
        ("TP. Thủ Đức giờ ra sao", ["TP. Thủ Đức"], "giờ ra sao"),
        ("tp. Việt Trì giờ ra sao", ["tp. Việt Trì"], "giờ ra sao"),
        ("tx. Hương Trà giờ ra sao", ["tx. Hương Trà"], "giờ ra sao"),
        ("làm giấy ở q. Bình Thạnh thì lên đâu", ["q. Bình Thạnh"], "làm giấy ở thì lên đâu"),
        ("huyện Đức Trọng, Lâm Đồng", ["huyện Đức Trọng, Lâm Đồng"], ""),
        ("xã Cẩm Bình, huyện Cẩm Xuyên, tỉnh Hà Tĩnh", ["xã Cẩm Bình, huyện Cẩm Xuyên, tỉnh Hà Tĩnh"], ""),
    ],
)
def test_an_old_place_is_found_and_the_rest_kept(text: str, said: list[str], rest: str) -> None:
    assert _said(text) == said
    assert whereabouts(text).rest == rest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("huyện Cẩm Xuyên và xã Cẩm Vịnh", ["huyện Cẩm Xuyên", "xã Cẩm Vịnh"]),
        ("xã Cẩm Vịnh và huyện Cẩm Xuyên", ["xã Cẩm Vịnh", "huyện Cẩm Xuyên"]),
        ("phường Bến Nghé quận 1 hay thị trấn Lim", ["phường Bến Nghé quận 1", "thị trấn Lim"]),
        ("xã Cẩm Vịnh, xã Cẩm Vịnh", ["xã Cẩm Vịnh", "xã Cẩm Vịnh"]),
        (
            "tp Việt Trì, xã Tân Lập với thị trấn Lim nay ở đâu",
            ["tp Việt Trì", "xã Tân Lập", "thị trấn Lim"],
        ),
    ],
)
def test_several_places_are_found_in_the_order_in_which_they_are_named(text: str, said: list[str]) -> None:
    found = whereabouts(text)
    assert [mention.said for mention in found.mentions] == said
    assert not any(name in found.rest for name in said)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "👍",
        "xã",
        "phường thị trấn",
        "làm giấy khai sinh ở phường nào",
        "Xã hội bây giờ cái gì cũng quét mã",
        "Lên xã đông quá chen không nổi",
        "thành phố Hồ Chí Minh nay gồm những tỉnh nào",
        "phường Sài Gòn ở đâu",
        "Bến Tre nay thuộc tỉnh nào",
    ],
)
def test_where_no_old_commune_or_district_is_named_the_text_stays(text: str) -> None:
    found = whereabouts(text)
    assert (found.mentions, found.unclear) == ((), ())
    assert found.rest == text.strip()


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("xã Tân Lập nay thuộc xã nào", ["xã Tân Lập"]),
        ("huyện Châu Thành nay thuộc đâu", ["huyện Châu Thành"]),
        ("xã Phú Tân, Châu Thành", ["xã Phú Tân, Châu Thành"]),
        ("xã Phú Tân, Châu Thành, Hậu Giang", []),
        ("huyện Châu Thành, Bến Tre", []),
        ("xã Tân Lập và xã Cẩm Vịnh", ["xã Tân Lập"]),
    ],
)
def test_a_name_that_several_places_bore_is_unclear_until_the_text_says_where(text: str, unclear: list[str]) -> None:
    assert [mention.said for mention in whereabouts(text).unclear] == unclear


@given(st.one_of(st.text(), st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=25).map("".join)))
@example("xã Cẩm Vịnh " * 300)
@example("xã " * 1000)
@example("huyện Cẩm Xuyên, " * 200)
@example("xã Cẩm Vịnh\x00\ud800 về đâu")
@example("(" * 2000)
def test_any_text_can_be_read(text: str) -> None:
    found = whereabouts(text)
    spans = [mention.span for mention in found.mentions]
    assert spans == sorted(spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[slice(*mention.span)] == mention.said for mention in found.mentions)
    ends = [0, *(end for _, end in spans)]
    kept = "".join(text[end:start] for end, (start, _) in zip(ends, [*spans, (len(text), 0)], strict=True))
    assert "".join(found.rest.split()) == "".join(kept.split())
    assert set(found.unclear) <= set(found.mentions)
    assert len(list(notes_of(found.mentions))) == len(found.mentions)
    for mention in found.unclear:
        assert len(choices_of(mention, found.rest)) <= 6
    assert asks_place_only(understand(found.rest)) in (True, False)


# --- asks_place_only ---


def _asks_place_only(text: str) -> bool:
    found = whereabouts(text)
    assert found.mentions, text
    return asks_place_only(understand(found.rest))


@pytest.mark.parametrize("bare", [False, True], ids=["with diacritics", "without diacritics"])
@pytest.mark.parametrize(
    "text",
    [
        "xã Cẩm Vịnh",
        "xã Cẩm Vịnh giờ thuộc xã nào",
        "xã Cẩm Vịnh nay là xã gì?",
        "xã Cẩm Vịnh sáp nhập vào đâu rồi",
        "Quê tôi ở xã Cẩm Vịnh, giờ gọi là xã gì",
        "xã Cẩm Vịnh bây giờ đổi tên thành gì",
        "cho hỏi xã Cẩm Vịnh bây giờ nhập vô xã mô",
        "tui ở xã Cẩm Vịnh, chừ thuộc tỉnh nào",
        "xã Cẩm Vịnh có còn không hay nhập đi đâu rồi ạ",
        "địa chỉ ủy ban nhân dân xã Cẩm Vịnh",
        "Ba má em gốc xã Cẩm Vịnh thì giờ thuộc xã nào vậy cô?",
        "huyện Cẩm Xuyên còn không, nay chia thành mấy xã",
        "thị trấn Lim, xã Cẩm Vịnh nay thuộc những xã nào",
    ],
)
def test_a_question_about_nothing_but_a_place_is_known(text: str, bare: bool) -> None:
    assert _asks_place_only(strip_diacritics(text) if bare else text)


@pytest.mark.parametrize(
    "text",
    [
        "Tôi ở xã Cẩm Vịnh, làm thẻ căn cước ở đâu?",
        "làm khai sinh cho con ở xã Cẩm Vịnh cần giấy tờ gì",
        "xã Cẩm Vịnh có bao nhiêu tổ công nghệ số cộng đồng",
        "số điện thoại ủy ban xã Cẩm Vịnh",
        "chủ tịch xã Cẩm Vịnh là ai",
        "đăng ký tạm trú ở xã Cẩm Vịnh",
        "tui o xa cam vinh lam giay ket hon gio ra dau",
        "đăng ký kết hôn ở xã Cẩm Vịnh thì lên xã nào làm",
        "mở tiệm bún ở q. Bình Thạnh, đăng ký hộ kinh doanh thì lên phòng nào của quận?",
    ],
)
def test_a_procedure_that_mentions_a_place_is_a_procedure(text: str) -> None:
    assert not _asks_place_only(text)


@pytest.mark.parametrize(
    "text",
    [
        "Tôi ở xã Cẩm Vịnh, nộp hồ sơ khai sinh vào đâu?",
        "tôi ở xã Cẩm Vịnh, gửi đơn khiếu nại về đâu",
        "hộ khẩu ở xã Cẩm Vịnh chuyển vào đâu",
        "tôi ở xã Cẩm Vịnh, nộp tiền điện vào đâu",
        "trạm y tế xã Cẩm Vịnh có cấp thuốc đau đầu không",
    ],
)
def test_where_something_is_handed_in_is_not_what_became_of_a_place(text: str) -> None:
    """ "vào đâu", "về đâu" ask what became of a place only where nothing else is spoken of; "thuốc đau" never does."""
    assert not _asks_place_only(text)


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Stop with an error what would go on for hours; regular expressions look for signals."""

    def give_up(signum: int, frame: FrameType | None) -> None:
        raise AssertionError("the question is still being read")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("start", ["nay thuộc xã nào ", "nay thuộc đâu "])
def test_a_very_long_word_after_the_question_is_read_as_well(start: str) -> None:
    rest = understand(start + "bacdeghiklmn" * 120 + " a b c d e f g")
    with _patience(PATIENCE_S):
        assert not asks_place_only(rest)


# --- notes_of ---


@pytest.mark.parametrize(
    ("text", "kind", "old", "new"),
    [
        (
            "xã Cẩm Vịnh",
            "new_commune",
            "Xã Cẩm Vịnh, Thành phố Hà Tĩnh, tỉnh Hà Tĩnh",
            "Xã Cẩm Bình (tỉnh Hà Tĩnh)",
        ),
        (
            "phuong ben nghe",
            "new_commune",
            "Phường Bến Nghé, Quận 1, thành phố Hồ Chí Minh",
            "Phường Sài Gòn (thành phố Hồ Chí Minh)",
        ),
        (
            "TT. THỔ TANG, VĨNH TƯỜNG",
            "new_commune",
            "Thị trấn Thổ Tang, Huyện Vĩnh Tường, tỉnh Vĩnh Phúc",
            "Xã Thổ Tang (tỉnh Phú Thọ)",
        ),
        (
            "phường Dương Đông tp Phú Quốc",
            "new_commune",
            "Phường Dương Đông, Thành phố Phú Quốc, tỉnh Kiên Giang",
            "Đặc khu Phú Quốc (tỉnh An Giang)",
        ),
        (
            "phường Thành Công, quận Ba Đình",
            "split_commune",
            "Phường Thành Công, Quận Ba Đình, thành phố Hà Nội",
            "Phường Giảng Võ, Phường Ô Chợ Dừa (thành phố Hà Nội)",
        ),
        (
            "huyện Yên Thế",
            "old_district",
            "Huyện Yên Thế, tỉnh Bắc Giang",
            "Xã Bố Hạ, Xã Đồng Kỳ, Xã Tam Tiến, Xã Xuân Lương, Xã Yên Thế (tỉnh Bắc Ninh)",
        ),
        (
            "quận 1",
            "old_district",
            "Quận 1, thành phố Hồ Chí Minh",
            "Phường Bến Thành, Phường Cầu Ông Lãnh, Phường Sài Gòn, Phường Tân Định (thành phố Hồ Chí Minh)",
        ),
    ],
)
def test_what_became_of_a_clear_place_is_told_with_district_and_province(
    text: str, kind: str, old: str, new: str
) -> None:
    assert _only_note(text) == (kind, {"old": old, "new": new})


def test_a_place_is_called_as_it_was_said_where_borders_had_moved_before() -> None:
    """Cẩm Bình had gone from the district to the city of Hà Tĩnh some months before."""
    assert _only_note("xã Cẩm Bình, huyện Cẩm Xuyên")[1]["old"] == "Xã Cẩm Bình, Huyện Cẩm Xuyên, tỉnh Hà Tĩnh"
    assert _only_note("xã Cẩm Bình, thành phố Hà Tĩnh")[1]["old"] == "Xã Cẩm Bình, Thành phố Hà Tĩnh, tỉnh Hà Tĩnh"


@pytest.mark.parametrize("text", ["xã Tân Lập", "huyện Châu Thành", "xã Phú Tân, Châu Thành"])
def test_an_unclear_name_is_told_as_it_was_typed(text: str) -> None:
    assert _only_note(text) == ("namesakes", {"said": text})


def test_each_place_has_its_note_in_order() -> None:
    notes = _notes("quận 1, phường Thành Công quận Ba Đình, xã Cẩm Vịnh và huyện Châu Thành")
    assert [note.kind for note in notes] == ["old_district", "split_commune", "new_commune", "namesakes"]


def test_there_is_no_note_without_a_place() -> None:
    assert _notes("nộp hồ sơ ở đâu") == []


def test_the_parts_of_a_large_district_are_not_all_told() -> None:
    new = _only_note("thành phố Hạ Long, tỉnh Quảng Ninh")[1]["new"]
    assert new.endswith(" … (tỉnh Quảng Ninh)")
    assert new.count(",") == 11


@pytest.mark.parametrize(
    ("text", "became", "namesake"),
    [
        ("phường Vĩnh Phúc", "Phường Ngọc Hà (thành phố Hà Nội)", "tỉnh Phú Thọ"),
        ("phường Long Xuyên", "Phường Kinh Môn (thành phố Hải Phòng)", "tỉnh An Giang"),
        ("xã Long Thành", "Xã Hợp Minh (tỉnh Nghệ An)", "Đồng Nai"),
        ("phường An Dương, Hải Phòng", "Phường An Biên (thành phố Hải Phòng)", "Phường An Dương"),
    ],
)
def test_an_old_commune_is_never_told_to_have_become_a_namesake_of_today(text: str, became: str, namesake: str) -> None:
    """Another commune of today bears the name, and none of the old one went there: it was not split."""
    kind, values = _only_note(text)
    assert (kind, values["new"]) == ("new_commune", became)
    assert namesake not in values["new"]


@pytest.mark.parametrize(
    "text",
    ["xã Cẩm Vịnh", "phường Thành Công, quận Ba Đình", "huyện Yên Thế", "xã Tân Lập"],
)
def test_every_note_has_a_sentence_that_its_values_fill(text: str) -> None:
    phrases = Phrases.load(ROOT / "domain.yml")
    kind, values = _only_note(text)
    said = phrases[f"utter_note_{kind}"].text.format(**values)
    assert all(value in said for value in values.values())
    assert not set("{}") & set(said)


# --- choices_of ---


def _choices(text: str) -> list[str]:
    found = whereabouts(text)
    (mention,) = found.unclear
    return list(choices_of(mention, found.rest))


def test_the_places_to_choose_from_are_the_question_about_each() -> None:
    assert sorted(_choices("xã Đồng Văn, Nghệ An nay thuộc xã nào?")) == [
        "Xã Đồng Văn, Huyện Quế Phong, tỉnh Nghệ An nay thuộc xã nào?",
        "Xã Đồng Văn, Huyện Thanh Chương, tỉnh Nghệ An nay thuộc xã nào?",
        "Xã Đồng Văn, Huyện Tân Kỳ, tỉnh Nghệ An nay thuộc xã nào?",
    ]


def test_districts_can_be_chosen_from_too() -> None:
    assert sorted(_choices("huyện An Lão nay ở đâu")) == [
        "Huyện An Lão, thành phố Hải Phòng nay ở đâu",
        "Huyện An Lão, tỉnh Bình Định nay ở đâu",
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("xã Phú Tân, Châu Thành", 2),
        ("xã Đồng Tâm nay là xã nào", 6),
        ("xã Hồng Phong nay là xã nào", 0),
        ("xã Tân Lập nay là xã nào", 0),
        ("huyện Châu Thành nay là xã nào", 0),
    ],
)
def test_at_most_six_places_are_offered_and_of_more_none(text: str, count: int) -> None:
    assert len(_choices(text)) == count


@pytest.mark.parametrize(
    "text",
    [
        "xã Đồng Tâm nay là xã nào",
        "XÃ ĐỒNG TÂM NAY LÀ XÃ NÀO",
        "xa dong tam, huyen nao",
        "Quê tôi ở xã Đồng Tâm, giờ thuộc xã nào?",
        "huyện An Lão nay ở đâu",
        "xã Phú Tân, Châu Thành",
    ],
)
def test_what_was_chosen_is_clear(text: str) -> None:
    found = whereabouts(text)
    (mention,) = found.unclear
    choices = choices_of(mention, found.rest)
    chosen = [whereabouts(choice) for choice in choices]
    assert [[place.olds for place in one.mentions] for one in chosen] == [[(old,)] for old in mention.olds]
    assert {one.rest for one in chosen} == {found.rest.lstrip(" ,")}
    provinces = [with_type(old.province) for old in mention.olds]
    assert all(province in choice for choice, province in zip(choices, provinces, strict=True))
