"""From a fitted estimator to an ONNX model whose bytes depend on nothing but the estimator."""

from typing import Any

from onnx import ModelProto, checker
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType

OPSETS = {"": 15, "ai.onnx.ml": 3}


def to_onnx(estimator: Any, *, name: str, input_name: str, width: int) -> ModelProto:
    """Convert: one input of any number of rows, outputs that are tensors (no ZipMap)."""
    options = {"zipmap": False} if hasattr(estimator, "classes_") else None
    return convert_sklearn(
        estimator,
        name=name,
        initial_types=[(input_name, FloatTensorType([None, width]))],
        options=options,
        target_opset=OPSETS,
    )


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
