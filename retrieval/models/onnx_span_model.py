"""The trained reader's networks on ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ReaderUnavailable
from retrieval.models.loading import first_line
from retrieval.models.onnx_layers import OnnxLayers, Tokens, bundled_tokenizer
from retrieval.models.tensors import TensorFile
from retrieval.models.token_scores import MAX_TOKENS, Pair, TokenScores


class OnnxSpanModel:
    """Scores a passage's tokens with weights that ``python -m training`` wrote (see ``token_scores``).

    Args:
        weights: their file.

    Raises:
        ReaderUnavailable: the file cannot be read, or holds other layers.
        EncoderUnavailable, WeightsMismatch: the bundled encoder's embeddings cannot be had.
    """

    def __init__(self, weights: Path) -> None:
        try:
            tensors = TensorFile(weights)
            self._layers = OnnxLayers(tensors, "bert.")
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
        prefixes = [f"{pair.title} . " for pair in pairs]
        tokens = [
            self._tokenizer(pair.question, prefix + pair.passage) for pair, prefix in zip(pairs, prefixes, strict=True)
        ]
        states = self._layers.hidden_all(tokens)
        return [
            self._scores(each, hidden, len(prefix))
            for each, hidden, prefix in zip(tokens, states, prefixes, strict=True)
        ]

    def _scores(self, tokens: Tokens, hidden: NDArray[np.float32], skipped: int) -> TokenScores:
        logits = hidden @ self._heads + self._bias
        offsets = tokens.offsets - skipped
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
