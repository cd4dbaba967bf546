"""How much to bid for an impression."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
from onnx import TensorProto
from scipy.stats import norm
from sklearn.neural_network import MLPRegressor

from .advertising import DATA, described, traffic
from .features import feature_matrix
from .onnx_file import to_bytes
from .onnx_graph import Step, build_graph, floats, places
from .release import Release, run, table
from .scores import Floats
from .simulators import bid

NAME = "bid_optimization"
TRAINING_ROWS = 150_000
CALIBRATION_ROWS = 20_000
TEST_ROWS = 40_000
COVERAGE = 0.8
UNITS = 48
# Learned in two stages, the second with small steps.
STAGES = [{"learning_rate_init": 3e-3, "max_iter": 25}, {"learning_rate_init": 3e-4, "max_iter": 15}]
PARAMETERS: dict[str, Any] = {
    "hidden_layer_sizes": (UNITS, UNITS),
    "activation": "tanh",
    "batch_size": 500,
    "alpha": 1e-6,
    "random_state": 0,
}
DOCUMENTED = {
    "placement_id": "placement_789",
    "floor_cpm": 2.5,
    "predicted_ctr": 0.025,
    "competition_level": "medium",
    "budget_remaining": 1000.0,
}
# The floor and the budget bound the answer; the network sees the logarithm of the budget only.
LIMITS = ["floor_cpm", "budget_remaining"]


def bid_optimization() -> Release:
    """Learn the best bids of simulated auctions, and test on others."""
    auctions, names, rows = traffic("bid", bid.simulate(TRAINING_ROWS, seed=100))
    network = _Network(names).fit(rows, _targets(auctions))
    calibration, _, calibration_rows = traffic("bid", bid.simulate(CALIBRATION_ROWS, seed=500))
    network.widen(calibration_rows, bid.best_bids_in_hindsight(replace(calibration, floor=0 * calibration.floor)))
    content = to_bytes(network.to_onnx(), name=NAME)
    test, _, test_rows = traffic("bid", bid.simulate(TEST_ROWS, seed=900))
    metrics = _metrics(content, test, test_rows)
    return Release(
        model_name=NAME,
        version="1.0.0",
        name="Bid optimization",
        description="The bid for a thousand impressions that earns most in a first-price auction, and an interval.",
        model_type="regression",
        created_at="2026-03-02T11:00:00Z",
        model=content,
        features=described(names),
        outputs={"prediction": "optimized_cpm", "low": "low", "high": "high"},
        metrics=metrics,
        training={
            "data": DATA,
            "training_rows": TRAINING_ROWS,
            "calibration_rows": CALIBRATION_ROWS,
            "held_out_rows": TEST_ROWS,
            "parameters": {**PARAMETERS, "stages": STAGES, "interval_stretch": round(network.stretch, 4)},
        },
        card=_card(content, metrics),
        sample=test_rows[:5].astype(float).round(6).tolist(),
    )


class _Network:
    """Logarithms of the best bid, and of those of a cheap and of a dear hour, as if there were no floor."""

    def __init__(self, names: list[str]) -> None:
        self._width = len(names)
        self._columns = np.array([place for place, name in enumerate(names) if name not in LIMITS])
        self._limits = {name: np.array([names.index(name)]) for name in LIMITS}
        self._network = MLPRegressor(**PARAMETERS)
        self.stretch = 1.0

    def fit(self, rows: Any, targets: Floats) -> Self:
        """Learn the targets: three columns."""
        seen = rows[:, self._columns].astype(float)
        self._least, self._most = seen.min(axis=0), seen.max(axis=0)
        self._mean, self._scale = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-3)
        for stage in STAGES:
            self._network.set_params(warm_start=True, **stage).fit(self._inputs(rows), targets)
        return self

    def widen(self, rows: Any, bids: Floats) -> None:
        """Stretch the interval in logarithms, so that it holds `COVERAGE` of the bids."""
        middle, low, high = self._network.predict(self._inputs(rows)).T
        distance = np.log(np.maximum(bids, 1e-6)) - middle
        self.stretch = float(np.quantile(np.maximum(distance / (high - middle), distance / (low - middle)), COVERAGE))

    def to_onnx(self) -> Any:
        """The network with its limits: `optimized_cpm`, `low` and `high`, each [N, 1]."""
        layers = zip(self._network.coefs_, self._network.intercepts_, strict=True)
        constants = {
            "least": self._least,
            "most": self._most,
            "mean": self._mean,
            "scale": self._scale,
            "thousand": 1000,
            "stretch": [[1, self.stretch, self.stretch]],
        }
        for place, (weights, bias) in enumerate(layers):
            constants |= {f"weights_{place}": weights, f"bias_{place}": bias}
        columns = places({"columns": self._columns, "first": [0], "second": [1], "third": [2], **self._limits})
        return build_graph(
            input_name="features",
            width=self._width,
            nodes=[],
            steps=_STEPS,
            constants=floats(constants) | columns,
            outputs={name: (TensorProto.FLOAT, [None, 1]) for name in ("optimized_cpm", "low", "high")},
        )

    def _inputs(self, rows: Any) -> Floats:
        return (np.clip(rows[:, self._columns], self._least, self._most) - self._mean) / self._scale


_STEPS: list[Step] = [
    ("Gather", ["features", "columns"], "given", {"axis": 1}),
    ("Max", ["given", "least"], "at_least", {}),
    ("Min", ["at_least", "most"], "bounded", {}),
    ("Sub", ["bounded", "mean"], "centred", {}),
    ("Div", ["centred", "scale"], "layer_0", {}),
    ("MatMul", ["layer_0", "weights_0"], "weighed_0", {}),
    ("Add", ["weighed_0", "bias_0"], "sum_0", {}),
    ("Tanh", ["sum_0"], "layer_1", {}),
    ("MatMul", ["layer_1", "weights_1"], "weighed_1", {}),
    ("Add", ["weighed_1", "bias_1"], "sum_1", {}),
    ("Tanh", ["sum_1"], "layer_2", {}),
    ("MatMul", ["layer_2", "weights_2"], "weighed_2", {}),
    ("Add", ["weighed_2", "bias_2"], "logs", {}),
    # The ends of the interval, stretched around the middle.
    ("Gather", ["logs", "first"], "middle", {"axis": 1}),
    ("Sub", ["logs", "middle"], "distances", {}),
    ("Mul", ["distances", "stretch"], "stretched", {}),
    ("Add", ["stretched", "middle"], "ends", {}),
    ("Exp", ["ends"], "bids", {}),
    # No bid is below the floor, and none above what the budget can pay for one impression.
    ("Gather", ["features", "floor_cpm"], "floor", {"axis": 1}),
    ("Gather", ["features", "budget_remaining"], "budget", {"axis": 1}),
    ("Mul", ["budget", "thousand"], "ceiling", {}),
    ("Max", ["bids", "floor"], "allowed", {}),
    ("Min", ["allowed", "ceiling"], "paid", {}),
    ("Gather", ["paid", "first"], "optimized_cpm", {"axis": 1}),
    ("Gather", ["paid", "second"], "cheap", {"axis": 1}),
    ("Gather", ["paid", "third"], "dear", {"axis": 1}),
    ("Min", ["cheap", "optimized_cpm"], "low", {}),
    ("Max", ["dear", "optimized_cpm"], "high", {}),
]


def _targets(auctions: bid.Auctions) -> Floats:
    """Logarithms of the best bids without a floor: in all moods of the market, and at both ends of its usual ones."""
    free = replace(auctions, floor=0 * auctions.floor)
    end = float(norm.ppf((1 + COVERAGE) / 2)) * auctions.unseen
    ends = [bid.best_bids_in_hindsight(replace(free, shift=shift)) for shift in (-end, end)]
    return np.log(np.maximum(np.stack([bid.best_bids(free), *ends], axis=1), 1e-4))


def _metrics(content: bytes, test: bid.Auctions, rows: Any) -> dict[str, float]:
    outputs = {name: values[:, 0].astype(float) for name, values in run(content, rows).items()}
    low, high = bid.limits(test)
    best = np.maximum(bid.best_bids(test), 1e-6)
    hindsight = bid.best_bids_in_hindsight(test)
    rule = np.clip(1.2 * test.floor, np.maximum(low, 1e-6), high)
    earned, possible, by_rule = (
        float(bid.surplus(test, np.maximum(bids, 1e-6)).mean()) for bids in (outputs["optimized_cpm"], best, rule)
    )
    # Both are rounded: float32 here, the end of a search there.
    inside = (hindsight >= 0.999 * outputs["low"]) & (hindsight <= 1.001 * outputs["high"])
    free = hindsight > 1.001 * low
    return {
        "mean_surplus": earned,
        "best_possible_mean_surplus": possible,
        "rule_mean_surplus": by_rule,
        "share_of_possible_surplus": earned / possible,
        "share_of_attainable": (earned - by_rule) / (possible - by_rule),
        "root_mean_square_log_error": float(np.sqrt(np.mean(np.log(outputs["optimized_cpm"] / best) ** 2))),
        "interval_coverage": float(inside.mean()),
        "interval_coverage_above_floor": float(inside[free].mean()),
        "mean_interval_ratio": float((outputs["high"] / outputs["low"]).mean()),
        "below_floor": float((outputs["optimized_cpm"] < low - 1e-3).mean()),
    }


def _card(content: bytes, metrics: dict[str, float]) -> str:
    example = {name: float(value[0, 0]) for name, value in run(content, feature_matrix("bid", [DOCUMENTED])[1]).items()}
    return f"""
## Use

To show a model that answers with a decision and an interval. It knows made-up auctions only: bid in real ones with a
model of their prices, with `training/bid.py` as a pattern.

- Input `features`: float32, any number of rows of the features in `metadata.json`, as `bidFeatures` of
  `packages/engine` builds them.
- Outputs `optimized_cpm`, `low` and `high` (float32, one column each), prices per thousand impressions.

The bid is never below the floor and never above what the budget can pay for one impression; without a budget it is 0. It
is for who has decided to bid: where the floor is above the worth of the impressions ({bid.CLICK_VALUE} a click, so {1000 * bid.CLICK_VALUE:.0f} times the
predicted rate per thousand), the answer is the floor, and not bidding is better.

## Data

{TRAINING_ROWS:,} first-price auctions of `training/simulators/bid.py`, which says how the highest bid of the others depends on
competition, placement, the predicted rate and the mood of the market. The mood changes by the hour, and no request tells it.

## Model

A network of two layers of {UNITS} on logarithms, taught the bid that earns most in expectation, and the bids that would be best
in a cheap and in a dear hour. Limits are part of the ONNX graph.

## Figures on {TEST_ROWS:,} other auctions

The surplus is what {bid.HORIZON:,} more such impressions earn at that bid while the budget lasts. The rule is the usual one, 1.2 times
the floor. The share of the attainable is how far the model gets from that rule to the best possible bid.

{table(metrics)}

`low` to `high` is an interval for the bid that would have been best had the mood of the hour been known; it was stretched
to hold {COVERAGE:.0%} of such bids on other auctions. Where the floor decides, all three are the floor, and the interval
always holds: hence two figures of coverage. The documented example gets {example["optimized_cpm"]:.2f}, from {example["low"]:.2f} to {example["high"]:.2f}.

## Limits

- Features beyond those of the simulator count as its extremes: rates of 0.0005 to 0.5, budgets of 0.5 to 20,000.
- Placements fall into 64 buckets, so one never seen may look like a known one: most of what is missing to the best.
"""
