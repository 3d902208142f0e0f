"""The structure of a Vietnamese legal text: its chapters and articles as sections, its khoản and điểm as clauses."""

from retrieval.sources.law.clauses import article_clauses
from retrieval.sources.law.headings import ATTACHED, reads_as_text
from retrieval.sources.law.sections import PREAMBLE, Structure, structure

__all__ = ["ATTACHED", "PREAMBLE", "Structure", "article_clauses", "reads_as_text", "structure"]
