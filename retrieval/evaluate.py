"""Retrieval quality on a BEIR-shaped set: queries.jsonl and qrels.tsv against an index."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from retrieval.answer import Answerer
from retrieval.errors import SourceError
from retrieval.text import strip_diacritics, words

_CUTOFFS = (1, 5, 10, 20)
_PASSAGES_FOR_20_DOCUMENTS = 60


def read_questions(path: Path) -> list[tuple[Any, str]]:
    """(id, question) of each row {_id | id, text | question}, in order; ids stay as they are written."""
    questions = []
    for n, line in _lines(path):
        try:
            row = json.loads(line)
            questions.append((row["_id"] if "_id" in row else row["id"], str(row.get("text") or row["question"])))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(path, f"dòng {n}: cần JSON có id và câu hỏi ({error})") from error
    return questions


def read_queries(path: Path) -> dict[str, str]:
    """Queries by id, from the same rows."""
    return {str(identity): text for identity, text in read_questions(path)}


def read_qrels(path: Path) -> dict[str, set[str]]:
    """Relevant document ids by query id, from tab-separated query-id, corpus-id, score (score > 0 counts)."""
    relevant: dict[str, set[str]] = {}
    for n, line in _lines(path):
        cells = line.split("\t")
        if n == 1 and not cells[-1].strip().isdigit():
            continue
        try:
            query, document, score = cells
            if float(score) > 0:
                relevant.setdefault(query, set()).add(document)
        except ValueError as error:
            raise SourceError(path, f"dòng {n}: cần ba cột cách nhau bằng tab, cột cuối là số") from error
    return relevant


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(path, "không phải chữ UTF-8") from error
    except FileNotFoundError as error:
        raise SourceError(path, "không có tệp này") from error
    yield from ((n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip())


def evaluate(
    answerer: Answerer,
    queries: dict[str, str],
    relevant: dict[str, set[str]],
    no_diacritics: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, float]:
    """recall@1,5,10,20, mrr@10 and ndcg@10 over documents (a document counts by its best passage)."""
    totals = dict.fromkeys([*(f"recall@{k}" for k in _CUTOFFS), "mrr@10", "ndcg@10"], 0.0)
    judged = [query for query in queries if relevant.get(query)]
    for done, query in enumerate(judged, 1):
        text = strip_diacritics(queries[query]) if no_diacritics else queries[query]
        hits = answerer.rank(text, _PASSAGES_FOR_20_DOCUMENTS)
        ranking = list(dict.fromkeys(hit.document.id for hit in hits))[: max(_CUTOFFS)]
        for name, value in _scores(ranking, relevant[query]).items():
            totals[name] += value
        if done % 100 == 0:
            say(f"Đã chấm {done}/{len(judged)} câu")
    return {"queries": len(judged)} | {name: round(value / max(1, len(judged)), 4) for name, value in totals.items()}


def holds_evidence(evidence: str, quote: str) -> bool:
    """Whether a quote holds a stretch of text: word for word, or all its figures and nine tenths of its words."""
    wanted, have = words(evidence), words(quote)
    if not wanted:
        return False
    if f" {' '.join(wanted)} " in f" {' '.join(have)} ":
        return True
    found = set(have)
    figures = [word for word in wanted if any(c.isdigit() for c in word)]
    return len(wanted) > 3 and found.issuperset(figures) and sum(w in found for w in wanted) >= 0.9 * len(wanted)


def _scores(ranking: list[str], wanted: set[str]) -> dict[str, float]:
    places = [rank for rank, document in enumerate(ranking, 1) if document in wanted]
    scores = {f"recall@{k}": float(bool(places) and places[0] <= k) for k in _CUTOFFS}
    scores["mrr@10"] = 1 / places[0] if places and places[0] <= 10 else 0.0
    gain = sum(1 / math.log2(rank + 1) for rank in places if rank <= 10)
    scores["ndcg@10"] = gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(len(wanted), 10) + 1))
    return scores
