"""Will this impression be clicked on?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from .advertising import DATA, against_best, described, traffic
from .features import feature_matrix
from .onnx_file import to_bytes
from .onnx_graph import Output, Step, build_graph, floats, places
from .release import Release, run, table
from .scores import reliability_error
from .simulators import ctr

NAME = "ctr_prediction"
TRAINING_ROWS = 1_000_000
BATCH_ROWS = 200_000
TEST_ROWS = 200_000
PARAMETERS: dict[str, Any] = {"C": 0.03, "max_iter": 500}
DOCUMENTED = {
    "placement_id": "placement_456",
    "ad_format": "banner",
    "user_segments": ["sports", "tech"],
    "time_of_day": 14,
    "day_of_week": 3,
}


def ctr_prediction() -> Release:
    """Train on simulated impressions, and test on others."""
    designs, clicks = [], []
    for batch in range(TRAINING_ROWS // BATCH_ROWS):
        impressions, names, rows = traffic("ctr", ctr.simulate(BATCH_ROWS, seed=100 + batch))
        designs.append(_design(rows, _pairs(names)))
        clicks.append(impressions.is_clicked)
    labels = np.concatenate(clicks)
    estimator = LogisticRegression(**PARAMETERS).fit(sparse.vstack(designs).tocsr(), labels)
    test, names, test_rows = traffic("ctr", ctr.simulate(TEST_ROWS, seed=900))
    pairs = _pairs(names)
    content = _file(estimator, len(names), pairs)
    metrics = _metrics(content, test, test_rows, float(labels.mean()))
    return Release(
        model_name=NAME,
        version="1.0.0",
        name="Click-through rate",
        description="The probability that an impression of an advertisement is clicked on.",
        model_type="regression",
        created_at="2026-03-02T10:00:00Z",
        model=content,
        features=described(names),
        outputs={"prediction": "predicted_ctr"},
        metrics=metrics,
        training={"data": DATA, "training_rows": TRAINING_ROWS, "held_out_rows": TEST_ROWS, "parameters": PARAMETERS},
        card=_card(content, metrics, len(pairs)),
        sample=test_rows[:5].astype(float).round(6).tolist(),
    )


def _pairs(names: list[str]) -> NDArray[np.int64]:
    """The columns whose products count: what suits what, the clock of the weekend, and what else history tells."""

    def starting(prefix: str) -> list[int]:
        return [place for place, name in enumerate(names) if name.startswith(prefix) and name != "segment_count"]

    formats, segments, placements = starting("format_"), starting("segment_"), starting("placement_")
    hours, days, weekend = starting("hour_"), starting("day_"), names.index("is_weekend")
    has_history, history = names.index("has_historical_ctr"), names.index("historical_ctr_log_odds")
    pairs = [(one, other) for one in formats for other in segments]
    pairs += [(hour, weekend) for hour in hours]
    pairs += [(one, has_history) for one in [*formats, *segments, *placements, *hours, *days, weekend]]
    pairs += [(one, history) for one in [*formats, *placements]]
    return np.array(pairs, dtype=np.int64)


def _design(rows: Any, pairs: NDArray[np.int64]) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.hstack([rows, rows[:, pairs[:, 0]] * rows[:, pairs[:, 1]]]))


def _file(estimator: Any, width: int, pairs: NDArray[np.int64]) -> bytes:
    steps: list[Step] = [
        ("Gather", ["features", "left"], "left_columns", {"axis": 1}),
        ("Gather", ["features", "right"], "right_columns", {"axis": 1}),
        ("Mul", ["left_columns", "right_columns"], "products", {}),
        ("Concat", ["features", "products"], "design", {"axis": 1}),
        ("MatMul", ["design", "weights"], "weighed", {}),
        ("Add", ["weighed", "intercept"], "log_odds", {}),
        ("Sigmoid", ["log_odds"], "predicted_ctr", {}),
    ]
    columns = places({"left": pairs[:, 0], "right": pairs[:, 1]})
    weights = floats({"weights": estimator.coef_.T, "intercept": estimator.intercept_})
    outputs: dict[str, Output] = {"predicted_ctr": (TensorProto.FLOAT, [None, 1])}
    model = build_graph(
        input_name="features", width=width, nodes=[], steps=steps, constants=columns | weights, outputs=outputs
    )
    return to_bytes(model, name=NAME)


def _metrics(content: bytes, test: ctr.Impressions, rows: Any, base_rate: float) -> dict[str, float]:
    predicted = run(content, rows)["predicted_ctr"][:, 0].astype(float)
    labels = test.is_clicked.astype(float)
    return {
        **against_best(predicted, test.probability, base_rate, labels),
        "brier_score": float(((predicted - labels) ** 2).mean()),
        "calibration_error": reliability_error(predicted, labels),
        "predicted_to_actual_clicks": float(predicted.sum() / labels.sum()),
        "root_mean_square_error_of_probability": float(np.sqrt(((predicted - test.probability) ** 2).mean())),
    }


def _card(content: bytes, metrics: dict[str, float], pairs: int) -> str:
    example = float(run(content, feature_matrix("ctr", [DOCUMENTED])[1])["predicted_ctr"][0, 0])
    return f"""
## Use

To show how raw requests become features and features a rate. It has seen made-up impressions only: the rates of real
ones need a model of real ones, with `training/ctr.py` as a pattern.

- Input `features`: float32, any number of rows of the features in `metadata.json`, as `ctrFeatures` of
  `packages/engine` builds them.
- Output `predicted_ctr` (float32, one column): a probability.

## Data

{TRAINING_ROWS:,} impressions of `training/simulators/ctr.py`, which says how formats, placements, interests, hours and days make
clicks likelier. 1.9 % were clicked on. No person's data were used.

## Model

Logistic regression on the features and {pairs} products of two of them, which the ONNX graph computes itself: interest and
format, hour and weekend, and what a historical rate adds or replaces.

## Figures on {TEST_ROWS:,} other impressions

The simulator knows the true probability of a click, given what a request tells, so the best possible figures are known.
The share of the attainable is how far the model gets from the log loss of the base rate to that of the true
probabilities. Log losses are averaged over what may happen, not only over what did.

{table(metrics)}

The calibration error is over 20 bins of equally many impressions. The documented example (a banner for somebody
interested in sports and technology, a Thursday afternoon) gets {example:.4f}.

## Limits

- Placements and segments fall into 64 buckets each, so some share one; much of what is missing to the best possible is
  that a placement never seen looks like a known one.
- A placement that is not among the sixteen of the simulator gets the mean of its bucket.
- Days count from Monday, 0.
"""
