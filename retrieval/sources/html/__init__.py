"""Web pages: the article of a page, as text."""

from retrieval.sources.html.reading import read_html

__all__ = ["read_html"]
