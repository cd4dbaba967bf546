"""
The features once more, written from their description alone, to hold the code that serves them to.

`python -m training.check_features` compares both on simulated traffic and writes the fixture of the engine's tests: odd
requests, their features by this file, and what the models answer by onnxruntime.
"""

import ipaddress
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .features import ROOT, feature_matrix
from .odd_requests import BIDS, IMPRESSIONS, VISITORS
from .release import MODELS, run
from .simulators import bid, ctr, fraud
from .simulators.networks import DATA_CENTRE, PRIVATE, RESERVED

FIXTURE = ROOT / "packages" / "engine" / "test" / "ad-features" / "fixtures" / "requests.json"
CHARACTERS = 1024
BUCKETS = 64
Request = dict[str, Any]
Row = dict[str, float]

BOT_WORDS = ["bot", "crawl", "spider", "slurp", "scan", "monitor"]
HEADLESS_WORDS = ["headless", "phantomjs", "selenium", "puppeteer", "playwright"]
SCRIPT_WORDS = ["curl/", "wget/", "python", "java/", "go-http", "axios", "node-fetch", "undici", "libwww", "httpclient"]
SCRIPT_WORDS += ["scrapy", "ruby", "php/"]
APP_WORDS = ["okhttp", "cfnetwork", "dalvik"]
BROWSERS = {
    "edge": ["edg/", "edge/", "edga/", "edgios/"],
    "other": ["opr/", "opera", "samsungbrowser", "ucbrowser", "yabrowser", "vivaldi"],
    "firefox": ["firefox/", "fxios/"],
    "chrome": ["chrome/", "chromium/", "crios/"],
    "safari": ["safari/"],
}
SYSTEMS = {
    "ios": ["iphone", "ipad", "ipod"],
    "android": ["android"],
    "windows": ["windows"],
    "mac": ["mac os x", "macintosh", "darwin"],
    "linux": ["linux", "x11", "cros"],
}


def fraud_row(request: Request) -> Row:
    """The features of a visitor by name."""
    impressions, clicks = (min(request[key], 10**9) for key in ("impressions_24h", "clicks_24h"))
    agent = _start(request["user_agent"])
    words = "".join(chr(ord(one) + 32) if "A" <= one <= "Z" else one for one in agent)
    address = _address(_start(request["ip_address"]))
    network = _network(address)
    browser = _first(BROWSERS, words)
    device = request.get("device_info")
    row = {
        "log_impressions": math.log1p(impressions),
        "log_clicks": math.log1p(clicks),
        "click_ratio": min(2, clicks / max(1, impressions)),
        "smoothed_click_ratio": min(2, (clicks + 1) / (impressions + 50)),
        "ip_v4": address is not None and address.version == 4,
        "ip_v6": address is not None and address.version == 6,
    }
    row |= {f"ip_{one}": network == one for one in ("private", "reserved", "data_centre")}
    clients = ["empty", "bot", "headless", "script", "app", "browser", "unknown"]
    row |= {f"client_{one}": _client(words, browser) == one for one in clients}
    row |= {f"browser_{one}": browser == one for one in ("chrome", "safari", "firefox", "edge", "other", "none")}
    row |= {f"system_{one}": _first(SYSTEMS, words) == one for one in (*sorted(SYSTEMS), "none")}
    row |= {
        "log_user_agent_length": math.log1p(len(agent.encode("utf-16-le", "surrogatepass")) / 2),
        "has_app": request.get("app_id") not in (None, ""),
        "has_device": device is not None,
        "device_rooted": _is_set(device, "rooted") or _is_set(device, "jailbroken"),
        "device_emulator": _is_set(device, "emulator"),
    }
    return row


def ctr_row(request: Request) -> Row:
    """The features of an impression by name."""
    form = _start(request["ad_format"]).lower()
    known = ["banner", "interstitial", "native", "rewarded", "video"]
    segments = {_bucket(segment) for segment in (request.get("user_segments") or [])[:64]}
    hour, day, history = request["time_of_day"], request["day_of_week"], request.get("historical_ctr")
    return {
        **{f"format_{one}": form == one for one in known},
        "format_other": form not in known,
        "hour_sin": math.sin(2 * math.pi * hour / 24),
        "hour_cos": math.cos(2 * math.pi * hour / 24),
        "day_sin": math.sin(2 * math.pi * day / 7),
        "day_cos": math.cos(2 * math.pi * day / 7),
        "is_weekend": day in (5, 6),
        "has_historical_ctr": history is not None,
        "historical_ctr_log_odds": 0 if history is None else math.log((history + 1e-4) / (1 - history + 1e-4)),
        "segment_count": len(segments),
        **{f"segment_{one}": one in segments for one in range(BUCKETS)},
        **_placement(request),
    }


def bid_row(request: Request) -> Row:
    """The features of an auction by name."""
    budget = min(request["budget_remaining"], 10**9)
    return {
        "floor_cpm": min(request["floor_cpm"], 10**9),
        "log_predicted_ctr": math.log(request["predicted_ctr"] + 1e-5),
        "budget_remaining": budget,
        "log_budget_remaining": math.log1p(budget),
        **{f"competition_{one}": request["competition_level"] == one for one in ("low", "medium", "high")},
        **_placement(request),
    }


def fnv1a(data: bytes) -> int:
    """Hash bytes by FNV-1a with 32 bits."""
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 % 2**32
    return value


def _start(text: str) -> str:
    """What the first 1,024 UTF-16 code units say, even where they cut a character in half."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * CHARACTERS].decode("utf-16-le", "surrogatepass")


def _bucket(text: str) -> int:
    lowered = _start(text).lower()
    whole = "".join("\ufffd" if 0xD800 <= ord(one) <= 0xDFFF else one for one in lowered)
    value = fnv1a(whole.encode())
    value = (value ^ value >> 16) * 0x85EBCA6B % 2**32
    value = (value ^ value >> 13) * 0xC2B2AE35 % 2**32
    return (value ^ value >> 16) % BUCKETS


def _placement(request: Request) -> Row:
    bucket = _bucket(request["placement_id"])
    return {f"placement_{one}": one == bucket for one in range(BUCKETS)}


def _address(text: str) -> Any:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(address: Any) -> str:
    if address is None:
        return "unknown"
    plain = ipaddress.ip_address(int(address)) if address.version == 4 else ipaddress.IPv6Address(int(address))
    for name, texts in (("private", PRIVATE), ("reserved", RESERVED), ("data_centre", DATA_CENTRE)):
        if any(plain in ipaddress.ip_network(text) for text in texts):
            return name
    return "public"


def _client(words: str, browser: str) -> str:
    if words.strip(" \t\r\n") == "":
        return "empty"
    # A make of telephones is called Cubot.
    if any(word in words.replace("cubot", "") for word in BOT_WORDS):
        return "bot"
    for name, list_of_words in (("headless", HEADLESS_WORDS), ("script", SCRIPT_WORDS), ("app", APP_WORDS)):
        if any(word in words for word in list_of_words):
            return name
    return "unknown" if browser == "none" else "browser"


def _first(lists: dict[str, list[str]], words: str) -> str:
    return next((name for name, needles in lists.items() if any(needle in words for needle in needles)), "none")


def _is_set(device: Any, name: str) -> bool:
    value = None if device is None else device.get(name)
    return value is True or value == "true" or (isinstance(value, int | float) and value == 1)


KINDS: dict[str, tuple[Callable[[Request], Row], str, list[Request], Any]] = {
    "fraud": (fraud_row, "fraud_detection", VISITORS, fraud.simulate),
    "ctr": (ctr_row, "ctr_prediction", IMPRESSIONS, ctr.simulate),
    "bid": (bid_row, "bid_optimization", BIDS, bid.simulate),
}


def main() -> None:
    """Compare, then write the fixture."""
    fixture: dict[str, Any] = {}
    for kind, (row_of, model, odd, simulate) in KINDS.items():
        requests = odd + simulate(3000, 77).requests
        names, served = feature_matrix(kind, requests)
        for request, row in zip(requests, served, strict=True):
            expected = row_of(request)
            wrong = {name for name, value in zip(names, row, strict=True) if np.float32(expected[name]) != value}
            if wrong or set(names) != set(expected):
                raise ValueError(f"{kind}: {wrong or set(names) ^ set(expected)} of {json.dumps(request)}")
        print(f"{kind}: {len(requests)} requests give the same {len(names)} features")
        fixture[kind] = [_case(names, row_of, MODELS / model / "1.0.0", request) for request in odd]
    fixture |= {"networks": _edges(), "agents": _agents()}
    FIXTURE.write_text(json.dumps(fixture, indent=1) + "\n", encoding="utf-8")


def _edges() -> list[list[str]]:
    """The first and the last address of every known range and those just outside, with the kind of network of each."""
    cases = []
    for text in (*PRIVATE, *RESERVED, *DATA_CENTRE):
        network = ipaddress.ip_network(text)
        first, last = int(network[0]), int(network[-1])
        for number in (first - 1, first, last, last + 1):
            if 0 <= number < 2**network.max_prefixlen:
                address = str(type(network[0])(number))
                cases.append([address, _network(_address(address))])
    return cases


def _agents() -> list[list[str]]:
    """Every known word in capitals, and what an agent is that says nothing else."""
    lists = [BOT_WORDS, HEADLESS_WORDS, SCRIPT_WORDS, APP_WORDS, *BROWSERS.values(), *SYSTEMS.values()]
    return [
        [word.upper(), _client(word, _first(BROWSERS, word)), _first(BROWSERS, word), _first(SYSTEMS, word)]
        for words in lists
        for word in words
    ]


def _case(names: list[str], row_of: Callable[[Request], Row], folder: Path, request: Request) -> dict[str, Any]:
    row = row_of(request)
    features = np.array([[row[name] for name in names]], dtype=np.float32)
    outputs = run((folder / "model.onnx").read_bytes(), features)
    return {
        "request": request,
        "features": {name: float(value) for name, value in zip(names, features[0], strict=True) if value != 0},
        "outputs": {name: np.ravel(value).astype(float).tolist() for name, value in outputs.items()},
    }


if __name__ == "__main__":
    main()
