"""FastAPI and onnxruntime serving one model, as well as the two can: no hop to a thread, one worker.

    python onnx_server.py <model.onnx> <port>                        at its barest: no access log, nothing is counted
    python onnx_server.py <model.onnx> <port> --duties middleware    with what a service in production has, see duties.py
    python onnx_server.py <model.onnx> <port> --loop asyncio --http h11    uvicorn as `pip install uvicorn` gives it

POST /v2/models/model/infer takes the JSON of the Open Inference Protocol, checked by pydantic.
"""

import argparse
import logging
from collections.abc import Callable

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


Feeds = dict[str, numpy.ndarray]
Run = Callable[[Feeds], list[OutputTensor]]

DATATYPES = {"tensor(float)": "FP32", "tensor(int64)": "INT64"}


def open_model(path: str) -> Run:
    """The model of a file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    outputs = [(output.name, DATATYPES[output.type]) for output in session.get_outputs()]

    def run(feeds: Feeds) -> list[OutputTensor]:
        return [
            OutputTensor(name=name, shape=list(value.shape), datatype=datatype, data=value.ravel().tolist())
            for (name, datatype), value in zip(outputs, session.run(None, feeds))
        ]

    return run


def build(run: Run, name: str) -> fastapi.FastAPI:
    """The application that serves a model."""
    app = fastapi.FastAPI()

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"version": f"FastAPI {fastapi.__version__} + onnxruntime {onnxruntime.__version__}, {name}"}

    @app.post("/v2/models/model/infer")
    async def infer(request: InferRequest) -> InferReply:
        feeds = {
            tensor.name: numpy.asarray(tensor.data, dtype=numpy.float32).reshape(tensor.shape)
            for tensor in request.inputs
        }
        return InferReply(model_name="model", model_version="1", id=request.id, outputs=run(feeds))

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("port", type=int)
    parser.add_argument("--duties", choices=["none", "middleware", "instrumentator"], default="none")
    parser.add_argument("--loop", default="auto")
    parser.add_argument("--http", default="auto")
    given = parser.parse_args()
    run = open_model(given.model)
    if given.duties == "none":
        app = build(run, "bare")
        log = {"log_level": "warning", "access_log": False}
    else:
        import duties

        app = build(duties.cached(run), "with its duties")
        duties.count_requests(app, given.duties)
        # The access log as it is by default; what else there is to say would stand between the lines of the benchmark.
        logging.getLogger("uvicorn.error").addFilter(lambda record: record.levelno > logging.INFO)
        log = {"log_level": "info"}
    uvicorn.run(app, host="127.0.0.1", port=given.port, loop=given.loop, http=given.http, **log)


if __name__ == "__main__":
    main()
