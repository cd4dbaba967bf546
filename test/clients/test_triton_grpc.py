"""tritonclient.grpc, as it is on PyPI."""

import asyncio
import queue
import unittest

import grpc
import numpy as np
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

import examples
import make_models
from examples import DIFFERENCE, FIRST, KINDS, SECOND, SUM


def simple_inputs():
    inputs = [triton.InferInput(name, [1, 16], "INT32") for name in ("INPUT0", "INPUT1")]
    inputs[0].set_data_from_numpy(FIRST)
    inputs[1].set_data_from_numpy(SECOND)
    return inputs


def outputs(*names, **options):
    return [triton.InferRequestedOutput(name, **options) for name in names]


class TritonGrpc(unittest.TestCase):
    def setUp(self):
        self.client = triton.InferenceServerClient(examples.GRPC)
        self.addCleanup(self.client.close)

    def assert_simple(self, result, version="1"):
        first, second = (SUM, DIFFERENCE) if version == "1" else (DIFFERENCE, SUM)
        np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), first)
        np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), second)
        self.assertEqual(result.get_response().model_version, version)

    def test_health(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("simple"))
        self.assertTrue(self.client.is_model_ready("kinds", "1.0.0"))
        self.assertFalse(self.client.is_model_ready("broken"))

    def test_health_service(self):
        with grpc.insecure_channel(examples.GRPC) as channel:
            as_is = lambda message: message
            check = channel.unary_unary("/grpc.health.v1.Health/Check", as_is, as_is)
            self.assertEqual(check(b""), b"\x08\x01")
            self.assertEqual(check(b"\x0a\x06simple"), b"\x08\x01")
            self.assertEqual(check(b"\x0a\x06broken"), b"\x08\x02")
            with self.assertRaises(grpc.RpcError) as raised:
                check(b"\x0a\x06nobody")
            self.assertEqual(raised.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_metadata(self):
        self.assertEqual(self.client.get_server_metadata().name, "millrace")
        metadata = self.client.get_model_metadata("simple")
        self.assertEqual(list(metadata.versions), ["1", "2"])
        self.assertEqual(metadata.inputs[0].datatype, "INT32")
        self.assertEqual(list(metadata.inputs[0].shape), [-1, 16])

    def test_config(self):
        config = self.client.get_model_config("simple", as_json=True)["config"]
        self.assertGreater(config["max_batch_size"], 1)
        self.assertEqual(config["input"][1], {"name": "INPUT1", "data_type": "TYPE_INT32", "dims": ["16"]})

    def test_infer(self):
        self.assert_simple(self.client.infer("simple", simple_inputs()), "2")
        self.assert_simple(self.client.infer("simple", simple_inputs(), model_version="1"), "1")
        for algorithm in ("gzip", "deflate"):
            self.assert_simple(self.client.infer("simple", simple_inputs(), compression_algorithm=algorithm), "2")

    def test_infer_one_output_with_everything(self):
        result = self.client.infer(
            "simple",
            simple_inputs(),
            model_version="1",
            outputs=outputs("OUTPUT1"),
            request_id="my id",
            priority=1,
            timeout=10_000_000,
            client_timeout=10,
            headers={"x-any": "thing"},
            parameters={"anything": 1},
        )
        np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), DIFFERENCE)
        self.assertIsNone(result.as_numpy("OUTPUT0"))
        self.assertEqual(result.get_response().id, "my id")

    def test_every_kind_comes_back_to_the_bit(self):
        inputs = []
        for kind, array in KINDS.items():
            tensor = triton.InferInput(f"x_{kind}", [2, 2], kind)
            tensor.set_data_from_numpy(array)
            inputs.append(tensor)
        result = self.client.infer("kinds", inputs)
        for kind, array in KINDS.items():
            with self.subTest(kind=kind):
                examples.assert_same(kind, array, result.as_numpy(f"y_{kind}"))

    def test_typed_contents(self):
        """As Triton's examples grpc_explicit_int_content_client.py and grpc_explicit_byte_content_client.py do."""
        request = service_pb2.ModelInferRequest(model_name="simple", model_version="1")
        for name, array in (("INPUT0", FIRST), ("INPUT1", SECOND)):
            tensor = request.inputs.add(name=name, datatype="INT32", shape=[1, 16])
            tensor.contents.int_contents[:] = array.flatten().tolist()
        with grpc.insecure_channel(examples.GRPC) as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            response = stub.ModelInfer(request)
            self.assertEqual(np.frombuffer(response.raw_output_contents[0], np.int32).tolist(), SUM[0].tolist())
            words = service_pb2.ModelInferRequest(model_name="words")
            tensor = words.inputs.add(name="x_BYTES", datatype="BYTES", shape=[1, 2])
            tensor.contents.bytes_contents[:] = ["é".encode(), b""]
            response = stub.ModelInfer(words)
            self.assertEqual(response.raw_output_contents[0], b"\x02\x00\x00\x00\xc3\xa9\x00\x00\x00\x00")

    def test_classification(self):
        tensor = triton.InferInput("x_FP32", [2, 3], "FP32")
        tensor.set_data_from_numpy(examples.SCORES)
        result = self.client.infer("colours", [tensor], outputs=outputs("y_FP32", class_count=2))
        self.assertEqual(result.as_numpy("y_FP32").tolist(), examples.BEST)

    def test_async_infer(self):
        done = queue.Queue()
        for _ in range(20):
            self.client.async_infer(
                "simple", simple_inputs(), lambda result, error: done.put((result, error)), model_version="1"
            )
        for _ in range(20):
            result, error = done.get(timeout=30)
            self.assertIsNone(error)
            self.assert_simple(result, "1")

    def test_stream(self):
        done = queue.Queue()
        self.client.start_stream(lambda result, error: done.put((result, error)))
        for number in range(10):
            inputs = simple_inputs()
            inputs[0].set_data_from_numpy(np.full((1, 16), number, dtype=np.int32))
            self.client.async_stream_infer("simple", inputs, request_id=str(number), model_version="1")
        self.client.async_stream_infer("nobody", simple_inputs(), request_id="unknown")
        self.client.async_stream_infer("simple", simple_inputs(), request_id="last", model_version="1")
        for number in range(10):
            result, error = done.get(timeout=30)
            self.assertIsNone(error)
            self.assertEqual(result.get_response().id, str(number))
            np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), np.full((1, 16), number + 3))
        _, error = done.get(timeout=30)
        self.assertIn("Request for unknown model: 'nobody' is not found", error.message())
        result, error = done.get(timeout=30)
        self.assertIsNone(error)
        self.assert_simple(result, "1")
        self.client.stop_stream()

    def test_large_tensors(self):
        """Beyond the 4 MiB that gRPC takes unless told otherwise, both ways."""
        rows = 500_000
        tensor = triton.InferInput("x_FP32", [rows, 3], "FP32")
        array = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3)
        tensor.set_data_from_numpy(array)
        np.testing.assert_array_equal(self.client.infer("colours", [tensor]).as_numpy("y_FP32"), array)

    def test_statistics(self):
        count = lambda: self.client.get_inference_statistics("simple", "1").model_stats[0].inference_count
        before = count()
        inputs = simple_inputs()
        inputs[0].set_data_from_numpy(np.full((1, 16), 1000 + before, dtype=np.int32))
        self.client.infer("simple", inputs, model_version="1")
        self.assertEqual(count(), before + 1)
        everything = self.client.get_inference_statistics().model_stats
        self.assertIn(("kinds", "1.0.0"), [(each.name, each.version) for each in everything])

    def test_repository(self):
        models = self.client.get_model_repository_index().models
        rows = {(row.name, row.version): row for row in models}
        self.assertEqual(rows[("simple", "1")].state, "READY")
        self.assertEqual(rows[("broken", "1")].state, "UNAVAILABLE")
        self.assertNotEqual(rows[("broken", "1")].reason, "")

    def test_load_and_unload(self):
        self.client.unload_model("words")
        self.assertFalse(self.client.is_model_ready("words"))
        tensor = triton.InferInput("x_BYTES", [2, 2], "BYTES")
        tensor.set_data_from_numpy(examples.WORDS)
        with self.assertRaises(InferenceServerException) as raised:
            self.client.infer("words", [tensor])
        self.assertEqual(raised.exception.status(), "StatusCode.UNAVAILABLE")
        self.client.load_model("words")
        result = self.client.infer("words", [tensor])
        examples.assert_same("BYTES", examples.WORDS, result.as_numpy("y_BYTES"))

    def ready_versions(self, name):
        return [
            row.version
            for row in self.client.get_model_repository_index().models
            if row.name == name and row.state == "READY"
        ]

    def test_load_with_config(self):
        client = self.client
        client.load_model("other", config='{"max_batch_size": "16", "version_policy": {"specific": {"versions": [1]}}}')
        self.assertEqual(self.ready_versions("other"), ["1"])
        self.assert_simple(client.infer("other", simple_inputs()), "1")
        client.load_model("other")
        self.assertEqual(self.ready_versions("other"), ["1", "2"])
        self.assert_simple(client.infer("other", simple_inputs()), "2")
        group = '{"instance_group": [{"kind": "KIND_GPU"}]}'
        self.assert_refused(lambda: client.load_model("other", config=group), "INVALID_ARGUMENT", "'kind' of the configuration")

    def test_load_with_files(self):
        client = self.client
        product = make_models.serialized(make_models.simple("Mul", "Add"))
        config = '{"backend": "onnxruntime", "max_batch_size": 8, "input": [{"name": "INPUT0", "dims": [16]}, {"name": "INPUT1"}]}'
        for name in ("other", "nowhere else"):
            client.load_model(name, config=config, files={"file:7/model.onnx": product})
            self.assertEqual(self.ready_versions(name), ["7"])
            result = client.infer(name, simple_inputs())
            np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), FIRST * SECOND)
            np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), SUM)
            broken = {"file:8/model.onnx": b"this is no model"}
            self.assert_refused(lambda: client.load_model(name, config="{}", files=broken), "INVALID_ARGUMENT", "^failed to load '")
            self.assertEqual(self.ready_versions(name), ["7"])
        client.load_model("other")
        self.assertEqual(self.ready_versions("other"), ["1", "2"])
        client.unload_model("nowhere else")
        self.assertEqual(self.ready_versions("nowhere else"), [])
        self.assert_refused(lambda: client.load_model("other", files=broken), "INVALID_ARGUMENT", "needs 'config' beside it")

    def assert_refused(self, act, status, text):
        with self.assertRaises(InferenceServerException) as raised:
            act()
        self.assertEqual(raised.exception.status(), f"StatusCode.{status}")
        self.assertRegex(raised.exception.message(), text)

    def test_refusals(self):
        client = self.client
        infer = client.infer
        unknown = "^Request for unknown model: 'nobody' is not found"
        self.assert_refused(lambda: infer("nobody", simple_inputs()), "NOT_FOUND", unknown)
        self.assert_refused(lambda: client.get_model_metadata("nobody"), "NOT_FOUND", unknown)
        version = "^Request for unknown model: 'simple' version 9 is not found"
        self.assert_refused(lambda: infer("simple", simple_inputs(), model_version="9"), "NOT_FOUND", version)
        self.assert_refused(lambda: client.load_model("broken"), "INVALID_ARGUMENT", "^failed to load 'broken'")
        self.assert_refused(lambda: client.load_model("nobody"), "NOT_FOUND", "nobody")
        self.assert_refused(lambda: infer("simple", simple_inputs()[:1]), "INVALID_ARGUMENT", "INPUT1")
        narrow = triton.InferInput("INPUT0", [1, 3], "INT32")
        narrow.set_data_from_numpy(np.zeros((1, 3), dtype=np.int32))
        shape = "unexpected shape for input 'INPUT0'"
        self.assert_refused(lambda: infer("simple", [narrow, simple_inputs()[1]]), "INVALID_ARGUMENT", shape)
        self.assert_refused(client.get_system_shared_memory_status, "UNIMPLEMENTED", ".")
        self.assert_refused(client.get_trace_settings, "UNIMPLEMENTED", ".")
        self.assert_refused(client.get_log_settings, "UNIMPLEMENTED", ".")

    def test_aio(self):
        async def run():
            async with triton_aio.InferenceServerClient(examples.GRPC) as client:
                self.assertTrue(await client.is_server_ready())
                self.assert_simple(await client.infer("simple", simple_inputs(), model_version="1"), "1")

                async def requests():
                    for number in range(3):
                        yield {"model_name": "simple", "inputs": simple_inputs(), "request_id": str(number)}

                numbers = []
                async for result, error in client.stream_infer(requests()):
                    self.assertIsNone(error)
                    self.assert_simple(result, "2")
                    numbers.append(result.get_response().id)
                self.assertEqual(numbers, ["0", "1", "2"])

        asyncio.run(run())


if __name__ == "__main__":
    unittest.main()
