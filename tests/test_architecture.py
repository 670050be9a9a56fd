"""The gates of ``make check`` let this project through and stop a planted violation; nothing is too long to read."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def copied(folder: Path) -> Path:
    """The project's code and its tools' settings, put into a folder."""
    for package in ("bot", "retrieval"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return copied(tmp_path)


def run(tool: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(tool)
    # No part of the tests that this one belongs to.
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "SLIPCOVER_"))}
    return subprocess.run([program, *arguments], cwd=folder, env=alone, capture_output=True, text=True, check=False)


def plant(path: Path, code: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + f"\n{code}\n", encoding="utf-8")


def test_the_layers_hold_in_an_unspoilt_copy(copy: Path) -> None:
    result = run("lint-imports", "--no-cache", folder=copy)

    assert result.returncode == 0, result.stdout


PLANTED = (
    ("retrieval/answer/search.py", "import bot.settings", "The engine knows nothing of its faces"),
    ("retrieval/articles/article.py", "import retrieval.index.snapshot", "Inside the engine"),
    ("retrieval/articles/article.py", "import retrieval.models.encoder", "Inside the engine"),
    ("retrieval/index/dense.py", "import retrieval.answer.search", "Inside the engine"),
    ("retrieval/unlisted.py", "", "Inside the engine"),
    ("retrieval/answer/asking/question.py", "import retrieval.answer.reading.reader", "Inside the package of answers"),
    ("retrieval/answer/unlisted.py", "", "Inside the package of answers"),
    ("bot/wording.py", "import bot.cli", "Inside the faces"),
    ("bot/terminal/chat.py", "import bot.discord.cards", "Inside the faces"),
    ("bot/terminal/chat.py", "def f():\n    import numpy", "The faces leave numbers to the engine"),
    ("bot/cli.py", "def f():\n    import torch", "The faces leave numbers to the engine"),
    ("bot/wording.py", "import discord", "Only bot.discord imports discord"),
    ("bot/discord/care.py", "import starlette", "Only bot.web imports what serves"),
    ("bot/web/pages.py", "import bot.discord.cards", "Inside the faces"),
    ("bot/web/api.py", "import mcp", "Only bot.mcp imports what speaks with assistants"),
    ("retrieval/engine.py", "import rich", "The engine knows no face's library"),
    ("retrieval/answer/search.py", "import faiss", "Only retrieval.index.dense imports faiss"),
    ("retrieval/answer/search.py", "import onnxruntime", "Only retrieval.models imports onnxruntime"),
    ("retrieval/index/snapshot.py", "import sentence_transformers", "Only retrieval.models imports"),
)
"""Files, code that breaks a rule when it is put behind what they have, and whose rule that is."""


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy with all that planted, in one run."""
    spoilt = copied(tmp_path_factory.mktemp("spoilt"))
    for file, code, _ in PLANTED:
        (spoilt / file).touch()
        plant(spoilt / file, code)
    result = run("lint-imports", "--no-cache", folder=spoilt)
    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize(("file", "code", "contract"), PLANTED)
def test_an_import_against_the_layers_breaks_its_contract(broken: str, file: str, code: str, contract: str) -> None:
    lines = broken.splitlines()
    headings = [number for number, line in enumerate(lines) if line and set(line) == {"-"}]
    sections = ["\n".join(lines[first - 1 : last]) for first, last in pairwise([*headings, len(lines)])]
    module, imported = file.removesuffix(".py").replace("/", "."), code.rpartition(" ")[2]
    told = f"{module} -> {imported} (" if imported else module

    assert any(section.startswith(contract) and told in section for section in sections)


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("def undocumented() -> None:\n    return None", "D103"),
        ("assert print", "S101"),
        ("print('left over')", "T201"),
    ],
)
def test_ruff_stops_a_planted_fault(copy: Path, code: str, rule: str) -> None:
    plant(copy / "retrieval/errors.py", code)

    result = run("ruff", "check", "--no-cache", "--output-format=concise", folder=copy)

    assert result.returncode == 1
    assert rule in result.stdout


def test_ruff_stops_code_that_is_not_formatted(copy: Path) -> None:
    plant(copy / "retrieval/errors.py", "x = {  'a':1 }")

    assert run("ruff", "format", "--check", "--no-cache", folder=copy).returncode == 1


def test_mypy_stops_a_planted_type_error(copy: Path) -> None:
    planted = copy / "bot/planted.py"  # which imports nothing: mypy need not read PyTorch
    planted.write_text("number: int = 'one'\n\n\ndef untyped(x):\n    return x\n", encoding="utf-8")

    result = run("mypy", "--cache-dir", str(copy / ".mypy_cache"), "bot/planted.py", folder=copy)

    assert result.returncode == 1
    assert "[assignment]" in result.stdout
    assert "[no-untyped-def]" in result.stdout


def test_a_warning_fails_a_test_and_so_does_the_network(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "test_planted.py").write_text(
        "import socket, warnings\n"
        "def test_warns(): warnings.warn('careless')\n"
        "def test_connects(): socket.create_connection(('127.0.0.1', 9))\n",
        encoding="utf-8",
    )

    result = run("pytest", "-p", "no:cacheprovider", "test_planted.py", folder=tmp_path)

    assert "UserWarning: careless" in result.stdout
    assert "SocketBlockedError" in result.stdout
    assert "2 failed" in result.stdout


# --- sizes ---------------------------------------------------------------------------------------------------

LINES = {"module": 400, "class": 250, "function": 40}
"""At most; a comment that begins with ``# Long:`` and says why lets one be longer, in a module at its top, else beside
or above its first line."""


def too_long(name: str, code: str) -> Iterator[str]:
    """What of a module has more than its lines and no word about why."""
    lines = code.splitlines()
    parts = [("module", name, 1, len(lines))]
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            parts.append((kind, f"{name}: {node.name}", first, node.end_lineno or first))
    for kind, what, first, last in parts:
        beside = lines[:20] if kind == "module" else lines[max(0, first - 2) : first]
        if last - first + 1 > LINES[kind] and not any("# Long: " in line for line in beside):
            yield f"{what} has {last - first + 1} lines, and a {kind} at most {LINES[kind]}"


def test_what_is_too_long_is_found_unless_it_says_why() -> None:
    body = "    x = 1\n" * 40

    assert list(too_long("a.py", f"def f():\n{body}")) == ["a.py: f has 41 lines, and a function at most 40"]
    assert list(too_long("a.py", f"# Long: a table\ndef f():\n{body}")) == []
    assert list(too_long("a.py", "x = 1\n" * 401)) == ["a.py has 401 lines, and a module at most 400"]
    assert list(too_long("a.py", "# Long: a table\n" + "x = 1\n" * 400)) == []


@pytest.mark.parametrize("package", ["bot", "retrieval", "training"])
def test_nothing_is_too_long_to_read(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))

    assert [
        each for file in files for each in too_long(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"))
    ] == []


def test_the_map_of_the_stages_of_an_answer_names_each_module_once() -> None:
    folder = ROOT / "retrieval" / "answer"
    above, _, shown = (
        ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    ).partition("The modules, by stage:")

    assert "``pipeline``" in above
    modules = [file.stem for file in folder.rglob("*.py") if file.stem != "__init__"]
    packages = [file.parent.name for file in folder.glob("*/__init__.py")]
    assert sorted(["pipeline", *re.findall(r"``(\w+)``", shown)]) == sorted([*modules, *packages])
