from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.cli import main
from tests.conftest import ROOT
from tests.retrieval.library import LIBRARY, write_document

pytestmark = pytest.mark.usefixtures("fake_model")
COMMANDS = ["build", "search", "ask", "evaluate", "embedder"]


@pytest.fixture
def index(tmp_path: Path, fake_model: None, capsys: pytest.CaptureFixture[str]) -> str:
    """An index of the library, built from the command line."""
    folder = str(tmp_path / "index")
    assert main(["build", "--strict", "--source", str(LIBRARY), "--index", folder]) == 0
    capsys.readouterr()
    return folder


def _write(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("command", [[], *[[name] for name in COMMANDS]])
def test_help_is_printed_for_every_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    assert "usage: python -m retrieval" in capsys.readouterr().out


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "retrieval", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["build", "--index", "x"],
        ["search", "--index", "x"],
        ["ask", "--index", "x"],
        ["ask", "--index", "x", "câu hỏi", "--input", "q.jsonl"],
        ["evaluate", "--index", "x"],
    ],
)
def test_wrong_arguments_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_build_says_what_it_does_and_the_second_time_that_nothing_is_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["build", "--source", str(LIBRARY), "--index", str(tmp_path / "index")]
    assert main(arguments) == 0
    first = capsys.readouterr()
    assert main(arguments) == 0
    second = capsys.readouterr()
    assert "Đang tạo chỉ mục từ 6 tài liệu" in first.err
    assert "đã mới nhất (6 tài liệu)" in second.err
    assert first.out == second.out == ""


def test_build_takes_several_sources(tmp_path: Path, documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_document(documents, "them", "## Hỏi?\n\nĐáp.")
    index = str(tmp_path / "index")
    assert main(["build", "--source", str(LIBRARY), "--source", str(file), "--index", index]) == 0
    assert "7 tài liệu" in capsys.readouterr().err


def test_build_exits_with_3_when_files_were_left_out(
    tmp_path: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_document(documents, "tot", "## Hỏi?\n\nĐáp.")
    (documents / "hong.json").write_text("{", encoding="utf-8")
    arguments = ["build", "--source", str(documents), "--index", str(tmp_path / "index")]
    assert [main(arguments), main(arguments)] == [3, 3]
    assert "Bỏ qua: " in (err := capsys.readouterr().err)
    assert "hong.json: JSON sai ở dòng 1" in err


def test_strict_build_exits_with_2_and_keeps_the_old_index(
    index: str, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_document(documents, "thieu", "Chữ.", issuer=None)
    assert main(["build", "--strict", "--source", str(documents), "--index", index]) == 2
    assert "thieu.md: trường 'issuer'" in capsys.readouterr().err
    assert main(["ask", "--index", index, "lệ phí nộp qua đâu"]) == 0


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.json", "{", "JSON sai"),
        ("b.doc", "", "không đọc loại tệp"),
        ("c.md", "\u200b", "không có chữ nào"),
    ],
)
def test_a_source_of_which_nothing_can_be_read_exits_with_2(
    tmp_path: Path, name: str, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["build", "--source", str(tmp_path / name), "--index", str(tmp_path / "index")]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "index" / "CURRENT").exists()


def test_a_missing_source_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--source", str(tmp_path / "khong-co"), "--index", str(tmp_path / "index")]) == 2
    assert "Không tìm thấy nguồn" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["search", "x y"], ["ask", "x y"]])
def test_a_missing_index_exits_with_1_and_the_next_step(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--index", str(tmp_path / "khong-co")]) == 1
    assert "make index" in capsys.readouterr().err


def test_an_index_of_another_model_exits_with_1(
    index: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMBEDDING_MODEL", "mo-hinh-khac")
    assert main(["ask", "--index", index, "x y"]) == 1
    assert "'fake'" in (err := capsys.readouterr().err)
    assert "'mo-hinh-khac'" in err


def test_search_prints_every_score_for_people_and_for_programs(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "--index", index, "lệ phí nộp qua đâu", "-k", "3"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(" 1. cong-truc-tuyen · Lệ phí được nộp qua đâu?\n")
    assert text.count("căn cứ") == 3
    assert "[giữ]" in text
    assert "[loại: weak_evidence]" in text
    assert main(["search", "--index", index, "lệ phí nộp qua đâu", "-k", "3", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["kept"] for row in rows] == [True, False, False]
    assert set(rows[0]) == set(
        (
            "passage_id document_id title section text province dense sentence lexical fused asked evidence heading "
            "coverage kept rejected"
        ).split()
    )


def test_ask_prints_the_answer_and_its_numbered_sources(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "--index", index, "lệ phí nộp qua đâu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("[1]")
    assert lines[1] == "[1] Nộp hồ sơ trên cổng trực tuyến · Lệ phí được nộp qua đâu?"
    assert lines[2].strip() == "https://example.org/cong"


def test_ask_without_an_answer_prints_status_and_reason(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "--index", index, "gia vang hom nay"]) == 0
    assert capsys.readouterr().out == "(no_answer: no_evidence)\n"


def test_ask_json_is_one_answer(index: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "--index", index, "lệ phí nộp qua đâu", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "answered"
    assert answer["citations"][0]["document_id"] == "cong-truc-tuyen"


SEAL = "Văn bản gửi qua hòm thư có cần con dấu giấy khi lưu trữ không?"
SEAL_BEFORE = "Trước đây, văn bản gửi qua hòm thư có cần con dấu giấy khi lưu trữ không?"


@pytest.mark.parametrize(
    ("day", "note"),
    [
        ("2022-08-14", "Lưu ý not_yet: 11/2022/NĐ-TEST · 2022-08-15"),
        ("2022-08-15", None),
        ("2026-06-30", None),
    ],
)
def test_ask_answers_as_on_the_day_given(
    index: str, capsys: pytest.CaptureFixture[str], day: str, note: str | None
) -> None:
    assert main(["ask", "--index", index, "--today", day, SEAL]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Văn bản gửi qua hòm thư vẫn cần con dấu giấy khi lưu trữ. [1]"
    assert [line for line in lines if line.startswith("Lưu ý ")] == ([note] if note else [])


def test_ask_says_of_what_has_lapsed_on_the_day_given_how_to_ask_of_the_past(
    index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "--index", index, "--today", "2026-07-01", SEAL]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "(no_answer: lapsed)",
        "Lưu ý expired: 11/2022/NĐ-TEST · 2026-06-30",
        f"Hỏi tiếp: {SEAL_BEFORE}",
    ]
    assert main(["ask", "--index", index, "--today", "2026-07-01", SEAL_BEFORE, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["citations"][0]["in_force"]) == ("answered", False)
    assert [note["kind"] for note in answer["notes"]] == ["expired"]


@pytest.mark.parametrize(("day", "statuses"), [("2026-06-30", ["answered"]), ("2026-07-01", ["no_answer"])])
def test_a_file_of_questions_is_answered_as_on_the_day_given(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str, statuses: list[str]
) -> None:
    asked = _write(tmp_path / "q.jsonl", [{"id": "q1", "question": SEAL}])
    assert main(["ask", "--index", index, "--today", day, "--input", asked]) == 0
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == statuses


@pytest.mark.parametrize("day", ["hôm nay", "30/6/2026", "2026-02-30", "2026-06", ""])
def test_what_is_no_day_exits_with_2(index: str, capsys: pytest.CaptureFixture[str], day: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["ask", "--index", index, "--today", day, SEAL])
    assert stop.value.code == 2
    assert "--today" in capsys.readouterr().err


QUESTIONS: list[dict[str, object]] = [
    {"id": "q1", "question": "Lệ phí được nộp qua đâu?"},
    {"id": "q2", "question": "gia vang hom nay", "kind": "offtopic"},
    {"id": "q3", "question": "\u200b"},
]


def test_a_file_of_questions_becomes_a_file_of_answers_in_the_same_order(index: str, tmp_path: Path) -> None:
    asked, output = _write(tmp_path / "q.jsonl", QUESTIONS), tmp_path / "a.jsonl"
    assert main(["ask", "--index", index, "--input", asked, "--output", str(output)]) == 0
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["status"]) for row in rows] == [
        ("q1", "answered"), ("q2", "no_answer"), ("q3", "clarify")
    ]  # fmt: skip
    assert all({"id", "status", "text", "citations"} <= set(row) for row in rows)
    assert rows[0]["citations"][0]["quote"] in rows[0]["text"]
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_without_an_output_file_answers_go_to_standard_output(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "--index", index, "--input", _write(tmp_path / "q.jsonl", QUESTIONS)]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["q1", "q2", "q3"]


def test_ids_come_back_as_they_were_given(index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = _write(tmp_path / "q.jsonl", [{"id": 7, "question": "x y"}])
    assert main(["ask", "--index", index, "--input", asked]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == 7


def _crash_on_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    from retrieval.answer import Answerer

    answer, calls = Answerer.answer, []

    def crashing(self: Answerer, text: str) -> object:
        calls.append(text)
        if len(calls) == 2:
            raise OSError("đĩa đầy")
        return answer(self, text)

    monkeypatch.setattr(Answerer, "answer", crashing)


def test_a_crash_half_way_leaves_the_old_answers_as_they_were(
    index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, output = _write(tmp_path / "q.jsonl", QUESTIONS), tmp_path / "a.jsonl"
    output.write_text("cũ", encoding="utf-8")
    _crash_on_the_second(monkeypatch)
    assert main(["ask", "--index", index, "--input", asked, "--output", str(output)]) == 1
    assert output.read_text(encoding="utf-8") == "cũ"


def test_a_crash_half_way_leaves_no_partial_file(index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, output = _write(tmp_path / "q.jsonl", QUESTIONS), tmp_path / "a.jsonl"
    _crash_on_the_second(monkeypatch)
    assert main(["ask", "--index", index, "--input", asked, "--output", str(output)]) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"index", "q.jsonl"}


def test_bad_questions_and_a_missing_file_exit_with_2(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = _write(tmp_path / "q.jsonl", [{"id": "q1"}])
    assert main(["ask", "--index", index, "--input", asked]) == 2
    assert "q.jsonl: dòng 1" in capsys.readouterr().err
    assert main(["ask", "--index", index, "--input", str(tmp_path / "khong-co.jsonl")]) == 2


def test_evaluate_prints_json_on_its_last_line_and_nothing_else(
    index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queries = _write(tmp_path / "q.jsonl", [{"_id": "a", "text": "Lệ phí được nộp qua đâu?"}])
    qrels = tmp_path / "r.tsv"
    qrels.write_text("query-id\tcorpus-id\tscore\na\tcong-truc-tuyen\t1\n", encoding="utf-8")
    arguments = ["evaluate", "--index", index, "--queries", queries, "--qrels", str(qrels)]
    for more in ([], ["--no-diacritics"]):
        assert main([*arguments, *more]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line)["recall@1"] == 1.0


def test_beir_rows_are_evaluated_by_their_own_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = " ".join(f"Thư viện số mở cửa {n} giờ sáng." for n in range(60))
    rows = [{"_id": "d1", "title": "Thư viện", "text": long}, {"_id": "d2", "title": "Chợ", "text": "Chợ bán cá."}]
    corpus, index = _write(tmp_path / "corpus.jsonl", rows), str(tmp_path / "index")
    queries = _write(tmp_path / "q.jsonl", [{"_id": "a", "text": "chợ bán cá"}, {"_id": "b", "text": "thư viện số"}])
    qrels = tmp_path / "r.tsv"
    qrels.write_text("a\td2\t1\nb\td1\t1\n", encoding="utf-8")
    assert main(["build", "--source", corpus, "--index", index]) == 0
    assert main(["evaluate", "--index", index, "--queries", queries, "--qrels", str(qrels)]) == 0
    scores = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (scores["queries"], scores["recall@1"], scores["mrr@10"]) == (2, 1.0, 1.0)


def test_embedder_leaves_a_chosen_model_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embedder", "--output", str(tmp_path / "embedder")]) == 0
    assert "EMBEDDING_MODEL=fake" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_embedder_is_made_once_and_again_when_the_conversion_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def convert(target: Path, **_: object) -> None:
        target.mkdir(exist_ok=True)
        made.append(target)

    monkeypatch.delenv("EMBEDDING_MODEL")
    monkeypatch.setattr("retrieval.e5_weights.convert", convert)
    arguments = ["embedder", "--output", str(tmp_path / "embedder")]
    assert [main(arguments), main(arguments), len(made)] == [0, 0, 1]
    monkeypatch.setattr("retrieval.cli.CONVERTER", 99)
    assert [main(arguments), len(made)] == [0, 2]


def test_nothing_is_written_outside_the_index_folder(index: str, tmp_path: Path) -> None:
    assert sorted(os.listdir(tmp_path)) == ["index"]
