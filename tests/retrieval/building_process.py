"""Builds an index slowly, to be killed: `python -m tests.retrieval.building_process SOURCE INDEX`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from retrieval import building
from retrieval.embedder import Vectors
from retrieval.readers import read_sources
from tests.fakes import FakeEmbedder


class SlowEmbedder(FakeEmbedder):
    """Takes its time, as a real model does."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        time.sleep(0.05)
        return super().embed_passages(texts)


if __name__ == "__main__":
    building._BATCH = 8
    documents = read_sources([Path(sys.argv[1])]).documents
    print("đọc xong", flush=True)
    building.build(documents, SlowEmbedder(), Path(sys.argv[2]))
    print("xong", flush=True)
