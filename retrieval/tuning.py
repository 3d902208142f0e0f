"""Every constant of search and evidence in one place, with the measurement that chose it (docs/decisions/0006)."""

from __future__ import annotations

# Splitting. Characters of a passage: long enough for an answer with its context, short enough to be quoted.
PASSAGE_CHARACTERS = 700
# BM25 over stripped syllables and bigrams.
BM25_K1 = 0.9
BM25_B = 0.6
# Search: how many candidates each side brings, and the weights of passage vector, nearest sentence and BM25, each
# min-max normalised among the candidates, by how the question is typed.
CANDIDATES = 50
FUSION = (0.40, 0.35, 0.25)
FUSION_BARE = (0.30, 0.35, 0.35)
# How people ask for a document: what being asked for just so adds to the fused score, and how many documents it brings.
ASKED = 0.75
ASKED_FROM = 0.30
ASKED_DOCUMENTS = 8
# Second look: what the rank of a passage's best run adds to its fused score, from this share of words found upwards.
SECOND_LOOK = 0.06
SECOND_LOOK_BARE = 0.12
GROUNDED = 0.20
SECOND_LOOK_DEPTH = 12
# The probability below which a passage is no answer, and the share of syllables below which one without any of the
# question's words is none either.
EVIDENCE = 0.56
FOUND_LEAST = 0.20
# Coverage (0..1): shares of the question's terms and pairs found, and cosine scaled from LOW..HIGH to 0..1.
PAIR_WEIGHT = 0.25
PAIR_WEIGHT_BARE = 0.40
# Few syllables without diacritics are found by chance; found side by side they are not.
PAIR_WEIGHT_BARE_FEW = 0.65
FEW_TERMS = 4
DENSE_EVIDENCE_WEIGHT = 0.25
DENSE_LOW = 0.80
DENSE_HIGH = 0.90
# Below this, a text that has lapsed and fits far better makes the reply that it has lapsed.
EVIDENCE_SURE = 0.75
# Asked of a passage when the dialogue takes the question for small talk, off topic, or unsafe.
EVIDENCE_DOUBTED = 0.88
# How many passages the reader keeps prepared.
PREPARED_PASSAGES = 20_000
# Quotes: sentences and characters of one run, what a short one is widened to, and how many sources an answer shows.
QUOTE_SENTENCES = 5
QUOTE_CHARACTERS = 520
QUOTE_LEAST = 300
# A điểm is quoted with the words of its khoản that it completes while both are no longer than this.
LEAD_CHARACTERS = 700
# Numbered steps are quoted together up to so many characters.
STEPS_CHARACTERS = 1500
CITATIONS = 2
# Passages of an article that is asked for by its number.
ARTICLE_CITATIONS = 4
# How far below the best, by rank: a second source, and figures of another province that make us ask which is meant.
USABLE_WITHIN = 1.0
SECOND_WITHIN = 2.5
CLARIFY_WITHIN = 1.0
# Comparisons: at least this probability for a side, characters that its quotes are widened to (figures to compare stand
# in lists), how many quotes of groups, and how far below the surest.
EVIDENCE_COMPARED = 0.25
COMPARED_LEAST = 700
GROUPS = 4
GROUP_WITHIN = 4.5
SAME_WORDS = 0.70
# A topic's section is quoted whole if it has this much evidence (less, the surer the dialogue is), no other passage has
# so much more, and no other heading says the question.
EVIDENCE_TOPIC = 0.30
EVIDENCE_TOPIC_LEAST = 0.25
URGENT_SURE = 0.30
TOPIC_MARGIN = 0.25
TOPIC_SURE = 0.70
SAYS_THE_QUESTION = 0.65
SAYS_THE_SUBJECT = 0.50
HEADING_LEAD = 0.20
# How near a question must be to how people ask for a document, so that the dialogue's doubts about it do not count; and
# for its headings to be offered where evidence is weak.
ASKED_FOR = 0.80
MEANT = 0.33
# Follow-up questions offered under an answer.
RELATED = 3
