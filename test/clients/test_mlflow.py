"""MLflow's client of its scoring server, as it is on PyPI."""

import unittest

import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

import examples


class MlflowScoring(unittest.TestCase):
    """The server is told that the model `weighted` answers: y = a + 10 b."""

    def setUp(self):
        host, port = examples.HTTP.split(":")
        self.client = ScoringServerClient(host, int(port))

    def predictions(self, data):
        return np.array(self.client.invoke(data).get_predictions(predictions_format="ndarray")).flatten().tolist()

    def test_health(self):
        self.client.ping()
        self.client.wait_server_ready(timeout=10)
        self.assertRegex(self.client.get_version(), r"^\d+\.\d+\.\d+")

    def test_data_frame(self):
        self.assertEqual(self.predictions(pd.DataFrame({"a": [1.0, 3.0], "b": [2.0, 4.0]})), [21.0, 43.0])

    def test_columns_go_by_their_names(self):
        self.assertEqual(self.predictions(pd.DataFrame({"b": [2.0, 4.0], "a": [1.0, 3.0]})), [21.0, 43.0])

    def test_integers(self):
        self.assertEqual(self.predictions(pd.DataFrame({"a": [1, 3], "b": [2, 4]})), [21.0, 43.0])

    def test_array(self):
        self.assertEqual(self.predictions(np.array([[1.0, 2.0], [3.0, 4.0]])), [21.0, 43.0])

    def test_refusals(self):
        with self.assertRaisesRegex(Exception, r"error code 400.*BAD_REQUEST"):
            self.client.invoke(pd.DataFrame({"a": [1.0]}))


if __name__ == "__main__":
    unittest.main()
