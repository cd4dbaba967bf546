"""
First-price auctions of single impressions, with the bid that is best.

A click is worth `CLICK_VALUE`, so a thousand impressions are worth `1000 * CLICK_VALUE * predicted_ctr`. The highest bid
of the others is log-normal; its middle depends on the competition, on the placement, on how good the impression is, and
on the mood of the market, which changes by the hour and which no request tells. Whoever bids the floor or more, and more
than all others, pays the own bid. `HORIZON` more impressions like this one will come; once the budget is spent, no more
can be bought. The best bid earns most over them:

    (value - bid) * min(HORIZON * chance of winning, 1000 * budget / bid) / 1000
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from .inventory import KNOWN, draw_placements
from .tables import Floats

CLICK_VALUE = 0.4
HORIZON = 100_000
LEVELS = {"low": (0.9, 0.65), "medium": (2.2, 0.55), "high": (4.5, 0.45)}
"""Median of the highest bid of the others per thousand, and standard deviation of its logarithm."""
LEVEL_SHARES = [0.35, 0.4, 0.25]
MOOD_DEVIATION = 0.2
PLACEMENT_DEVIATION = 0.25
USUAL_CTR = 0.02
CTR_EFFECT = 0.35
STEPS = 48
ROUNDS = 3

_places = np.random.default_rng(11).standard_normal(len(KNOWN)) * PLACEMENT_DEVIATION
_nodes, _node_weights = np.polynomial.hermite_e.hermegauss(7)


@dataclass(frozen=True)
class Auctions:
    """Requests, and what is true of the market at each."""

    requests: list[dict[str, Any]]
    value: Floats
    """Worth of a thousand impressions."""
    floor: Floats
    budget: Floats
    center: Floats
    """Logarithm of the median highest bid of the others, in the market's usual mood."""
    spread: Floats
    """Standard deviation of its logarithm within the hour."""
    unseen: Floats
    """Standard deviation of what no request tells: the mood, and a placement that is not known."""
    shift: Floats
    """What the mood and the unknown placement add to `center` at this moment."""


def simulate(count: int, seed: int) -> Auctions:
    """So many auctions."""
    random = np.random.default_rng(seed)
    placements, place = draw_placements(random, count)
    names = list(LEVELS)
    level = random.choice(len(names), size=count, p=LEVEL_SHARES)
    ctr = np.clip(np.exp(np.log(USUAL_CTR) + 0.7 * random.standard_normal(count)), 0.0005, 0.5).round(5)
    budget = np.exp(random.uniform(np.log(0.5), np.log(20_000), count)).round(2)
    median, spread = np.array(list(LEVELS.values())).T
    center = np.log(median[level]) + CTR_EFFECT * np.log(ctr / USUAL_CTR) + np.where(place >= 0, _places[place], 0)
    floor = np.exp(center + np.log(0.6) + 0.5 * random.standard_normal(count)).round(2)
    floor[random.random(count) < 0.05] = 0
    unseen = np.sqrt(MOOD_DEVIATION**2 + np.where(place >= 0, 0, PLACEMENT_DEVIATION**2))
    requests = [
        {
            "placement_id": placements[index],
            "floor_cpm": float(floor[index]),
            "predicted_ctr": float(ctr[index]),
            "competition_level": names[level[index]],
            "budget_remaining": float(budget[index]),
        }
        for index in range(count)
    ]
    shift = unseen * random.standard_normal(count)
    return Auctions(requests, 1000 * CLICK_VALUE * ctr, floor, budget, center, spread[level], unseen, shift)


def surplus(auctions: Auctions, bids: Floats) -> Floats:
    """Expected surplus over the horizon of one bid an auction, or of a row of bids, whatever the market's mood."""
    return np.sum(
        [
            weight * _surplus(auctions, bids, auctions.center + node * auctions.unseen)
            for node, weight in zip(_nodes, _node_weights / _node_weights.sum(), strict=True)
        ],
        axis=0,
    )


def best_bids(auctions: Auctions) -> Floats:
    """The bid of most expected surplus, for who sees the request and knows the market, but not its mood."""
    return _best(auctions, lambda bids: surplus(auctions, bids))


def best_bids_in_hindsight(auctions: Auctions) -> Floats:
    """The bid of most expected surplus, for who knows the mood as well."""
    return _best(auctions, lambda bids: _surplus(auctions, bids, auctions.center + auctions.shift))


def limits(auctions: Auctions) -> tuple[Floats, Floats]:
    """The lowest bid that counts, and the highest for which one impression can be paid; the second rules."""
    highest = 1000 * auctions.budget
    return np.minimum(auctions.floor, highest), highest


def _surplus(auctions: Auctions, bids: Floats, center: Floats) -> Floats:
    def column(values: Floats) -> Floats:
        return values if bids.ndim == 1 else values[:, None]

    with np.errstate(divide="ignore"):
        chance = ndtr((np.log(bids) - column(center)) / column(auctions.spread))
        affordable = 1000 * column(auctions.budget) / bids
    return (column(auctions.value) - bids) * np.minimum(HORIZON * chance, affordable) / 1000


def _best(auctions: Auctions, earn: Any) -> Floats:
    """
    Search on a grid up to the worth, then on finer ones between the neighbours of the best. What is earned falls on both
    sides of the best bid, so that the nearest allowed one is the best of those allowed.
    """
    low, high = np.zeros_like(auctions.value), auctions.value
    steps = np.linspace(0, 1, STEPS)
    index = np.arange(len(low))
    for _ in range(ROUNDS):
        grid = low[:, None] + (high - low)[:, None] * steps
        best = earn(np.maximum(grid, 1e-6)).argmax(axis=1)
        low, high = grid[index, np.maximum(best - 1, 0)], grid[index, np.minimum(best + 1, STEPS - 1)]
    return np.clip((low + high) / 2, *limits(auctions))
