"""What the pages and the widget's script are as they leave the server: small, cacheable, and nothing inline."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot import pages
from bot.settings import ROOT

MOST_GZIPPED = 20_000
PAGES = ["/", "/chat"]


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(pages.router)
    with TestClient(app) as client:
        yield client


def test_the_widget_is_one_small_file(client: TestClient) -> None:
    script = client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert int(script.headers["content-length"]) <= MOST_GZIPPED
    assert gzip.decompress(pages.widget().gzipped) == script.content
    assert client.get("/widget.js", headers={"Accept-Encoding": "identity"}).content == script.content


@pytest.mark.skipif(which("node") is None, reason="node is not here to read the script")
def test_the_widget_is_a_script_that_can_be_read(tmp_path: Path) -> None:
    built = tmp_path / "widget.js"
    built.write_bytes(pages.widget().body)
    subprocess.run(["node", "--check", str(built)], check=True)


def test_the_widget_holds_every_part_and_asks_nothing_that_a_strict_policy_forbids() -> None:
    source = pages.widget().body.decode()
    names = {path.stem for path in (ROOT / "bot" / "web" / "widget").glob("*.js")}
    assert names == set(pages._PARTS)
    assert not re.search(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", source)
    assert not re.search(r"url\(|@import|@font-face", source)
    assert re.findall(r"https?://[\w.]+", source) == ["http://www.w3.org"], "nothing is fetched from elsewhere"


def test_a_browser_that_has_it_is_not_sent_it_again(client: TestClient) -> None:
    first = client.get("/widget.js")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/widget.js", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_fixed_version_can_be_checked_and_kept_for_ever(client: TestClient) -> None:
    widget = pages.widget()
    fixed = client.get(f"/widget-{widget.version}.js")
    assert "immutable" in fixed.headers["cache-control"]
    digest = base64.b64encode(hashlib.sha256(fixed.content).digest()).decode()
    assert widget.integrity == f"sha256-{digest}"
    assert fixed.headers["access-control-allow-origin"] == "*", "without it no browser checks `integrity`"
    for other in ("0" * 12, "x", "..%2fwidget"):
        assert client.get(f"/widget-{other}.js").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_nothing_inline_and_everything_it_names_is_there(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="vi">' in page.text
    assert "<noscript>" in page.text
    assert "<style" not in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", page.text)
    for address in re.findall(r'(?:src|href)="([^"#]+)"', page.text):
        if address != "tra-cuu":  # another door's page
            assert client.get(f"/{address}").status_code == 200, address


def test_the_demo_page_says_that_its_commune_is_not_real(client: TestClient) -> None:
    page = client.get("/").text
    assert "Xã Bình Minh không có thật" in page
    assert re.findall(r"<script[^>]*>", page) == ['<script src="widget.js" async>']


def test_the_sources_of_pages_cannot_be_reached(client: TestClient) -> None:
    for path in ("/index.html", "/widget/api.js", "/widget.css", "/chat.html", "/%2e%2e/pages.py"):
        assert client.get(path).status_code == 404


def test_the_command_prints_a_tag_with_the_right_hash() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.pages", "https://tro-ly.example.vn/"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    widget = pages.widget()
    assert f'src="https://tro-ly.example.vn/widget-{widget.version}.js"' in done.stdout
    assert f'integrity="{widget.integrity}" crossorigin="anonymous"' in done.stdout


def test_every_sentence_of_the_widget_is_used() -> None:
    folder = ROOT / "bot" / "web" / "widget"
    texts = (folder / "texts.js").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.js") if path.name != "texts.js")
    names = re.findall(r"^  (\w+):", texts, re.M)
    assert len(names) > 60
    chosen_by_name = {"bot", "user", "up", "down"}  # SAY[kind], SAY[rating]
    assert {name for name in names if f"SAY.{name}" not in code} == chosen_by_name


def test_settings_in_the_guide_are_those_that_the_widget_reads() -> None:
    guide = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")
    source = pages.widget().body.decode()
    read = {
        "data-" + re.sub(r"[A-Z]", lambda letter: f"-{letter.group().lower()}", name)
        for name in re.findall(r"dataset\.(\w+)", source)
    }
    assert set(re.findall(r"^\| `(data-[\w-]+)`", guide, re.M)) == read
    assert set(re.findall(r"`(--tro-ly-so-\w[\w-]*)`", guide)) == set(re.findall(r"var\((--tro-ly-so-[\w-]+)", source))
    events = set(re.findall(r"`tro-ly-so:(\w+)`", guide))
    assert events == set(re.findall(r"this\.emit\('(\w+)'", source))
