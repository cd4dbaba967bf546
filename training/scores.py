"""Figures that say how good probabilities are."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

# The smallest probability that counts as such, so that one wrong certainty does not make a loss infinite.
FLOOR = 1e-7


def log_loss(probabilities: Floats, labels: Labels, classes: Labels) -> float:
    """Mean negative logarithm of the probability of the true class."""
    of_truth = probabilities[np.arange(len(labels)), np.searchsorted(classes, labels)]
    return float(-np.log(np.clip(of_truth, FLOOR, 1)).mean())


def brier_score(probabilities: Floats, labels: Labels, classes: Labels) -> float:
    """Mean squared distance between the probabilities and the truth, summed over the classes: 0 to 2."""
    truth = labels[:, None] == classes[None, :]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def calibration_error(confidence: Floats, hits: Floats, bins: int = 10) -> float:
    """Expected calibration error: how far confidence and share of hits lie apart, over bins of equal width."""
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(float((confidence - hits)[places == place].sum())) for place in range(bins)]
    return sum(gaps) / len(confidence)


def classification_scores(probabilities: Floats, labels: Labels, classes: Labels) -> dict[str, float]:
    """Accuracy and three measures of calibration; the calibration error is that of the likeliest class."""
    hits = classes[probabilities.argmax(axis=1)] == labels
    return {
        "accuracy": float(hits.mean()),
        "log_loss": log_loss(probabilities, labels, classes),
        "brier_score": brier_score(probabilities, labels, classes),
        "calibration_error": calibration_error(probabilities.max(axis=1), hits.astype(float)),
    }


def expected_log_loss(predicted: Floats, truth: Floats) -> float:
    """Log loss of probabilities of an event, averaged over what may happen by its true probabilities."""
    bounded = np.clip(predicted, FLOOR, 1 - FLOOR)
    return float(-(truth * np.log(bounded) + (1 - truth) * np.log(1 - bounded)).mean())


def reliability_error(predicted: Floats, labels: Floats, bins: int = 20) -> float:
    """Calibration error of probabilities of an event, over bins of equally many rows."""
    order = np.argsort(predicted, kind="stable")
    gaps = [abs(float((predicted[part] - labels[part]).sum())) for part in np.array_split(order, bins)]
    return sum(gaps) / len(predicted)
