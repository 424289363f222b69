"""Nodes and weights of an ONNX graph while they are collected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper

NOTHING = 1e-8
OURS = "com.microsoft"
"""ONNX Runtime's own operators: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md"""

_OPSET, _IR = 20, 10


class Graph:
    """Every method adds to it and returns its output's name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def norm(self, x: str, norm: Any) -> str:
        given = [self.constant(each.numpy()) for each in (norm.weight, norm.bias)]
        return self.node("LayerNormalization", x, *given, epsilon=norm.eps)

    def gelu(self, x: str) -> str:
        return self.node("Gelu", x, domain=OURS)

    def joined(self, parts: Sequence[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight (in, out) and bias (out,) of layers with one input as of one; some have no bias."""
        biases = [getattr(part, "bias", None) for part in parts]
        each = [
            torch.zeros(len(part.weight)) if bias is None else bias for part, bias in zip(parts, biases, strict=True)
        ]
        return torch.cat([part.weight for part in parts]).numpy().T, torch.cat(each).numpy()

    def constant(self, values: NDArray[Any]) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values).reshape(values.shape), name))
        return name

    def node(self, kind: str, *given: str, domain: str = "", outputs: int = 1, **settings: Any) -> str:
        """The names of its outputs, with spaces between them."""
        made = [f"{kind}_{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(kind, given, made, domain=domain, **settings))
        return " ".join(made)

    def named(self, made: str, name: str) -> None:
        """Calls the output `made` `name` from outside."""
        self.nodes.append(helper.make_node("Identity", [made], [name]))


def model_of(
    graph: Graph, given: Sequence[onnx.ValueInfoProto], made: Sequence[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    """The whole model with these inputs and outputs."""
    whole = helper.make_graph(graph.nodes, "whisper", given, made, graph.weights)
    domains = [helper.make_opsetid("", _OPSET), helper.make_opsetid(OURS, 1)]
    return helper.make_model(whole, opset_imports=domains, ir_version=_IR)
