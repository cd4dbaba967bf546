"""
Visitors of a day, some of them fraudulent, and for each the true probability of fraud.

A visitor is of a kind: a person, or one of three kinds of fraud. The kind decides, by the tables below, what network
and program it uses, whether it sends an app and a device, how many impressions it sees, and how many it clicks on.
Given the kind these are independent but for what the tables say, so that the probability of fraud, given all that can
be seen, follows from Bayes' rule. Every kind of fraud clicks more than people do, in the order of likelihood ratios:
at the same number of impressions, more clicks always make fraud likelier.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaln, gammaln
from scipy.stats import norm

from . import agents, networks
from .tables import Floats, draw_rows, weights


@dataclass(frozen=True)
class Kind:
    """A kind of visitor."""

    share: float
    networks: dict[str, float]
    agents: dict[str, float]
    app: tuple[float, float, float]
    """Probability of an app id by program: an app, a browser on a telephone, anything else."""
    rooted: float
    emulator: float
    impressions: tuple[float, float]
    """Median, and standard deviation of the logarithm."""
    clicks: tuple[float, float]
    """Beta distribution of the share of impressions that are clicked on."""
    injected: float
    """Probability of more clicks than impressions."""


PERSON = Kind(
    share=0.84,
    networks={
        "public_v4": 0.70,
        "public_v6": 0.20,
        "private": 0.055,
        "data_centre_v4": 0.03,
        "data_centre_v6": 0.01,
        "reserved": 0.002,
        "unreadable": 0.003,
    },
    agents={
        "chrome_android": 0.26,
        "chrome_windows": 0.20,
        "safari_ios": 0.18,
        "chrome_mac": 0.06,
        "edge_windows": 0.06,
        "safari_mac": 0.05,
        "app_android": 0.05,
        "samsung_android": 0.04,
        "firefox_windows": 0.035,
        "app_ios": 0.03,
        "chrome_linux": 0.01,
        "firefox_linux": 0.01,
        "shortened": 0.01,
        "empty": 0.003,
        "script": 0.001,
        "headless": 0.0005,
        "crawler": 0.0005,
    },
    app=(0.97, 0.25, 0.01),
    rooted=0.02,
    emulator=0.003,
    impressions=(60, 1.3),
    clicks=(1.2, 70),
    injected=0,
)

CLICK_FARM = Kind(
    share=0.05,
    networks={
        "public_v4": 0.78,
        "public_v6": 0.10,
        "data_centre_v4": 0.06,
        "private": 0.04,
        "data_centre_v6": 0.01,
        "reserved": 0.005,
        "unreadable": 0.005,
    },
    agents={
        "chrome_android": 0.52,
        "app_android": 0.16,
        "safari_ios": 0.12,
        "samsung_android": 0.08,
        "chrome_windows": 0.08,
        "shortened": 0.02,
        "app_ios": 0.02,
    },
    app=(0.95, 0.40, 0.02),
    rooted=0.25,
    emulator=0.02,
    impressions=(180, 1.1),
    clicks=(2.5, 18),
    injected=0.02,
)

BOT = Kind(
    share=0.07,
    networks={
        "data_centre_v4": 0.60,
        "data_centre_v6": 0.13,
        "public_v4": 0.19,
        "public_v6": 0.03,
        "private": 0.03,
        "reserved": 0.01,
        "unreadable": 0.01,
    },
    agents={
        "chrome_windows": 0.24,
        "script": 0.20,
        "headless": 0.16,
        "crawler": 0.09,
        "chrome_linux": 0.08,
        "empty": 0.06,
        "shortened": 0.06,
        "chrome_mac": 0.05,
        "firefox_linux": 0.04,
        "chrome_android": 0.02,
    },
    app=(0.50, 0.10, 0.02),
    rooted=0.05,
    emulator=0.15,
    impressions=(300, 1.4),
    clicks=(1.2, 12),
    injected=0.03,
)

EMULATOR = Kind(
    share=0.04,
    networks={
        "data_centre_v4": 0.45,
        "public_v4": 0.32,
        "data_centre_v6": 0.10,
        "public_v6": 0.05,
        "private": 0.05,
        "reserved": 0.02,
        "unreadable": 0.01,
    },
    agents={"app_android": 0.50, "chrome_android": 0.40, "samsung_android": 0.06, "shortened": 0.04},
    app=(0.98, 0.60, 0.30),
    rooted=0.35,
    emulator=0.75,
    impressions=(150, 1.2),
    clicks=(1.6, 14),
    injected=0.03,
)

KINDS = [PERSON, CLICK_FARM, BOT, EMULATOR]
DEVICE_WITH_APP = 0.8
DEVICE_WITHOUT_APP = 0.15
# Clicks beyond the impressions come in geometric numbers.
EXTRA_CLICK = 0.2


@dataclass(frozen=True)
class Visitors:
    """Requests, whether each is fraud, and the true probability that it is."""

    requests: list[dict[str, Any]]
    is_fraud: np.ndarray
    probability: Floats


def simulate(count: int, seed: int) -> Visitors:
    """So many visitors."""
    random = np.random.default_rng(seed)
    shares = np.array([kind.share for kind in KINDS])
    kind = random.choice(len(KINDS), size=count, p=shares)
    network_table = np.array([weights(one.networks, networks.KINDS) for one in KINDS])
    agent_table = np.array([weights(one.agents, agents.NAMES) for one in KINDS])
    app_table = np.array([[one.app[_client(name)] for name in agents.NAMES] for one in KINDS])
    flags = np.array([[one.rooted, one.emulator] for one in KINDS])

    network = draw_rows(random, network_table[kind])
    agent = draw_rows(random, agent_table[kind])
    has_app = random.random(count) < app_table[kind, agent]
    has_device = random.random(count) < np.where(has_app, DEVICE_WITH_APP, DEVICE_WITHOUT_APP)
    flag = (random.random((count, 2)) < flags[kind]) & has_device[:, None]
    impressions, clicks = _events(random, kind)

    likelihood = np.empty((count, len(KINDS)))
    for index, one in enumerate(KINDS):
        by_app = app_table[index, agent]
        by_flag = np.where(flag, flags[index], 1 - flags[index]).prod(axis=1)
        likelihood[:, index] = (
            one.share
            * network_table[index, network]
            * agent_table[index, agent]
            * np.where(has_app, by_app, 1 - by_app)
            * np.where(has_device, by_flag, 1)
            * np.exp(_log_likelihood_of_events(one, impressions, clicks))
        )
    probability = 1 - likelihood[:, 0] / likelihood.sum(axis=1)

    addresses = networks.Addresses(random)
    requests = [
        _request(random, addresses, index, network[index], agent[index], has_app[index])
        | _device(random, has_device[index], flag[index])
        | {"impressions_24h": int(impressions[index]), "clicks_24h": int(clicks[index])}
        for index in range(count)
    ]
    return Visitors(requests, kind != 0, probability)


def _client(agent: str) -> int:
    if agent in agents.APPS:
        return 0
    return 1 if agent in agents.PHONES else 2


def _events(random: np.random.Generator, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    median, spread = np.array([one.impressions for one in KINDS]).T
    impressions = np.floor(median[kind] * np.exp(spread[kind] * random.standard_normal(len(kind)))).astype(np.int64)
    first, second = np.array([one.clicks for one in KINDS]).T
    clicks = random.binomial(impressions, random.beta(first[kind], second[kind]))
    injected = random.random(len(kind)) < np.array([one.injected for one in KINDS])[kind]
    return impressions, np.where(injected, impressions + random.geometric(EXTRA_CLICK, len(kind)), clicks)


def _log_likelihood_of_events(kind: Kind, impressions: np.ndarray, clicks: np.ndarray) -> Floats:
    median, spread = kind.impressions
    with np.errstate(divide="ignore"):
        low = np.log(impressions / median) / spread
        high = np.log((impressions + 1) / median) / spread
        # On the upper side the differences of survival functions are the exact ones.
        between = np.where(low > 0, norm.sf(low) - norm.sf(high), norm.cdf(high) - norm.cdf(low))
        of_impressions = np.log(between)
        of_extra = np.log(kind.injected) + (clicks - impressions - 1) * np.log(1 - EXTRA_CLICK) + np.log(EXTRA_CLICK)
    first, second = kind.clicks
    counted = np.minimum(clicks, impressions)
    of_clicks = (
        gammaln(impressions + 1)
        - gammaln(counted + 1)
        - gammaln(impressions - counted + 1)
        + betaln(counted + first, impressions - counted + second)
        - betaln(first, second)
        + np.log(1 - kind.injected)
    )
    return of_impressions + np.where(clicks > impressions, of_extra, of_clicks)


def _request(
    random: np.random.Generator, addresses: networks.Addresses, index: int, network: int, agent: int, has_app: bool
) -> dict[str, Any]:
    app = {"app_id": f"com.example.app{random.integers(50)}"} if has_app else {}
    return {
        "user_id": f"user_{index}",
        "ip_address": addresses.draw(networks.KINDS[network]),
        "user_agent": agents.user_agent(random, agents.NAMES[agent]),
        **app,
    }


def _device(random: np.random.Generator, has_device: bool, flag: np.ndarray) -> dict[str, Any]:
    if not has_device:
        return {}
    device: dict[str, Any] = {"memory_gb": int(random.integers(2, 17))}
    if flag[0]:
        device["rooted" if random.random() < 0.7 else "jailbroken"] = True
    if flag[1]:
        device["emulator"] = True
    return {"device_info": device}
