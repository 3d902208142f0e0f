"""Word, Excel and CSV: what a person sees in them, as text."""

from retrieval.sources.office.docx import read_docx
from retrieval.sources.office.tables import read_csv, read_xlsx

__all__ = ["read_csv", "read_docx", "read_xlsx"]
