"""Gradient-boosted trees of scikit-learn as one ONNX node."""

from typing import Any

import numpy as np
from onnx import NodeProto, helper

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


def trees_node(estimator: Any, input_name: str, output: str) -> NodeProto:
    """
    Make a `TreeEnsembleRegressor` that gives the raw prediction of a fitted `HistGradientBoosting...` of one output: before
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
    attributes: dict[str, Any] = {
        "n_targets": 1,
        "base_values": [float(np.ravel(estimator._baseline_prediction)[0])],
        **lists,
    }
    return helper.make_node("TreeEnsembleRegressor", [input_name], [output], domain="ai.onnx.ml", **attributes)


def _rounded_down(threshold: float) -> np.float32:
    near = np.float32(threshold)
    return near if near <= threshold else np.nextafter(near, np.float32(-np.inf))
