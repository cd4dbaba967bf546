"""Builds ONNX graphs of one input by hand, step by step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from .onnx_file import OPSETS

# Operator, inputs, output, attributes.
Step = tuple[str, list[str], str, dict[str, Any]]
# Type and shape, None where any size will do.
Output = tuple[int, list[int | None]]

# From `second`, the probability of the second of two classes, and the constant `one`.
TWO_CLASSES: list[Step] = [
    ("Sub", ["one", "second"], "first", {}),
    ("Concat", ["first", "second"], "probabilities", {"axis": 1}),
    ("ArgMax", ["probabilities"], "label", {"axis": 1, "keepdims": 0}),
]


def build_graph(
    *,
    input_name: str,
    width: int,
    nodes: list[NodeProto],
    steps: list[Step],
    constants: dict[str, NDArray[Any]],
    outputs: dict[str, Output],
) -> ModelProto:
    """Put together a model with an input [N, width] of float32: the nodes first, then the steps."""
    graph = helper.make_graph(
        nodes + [helper.make_node(kind, inputs, [output], **rest) for kind, inputs, output, rest in steps],
        "graph",
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(key, kind, shape) for key, (kind, shape) in outputs.items()],
        [numpy_helper.from_array(value, key) for key, value in constants.items()],
    )
    versions = OPSETS | ({"ai.onnx.ml": 5} if any(node.op_type == "TreeEnsemble" for node in nodes) else {})
    opsets = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=helper.find_min_ir_version_for(opsets))


def floats(values: dict[str, Any], kind: type[np.floating[Any]] = np.float32) -> dict[str, NDArray[Any]]:
    """Constants as arrays of floating-point numbers."""
    return {name: np.asarray(value, kind) for name, value in values.items()}


def places(values: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Constants as arrays of whole numbers, such as places of columns."""
    return {name: np.asarray(value, np.int64) for name, value in values.items()}
