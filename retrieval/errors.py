"""Everything that can go wrong in `retrieval`, as one tree.

RetrievalError
├── SourceError            a source cannot be read or is incomplete (names the file, and the field if there is one)
│   └── DuplicateIdError   two documents carry one id
├── EmptySourceError       no document at all was found
├── LibraryError           the file of what was read from sources is damaged
├── ModelError             the embedding model cannot be built or loaded
└── IndexUnusableError     an index cannot be used
    ├── IndexMissingError
    ├── IndexDamagedError  half-written, or a file changed after it was built
    ├── IndexBusyError     another process is building in the same folder
    └── IndexModelError    built by another embedding model
"""

from __future__ import annotations

from pathlib import Path


class RetrievalError(Exception):
    """Base of all errors raised by `retrieval`; its text tells a person what to do next."""


class SourceError(RetrievalError):
    """A source file is unreadable or incomplete."""

    def __init__(self, path: Path | str, problem: str, field: str | None = None) -> None:
        self.path, self.problem, self.field = str(path), problem, field
        self.told = f"trường '{field}': {problem}" if field else problem
        super().__init__(f"{path}: {self.told}")


class DuplicateIdError(SourceError):
    """Two documents carry the same id."""


class EmptySourceError(RetrievalError):
    """The sources hold no document."""


class LibraryError(RetrievalError):
    """The file of what was read from sources is damaged."""


class ModelError(RetrievalError):
    """The embedding model cannot be built or loaded."""


class IndexUnusableError(RetrievalError):
    """An index cannot be used."""


class IndexMissingError(IndexUnusableError):
    """There is no index in this folder."""


class IndexDamagedError(IndexUnusableError):
    """The index is half-written or was changed after it was built."""


class IndexBusyError(IndexUnusableError):
    """Another process is building an index in the same folder."""


class IndexModelError(IndexUnusableError):
    """The index was built by another embedding model."""
