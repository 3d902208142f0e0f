"""The shape of the code: imports point one way, and what must be light is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

RASA_PYTHON = ROOT / ".venv" / "rasa" / "bin" / "python"
PACKAGES = ("bot", "actions", "retrieval")
FORBIDDEN = {"retrieval": {"actions", "bot"}, "actions": {"bot"}, "bot": set[str]()}
# Rasa's own Python runs these, without the app's libraries.
IN_RASA = ("rasa", "sanic", "underthesea", "retrieval.text")
HEAVY = ("rasa", "fastapi", "torch", "faiss", "transformers", "sentence_transformers", "numpy", "yaml")


def _imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions, by its whole dotted name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield str(node.module)
            if node.module in PACKAGES:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(folder: str) -> list[Path]:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    return files


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way_and_never_at_the_tests(package: str) -> None:
    wrong = [
        (file.name, module)
        for file in _files(package)
        for module in _imports(file)
        if module.split(".")[0] in FORBIDDEN[package] | {"tests"}
    ]
    assert wrong == []


def test_the_knowledge_knows_nothing_of_rasa_or_http() -> None:
    known = {module.split(".")[0] for file in _files("retrieval") for module in _imports(file)}
    assert known.isdisjoint({"rasa", "rasa_sdk", "fastapi", "starlette", "httpx", "uvicorn"})


def test_what_runs_inside_rasa_imports_only_what_is_there() -> None:
    wrong = [
        (file.name, module)
        for file in _files("bot/nlu")
        for module in _imports(file)
        if module.split(".")[0] not in sys.stdlib_module_names
        and not any(module == known or module.startswith(f"{known}.") for known in IN_RASA)
    ]
    assert wrong == []


def test_the_text_functions_import_only_the_standard_library() -> None:
    assert {module.split(".")[0] for module in _imports(ROOT / "retrieval" / "text.py")} <= sys.stdlib_module_names


def _run(python: str | Path, code: str) -> str:
    done = subprocess.run([str(python), "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["retrieval", "retrieval.text"])
def test_importing_the_package_or_its_text_functions_loads_nothing_heavy(module: str) -> None:
    assert _run(sys.executable, f"import {module}, sys; print(sorted(set(sys.modules) & set({HEAVY!r})))") == "[]"


def test_asking_the_command_line_for_help_loads_no_model_library() -> None:
    code = f"import retrieval.cli, sys; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    assert _run(sys.executable, code) == "[]"


def test_the_text_functions_are_written_for_python_3_10() -> None:
    source = (ROOT / "retrieval" / "text.py").read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 10)).body


@pytest.mark.skipif(not RASA_PYTHON.is_file(), reason="chưa có .venv/rasa (make setup)")
def test_the_text_functions_work_the_same_on_the_python_of_rasa() -> None:
    code = (
        "import unicodedata; from retrieval.text import expand_abbreviations, normalise, search_terms;"
        "text = normalise(unicodedata.normalize('NFD', 'Chuyển') + '\\u200b  đổi');"
        "print(text == 'Chuyển đổi', ascii([search_terms('DVC 1.473'), expand_abbreviations('ko')]))"
    )
    assert _run(RASA_PYTHON, code).startswith("True [")
    assert _run(RASA_PYTHON, code) == _run(sys.executable, code)
