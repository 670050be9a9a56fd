"""A transformer that finds the words of a passage that answer a question, on PyTorch: weights, inputs and scores.

Training needs it, and any model but the one that ships; that one runs on ONNX Runtime (``onnx_span_model``).

Extractive question answering as in Devlin et al. 2019 (https://arxiv.org/abs/1810.04805), section 4.2 and 4.3: every
token is scored as the first and as the last of the answer, and the sequence's first token stands for "no answer here".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.errors import ReaderUnavailable
from retrieval.models.bundled import bundled_folder, verify_bundled
from retrieval.models.loading import (
    FAILURES,
    first_line,
    from_here_or_hub,
    native_number_type,
    quieten,
    require_pytorch,
    usable_device,
)
from retrieval.models.threads import in_threads, thread_count
from retrieval.models.token_scores import MAX_TOKENS, WEIGHTS_FILE, Pair, TokenScores

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

_PAIRS = 3
"""Pairs a forward pass, each pass by one thread, where there are enough for two passes a thread. Eleven passages then
take .85 of the time of one pass by all threads together; three passages would take nearly twice theirs."""

_TRAINED = ("bert.encoder.", "qa_outputs.", "answerable.")
"""How the names of trained parameters begin: layers and heads. The embeddings stay the bundled encoder's."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Questions over passages, tokenised and padded to shape (pairs, tokens)."""

    tensors: Mapping[str, torch.Tensor]
    allowed: NDArray[np.bool_]
    """Tokens of the passage itself: neither the question's nor the title's, no padding."""
    offsets: NDArray[np.int64]
    """(pairs, tokens, 2): each token's range of code points in its passage, where allowed."""

    def part(self, rows: NDArray[np.int64], width: int) -> Inputs:
        """Some of the pairs, cut off behind their first ``width`` tokens."""
        tensors = {name: tensor[rows, :width] for name, tensor in self.tensors.items()}
        return Inputs(tensors, self.allowed[rows, :width], self.offsets[rows, :width])

    def tokens_of(self, row: int, place: tuple[int, int] | None) -> tuple[int, int]:
        """First and last token of a range of the passage; the first token of all for None and for what was cut off."""
        if place is not None:
            tokens = np.flatnonzero(self.allowed[row])
            starts, ends = self.offsets[row, tokens, 0], self.offsets[row, tokens, 1]
            inside = tokens[(ends > place[0]) & (starts < place[1])]
            if len(inside) and ends[-1] >= place[1]:
                return int(inside[0]), int(inside[-1])
        return 0, 0


@dataclass(frozen=True, slots=True)
class Logits:
    """What the network gives for some pairs, float32."""

    starts: torch.Tensor
    """Of every token as first of the answer, shape (pairs, tokens); ``ends`` as last."""
    ends: torch.Tensor
    answerable: torch.Tensor
    """Of every pair: log odds that the passage answers, shape (pairs,); 0 where the network has no head for it."""


class SpanModel:
    """A network with its tokeniser. Safe to use from several threads once made."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        self.network = network
        self.tokenizer = tokenizer

    @classmethod
    def trainable(cls, weights: Path | None = None, dropout: float = 0.0, base: Path | None = None) -> SpanModel:
        """A model to train: the bundled encoder's weights under new heads, or the trained ``weights`` in a file.

        ``base`` is a copy of the encoder, for a machine that the bundled one is not installed on.

        Raises:
            As ``trained`` does.
        """
        import torch

        if base is None:
            verify_bundled()
        name = str(base or bundled_folder())
        model = cls(*_load(name, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout))
        head = torch.nn.Linear(model.network.config.hidden_size, 1)
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.zeros_(head.bias)
        model.network.answerable = head
        if weights:
            model._load_trained(weights)
        return model

    @classmethod
    def trained(cls, weights: Path, device: str | None = None) -> SpanModel:
        """The bundled encoder with the layers and head in a file that training wrote.

        Raises:
            ReaderUnavailable: they are not there, or are not what training writes.
            WeightsMismatch, EncoderUnavailable: see ``bundled.verify_bundled``.
            DeviceUnavailable: see ``ready``.
        """
        return cls.trainable(weights).ready(device)

    def _load_trained(self, weights: Path) -> None:
        """Replace the trained parameters by those in a file."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            strange = self.network.load_state_dict(load_file(weights), strict=False)
        except (OSError, SafetensorError, RuntimeError) as error:
            raise ReaderUnavailable(str(weights.parent), first_line(error)) from error
        # Weights of before there was the head that says whether there is an answer: it then always says 0.
        missing = [name for name in strange.missing_keys if not name.startswith("answerable.")]
        if strange.unexpected_keys or any(self.is_trained(name) for name in missing):
            raise ReaderUnavailable(str(weights.parent), f"{weights.name} holds other layers than this version reads")

    @classmethod
    def named(cls, name: str, device: str | None = None) -> SpanModel:
        """Any extractive question answering model: a folder, or a name on the hub.

        Raises:
            ReaderUnavailable: there is no such model, or it cannot be loaded.
            DeviceUnavailable: see ``ready``.
        """
        try:
            return cls(*_load(name)).ready(device)
        except FAILURES as error:
            raise ReaderUnavailable(name, first_line(error), named=True) from error

    def ready(self, device: str | None = None) -> SpanModel:
        """The same model, set for answering on ``device``: no dropout, and the number type that is fastest there.

        Raises:
            DeviceUnavailable: there is no such device.
        """
        device = usable_device(device)
        self.network.to(device, native_number_type(device)).eval()
        return self

    @staticmethod
    def is_trained(name: str) -> bool:
        """Whether the parameter of this name is one that training changes."""
        return name.startswith(_TRAINED)

    def save(self, folder: Path) -> None:
        """Write the trained parameters into ``folder``, in bfloat16."""
        import torch
        from safetensors.torch import save

        weights = {
            name: parameter.detach().to("cpu", torch.bfloat16).contiguous()
            for name, parameter in self.network.named_parameters()
            if self.is_trained(name)
        }
        # Not save_file: that makes a file which nobody but its owner may read.
        (folder / WEIGHTS_FILE).write_bytes(save(weights, metadata={"format": "pt"}))

    def inputs(self, pairs: Sequence[Pair]) -> Inputs:
        """Tokenise pairs; what is too long is cut off at the end."""
        prefixes = [f"{title} . " for _, title, _ in pairs]
        encoded = self.tokenizer(
            [question for question, _, _ in pairs],
            [prefix + passage for prefix, (_, _, passage) in zip(prefixes, pairs, strict=True)],
            truncation="longest_first",
            max_length=MAX_TOKENS,
            padding=True,
            padding_side="right",
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        skipped = np.array([len(prefix) for prefix in prefixes])[:, None, None]
        offsets = encoded.pop("offset_mapping").numpy() - skipped
        second = np.array([[part == 1 for part in encoded.sequence_ids(row)] for row in range(len(pairs))])
        allowed = second & (offsets[:, :, 0] >= 0) & (offsets[:, :, 1] > offsets[:, :, 0])
        return Inputs(dict(encoded), allowed, offsets)

    def logits(self, inputs: Inputs, device: str | None = None) -> Logits:
        """Run the network over some pairs.

        Tokens that cannot answer get the lowest number there is; the first token of all keeps its score.
        """
        import torch

        where = device or self.network.device
        head = getattr(self.network, "answerable", None)
        tensors = {name: tensor.to(where) for name, tensor in inputs.tensors.items()}
        output = self.network(**tensors, **({} if head is None else {"output_hidden_states": True}))
        closed = torch.from_numpy(~inputs.allowed).to(where)
        closed[:, 0] = False
        lowest = torch.finfo(torch.float32).min
        starts, ends = output.start_logits.float(), output.end_logits.float()
        answerable = starts.new_zeros(len(starts)) if head is None else head(output.hidden_states[-1][:, 0])[:, 0]
        return Logits(starts.masked_fill(closed, lowest), ends.masked_fill(closed, lowest), answerable.float())

    def score(self, pairs: Sequence[Pair]) -> list[TokenScores]:
        """The scores for each pair; a processor's threads take a few of like length at a time."""
        inputs = self.inputs(pairs)
        counts = inputs.tensors["attention_mask"].sum(1).numpy()
        scores: dict[int, TokenScores] = {}

        def score(rows: NDArray[np.int64]) -> None:
            part = inputs.part(rows, counts[rows].max())
            scores.update(zip(rows.tolist(), self._scores(part), strict=True))

        alike, threads = np.argsort(-counts, kind="stable"), thread_count()
        parts = [alike[start : start + _PAIRS] for start in range(0, len(alike), _PAIRS)]
        if len(parts) < 2 * threads or self.network.device.type != "cpu":
            score(alike)
        else:
            deque(in_threads(score, parts, threads), maxlen=0)
        return [scores[row] for row in range(len(pairs))]

    def _scores(self, inputs: Inputs) -> Iterator[TokenScores]:
        """Run the network over some pairs."""
        import torch

        with torch.inference_mode():
            logits = self.logits(inputs)
        starts, ends, answerable = (each.cpu().numpy() for each in (logits.starts, logits.ends, logits.answerable))
        for row, allowed in enumerate(inputs.allowed):
            yield TokenScores(
                inputs.offsets[row, allowed],
                starts[row, allowed],
                ends[row, allowed],
                no_answer=float(starts[row, 0] + ends[row, 0]),
                answerable=float(answerable[row]),
            )


def _load(name: str, **settings: float) -> tuple[Any, Any]:
    """Network in float32 and tokeniser of a model on disk or on the hub."""
    require_pytorch(f"The reader {name}")
    quieten()
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    def opened(**place: bool) -> tuple[Any, Any]:
        network = AutoModelForQuestionAnswering.from_pretrained(name, dtype=torch.float32, **place, **settings)
        return network, AutoTokenizer.from_pretrained(name, **place)

    return from_here_or_hub(name, opened)
