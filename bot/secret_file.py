"""A secret that is made once and then shared by every process of this machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile


def kept_secret(file: Path, make: Callable[[], bytes]) -> bytes:
    """The content of `file`, made and written in one step (mode 0600) where it is missing. OSError."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=file.parent) as made:  # mode 0600
            made.write(make())
            made.flush()
            os.fsync(made.fileno())
            with contextlib.suppress(FileExistsError):  # another process was first
                os.link(made.name, file)
    return file.read_bytes()
