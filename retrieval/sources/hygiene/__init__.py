"""Text that speaks to machines is cut out of a source; personal data in it is pointed out."""

from retrieval.sources.hygiene.cleaning import Cleaned, clean
from retrieval.sources.hygiene.findings import Finding, Kind, summary

__all__ = ["Cleaned", "Finding", "Kind", "clean", "summary"]
