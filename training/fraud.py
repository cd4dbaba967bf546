"""Is this visitor a fraud?"""

from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score, precision_score, recall_score

from .advertising import DATA, against_best, described, traffic
from .features import feature_matrix
from .onnx_file import to_bytes
from .onnx_graph import TWO_CLASSES, Output, Step, build_graph, floats
from .release import Release, run, table
from .scores import brier_score, calibration_error
from .simulators import fraud
from .trees import ensemble_node, trees_of_boosting

NAME = "fraud_detection"
TRAINING_ROWS = 200_000
TEST_ROWS = 200_000
RISING = {"log_clicks", "click_ratio", "smoothed_click_ratio"}
PARAMETERS: dict[str, Any] = {
    "max_iter": 200,
    "learning_rate": 0.1,
    "max_leaf_nodes": 10,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": 0,
}
DOCUMENTED = {
    "user_id": "user_123",
    "ip_address": "192.168.1.1",
    "user_agent": "Mozilla/5.0...",
    "impressions_24h": 1000,
    "clicks_24h": 50,
}


def fraud_detection() -> Release:
    """Train on simulated visitors, and test on others."""
    visitors, names, rows = traffic("fraud", fraud.simulate(TRAINING_ROWS, seed=100))
    estimator = HistGradientBoostingClassifier(monotonic_cst=[int(name in RISING) for name in names], **PARAMETERS)
    estimator.fit(rows, visitors.is_fraud)
    content = _file(estimator, len(names))
    test, _, test_rows = traffic("fraud", fraud.simulate(TEST_ROWS, seed=900))
    metrics = _metrics(content, test, test_rows, float(visitors.is_fraud.mean()))
    return Release(
        model_name=NAME,
        version="1.0.0",
        name="Fraud detection",
        description="The probability that a visitor who sees and clicks advertisements is a fraud.",
        model_type="classification",
        created_at="2026-03-02T09:00:00Z",
        model=content,
        features=described(names),
        class_names=["legitimate", "fraud"],
        outputs={"prediction": "label", "probabilities": "probabilities"},
        metrics=metrics,
        training={"data": DATA, "training_rows": TRAINING_ROWS, "held_out_rows": TEST_ROWS, "parameters": PARAMETERS},
        card=_card(content, metrics),
        sample=test_rows[:5].astype(float).round(6).tolist(),
    )


def _file(estimator: Any, width: int) -> bytes:
    steps: list[Step] = [
        ("Add", ["sum", "baseline"], "raw", {}),
        ("Sigmoid", ["raw"], "second", {}),
        *TWO_CLASSES,
    ]
    outputs: dict[str, Output] = {
        "label": (TensorProto.INT64, [None]),
        "probabilities": (TensorProto.FLOAT, [None, 2]),
    }
    model = build_graph(
        input_name="features",
        width=width,
        nodes=[ensemble_node(trees_of_boosting(estimator), targets=1, input_name="features", output="sum")],
        steps=steps,
        constants=floats({"one": 1, "baseline": np.ravel(estimator._baseline_prediction)[:1]}),
        outputs=outputs,
    )
    return to_bytes(model, name=NAME)


def _metrics(content: bytes, test: fraud.Visitors, rows: Any, base_rate: float) -> dict[str, float]:
    probabilities = run(content, rows)["probabilities"].astype(float)
    score, labels = probabilities[:, 1], test.is_fraud.astype(int)
    flagged = score > 0.5
    return {
        "accuracy": float((flagged == labels).mean()),
        "best_possible_accuracy": float(((test.probability > 0.5) == labels).mean()),
        "precision": float(precision_score(labels, flagged)),
        "recall": float(recall_score(labels, flagged)),
        "f1": float(f1_score(labels, flagged)),
        **against_best(score, test.probability, base_rate, labels),
        "brier_score": brier_score(probabilities, labels, np.arange(2)),
        "calibration_error": calibration_error(score, labels),
        "falls_with_more_clicks": _falls(content, test.requests[:2000]),
    }


def _falls(content: bytes, requests: list[dict[str, Any]]) -> float:
    """Share of visitors for whom some larger number of clicks makes the score smaller."""
    shares = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 1.5]
    scores = []
    for share in shares:
        changed = [one | {"clicks_24h": int(share * one["impressions_24h"])} for one in requests]
        scores.append(run(content, feature_matrix("fraud", changed)[1])["probabilities"][:, 1])
    return float((np.diff(scores, axis=0) < -1e-6).any(axis=0).mean())


def _card(content: bytes, metrics: dict[str, float]) -> str:
    row = feature_matrix("fraud", [DOCUMENTED])[1]
    example = float(run(content, row)["probabilities"][0, 1])
    return f"""
## Use

To show how raw requests become features and features a score. It has seen made-up visitors only: before it judges real
ones, train it on real ones, with `training/fraud.py` as a pattern.

- Input `features`: float32, any number of rows of the features in `metadata.json`, as `fraudFeatures` of
  `packages/engine` builds them.
- Outputs `label` (int64, 1 is fraud) and `probabilities` (float32: legitimate, fraud).

## Data

{TRAINING_ROWS:,} visitors of `training/simulators/fraud.py`, which says how people, click farms, bots and emulators differ in
networks, programs, devices, impressions and clicks. No person's data were used. A sixth of the visitors are frauds.

## Model

{PARAMETERS["max_iter"]} boosted trees of up to {PARAMETERS["max_leaf_nodes"]} leaves on the log loss, held to scores that never fall when there are more clicks.

## Figures on {TEST_ROWS:,} other visitors

The simulator knows the true probability of fraud of each request, so the best possible figures are known. The share of
the attainable is how far the model gets from the log loss of the base rate to that of the true probabilities.

{table(metrics)}

Precision, recall and F1 are those of scores above 0.5. The documented example (50 clicks on 1,000 impressions from a
private address, a cut-off user agent) scores {example:.3f}: people of the simulator click on 1.7 % of what they see.

## Limits

- `user_id` counts for nothing, nor which public network an address is in: nobody is judged by their neighbours.
- The list of data-centre networks is short, and such lists age.
- Whoever knows the rules can behave like a person of the simulator.
"""
