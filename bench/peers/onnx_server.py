"""FastAPI and onnxruntime serving one model, as well as the two can: no hop to a thread, one worker, no access log.

    python onnx_server.py <model.onnx> <port>

POST /v2/models/model/infer takes the JSON of the Open Inference Protocol, checked by pydantic.
"""

import sys

import fastapi
import numpy
import onnxruntime
import uvicorn
from pydantic import BaseModel


class Tensor(BaseModel):
    """A tensor of 32-bit floats."""

    name: str
    shape: list[int]
    datatype: str
    data: list[float]


class InferRequest(BaseModel):
    """What a model is asked."""

    id: str | None = None
    inputs: list[Tensor]


class OutputTensor(BaseModel):
    """A tensor of an answer."""

    name: str
    shape: list[int]
    datatype: str
    data: list[float] | list[int]


class InferReply(BaseModel):
    """What a model answers."""

    model_name: str
    model_version: str
    id: str | None
    outputs: list[OutputTensor]


DATATYPES = {"tensor(float)": "FP32", "tensor(int64)": "INT64"}


def build(path: str) -> fastapi.FastAPI:
    """The application that serves the model of a file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    outputs = [(output.name, DATATYPES[output.type]) for output in session.get_outputs()]
    app = fastapi.FastAPI()

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"version": f"FastAPI {fastapi.__version__} + onnxruntime {onnxruntime.__version__}"}

    @app.post("/v2/models/model/infer")
    async def infer(request: InferRequest) -> InferReply:
        feeds = {
            tensor.name: numpy.asarray(tensor.data, dtype=numpy.float32).reshape(tensor.shape)
            for tensor in request.inputs
        }
        values = session.run(None, feeds)
        return InferReply(
            model_name="model",
            model_version="1",
            id=request.id,
            outputs=[
                OutputTensor(name=name, shape=list(value.shape), datatype=datatype, data=value.ravel().tolist())
                for (name, datatype), value in zip(outputs, values)
            ],
        )

    return app


if __name__ == "__main__":
    uvicorn.run(build(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
