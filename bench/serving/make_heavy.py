"""Writes heavy.onnx: a small file that takes long, whatever it is asked. Needs the package onnx.

    python make_heavy.py [side]

The answer to x of shape [N, 10] is the mean of a matrix product of `side`^2 elements that depends on the sum of x.
"""

import sys
from pathlib import Path

from onnx import TensorProto, checker, helper

side = int(sys.argv[1]) if len(sys.argv) > 1 else 2300


def value(name: str, shape: list[object]) -> object:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


nodes = [
    helper.make_node("ReduceSum", ["x"], ["total"], keepdims=0),
    helper.make_node("ConstantOfShape", ["shape"], ["ones"], value=helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])),
    helper.make_node("Mul", ["ones", "total"], ["square"]),
    helper.make_node("MatMul", ["square", "square"], ["product"]),
    helper.make_node("ReduceMean", ["product"], ["mean"], keepdims=0),
]
graph = helper.make_graph(
    nodes,
    "heavy",
    [value("x", ["N", 10])],
    [value("mean", [])],
    [helper.make_tensor("shape", TensorProto.INT64, [2], [side, side])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="millrace")
checker.check_model(model)
Path(__file__).with_name("heavy.onnx").write_bytes(model.SerializeToString())
