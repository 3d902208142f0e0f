"""The README is executed: each command in it runs in some test or in CI, and its answer is what the bot says."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.S)
COMMANDS = [re.sub(r" +#.*", "", line) for block in BLOCKS for line in block.strip().splitlines()]
# Commands that other tests or .ci/run execute, each with the place that does.
EXECUTED_BY = {
    "make run": "tests/e2e/test_make.py",
    "make shell": "tests/e2e/test_make.py",
    "make index": "tests/e2e/test_make.py",
    "make index SOURCE=/path/to/folder": "tests/e2e/test_make.py",
    "make test": ".ci/run",
    "make check": ".ci/run",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_executed_somewhere(command: str) -> None:
    command = command.removesuffix(" DRY_RUN=1")
    if command in EXECUTED_BY:
        assert command in (ROOT / EXECUTED_BY[command]).read_text(encoding="utf-8")
    else:
        assert command.startswith((".venv/app/bin/python -m retrieval ask", "curl -s localhost:8000/api/chat"))


def test_every_make_target_mentioned_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    mentioned = set(re.findall(r"`make ([a-z]+)", README)) | {c.split()[1] for c in COMMANDS if c.startswith("make ")}
    assert mentioned <= targets


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for link in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
            assert link.startswith("http") or (page.parent / link).exists(), f"{page.name}: {link}"


def test_settings_in_the_example_are_the_real_ones() -> None:
    from bot.settings import Settings
    from bot.zalo.settings import ZaloSettings

    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^# ([A-Z_]+)=", example, re.M)) == {
        name.upper() for name in Settings.model_fields | ZaloSettings.model_fields
    }


@pytest.mark.slow
def test_the_answer_shown_is_the_answer_given() -> None:
    command = next(command for command in COMMANDS if " -m retrieval ask" in command)
    done = subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True, check=True)
    shown = re.search(r"<!-- answer -->\n```\n(.*?)```", README, re.S)
    assert shown is not None
    assert done.stdout.strip() == shown.group(1).strip()
