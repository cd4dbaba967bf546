"""From a fitted estimator to an ONNX model whose bytes depend on nothing but the estimator."""

from typing import Any

import numpy as np
from onnx import AttributeProto, ModelProto, NodeProto, checker
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType

OPSETS = {"": 15, "ai.onnx.ml": 3}

# Attributes that may be left out: the first says nothing, the second is all zero unless values may be missing.
_IDLE = ("nodes_hitrates", "nodes_missing_value_tracks_true")


def to_onnx(estimator: Any, *, name: str, input_name: str, width: int) -> ModelProto:
    """Convert: one input of any number of rows, outputs that are tensors (no ZipMap)."""
    options = {"zipmap": False} if hasattr(estimator, "classes_") else None
    model = convert_sklearn(
        estimator,
        name=name,
        initial_types=[(input_name, FloatTensorType([None, width]))],
        options=options,
        target_opset=OPSETS,
    )
    for node in model.graph.node:
        if node.op_type.startswith("TreeEnsemble"):
            _slim(node)
    return model


def to_bytes(model: ModelProto, *, name: str) -> bytes:
    """The checked model as a file, with fixed names in place of what differs from run to run."""
    model.graph.name = name
    model.producer_name = "millrace-training"
    model.producer_version = ""
    model.domain = ""
    versions = {opset.domain: opset.version for opset in model.opset_import}
    del model.opset_import[:]
    for domain, version in sorted(versions.items()):
        model.opset_import.add(domain=domain, version=version)
    checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def _slim(node: NodeProto) -> None:
    """Leave out what does not change any result: idle attributes, and weights of 0 in the leaves."""
    attributes: dict[str, AttributeProto] = {attribute.name: attribute for attribute in node.attribute}
    for name in _IDLE:
        if name in attributes and not any(attributes[name].ints):
            node.attribute.remove(attributes[name])
    if "class_weights" not in attributes or len(attributes["classlabels_int64s"].ints) < 3:
        return
    kept = np.array(attributes["class_weights"].floats) != 0
    for name in ("class_ids", "class_nodeids", "class_treeids"):
        values = np.array(attributes[name].ints)[kept]
        attributes[name].ints[:] = values.tolist()
    attributes["class_weights"].floats[:] = np.array(attributes["class_weights"].floats)[kept].tolist()
