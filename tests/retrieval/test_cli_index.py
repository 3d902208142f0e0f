"""`python -m retrieval index`: our own documents, and the sources of an office beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.cli import LIBRARY as LIBRARY_FILE
from retrieval.cli import SHEET, main
from retrieval.versions import current
from tests.retrieval.library import LIBRARY, write_document
from tests.retrieval.test_library import DECREE

pytestmark = pytest.mark.usefixtures("fake_model")
Run = Callable[..., tuple[int, str]]
MORNING, ASKED = "Lớp học số mở vào sáng thứ hai hằng tuần.", "Lớp học số mở vào sáng thứ mấy hằng tuần?"


@pytest.fixture
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "co-quan"
    folder.mkdir()
    (folder / "quyet-dinh.txt").write_text(DECREE, encoding="utf-8")
    (folder / "hong.docx").write_bytes(b"PK\x03\x04 hong")
    return folder


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_index(*arguments: str, own: Path = LIBRARY) -> tuple[int, str]:
        library = str(tmp_path / "var" / LIBRARY_FILE)
        fixed = ["--own", str(own), "--library", library, "--index", str(tmp_path / "index")]
        code = main(["index", *fixed, *arguments])
        return code, capsys.readouterr().err

    return run_index


def _ask(tmp_path: Path, capsys: pytest.CaptureFixture[str], question: str) -> dict[str, object]:
    assert main(["ask", "--index", str(tmp_path / "index"), "--json", question]) == 0
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_without_sources_it_is_the_index_of_our_own_documents(run: Run) -> None:
    assert run()[0] == 0
    assert "đã mới nhất" in run()[1]


def test_a_source_joins_stays_and_leaves(
    run: Run, office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run()
    code, told = run("--source", str(office))
    assert code == 3
    assert "đã đọc: " in told
    assert "bỏ qua: " in told
    assert "Tệp: 1 đã đọc, 1 bỏ qua" in told
    answer = _ask(tmp_path, capsys, "Lớp học số mở vào tối nào hằng tuần?")
    (first, *_) = answer["citations"]  # type: ignore[misc]
    assert first["document_id"] == "quyet-dinh"
    assert first["section"] == "Điều 1. Phạm vi điều chỉnh › khoản 2"
    version = current(tmp_path / "index")
    assert "đã mới nhất" in run()[1]
    assert current(tmp_path / "index") == version
    code, told = run("--remove", str(office))
    assert (code, "Tệp: 2 đã gỡ" in told) == (0, True)
    assert current(tmp_path / "index") != version


def test_a_dry_run_reports_and_changes_nothing(run: Run, office: Path, tmp_path: Path) -> None:
    run()
    version = current(tmp_path / "index")
    code, told = run("--source", str(office), "--dry-run")
    assert code == 3
    assert "số hiệu: 12/2026/QĐ-UBND  («Số: 12/2026/QĐ-UBND»)" in told
    assert "chưa đổi gì" in told
    assert current(tmp_path / "index") == version
    assert not (tmp_path / "var" / SHEET).exists()
    assert "Tệp" not in run()[1]


def test_numbers_and_dates_count_once_they_are_confirmed(
    run: Run, office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = "Lớp học số mở vào tối nào hằng tuần?"
    _, told = run("--source", str(office))
    assert "chưa được xác nhận" in told
    assert str(tmp_path / "var" / SHEET) in told
    assert _ask(tmp_path, capsys, question)["citations"][0]["number"] is None  # type: ignore[index]
    _, told = run("--confirm")
    assert "chưa được xác nhận" not in told
    cited = _ask(tmp_path, capsys, question)["citations"][0]  # type: ignore[index]
    assert (cited["number"], cited["effective_from"], cited["in_force"]) == ("12/2026/QĐ-UBND", "2026-06-01", True)


def test_a_fault_in_our_own_documents_keeps_the_index(run: Run, tmp_path: Path) -> None:
    run()
    version = current(tmp_path / "index")
    own = tmp_path / "own"
    write_document(own, "thieu", "Chữ.", issuer=None)
    code, told = run(own=own)
    assert (code, current(tmp_path / "index")) == (2, version)
    assert "issuer" in told


@pytest.mark.parametrize("option", ["--source", "--remove"])
def test_a_source_that_is_not_there_is_named(run: Run, option: str, tmp_path: Path) -> None:
    code, told = run(option, str(tmp_path / "khong-co"))
    assert code == 2
    assert "khong-co" in told


def test_the_register_ends_documents_of_a_source(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cu.md").write_text(
        f"---\nid: cu\ntitle: Quyết định cũ\nnumber: 7/2024/QĐ-UBND\n---\n{MORNING}", encoding="utf-8"
    )
    run("--source", str(tmp_path / "cu.md"))
    assert '"cu"' in json.dumps(_ask(tmp_path, capsys, ASKED)["citations"])
    register = tmp_path / "register.yml"
    register.write_text("- {number: 7/2024/QĐ-UBND, name: Cũ, effective_to: 2025-12-31}\n", encoding="utf-8")
    run("--register", str(register))
    assert '"cu"' not in json.dumps(_ask(tmp_path, capsys, ASKED)["citations"])


def test_a_confirmed_text_of_an_office_ends_one_of_our_own(
    run: Run, office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    write_document(own, "cu", MORNING, number="7/2024/QĐ-UBND", issued="2024-03-01")
    run("--source", str(office), own=own)
    assert '"cu"' in json.dumps(_ask(tmp_path, capsys, ASKED)["citations"])
    run("--confirm", own=own)
    assert '"cu"' not in json.dumps(_ask(tmp_path, capsys, ASKED)["citations"])


def test_a_broken_sheet_is_named_and_nothing_changes(run: Run, office: Path, tmp_path: Path) -> None:
    run("--source", str(office))
    (tmp_path / "var" / SHEET).write_text("hỏng", encoding="utf-8")
    code, told = run()
    assert code == 2
    assert SHEET in told
