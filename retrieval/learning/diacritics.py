"""Count the syllable model of `retrieval.diacritics` from text that was typed with its diacritics."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import yaml

from retrieval.diacritics import END, LEARNED, OTHER, PIECE, START
from retrieval.learning.corpora import records
from retrieval.text import has_diacritics, is_syllable, new_tone_marks, normalise

# How much one sentence of each register counts: citizens' own words are few, law is plenty.
_WEIGHTS = {"law": 1.0, "procedures": 0.5, "documents": 20.0, "speech": 12.0, "words": 2.0}
_EVERY_NTH_ARTICLE = 3
# Back-off mass of a context: this many times its number of continuations (Witten-Bell).
_PAIR_MASS, _TRIPLE_MASS = 0.7, 1.0
_LEAST_SYLLABLE, _LEAST_PAIR, _LEAST_TRIPLE = 3.0, 2.0, 3.0
# A triple is kept if it says at least this much (nats) more than its pair alone.
_TELLS = 0.35
_PROCEDURE_PARTS = ("ten_thu_tuc", "trinh_tu_thuc_hien", "thanh_phan_ho_so", "yeu_cau_dieu_kien")


def texts(project: Path, corpora: Path) -> Iterator[tuple[str, str]]:
    """(register, text) of everything that the model learns from. Held out: each fiftieth article of law."""
    for n, record in enumerate(records(corpora / "phap_dien.jsonl.gz")):
        if n % _EVERY_NTH_ARTICLE == 0 and not is_held_out(n):
            yield "law", f"{record['title']}.\n{record['text']}"
    for record in records(corpora / "thu_tuc_hanh_chinh.jsonl.gz"):
        yield "procedures", "\n".join(str(record[part]) for part in _PROCEDURE_PARTS)
    for path in sorted((corpora / "chinh_sach").glob("*.md")):
        yield "law", path.read_text(encoding="utf-8")
    for path in [*sorted((project / "data" / "documents").glob("*.md")), project / "domain.yml"]:
        yield "documents", path.read_text(encoding="utf-8")
    for record in records(project / "data" / "speech" / "questions.jsonl"):
        yield "speech", record["text"]
    for line in (project / "data" / "speech" / "sentences.txt").read_text(encoding="utf-8").splitlines():
        yield "speech", line
    yield "words", ".\n".join(word for word in _dictionary() if has_diacritics(word))
    for path in sorted((project / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in str(entry.get("examples", "")).splitlines():
                yield "speech", line.strip("- ")


def _dictionary() -> list[str]:
    """The word list that comes with underthesea."""
    from underthesea import corpus

    path = Path(corpus.__file__).parent / "data" / "Viet74K.txt"
    return path.read_text(encoding="utf-8").splitlines()


def is_held_out(article: int) -> bool:
    """Whether an article of law is kept for measuring."""
    return article % 50 == 8


def sentences(text: str) -> Iterator[list[str]]:
    """Lower-case syllables of each sentence; figures and foreign words as OTHER. Sentences typed bare are left out."""
    for part in re.split(r"[.!?;]+(?:\s|$)|\n+", new_tone_marks(normalise(text).lower())):
        found = [piece for piece in PIECE.findall(part) if piece[0] not in ".!?;\n"]
        if len(found) > 1 and has_diacritics(part):
            yield [piece if piece.isalpha() and is_syllable(piece) else OTHER for piece in found]


def learn(project: Path, corpora: Path, output: Path = LEARNED, say: Callable[[str], None] = print) -> None:
    """Count, smooth, prune, and write the model."""
    one: dict[str, float] = defaultdict(float)
    two: dict[tuple[str, str], float] = defaultdict(float)
    three: dict[tuple[str, str, str], float] = defaultdict(float)
    for n, (register, text) in enumerate(texts(project, corpora), 1):
        weight = _WEIGHTS[register]
        for found in sentences(text):
            padded = [START, START, *found, END]
            for a, b, c in zip(padded, padded[1:], padded[2:], strict=False):
                one[c] += weight
                two[b, c] += weight
                three[a, b, c] += weight
        if n % 2000 == 0:
            say(f"Đã đếm {n} văn bản, {len(three)} bộ ba")
    vocabulary = [START, *sorted(s for s, count in one.items() if count >= _LEAST_SYLLABLE or s in (END, OTHER))]
    _write(output, vocabulary, one, two, three)
    say(f"Đã ghi {output}: {len(vocabulary)} âm tiết, {output.stat().st_size / 1e6:.1f} MB")


def _write(
    output: Path,
    vocabulary: list[str],
    one: Mapping[str, float],
    two: Mapping[tuple[str, str], float],
    three: Mapping[tuple[str, str, str], float],
) -> None:
    ids = {syllable: n for n, syllable in enumerate(vocabulary)}
    size, total = len(vocabulary), sum(one.values())
    p_one = [(one.get(syllable, 0.0) + 0.1) / (total + 0.1 * size) for syllable in vocabulary]
    pairs = {(ids[a], ids[b]): count for (a, b), count in two.items() if a in ids and b in ids}
    triples = {tuple(ids[s] for s in key): count for key, count in three.items() if all(s in ids for s in key)}
    mass_one, seen_one = _contexts({(*key,): count for key, count in pairs.items()}, 1)
    mass_two, seen_two = _contexts(triples, 2)
    kept_pairs = {key: count for key, count in pairs.items() if count >= _LEAST_PAIR}

    def after_one(a: int, b: int) -> float:
        spare = _PAIR_MASS * seen_one.get((a,), 0)
        held = mass_one.get((a,), 0.0)
        return (kept_pairs.get((a, b), 0.0) + spare * p_one[b]) / (held + spare) if held else p_one[b]

    kept: list[tuple[int, float]] = []
    for (a, b, c), count in triples.items():
        if count < _LEAST_TRIPLE or (a, b) not in kept_pairs:
            continue
        spare, held, shorter = _TRIPLE_MASS * seen_two[a, b], mass_two[a, b], after_one(b, c)
        p = (count + spare * shorter) / (held + spare)
        if abs(math.log(p) - math.log(spare / (held + spare) * shorter)) >= _TELLS:
            kept.append(((a * size + b) * size + c, math.log(p)))
    kept.sort()
    pair_rows = sorted(
        (a * size + b, math.log(after_one(a, b)), _backoff(mass_two, seen_two, (a, b))) for a, b in kept_pairs
    )
    np.savez_compressed(
        output,
        syllables=np.frombuffer("\n".join(vocabulary).encode(), np.uint8),
        unigram=np.log(p_one).astype(np.float16),
        unigram_backoff=np.array([_backoff(mass_one, seen_one, (n,), _PAIR_MASS) for n in range(size)], np.float16),
        bigram_keys=np.diff([row[0] for row in pair_rows], prepend=0).astype(np.uint32),
        bigram=np.array([row[1] for row in pair_rows], np.float16),
        bigram_backoff=np.array([row[2] for row in pair_rows], np.float16),
        trigram_keys=np.diff([key for key, _ in kept], prepend=0).astype(np.uint64),
        trigram=np.array([log for _, log in kept], np.float16),
    )


def _contexts(
    counts: Mapping[tuple[int, ...], float], length: int
) -> tuple[dict[tuple[int, ...], float], dict[tuple[int, ...], int]]:
    mass: dict[tuple[int, ...], float] = defaultdict(float)
    seen: dict[tuple[int, ...], int] = defaultdict(int)
    for key, count in counts.items():
        mass[key[:length]] += count
        seen[key[:length]] += 1
    return mass, seen


def _backoff(
    mass: Mapping[tuple[int, ...], float],
    seen: Mapping[tuple[int, ...], int],
    key: tuple[int, ...],
    share: float = _TRIPLE_MASS,
) -> float:
    spare = share * seen.get(key, 0)
    held = mass.get(key, 0.0)
    return math.log(spare / (held + spare)) if held else 0.0
