"""Writes the graph that ONNX Runtime runs: one layer of all-MiniLM-L6-v2, without its weights.

    python -m training.graph

The operators are ONNX Runtime's own, fused as its transformer optimizer would fuse an export
(https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md). Weights are named for what
``retrieval.models.onnx_layers`` takes from the safetensors files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onnx import ModelProto, NodeProto, TensorProto, helper

from retrieval.models.onnx_layers import GRAPH

WIDTH, WIDE, HEADS, EPSILON = 384, 1536, 12, 1e-12
"""As the bundled model's ``config.json`` has them."""

_FUSED = "com.microsoft"


def _nodes() -> Iterator[NodeProto]:
    """Self-attention, then a network of two matrices; each is added to what it was given, and normalised."""

    def weights(name: str) -> list[str]:
        return [f"{name}.weight", f"{name}.bias"]

    def node(kind: str, inputs: list[str], output: str, **settings: Any) -> NodeProto:
        return helper.make_node(kind, inputs, [output], domain="" if kind == "MatMul" else _FUSED, **settings)

    def added(part: str, to: str, norm: str, output: str) -> NodeProto:
        inputs = [part, to, *weights(norm), f"{part}.bias"]
        return node("SkipLayerNormalization", inputs, output, epsilon=EPSILON)

    yield node("Attention", ["states", *weights("attention")], "heads", num_heads=HEADS)
    yield node("MatMul", ["heads", "attended.weight"], "attended")
    yield added("attended", "states", "middle_norm", "middle")
    yield node("MatMul", ["middle", "wide.weight"], "wide")
    yield node("BiasGelu", ["wide", "wide.bias"], "gelu")
    yield node("MatMul", ["gelu", "narrow.weight"], "narrow")
    yield added("narrow", "middle", "last_norm", "result")


def _weights() -> Iterator[TensorProto]:
    """The layer's weights, which are given when the graph is loaded."""
    matrices = {
        "attention": (WIDTH, 3 * WIDTH),
        "attended": (WIDTH, WIDTH),
        "wide": (WIDTH, WIDE),
        "narrow": (WIDE, WIDTH),
    }
    shapes: dict[str, tuple[int, ...]] = {f"{name}.weight": shape for name, shape in matrices.items()}
    shapes |= {f"{name}.bias": shape[1:] for name, shape in matrices.items()}
    shapes |= {f"{norm}_norm.{part}": (WIDTH,) for norm in ("middle", "last") for part in ("weight", "bias")}
    for name, shape in shapes.items():
        tensor = TensorProto(
            name=name, dims=shape, data_type=TensorProto.FLOAT, data_location=TensorProto.DataLocation.EXTERNAL
        )
        tensor.external_data.add(key="location", value="given when loaded")
        yield tensor


def graph() -> ModelProto:
    """The graph of a layer: ``states`` in, ``result`` out, both of shape (1, tokens, 384)."""
    states, result = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "tokens", WIDTH]) for name in ("states", "result")
    )
    return helper.make_model(
        helper.make_graph(list(_nodes()), "layer", [states], [result], list(_weights())),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_FUSED, 1)],
        ir_version=8,
    )


def write(path: Path = GRAPH) -> None:
    """Write the graph's file."""
    path.write_bytes(graph().SerializeToString(deterministic=True))


if __name__ == "__main__":
    write()
