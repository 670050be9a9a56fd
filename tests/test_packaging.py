"""What is installed answers by itself, away from the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Packing the weights takes seconds, and they hardly get smaller.
HATCHLING = "import zlib; zlib.Z_DEFAULT_COMPRESSION = 0; from hatchling.cli import hatchling; hatchling()"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contents of the wheel, as an installation lays them out."""
    folder = tmp_path_factory.mktemp("installed")
    built = subprocess.run(
        [sys.executable, "-c", HATCHLING, "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("quoth-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    wheel.unlink()
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """An empty folder to run in, that is not the repository."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the installed code, with no setting of whoever runs the tests."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QUOTH_")}
    environment |= {"PYTHONPATH": str(installed), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_an_installed_quoth_answers_with_its_own_reader(installed: Path, elsewhere: Path) -> None:
    articles = shutil.copytree(ROOT / "data" / "articles", elsewhere / "articles")

    result = run(
        installed, elsewhere, "-m", "bot", "ask", "--json",
        "--articles", str(articles), "--index", str(elsewhere / "index"), "who met in Sochi?",
    )  # fmt: skip

    assert result.returncode == 0, result.stderr
    (quote, *_) = json.loads(result.stdout)["quotes"]
    assert {quote["text"][start:end] for start, end in quote["highlights"]} == {"Shinzo Abe", "Vladimir Putin"}


def test_the_code_that_answers_is_the_installed_one(installed: Path, elsewhere: Path) -> None:
    result = run(installed, elsewhere, "-c", "import retrieval, bot; print(retrieval.__file__, bot.__file__)")

    assert all(Path(file).is_relative_to(installed) for file in result.stdout.split())


def test_without_articles_an_installed_quoth_says_what_to_name(installed: Path, elsewhere: Path) -> None:
    result = run(installed, elsewhere, "-m", "bot", "ask", "who met in Sochi?")

    assert result.returncode == 2
    (sentence,) = result.stderr.splitlines()
    assert "--articles DIR" in sentence
    assert "Traceback" not in sentence


def test_the_wheel_holds_the_packages_and_the_reader_and_nothing_else(installed: Path) -> None:
    assert {entry.name for entry in installed.iterdir() if entry.suffix != ".dist-info"} == {"bot", "retrieval"}
    reader = [path.name for path in installed.rglob("*") if path.parent.name == "reader"]
    assert sorted(reader) == [
        "calibration.json",
        "card.json",
        "judge-card.json",
        "judge.safetensors",
        "model.safetensors",
    ]
    assert {path.name for path in installed.glob("bot/web/*/*")} >= {"ask.html", "base.html", "style.css", "icon.svg"}
    assert all((installed / package / "py.typed").exists() for package in ("bot", "retrieval"))


def test_pip_knows_every_extra_that_a_dependency_asks_for() -> None:
    """Pip before 23.3 warns that lxml has no ``html_clean``: the Makefile installs with a newer one."""
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--quiet", "--disable-pip-version-check"]

    result = subprocess.run([*pip, "trafilatura"], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")
