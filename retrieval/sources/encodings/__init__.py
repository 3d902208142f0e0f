"""Text in Unicode out of files and strings in whatever encoding Vietnamese offices have used."""

from retrieval.sources.encodings.decoding import Decoded, decode, repair, to_be_seen

__all__ = ["Decoded", "decode", "repair", "to_be_seen"]
