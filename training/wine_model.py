"""A forest, a kernel smoother and a regression, averaged and tempered: the classifier of wines, and its ONNX graph."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto
from scipy.optimize import minimize_scalar
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from .onnx_graph import Step, build_graph, floats, places
from .scores import Floats, Labels, log_loss
from .trees import ensemble_node, trees_of_forest

# Class by class no probability is smaller before tempering, so that none is ruled out by a few hundred wines.
FLOOR = 1e-3
# Weight of the shares of the classes in the smoother: decides alone where no wine is near.
PRIOR = 1e-6


# Shares of the forest, the smoother and the regression.
SHARES = (1 / 2, 3 / 8, 1 / 8)


class WineClassifier:
    """
    A mean of three probabilities, raised to the power 1/T and scaled to a sum of 1: of a random forest, of a
    Nadaraya-Watson smoother that weighs each known wine by exp(-distance / width), and of a logistic regression. The
    last two see standardised logarithms.
    """

    def __init__(self, classes: Labels, *, trees: int = 40, leaf: int = 3, width: float = 0.3, seed: int = 0) -> None:
        self.classes = classes
        self.width = width
        self.temperature = 1.0
        self.forest = RandomForestClassifier(trees, max_features=3, min_samples_leaf=leaf, random_state=seed)
        self.regression = LogisticRegression(max_iter=1000)

    def fit(self, rows: Floats, labels: Labels) -> Self:
        """Learn from rows of raw features."""
        self.forest.fit(rows, labels)
        logs = np.log1p(rows)
        self._mean, self._scale = logs.mean(axis=0), logs.std(axis=0)
        self._known = (logs - self._mean) / self._scale
        self._truth = (labels[:, None] == self.classes[None, :]).astype(float)
        self.regression.fit(self._known, labels)
        return self

    def fit_temperature(self, rows: Floats, labels: Labels, folds: Sequence[tuple[Any, Any]]) -> Self:
        """Choose the temperature of least log loss on wines left out in turn, and learn from all."""
        left_out = np.concatenate([test for _, test in folds])
        blends = np.concatenate([self.fit(rows[train], labels[train])._blend(rows[test]) for train, test in folds])

        def loss(temperature: float) -> float:
            return log_loss(_tempered(blends, temperature), labels[left_out], self.classes)

        self.temperature = float(minimize_scalar(loss, bounds=(0.5, 2), method="bounded").x)
        return self.fit(rows, labels)

    def predict_proba(self, rows: Floats) -> Floats:
        """Probabilities in the order of `classes`."""
        return _tempered(self._blend(rows), self.temperature)

    def to_onnx(self, input_name: str) -> ModelProto:
        """Make the same in ONNX: outputs `label` (int64) and `probabilities` (float32)."""
        if not np.array_equal(self.forest.classes_, self.classes):
            raise ValueError("the forest has not seen every class")
        width = self._known.shape[1]
        trees = trees_of_forest(self.forest)
        forest = ensemble_node(trees, targets=len(self.classes), input_name=input_name, output="forest")
        return build_graph(
            input_name=input_name,
            width=width,
            nodes=[forest],
            steps=[("Cast", [input_name], "doubles", {"to": TensorProto.DOUBLE}), *_STEPS],
            constants=self._constants(),
            outputs={
                "label": (TensorProto.INT64, [None]),
                "probabilities": (TensorProto.FLOAT, [None, len(self.classes)]),
            },
        )

    def _blend(self, rows: Floats) -> Floats:
        places = (np.log1p(rows) - self._mean) / self._scale
        parts = (self._all(self.forest, rows), self._smooth(places), self._all(self.regression, places))
        return np.maximum(sum(share * part for share, part in zip(SHARES, parts, strict=True)), FLOOR)

    def _all(self, estimator: Any, rows: Floats) -> Floats:
        """Probabilities of all classes, 0 for those that the estimator has not seen."""
        probabilities = np.zeros((len(rows), len(self.classes)))
        probabilities[:, np.searchsorted(self.classes, estimator.classes_)] = estimator.predict_proba(rows)
        return probabilities

    def _smooth(self, places: Floats) -> Floats:
        squares = (places**2).sum(axis=1)[:, None] - 2 * places @ self._known.T + (self._known**2).sum(axis=1)
        votes = np.exp(np.sqrt(np.maximum(squares, 0)) / -self.width) @ self._truth + PRIOR * self._truth.mean(axis=0)
        return votes / votes.sum(axis=1, keepdims=True)

    def _constants(self) -> dict[str, NDArray[Any]]:
        numbers = {
            "one": 1,
            "zero": 0,
            "minus_two": -2,
            "mean": self._mean,
            "scale": self._scale,
            "known": self._known.T,
            "known_squares": (self._known**2).sum(axis=1),
            "minus_width": -self.width,
            "truth": self._truth,
            "prior": PRIOR * self._truth.mean(axis=0),
            "coefficients": self.regression.coef_.T,
            "intercepts": self.regression.intercept_,
            "forest_share": SHARES[0],
            "smoother_share": SHARES[1],
            "regression_share": SHARES[2],
            "floor": FLOOR,
            "exponent": 1 / self.temperature,
        }
        return floats(numbers, np.float64) | places({"axis": [1], "classes": self.classes})


# In double precision: in the distance of nearly equal wines large numbers cancel.
_STEPS: list[Step] = [
    ("Add", ["doubles", "one"], "shifted", {}),
    ("Log", ["shifted"], "logs", {}),
    ("Sub", ["logs", "mean"], "centred", {}),
    ("Div", ["centred", "scale"], "places", {}),
    ("Mul", ["places", "places"], "place_products", {}),
    ("ReduceSum", ["place_products", "axis"], "place_squares", {}),
    ("MatMul", ["places", "known"], "products", {}),
    ("Mul", ["products", "minus_two"], "doubled", {}),
    ("Add", ["doubled", "known_squares"], "partial", {}),
    ("Add", ["partial", "place_squares"], "squares", {}),
    ("Max", ["squares", "zero"], "positive_squares", {}),
    ("Sqrt", ["positive_squares"], "distances", {}),
    ("Div", ["distances", "minus_width"], "exponents", {}),
    ("Exp", ["exponents"], "weights", {}),
    ("MatMul", ["weights", "truth"], "counted", {}),
    ("Add", ["counted", "prior"], "votes", {}),
    ("ReduceSum", ["votes", "axis"], "vote_sum", {}),
    ("Div", ["votes", "vote_sum"], "smooth", {}),
    ("MatMul", ["places", "coefficients"], "weighed", {}),
    ("Add", ["weighed", "intercepts"], "log_odds", {}),
    ("Softmax", ["log_odds"], "regressed", {"axis": 1}),
    ("Cast", ["forest"], "forest_doubles", {"to": TensorProto.DOUBLE}),
    ("Mul", ["forest_doubles", "forest_share"], "forest_part", {}),
    ("Mul", ["smooth", "smoother_share"], "smoother_part", {}),
    ("Mul", ["regressed", "regression_share"], "regression_part", {}),
    ("Sum", ["forest_part", "smoother_part", "regression_part"], "blend", {}),
    ("Max", ["blend", "floor"], "bounded", {}),
    ("Pow", ["bounded", "exponent"], "tempered", {}),
    ("ReduceSum", ["tempered", "axis"], "tempered_sum", {}),
    ("Div", ["tempered", "tempered_sum"], "shares", {}),
    ("Cast", ["shares"], "probabilities", {"to": TensorProto.FLOAT}),
    ("ArgMax", ["shares"], "place", {"axis": 1, "keepdims": 0}),
    ("Gather", ["classes", "place"], "label", {}),
]


def _tempered(blend: Floats, temperature: float) -> Floats:
    powers = blend ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)
