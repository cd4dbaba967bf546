"""
Impressions, whether each was clicked on, and for each the true probability of a click.

The log-odds of a click are a sum: the format, the placement, what the visitor is interested in and how that suits the
format, the hour (another curve on weekends), the day, and a part that nobody sees. The historical rate, where there is
one, is the rate up to now with noise in its log-odds, and so tells a part of what is not seen. All that is unknown is
normal; the probability of a click, given all that can be seen, is an integral over one normal variable.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit

from .inventory import KNOWN, draw_placements
from .tables import Floats

FORMATS = {"banner": -5.1, "interstitial": -3.9, "native": -4.3, "rewarded": -3.4, "video": -4.0}
FORMAT_SHARES = [0.45, 0.12, 0.23, 0.06, 0.14]
SEGMENTS = {
    "sports": 0.25,
    "tech": 0.35,
    "gaming": 0.15,
    "travel": 0.05,
    "fashion": 0.10,
    "finance": -0.10,
    "news": -0.20,
    "food": 0.0,
    "music": 0.10,
    "parents": -0.05,
    "students": -0.15,
    "cars": 0.20,
}
# How much better an interest suits a format than the sum of both says.
AFFINITIES = {
    ("gaming", "rewarded"): 0.7,
    ("gaming", "banner"): -0.3,
    ("sports", "video"): 0.5,
    ("news", "native"): 0.6,
    ("fashion", "native"): 0.4,
    ("tech", "interstitial"): -0.4,
    ("music", "video"): 0.4,
    ("travel", "banner"): 0.3,
    ("students", "rewarded"): 0.4,
    ("finance", "interstitial"): -0.3,
}
OTHER_SEGMENTS = 400
PLACEMENT_DEVIATION = 0.4
UNSEEN_DEVIATION = 0.4
HISTORY_NOISE = 0.35
HISTORY_SHARE = 0.6
EVENING = 20
NOON = 13
DAYS = np.array([0.02, 0.04, 0.03, 0.0, -0.06, 0.08, 0.10])

_places = np.random.default_rng(7).standard_normal(len(KNOWN)) * PLACEMENT_DEVIATION
_nodes, _node_weights = np.polynomial.hermite_e.hermegauss(21)


@dataclass(frozen=True)
class Impressions:
    """Requests, whether each was clicked on, and the true probability of it."""

    requests: list[dict[str, Any]]
    is_clicked: np.ndarray
    probability: Floats


def simulate(count: int, seed: int) -> Impressions:
    """So many impressions."""
    random = np.random.default_rng(seed)
    placements, place = draw_placements(random, count)
    formats = list(FORMATS)
    form = random.choice(len(formats), size=count, p=FORMAT_SHARES)
    hour = random.choice(24, size=count, p=_traffic_by_hour())
    day = random.integers(0, 7, size=count)
    segments = _draw_segments(random, count)

    seen = np.array(list(FORMATS.values()))[form] + _season(hour, day) + DAYS[day] + _interest(segments, formats, form)
    seen += np.where(place >= 0, _places[place], 0)
    # A placement that is not known adds to what nobody sees.
    variance = UNSEEN_DEVIATION**2 + np.where(place >= 0, 0, PLACEMENT_DEVIATION**2)
    unseen = np.sqrt(variance) * random.standard_normal(count)
    has_history = random.random(count) < HISTORY_SHARE
    history = expit(seen + unseen + HISTORY_NOISE * random.standard_normal(count)).round(5)
    return Impressions(
        requests=[
            {
                "placement_id": placements[index],
                "ad_format": formats[form[index]],
                "user_segments": segments[index],
                "time_of_day": int(hour[index]),
                "day_of_week": int(day[index]),
                **({"historical_ctr": float(history[index])} if has_history[index] else {}),
            }
            for index in range(count)
        ],
        is_clicked=random.random(count) < expit(seen + unseen),
        probability=_posterior(seen, variance, np.where(has_history, history, np.nan)),
    )


def _posterior(seen: Floats, variance: Floats, history: Floats) -> Floats:
    """Probability of a click given the part of the log-odds that is seen, and the historical rate if not NaN."""
    gain = variance / (variance + HISTORY_NOISE**2)
    has_history = ~np.isnan(history)
    surprise = np.where(has_history, logit(np.where(has_history, np.clip(history, 1e-6, 1 - 1e-6), 0.5)) - seen, 0)
    mean = seen + gain * surprise
    deviation = np.sqrt(np.where(has_history, variance * (1 - gain), variance))
    values = expit(mean[:, None] + deviation[:, None] * _nodes[None, :])
    return values @ _node_weights / _node_weights.sum()


def _season(hour: np.ndarray, day: np.ndarray) -> Floats:
    weekday = 0.30 * np.cos(2 * np.pi * (hour - EVENING) / 24)
    weekend = 0.20 * np.cos(2 * np.pi * (hour - NOON) / 24)
    return np.where(day >= 5, weekend, weekday)


def _traffic_by_hour() -> Floats:
    shares = 1.2 + np.cos(2 * np.pi * (np.arange(24) - 18) / 24)
    return shares / shares.sum()


def _draw_segments(random: np.random.Generator, count: int) -> list[list[str]]:
    """None to four of the known interests, and now and then one that tells nothing."""
    names = list(SEGMENTS)
    sizes = random.choice(5, size=count, p=[0.15, 0.30, 0.30, 0.17, 0.08])
    drawn = [[names[place] for place in random.permutation(len(names))[:size]] for size in sizes]
    other = random.integers(0, OTHER_SEGMENTS, size=count)
    has_other = random.random(count) < 0.1
    return [
        [*segments, f"segment_{other[index]}"] if has_other[index] else segments for index, segments in enumerate(drawn)
    ]


def _interest(segments: list[list[str]], formats: list[str], form: np.ndarray) -> Floats:
    return np.array(
        [
            sum(SEGMENTS.get(name, 0) + AFFINITIES.get((name, formats[form[index]]), 0) for name in names)
            for index, names in enumerate(segments)
        ]
    )
