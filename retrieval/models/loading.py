"""Loading models: quiet and quick imports, the device, and the number type that is fastest there."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from retrieval.errors import DeviceUnavailable, PyTorchMissing

if TYPE_CHECKING:
    import torch


_T = TypeVar("_T")

FAILURES = (OSError, ValueError, RuntimeError, KeyError, ImportError)
"""What loading a model raises when it is not there or makes no sense."""

_HUB_S = 10
"""Seconds in which the hub has to answer once, before it is asked for files."""

_LOADING = threading.RLock()
"""One model is loaded at a time: two imports cannot run side by side, and the collector has one switch."""


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector while libraries are imported and a model is loaded.

    They make hundreds of thousands of objects that stay, and searching these for garbage takes about a third of a
    start. Afterwards all objects are frozen (``gc.freeze``), so that later collections leave them out too.
    """
    with _LOADING:
        was_on = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            gc.freeze()
            if was_on:
                gc.enable()


def usable_device(device: str | None) -> str:
    """The device to run on: the one named, else a GPU if there is one, else the processor.

    Raises:
        DeviceUnavailable: torch cannot run on the one named.
    """
    import torch

    if device is None:
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.zeros(1, device=device).cpu()
    except (AssertionError, RuntimeError) as error:  # the former where torch was built without it
        raise DeviceUnavailable(device, first_line(error)) from error
    return device


def native_number_type(device: str) -> torch.dtype:
    """The number type to run a model in: on a processor the faster of bfloat16 and float32, elsewhere float32.

    Having instructions for bfloat16 is not enough: AMD's, and Intel's with AMX, are 2 to 3 times as fast as in float32;
    Intel's without AMX, which cloud machines hide, take twice as long.
    """
    import torch

    capabilities = torch.cpu.get_capabilities() if device == "cpu" else {}
    knows = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16")
    return min(torch.bfloat16, torch.float32, key=_multiplying_s) if knows else torch.float32


@cache
def _multiplying_s(number_type: torch.dtype) -> float:
    """Seconds for one layer over one passage: the least of twelve tries, as other programs may hold the processor."""
    import torch

    passage = torch.ones(128, 384, dtype=number_type)
    layer = torch.ones(1536, 384, dtype=number_type)

    def once() -> float:
        started = time.perf_counter()
        torch.nn.functional.linear(passage, layer)
        return time.perf_counter() - started

    with torch.inference_mode():
        return min(once() for _ in range(12))


def require_pytorch(what: str) -> None:
    """Make sure that PyTorch and what goes with it are installed, for ``what`` needs them.

    Raises:
        PyTorchMissing: one of them is not.
    """
    try:
        installed = all(map(find_spec, ("torch", "transformers", "sentence_transformers")))
    except ValueError:  # as find_spec says it of a module that is there and None
        installed = False
    if not installed:
        raise PyTorchMissing(what)


def from_here_or_hub(name: str, load: Callable[..., _T]) -> _T:
    """A model's folder, or a model by its name on the hub: what is in the hub's cache needs no network.

    ``load`` is told with ``local_files_only`` whether it may use nothing but what is on this machine.

    Raises:
        One of ``FAILURES``.
    """
    try:
        return load(local_files_only=True)
    except FAILURES:
        if Path(name).is_dir():
            raise
    _reach_hub(name)
    return load(local_files_only=False)


def _reach_hub(name: str) -> None:
    """See whether the hub answers at all: without a network its client tries each file again, for minutes in all."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        HfApi().model_info(name, timeout=_HUB_S)
    except (HfHubHTTPError, ValueError):
        return  # it answers, or that can be no name: loading says so
    except Exception as error:  # the libraries that carry its requests have errors of their own
        raise OSError(f"the hub cannot be reached: {first_line(error)}") from error


def quieten() -> None:
    """Keep the hub client's and transformers' progress bars and advice off the user's terminal."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import logging

    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    for library in ("huggingface_hub", "sentence_transformers"):
        logging.getLogger(library).setLevel(logging.ERROR)


def first_line(error: BaseException) -> str:
    """What a library's error says, without the pages that may follow."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
