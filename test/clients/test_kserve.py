"""KServe's inference clients, as they are on PyPI."""

import unittest

import httpx
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

import examples
from examples import DIFFERENCE, FIRST, KINDS, SECOND, SUM


def simple_request(raw):
    inputs = [InferInput(name=name, shape=[1, 16], datatype="INT32") for name in ("INPUT0", "INPUT1")]
    inputs[0].set_data_from_numpy(FIRST, binary_data=raw)
    inputs[1].set_data_from_numpy(SECOND, binary_data=raw)
    return InferRequest(model_name="simple", infer_inputs=inputs, request_id="my id")


class KServeV2(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = InferenceRESTClient(RESTConfig(protocol="v2"))
        self.addAsyncCleanup(self.client.close)

    def assert_simple(self, response):
        """By default the newest version answers, which has the difference first."""
        self.assertEqual((response.model_name, response.id), ("simple", "my id"))
        by_name = {output.name: output.as_numpy() for output in response.outputs}
        np.testing.assert_array_equal(by_name["OUTPUT0"], DIFFERENCE)
        np.testing.assert_array_equal(by_name["OUTPUT1"], SUM)

    async def test_health(self):
        self.assertTrue(await self.client.is_server_live(examples.HTTP_URL))
        self.assertTrue(await self.client.is_server_ready(examples.HTTP_URL))
        self.assertTrue(await self.client.is_model_ready(examples.HTTP_URL, "simple"))
        self.assertFalse(await self.client.is_model_ready(examples.HTTP_URL, "broken"))

    async def test_infer_json_and_binary(self):
        for raw in (False, True):
            response = await self.client.infer(examples.HTTP_URL, simple_request(raw), model_name="simple")
            self.assert_simple(response)

    async def test_every_kind_comes_back(self):
        for raw in (False, True):
            # The client cannot put float16 into JSON, nor NaN and infinities.
            kinds = [kind for kind in KINDS if raw or kind not in ("FP16", "FP32", "FP64")]
            inputs = []
            for kind, array in KINDS.items():
                tensor = InferInput(name=f"x_{kind}", shape=[2, 2], datatype=kind)
                tensor.set_data_from_numpy(array, binary_data=raw or kind not in kinds)
                inputs.append(tensor)
            request = InferRequest(model_name="kinds", infer_inputs=inputs, parameters={"binary_data_output": True})
            response = await self.client.infer(examples.HTTP_URL, request, model_name="kinds")
            by_name = {output.name: output.as_numpy() for output in response.outputs}
            for kind in kinds:
                with self.subTest(kind=kind, raw=raw):
                    examples.assert_same(kind, KINDS[kind], by_name[f"y_{kind}"])

    async def test_refusals(self):
        with self.assertRaisesRegex(httpx.HTTPStatusError, "Request for unknown model: 'nobody' is not found, '404"):
            await self.client.infer(examples.HTTP_URL, simple_request(False), model_name="nobody")
        short = InferRequest(model_name="simple", infer_inputs=simple_request(False).inputs[:1])
        with self.assertRaisesRegex(httpx.HTTPStatusError, "INPUT1.*, '400"):
            await self.client.infer(examples.HTTP_URL, short, model_name="simple")


class KServeV1(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = InferenceRESTClient(RESTConfig(protocol="v1"))
        self.addAsyncCleanup(self.client.close)

    async def test_health(self):
        self.assertTrue(await self.client.is_server_live(examples.HTTP_URL))
        self.assertTrue(await self.client.is_model_ready(examples.HTTP_URL, "weighted"))
        self.assertFalse(await self.client.is_model_ready(examples.HTTP_URL, "broken"))

    async def test_predict(self):
        data = {"instances": [[1.0, 2.0], [3.0, 4.0]]}
        reply = await self.client.infer(examples.HTTP_URL, data, model_name="weighted")
        self.assertEqual(np.array(reply["predictions"]).flatten().tolist(), [21.0, 43.0])

    async def test_predict_with_several_inputs_and_outputs(self):
        instance = {"INPUT0": FIRST[0].tolist(), "INPUT1": SECOND[0].tolist()}
        reply = await self.client.infer(examples.HTTP_URL, {"instances": [instance]}, model_name="simple")
        expected = {"OUTPUT0": DIFFERENCE[0].tolist(), "OUTPUT1": SUM[0].tolist()}
        self.assertEqual(reply["predictions"], [expected])

    async def test_refusals(self):
        with self.assertRaisesRegex(httpx.HTTPStatusError, "nobody.*'404"):
            await self.client.infer(examples.HTTP_URL, {"instances": [[1.0, 2.0]]}, model_name="nobody")
        with self.assertRaisesRegex(httpx.HTTPStatusError, "'400"):
            await self.client.infer(examples.HTTP_URL, {"instances": [[1.0]]}, model_name="weighted")


class KServeGrpc(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = InferenceGRPCClient(examples.GRPC)
        self.addAsyncCleanup(self.client.close)

    async def test_health(self):
        self.assertTrue(await self.client.is_server_live())
        self.assertTrue(await self.client.is_server_ready())
        self.assertTrue(await self.client.is_model_ready("simple"))
        self.assertFalse(await self.client.is_model_ready("broken"))

    async def test_infer_typed_and_raw(self):
        for raw in (False, True):
            response = await self.client.infer(simple_request(raw))
            self.assertEqual((response.model_version, response.id), ("2", "my id"))
            by_name = {output.name: output.as_numpy() for output in response.outputs}
            np.testing.assert_array_equal(by_name["OUTPUT0"], DIFFERENCE)
            np.testing.assert_array_equal(by_name["OUTPUT1"], SUM)


if __name__ == "__main__":
    unittest.main()
