"""Writes the graphs that ONNX Runtime runs: one layer of all-MiniLM-L6-v2 without its weights, in float32 and in int8.

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

from retrieval.models.onnx_layers import GRAPH, INT8_GRAPH

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
    own = {"Attention", "MultiHeadAttention", "Gelu", "DynamicQuantizeMatMul"}
    return helper.make_node(kind, inputs, outputs, domain=_OWN if kind in own else "", **settings)


def _nodes(*, int8: bool) -> Iterator[NodeProto]:
    """Self-attention, then a network of two matrices; each is added to what it was given, and normalised."""
    multiplied = _multiplied_int8 if int8 else _multiplied
    yield from _attention_int8() if int8 else _attention()
    yield from multiplied("heads", "attended")
    yield from _added("attended", "states", "middle_norm", "middle")
    yield from multiplied("middle", "wide")
    yield _node("Add", ["wide", "wide.bias"], "wide_biased")
    yield _node("Gelu", ["wide_biased"], "gelu")
    yield from multiplied("gelu", "narrow")
    yield from _added("narrow", "middle", "last_norm", "result")


def _added(part: str, to: str, norm: str, output: str) -> Iterator[NodeProto]:
    yield _node("Add", [part, f"{part}.bias"], f"{part}_biased")
    yield _node("Add", [f"{part}_biased", to], f"{part}_added")
    inputs = [f"{part}_added", f"{norm}.weight", f"{norm}.bias"]
    yield _node("LayerNormalization", inputs, output, epsilon=EPSILON)


def _attention() -> Iterator[NodeProto]:
    yield _node("Attention", ["states", "attention.weight", "attention.bias"], "heads", num_heads=HEADS)


def _multiplied(states: str, matrix: str) -> Iterator[NodeProto]:
    yield _node("MatMul", [states, f"{matrix}.weight"], matrix)


# --- in int8 -------------------------------------------------------------------------------------------------


def _attention_int8() -> Iterator[NodeProto]:
    yield from _multiplied_int8("states", "attention")
    parts = ["query", "key", "value"]
    yield _node("Split", ["attention"], *parts, axis=-1, num_outputs=3)
    yield _node("MultiHeadAttention", [*parts, "attention.bias"], "heads", num_heads=HEADS)


def _multiplied_int8(states: str, matrix: str) -> Iterator[NodeProto]:
    """A product in int8, in which every token has a scale of its own.

    ``DynamicQuantizeMatMul`` has one scale for all tokens, and few tokens are ten times as large as the others. So each
    is divided by its largest number before, and multiplied by it behind. With one scale for all,
    margins of spans are more than twice as far from those in float32.
    """
    sizes = states
    if states != "gelu":  # which gives no less than -.17, and its largest number is positive
        sizes = f"{matrix}_sizes"
        yield _node("Abs", [states], sizes)
    yield _node("ReduceMax", [sizes, "last_axis"], f"{matrix}_largest", keepdims=1)
    yield _node("Max", [f"{matrix}_largest", "tiny"], f"{matrix}_scale")
    yield _node("Div", [states, f"{matrix}_scale"], f"{matrix}_scaled")
    inputs = [f"{matrix}_scaled", f"{matrix}.weight", f"{matrix}.scale"]
    yield _node("DynamicQuantizeMatMul", inputs, f"{matrix}_product")
    yield _node("Mul", [f"{matrix}_product", f"{matrix}_scale"], matrix)


# --- weights -------------------------------------------------------------------------------------------------


def _weights(*, int8: bool) -> Iterator[TensorProto]:
    """The layer's weights, which are given when the graph is loaded."""
    shapes: dict[str, tuple[int, ...]] = {f"{name}.bias": shape[1:] for name, shape in _MATRICES.items()}
    shapes |= {f"{norm}_norm.{part}": (WIDTH,) for norm in ("middle", "last") for part in ("weight", "bias")}
    if int8:
        shapes |= {f"{name}.scale": shape[1:] for name, shape in _MATRICES.items()}
        yield helper.make_tensor("last_axis", TensorProto.INT64, [1], [-1])
        yield helper.make_tensor("tiny", TensorProto.FLOAT, [], [1e-6])
    for name, shape in shapes.items():
        yield _given(name, shape, TensorProto.FLOAT)
    for name, shape in _MATRICES.items():
        yield _given(f"{name}.weight", shape, TensorProto.INT8 if int8 else TensorProto.FLOAT)


def _given(name: str, shape: Sequence[int], kind: int) -> TensorProto:
    tensor = TensorProto(name=name, dims=shape, data_type=kind, data_location=TensorProto.DataLocation.EXTERNAL)
    tensor.external_data.add(key="location", value="given when loaded")
    return tensor


def graph(*, int8: bool = False) -> ModelProto:
    """The graph of a layer: ``states`` in, ``result`` out, both of shape (1, tokens, 384) in float32."""
    states, result = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "tokens", WIDTH]) for name in ("states", "result")
    )
    return helper.make_model(
        helper.make_graph(list(_nodes(int8=int8)), "layer", [states], [result], list(_weights(int8=int8))),
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(_OWN, 1)],
        ir_version=8,
    )


def write() -> None:
    """Write the graphs' files."""
    for path, int8 in ((GRAPH, False), (INT8_GRAPH, True)):
        path.write_bytes(graph(int8=int8).SerializeToString(deterministic=True))


if __name__ == "__main__":
    write()
