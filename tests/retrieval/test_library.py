from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval import library as library_module
from retrieval.building import digest_of, record_of
from retrieval.errors import EmptySourceError, LibraryError
from retrieval.library import Library
from retrieval.readers import read_sources
from retrieval.records import Document
from retrieval.register import Instrument, Register
from retrieval.sources.report import FileReport, Outcome, Proposal

DECREE = """ỦY BAN NHÂN DÂN
TỈNH NAM ĐỊNH
Số: 12/2026/QĐ-UBND
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Nam Định, ngày 20 tháng 5 năm 2026
QUYẾT ĐỊNH
Quy định về lớp học số ở xã
Điều 1. Phạm vi điều chỉnh
1. Quyết định này quy định về lớp học số ở xã.
2. Lớp học số mở vào tối thứ ba hằng tuần.
Điều 2. Hiệu lực thi hành
1. Quyết định này có hiệu lực thi hành kể từ ngày 01 tháng 6 năm 2026.
2. Quyết định này thay thế Quyết định số 7/2024/QĐ-UBND ngày 01 tháng 3 năm 2024 về lớp học số.
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for name in ("mot", "hai", "ba"):
        (folder / f"{name}.txt").write_text(f"Bài {name} nói về lớp học số.\nLớp {name} mở buổi tối.", encoding="utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(Library(tmp_path / "var" / "library.db")) as opened:
        yield opened


def _told(reports: list[FileReport]) -> dict[str, Outcome]:
    return {Path(report.path).name: report.outcome for report in reports}


def confirm_all(library: Library, confirmed: bool = True) -> None:
    library.confirm(replace(each, confirmed=confirmed) for each in library.statements())


def _ids(library: Library) -> list[str]:
    return [document.id for document in library]


def test_what_is_kept_is_what_was_read(library: Library, source: Path) -> None:
    (source / "luat.txt").write_text(DECREE, encoding="utf-8")
    reports = library.update([source])
    assert _told(reports) == dict.fromkeys(["ba.txt", "hai.txt", "luat.txt", "mot.txt"], Outcome.READ)
    expected = read_sources([source]).documents
    assert list(library) == expected
    assert list(library.digests()) == [digest_of(record_of(document)) for document in expected]
    assert len(library) == 4
    assert library.sources() == [source.resolve()]


def test_only_what_changed_is_read_again(library: Library, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.update([source])
    (source / "hai.txt").write_text("Bài hai đã đổi nội dung.", encoding="utf-8")
    (source / "bon.txt").write_text("Bài bốn là bài mới thêm.", encoding="utf-8")
    read: list[str] = []
    original = library_module.read_file

    def counted(path: Path, report: FileReport) -> object:
        read.append(path.name)
        return original(path, report)

    monkeypatch.setattr(library_module, "read_file", counted)
    assert _told(library.update()) == {
        "ba.txt": Outcome.UNCHANGED,
        "bon.txt": Outcome.READ,
        "hai.txt": Outcome.READ,
        "mot.txt": Outcome.UNCHANGED,
    }
    assert read == ["bon.txt", "hai.txt"]
    assert next(document for document in library if document.id == "hai").text == "Bài hai đã đổi nội dung."


def test_a_file_that_is_gone_takes_its_documents_with_it(library: Library, source: Path) -> None:
    library.update([source])
    (source / "mot.txt").unlink()
    assert _told(library.update())["mot.txt"] is Outcome.REMOVED
    assert _ids(library) == ["ba", "hai"]


def test_a_source_that_is_not_there_keeps_what_was_read(library: Library, source: Path, tmp_path: Path) -> None:
    library.update([source])
    source.rename(tmp_path / "elsewhere")
    (report,) = library.update()
    assert report.outcome is Outcome.UNCHANGED
    assert "gỡ nguồn" in report.warnings[0]
    assert len(library) == 3


def test_a_source_is_removed_whole(library: Library, source: Path, tmp_path: Path) -> None:
    other = tmp_path / "khac.txt"
    other.write_text("Một tệp đứng riêng một mình.", encoding="utf-8")
    library.update([source, other])
    reports = library.update(remove=[source])
    assert sum(report.outcome is Outcome.REMOVED for report in reports) == 3
    assert _ids(library) == ["khac"]
    assert library.sources() == [other.resolve()]


def test_a_source_that_was_never_added_cannot_be_removed(library: Library, source: Path, tmp_path: Path) -> None:
    library.update([source])
    with pytest.raises(EmptySourceError, match="source"):
        library.update(remove=[tmp_path / "khac"])
    assert len(library) == 3


def test_a_missing_source_is_not_added(library: Library, tmp_path: Path) -> None:
    with pytest.raises(EmptySourceError, match="khong-co"):
        library.update([tmp_path / "khong-co"])
    assert library.sources() == []


def test_a_dry_run_tells_and_changes_nothing(library: Library, source: Path, tmp_path: Path) -> None:
    library.update([source])
    more = tmp_path / "more"
    more.mkdir()
    (more / "moi.txt").write_text(DECREE, encoding="utf-8")
    (source / "mot.txt").unlink()
    reports = library.update([more], dry_run=True)
    assert _told(reports)["moi.txt"] is Outcome.READ
    assert _told(reports)["mot.txt"] is Outcome.REMOVED
    assert any(proposal.field == "number" for report in reports for proposal in report.proposals)
    assert _ids(library) == ["ba", "hai", "mot"]
    assert library.sources() == [source.resolve()]
    assert library.statements() == []


BROKEN = b'{"_id": "a", "text": "Mot"}\n{"_id": "b", "text": '


def test_a_bad_file_stops_no_other_and_never_enters_by_half(library: Library, source: Path) -> None:
    (source / "anh.png").write_bytes(b"\x89PNG")
    (source / "hang.jsonl").write_bytes(BROKEN)
    (source / "rong.md").write_bytes(b"")
    reports = {Path(report.path).name: report for report in library.update([source])}
    assert {name for name, report in reports.items() if report.outcome is Outcome.SKIPPED} == {
        "anh.png", "hang.jsonl", "rong.md",
    }  # fmt: skip
    assert "dòng 2" in reports["hang.jsonl"].problem
    assert str(source) not in reports["hang.jsonl"].problem
    assert _ids(library) == ["ba", "hai", "mot"]


def test_a_file_that_became_bad_keeps_what_was_read_and_says_so(library: Library, source: Path) -> None:
    rows = source / "hang.jsonl"
    rows.write_text('{"_id": "a", "text": "Mot"}\n', encoding="utf-8")
    library.update([source])
    rows.write_bytes(BROKEN)
    for fresh in (True, False):
        report = next(each for each in library.update() if each.path.endswith("hang.jsonl"))
        assert (report.outcome, report.documents, report.fresh) == (Outcome.SKIPPED, 1, fresh)
        assert "vẫn dùng bản đã đọc lần trước" in report.warnings
    assert "a" in _ids(library)


def test_two_files_of_one_name_are_told_apart_by_their_folders(library: Library, source: Path) -> None:
    (source / "2026").mkdir()
    (source / "2026" / "mot.txt").write_text("Bài một của năm khác hẳn.", encoding="utf-8")
    library.update([source])
    assert {document.id: document.text[:12] for document in library if "mot" in document.id} == {
        "mot": "Bài một của ",
        "source/mot": "Bài mot nói ",
    }


def test_the_copy_of_a_file_is_left_out_until_the_first_is_gone(library: Library, source: Path) -> None:
    copy = source / "sao" / "mot.txt"
    copy.parent.mkdir()
    copy.write_bytes((source / "mot.txt").read_bytes())
    report = next(each for each in library.update([source]) if each.outcome is Outcome.SKIPPED)
    assert "giống hệt" in report.problem
    kept = source / "mot.txt" if report.path == str(copy) else copy
    kept.unlink()
    assert _told(library.update())["mot.txt"] is Outcome.READ
    assert _ids(library).count("mot") == 1


def test_a_code_that_another_file_has_is_refused(library: Library, source: Path) -> None:
    for name in ("x", "y"):
        (source / f"{name}.jsonl").write_text(json.dumps({"_id": "ma", "text": f"Chữ {name}."}), encoding="utf-8")
    problems = [report.problem for report in library.update([source]) if report.problem]
    assert len(problems) == 1
    assert "trùng mã 'ma'" in problems[0]
    assert _ids(library).count("ma") == 1


def test_of_rows_with_one_code_the_first_is_kept(library: Library, tmp_path: Path) -> None:
    rows = tmp_path / "a.jsonl"
    rows.write_text(
        "\n".join(json.dumps({"_id": i, "text": f"Chữ {n}."}) for n, i in enumerate("aab")), encoding="utf-8"
    )
    (report,) = library.update([rows])
    assert [document.text for document in library] == ["Chữ 0.", "Chữ 2."]
    assert (report.documents, len(report.warnings)) == (2, 1)
    assert "'a'" in report.warnings[0]


def test_documents_come_in_the_order_of_sources_files_and_rows(library: Library, source: Path, tmp_path: Path) -> None:
    rows = tmp_path / "a.jsonl"
    rows.write_text("\n".join(json.dumps({"_id": i, "text": f"Chữ {i}."}) for i in "zyx"), encoding="utf-8")
    library.update([source])
    library.update([rows])
    assert _ids(library) == ["ba", "hai", "mot", "z", "y", "x"]


def test_what_a_text_says_of_itself_counts_once_it_is_confirmed(library: Library, source: Path) -> None:
    (source / "luat.txt").write_text(DECREE, encoding="utf-8")
    (source / "cu.md").write_text(
        "---\nid: cu\ntitle: Quyết định cũ\nnumber: 7/2024/QĐ-UBND\n---\nLớp học số cũ mở ban ngày.", encoding="utf-8"
    )
    library.update([source])
    before = {document.id: document for document in library}
    digests = list(library.digests())
    assert before["luat"].number is None
    assert before["cu"].effective_to is None
    for each in library.statements():
        assert each.file.endswith("luat.txt")
        assert not each.confirmed
    confirm_all(library)
    after = {document.id: document for document in library}
    assert after["luat"].number == "12/2026/QĐ-UBND"
    assert (after["luat"].issued, after["luat"].effective_from) == ("2026-05-20", "2026-06-01")
    assert (after["cu"].effective_to, after["cu"].replaced_by) == ("2026-05-31", "12/2026/QĐ-UBND")
    assert sum(one != other for one, other in zip(digests, library.digests(), strict=True)) == 2
    assert after["mot"] == before["mot"]


def test_what_a_confirmed_text_ends_ends_for_documents_from_elsewhere_too(library: Library, source: Path) -> None:
    (source / "luat.txt").write_text(DECREE, encoding="utf-8")
    library.update([source])
    ours = replace(Document("cu", "Lớp học số", "Lớp mở ban ngày.", ()), number="07/2024/QĐ-UBND")
    other = replace(ours, number="8/2024/QĐ-UBND")
    assert library.with_endings([ours, other]) == [ours, other]
    confirm_all(library)
    ended, kept = library.with_endings([ours, other])
    assert (ended.effective_to, ended.replaced_by) == ("2026-05-31", "12/2026/QĐ-UBND")
    assert kept == other


def test_wrong_arguments_change_nothing(library: Library, source: Path, tmp_path: Path) -> None:
    library.update([source])
    other = tmp_path / "khac.txt"
    other.write_text("Lớp học số khác mở ban ngày.", encoding="utf-8")
    for add, remove in (([other, tmp_path / "khong-co"], []), ([other], [tmp_path / "chua-them"])):
        with pytest.raises(EmptySourceError):
            library.update(add, remove)
    with pytest.raises(EmptySourceError):
        library.update([], [source, tmp_path / "chua-them"])
    assert library.sources() == [source]
    assert len(library) == 3


def test_what_was_confirmed_or_corrected_stays_when_the_file_is_read_again(library: Library, source: Path) -> None:
    path = source / "luat.txt"
    path.write_text(DECREE, encoding="utf-8")
    library.update([source])
    number = next(each for each in library.statements() if each.said.field == "number")
    library.confirm([replace(number, value="12a/2026/QĐ-UBND", confirmed=True)])
    path.write_text(DECREE + "3. Lớp học số miễn phí.\n", encoding="utf-8")
    library.update()
    assert next(document for document in library if document.id == "luat").number == "12a/2026/QĐ-UBND"
    path.write_text(DECREE.replace("Số: 12/", "Số: 13/"), encoding="utf-8")
    library.update()
    assert next(document for document in library if document.id == "luat").number is None


def test_a_confirmation_can_be_taken_back(library: Library, source: Path) -> None:
    (source / "luat.txt").write_text(DECREE, encoding="utf-8")
    library.update([source])
    for confirmed in (True, False):
        confirm_all(library, confirmed)
        assert {each.confirmed for each in library.statements()} == {confirmed}
    assert next(document for document in library if document.id == "luat").number is None


def test_the_register_ends_what_is_known_to_have_ended(tmp_path: Path, source: Path) -> None:
    register = Register((Instrument("7/2024/QĐ-UBND", "Cũ", effective_to="2026-05-31", replaced_by="12/2026/QĐ-UBND"),))
    (source / "cu.md").write_text(
        "---\nid: cu\ntitle: Cũ\nnumber: 07/2024/QĐ-UBND\n---\nLớp học số cũ.", encoding="utf-8"
    )
    with closing(Library(tmp_path / "library.db", register)) as library:
        library.update([source])
        document = next(each for each in library if each.id == "cu")
    assert (document.effective_to, document.replaced_by) == ("2026-05-31", "12/2026/QĐ-UBND")


def test_texts_that_share_most_of_their_words_are_told(library: Library, source: Path) -> None:
    text = " ".join(f"Câu thứ {n} nói riêng về việc số {n * 7} của lớp học." for n in range(40))
    (source / "goc.txt").write_text(f"Lớp học số cho mọi người.\n{text}", encoding="utf-8")
    library.update([source])
    (source / "chep.txt").write_text(f"Tin mới về lớp học hôm nay.\n{text}", encoding="utf-8")
    report = next(each for each in library.update() if each.path.endswith("chep.txt"))
    assert any("goc" in warning and "trùng" in warning for warning in report.warnings)


def test_a_damaged_library_is_named_with_the_next_step(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    file.write_bytes(b"khong phai co so du lieu " * 99)
    with pytest.raises(LibraryError, match=r"library\.db.*SOURCE"):
        Library(file)


def test_a_process_that_dies_in_the_middle_of_a_file_leaves_none_of_it(
    library: Library, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "hang.jsonl").write_text(
        "\n".join(json.dumps({"_id": i, "text": "Chữ."}) for i in "abc"), encoding="utf-8"
    )
    original = library_module.signature
    seen: list[str] = []

    def die_at_the_second(text: str) -> bytes:
        seen.append(text)
        if seen.count("Chữ.") == 2:
            raise KeyboardInterrupt
        return original(text)

    with monkeypatch.context() as patch:
        patch.setattr(library_module, "signature", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            library.update([source])
    with sqlite3.connect(library.file) as other:
        assert other.execute("SELECT count(*) FROM documents WHERE file LIKE '%hang.jsonl'").fetchone() == (0,)
    library.update()
    assert {"a", "b", "c"} <= set(_ids(library))


def test_a_statement_carries_its_file_and_the_words_that_say_it(library: Library, source: Path) -> None:
    (source / "luat.txt").write_text(DECREE, encoding="utf-8")
    library.update([source])
    found = next(each for each in library.statements() if each.said.field == "effective_from")
    assert found.file == str((source / "luat.txt").resolve())
    assert isinstance(found.said, Proposal)
    assert "01 tháng 6 năm 2026" in found.said.evidence
