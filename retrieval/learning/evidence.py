"""Fit the two models of `retrieval.evidence` on questions whose answers, or lack of one, are known.

Own questions (data/questions/development.jsonl) always; the articles, the texts of law and the reading set of ../shared
where they are found. From the reading set every question is used twice: with its paragraph, and with that paragraph
taken away.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from retrieval.building import build
from retrieval.demands import SOFT
from retrieval.embedder import Embedder, SentenceTransformerEmbedder
from retrieval.evaluate import holds_evidence
from retrieval.evidence import DEMANDED, FEATURES, LEARNED, Reader
from retrieval.index import Index, load
from retrieval.judge import is_elsewhere
from retrieval.learning.corpora import records
from retrieval.question import understand
from retrieval.readers import KNOWLEDGE, read_sources
from retrieval.search import search
from retrieval.text import strip_diacritics
from retrieval.validity import quotable

Matrix = NDArray[np.float64]
NO_ANSWER_KINDS = ("unanswerable", "offtopic")
_DEPTH = 8
_RANK_PENALTY, _ANSWER_PENALTY = 0.01, 0.003
_READING_SAMPLE = 400
# Of one question, beside one of our own: the articles are asked about by few, the reading set by many unlike people.
_ARTICLES_WEIGHT, _READING_WEIGHT = 2.0, 0.3
_FOLDS = 5


@dataclass(frozen=True)
class QuestionSet:
    """Questions over one index. `weight`: of each question in fitting."""

    name: str
    index: Index
    rows: Sequence[dict[str, Any]]
    weight: float = 1.0


@dataclass(frozen=True)
class Example:
    """One question's runs: features (runs, FEATURES), which runs hold the evidence, and whether there is an answer."""

    features: Matrix
    right: NDArray[np.bool_]
    answerable: bool
    weight: float


def examples(sets: Iterable[QuestionSet], embedder: Embedder, say: Callable[[str], None] = print) -> list[Example]:
    """Every question as written and without diacritics."""
    made: list[Example] = []
    for questions in sets:
        reader = Reader(questions.index)
        for row in questions.rows:
            if row["kind"] != "compare":
                made += [_example(questions, reader, embedder, row, bare) for bare in (False, True)]
        say(f"{questions.name}: {len(questions.rows)} câu hỏi")
    return [example for example in made if len(example.features)]


def _example(questions: QuestionSet, reader: Reader, embedder: Embedder, row: dict[str, Any], bare: bool) -> Example:
    question = understand(strip_diacritics(row["question"]) if bare else row["question"])
    hits, vector = search(
        questions.index,
        embedder,
        question,
        _DEPTH + len(row.get("without", ())),
        readable=quotable(question, date.today()),
    )
    hits = [hit for hit in hits if hit.document.id not in row.get("without", ())][:_DEPTH]
    features, right = [], []
    for hit, runs in zip(hits, reader.read(question, hits, vector), strict=True):
        if is_elsewhere(question, hit):
            continue
        features.append(runs.features)
        for start, end in runs.spans:
            right.append(holds_evidence(row.get("evidence") or "", hit.passage.text[start:end]))
    return Example(
        np.concatenate(features).astype(np.float64) if features else np.zeros((0, len(FEATURES))),
        np.array(right, bool) & (row["kind"] not in NO_ANSWER_KINDS),
        row["kind"] not in NO_ANSWER_KINDS,
        questions.weight,
    )


def learn(
    sets: Iterable[QuestionSet], embedder: Embedder, output: Path = LEARNED, say: Callable[[str], None] = print
) -> None:
    """Fit both models, and write them with a reliability table of held-out questions."""
    data = examples(sets, embedder, say)
    rank = _fit_rank(data)
    tops, answerable, weights = _tops(data, rank)
    held = _held_out(data, rank, tops, answerable, weights)
    answer, bias = _fit_answer(tops, answerable, weights)
    record = {
        "features": FEATURES,
        "rank": [round(float(value), 5) for value in rank],
        "answer": [round(float(value), 5) for value in answer],
        "bias": round(bias, 5),
        "reliability": list(_reliability(held, answerable)),
        "questions": len(data),
    }
    output.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    say(f"Đã ghi {output}: {len(data)} lượt câu hỏi")


def learn_from(project: Path, shared: Path, model: str, say: Callable[[str], None] = print) -> None:
    """Gather every question set that can be found, and learn from them."""
    embedder = SentenceTransformerEmbedder(model)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        own = _index(embedder, [project / folder for folder in KNOWLEDGE], work / "own", say)
        sets = [QuestionSet("câu hỏi của dự án", own, _first_parts(project / "data/questions/development.jsonl"))]
        if (shared / "seeds").is_dir():
            rows = _first_parts(shared / "eval" / "seed_questions.jsonl")
            rows = [row for row in rows if not row["evidence"].startswith("policy_facts#")]
            articles = _index(embedder, [shared / "seeds"], work / "seeds", say)
            sets.append(QuestionSet("bài báo", articles, rows, weight=_ARTICLES_WEIGHT))
        if (law := shared / "corpora" / "chinh_sach").is_dir():
            index = _index(embedder, [law], work / "law", say)
            sets.append(QuestionSet("văn bản luật", index, _law_rows(project / "data/questions/law.jsonl")))
        if (reading := shared / "eval" / "xquad_vi").is_dir():
            index = _index(embedder, [reading / "beir" / "corpus.jsonl"], work / "reading", say)
            sets.append(QuestionSet("XQuAD", index, list(_reading_rows(reading)), weight=_READING_WEIGHT))
        learn(sets, embedder, say=say)


def _index(embedder: Embedder, sources: list[Path], folder: Path, say: Callable[[str], None]) -> Index:
    build(read_sources(sources).documents, embedder, folder, say)
    return load(folder, embedder)


def _first_parts(path: Path) -> list[dict[str, Any]]:
    """Rows of a question file; of evidence in several parts the first."""
    return [
        {**row, "evidence": (row.get("evidence") or "").split(" || ")[0].strip().strip('"')} for row in records(path)
    ]


def _law_rows(path: Path) -> list[dict[str, Any]]:
    rows = [row for row in records(path) if row["set"] == "development"]
    return [{**row, "evidence": next(iter(row["words"]), "")} for row in rows]


def _reading_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """A fixed sample of the reading set: each question with its paragraph, and without."""
    lines = (folder / "beir" / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]
    paragraph = {query: document for query, document, _ in (line.split("\t") for line in lines)}
    articles = json.loads((folder / "xquad.vi.json").read_text(encoding="utf-8"))["data"]
    asked = [qa for article in articles for part in article["paragraphs"] for qa in part["qas"]]
    sample = random.Random(1).sample(asked, _READING_SAMPLE)  # noqa: S311 - a fixed sample, no secret
    for qa in sample:
        row = {"question": qa["question"], "kind": "fact", "evidence": qa["answers"][0]["text"]}
        yield row
        yield {**row, "kind": "unanswerable", "evidence": "", "without": [paragraph[qa["id"]]]}


def _fit_rank(data: Sequence[Example]) -> Matrix:
    useful = [example for example in data if example.right.any()]
    centre, spread = _scale(np.concatenate([example.features for example in useful]))
    scaled = [((example.features - centre) / spread, example.right, example.weight) for example in useful]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        total, gradient = 0.0, np.zeros_like(weights)
        for features, right, weight in scaled:
            scores = features @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            wanted = shares * right
            mass = wanted.sum() + 1e-12
            total -= weight * float(np.log(mass))
            gradient += weight * (features.T @ (shares - wanted / mass))
        n = len(scaled)
        return total / n + _RANK_PENALTY * float(weights @ weights), gradient / n + 2 * _RANK_PENALTY * weights

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B", bounds=_bounds())
    return np.asarray(found.x / spread)


def _bounds() -> list[tuple[None, float | None]]:
    """What is demanded and missing never speaks for a run, whatever few questions make it seem."""
    return [(None, 0.0 if name in DEMANDED and DEMANDED[name] not in SOFT else None) for name in FEATURES]


def _tops(data: Sequence[Example], rank: Matrix) -> tuple[Matrix, NDArray[np.bool_], Matrix]:
    tops = np.array([example.features[(example.features @ rank).argmax()] for example in data])
    return tops, np.array([example.answerable for example in data]), np.array([example.weight for example in data])


def _fit_answer(features: Matrix, answerable: NDArray[np.bool_], weights: Matrix) -> tuple[Matrix, float]:
    centre, spread = _scale(features)
    scaled = (features - centre) / spread

    def loss(parameters: Matrix) -> tuple[float, Matrix]:
        scores = scaled @ parameters[:-1] + parameters[-1]
        p = 1 / (1 + np.exp(-scores))
        total = -float(weights @ np.where(answerable, np.log(p + 1e-12), np.log(1 - p + 1e-12))) / weights.sum()
        error = weights * (p - answerable) / weights.sum()
        penalty = _ANSWER_PENALTY * float(parameters[:-1] @ parameters[:-1])
        return total + penalty, np.append(scaled.T @ error + 2 * _ANSWER_PENALTY * parameters[:-1], error.sum())

    found = minimize(
        loss, np.zeros(len(FEATURES) + 1), jac=True, method="L-BFGS-B", bounds=[*_bounds(), (None, None)]
    ).x
    answer = found[:-1] / spread
    return answer, float(found[-1] - centre @ answer)


def _held_out(
    data: Sequence[Example], rank: Matrix, tops: Matrix, answerable: NDArray[np.bool_], weights: Matrix
) -> Matrix:
    """Each question's probability by a model that did not see it; both typings of one question fall in one fold."""
    fold = np.arange(len(data)) // 2 * 7919 % _FOLDS
    held = np.zeros(len(data))
    for n in range(_FOLDS):
        seen = fold != n
        answer, bias = _fit_answer(tops[seen], answerable[seen], weights[seen])
        held[~seen] = 1 / (1 + np.exp(-(tops[~seen] @ answer + bias)))
    return held


def _scale(features: Matrix) -> tuple[Matrix, Matrix]:
    return features.mean(0), features.std(0) + 1e-6


def _reliability(held: Matrix, answerable: NDArray[np.bool_]) -> Iterator[dict[str, float]]:
    for low in np.arange(0, 1, 0.1):
        inside = (held >= low) & (held < low + 0.1)
        if inside.any():
            yield {
                "from": round(float(low), 1),
                "questions": int(inside.sum()),
                "predicted": round(float(held[inside].mean()), 3),
                "answerable": round(float(answerable[inside].mean()), 3),
            }
