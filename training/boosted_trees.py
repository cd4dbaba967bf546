"""Gradient-boosted trees of scikit-learn as one ONNX node, and graphs around such nodes."""

from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from .onnx_file import OPSETS

IR_VERSION = 8
# One step of a graph: operator, inputs, output, attributes.
Step = tuple[str, list[str], str, dict[str, Any]]


def trees_node(estimator: Any, input_name: str, output: str) -> NodeProto:
    """
    A `TreeEnsembleRegressor` that gives the raw prediction of a fitted `HistGradientBoosting...` of one output: before
    the link. Thresholds are rounded down to float32, which leaves every comparison with a float32 as it was.
    """
    lists: dict[str, list[Any]] = {key: [] for key in _NODE_KEYS + _LEAF_KEYS}
    for tree, (predictor,) in enumerate(estimator._predictors):
        for index, node in enumerate(predictor.nodes):
            leaf = bool(node["is_leaf"])
            row = (
                tree,
                index,
                0 if leaf else int(node["feature_idx"]),
                0.0 if leaf else float(_rounded_down(node["num_threshold"])),
                "LEAF" if leaf else "BRANCH_LEQ",
                0 if leaf else int(node["left"]),
                0 if leaf else int(node["right"]),
            )
            for key, value in zip(_NODE_KEYS, row, strict=True):
                lists[key].append(value)
            if leaf:
                for key, value in zip(_LEAF_KEYS, (tree, index, 0, float(node["value"])), strict=True):
                    lists[key].append(value)
    base = [float(np.ravel(estimator._baseline_prediction)[0])]
    return helper.make_node(
        "TreeEnsembleRegressor", [input_name], [output], domain="ai.onnx.ml", n_targets=1, base_values=base, **lists
    )


def build_graph(
    name: str,
    width: int,
    nodes: list[NodeProto],
    steps: list[Step],
    constants: dict[str, Any],
    outputs: dict[str, tuple[int, list[int | None]]],
) -> ModelProto:
    """A model with the input `features` [N, width]. Constants are float32 unless they are integers."""
    graph = helper.make_graph(
        nodes + [helper.make_node(kind, inputs, [output], **rest) for kind, inputs, output, rest in steps],
        name,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(key, kind, shape) for key, (kind, shape) in outputs.items()],
        [numpy_helper.from_array(_typed(value), key) for key, value in constants.items()],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


_NODE_KEYS = [
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_values",
    "nodes_modes",
    "nodes_truenodeids",
    "nodes_falsenodeids",
]
_LEAF_KEYS = ["target_treeids", "target_nodeids", "target_ids", "target_weights"]


def _rounded_down(threshold: float) -> np.float32:
    near = np.float32(threshold)
    return near if near <= threshold else np.nextafter(near, np.float32(-np.inf))


def _typed(value: Any) -> Any:
    array = np.asarray(value)
    return array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
