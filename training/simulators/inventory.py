"""Where advertisements are shown."""

import numpy as np

# The placements that have been there long enough to be known one by one.
KNOWN = [
    "placement_123",
    "placement_456",
    "placement_789",
    "home_top",
    "home_sidebar",
    "article_top",
    "article_inline",
    "article_bottom",
    "search_results",
    "video_preroll",
    "video_midroll",
    "app_feed",
    "app_interstitial",
    "app_rewarded",
    "newsletter",
    "footer",
]
# Share of the traffic of all the others, each seen once.
TAIL = 0.2


def draw_placements(random: np.random.Generator, count: int) -> tuple[list[str], np.ndarray]:
    """Names, and for each its place in `KNOWN`, or -1 for one of the many others."""
    shares = 1 / np.arange(2, len(KNOWN) + 2)
    place = random.choice(len(KNOWN), size=count, p=shares / shares.sum())
    place[random.random(count) < TAIL] = -1
    others = random.integers(1_000, 1_000_000, size=count)
    return [KNOWN[one] if one >= 0 else f"placement_{other}" for one, other in zip(place, others, strict=True)], place
