"""tritonclient.http, as it is on PyPI."""

import asyncio
import unittest

import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

import examples
import make_models
from examples import DIFFERENCE, FIRST, KINDS, SECOND, SUM


def simple_inputs(binary=True, module=triton):
    inputs = [module.InferInput(name, [1, 16], "INT32") for name in ("INPUT0", "INPUT1")]
    inputs[0].set_data_from_numpy(FIRST, binary_data=binary)
    inputs[1].set_data_from_numpy(SECOND, binary_data=binary)
    return inputs


def outputs(*names, binary=True, **options):
    return [triton.InferRequestedOutput(name, binary_data=binary, **options) for name in names]


class TritonHttp(unittest.TestCase):
    def setUp(self):
        self.client = triton.InferenceServerClient(examples.HTTP, concurrency=4)
        self.addCleanup(self.client.close)

    def assert_simple(self, result, version="1"):
        first, second = (SUM, DIFFERENCE) if version == "1" else (DIFFERENCE, SUM)
        np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), first)
        np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), second)
        self.assertEqual(result.get_response()["model_version"], version)

    def test_health(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("simple"))
        self.assertTrue(self.client.is_model_ready("simple", "1"))
        self.assertTrue(self.client.is_model_ready("kinds", "1.0.0"))
        self.assertFalse(self.client.is_model_ready("broken"))
        self.assertFalse(self.client.is_model_ready("nobody"))

    def test_any_query_and_header_is_taken(self):
        query = {"test_1": 1, "test_2": [2, 3]}
        self.assertTrue(self.client.is_server_live(query_params=query, headers={"x": "y"}))

    def test_metadata(self):
        self.assertEqual(self.client.get_server_metadata()["name"], "millrace")
        self.assertIn("binary_tensor_data", self.client.get_server_metadata()["extensions"])
        metadata = self.client.get_model_metadata("simple")
        self.assertEqual(metadata["versions"], ["1", "2"])
        self.assertEqual(metadata["platform"], "onnxruntime_onnx")
        self.assertEqual(metadata["inputs"][0], {"name": "INPUT0", "datatype": "INT32", "shape": [-1, 16]})

    def test_config(self):
        config = self.client.get_model_config("simple", "2")
        self.assertEqual(config["name"], "simple")
        self.assertGreater(config["max_batch_size"], 1)
        self.assertEqual(config["input"][1], {"name": "INPUT1", "data_type": "TYPE_INT32", "dims": [16]})

    def test_infer_binary_and_json(self):
        for binary_in in (True, False):
            for binary_out in (True, False):
                wanted = outputs("OUTPUT0", "OUTPUT1", binary=binary_out)
                result = self.client.infer("simple", simple_inputs(binary_in), outputs=wanted)
                self.assert_simple(result, "2")

    def test_infer_without_naming_outputs(self):
        self.assert_simple(self.client.infer("simple", simple_inputs(), model_version="1"), "1")

    def test_infer_one_output(self):
        result = self.client.infer("simple", simple_inputs(), outputs=outputs("OUTPUT1"), model_version="1")
        np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), DIFFERENCE)
        self.assertIsNone(result.as_numpy("OUTPUT0"))

    def test_request_id_and_parameters(self):
        result = self.client.infer(
            "simple", simple_inputs(), request_id="my id", priority=1, timeout=10_000_000, parameters={"anything": "x"}
        )
        self.assertEqual(result.get_response()["id"], "my id")

    def test_compression(self):
        for request in (None, "gzip", "deflate"):
            for response in (None, "gzip", "deflate"):
                result = self.client.infer(
                    "simple",
                    simple_inputs(),
                    model_version="1",
                    request_compression_algorithm=request,
                    response_compression_algorithm=response,
                )
                self.assert_simple(result, "1")

    def test_every_kind_comes_back_to_the_bit(self):
        for binary in (True, False):
            inputs = []
            # The client itself refuses float16 in JSON.
            wanted = [kind for kind in KINDS if binary or kind != "FP16"]
            for kind, array in KINDS.items():
                tensor = triton.InferInput(f"x_{kind}", [2, 2], kind)
                tensor.set_data_from_numpy(array, binary_data=binary or kind == "FP16")
                inputs.append(tensor)
            asked = outputs(*(f"y_{kind}" for kind in wanted), binary=binary)
            result = self.client.infer("kinds", inputs, outputs=asked)
            for kind in wanted:
                with self.subTest(kind=kind, binary=binary):
                    examples.assert_same(kind, KINDS[kind], result.as_numpy(f"y_{kind}"))

    def test_classification(self):
        for binary in (True, False):
            tensor = triton.InferInput("x_FP32", [2, 3], "FP32")
            tensor.set_data_from_numpy(examples.SCORES)
            asked = outputs("y_FP32", binary=binary, class_count=2)
            result = self.client.infer("colours", [tensor], outputs=asked).as_numpy("y_FP32")
            self.assertEqual(examples.texts(result).tolist(), examples.texts(np.array(examples.BEST)).tolist())

    def test_empty_batch(self):
        tensor = triton.InferInput("x_FP32", [0, 3], "FP32")
        tensor.set_data_from_numpy(np.zeros((0, 3), dtype=np.float32))
        self.assertEqual(self.client.infer("colours", [tensor]).get_response()["outputs"][0]["shape"], [0, 3])

    def test_async_infer(self):
        pending = [self.client.async_infer("simple", simple_inputs(), model_version="1") for _ in range(20)]
        for request in pending:
            self.assert_simple(request.get_result(), "1")

    def test_offline_body(self):
        body, header_length = triton.InferenceServerClient.generate_request_body(simple_inputs())
        self.assertGreater(len(body), header_length)

    def test_statistics(self):
        count = lambda: int(self.client.get_inference_statistics("simple", "1")["model_stats"][0]["inference_count"])
        before = count()
        inputs = simple_inputs()
        inputs[0].set_data_from_numpy(np.full((1, 16), before, dtype=np.int32))
        self.client.infer("simple", inputs, model_version="1")
        self.assertEqual(count(), before + 1)
        everything = self.client.get_inference_statistics()["model_stats"]
        self.assertIn(("kinds", "1.0.0"), [(each["name"], each["version"]) for each in everything])

    def test_repository(self):
        rows = {(row["name"], row["version"]): row for row in self.client.get_model_repository_index()}
        self.assertEqual(rows[("simple", "1")]["state"], "READY")
        self.assertEqual(rows[("broken", "1")]["state"], "UNAVAILABLE")
        self.assertNotEqual(rows[("broken", "1")]["reason"], "")

    def test_load_and_unload(self):
        self.client.unload_model("words")
        self.assertFalse(self.client.is_model_ready("words"))
        tensor = triton.InferInput("x_BYTES", [2, 2], "BYTES")
        tensor.set_data_from_numpy(examples.WORDS)
        with self.assertRaises(InferenceServerException) as raised:
            self.client.infer("words", [tensor])
        self.assertEqual(raised.exception.status(), "503")
        self.client.load_model("words")
        result = self.client.infer("words", [tensor])
        examples.assert_same("BYTES", examples.WORDS, result.as_numpy("y_BYTES"))

    def ready_versions(self, name):
        return [
            row["version"]
            for row in self.client.get_model_repository_index()
            if row["name"] == name and row.get("state") == "READY"
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
        self.assert_refused(lambda: client.load_model("other", config=group), "400", "'kind' of the configuration")

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
            self.assert_refused(lambda: client.load_model(name, config="{}", files=broken), "400", "^failed to load '")
            self.assertEqual(self.ready_versions(name), ["7"])
        client.load_model("other")
        self.assertEqual(self.ready_versions("other"), ["1", "2"])
        client.unload_model("nowhere else")
        self.assertEqual(self.ready_versions("nowhere else"), [])
        self.assert_refused(lambda: client.load_model("other", files=broken), "400", "needs 'config' beside it")

    def assert_refused(self, act, status, text):
        with self.assertRaises(InferenceServerException) as raised:
            act()
        self.assertEqual(raised.exception.status(), status)
        self.assertRegex(raised.exception.message(), text)

    def test_refusals(self):
        client = self.client
        infer = client.infer
        unknown = "^Request for unknown model: 'nobody' is not found"
        self.assert_refused(lambda: infer("nobody", simple_inputs()), "404", unknown)
        self.assert_refused(lambda: client.get_model_metadata("nobody"), "404", unknown)
        version = "^Request for unknown model: 'simple' version 9 is not found"
        self.assert_refused(lambda: infer("simple", simple_inputs(), model_version="9"), "404", version)
        self.assert_refused(lambda: client.load_model("broken"), "400", "^failed to load 'broken'")
        self.assert_refused(lambda: client.load_model("nobody"), "404", "^failed to load 'nobody'")
        self.assert_refused(lambda: infer("simple", simple_inputs()[:1]), "400", "INPUT1")
        narrow = triton.InferInput("INPUT0", [1, 3], "INT32")
        narrow.set_data_from_numpy(np.zeros((1, 3), dtype=np.int32))
        shape = "unexpected shape for input 'INPUT0'"
        self.assert_refused(lambda: infer("simple", [narrow, simple_inputs()[1]]), "400", shape)
        extra = triton.InferInput("INPUT9", [1, 3], "INT32")
        extra.set_data_from_numpy(np.zeros((1, 3), dtype=np.int32))
        surplus = "unexpected inference input 'INPUT9'"
        self.assert_refused(lambda: infer("simple", [*simple_inputs(), extra]), "400", surplus)
        self.assert_refused(client.get_system_shared_memory_status, "501", ".")
        self.assert_refused(client.get_trace_settings, "501", ".")

    def test_aio(self):
        async def run():
            async with triton_aio.InferenceServerClient(examples.HTTP) as client:
                self.assertTrue(await client.is_server_ready())
                self.assertTrue(await client.is_model_ready("simple", "1"))
                for algorithm in (None, "gzip", "deflate"):
                    results = await asyncio.gather(
                        *(
                            client.infer(
                                "simple",
                                simple_inputs(binary, triton_aio),
                                model_version="1",
                                request_compression_algorithm=algorithm,
                                response_compression_algorithm=algorithm,
                            )
                            for binary in (True, False)
                        )
                    )
                    for result in results:
                        self.assert_simple(result, "1")
                with self.assertRaisesRegex(InferenceServerException, "Request for unknown model"):
                    await client.infer("nobody", simple_inputs())

        asyncio.run(run())


if __name__ == "__main__":
    unittest.main()
