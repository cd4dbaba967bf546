"""How the sample models were made: scikit-learn to ONNX, with fixed seeds."""
