"""Which runtime a model runs on: ONNX Runtime for what ships with Quoth, PyTorch for everything else. Chosen here only.

ONNX Runtime starts in a tenth of PyTorch's time and needs half of its memory. PyTorch runs any other model, runs on a
GPU, and is faster with many passages on a processor that multiplies bfloat16.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from retrieval.models.bundled import BUNDLED
from retrieval.models.encoder import Encoder, SentenceTransformerEncoder
from retrieval.models.onnx_encoder import EncodeMany, OnnxEncoder
from retrieval.models.threads import cores
from retrieval.models.token_scores import SpanScorer
from retrieval.models.torch_process import on_torch

_MANY = 500
"""Passages from which importing PyTorch, two seconds, is worth asking whether it is faster; an index has them encoded
in blocks of no fewer (``retrieval.index.encoded``)."""

_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""What Linux calls the instructions for bfloat16, on x86 and on Arm."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What runs the bundled encoder and the reader that ships, and why."""

    name: str
    why: str


def runtime_for(device: str | None) -> Runtime:
    """What runs questions: ONNX Runtime on the processor, PyTorch on any other device."""
    if device in (None, "cpu"):
        return Runtime("ONNX Runtime", "it is the quickest on a processor for a question at a time")
    return Runtime("PyTorch", f"the device {device} is set")


def encoder_named(name: str = BUNDLED, device: str | None = None) -> Encoder:
    """The encoder that a setting names: ``bundled``, a sentence-transformers model's folder, or a name on the hub.

    Cheap: the model is loaded at the first use.
    """
    if name == BUNDLED and device in (None, "cpu"):
        return OnnxEncoder(_faster_with_many)
    return SentenceTransformerEncoder(name, device=device)


def trained_span_model(weights: Path, device: str | None = None, *, alone: bool = False) -> SpanScorer:
    """The span model of a file that ``python -m training`` wrote.

    ``alone`` says that it mostly gets one passage at a time, which two threads are to share on a processor. That is
    quicker for one passage, and slower for many, of which each thread had better take its own.

    Raises:
        ReaderUnavailable, EncoderUnavailable, WeightsMismatch, DeviceUnavailable: it cannot be loaded.
    """
    if device in (None, "cpu"):
        from retrieval.models.onnx_span_model import OnnxSpanModel

        return OnnxSpanModel(weights, threads=min(2, cores()) if alone else 1)
    from retrieval.models.span_model import SpanModel

    return SpanModel.trained(weights, device)


def span_model_named(name: str, device: str | None = None) -> SpanScorer:
    """Any extractive question answering model: a folder, or a name on the hub.

    Raises:
        ReaderUnavailable, DeviceUnavailable: it cannot be loaded.
    """
    from retrieval.models.span_model import SpanModel

    return SpanModel.named(name, device)


def _faster_with_many(count: int) -> EncodeMany | None:
    """What encodes so many passages sooner: PyTorch, if it is installed and computes faster in bfloat16 here."""
    if count < _MANY or _BFLOAT16.isdisjoint(_flags()) or not find_spec("torch"):
        return None
    return on_torch.encode_document if on_torch.is_faster() else None


def _flags() -> set[str]:
    """What the processor can do, as far as the system tells without PyTorch; only Linux does."""
    try:
        return set(Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split())
    except OSError:
        return set()
