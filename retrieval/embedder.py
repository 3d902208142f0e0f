"""The embedding model: text in, unit vectors out. Any sentence-transformers model, by folder or by hub name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ModelError

Vectors = NDArray[np.float32]
_WEIGHT_SAMPLE_BYTES = 1 << 20


class Embedder(Protocol):
    """What the index needs of a model. Vectors are float32, shape (n, dimension), of length 1."""

    name: str
    fingerprint: str
    dimension: int

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages."""
        ...


class SentenceTransformerEmbedder:
    """A sentence-transformers model on the CPU, with the model's own query and passage prefixes."""

    def __init__(self, name: str, batch_size: int = 32) -> None:
        """Load the model `name`: a folder, or a hub name. ModelError if it cannot be loaded."""
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.name, self._batch_size = Path(name).name, batch_size
        try:
            self._model = SentenceTransformer(name, device="cpu")
        except Exception as error:  # the library raises whatever its readers raise
            raise ModelError(
                f"Không nạp được mô hình '{name}': {error}. Hãy chạy 'make setup', hoặc sửa EMBEDDING_MODEL."
            ) from error
        self.fingerprint = model_fingerprint(name)
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions."""
        return self._unit(self._model.encode_query(list(texts), batch_size=self._batch_size, show_progress_bar=False))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages."""
        return self._unit(
            self._model.encode_document(list(texts), batch_size=self._batch_size, show_progress_bar=False)
        )

    def _unit(self, vectors: object) -> Vectors:
        array = np.asarray(vectors, dtype=np.float32).reshape(-1, self.dimension)
        lengths = np.maximum(np.linalg.norm(array, axis=1, keepdims=True), 1e-12)
        return np.asarray(array / lengths, dtype=np.float32)


def model_fingerprint(name: str) -> str:
    """A short hash that tells models apart: a folder's small files whole, its weights by size and both ends."""
    folder, digest = Path(name), hashlib.sha256()
    if not folder.is_dir():
        return hashlib.sha256(name.encode()).hexdigest()[:16]
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(folder).as_posix()}\0{size}\0".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(_WEIGHT_SAMPLE_BYTES))
            if size > 2 * _WEIGHT_SAMPLE_BYTES:
                stream.seek(-_WEIGHT_SAMPLE_BYTES, 2)
                digest.update(stream.read())
    return digest.hexdigest()[:16]
