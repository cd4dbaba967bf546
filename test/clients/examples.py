"""What is asked, and what is right: shared by the tests of all clients."""

import os
from urllib.parse import urlsplit

import numpy as np

HTTP_URL = os.environ["MILLRACE_HTTP"]
HTTP = urlsplit(HTTP_URL).netloc
GRPC = os.environ["MILLRACE_GRPC"]

FIRST = np.arange(16, dtype=np.int32).reshape(1, 16)
SECOND = np.full((1, 16), 3, dtype=np.int32)
SUM = FIRST + SECOND
DIFFERENCE = FIRST - SECOND

# Two rows of two, with the ends of every range: what comes back must be the same to the bit.
KINDS = {
    "BOOL": np.array([[True, False], [False, True]]),
    "UINT8": np.array([[0, 255], [1, 2]], dtype=np.uint8),
    "UINT16": np.array([[0, 65535], [1, 2]], dtype=np.uint16),
    "UINT32": np.array([[0, 2**32 - 1], [1, 2]], dtype=np.uint32),
    "UINT64": np.array([[0, 2**64 - 1], [2**53 + 1, 2]], dtype=np.uint64),
    "INT8": np.array([[-128, 127], [1, 2]], dtype=np.int8),
    "INT16": np.array([[-32768, 32767], [1, 2]], dtype=np.int16),
    "INT32": np.array([[-(2**31), 2**31 - 1], [1, 2]], dtype=np.int32),
    "INT64": np.array([[-(2**63), 2**63 - 1], [2**53 + 1, 2]], dtype=np.int64),
    "FP16": np.array([[0.1, -65504.0], [np.inf, 2.0]], dtype=np.float16),
    "FP32": np.array([[0.1, -3.4e38], [np.nan, np.inf]], dtype=np.float32),
    "FP64": np.array([[0.1, -1.7e308], [5e-324, -np.inf]], dtype=np.float64),
    "BYTES": np.array([["", "é"], ["日本", "a,b"]], dtype=object),
}

SCORES = np.array([[0.25, 2.5, 1.0], [3.0, 0.5, -1.0]], dtype=np.float32)
BEST = [[b"2.5:1:green", b"1:2:blue"], [b"3:0:red", b"0.5:1:green"]]

WORDS = np.array([["one", ""], ["zwölf", "1"]], dtype=object)


def texts(array):
    """Texts that a client hands out as bytes, as texts."""
    return np.vectorize(lambda item: item.decode() if isinstance(item, bytes) else item, otypes=[object])(array)


def assert_same(kind, expected, actual):
    if kind == "BYTES":
        np.testing.assert_array_equal(texts(actual), expected)
    else:
        assert actual.dtype == expected.dtype, (kind, actual.dtype)
        np.testing.assert_array_equal(actual, expected)
