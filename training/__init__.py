"""How the sample models were made: scikit-learn to ONNX, with fixed seeds."""

import os

# Sums over threads come in any order, so one thread: the same bytes every time.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
