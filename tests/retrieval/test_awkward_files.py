"""A folder of awkward files: every one gives its documents whole or none, with a sentence that says why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from retrieval.sources.report import FileReport, Outcome
from tests.benchmarks.awkward_files import outcomes, write_all

READ = r""".*/tot\.\w+|bang-ma/.*|hang/tot\.jsonl|doc-hai/(dai\.pdf|dong-trong\.xlsx|rat-xa\.xlsx)"""
# A text is a text under either ending, and half a text is one that ends early.
READ_AS_THEY_ARE = r"sai-duoi/(la-csv\.txt|la-txt\.csv|la-html\.txt|nua\.(csv|html|txt))"
SAYS = {
    r"to/.*": "64 MB",
    r"mat-khau/khoa.*": "mật khẩu",
    r"sai-duoi/la-(empty|spaces)\..*": "rỗng",
    r"sai-duoi/la-pdf\..*": "PDF",
    r"sai-duoi/la-png\..*": "ảnh",
    r"sai-duoi/la-(doc|xls)\..*": "đời cũ",
    r"sai-duoi/nua\.(pdf|docx|xlsx)": "hỏng",
    r"doc-hai/bom.*": "nén bất thường",
    r"hang/cut\.jsonl": "dòng 3",
    r"hang/thieu-ma\.jsonl": "thiếu mã",
    r"hang/la\.mapping\.jsonl": "thiếu mã",
    r"hang/cut\.json\.gz": "không mở được",
    r"hang/bung\.txt\.gz": "64 MB",
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileReport]:
    folder = tmp_path_factory.mktemp("awkward") / "files"
    write_all(folder)
    found = outcomes(folder, folder.parent)
    return {Path(report.path).relative_to(folder.resolve()).as_posix(): report for report in found}


def test_every_file_is_told_of_and_no_good_one_is_lost(reports: dict[str, FileReport]) -> None:
    assert len(reports) > 120
    wanted = {name for name in reports if re.fullmatch(f"(?:{READ}|{READ_AS_THEY_ARE})", name)}
    read = {name for name, report in reports.items() if report.outcome is Outcome.READ}
    copies = {name for name, report in reports.items() if "giống hệt" in report.problem}
    assert read <= wanted
    assert wanted - read == copies & wanted


def test_a_file_that_is_left_out_gives_nothing_and_says_why(reports: dict[str, FileReport]) -> None:
    for name, report in reports.items():
        if report.outcome is not Outcome.READ:
            assert report.documents == 0, name
            assert len(report.problem) > 5, name


@pytest.mark.parametrize("pattern", SAYS)
def test_the_sentence_names_what_is_wrong(reports: dict[str, FileReport], pattern: str) -> None:
    named = [report for name, report in reports.items() if re.fullmatch(pattern, name)]
    assert named
    assert all(SAYS[pattern] in report.problem for report in named)


def test_old_encodings_are_told(reports: dict[str, FileReport]) -> None:
    for name, report in reports.items():
        if name.startswith("bang-ma/") and "UTF" not in name:
            encoding = Path(name).stem
            assert any(encoding in warning for warning in report.warnings), name
