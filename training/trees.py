"""Decision trees, and their sum as one ONNX node."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper


@dataclass(frozen=True)
class Leaf:
    """Adds a weight to one target."""

    target: int
    weight: np.float32


@dataclass(frozen=True)
class Branch:
    """Goes one way where a feature is at most the threshold, else the other."""

    feature: int
    threshold: np.float32
    below: "Tree"
    above: "Tree"


Tree = Branch | Leaf
_NOTHING = Leaf(0, np.float32(0))


def branch(feature: int, threshold: float, below: Tree, above: Tree) -> Tree:
    """
    Make a branch, or a leaf where both sides are the same one. The threshold is rounded down to float32, which leaves
    every comparison with a float32 as it was.
    """
    if isinstance(below, Leaf) and below == above:
        return below
    return Branch(feature, _rounded_down(threshold), below, above)


def trees_of_forest(estimator: Any) -> list[Tree]:
    """
    Trees whose sum is the probability of each class by a fitted `RandomForestClassifier`; of two classes that of the
    second. A leaf has one weight, so a tree with several classes in a leaf becomes several: of the largest share of
    each leaf, of the second largest where there is one, and so on. Each class is summed in the order of the forest.
    """
    count = len(estimator.estimators_)
    first = 1 if len(estimator.classes_) == 2 else 0
    trees: list[Tree] = []
    for fitted in estimator.estimators_:
        nodes = fitted.tree_
        leaves = [_leaves(shares[first:] / count) for shares in nodes.value[:, 0, :]]
        layers = max(len(leaves[node]) for node in range(nodes.node_count) if nodes.children_left[node] < 0)
        trees += [_layer(nodes, leaves, layer) for layer in range(layers)]
    return trees


def trees_of_boosting(estimator: Any) -> list[Tree]:
    """Trees whose sum, added to the baseline, is the raw prediction of a fitted `HistGradientBoosting...`."""

    def grow(nodes: Any, place: int) -> Tree:
        node = nodes[place]
        if node["is_leaf"]:
            return Leaf(0, np.float32(node["value"]))
        sides = (grow(nodes, int(node[side])) for side in ("left", "right"))
        return branch(int(node["feature_idx"]), node["num_threshold"], *sides)

    return [grow(predictor.nodes, 0) for (predictor,) in estimator._predictors]


def ensemble_node(trees: Sequence[Tree], *, targets: int, input_name: str, output: str) -> NodeProto:
    """
    Make a `TreeEnsemble` that sums trees: [N, targets] of float32. The older operators for trees need a text and nine
    numbers for each node, which sessions keep; this one needs five numbers. Equal leaves are kept once.
    """
    table = _Table()
    roots = [table.add_root(tree) for tree in trees]
    return helper.make_node(
        "TreeEnsemble",
        [input_name],
        [output],
        domain="ai.onnx.ml",
        n_targets=targets,
        tree_roots=roots,
        **table.attributes(),
    )


class _Table:
    """Branches and leaves by their places, parents before their children."""

    def __init__(self) -> None:
        self._branches: list[Branch] = []
        # For each branch: place and whether that is a leaf's, of the sides below and above.
        self._sides: list[tuple[int, bool, int, bool]] = []
        self._leaves: dict[Leaf, int] = {}

    def add_root(self, tree: Tree) -> int:
        # The operator has no trees of a leaf alone.
        return self._add(tree if isinstance(tree, Branch) else Branch(0, np.float32(0), tree, tree))[0]

    def attributes(self) -> dict[str, Any]:
        true_ids, true_leaves, false_ids, false_leaves = (list(column) for column in zip(*self._sides, strict=True))
        return {
            "nodes_featureids": [one.feature for one in self._branches],
            "nodes_splits": _tensor([one.threshold for one in self._branches], np.float32),
            # 0 is "at most".
            "nodes_modes": _tensor([0] * len(self._branches), np.uint8),
            "nodes_truenodeids": true_ids,
            "nodes_trueleafs": [int(one) for one in true_leaves],
            "nodes_falsenodeids": false_ids,
            "nodes_falseleafs": [int(one) for one in false_leaves],
            "leaf_targetids": [leaf.target for leaf in self._leaves],
            "leaf_weights": _tensor([leaf.weight for leaf in self._leaves], np.float32),
        }

    def _add(self, tree: Tree) -> tuple[int, bool]:
        if isinstance(tree, Leaf):
            return self._leaves.setdefault(tree, len(self._leaves)), True
        place = len(self._branches)
        self._branches.append(tree)
        self._sides.append((0, False, 0, False))
        self._sides[place] = (*self._add(tree.below), *self._add(tree.above))
        return place, False


def _tensor(values: Sequence[Any], kind: Any) -> Any:
    return numpy_helper.from_array(np.array(values, kind))


def _leaves(shares: NDArray[np.float64]) -> list[Leaf]:
    """One leaf for each class that there is, the largest share first."""
    weights = shares.astype(np.float32)
    return [Leaf(int(target), weights[target]) for target in np.argsort(-weights, kind="stable") if weights[target]]


def _layer(nodes: Any, leaves: Sequence[Sequence[Leaf]], layer: int) -> Tree:
    def grow(place: int) -> Tree:
        if nodes.children_left[place] < 0:
            return leaves[place][layer] if layer < len(leaves[place]) else _NOTHING
        sides = (grow(int(children[place])) for children in (nodes.children_left, nodes.children_right))
        return branch(int(nodes.feature[place]), nodes.threshold[place], *sides)

    return grow(0)


def _rounded_down(threshold: float) -> np.float32:
    near = np.float32(threshold)
    return near if near <= threshold else cast(np.float32, np.nextafter(near, np.float32(-np.inf)))
