"""Tables of probabilities, and draws from them."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def weights(table: Mapping[str, float], names: Sequence[str]) -> Floats:
    """The numbers of a table in the order of `names`, 0 for those it lacks, scaled to a sum of 1."""
    unknown = set(table) - set(names)
    if unknown:
        raise ValueError(f"not in the list of names: {sorted(unknown)}")
    numbers = np.array([table.get(name, 0.0) for name in names])
    return numbers / numbers.sum()


def draw_rows(random: np.random.Generator, rows: Floats) -> Indices:
    """One draw from each row of probabilities."""
    return (random.random(len(rows))[:, None] > rows.cumsum(axis=1)[:, :-1]).sum(axis=1)
