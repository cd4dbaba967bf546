"""A random forest of scikit-learn as an ONNX model."""

from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto

from .onnx_graph import TWO_CLASSES, Step, build_graph, floats
from .trees import ensemble_node, trees_of_forest


def forest_to_onnx(estimator: Any, *, input_name: str, width: int) -> ModelProto:
    """
    Convert a fitted `RandomForestClassifier` of the classes 0, 1, ...: any number of rows; outputs `label` (int64) and
    `probabilities` (float32, one column a class).
    """
    count = len(estimator.classes_)
    if not np.array_equal(estimator.classes_, np.arange(count)):
        raise ValueError(f"classes must be 0 to {count - 1}, got {estimator.classes_}")
    is_binary = count == 2
    node = ensemble_node(
        trees_of_forest(estimator),
        targets=1 if is_binary else count,
        input_name=input_name,
        output="second" if is_binary else "probabilities",
    )
    label: Step = ("ArgMax", ["probabilities"], "label", {"axis": 1, "keepdims": 0})
    return build_graph(
        input_name=input_name,
        width=width,
        nodes=[node],
        steps=TWO_CLASSES if is_binary else [label],
        constants=floats({"one": 1}) if is_binary else {},
        outputs={"label": (TensorProto.INT64, [None]), "probabilities": (TensorProto.FLOAT, [None, count])},
    )
