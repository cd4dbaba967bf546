"""Two classifiers of made-up numbers, as the documented sample generators describe them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import skl2onnx
from onnx import ModelProto
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from .forest import forest_to_onnx
from .onnx_file import to_bytes, to_onnx
from .release import Feature, Release, run, table
from .scores import classification_scores

SEED = 42
INPUT = "float_input"
OUTPUTS = {"prediction": "label", "probabilities": "probabilities"}


@dataclass(frozen=True)
class Sample:
    """1000 points in ten dimensions, a fifth of them held out."""

    informative: int
    redundant: int
    classes: int

    def split(self) -> Any:
        """Rows and labels: of training, held out, of training, held out."""
        rows, labels = make_classification(
            n_samples=1000,
            n_features=10,
            n_informative=self.informative,
            n_redundant=self.redundant,
            n_classes=self.classes,
            random_state=SEED,
        )
        train, held_out, train_labels, held_out_labels = train_test_split(
            rows, labels, test_size=0.2, random_state=SEED
        )
        return train.astype(np.float32), held_out.astype(np.float32), train_labels, held_out_labels


def three_class_forest() -> Release:
    """The sample with three classes."""
    return _release(
        Sample(informative=8, redundant=2, classes=3),
        RandomForestClassifier(n_estimators=100, max_depth=10, random_state=SEED),
        model_name="random_forest_classifier",
        version="1.0.0",
        name="Random forest, three classes",
        created_at="2026-01-05T09:00:00Z",
    )


def tabular_classifiers() -> list[Release]:
    """Three versions of a classifier of two classes. The regression runs until nothing changes any more."""
    sample = Sample(informative=5, redundant=2, classes=2)
    estimators = {
        "v1.0": RandomForestClassifier(n_estimators=50, random_state=SEED),
        "v2.0": RandomForestClassifier(n_estimators=100, random_state=SEED),
        "v3.0": LogisticRegression(tol=1e-8, max_iter=1000, random_state=SEED),
    }
    return [
        _release(
            sample,
            estimator,
            model_name="tabular_classifier",
            version=version,
            name=f"Model {version}",
            created_at=f"2026-0{month}-05T09:00:00Z",
        )
        for month, (version, estimator) in enumerate(estimators.items(), start=1)
    ]


def _release(sample: Sample, estimator: Any, *, model_name: str, **facts: str) -> Release:
    train, held_out, train_labels, held_out_labels = sample.split()
    estimator.fit(train, train_labels)
    model, converter = _converted(estimator, model_name)
    content = to_bytes(model, name=model_name)
    probabilities = run(content, held_out)["probabilities"].astype(float)
    drift = np.abs(probabilities - estimator.predict_proba(held_out)).max()
    if drift > 1e-6:
        raise ValueError(f"the ONNX model of {model_name} differs from the classifier by {drift}")
    metrics = classification_scores(probabilities, held_out_labels, estimator.classes_)
    parameters = {key: value for key, value in estimator.get_params().items() if value is not None}
    kind = type(estimator).__name__
    return Release(
        model_name=model_name,
        description=f"A {kind} of {sample.classes} classes on ten made-up features, to try things out with.",
        model_type=kind,
        model=content,
        converter=converter,
        features=_features(train),
        class_names=[f"class_{label}" for label in estimator.classes_],
        outputs=OUTPUTS,
        metrics=metrics,
        training=_training(sample, parameters),
        card=_card(sample, metrics),
        sample=held_out[:5].astype(float).round(4).tolist(),
        **facts,
    )


def _converted(estimator: Any, name: str) -> tuple[ModelProto, str]:
    """The model, and what made it."""
    if isinstance(estimator, RandomForestClassifier):
        return forest_to_onnx(estimator, input_name=INPUT, width=10), "training/forest.py"
    return to_onnx(estimator, name=name, input_name=INPUT, width=10), f"skl2onnx {skl2onnx.__version__}"


def _features(train: Any) -> list[Feature]:
    return [
        Feature(
            name=f"feature_{index}",
            description="a made-up number without a unit; the range is that of the training data",
            min=float(np.floor(column.min())),
            max=float(np.ceil(column.max())),
        )
        for index, column in enumerate(train.T)
    ]


def _training(sample: Sample, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": "sklearn.datasets.make_classification",
        "data_parameters": {"n_samples": 1000, "n_features": 10, **vars(sample), "random_state": SEED},
        "training_rows": 800,
        "held_out_rows": 200,
        "parameters": parameters,
    }


def _card(sample: Sample, metrics: dict[str, float]) -> str:
    return f"""
## Use

For demonstrations, tests and benchmarks. The features mean nothing, so neither do the classes.

- Input `{INPUT}`: float32, any number of rows of ten features, `feature_0` to `feature_9`.
- Outputs `label` (int64) and `probabilities` (float32, one column a class).

## Data

1,000 rows of scikit-learn's `make_classification`: {sample.informative} informative and {sample.redundant} redundant features, {sample.classes} classes, seed
{SEED}. 800 rows were trained on; the figures are those of the other 200. No licence applies to made-up numbers.

## Figures on the 200 held-out rows

{table(metrics)}

The Brier score is summed over the classes. With 200 rows the accuracy is known to about ±{_half_width(metrics["accuracy"])} (95 %).

## Limits

One per cent of the labels were flipped at random when the data were made, so no classifier can be right on all rows. The
probabilities are those of the estimator, without calibration.
"""


def _half_width(accuracy: float) -> float:
    return round(1.96 * float(np.sqrt(accuracy * (1 - accuracy) / 200)), 3)
