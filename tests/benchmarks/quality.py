"""`make eval`: how good the answers are, on everything that can be found, in five ways of typing.

    python -m tests.benchmarks.quality [--output results] [--sets own,seeds,xquad] [--conditions all]

- own: our questions (data/questions) to our documents and procedures, by the whole answer path;
- seeds: questions on five articles to those articles, scored by ../shared/eval/score.py, and to our own documents,
  where an answer counts by the first figure of the right answer;
- xquad: retrieval alone, on the Vietnamese half of XQuAD;
- procedures: retrieval of administrative procedures by citizens' questions (its index takes about 40 minutes, once).

Diacritics put back are measured besides. Prints Markdown, writes eval.json and eval.md. Indexes stay in models/eval/.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import faiss
import torch

from retrieval.answer import Answerer
from retrieval.building import build, is_current
from retrieval.diacritics import restore_diacritics
from retrieval.embedder import SentenceTransformerEmbedder
from retrieval.evaluate import evaluate, holds_evidence, read_qrels, read_queries
from retrieval.index import Index, load
from retrieval.learning.diacritics import is_held_out
from retrieval.readers import KNOWLEDGE, read_sources
from retrieval.records import Answer, Document, Status
from retrieval.text import has_diacritics, is_syllable, new_tone_marks, normalise, sentence_spans, strip_diacritics
from tests.benchmarks.typing_conditions import AS_WRITTEN, CONDITIONS, MAIN, NO_DIACRITICS, typed

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
MODEL = ROOT / "models" / "embedder"
INDEXES = ROOT / "models" / "eval"
DOCUMENTS = [ROOT / source for source in KNOWLEDGE]
OWN = {name: ROOT / "data" / "questions" / f"{name}.jsonl" for name in ("development", "test")}
SEEDS, SEED_QUESTIONS = SHARED / "seeds", SHARED / "eval" / "seed_questions.jsonl"
SCORE = SHARED / "eval" / "score.py"
XQUAD = SHARED / "eval" / "xquad_vi" / "beir"
CITIZENS = SHARED / "eval" / "tthc_questions.jsonl"
PROCEDURES = SHARED / "corpora" / "thu_tuc_hanh_chinh.jsonl.gz"
LAW = SHARED / "corpora" / "phap_dien.jsonl.gz"
RELIABILITY = ROOT / "retrieval" / "learned" / "evidence.json"
# QUICK=1 only shows that the evaluation still works.
QUICK = bool(os.environ.get("QUICK"))
_QUICK_EVERY = 8
_CORES = torch.get_num_threads()
_ARTICLES, _LONGEST_SENTENCE = 150, 300
_FIGURE = re.compile(r"\d+(?:[.,/]\d+)*%?")
_WORD = re.compile(r"[^\W\d_]+")
DECLINED_KINDS = ("unanswerable", "offtopic")

Row = dict[str, Any]
Answered = tuple[Row, Answer]
Measures = dict[str, float]
# The set, how its questions are typed, and what came out.
Measured = tuple[str, str, Measures]


@dataclass
class Report:
    """What was measured (set → condition → measures), what was not and why, and how long each part took."""

    table: dict[str, dict[str, Measures]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, part: str, found: Iterator[Measured]) -> None:
        """Measure one part."""
        started = time.monotonic()
        for name, condition, measures in found:
            self.table.setdefault(name, {})[condition] = measures
            _say(f"{name}, {condition}: {time.monotonic() - started:.0f} s")
        self.seconds[part] = round(time.monotonic() - started, 1)

    def write(self, output: Path) -> str:
        """Write eval.json and eval.md as far as it has come, with how well probabilities held in learning."""
        learned = json.loads(RELIABILITY.read_text(encoding="utf-8"))
        record = {"table": self.table, "reliability": learned["reliability"]}
        record |= {"not measured": self.skipped, "seconds": self.seconds}
        markdown = "\n".join(_markdown(record)) + "\n"
        output.mkdir(parents=True, exist_ok=True)
        (output / "eval.json").write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        (output / "eval.md").write_text(markdown, encoding="utf-8")
        return markdown


def main() -> int:
    """Measure, print, write."""
    options = _options()
    if not MODEL.is_dir():
        print("Chưa có models/embedder. Hãy chạy: make embedder", file=sys.stderr)
        return 1
    conditions = (AS_WRITTEN,) if QUICK else MAIN if options.conditions == "main" else tuple(CONDITIONS)
    embedder = SentenceTransformerEmbedder(str(MODEL))
    report = Report()
    for name, (needs, measure) in SETS.items():
        missing = [path for path in needs if not path.exists()]
        if name not in options.sets:
            report.skipped[name] = "not named in --sets"
        elif missing:
            report.skipped[name] = f"no {_shown(missing[0])}"
        else:
            report.add(name, measure(embedder, conditions))
            report.write(options.output)
    if not QUICK:
        report.add("restoration", _restoration(report.skipped))
    print(report.write(options.output), end="")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How good the answers are")
    parser.add_argument("--output", type=Path, default=ROOT / "results", help="folder for eval.json and eval.md")
    usual = "own,seeds" if QUICK else "own,seeds,xquad"
    parser.add_argument("--sets", type=_names, default=usual, help=f"of {','.join(SETS)} (usually {usual})")
    parser.add_argument(
        "--conditions", choices=("all", "main"), default="all", help="main: with and without diacritics"
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := set(names) - set(SETS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))} (known: {', '.join(SETS)})")
    return names


def read_rows(path: Path) -> list[Row]:
    """The rows of a question file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return rows[::_QUICK_EVERY] if QUICK else rows


def _answerer(embedder: SentenceTransformerEmbedder, name: str, *sources: Path) -> Answerer:
    return Answerer(open_index(embedder, name, read_sources(sources).documents), embedder)


def open_index(
    embedder: SentenceTransformerEmbedder, name: str, documents: Sequence[Document], like: str = ""
) -> Index:
    """The index models/eval/NAME, built anew by every core if the documents or the model have changed.

    `like`: another of the same passages, so that none is embedded again.
    """
    folder = INDEXES / name
    if like and not folder.exists():
        shutil.copytree(INDEXES / like, folder)
    if not is_current(documents, embedder.fingerprint, folder):
        torch.set_num_threads(_CORES)
        build(documents, embedder, folder, _say)
    # One thread a question, as the bot has it: more wait for each other as soon as the machine does something else.
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    return load(folder, embedder)


def answers(answerer: Answerer, rows: Sequence[Row], condition: str) -> list[Answered]:
    """Each question with its answer, when it is typed so."""
    found: list[Answered] = []
    for done, row in enumerate(rows, 1):
        found.append((row, answerer.answer(typed(condition, row["question"]))))
        if done % 100 == 0:
            _say(f"  {condition}: {done}/{len(rows)}")
    return found


def _own(embedder: SentenceTransformerEmbedder, conditions: Sequence[str]) -> Iterator[Measured]:
    answerer = _answerer(embedder, "documents", *DOCUMENTS)
    for name, path in OWN.items():
        for condition in conditions:
            yield f"own questions, {name}", condition, own_measures(answers(answerer, read_rows(path), condition))


def own_measures(answered: Sequence[Answered]) -> Measures:
    """What became of our own questions, by kind. Declined: anything but `answered`."""
    answerable, compared = _of_kind(answered, "fact", "howto"), _of_kind(answered, "compare")
    unanswerable, off_topic = _of_kind(answered, "unanswerable"), _of_kind(answered, "offtopic")
    quoted = [sum(len(c.quote) for c in a.citations) for _, a in answered if a.status is Status.ANSWERED]
    of = f"of {len(answerable)} answerable"
    return {
        f"evidence quoted, right document first ({of})": share(
            holds_all(row, answer) and right_first(row, answer) for row, answer in answerable
        ),
        f"evidence quoted ({of})": share(holds_all(row, answer) for row, answer in answerable),
        f"right document first ({of})": share(right_first(row, answer) for row, answer in answerable),
        f"declined ({of})": declined(answerable),
        f"all parts quoted (of {len(compared)} comparisons)": share(holds_all(row, a) for row, a in compared),
        f"declined (of {len(unanswerable)} unanswerable)": declined(unanswerable),
        f"declined (of {len(off_topic)} off-topic)": declined(off_topic),
        "median characters quoted": median(quoted) if quoted else 0,
        f"clarifying questions (of {len(answered)})": sum(a.status is Status.CLARIFY for _, a in answered),
    }


def _of_kind(answered: Sequence[Answered], *kinds: str) -> list[Answered]:
    return [(row, answer) for row, answer in answered if row["kind"] in kinds]


def holds_all(row: Row, answer: Answer) -> bool:
    """Whether every part of the evidence lies in some quote."""
    parts = row["evidence"].split(" || ")
    return all(any(holds_evidence(part, citation.quote) for citation in answer.citations) for part in parts)


def right_first(row: Row, answer: Answer) -> bool:
    """Whether the first citation is of a document that answers rightly."""
    return bool(answer.citations) and answer.citations[0].document_id in row["documents"]


def declined(answered: Sequence[Answered]) -> float:
    """The share that was not answered."""
    return share(answer.status is not Status.ANSWERED for _, answer in answered)


def share(found: Iterable[bool]) -> float:
    """How many of them are true (0..1); 0 of none."""
    every = list(found)
    return round(sum(every) / max(1, len(every)), 4)


def _seeds(embedder: SentenceTransformerEmbedder, conditions: Sequence[str]) -> Iterator[Measured]:
    rows = read_rows(SEED_QUESTIONS)
    articles, documents = _answerer(embedder, "seeds", SEEDS), _answerer(embedder, "documents", *DOCUMENTS)
    for condition in conditions:
        yield "raw articles", condition, _scored(answers(articles, rows, condition))
    for condition in conditions:
        yield "own documents, questions on the articles", condition, _figures(answers(documents, rows, condition))


def _scored(answered: Sequence[Answered]) -> Measures:
    """The shares that score.py prints, by kind of question."""
    with tempfile.TemporaryDirectory() as work:
        asked, given = Path(work) / "questions.jsonl", Path(work) / "answers.jsonl"
        _write_rows(asked, (row for row, _ in answered))
        _write_rows(given, ({"id": row["id"], **answer.to_json()} for row, answer in answered))
        command = [sys.executable, str(SCORE), str(asked), str(given)]
        scored = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    kinds = [kind for kind in ("answerable", "compare", "unanswerable", "offtopic") if kind in scored]
    measures: Measures = {f"{kind} good (of {scored[kind]['n']})": scored[kind]["good"] for kind in kinds}
    measures |= {f"answerable, {what}": scored["answerable"][what] for what in ("evidence", "declined")}
    return measures | {"median characters quoted": scored["quoted"]}


def _figures(answered: Sequence[Answered]) -> Measures:
    """Our wording differs from the articles', so an answer counts by the first figure of the right answer."""
    hopeless = _of_kind(answered, *DECLINED_KINDS)
    answerable = [(row, answer) for row, answer in answered if row["kind"] not in DECLINED_KINDS]
    figures = [(found[0], answer) for row, answer in answerable if (found := _FIGURE.findall(row["answer"]))]
    quoted = (any(figure in _FIGURE.findall(c.quote) for c in answer.citations) for figure, answer in figures)
    return {
        f"right figure in a quote (of {len(figures)})": share(quoted),
        f"answered (of {len(answerable)} answerable)": round(1 - declined(answerable), 4),
        f"declined (of {len(hopeless)} unanswerable or off-topic)": declined(hopeless),
    }


def _xquad(embedder: SentenceTransformerEmbedder, conditions: Sequence[str]) -> Iterator[Measured]:
    queries, relevant = read_queries(XQUAD / "queries.jsonl"), read_qrels(XQUAD / "qrels.tsv")
    answerer = _answerer(embedder, "xquad", XQUAD / "corpus.jsonl")
    names = {"accuracy@1": "recall@1", "MRR@10": "mrr@10", "recall@5": "recall@5"}
    yield from _retrieval("XQuAD-vi", answerer, queries, relevant, names, conditions)


def _procedures(embedder: SentenceTransformerEmbedder, conditions: Sequence[str]) -> Iterator[Measured]:
    rows = read_rows(CITIZENS)
    queries = {row["id"]: row["question"] for row in rows}
    relevant = {row["id"]: set(row["gold"]) for row in rows}
    answerer = _answerer(embedder, "procedures", PROCEDURES)
    names = {"recall@1": "recall@1", "recall@5": "recall@5"}
    yield from _retrieval("procedures, citizens' questions", answerer, queries, relevant, names, conditions)


def _retrieval(
    name: str,
    answerer: Answerer,
    queries: dict[str, str],
    relevant: dict[str, set[str]],
    names: dict[str, str],
    conditions: Sequence[str],
) -> Iterator[Measured]:
    for condition in conditions:
        asked = {identity: typed(condition, text) for identity, text in queries.items()}
        found = evaluate(answerer, asked, relevant, say=_say)
        yield name, condition, {f"{ours} (of {found['queries']})": found[theirs] for ours, theirs in names.items()}


def _restoration(skipped: dict[str, str]) -> Iterator[Measured]:
    """Diacritics put back on texts that were typed without; what is not found is told in `skipped`."""
    for name, (path, texts) in RESTORED.items():
        if path.exists():
            yield f"diacritics put back, {name}", NO_DIACRITICS, restoration_measures(texts())
        else:
            skipped[f"diacritics put back, {name}"] = f"no {_shown(path)}"


def restoration_measures(texts: Iterable[str]) -> Measures:
    """The share of syllables that come back as they were; capitals and the place of a tone mark do not count."""
    restore_diacritics("khoi dong")  # loads the model
    syllables, right, ms = 0, 0, list[float]()
    for text in map(normalise, texts):
        started = time.perf_counter()
        restored = restore_diacritics(strip_diacritics(text))
        ms.append(1000 * (time.perf_counter() - started))
        restored = new_tone_marks(restored.lower())
        for found in _WORD.finditer(new_tone_marks(text.lower())):
            if is_syllable(found.group()):
                syllables += 1
                right += restored[slice(*found.span())] == found.group()
    return {"syllables right": round(right / max(1, syllables), 4), "syllables": syllables, "texts": len(ms)} | {
        "median ms a text": round(median(ms), 2)
    }


def questions_in(*paths: Path) -> list[str]:
    """The questions of some files that are typed with diacritics."""
    return [row["question"] for path in paths for row in read_rows(path) if has_diacritics(row["question"])]


def _law() -> Iterator[str]:
    """Sentences of articles that the model of syllables has not seen."""
    with gzip.open(LAW, "rt", encoding="utf-8") as stream:
        held_out = (line for n, line in enumerate(stream) if is_held_out(n))
        for line in islice(held_out, _ARTICLES):
            text = normalise(json.loads(line)["text"])
            sentences = (text[start:end] for start, end in sentence_spans(text))
            yield from (sentence for sentence in sentences if len(sentence) <= _LONGEST_SENTENCE)


def _write_rows(path: Path, rows: Iterable[Row]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _shown(path: Path) -> str:
    return f"../{path.relative_to(ROOT.parent)}" if path.is_relative_to(SHARED) else str(path.relative_to(ROOT))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _markdown(report: dict[str, Any]) -> Iterator[str]:
    yield from _table(report["table"])
    yield from (
        "",
        "Probability of an answer, on questions held out in learning (retrieval/learned/evidence.json):",
        "",
    )
    rows = report["reliability"]
    yield from _lines(list(rows[0]), ([str(row[name]) for name in row] for row in rows))
    if report["not measured"]:
        yield ""
        yield from (f"Not measured: {name} ({why})." for name, why in report["not measured"].items())
    yield ""
    yield "Seconds: " + ", ".join(f"{part} {seconds}" for part, seconds in report["seconds"].items()) + "."


def _table(table: dict[str, dict[str, Measures]]) -> Iterator[str]:
    """One row for each measure of a set, one column for each condition; a single condition stands beside the set."""
    conditions = [name for name in CONDITIONS if any(name in measured for measured in table.values())]
    alone = f", {conditions[0]}" if len(conditions) == 1 else ""
    rows = [
        [f"{name}{alone}", measure, *(str(measured.get(condition, {}).get(measure, "")) for condition in conditions)]
        for name, measured in table.items()
        for measure in next(iter(measured.values()))
    ]
    yield from _lines(["set", "measure", *(["value"] if alone else conditions)], rows)


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


# What each set needs, and how it is measured.
SETS: dict[str, tuple[Sequence[Path], Callable[[SentenceTransformerEmbedder, Sequence[str]], Iterator[Measured]]]] = {
    "own": ([*DOCUMENTS, *OWN.values()], _own),
    "seeds": ([SEED_QUESTIONS, SCORE, SEEDS], _seeds),
    "xquad": ([XQUAD], _xquad),
    "procedures": ([CITIZENS, PROCEDURES], _procedures),
}
# The file that each set of texts comes from, and the texts.
RESTORED: dict[str, tuple[Path, Callable[[], Iterable[str]]]] = {
    "own questions": (OWN["test"], lambda: questions_in(*OWN.values())),
    "questions on the articles": (SEED_QUESTIONS, lambda: questions_in(SEED_QUESTIONS)),
    "citizens' questions": (CITIZENS, lambda: questions_in(CITIZENS)),
    "held-out law": (LAW, _law),
}

if __name__ == "__main__":
    raise SystemExit(main())
