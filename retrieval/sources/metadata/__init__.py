"""What a Vietnamese official text says of itself and of the instruments that it ends."""

from retrieval.sources.metadata.reading import read_metadata
from retrieval.sources.metadata.words import Ending, Found, Metadata, Verb, Words

__all__ = ["Ending", "Found", "Metadata", "Verb", "Words", "read_metadata"]
