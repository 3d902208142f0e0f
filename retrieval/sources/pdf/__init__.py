"""PDF: text as a person reads it on the page, also where pages are pictures."""

from retrieval.sources.pdf.reading import read_pdf

__all__ = ["read_pdf"]
