"""Writes the models that the clients ask: small enough that every right answer is known by hand.

python make_models.py FOLDER
"""

import hashlib
import json
import pathlib
import sys

from onnx import TensorProto, checker, helper

KINDS = {
    "BOOL": TensorProto.BOOL,
    "UINT8": TensorProto.UINT8,
    "UINT16": TensorProto.UINT16,
    "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64,
    "INT8": TensorProto.INT8,
    "INT16": TensorProto.INT16,
    "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64,
    "FP16": TensorProto.FLOAT16,
    "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE,
    "BYTES": TensorProto.STRING,
}


def value(name, kind, columns):
    return helper.make_tensor_value_info(name, kind, ["batch", *columns])


def serialized(graph):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return model.SerializeToString()


def write(folder, name, version, graph, **metadata):
    write_bytes(folder / name / version, serialized(graph), metadata)


def write_bytes(path, model, metadata):
    """With its checksum: a file without one counts as whole only when it has not changed for a while."""
    path.mkdir(parents=True)
    (path / "model.onnx").write_bytes(model)
    digest = hashlib.sha256(model).hexdigest()
    (path / "metadata.json").write_text(json.dumps({**metadata, "sha256": digest}))


def simple(first, second):
    """Triton's own example: two inputs, their sum and their difference."""
    inputs = [value(name, TensorProto.INT32, [16]) for name in ("INPUT0", "INPUT1")]
    outputs = [value(name, TensorProto.INT32, [16]) for name in ("OUTPUT0", "OUTPUT1")]
    nodes = [
        helper.make_node(first, ["INPUT0", "INPUT1"], ["OUTPUT0"]),
        helper.make_node(second, ["INPUT0", "INPUT1"], ["OUTPUT1"]),
    ]
    return helper.make_graph(nodes, "simple", inputs, outputs)


def identity(kinds, columns):
    """Gives back its inputs `x_...` as `y_...`."""
    nodes = [helper.make_node("Identity", [f"x_{kind}"], [f"y_{kind}"]) for kind in kinds]
    inputs = [value(f"x_{kind}", KINDS[kind], columns) for kind in kinds]
    outputs = [value(f"y_{kind}", KINDS[kind], columns) for kind in kinds]
    return helper.make_graph(nodes, "identity", inputs, outputs)


def weighted():
    """y = a + 10 b for rows of the columns a and b."""
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [2, 1], [1.0, 10.0])
    node = helper.make_node("MatMul", ["X", "weights"], ["y"])
    inputs = [value("X", TensorProto.FLOAT, [2])]
    outputs = [value("y", TensorProto.FLOAT, [1])]
    return helper.make_graph([node], "weighted", inputs, outputs, [weights])


def main(folder):
    write(folder, "simple", "1", simple("Add", "Sub"))
    write(folder, "simple", "2", simple("Sub", "Add"))
    write(folder, "other", "1", simple("Add", "Sub"))
    write(folder, "other", "2", simple("Sub", "Add"))
    write(folder, "kinds", "1.0.0", identity(list(KINDS), [2]))
    write(folder, "words", "1", identity(["BYTES"], [2]))
    write(folder, "colours", "1", identity(["FP32"], [3]), class_names=["red", "green", "blue"])
    write(folder, "weighted", "v1.0", weighted(), features=["a", "b"], outputs={"prediction": "y"})
    write_bytes(folder / "broken" / "1", b"this is no model", {})


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
