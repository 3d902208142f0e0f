"""What becomes of awkward files: `python -m tests.benchmarks.awkward_files` prints the table, the tests check it.

Good files of each format and in each old encoding, empty, truncated, with a password, 200 MB large, under wrong
endings, bombs, broken rows.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from retrieval.library import Library
from retrieval.sources.report import FileReport
from tests.retrieval.sources import awkward
from tests.retrieval.sources.test_encodings import CODES, as_bytes, mangled

TEXT = "\n".join((awkward.TITLE, *awkward.PARAGRAPHS))


def write_all(folder: Path) -> None:
    """Every awkward file, in folders by what is awkward about it."""
    kinds = {"tot": awkward.GOOD, "mat-khau": awkward.LOCKED, "doc-hai": awkward.HOSTILE}
    for name, makers in kinds.items():
        (folder / name).mkdir(parents=True)
        for make in makers:
            make(folder / name)
    for name in ("sai-duoi", "bang-ma", "hang", "to"):
        (folder / name).mkdir()
    awkward.wrong_endings(folder / "sai-duoi")
    awkward.sparse(folder / "to")
    for name in CODES:
        (folder / "bang-ma" / f"{name}.txt").write_bytes(as_bytes(mangled(TEXT, name)))
    (folder / "bang-ma" / "UTF-16.txt").write_bytes(TEXT.encode("utf-16"))
    for name, raw in _rows():
        (folder / "hang" / name).write_bytes(raw)


def _rows() -> Iterator[tuple[str, bytes]]:
    rows = "\n".join(json.dumps({"_id": f"r{n}", "text": f"Dòng {n} của bảng."}, ensure_ascii=False) for n in range(3))
    yield "tot.jsonl", rows.encode()
    yield "cut.jsonl", rows.replace("r", "s").encode()[:-20]
    yield "thieu-ma.jsonl", b'{"text": "x"}'
    yield "cut.json.gz", gzip.compress(rows.encode())[:-9]
    yield "bung.txt.gz", gzip.compress(bytes(300 << 20), 1)
    yield "la.mapping.jsonl", b'{"ma": 1, "chu": "Dong mot."}'


def outcomes(folder: Path, work: Path) -> list[FileReport]:
    """What a library says of each file in `folder`."""
    with closing(Library(work / "library.db")) as library:
        return library.update([folder])


def main() -> int:
    """Print the table."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "files"
        write_all(folder)
        print("| tệp | kết quả | vì sao, lưu ý |\n|---|---|---|")
        for report in outcomes(folder, Path(work)):
            name = Path(report.path).relative_to(folder.resolve())
            said = "; ".join(filter(None, [report.problem, *report.warnings])).replace(f"{folder.resolve()}/", "")
            print(f"| {name} | {report.outcome} | {said} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
