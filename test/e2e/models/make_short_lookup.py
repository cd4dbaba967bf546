"""Make short_lookup.onnx: as the runtime's fixture lookup.onnx, which gives row `i` of a table of five, with a table of two,
so that a run fails where the other answers. Needs numpy and onnx."""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

table = numpy_helper.from_array(np.arange(4, dtype="f").reshape(2, 2), "table")
node = h.make_node("Gather", ["table", "i"], ["y"], axis=0)
inputs = [h.make_tensor_value_info("i", T.INT64, ["N"])]
outputs = [h.make_tensor_value_info("y", T.FLOAT, ["N", 2])]
graph = h.make_graph([node], "short_lookup", inputs, outputs, [table])
model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
onnx.save(model, pathlib.Path(__file__).parent / "short_lookup.onnx")
