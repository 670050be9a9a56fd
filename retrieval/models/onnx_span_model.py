"""The trained reader's networks on ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ReaderUnavailable
from retrieval.models.loading import first_line
from retrieval.models.onnx_layers import OnnxLayers, bundled_tokenizer
from retrieval.models.tensors import TensorFile
from retrieval.models.threads import in_pool
from retrieval.models.token_scores import MAX_TOKENS, Pair, TokenScores


class OnnxSpanModel:
    """Scores a passage's tokens with weights that ``python -m training`` wrote (see ``token_scores``).

    Args:
        weights: their file.
        threads: how many share a passage.

    Raises:
        ReaderUnavailable: the file cannot be read, or holds other layers.
        EncoderUnavailable, WeightsMismatch: the bundled encoder's embeddings cannot be had.
    """

    def __init__(self, weights: Path, *, threads: int = 1) -> None:
        try:
            tensors = TensorFile(weights)
            self._layers = OnnxLayers(tensors, "bert.", threads=threads)
            self._heads, self._bias = _heads(tensors)
        except json.JSONDecodeError as error:
            raise ReaderUnavailable(str(weights.parent), f"{weights.name} is damaged") from error
        except KeyError as error:
            reason = f"{weights.name} holds other layers than this version reads"
            raise ReaderUnavailable(str(weights.parent), reason) from error
        except (OSError, ValueError, RuntimeError) as error:
            raise ReaderUnavailable(str(weights.parent), f"{weights.name}: {first_line(error)}") from error
        self._tokenizer = bundled_tokenizer(MAX_TOKENS)

    def score(self, pairs: Sequence[Pair]) -> list[TokenScores]:
        """The scores for each pair; what is too long is cut off at the end."""
        # The longest first, so that no core waits long for another that began with a long one at last.
        order = sorted(range(len(pairs)), key=lambda number: -len(pairs[number].passage))
        scored = dict(zip(order, in_pool(self._score, [pairs[number] for number in order]), strict=True))
        return [scored[number] for number in range(len(pairs))]

    def _score(self, pair: Pair) -> TokenScores:
        prefix = f"{pair.title} . "
        tokens = self._tokenizer(pair.question, prefix + pair.passage)
        logits = self._layers.hidden(tokens) @ self._heads + self._bias
        offsets = tokens.offsets - len(prefix)
        passage = (tokens.parts == 1) & ~tokens.marks & (offsets[:, 0] >= 0) & (offsets[:, 1] > offsets[:, 0])
        return TokenScores(
            offsets[passage],
            logits[passage, 0],
            logits[passage, 1],
            no_answer=float(logits[0, 0] + logits[0, 1]),
            answerable=float(logits[0, 2]),
        )


def _heads(tensors: TensorFile) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Matrix (width, 3) and bias (3,) of start, end and answerable; the last is 0 in weights of before it was there."""
    weight, bias = tensors["qa_outputs.weight"], tensors["qa_outputs.bias"]
    third, third_bias = np.zeros((1, np.shape(weight)[-1]), np.float32), np.zeros(1, np.float32)
    if "answerable.weight" in tensors:
        third, third_bias = tensors["answerable.weight"], tensors["answerable.bias"]
    return np.concatenate([weight, third]).T, np.concatenate([bias, third_bias])
