"""The look-up pages and hand-outs as they leave the server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, urlsplit

import lxml.html
import pytest
import segno
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HtmlElement

from bot.lookup_pages.place import place_of
from bot.lookup_pages.segments import count, without_diacritics
from bot.lookup_pages.sheet import blocks_of, fitted
from bot.lookup_pages.shown import marked, page_address, shortened, source_of, validity, web_address
from bot.lookup_pages.sms import texts_of
from bot.rate import RateLimit
from retrieval.answer import Answerer
from retrieval.handout import HandoutSection, Use, hotline_of, joined, passage_of, sections_of, use_of
from retrieval.index import Index
from retrieval.question import understand
from retrieval.records import Document, Passage
from tests.bot.lookup_support import answerer_over, document, lookup_app
from tests.bot.support import TODAY

PORTAL = "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/019d2bf7-9e0f-730b-9510-60349ebab5b2"
PAPERS = "- Tờ khai đổi thẻ mẫu DC02.\n- Thẻ cũ.\n- Giấy khai sinh của trẻ dưới 14 tuổi."
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;{{ 1234*5 }}"

THE = document(
    "doi-the",
    {
        "Đổi thẻ làm ở đâu, bằng cách nào?": "Bà con đổi thẻ tại Công an xã. Làm qua mạng cũng được.",
        "Đổi thẻ bao lâu có, lệ phí bao nhiêu?": "Đổi thẻ xong trong 7 ngày.\nLệ phí đổi thẻ là 50.000 đồng.",
        "Đổi thẻ cần những giấy tờ gì?": PAPERS,
        "Đổi thẻ gồm những bước nào?": "1. Nộp tờ khai.\n2. Chụp ảnh.\n3. Nhận thẻ.",
        "Đổi thẻ theo văn bản nào?": "Đổi thẻ theo Luật Căn cước 26/2023/QH15.",
    },
    title="Cấp đổi thẻ căn cước",
    kind="thu_tuc",
    number="1.014063",
    issuer="Bộ Công an",
    issued="2026-07",
    url=PORTAL,
    checked_on="2026-11-20",
)
LUAT = document(
    "luat-thu",
    {
        f"Chương {n // 5} › Điều {n}. Thành phần hồ sơ": f"Hồ sơ số thứ {n} do cơ quan nhà nước giữ {n} năm."
        for n in range(1, 61)
    },
    title="Luật Hồ sơ số",
    kind="Luật",
    number="12/2020/QH14",
    issuer="Quốc hội",
    issued="2020-01-05",
    effective_from="2020-07-01",
    effective_to="2025-12-31",
    replaced_by="99/2025/QH15",
)
TINH = document("tinh", {"": "Tỉnh Quảng Ninh mở đường dây nóng 1900 1234 để bà con hỏi hồ sơ."}, province="Quảng Ninh")
BAD = document(
    MARKUP,
    {
        f"Điều 1 › {MARKUP}": f"Lương thực thực phẩm {MARKUP} lương thực.",
        "</textarea>": "Lương thực </textarea><b>x</b>",
    },
    title=MARKUP,
    kind=MARKUP,
    number=MARKUP,
    issuer=MARKUP,
    province=MARKUP,
    issued="2026",
    replaced_by=MARKUP,
    effective_to="2026-01-01",
    url="javascript:alert(1)//https://x.vn",
)
ODD = [
    document(name, {"Nuôi ong": f"Nuôi ong ở {name} lấy mật."}, title=f"Nuôi ong {n}")
    for n, name in enumerate(["24/2018/QH14@1", "a b?c=d&e#f", "100% ong", 'ong "mật"', "ong+mật;v=1", "ờ/ong/sms-nhé"])
]
DOCUMENTS = [THE, LUAT, TINH, BAD, *ODD]
PAGES = [
    "/tra-cuu",
    "/tra-cuu?q=lương+thực",
    "/tra-cuu?q=đổi+thẻ&in_force=1",
    "/phieu/doi-the",
    "/phieu/doi-the/sms",
    "/phieu/x",
]


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    return answerer_over(DOCUMENTS, tmp_path_factory.mktemp("lookup"))


@pytest.fixture(scope="module")
def client(answerer: Answerer) -> Iterator[TestClient]:
    with TestClient(lookup_app(answerer)) as client:
        yield client


def _page(client: TestClient, address: str, status: int = 200) -> HtmlElement:
    response = client.get(address)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return lxml.html.document_fromstring(response.content.decode())


def _text(element: HtmlElement) -> str:
    return " ".join(str(element.text_content()).split())


def _links(page: HtmlElement, words: str) -> list[str]:
    return [link.get("href") for link in page.iter("a") if _text(link).startswith(words)]


def _passage(index: Index, identity: str, place: int = 0) -> Passage:
    return index.passages[index.rows_of(identity)[place]]


# --- /api/search ---------------------------------------------------------------------------------------------------


def test_the_api_is_narrowed_by_kind_and_by_day(client: TestClient) -> None:
    def ids(**sent: str) -> set[str]:
        response = client.get("/api/search", params={"q": "hồ sơ đổi thẻ", "k": 50, **sent})
        assert response.status_code == 200
        assert response.json()["query"] == "hồ sơ đổi thẻ"
        return {hit["document_id"] for hit in response.json()["hits"]}

    assert ids(kind="luat") == ids(kind="Luật") == {"luat-thu"}
    assert "luat-thu" in ids()
    assert "luat-thu" in ids(in_force_on="2025-12-31")
    assert "luat-thu" not in ids(in_force_on="2026-01-01")
    assert ids(kind="thu_tuc", in_force_on="2026-06-30") == set()
    assert ids(province="Quảng Ninh") == {"tinh"}


@pytest.mark.parametrize("day", ["", "1", "2026", "2026-13-01", "hôm nay", "2026-11-22T00:00:00"])
def test_the_api_refuses_a_day_that_is_none(client: TestClient, day: str) -> None:
    assert client.get("/api/search", params={"q": "thẻ", "in_force_on": day}).status_code == 422


# --- the search page -----------------------------------------------------------------------------------------------


def test_the_first_visit_shows_a_form_that_leaves_out_what_is_no_longer_in_force(client: TestClient) -> None:
    page = _page(client, "/tra-cuu")
    (form,) = page.forms
    assert (form.method, form.action) == ("GET", "/tra-cuu")
    assert dict(form.form_values()) == {"q": "", "province": "", "year": "", "kind": "", "in_force": "1"}
    assert page.cssselect(".found") == []
    labelled = {label.get("for") for label in page.iter("label")}
    assert labelled == {element.get("id") for element in form.iter("input", "select")}


def test_the_form_offers_what_the_documents_have(client: TestClient) -> None:
    (form,) = _page(client, "/tra-cuu").forms
    assert form.inputs["province"].value_options == ["", MARKUP, "Quảng Ninh"]
    assert form.inputs["year"].value_options == ["", "2026", "2020"]
    assert form.inputs["kind"].value_options[:3] == ["", form.inputs["kind"].value_options[1], "luat"]
    assert {_text(option) for option in form.inputs["kind"].iter("option")} >= {"Luật", "Thủ tục hành chính"}


def test_a_province_that_is_no_more_is_shown_with_the_one_in_its_place(tmp_path: Path) -> None:
    documents = [replace(TINH, id=name, province=name) for name in ("Bến Tre", "Vĩnh Long", "Huế")]
    with TestClient(lookup_app(answerer_over(documents, tmp_path))) as client:
        options = _page(client, "/tra-cuu?q=hồ+sơ&province=Bến+Tre").cssselect("#province option")
        found = _page(client, "/tra-cuu?q=hồ+sơ&province=Bến+Tre").cssselect(".found article")
    assert [(option.get("value"), _text(option)) for option in options] == [
        ("", "Tất cả (gồm quy định chung)"),
        ("Bến Tre", "Bến Tre (nay là Vĩnh Long)"),
        ("Huế", "Huế"),
        ("Vĩnh Long", "Vĩnh Long"),
    ]
    assert [_text(option) for option in options if option.get("selected") is not None] == ["Bến Tre (nay là Vĩnh Long)"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("address", "open_"),
    [
        ("/tra-cuu", False),
        ("/tra-cuu?q=thẻ&in_force=1&province=&year=&kind=", False),
        ("/tra-cuu?q=thẻ", True),
        ("/tra-cuu?q=thẻ&in_force=1&kind=luat", True),
        ("/tra-cuu?q=thẻ&in_force=1&province=Huế", True),
        ("/tra-cuu?q=thẻ&in_force=1&year=2026", True),
    ],
)
def test_the_filters_are_folded_until_one_is_set(client: TestClient, address: str, open_: bool) -> None:
    (narrow,) = _page(client, address).cssselect("form details")
    assert _text(narrow.cssselect("summary")[0]) == "Thu hẹp (không bắt buộc)"
    assert (narrow.get("open") is not None) is open_
    assert {field.get("name") for field in narrow.iter("select", "input")} == {"province", "year", "kind", "in_force"}


def test_what_is_sent_stays_in_the_form_and_narrows_the_search(client: TestClient) -> None:
    page = _page(client, "/tra-cuu?q=hồ+sơ+số&kind=Luật&year=2020&province=")
    sent = dict(page.forms[0].form_values())
    assert sent == {"q": "hồ sơ số", "province": "", "year": "2020", "kind": "luat"}
    assert {_text(title) for title in page.cssselect(".source cite")} == {"Luật Hồ sơ số"}
    page = _page(client, "/tra-cuu?q=hồ+sơ+số&kind=luat&in_force=1")
    assert page.cssselect(".found") == []
    assert "Không tìm thấy gì" in _text(page)


def test_a_result_is_a_passage_with_its_document_place_number_and_validity(client: TestClient) -> None:
    page = _page(client, "/tra-cuu?q=Hồ+sơ+số+thứ+7&kind=luat")
    first = page.cssselect(".found article")[0]
    assert _text(first.cssselect("h3")[0]) == "Chương 1 › Điều 7. Thành phần hồ sơ"
    assert _text(first.cssselect(".text")[0]) == "Hồ sơ số thứ 7 do cơ quan nhà nước giữ 7 năm."
    source = _text(first.cssselect(".source")[0])
    assert source.startswith("Luật Hồ sơ số Luật · số 12/2020/QH14 · Quốc hội · ban hành ngày 05/1/2020")
    assert "Đã hết hiệu lực; ngày cuối còn hiệu lực: 31/12/2025; được thay bằng 99/2025/QH15" in source


def test_the_words_of_the_question_and_the_best_run_are_marked(client: TestClient) -> None:
    page = _page(client, "/tra-cuu?q=le+phi+doi+the+bao+nhieu")
    text = page.cssselect(".found .text")[0]
    assert "".join(text.itertext()) == "Đổi thẻ xong trong 7 ngày.\nLệ phí đổi thẻ là 50.000 đồng."
    assert [mark.text for mark in text.iter("mark")] == ["Đổi thẻ", "Lệ phí đổi thẻ"]
    (best,) = text.iter("strong")
    assert "50.000 đồng" in _text(best)


def test_the_words_around_results_claim_and_promise_no_more_than_is_so(client: TestClient) -> None:
    page = _page(client, "/tra-cuu?q=lệ+phí+đổi+thẻ&kind=thu_tuc")
    answers = len(page.cssselect("section[aria-labelledby=results] article"))
    assert answers
    assert _text(page.cssselect("#results")[0]) == f"{answers} đoạn gần với câu hỏi “lệ phí đổi thẻ”"
    (link,) = page.cssselect(".found article")[0].cssselect("a[target=_blank]")
    assert _text(link) == "Trang gốc: dichvucong.gov.vn (mở trang mới)"


def test_every_link_of_a_result_leads_somewhere(client: TestClient) -> None:
    for question in ("đổi thẻ", "nuôi ong lấy mật", "lương thực"):
        page = _page(client, f"/tra-cuu?q={question}")
        links = [link.get("href") for link in page.cssselect("main a") if link.get("href").startswith("/")]
        assert len(links) >= 2
        for link in links:
            _page(client, link)
    assert len(_links(_page(client, "/tra-cuu?q=đổi+thẻ"), "In phiếu cả thủ tục")) >= 1
    assert _links(_page(client, "/tra-cuu?q=hồ+sơ&kind=luat"), "In phiếu cả thủ tục") == []


def test_the_text_to_copy_holds_the_passage_and_its_source(client: TestClient) -> None:
    page = _page(client, "/tra-cuu?q=lệ+phí+đổi+thẻ")
    (field, *_) = page.cssselect(".found textarea")
    assert field.get("readonly") is not None
    assert field.text.strip() == (
        "“Đổi thẻ xong trong 7 ngày.\nLệ phí đổi thẻ là 50.000 đồng.”\n"
        "(Nguồn: Cấp đổi thẻ căn cước; Thủ tục hành chính; số 1.014063; Bộ Công an; ban hành tháng 7/2026; "
        "Đổi thẻ bao lâu có, lệ phí bao nhiêu?; Tài liệu không ghi thời hạn hiệu lực; "
        f"{PORTAL}; đối chiếu ngày 20/11/2026)"
    )


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"q": "x" * 501}, "dài quá 500 ký tự"),
        ({"q": "???"}, "gõ vài chữ"),
        ({"q": ""}, "gõ vài chữ"),
        ({"q": "thẻ", "year": "năm nay"}, "bốn chữ số"),
        ({"q": "thẻ", "year": "٢٠٢٢"}, "bốn chữ số"),
    ],
)
def test_a_form_that_cannot_be_searched_says_why_and_loses_nothing(
    client: TestClient, sent: dict[str, str], told: str
) -> None:
    response = client.get("/tra-cuu", params=sent)
    page = lxml.html.document_fromstring(response.content.decode())
    assert response.status_code == 422
    (problem,) = page.cssselect("[role=alert]")
    assert told in _text(problem)
    assert page.cssselect("#q")[0].get("aria-describedby") == problem.get("id")
    assert {name: value for name, value in page.forms[0].form_values() if value} == {k: v for k, v in sent.items() if v}


@pytest.mark.parametrize("k", ["0", "-1", "999", "x", "1e9", ""])
def test_an_odd_count_is_made_a_usual_one(client: TestClient, k: str) -> None:
    assert 1 <= len(_page(client, f"/tra-cuu?q=hồ+sơ+số&k={k}").cssselect(".found > li")) <= 50


def test_more_results_are_one_link_away(client: TestClient) -> None:
    address = "/tra-cuu?q=hồ+sơ+số&kind=luat"
    seen = []
    while address:
        page = _page(client, address)
        seen.append(len(page.cssselect(".found > li")))
        address = next(iter(_links(page, "Xem thêm")), "")
    assert seen == [10, 30, 50]


# --- a passage in its place ----------------------------------------------------------------------------------------


def test_a_passage_stands_among_those_before_and_after_it(client: TestClient, answerer: Answerer) -> None:
    hit = _passage(answerer.index, "luat-thu", 30)
    page = _page(client, f"/tra-cuu/doan/{quote(hit.id)}?q=hồ+sơ&run=0-5")
    shown = [_text(text) for text in page.cssselect(".document .text")]
    expected = [_passage(answerer.index, "luat-thu", n).text for n in range(20, 41)]
    assert shown == expected
    (marked_one,) = page.cssselect("#doan")
    assert _text(marked_one) == hit.text
    assert [mark.text for mark in page.cssselect(".document mark")] == ["Hồ sơ"]
    assert [_text(best) for best in page.cssselect(".document strong")] == ["Hồ sơ"]
    assert "Đoạn 21 đến 41 trong 60 đoạn" in _text(page)


def test_one_can_go_on_to_both_ends_of_a_long_document(client: TestClient, answerer: Answerer) -> None:
    here = f"/tra-cuu/doan/{quote(_passage(answerer.index, 'luat-thu', 30).id)}"
    texts: dict[str, None] = {}
    for words in ("Xem phần trước", "Xem phần sau"):
        address = here
        while address:
            page = _page(client, address)
            texts |= dict.fromkeys(_text(text) for text in page.cssselect(".document .text"))
            address = next(iter(_links(page, words)), "")
    assert len(texts) == 60


@pytest.mark.parametrize(
    "more", ["from=0", "from=99999", "from=x", "run=5-2", "run=0-99999", "run=x", "q=" + "x" * 999]
)
def test_a_place_survives_odd_addresses(client: TestClient, answerer: Answerer, more: str) -> None:
    page = _page(client, f"/tra-cuu/doan/{quote(_passage(answerer.index, 'luat-thu', 3).id)}?{more}")
    assert page.cssselect(".document .text")


def test_what_two_passages_share_is_shown_once() -> None:
    def passage(start: int, text: str) -> Passage:
        return Passage(f"d#{start}", "d", "", start, start + len(text), text)

    assert (
        joined([passage(0, "một hai"), passage(4, "hai ba"), passage(5, "ai"), passage(11, "bốn")]) == "một hai ba\nbốn"
    )


def test_a_place_shows_once_what_two_passages_share(answerer: Answerer) -> None:
    index = answerer.index
    passages = list(index.passages)
    row = index.rows_of("luat-thu").start + 1
    before, here = passages[row - 1], passages[row]
    start = before.end - 8
    passages[row] = replace(here, start=start, text=LUAT.text[start : here.end])
    overlapping = Answerer(replace(index, passages=passages), answerer.embedder, answerer.today)  # type: ignore[arg-type]
    place = place_of(overlapping, before.id, {})
    assert place is not None
    first, second = ("".join(run.text for part in shown.text for run in part.runs) for shown in place.neighbours[:2])
    assert first == before.text
    assert second == LUAT.text[before.end : here.end]


# --- what is not there, what is strange ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/phieu/nope", "/phieu/nope/sms", "/phieu/doan/doi-the%23nope", "/phieu/doan/doi-the", "/tra-cuu/doan/nope",
        "/tra-cuu/doan/%23", "/tra-cuu/doan/%ff%fe", "/phieu/doan/%00", "/phieu/sms", "/phieu/" + "x" * 5000,
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_page_with_a_way_on(client: TestClient, address: str) -> None:
    page = _page(client, address, 404)
    assert "Không có tài liệu hay đoạn này" in _text(page)
    assert "/tra-cuu" in _links(page, "Tra cứu tài liệu")


@pytest.mark.parametrize("strange", ODD, ids=lambda document: document.id)
def test_any_id_has_its_pages(client: TestClient, answerer: Answerer, strange: Document) -> None:
    passage = _passage(answerer.index, strange.id)
    assert passage_of(answerer.index, passage.id) == passage
    for address in ("/phieu/", "/phieu/doan/", "/tra-cuu/doan/"):
        identity = strange.id if address == "/phieu/" else passage.id
        assert passage.text in _text(_page(client, page_address(address, identity)))
        if address != "/tra-cuu/doan/":
            assert _page(client, page_address(address, identity) + "/sms").cssselect("textarea")


def test_strangers_markup_is_only_ever_text(client: TestClient, answerer: Answerer) -> None:
    passages = [_passage(answerer.index, MARKUP, n) for n in range(2)]
    addresses = ["/tra-cuu?q=lương+thực", f"/tra-cuu?q={quote(MARKUP)}", page_address("/phieu/", MARKUP)]
    for passage in passages:
        addresses += [
            page_address("/tra-cuu/doan/", passage.id) + f"?q={quote(MARKUP)}",
            page_address("/phieu/doan/", passage.id),
        ]
    addresses += [f"{address}/sms" for address in addresses if address.startswith("/phieu/")]
    for address in addresses:
        page = _page(client, address)
        assert [script.get("src") for script in page.iter("script")] == ["/tra-cuu/lookup.js"]
        assert not list(page.iter("img", "b"))
        assert all(not name.startswith("on") for element in page.iter() for name in element.attrib)
        assert not [link for link in page.iter("a") if urlsplit(link.get("href")).scheme not in ("", "https")]
        assert "<script>alert(1)</script>" in str(page.text_content())
        assert "6170" not in str(page.text_content())


@pytest.mark.parametrize("address", PAGES)
def test_no_page_needs_what_the_policy_forbids(client: TestClient, address: str) -> None:
    page = client.get(address).text
    root = lxml.html.document_fromstring(page)
    assert root.get("lang") == "vi"
    assert not list(root.iter("style"))
    assert all(script.get("src") and not script.text for script in root.iter("script"))
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name == "style" or name.startswith("on")]
    assert not [link for link in root.iter("a") if link.get("href").startswith("javascript:")]
    for file in re.findall(r'(?:src|href)="(/tra-cuu/[\w.]+\.\w+)"', page):
        response = client.get(file)
        assert (response.status_code, response.headers["cache-control"]) == (200, "no-cache")


def test_a_search_that_takes_too_long_says_so(answerer: Answerer) -> None:
    app = lookup_app(answerer)
    app.state.settings = SimpleNamespace(action_timeout_s=0, forwarded_allow=())
    with TestClient(app) as client:
        for address in ("/tra-cuu?q=thẻ", "/phieu/doi-the"):
            assert "Máy đang bận" in _text(_page(client, address, 503))
        response = client.get("/api/search?q=thẻ")
        assert (response.status_code, response.headers["retry-after"]) == (503, "3")
        assert response.json()["error"].keys() == {"code", "message"}
        assert response.json()["error"]["message"].startswith("Máy đang bận")


def test_who_looks_up_too_much_is_told_how_long_to_wait(answerer: Answerer) -> None:
    app = lookup_app(answerer)
    app.state.lookup_limit = RateLimit(2, now=lambda: 0.0)
    with TestClient(app, client=("203.0.113.9", 1234)) as client:
        _page(client, "/phieu/doi-the")
        _page(client, "/tra-cuu?q=thẻ")
        response = client.get("/tra-cuu?q=thẻ")
        assert (response.status_code, response.headers["retry-after"]) == (429, "30")
        assert "chờ 30 giây" in _text(lxml.html.fromstring(response.text))
        assert client.get("/tra-cuu/lookup.css").status_code == 200
    with TestClient(app, client=("203.0.113.10", 1234)) as client:
        _page(client, "/phieu/doi-the")


def test_pages_follow_an_index_that_takes_the_place_of_another(answerer: Answerer, tmp_path: Path) -> None:
    app = lookup_app(answerer)
    with TestClient(app) as client:
        assert _page(client, "/phieu/doi-the").cssselect("h1")
        app.state.answerer = answerer_over([replace(TINH, province="Huế")], tmp_path)
        assert _page(client, "/tra-cuu").forms[0].inputs["province"].value_options == ["", "Huế"]
        _page(client, "/phieu/doi-the", 404)


class Counted(Sequence[Passage]):
    """Passages that note which rows are read."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages, self.read = passages, set[int]()

    def __len__(self) -> int:
        return len(self.passages)

    def __getitem__(self, row):  # type: ignore[no-untyped-def]
        self.read.add(row)
        return self.passages[row]


def test_no_page_reads_passages_of_other_documents(tmp_path: Path) -> None:
    many = [document(f"khac-{n}", {"Trồng cây": f"Trồng cây số {n}."}) for n in range(200)]
    whole = answerer_over([*many, THE, LUAT], tmp_path)
    counted = Counted(whole.index.passages)
    watched = Answerer(replace(whole.index, passages=counted), whole.embedder, whole.today)  # type: ignore[arg-type]
    hit = _passage(whole.index, "luat-thu", 30)
    own = set(whole.index.rows_of("luat-thu"))
    with TestClient(lookup_app(watched)) as client:
        for address in ("/tra-cuu/doan/", "/phieu/doan/", "/phieu/"):
            counted.read.clear()
            _page(client, address + quote("luat-thu" if address == "/phieu/" else hit.id))
            assert counted.read
            assert counted.read <= own
        counted.read.clear()
        _page(client, "/tra-cuu")
        assert counted.read == set()


# --- hand-outs -----------------------------------------------------------------------------------------------------


def test_a_sheet_holds_the_procedure_its_source_and_room_to_write(client: TestClient) -> None:
    (sheet,) = _page(client, "/phieu/doi-the").cssselect(".sheet")
    assert _text(sheet.cssselect("h1")[0]) == "Cấp đổi thẻ căn cước"
    assert [_text(heading) for heading in sheet.iter("h2")] == [section.path[0] for section in THE.sections]
    assert [_text(item) for item in sheet.cssselect("li.to-tick")] == [line[2:] for line in PAPERS.split("\n")]
    text = _text(sheet)
    for said in ("Phiếu hướng dẫn · do Trợ lý Chuyển đổi số lập tự động",
                 "50.000 đồng", "7 ngày", "In ngày 21/11/2026", "số 1.014063", "Bộ Công an", "tháng 7/2026",
                 "Tài liệu không ghi thời hạn hiệu lực", "Đối chiếu với nguồn ngày 20/11/2026", PORTAL,
                 "Người hướng dẫn:", "Hẹn lần sau:"):  # fmt: skip
        assert said in text
    assert "chưa in hết" not in text


def test_the_code_is_that_of_the_official_page_and_needs_no_style(client: TestClient) -> None:
    (figure,) = _page(client, "/phieu/doi-the").cssselect("figure")
    (drawn,) = figure.cssselect("svg")
    wanted = segno.make(PORTAL, error="m", micro=False, boost_error=False)
    assert wanted.error == "M"
    (path,) = drawn.iter("path")
    assert f'd="{path.get("d")}"' in wanted.svg_inline(border=4, omitsize=True)
    assert all("style" not in element.attrib for element in drawn.iter())


def test_without_an_address_there_is_no_code(client: TestClient, answerer: Answerer) -> None:
    for identity in ("luat-thu", "tinh", MARKUP):
        page = _page(client, page_address("/phieu/", identity))
        assert page.cssselect("svg, .sheet a") == []
    assert "Chưa rõ ngày đối chiếu" in _text(_page(client, "/phieu/luat-thu"))


def test_a_number_to_call_is_shown_only_where_the_document_says_it(client: TestClient) -> None:
    assert "Số để gọi hỏi: Tỉnh Quảng Ninh mở đường dây nóng 1900 1234" in _text(_page(client, "/phieu/tinh"))
    assert "gọi hỏi" not in _text(_page(client, "/phieu/doi-the"))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Gọi tổng đài 1022 khi cần.", True),
        ("Đường dây nóng: 0203 3835 678.", True),
        ("Hotline 18001234 mở cả ngày.", True),
        ("Tổng đài có 15 người trực.", False),
        ("Nghị định 1022/2020/NĐ-CP nói về tổng đài.", False),
        ("Số 0203 3835 678 là số tài khoản.", False),
    ],
)
def test_what_counts_as_a_number_to_call(said: str, found: bool) -> None:
    section = HandoutSection("", f"Câu đầu. {said}")
    assert hotline_of([section]) == (said if found else "")


def test_the_sheet_of_a_passage_holds_that_passage_alone(client: TestClient, answerer: Answerer) -> None:
    hit = _passage(answerer.index, "luat-thu", 6)
    (sheet,) = _page(client, page_address("/phieu/doan/", hit.id)).cssselect(".sheet")
    assert _text(sheet.cssselect("h1")[0]) == "Điều 7. Thành phần hồ sơ"
    assert _text(sheet.cssselect("section")[0]) == f"Chương 1 {hit.text}"
    assert "Nguồn: Luật Hồ sơ số" in _text(sheet)
    assert "Đã hết hiệu lực" in _text(sheet)


def test_from_a_passage_of_a_procedure_one_step_leads_to_the_whole_procedure(
    client: TestClient, answerer: Answerer
) -> None:
    def whole(document_id: str) -> list[str]:
        page = _page(client, page_address("/phieu/doan/", _passage(answerer.index, document_id, 0).id))
        return [link.get("href") for link in page.cssselect(".actions a") if _text(link) == "In cả thủ tục"]

    assert whole("doi-the") == ["/phieu/doi-the"]
    assert whole("luat-thu") == []


def test_a_document_too_long_for_a_page_names_what_is_left_out(client: TestClient) -> None:
    (sheet,) = _page(client, "/phieu/luat-thu").cssselect(".sheet")
    shown = [_text(heading) for heading in sheet.iter("h2")]
    assert shown == [" › ".join(section.path) for section in LUAT.sections[: len(shown)]]
    assert 5 < len(shown) < 60
    (line,) = sheet.cssselect(".left-out")
    assert f"Chưa in mục: {' › '.join(LUAT.sections[len(shown)].path)}" in _text(line)
    assert "và mục khác" in _text(line)


def test_what_is_left_out_is_where_the_source_says_it_all(tmp_path: Path) -> None:
    long = {f"Mục {n} là gì?": LONG for n in range(6)}
    written = {"nguon": "bai_bao", "tom-tat": "tong_hop"}
    documents = [document(name, long, kind=kind, url=PORTAL) for name, kind in written.items()]
    with TestClient(lookup_app(answerer_over(documents, tmp_path))) as client:
        told = [_text(_page(client, f"/phieu/{name}").cssselect(".left-out")[0]) for name in written]
    assert [line.rpartition(" Anh/chị")[2] for line in told] == [
        " xem đủ ở trang gốc.",
        " xem đủ ở trang tra cứu của Trợ lý.",
    ]
    assert ["?;" in line or " · " not in line for line in told] == [False, False], told


def test_what_a_section_tells_is_only_said_of_a_procedure(answerer: Answerer) -> None:
    sections, goes_on = sections_of(answerer.index, THE)
    assert [section.use.name for section in sections] == ["WHERE", "TIME_AND_FEE", "PAPERS", "STEPS", "BASIS"]
    assert not goes_on
    assert {section.use for section in sections_of(answerer.index, LUAT)[0]} == {Use.OTHER}


@pytest.mark.parametrize(
    ("heading", "use"),
    [
        ("Ai đi đăng ký khai sinh, trong thời hạn nào?", Use.DEADLINE),
        ("Xóa đăng ký thường trú phải làm trong bao nhiêu ngày?", Use.DEADLINE),
        ("Đăng ký tổ hợp tác hạn mấy ngày, bao lâu có kết quả?", Use.DEADLINE),
        ("Hạn quyết toán thuế là khi nào, lệ phí bao nhiêu?", Use.DEADLINE),
        ("Gia hạn tạm trú bao lâu có kết quả, lệ phí bao nhiêu?", Use.TIME_AND_FEE),
        ("Thời hạn giải quyết", Use.TIME_AND_FEE),
        ("Đất nông nghiệp hết hạn thì xin xác nhận ở đâu?", Use.WHERE),
    ],
)
def test_what_the_person_must_keep_is_told_apart_from_how_long_it_takes(heading: str, use: Use) -> None:
    assert use_of(THE, heading) is use
    assert Use.PAPERS < Use.DEADLINE < Use.TIME_AND_FEE


def _sections(*texts: tuple[Use, str]) -> list[HandoutSection]:
    return [HandoutSection(f"Mục {n}", text, use) for n, (use, text) in enumerate(texts)]


@pytest.mark.parametrize(
    ("paper", "for_all"),
    [
        ("Tờ khai theo mẫu, khi nộp trực tiếp hoặc gửi bưu chính; nộp qua mạng thì điền mẫu điện tử.", True),
        ("Căn cước còn hạn để đưa ra khi đăng ký kết hôn trực tiếp; có thể chỉ cần cho biết số.", True),
        ("Tờ khai cấp hộ chiếu: mẫu TK01 cho người từ 14 tuổi.", True),
        ("Tờ khai mẫu CT01, có ghi ý kiến của chủ nhà, trừ khi chủ nhà đã đồng ý bằng văn bản riêng.", True),
        ("Thẻ căn cước cũ, Công an thu lại khi đổi thẻ.", True),
        ("Giấy chứng sinh của bé; nếu không có thì thay bằng văn bản của người làm chứng.", True),
        ("Văn bản ủy quyền, nếu nhờ người khác làm thay; nhờ cha mẹ thì khỏi chứng thực.", False),
        ("Giấy tờ về nơi cư trú, chỉ khi nơi đăng ký không tra được.", False),
        ("Giấy tờ về chỗ ở; chỉ phải đưa khi Công an không tra được trên máy.", False),
        ("Phiếu thu nhận thông tin căn cước, mẫu CC01, do Công an in ra.", False),
        ("Trẻ chưa đủ 14 tuổi: bản sao giấy khai sinh.", False),
        ("Bé bị bỏ rơi thì nộp biên bản thay cho giấy chứng sinh.", False),
        ("Cán bộ, công chức nộp thêm xác nhận của cơ quan.", False),
    ],
)
def test_only_a_paper_that_everyone_brings_has_a_box(tmp_path: Path, paper: str, for_all: bool) -> None:
    papers = document("x", {"Cần giấy tờ gì?": f"- {paper}\n- Đơn đề nghị."}, kind="thu_tuc")
    with TestClient(lookup_app(answerer_over([papers], tmp_path))) as client:
        items = _page(client, "/phieu/x").cssselect(".sheet li")
    assert [(_text(item), item.get("class")) for item in items] == [
        (paper, "to-tick" if for_all else None),
        ("Đơn đề nghị.", "to-tick"),
    ]


def test_the_laws_stand_last_and_small_unless_they_stand_alone() -> None:
    law, where = (Use.BASIS, "Theo luật. " * 100), (Use.WHERE, "Ở xã. " * 90)
    sheet = fitted("Tên", _sections(law, where), ["Nguồn"], has_code=True)
    assert [(part.heading, part.small) for part in sheet.parts] == [("Mục 1", False), ("Mục 0", True)]
    assert sheet.size > fitted("Tên", _sections((Use.OTHER, law[1]), where), ["Nguồn"], has_code=True).size
    assert not fitted("Tên", _sections(law), ["Nguồn"], has_code=True).parts[0].small


LONG = "Câu này nói một điều cần biết về hồ sơ của bà con. " * 60


def test_the_most_useful_sections_stay_and_stand_in_their_order() -> None:
    sections = _sections((Use.BASIS, "Theo luật. " * 30), (Use.OTHER, LONG), (Use.WHERE, "Ở xã."), (Use.PAPERS, PAPERS))
    sheet = fitted("Tên", sections, ["Nguồn"], has_code=True)
    assert [part.heading for part in sheet.parts][-2:] == ["Mục 2", "Mục 3"]
    assert not sheet.whole
    assert {part.heading for part in sheet.parts if part.goes_on} | set(sheet.left_out) >= {"Mục 1"}


def test_a_list_of_papers_is_never_shown_in_part() -> None:
    papers = "\n".join(f"- Giấy tờ thứ {n}, bản chính, có dấu của Ủy ban nhân dân xã." for n in range(80))
    sheet = fitted("Tên", _sections((Use.PAPERS, papers), (Use.WHERE, "Ở xã.")), ["Nguồn"], has_code=False)
    assert [part.heading for part in sheet.parts] == ["Mục 1"]
    assert sheet.left_out == ("Mục 0",)


def test_what_alone_fills_more_than_a_page_is_begun_and_ends_with_a_sentence() -> None:
    sheet = fitted("Tên", _sections((Use.OTHER, LONG * 3)), ["Nguồn"], has_code=False)
    (part,) = sheet.parts
    assert part.goes_on
    assert all(block.text.endswith(".") for block in part.blocks)
    torn = "chữ " * 30 + "123 456 " * 900
    (part,) = fitted("Tên", _sections((Use.OTHER, torn)), ["Nguồn"], has_code=False).parts
    assert part.blocks[-1].text.endswith("chữ…")


@given(
    st.lists(st.tuples(st.sampled_from(Use), st.text(max_size=3000)), max_size=6), st.text(max_size=300), st.booleans()
)
def test_any_sections_make_a_sheet_of_nothing_but_their_words(
    texts: list[tuple[Use, str]], title: str, has_code: bool
) -> None:
    sections = _sections(*texts)
    sheet = fitted(title, sections, ["Nguồn"], has_code)
    by_heading = {section.heading: section for section in sections}
    for part in sheet.parts:
        blocks = blocks_of(by_heading[part.heading].text)
        whole = part.blocks == blocks
        assert whole != part.goes_on
        for shown, block in zip(part.blocks, blocks, strict=False):
            assert shown == block or block.text.startswith(shown.text.removesuffix("…"))
    assert len(sheet.parts) + len(sheet.left_out) + sheet.others == len(sections)


def test_lines_of_one_paragraph_flow_and_items_do_not() -> None:
    text = (
        "Câu một.\nCâu hai.\n\nĐoạn khác:\n- một\n-hai\n• ba\n1. Bước một.\n2. Bước hai.\nSau bước.\n\n-5 độ\n+84 203"
    )
    assert [(block.text, block.item) for block in blocks_of(text)] == [
        ("Câu một. Câu hai.", False), ("Đoạn khác:", False), ("một", True), ("hai", True), ("ba", True),
        ("1. Bước một.", False), ("2. Bước hai.", False), ("Sau bước.", False), ("-5 độ", False), ("+84 203", False),
    ]  # fmt: skip


# --- text messages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "coding", "units", "segments"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 459, "GSM-7", 459, 3),
        ("a" * 460, "GSM-7", 460, 4),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" * 10, "GSM-7", 172, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("ế" * 70, "UCS-2", 70, 1),
        ("ế" * 71, "UCS-2", 71, 2),
        ("ế" * 134, "UCS-2", 134, 2),
        ("ế" * 201, "UCS-2", 201, 3),
        ("ế" * 202, "UCS-2", 202, 4),
        ("🙏" * 35, "UCS-2", 70, 1),
        ("🙏" * 67, "UCS-2", 134, 3),
        ("`", "UCS-2", 1, 1),
    ],
)
def test_segments_are_counted_as_phones_do(text: str, coding: str, units: int, segments: int) -> None:
    assert (count(text).coding, count(text).units, count(text).segments) == (coding, units, segments)


def test_the_messages_of_a_procedure(client: TestClient) -> None:
    page = _page(client, "/phieu/doi-the/sms")
    marked_one, plain = (field.text.strip() for field in page.cssselect("textarea"))
    assert marked_one == (
        "Bà con đổi thẻ tại Công an xã. Giấy tờ: Tờ khai đổi thẻ mẫu DC02; Thẻ cũ. Còn giấy tờ khác. "
        f"Nguồn: thủ tục 1.014063, {PORTAL}"
    )
    assert plain == (
        "Ba con doi the tai Cong an xa. Lam qua mang cung duoc. "
        "Giay to: To khai doi the mau DC02; The cu; Giay khai sinh cua tre duoi 14 tuoi. Doi the xong trong 7 ngay. "
        f"Le phi doi the la 50.000 dong. 1. Nop to khai; 2. Chup anh; 3. Nhan the. Nguon: thu tuc 1.014063, {PORTAL}"
    )
    assert "Tin này không có tên hay số giấy tờ của bà con. Anh/chị đừng ghi thêm vào." in _text(page)
    told = [_text(line) for line in page.cssselect(".count")]
    assert told == [f"{count(text).segments} tin nhắn, {count(text).units} ký tự" for text in (marked_one, plain)]


CODE = "Nguồn: dichvucong.gov.vn, mã 1.014063"
WHERE = "Bà con nộp hồ sơ tại Công an cấp xã hoặc Bộ phận Một cửa cấp xã, nơi nào cũng được."


def test_the_full_address_gives_way_to_the_place_and_a_paper() -> None:
    sections = _sections(
        (Use.TIME_AND_FEE, "Xong trong 7 ngày."), (Use.PAPERS, "- Tờ khai.\n- Thẻ."), (Use.WHERE, WHERE)
    )
    texts = texts_of(sections, source_of(THE, TODAY))
    assert texts.marked == f"{WHERE} Giấy tờ: Tờ khai; Thẻ. Xong trong 7 ngày. {CODE}"
    assert PORTAL in texts.plain
    elsewhere = source_of(replace(THE, url=f"https://example.vn/{'a' * 80}"), TODAY)
    assert texts_of(sections, elsewhere).marked.endswith("Nguồn: thủ tục 1.014063, example.vn")


def test_where_to_go_is_told_before_anything_else() -> None:
    about = "Thủ tục này dành cho người có thẻ đã hỏng."
    source = source_of(THE, TODAY)
    where = texts_of(_sections((Use.TIME_AND_FEE, "Xong trong 7 ngày."), (Use.WHERE, f"{about}\n{WHERE}")), source)
    assert where.marked.startswith(f"{WHERE} Nguồn")
    assert where.plain.startswith(without_diacritics(f"{WHERE} {about} Xong trong 7 ngày. "))
    long = f"Bà con nộp hồ sơ tại Công an cấp xã, {'hoặc nơi khác trong tỉnh ' * 8}."
    cut = texts_of(_sections((Use.WHERE, long), (Use.TIME_AND_FEE, "Xong trong 7 ngày.")), source).marked
    assert cut.startswith("Bà con nộp hồ sơ tại Công an cấp xã… Xong trong 7 ngày. Nguồn")


def test_papers_of_several_lists_keep_what_they_are_for() -> None:
    long = "\n".join(f"- Giấy dài thứ {n}." for n in range(60))
    source = source_of(THE, TODAY)
    for announced in ("Chỉ khi đổi tên thì nộp:", "Hồ sơ đổi tên gồm các giấy theo Nghị định 1/2026/NĐ-CP."):
        told = texts_of(_sections((Use.PAPERS, f"{announced}\n{long}"), (Use.WHERE, WHERE)), source)
        assert told.marked.startswith(f"{WHERE} Nguồn")
    told = texts_of(_sections((Use.PAPERS, f"Hồ sơ gồm các giấy tờ sau:\n{long}"), (Use.WHERE, WHERE)), source)
    assert told.marked.startswith(f"{WHERE} Giấy tờ: Giấy dài thứ 0; Giấy dài thứ 1;")
    assert "Còn giấy tờ khác." in told.marked
    both = [HandoutSection("Đổi cần giấy gì?", "- Tờ khai đổi.", Use.PAPERS), HandoutSection("?", long, Use.PAPERS)]
    assert texts_of(both, source).plain.startswith("Doi can giay gi? To khai doi. Con giay to khac. ")


def test_that_there_are_more_papers_is_said_only_where_there_are() -> None:
    one = f"Hồ sơ chỉ cần một giấy:\n- Tờ khai.\n\n{'Mẫu của tờ khai nay có thể đã khác ' * 20}."
    told = texts_of(_sections((Use.PAPERS, one)), source_of(THE, TODAY)).marked
    assert told.startswith("Hồ sơ chỉ cần một giấy: Tờ khai. Nguồn")


def test_what_announces_a_list_is_told_only_with_it() -> None:
    steps = "\n".join(f"{n}. {'Anh/chị làm việc này rồi đợi ' * 4}." for n in range(1, 5))
    for announced in (
        "Anh/chị lấy lại mật khẩu bằng bốn bước sau, theo báo.",
        "Anh/chị làm như sau:",
        "Có các cách sau.",
    ):
        text = f"{announced}\n\n{steps}\n\nKhông làm được thì hỏi công an xã."
        texts = texts_of(_sections((Use.OTHER, text)), source_of(LUAT, TODAY))
        assert texts.marked.startswith("Không làm được thì hỏi công an xã. Nguồn")
        assert texts.plain.startswith("Khong lam duoc thi hoi cong an xa. Nguon")
        alone = texts_of(_sections((Use.OTHER, f"{announced}\n\n{steps}")), source_of(LUAT, TODAY))
        assert alone.marked.startswith("Nguồn")
        unfollowed = texts_of(_sections((Use.OTHER, f"Câu đầu. {announced}")), source_of(LUAT, TODAY))
        assert unfollowed.marked.startswith("Câu đầu. Nguồn")


def test_a_list_of_sentences_that_nothing_announces_is_told_sentence_by_sentence() -> None:
    text = "- Tỉnh có 90 tổ.\n" + "\n".join(f"- Tổ thứ {n} {'giúp bà con ' * 9}." for n in range(40))
    assert texts_of(_sections((Use.OTHER, text)), source_of(LUAT, TODAY)).marked.startswith("Tỉnh có 90 tổ. Tổ thứ 0")


def test_the_message_of_a_passage_of_papers_tells_papers(client: TestClient, answerer: Answerer) -> None:
    page = _page(client, page_address("/phieu/doan/", _passage(answerer.index, "doi-the", 2).id) + "/sms")
    assert page.cssselect("textarea")[0].text.strip().startswith("Giấy tờ: Tờ khai đổi thẻ mẫu DC02;")


def test_a_message_says_that_its_source_has_lapsed(client: TestClient) -> None:
    for field, over in zip(
        _page(client, "/phieu/luat-thu/sms").cssselect("textarea"), ("đã hết hiệu lực", "da het hieu luc"), strict=True
    ):
        assert (
            f"Luật 12/2020/QH14 ({over})".lower() in field.text.lower()
            or f"luat 12/2020/qh14 ({over})" in field.text.lower()
        )


def test_papers_told_in_part_are_said_to_be_more() -> None:
    more = "Giấy tờ nộp theo mẫu.\n- Tờ khai.\n\nKhi đổi tên thì mang theo:\n" + "\n".join(
        f"- Giấy dài thứ {n}." for n in range(60)
    )
    texts = texts_of(_sections((Use.PAPERS, more)), source_of(THE, TODAY))
    assert texts.marked.startswith("Giấy tờ nộp theo mẫu. Tờ khai. Còn giấy tờ khác. Nguồn")
    assert texts.plain.startswith("Giay to nop theo mau. To khai. Con giay to khac. Nguon")


@pytest.mark.parametrize("marks", [("1. ", "2. "), ("a) ", "b) "), ("Bước 1: ", "Bước 2: "), ("- ", "- ")])
def test_steps_are_told_whole_or_not_at_all(marks: tuple[str, str]) -> None:
    steps = f"{marks[0]}Nộp tờ khai.\n{marks[1]}{'Chờ kết quả rất lâu ' * 40}."
    texts = texts_of(_sections((Use.STEPS, steps), (Use.OTHER, "Nhớ mang bút.")), source_of(LUAT, TODAY))
    assert texts.marked.startswith("Nhớ mang bút. Nguồn")


def test_the_laws_are_told_only_where_there_is_nothing_else() -> None:
    law = (Use.BASIS, "Theo Luật 1.")
    assert "Theo Luật 1" in texts_of(_sections(law), source_of(THE, TODAY)).marked
    assert "Theo Luật 1" not in texts_of(_sections(law, (Use.OTHER, "Câu.")), source_of(THE, TODAY)).marked


def test_a_sentence_that_must_be_cut_ends_with_a_clause_and_never_beside_a_number() -> None:
    clauses = f"Bà con nộp hồ sơ tại xã, {'rất dài ' * 60}."
    assert texts_of(_sections((Use.OTHER, clauses)), source_of(LUAT, TODAY)).marked.startswith(
        "Bà con nộp hồ sơ tại xã…"
    )
    numbers = f"Phí là {'12.345 ' * 90}đồng."
    texts = texts_of(_sections((Use.OTHER, numbers)), source_of(LUAT, TODAY))
    assert texts.marked.startswith("Phí… Nguồn")
    assert texts.plain.startswith("Phi... Nguon")


_NUMBERS = re.compile(r"\d[\d.,/]*\d|\d")
_WORDS = st.lists(
    st.one_of(st.integers(0, 10**9).map(str), st.sampled_from("bà con nộp 50.000 đồng, tờ; khai.".split()))
)


@given(
    st.lists(st.tuples(st.sampled_from(Use), st.one_of(_WORDS.map(" ".join), st.text(max_size=900))), max_size=5),
    st.sampled_from([THE, LUAT, TINH, BAD, *ODD]),
)
def test_any_message_fits_names_its_source_and_tears_no_number(texts: list[tuple[Use, str]], of: Document) -> None:
    source = source_of(of, TODAY)
    messages = texts_of(_sections(*texts), source)
    whole = " ".join(text for _, text in texts) + f" {source.short} {source.url or ''}"
    for message, form in ((messages.marked, str), (messages.plain, without_diacritics)):
        assert count(message).segments <= 3
        assert form(f"Nguồn: {source.short}") in message or form(f"Nguồn: {source.at_portal}") in message
        assert set(_NUMBERS.findall(message)) <= set(_NUMBERS.findall(form(whole)))
        assert not re.search(r"\d(?:…|\.\.\.)", message) or re.search(r"\d(?:…|\.\.\.)", form(whole))
    assert count(messages.plain).coding == "GSM-7"


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "state", "text"),
    [
        ({}, "unknown", "Tài liệu không ghi thời hạn hiệu lực"),
        ({"effective_from": "2026-07-01"}, "in_force", "Còn hiệu lực từ ngày 01/7/2026"),
        ({"effective_from": "2026", "effective_to": "2026-12"}, "in_force",
         "Còn hiệu lực từ năm 2026, đến hết tháng 12/2026"),
        ({"effective_from": "2026-11-22"}, "not_yet", "Chưa có hiệu lực; có hiệu lực từ ngày 22/11/2026"),
        ({"effective_to": "2026-11-21"}, "in_force", "Còn hiệu lực, đến hết ngày 21/11/2026"),
        ({"effective_to": "2026-11-20"}, "over", "Đã hết hiệu lực; ngày cuối còn hiệu lực: 20/11/2026"),
    ],
)  # fmt: skip
def test_validity_in_words(known: dict[str, str], state: str, text: str) -> None:
    told = validity(document("x", {"": "Câu."}, **known), date(2026, 11, 21))
    assert (told.state, told.text) == (state, text)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://dichvucong.gov.vn/a?b=1", "https://dichvucong.gov.vn/a?b=1"),
        (" http://x.vn ", "http://x.vn"),
        ("https://x.vn/đường dẫn", "https://x.vn/%C4%91%C6%B0%E1%BB%9Dng%20d%E1%BA%ABn"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//x.vn/a", None),
        ("x.vn", None),
        ("https://a:b@x.vn", None),
        ("https://", None),
        ("https://[x", None),
        ("https://x.vn/" + "a" * 600, None),
        ("", None),
        (None, None),
    ],
)
def test_only_addresses_of_the_web_are_linked(url: str | None, address: str | None) -> None:
    assert web_address(url) == address


@pytest.mark.parametrize(
    ("known", "short"),
    [
        ({"kind": "nghi_dinh", "number": "224/2026/NĐ-CP"}, "Nghị định 224/2026/NĐ-CP"),
        ({"kind": "thu_tuc", "number": "1.014063"}, "thủ tục 1.014063"),
        ({"kind": "Thủ tục hành chính", "number": "1182/QĐ-BXD"}, "số 1182/QĐ-BXD"),
        ({"kind": "nghi_dinh", "number": "Nghị định 1/2020"}, "Nghị định 1/2020"),
        ({"number": "12/KH"}, "12/KH"),
        ({"number": "9" * 50}, "Tên của nó"),
        ({}, "Tên của nó"),
    ],
)
def test_the_short_name_of_a_source(known: dict[str, str], short: str) -> None:
    assert source_of(document("x", {"": "Câu."}, title="Tên của nó", **known), TODAY).short == short


@pytest.mark.parametrize(
    ("kind", "issued", "fact"),
    [
        ("nghi_dinh", "2026-11-21", "ban hành ngày 21/11/2026"),
        ("tong_hop", "2026-11-21", "cập nhật ngày 21/11/2026"),
        ("ban_tom_tat", "2022", "cập nhật năm 2022"),
    ],
)
def test_a_summary_is_not_issued_but_brought_up_to_date(kind: str, issued: str, fact: str) -> None:
    assert source_of(document("x", {"": "Câu."}, kind=kind, issued=issued), TODAY).facts[-1] == fact


@given(st.text(), st.text(max_size=60), st.tuples(st.integers(0, 200), st.integers(0, 200)))
def test_marked_text_is_the_text(text: str, question: str, best: tuple[int, int]) -> None:
    stretches = marked(text, understand(question), best)
    assert "".join(run.text for stretch in stretches for run in stretch.runs) == text


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("thẻ căn cước", ["Thẻ căn cước", "thẻ"]),
        ("the can cuoc", ["Thẻ căn cước", "thẻ"]),
        ("lệ phí 50000", ["50.000"]),
        ("CCCD là gì", ["căn cước", "CCCD"]),
        ("là gì", []),
    ],
)
def test_which_words_are_marked(question: str, found: list[str]) -> None:
    text = "Thẻ căn cước, thẻ CCCD: 50.000 đồng, thay thế."
    stretches = marked(text, understand(question))
    shown = [run.text for stretch in stretches for run in stretch.runs if run.asked]
    assert shown == found


def test_a_stray_syllable_of_other_marks_is_not_marked() -> None:
    text = "Sang tên sổ đỏ do mua bán. Hồ sơ do xã nhận. Sổ mới."
    stretches = marked(text, understand("sang ten so do"))
    assert [run.text for stretch in stretches for run in stretch.runs if run.asked] == ["Sang tên sổ đỏ", "Sổ"]


@given(st.text(max_size=80), st.integers(2, 60))
def test_a_shortened_text_is_its_beginning(text: str, most: int) -> None:
    short = shortened(text, most)
    assert len(short) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
