"""Documents that share passages: compact signatures to find them among tens of thousands, texts to measure them by."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.text import strip_diacritics, words

# Syllables of a shingle: longer than the set phrases of office language ("cán bộ, công chức, viên chức và người").
SHINGLE = 10
# A signature keeps one shingle in 2**RATE, and one in two of those again while there are more than MOST.
RATE, MOST = 3, 2048
# A shingle that more documents hold is a formula of offices: it alone joins no two of them.
COMMON = 16
# Two documents are a pair from this share of the smaller signature, if it is FEWEST shingles at least ...
WHOLE, FEWEST = 0.8, 6
# ... or from this many shingles that only they hold; one that n documents hold counts 1 / (n - 1).
EVIDENCE = 6.0
# Characters of a shared passage that are shown.
EXAMPLE = 240


class _Signature(NamedTuple):
    rate: int
    hashes: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two documents that share text. `share`: words of the smaller one that stand in the other (0..1), estimated."""

    one: str
    other: str
    share: float


def signature(text: str) -> bytes:
    """What `overlaps` needs of a text: half a byte a word, 8 KiB at most. Texts under 60 words or so leave too little
    to be compared by.
    """
    hashed = _word_hashes(text)
    hashes = np.unique((_shingles(hashed, min(SHINGLE, len(hashed))) >> np.uint64(32)).astype("<u4"))
    rate = RATE
    while len(kept := _below(hashes, rate)) > MOST:
        rate += 1
    return bytes([rate]) + kept.tobytes()


def overlaps(new: Mapping[str, bytes], known: Mapping[str, bytes]) -> list[Overlap]:
    """Pairs of a new document with a known or another new one that share text, by their signatures, the most shared
    first. Of more than COMMON copies of one text each is paired with the first and with the copies beside it.
    """
    blobs = {**new, **{name: blob for name, blob in known.items() if name not in new}}
    names = list(blobs)
    signatures = [_Signature(blob[0], np.frombuffer(blob[1:], "<u4")) for blob in blobs.values()]
    evidence = _evidence([each.hashes for each in signatures], len(new))
    found = []
    for pair, weight in evidence.items():
        one, other = divmod(pair, len(names))
        share, hits = _share(signatures[one], signatures[other])
        if weight >= EVIDENCE or (share >= WHOLE and hits >= FEWEST):
            found.append(Overlap(names[one], names[other], share))
    return _most_first(found)


def compare(one: str, other: str) -> tuple[float, str]:
    """Share of the smaller text's words that stand in the other in runs of at least SHINGLE words (0..1), and the
    longest such run as the smaller text writes it, cut to EXAMPLE characters.
    """
    (smaller, text), (larger, _) = sorted(((_word_hashes(text), text) for text in (one, other)), key=_words_hashed)
    if not len(smaller):
        return 0.0, ""
    size = min(SHINGLE, len(smaller))
    found = np.isin(_shingles(smaller, size), _shingles(larger, size))
    steps = np.zeros(len(smaller) + 1, np.int64)
    steps[: len(found)] += found
    steps[size:] -= found
    covered = np.cumsum(steps[:-1]) > 0
    return float(covered.mean()), _longest_run(text, covered)


def _words_hashed(each: tuple[NDArray[np.uint64], str]) -> int:
    return len(each[0])


def _most_first(found: Iterable[Overlap]) -> list[Overlap]:
    return sorted(found, key=lambda overlap: (-overlap.share, overlap.one, overlap.other))


def _longest_run(text: str, covered: NDArray[np.bool_]) -> str:
    edges = np.flatnonzero(np.diff(np.r_[False, covered, False].astype(np.int8)))
    if not len(edges):
        return ""
    longest = int(np.argmax(edges[1::2] - edges[::2]))
    first, end = edges[2 * longest], edges[2 * longest + 1]
    seen, start, stop = 0, -1, 0
    for piece in re.finditer(r"\S+", text):
        seen += len(words(piece.group()))
        if start < 0 and seen > first:
            start, stop = piece.start(), min(piece.end(), piece.start() + EXAMPLE)
        if start >= 0 and piece.end() - start <= EXAMPLE:
            stop = piece.end()
        if start >= 0 and (seen >= end or piece.end() - start > EXAMPLE):
            break
    return text[start:stop]


def _share(one: _Signature, other: _Signature) -> tuple[float, int]:
    """What two signatures have in common at the rate of the sparser: share of the smaller (0..1), and shingles."""
    rate = max(one.rate, other.rate)
    first, second = _below(one.hashes, rate), _below(other.hashes, rate)
    hits = len(np.intersect1d(first, second, assume_unique=True))
    return hits / max(1, min(len(first), len(second))), hits


def _evidence(kept: list[NDArray[np.uint32]], new: int) -> dict[int, float]:
    """What joins two documents, at one * len(kept) + other, by their places; `one` is among the first `new`."""
    hashes, owners = _asked(kept, new)
    starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]][: len(hashes)])
    sizes = np.diff(np.r_[starts, len(hashes)])
    size, first, at = np.repeat(sizes, sizes), np.repeat(starts, sizes), np.arange(len(hashes))
    evidence: defaultdict[int, float] = defaultdict(float)

    def add(ones: NDArray[np.int64], others: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
        asked = owners[ones] < new  # owners ascend within a hash: if either is new, the first one is
        pairs, which = np.unique(owners[ones[asked]] * len(kept) + owners[others[asked]], return_inverse=True)
        for pair, weight in zip(pairs.tolist(), np.bincount(which, weights[asked]).tolist(), strict=True):
            evidence[pair] += weight

    for step in range(1, COMMON):
        later = at[(at - step >= first) & (size <= COMMON)]
        add(later - step, later, 1 / (size[later] - 1))
    later = at[(at > first) & (size > COMMON)]
    for earlier in (first[later], later - 1):
        add(earlier, later, np.zeros(len(later)))
    return evidence


def _asked(kept: list[NDArray[np.uint32]], new: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Every hash that a new document holds, sorted, and the places of the documents with it, ascending."""
    none = np.zeros(0, np.uint32)
    hashes = np.concatenate([none, *kept])
    owners = np.repeat(np.arange(len(kept)), [len(each) for each in kept])
    if new < len(kept):
        asked = np.isin(hashes, np.concatenate([none, *kept[:new]]))
        hashes, owners = hashes[asked], owners[asked]
    order = np.argsort(hashes, kind="stable")
    return hashes[order], owners[order]


def _below(hashes: NDArray[np.uint32], rate: int) -> NDArray[np.uint32]:
    return hashes[: np.searchsorted(hashes, 1 << (32 - rate))]


def _word_hashes(text: str) -> NDArray[np.uint64]:
    bare = words(strip_diacritics(unicodedata.normalize("NFC", text)))
    hashed = {word: zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in set(bare)}
    return np.fromiter(map(hashed.__getitem__, bare), np.uint64, len(bare))


def _shingles(hashed: NDArray[np.uint64], size: int) -> NDArray[np.uint64]:
    """A hash of 64 bits for each run of `size` words."""
    total = np.full(len(hashed) - size + 1 if size else 0, size, np.uint64)
    for offset in range(size):
        total = total * np.uint64(0x9E3779B97F4A7C15) + hashed[offset : offset + len(total)]
    total ^= total >> np.uint64(31)
    total *= np.uint64(0xBF58476D1CE4E5B9)
    return total ^ (total >> np.uint64(29))
