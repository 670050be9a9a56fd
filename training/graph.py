"""Writes the graph that ONNX Runtime runs: one layer of all-MiniLM-L6-v2 without its weights.

    python -m training.graph

Operators are those that measured quickest with AVX2 and with AMX: two additions and a ``LayerNormalization`` instead of
``SkipLayerNormalization``, which ONNX Runtime computes slowly. Weights are named for what
``retrieval.models.onnx_layers`` takes from the safetensors files. ONNX Runtime's own operators are documented at
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from onnx import ModelProto, NodeProto, TensorProto, helper

from retrieval.models.onnx_layers import GRAPH

WIDTH, WIDE, HEADS, EPSILON = 384, 1536, 12, 1e-12
"""As the bundled model's ``config.json`` has them."""

_MATRICES = {
    "attention": (WIDTH, 3 * WIDTH),
    "attended": (WIDTH, WIDTH),
    "wide": (WIDTH, WIDE),
    "narrow": (WIDE, WIDTH),
}
"""Shape of each, (inputs, outputs)."""

_OWN = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""


def _node(kind: str, inputs: Sequence[str], *outputs: str, **settings: Any) -> NodeProto:
    """An operator of the standard or of ONNX Runtime."""
    own = {"Attention", "Gelu"}
    return helper.make_node(kind, inputs, outputs, domain=_OWN if kind in own else "", **settings)


def _nodes() -> Iterator[NodeProto]:
    """Self-attention, then a network of two matrices; each is added to what it was given, and normalised."""
    yield _node("Attention", ["states", "attention.weight", "attention.bias"], "heads", num_heads=HEADS)
    yield _multiplied("heads", "attended")
    yield from _added("attended", "states", "middle_norm", "middle")
    yield _multiplied("middle", "wide")
    yield _node("Add", ["wide", "wide.bias"], "wide_biased")
    yield _node("Gelu", ["wide_biased"], "gelu")
    yield _multiplied("gelu", "narrow")
    yield from _added("narrow", "middle", "last_norm", "result")


def _multiplied(states: str, matrix: str) -> NodeProto:
    return _node("MatMul", [states, f"{matrix}.weight"], matrix)


def _added(part: str, to: str, norm: str, output: str) -> Iterator[NodeProto]:
    yield _node("Add", [part, f"{part}.bias"], f"{part}_biased")
    yield _node("Add", [f"{part}_biased", to], f"{part}_added")
    inputs = [f"{part}_added", f"{norm}.weight", f"{norm}.bias"]
    yield _node("LayerNormalization", inputs, output, epsilon=EPSILON)


def _weights() -> Iterator[TensorProto]:
    """The layer's weights, which are given when the graph is loaded."""
    shapes: dict[str, tuple[int, ...]] = {f"{name}.bias": shape[1:] for name, shape in _MATRICES.items()}
    shapes |= {f"{norm}_norm.{part}": (WIDTH,) for norm in ("middle", "last") for part in ("weight", "bias")}
    for name, shape in (shapes | {f"{name}.weight": shape for name, shape in _MATRICES.items()}).items():
        tensor = TensorProto(
            name=name, dims=shape, data_type=TensorProto.FLOAT, data_location=TensorProto.DataLocation.EXTERNAL
        )
        tensor.external_data.add(key="location", value="given when loaded")
        yield tensor


def graph() -> ModelProto:
    """The graph of a layer: ``states`` in, ``result`` out, both of shape (1, tokens, 384) in float32."""
    states, result = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "tokens", WIDTH]) for name in ("states", "result")
    )
    return helper.make_model(
        helper.make_graph(list(_nodes()), "layer", [states], [result], list(_weights())),
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(_OWN, 1)],
        ir_version=8,
    )


if __name__ == "__main__":
    GRAPH.write_bytes(graph().SerializeToString(deterministic=True))
