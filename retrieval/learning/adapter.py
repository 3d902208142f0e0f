"""Learn `retrieval.adapter` from citizens' questions (data/speech) and the procedures that answer them.

Each question is drawn to its own procedure and away from the others; questions in the language of documents are held
where they are, so that nothing is lost for those who know the official words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from retrieval.adapter import LEARNED, PROBE, Vectors
from retrieval.embedder import SentenceTransformerEmbedder
from retrieval.learning.corpora import records
from retrieval.text import expand_abbreviations, normalise

_EPOCHS, _BATCH, _RATE = 20, 256, 1e-3
_TEMPERATURE = 0.02
# How strongly official wording is held in place; less finds more for citizens, and loses more elsewhere.
_HOLD = 50.0
_RANK = 256
_EVERY_NTH_ARTICLE = 10


def learn(project: Path, corpora: Path, model: str, output: Path = LEARNED, say: Callable[[str], None] = print) -> None:
    """Learn the map with one sentence-transformers model, and write it."""
    embedder = SentenceTransformerEmbedder(model, adapted=False)
    procedures = dict(_procedures(corpora))
    pairs = [pair for pair in _questions(project) if pair[0] in procedures]
    codes = list(procedures)
    say(f"{len(pairs)} câu hỏi cho {len({code for code, _ in pairs})} thủ tục")
    questions = embedder.embed_queries([expand_abbreviations(text) for _, text in pairs])
    targets = embedder.embed_passages(list(procedures.values()))
    held = embedder.embed_queries(list(_official_wording(project, corpora)))
    wanted = np.array([codes.index(code) for code, _ in pairs])
    weight, bias = _fit(questions, wanted, targets, held, say)
    probe = embedder.embed_queries([PROBE])[0]
    np.savez_compressed(
        output, weight=weight.astype(np.float16), bias=bias.astype(np.float16), probe=probe.astype(np.float16)
    )
    say(f"Đã ghi {output}: {output.stat().st_size / 1e6:.1f} MB")


def _fit(
    questions: Vectors, wanted: np.ndarray, targets: Vectors, held: Vectors, say: Callable[[str], None]
) -> tuple[Vectors, Vectors]:
    torch.manual_seed(0)
    size = questions.shape[1]
    down, up = torch.nn.Linear(size, _RANK), torch.nn.Linear(_RANK, size)
    torch.nn.init.zeros_(up.weight)
    torch.nn.init.zeros_(up.bias)
    optimiser = torch.optim.AdamW([*down.parameters(), *up.parameters()], lr=_RATE, weight_decay=0.01)
    asked, goals, kept = torch.tensor(questions), torch.tensor(targets), torch.tensor(held)
    places = torch.tensor(wanted)

    def adapted(vectors: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(vectors + 0.1 * up(down(10 * vectors)), dim=1)

    for epoch in range(_EPOCHS):
        for batch in torch.randperm(len(asked)).split(_BATCH):
            steady = kept[torch.randint(len(kept), (_BATCH,))]
            loss = torch.nn.functional.cross_entropy(adapted(asked[batch]) @ goals.T / _TEMPERATURE, places[batch])
            loss = loss + _HOLD * (1 - (adapted(steady) * steady).sum(1)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        say(f"Vòng {epoch + 1}/{_EPOCHS}: mất mát {float(loss.detach()):.3f}")
    with torch.no_grad():
        weight = torch.eye(size) + down.weight.T @ up.weight.T
        bias = 0.1 * (up.weight @ down.bias + up.bias)
    return weight.numpy(), bias.numpy()


def _procedures(corpora: Path) -> Iterator[tuple[str, str]]:
    for record in records(corpora / "thu_tuc_hanh_chinh.jsonl.gz"):
        result = record["ket_qua_xu_ly"].split("Mã:")[0].strip()
        yield record["ma_thu_tuc"], normalise(f"{record['ten_thu_tuc']}\n{result}")


def _questions(project: Path) -> Iterator[tuple[str, str]]:
    for record in records(project / "data" / "speech" / "questions.jsonl"):
        yield record["code"], normalise(record["text"])


def _official_wording(project: Path, corpora: Path) -> Iterator[str]:
    for n, record in enumerate(records(corpora / "phap_dien.jsonl.gz")):
        if n % _EVERY_NTH_ARTICLE == 0:
            yield normalise(record["title"] + (f" của {record['de_muc'].lower()}" if n % 20 else ""))
    for path in sorted((project / "data" / "documents").glob("*.md")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#") or (len(line) > 40 and line[0].isupper()):
                yield line.strip("# ")
