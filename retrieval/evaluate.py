"""Retrieval quality on a BEIR-shaped set: queries.jsonl and qrels.tsv against an index."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

from retrieval.embedder import Embedder
from retrieval.errors import SourceError
from retrieval.evidence import understand
from retrieval.index import Index
from retrieval.search import search
from retrieval.text import strip_diacritics

_CUTOFFS = (1, 5, 10, 20)
_PASSAGES_FOR_20_DOCUMENTS = 60


def read_queries(path: Path) -> dict[str, str]:
    """Queries by id, from rows {_id | id, text | question}."""
    queries = {}
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                row = json.loads(line)
                queries[str(row.get("_id") or row["id"])] = str(row.get("text") or row["question"])
            except (ValueError, KeyError, AttributeError) as error:
                raise SourceError(path, f"dòng {n}: cần JSON có id và câu hỏi ({error})") from error
    return queries


def read_qrels(path: Path) -> dict[str, set[str]]:
    """Relevant document ids by query id, from tab-separated query-id, corpus-id, score (score > 0 counts)."""
    relevant: dict[str, set[str]] = {}
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if (n == 1 and not cells[-1].strip().isdigit()) or not line.strip():
            continue
        if len(cells) != 3:
            raise SourceError(path, f"dòng {n}: cần ba cột cách nhau bằng tab")
        if int(cells[2]) > 0:
            relevant.setdefault(cells[0], set()).add(cells[1])
    return relevant


def evaluate(
    index: Index,
    embedder: Embedder,
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
        hits = search(index, embedder, understand(text), _PASSAGES_FOR_20_DOCUMENTS)
        ranking = list(dict.fromkeys(hit.document.id for hit in hits))[: max(_CUTOFFS)]
        for name, value in _scores(ranking, relevant[query]).items():
            totals[name] += value
        if done % 100 == 0:
            say(f"Đã chấm {done}/{len(judged)} câu")
    return {"queries": len(judged)} | {name: round(value / max(1, len(judged)), 4) for name, value in totals.items()}


def _scores(ranking: list[str], wanted: set[str]) -> dict[str, float]:
    places = [rank for rank, document in enumerate(ranking, 1) if document in wanted]
    scores = {f"recall@{k}": float(bool(places) and places[0] <= k) for k in _CUTOFFS}
    scores["mrr@10"] = 1 / places[0] if places and places[0] <= 10 else 0.0
    gain = sum(1 / math.log2(rank + 1) for rank in places if rank <= 10)
    scores["ndcg@10"] = gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(len(wanted), 10) + 1))
    return scores
