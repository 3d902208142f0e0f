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
# Few syllables without diacritics are found by chance; found side by side they are not.
PAIR_WEIGHT_BARE_FEW = 0.65
FEW_TERMS = 4
DENSE_EVIDENCE_WEIGHT = 0.25
DENSE_LOW = 0.80
DENSE_HIGH = 0.90
EVIDENCE = 0.52
EVIDENCE_BARE = 0.45
# Asked of a passage when the dialogue takes the question for small talk, off topic, or unsafe.
EVIDENCE_DOUBTED = 0.85
# Quotes: characters of one quote, how many sources an answer shows, and how near to the best the later ones must be.
QUOTE_CHARACTERS = 500
QUOTE_LEAST = 240
CITATIONS = 2
SECOND_CITATION = 0.85
SAME_WORDS = 0.70
# A topic's section is quoted whole if it has this much evidence (less, the surer the dialogue is), no other passage has
# so much more, and no other heading says the question.
EVIDENCE_TOPIC = 0.30
EVIDENCE_TOPIC_LEAST = 0.25
EVIDENCE_URGENT = 0.05
URGENT_SURE = 0.50
TOPIC_MARGIN = 0.25
TOPIC_SURE = 0.70
SAYS_THE_QUESTION = 0.65
SAYS_THE_SUBJECT = 0.50
HEADING_LEAD = 0.20
# How many kept hits compete for the first citation, by fused score, evidence and a little of the heading.
RERANK_DEPTH = 8
HEADING_RANK = 0.30
# Follow-up questions offered under an answer.
RELATED = 3
