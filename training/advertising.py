"""What the recipes of the advertising models share."""

from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from .features import feature_matrix
from .release import Feature
from .scores import Floats, expected_log_loss


class HasRequests(Protocol):
    """Anything simulated."""

    @property
    def requests(self) -> list[dict[str, Any]]:
        """As a server gets them."""
        ...


Traffic = TypeVar("Traffic", bound=HasRequests)
DATA = "made-up traffic of training/simulators, whose true probabilities are known"

# Description, smallest and largest value of each column. Those that are not here are 0 or 1.
_RANGES: dict[str, tuple[str, float, float]] = {
    "log_impressions": ("log(1 + impressions of 24 hours)", 0, 20.7233),
    "log_clicks": ("log(1 + clicks of 24 hours)", 0, 20.7233),
    "click_ratio": ("clicks an impression", 0, 2),
    "smoothed_click_ratio": ("(clicks + 1) / (impressions + 50)", 0, 2),
    "log_user_agent_length": ("log(1 + characters of the user agent)", 0, 6.9324),
    "hour_sin": ("sine of the hour's angle on the clock of 24 hours", -1, 1),
    "hour_cos": ("cosine of the hour's angle on the clock of 24 hours", -1, 1),
    "day_sin": ("sine of the day's angle in the week", -0.975, 0.975),
    "day_cos": ("cosine of the day's angle in the week", -0.901, 1),
    "historical_ctr_log_odds": ("log-odds of the historical click-through rate, 0 without one", -9.2105, 9.2105),
    "segment_count": ("buckets that the segments fall into", 0, 64),
    "floor_cpm": ("lowest price allowed, per thousand impressions", 0, 1e9),
    "log_predicted_ctr": ("log(predicted click-through rate + 0.00001)", -11.513, 0.0001),
    "budget_remaining": ("money left", 0, 1e9),
    "log_budget_remaining": ("log(1 + money left)", 0, 20.7233),
}
_FLAGS = {
    "ip_": "1 if the address is of this kind",
    "client_": "1 if the user agent is of this kind of program",
    "browser_": "1 if the user agent names this family of browsers",
    "system_": "1 if the user agent names this operating system",
    "has_": "1 if the request has it",
    "device_": "1 if the device says so",
    "format_": "1 for this format",
    "is_weekend": "1 on Saturday and Sunday",
    "segment_": "1 if a segment falls into this bucket (hash modulo 64)",
    "placement_": "1 if the placement falls into this bucket (hash modulo 64)",
    "competition_": "1 for this level of competition",
}


def described(names: list[str]) -> list[Feature]:
    """The columns with what they mean."""
    return [_described(name) for name in names]


def traffic(kind: str, simulated: Traffic) -> tuple[Traffic, list[str], NDArray[np.float32]]:
    """Simulated traffic, the names of its features, and its features."""
    return simulated, *feature_matrix(kind, simulated.requests)


def against_best(predicted: Floats, truth: Floats, base_rate: float, labels: NDArray[Any]) -> dict[str, float]:
    """How far a model gets from knowing the base rate only to knowing the true probabilities."""
    loss, base, best = (expected_log_loss(one, truth) for one in (predicted, np.full_like(truth, base_rate), truth))
    return {
        "log_loss": loss,
        "base_rate_log_loss": base,
        "best_possible_log_loss": best,
        "share_of_attainable": (base - loss) / (base - best),
        "auc": float(roc_auc_score(labels, predicted)),
        "best_possible_auc": float(roc_auc_score(labels, truth)),
    }


def _described(name: str) -> Feature:
    if name in _RANGES:
        return Feature(name, *_RANGES[name])
    text = next(text for prefix, text in _FLAGS.items() if name.startswith(prefix))
    return Feature(name, text, 0, 1)
