"""The versions of an index on disk: each whole and never changed, one of them current, replaced in one step.

DIR/CURRENT                 the name of the version in use
DIR/<version>/manifest.json model, counts, fingerprint of the inputs, size and hash of every file
DIR/.lock                   held by whoever builds
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from retrieval.errors import IndexBusyError, IndexDamagedError, IndexMissingError

FORMAT = 4
_ABANDONED_AFTER_S = 24 * 3600


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the right to build in `folder`, made if it is missing. IndexBusyError if another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexBusyError(
                f"Chỉ mục {folder} đang được tạo ở một cửa sổ khác. Hãy đợi xong rồi chạy lại."
            ) from error
        yield


@contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """A new folder inside `folder` to make a version in; gone afterwards, unless it was published."""
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".building-", dir=folder))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_manifest(work: Path, fingerprint: str, known: dict[str, Any]) -> None:
    """Describe every file in `work`. `known`: what else the manifest says."""
    files = {file.relative_to(work).as_posix(): _hash(file) for file in sorted(work.rglob("*")) if file.is_file()}
    manifest = {"format": FORMAT, "fingerprint": fingerprint, **known, "files": files}
    (work / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def publish(work: Path, folder: Path, fingerprint: str) -> None:
    """Make what stands in `work` the current version. The one before stays, older ones go."""
    previous, name = current(folder), _new_name(folder, fingerprint)
    work.chmod(0o755)  # temporary folders are private; whoever serves the index may be another user
    _to_disk(work)
    os.replace(work, folder / name)
    pointer = folder / ".CURRENT.new"
    pointer.write_text(name + "\n", encoding="utf-8")
    _sync(pointer)
    os.replace(pointer, folder / "CURRENT")
    for old in folder.iterdir():
        if old.is_dir() and old.name not in (name, previous) and _is_stale(old):
            shutil.rmtree(old, ignore_errors=True)


def _new_name(folder: Path, fingerprint: str) -> str:
    """A version is never written over: it may be in use, and a build may be killed half-way."""
    names = (fingerprint if n == 1 else f"{fingerprint}-{n}" for n in count(1))
    return next(name for name in names if not (folder / name).exists())


def _to_disk(work: Path) -> None:
    """After a power cut the pointer must not lead to files that never reached the disk."""
    for file in work.rglob("*"):
        if file.is_file():
            _sync(file)


def _sync(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_stale(folder: Path) -> bool:
    """Whether a folder may go: an old version, or what a build killed long ago left (one that runs now stays)."""
    return not folder.name.startswith(".") or time.time() - folder.stat().st_mtime > _ABANDONED_AFTER_S


def current(folder: Path) -> str | None:
    """The name of the current version, or None."""
    try:
        return (folder / "CURRENT").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None


def read_manifest(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of the current version and its manifest, every file checked against its hash.

    IndexMissingError if there is none, IndexDamagedError if a file is not as it was written.
    """
    name = current(folder)
    if not name and (folder / "CURRENT").exists():
        raise IndexDamagedError(f"Tệp {folder / 'CURRENT'} bị hỏng. Hãy chạy: make index")
    if not name:
        raise IndexMissingError(f"Chưa có chỉ mục trong {folder}. Hãy chạy: make index")
    version = folder / name
    try:
        manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
        old = manifest.get("format") != FORMAT
        damaged = [] if old else [file for file, digest in manifest["files"].items() if _hash(version / file) != digest]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamagedError(f"Chỉ mục {version} bị hỏng ({error}). Hãy chạy: make index") from error
    if damaged or old:
        what = ", ".join(damaged) or f"định dạng {manifest.get('format')}"
        raise IndexDamagedError(f"Chỉ mục {version} bị hỏng hoặc cũ ({what}). Hãy chạy: make index")
    return version, manifest
