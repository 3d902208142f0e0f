"""Every constant of search and evidence in one place, with the measurement that chose it (docs/decisions/0006)."""

from __future__ import annotations

# Splitting. Characters of a passage: long enough for an answer with its context, short enough to be quoted.
PASSAGE_CHARACTERS = 700
# BM25 over stripped syllables and bigrams.
BM25_K1 = 0.9
BM25_B = 0.6
# Search: how many candidates each side brings, and the weight of the dense side by how the question is typed.
CANDIDATES = 50
DENSE_WEIGHT = 0.40
DENSE_WEIGHT_BARE = 0.10
# Evidence (0..1): shares of the question's terms and pairs found, and cosine scaled from LOW..HIGH to 0..1.
PAIR_WEIGHT = 0.25
PAIR_WEIGHT_BARE = 0.40
DENSE_EVIDENCE_WEIGHT = 0.25
DENSE_LOW = 0.80
DENSE_HIGH = 0.90
EVIDENCE = 0.45
EVIDENCE_BARE = 0.45
EVIDENCE_TOPIC = 0.30
# Quotes: characters of one quote, how many sources an answer shows, and how near to the best the later ones must be.
QUOTE_CHARACTERS = 420
CITATIONS = 2
SECOND_CITATION = 0.92
# A topic's section is quoted whole when its document is among the first hits, and no other is better by a margin.
TOPIC_DEPTH = 10
TOPIC_MARGIN = 0.35
# How many kept hits compete for the first citation, by fused score plus evidence.
RERANK_DEPTH = 5
