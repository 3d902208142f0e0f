"""`python -m retrieval.learning WHAT`: learn again what ships in `retrieval/learned/`. Needs the corpora."""

from __future__ import annotations

import argparse
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Learn one model or all."""
    parser = argparse.ArgumentParser(prog="python -m retrieval.learning", description="Học lại các mô hình nhỏ đi kèm.")
    parser.add_argument("what", choices=["diacritics", "adapter", "evidence", "all"], help="mô hình cần học")
    parser.add_argument("--corpora", type=Path, default=PROJECT.parent / "shared" / "corpora", help="thư mục ngữ liệu")
    parser.add_argument("--model", default=str(PROJECT / "models" / "embedder"), help="mô hình mã hóa")
    options = parser.parse_args()
    if not options.corpora.is_dir():
        parser.error(f"không có ngữ liệu ở {options.corpora}; hãy chỉ ra bằng --corpora")
    if options.what in ("diacritics", "all"):
        from retrieval.learning.diacritics import learn as learn_diacritics

        learn_diacritics(PROJECT, options.corpora)
    if options.what in ("adapter", "all"):
        from retrieval.learning.adapter import learn as learn_adapter

        learn_adapter(PROJECT, options.corpora, options.model)
    if options.what in ("evidence", "all"):
        from retrieval.learning.evidence import learn_from

        learn_from(PROJECT, options.corpora.parent, options.model)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
