"""The embedding model: text in, unit vectors out. Any sentence-transformers model, by folder or by hub name."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.adapter import learned_adapter
from retrieval.errors import ModelError

Vectors = NDArray[np.float32]
_WEIGHT_SAMPLE_BYTES = 1 << 20
# Feed-forward outputs of the default model whose few very large activations int8 would blur (docs/decisions/0008).
_KEPT_IN_FLOAT = re.compile(r"encoder\.layer\.(?:0|4|5)\.output\.dense$")


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
    """A sentence-transformers model on the CPU, with the model's own query and passage prefixes.

    Linear layers run in int8 unless `int8` is False; questions pass the learned adapter unless `adapted` is False, or
    the model is not the one that it was learned with.
    """

    def __init__(self, name: str, int8: bool = True, adapted: bool = True) -> None:
        """Load the model `name`: a folder, or a hub name. ModelError if it cannot be loaded."""
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()
        self.name = Path(name).name
        try:
            self._model = SentenceTransformer(name, device="cpu").eval()
        except Exception as error:  # the library raises whatever its readers raise
            raise ModelError(
                f"Không nạp được mô hình '{name}': {error}. Hãy chạy 'make setup', hoặc sửa EMBEDDING_MODEL."
            ) from error
        self.fingerprint = model_fingerprint(name, int8)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        if int8:
            self._model = _in_int8(self._model)
        self._read = _compiled(self._model)
        adapter = learned_adapter() if adapted else None
        self._adapter = adapter if adapter and adapter.was_learned_with(self._embed_queries) else None

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions."""
        vectors = self._embed_queries(texts)
        return self._adapter.adapt(vectors) if self._adapter else vectors

    def _embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed("query", texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, by every core."""
        return self._embed("document", texts)

    def _embed(self, role: str, texts: Sequence[str]) -> Vectors:
        """Each text by itself: int8 scales what it is given together, so a vector would depend on its neighbours."""
        import torch

        read = partial(self._read, self._model.prompts.get(role))
        cores = min(torch.get_num_threads(), len(texts))
        if cores <= 1:
            return self._unit([read(text) for text in texts])
        # Two texts on two cores take less than one text on both, twice.
        with ThreadPoolExecutor(cores, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return self._unit(list(pool.map(read, texts)))

    def _unit(self, vectors: object) -> Vectors:
        array = np.asarray(vectors, dtype=np.float32).reshape(-1, self.dimension)
        lengths = np.maximum(np.linalg.norm(array, axis=1, keepdims=True), 1e-12)
        return np.asarray(array / lengths, dtype=np.float32)


def _in_int8(model: Any) -> Any:
    """The model with the weights of its linear layers in int8 by channel; activations are scaled as they come."""
    import torch
    from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic

    linear = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    chosen = {name: per_channel_dynamic_qconfig for name in linear if not _KEPT_IN_FLOAT.search(name)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated in favour of a package that we do not need
        return quantize_dynamic(model, chosen, inplace=True)


def _compiled(model: Any) -> Callable[[str | None, str], Vectors]:
    """What `encode` does for a prompt and one text, in a compiled graph where the model allows: half the time.

    The graph is kept only if it gives the same as the model for other texts than the one that it was made from.
    """
    import torch

    def features(prompt: str | None, text: str) -> dict[str, Any]:
        found = model.preprocess([text], prompt=prompt)
        return {name: value for name, value in found.items() if isinstance(value, torch.Tensor)}

    def run(layers: Any, prompt: str | None, text: str) -> Vectors:
        with torch.inference_mode():
            return np.asarray(layers(features(prompt, text))["sentence_embedding"][0].numpy(), np.float32)

    prompt = model.prompts.get("query")
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layers = torch.nn.Sequential(*model.children()).eval()
            traced = torch.jit.trace(layers, (features(prompt, "nộp hồ sơ"),), check_trace=False, strict=False)
            graph = torch.jit.freeze(traced)
            samples = ("a", "thủ tục " * 40, "đăng ký khai sinh cho con ở đâu?")
            same = all(np.allclose(run(graph, prompt, text), run(model, prompt, text), atol=1e-6) for text in samples)
    except (RuntimeError, KeyError, TypeError, ValueError):  # a model of another kind
        same = False
    return partial(run, graph if same else model)


def model_fingerprint(name: str, int8: bool = True) -> str:
    """A short hash that tells models apart: a folder's small files whole, its weights by size and both ends."""
    folder, digest = Path(name), hashlib.sha256(b"int8" if int8 else b"")
    if not folder.is_dir():
        digest.update(name.encode())
        return digest.hexdigest()[:16]
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(folder).as_posix()}\0{size}\0".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(_WEIGHT_SAMPLE_BYTES))
            if size > 2 * _WEIGHT_SAMPLE_BYTES:
                stream.seek(-_WEIGHT_SAMPLE_BYTES, 2)
                digest.update(stream.read())
    return digest.hexdigest()[:16]
