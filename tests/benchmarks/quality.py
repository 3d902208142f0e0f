"""`make eval`: how good the answers are, on everything that can be found. Prints Markdown, writes results/eval.json.

Three views, each as written and without diacritics:
- raw articles (../shared/seeds) asked with ../shared/eval/seed_questions.jsonl, scored by ../shared/eval/score.py;
- our own documents (data/documents) asked with the same questions: the figures of the right answer inside a quote;
- retrieval alone on the Vietnamese half of XQuAD.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retrieval.answer import Answerer
from retrieval.embedder import SentenceTransformerEmbedder
from retrieval.evaluate import evaluate, read_qrels, read_queries
from retrieval.index import Index, build, load
from retrieval.readers import read_sources
from retrieval.text import strip_diacritics

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
QUESTIONS = SHARED / "eval" / "seed_questions.jsonl"
# QUICK=1 only shows that the evaluation still works.
QUICK = bool(os.environ.get("QUICK"))
_FIGURE = re.compile(r"\d+(?:[.,/]\d+)*%?")


def main() -> int:
    """Measure, print, write."""
    if not QUESTIONS.is_file():
        print("Không có ../shared/eval: không có bộ câu hỏi nào để đo.", file=sys.stderr)
        return 0
    embedder = SentenceTransformerEmbedder(str(ROOT / "models" / "embedder"))
    questions = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines() if line.strip()]
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as work:
        for bare in (False,) if QUICK else (False, True):
            typed = "without diacritics" if bare else "as written"
            articles = _index(embedder, [SHARED / "seeds"], Path(work) / "seeds")
            report[f"raw articles, {typed}"] = _score(articles, embedder, questions, bare, Path(work))
            documents = _index(embedder, [ROOT / "data" / "documents"], Path(work) / "documents")
            report[f"own documents, {typed}"] = _own(documents, embedder, questions, bare)
        if not QUICK:
            report |= _xquad(embedder, Path(work))
    out = ROOT / "results" / "eval.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print("\n".join(_table(report)))
    return 0


def _index(embedder: SentenceTransformerEmbedder, sources: list[Path], folder: Path) -> Index:
    if not folder.exists():
        build(read_sources(sources).documents, embedder, folder, lambda text: print(text, file=sys.stderr))
    return load(folder, embedder)


def _answers(
    index: Index, embedder: SentenceTransformerEmbedder, questions: list[dict[str, Any]], bare: bool
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    answerer = Answerer(index, embedder)
    for question in questions:
        text = strip_diacritics(question["question"]) if bare else question["question"]
        yield question, {"id": question["id"], **answerer.answer(text).to_json()}


def _score(
    index: Index, embedder: SentenceTransformerEmbedder, questions: list[dict[str, Any]], bare: bool, work: Path
) -> dict[str, Any]:
    """The shares that score.py prints, by kind of question."""
    answers = work / "answers.jsonl"
    rows = (json.dumps(answer, ensure_ascii=False) for _, answer in _answers(index, embedder, questions, bare))
    answers.write_text("\n".join(rows), encoding="utf-8")
    command = [sys.executable, str(SHARED / "eval" / "score.py"), str(QUESTIONS), str(answers)]
    scored = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    report: dict[str, Any] = {"median characters quoted": scored.pop("quoted")}
    for kind in ("answerable", "compare", "unanswerable", "offtopic"):
        box = scored[kind]
        report[f"{kind} good (of {box['n']})"] = box["good"]
    report["answerable, evidence in a quote"] = scored["answerable"]["evidence"]
    report["answerable, declined"] = scored["answerable"]["declined"]
    return report


def _own(
    index: Index, embedder: SentenceTransformerEmbedder, questions: list[dict[str, Any]], bare: bool
) -> dict[str, Any]:
    """Our wording differs from the articles', so an answer counts by the first figure of the right answer."""
    with_figure, found, answerable, answered, hopeless, declined = 0, 0, 0, 0, 0, 0
    for question, answer in _answers(index, embedder, questions, bare):
        given = answer["status"] == "answered"
        if question["kind"] in ("unanswerable", "offtopic"):
            hopeless += 1
            declined += not given
            continue
        answerable += 1
        answered += given
        figures = _FIGURE.findall(question["answer"])
        if figures:
            with_figure += 1
            found += figures[0] in {f for c in answer["citations"] for f in _FIGURE.findall(c["quote"])}
    return {
        f"right figure in a quote (of {with_figure})": round(found / with_figure, 4),
        f"answered (of {answerable} answerable)": round(answered / answerable, 4),
        f"declined (of {hopeless} unanswerable or off-topic)": round(declined / hopeless, 4),
    }


def _xquad(embedder: SentenceTransformerEmbedder, work: Path) -> dict[str, Any]:
    folder = SHARED / "eval" / "xquad_vi" / "beir"
    if not folder.is_dir():
        return {}
    index = _index(embedder, [folder / "corpus.jsonl"], work / "xquad")
    queries, relevant = read_queries(folder / "queries.jsonl"), read_qrels(folder / "qrels.tsv")
    return {
        f"XQuAD-vi retrieval, {typed}": evaluate(index, embedder, queries, relevant, bare)
        for typed, bare in (("as written", False), ("without diacritics", True))
    }


def _table(report: dict[str, Any]) -> Iterator[str]:
    yield "| set | measure | value |"
    yield "|---|---|---|"
    for name, measures in report.items():
        for measure, value in measures.items():
            yield f"| {name} | {measure} | {value} |"


if __name__ == "__main__":
    raise SystemExit(main())
