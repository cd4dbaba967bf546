"""Writes a version of a model: the ONNX file, what is said of it for programs, and what is said of it for people."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import sklearn

MODELS = Path(__file__).resolve().parent.parent / "models"


@dataclass(frozen=True)
class Feature:
    """A column of the input."""

    name: str
    description: str
    min: float
    max: float


@dataclass(frozen=True)
class Release:
    """All that is published of one version."""

    model_name: str
    version: str
    name: str
    description: str
    model_type: str
    created_at: str
    model: bytes
    features: list[Feature]
    outputs: dict[str, str]
    """What each output means: `prediction`, `probabilities`, `low`, `high`, by the names in the file."""
    metrics: dict[str, float]
    training: dict[str, Any]
    card: str
    """The model card without its heading, in Markdown."""
    sample: list[list[float]]
    """A few rows of input."""
    class_names: list[str] = field(default_factory=list)
    converter: str = "training/onnx_graph.py"
    """What made ONNX of it."""


def write_release(release: Release) -> Path:
    """Write `models/<name>/<version>/` and return the folder."""
    folder = MODELS / release.model_name / release.version
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(release.model)
    text = json.dumps(_metadata(release), indent=2, ensure_ascii=False)
    (folder / "metadata.json").write_text(text + "\n", encoding="utf-8")
    card = f"# {release.name}\n\n{release.description}\n\n{release.card.strip()}\n\n{_files(release)}"
    (folder / "README.md").write_text(card, encoding="utf-8")
    return folder


def run(model: bytes, rows: Any) -> dict[str, Any]:
    """The outputs of an ONNX model of one input, by name."""
    session = onnxruntime.InferenceSession(model)
    given = {session.get_inputs()[0].name: np.asarray(rows, dtype=np.float32)}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


def rounded(values: dict[str, float]) -> dict[str, float]:
    """Figures with the digits that mean something."""
    return {name: round(value, 4) for name, value in values.items()}


def table(values: dict[str, float]) -> str:
    """Figures as a Markdown table."""
    lines = [f"| {name.replace('_', ' ')} | {value} |" for name, value in rounded(values).items()]
    return "\n".join(["| figure | value |", "| --- | --- |", *lines])


def _metadata(release: Release) -> dict[str, Any]:
    outputs = run(release.model, release.sample)
    accuracy = {"accuracy": round(release.metrics["accuracy"], 4)} if "accuracy" in release.metrics else {}
    classes = {"output_classes": len(release.class_names), "class_names": release.class_names}
    return {
        "model_name": release.model_name,
        "version": release.version,
        "name": release.name,
        "description": release.description,
        "model_type": release.model_type,
        "created_at": release.created_at,
        "sha256": hashlib.sha256(release.model).hexdigest(),
        "size_bytes": len(release.model),
        "framework": "scikit-learn",
        "framework_version": sklearn.__version__,
        "converter": release.converter,
        "export_format": "onnx",
        "input_shape": [None, len(release.features)],
        "features": [vars(feature) for feature in release.features],
        **(classes if release.class_names else {}),
        "outputs": release.outputs,
        **accuracy,
        "metrics": rounded(release.metrics),
        "training": release.training,
        "sample": {
            "test_input": release.sample,
            "expected_output": outputs[release.outputs["prediction"]].ravel().tolist(),
        },
    }


def _files(release: Release) -> str:
    size = f"{len(release.model) / 1e6:.2f} MB"
    return (
        "## Files\n\n"
        f"`model.onnx` ({size}) was made from scikit-learn {sklearn.__version__} by {release.converter}; `metadata.json` has its "
        "checksum, features, figures and parameters. The recipe is in [training/](../../../training/README.md).\n"
    )
