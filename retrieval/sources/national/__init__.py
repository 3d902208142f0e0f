"""Rows of the two national collections: procedures of the public-service portal, and the codified law."""

from retrieval.sources.national.codified import is_codified, read_codified
from retrieval.sources.national.portal import is_procedure, read_procedure

__all__ = ["is_codified", "is_procedure", "read_codified", "read_procedure"]
