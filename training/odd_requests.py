"""Requests as documented, as usual, and as nobody should send them, all of which a server must answer."""

from typing import Any

# Longer than what is read, with a character of two UTF-16 code units across the end of that.
LONG = "😀a" * 350

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)


def _visitor(address: str, agent: str, impressions: int, clicks: int, **rest: Any) -> dict[str, Any]:
    return {
        "user_id": "user_123",
        "ip_address": address,
        "user_agent": agent,
        "impressions_24h": impressions,
        "clicks_24h": clicks,
        **rest,
    }


VISITORS = [
    _visitor("192.168.1.1", "Mozilla/5.0...", 1000, 50),
    _visitor("81.2.69.142", _CHROME, 40, 0),
    _visitor("81.2.69.142", _CHROME, 40, 20, app_id=None, device_info=None),
    _visitor("81.2.69.142", f"{_CHROME} Edg/126.0.0.0", 0, 0, app_id="", device_info={}),
    _visitor("2a02:8388:1::7", _IPHONE, 25, 1, app_id="com.example.app", device_info={"rooted": False}),
    _visitor("34.70.1.2", "python-requests/2.31.0", 5000, 900),
    _visitor("35.191.255.255", "curl/8.5.0", 7, 7),
    _visitor("35.192.0.0", "Java/17.0.2", 7, 8),
    _visitor("172.31.255.255", "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0", 3, 1),
    _visitor("172.32.0.0", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.4 Safari/605.1.15", 3, 0),
    _visitor("::ffff:10.0.0.1", "okhttp/4.12.0", 90, 3, app_id="com.example.app", device_info={"emulator": True}),
    _visitor("::ffff:a00:1", "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)", 90, 3, device_info={"jailbroken": 1}),
    _visitor("::", "", 0, 5),
    _visitor("::1", " \t\n", 12, 0),
    _visitor("::2", "\u00a0", 12, 0),
    _visitor("1:2:3:4:5:6:7:8", "HeadlessChrome/126.0", 12, 0),
    _visitor("1:2:3:4:5:6:1.2.3.4", "SELENIUM", 12, 0),
    _visitor("2001:DB8::1", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 12, 2),
    _visitor("2001:41D0::beef", "Mozilla/5.0 (Linux; Android 13; CUBOT P60) Chrome/126.0 Safari/537.36", 12, 2),
    _visitor("fe80::1%eth0", "NewsReader/3.2 CFNetwork/1490 Darwin/23.2.0", 12, 2),
    _visitor("febf:ffff::", "Opera/9.80", 12, 2),
    _visitor(
        "fec0::", "Mozilla/5.0 (Linux; Android 14; SM-S911B) SamsungBrowser/25.0 Chrome/121.0 Safari/537.36", 12, 2
    ),
    _visitor("fdff:ffff::1", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/126.0 Safari/537.36", 12, 2),
    _visitor("2600:1fff:ffff::", "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) CriOS/126.0 Mobile Safari/604.1", 2, 1),
    _visitor("2600:2000::", "Go-http-client/2.0", 2, 1),
    _visitor("255.255.255.255", "spider", 2, 1),
    _visitor("223.255.255.255", "\u017fpider \u212ailler SLURP", 2, 1),
    _visitor("256.1.1.1", "Mozilla/5.0", 2, 1),
    _visitor("01.2.3.4", "Mozilla/5.0", 2, 1),
    _visitor("\uff11.2.3.4", "Mozilla/5.0 (Windows", 2, 1),
    _visitor(" 1.2.3.4", "Mozilla/5.0 ИнтернетБраузер 浏览器", 2, 1),
    _visitor("", "\ud800 half a character", 2, 1),
    _visitor(LONG, LONG + " curl/8", 2**53 - 1, 2**53 - 1),
    _visitor("1.1.1.1", "__proto__", 1, 0, app_id="__proto__", device_info={"__proto__": {"rooted": True}}),
    _visitor("1.1.1.1", "constructor", 1, 0, device_info={"rooted": "true", "emulator": "yes", "toString": True}),
    _visitor("45.33.127.255", "Vivaldi/6.7", 1, 0),
    _visitor("45.33.128.0", "Mozilla/5.0 (X11; Ubuntu)", 1, 0),
    _visitor("100:0:0:0:ffff::", "Mozilla/5.0 (CrOS)", 1, 0),
    _visitor("100:0:0:1::", "Mozilla/5.0 (Darwin)", 1, 0),
    _visitor("1.1.1.1", "x", 1, 0, device_info={"rooted": 1.0, "emulator": 0, "jailbroken": None}),
]


def _impression(placement: str, form: str, hour: int, day: int, **rest: Any) -> dict[str, Any]:
    return {"placement_id": placement, "ad_format": form, "time_of_day": hour, "day_of_week": day, **rest}


IMPRESSIONS = [
    _impression("placement_456", "banner", 14, 3, user_segments=["sports", "tech"]),
    _impression("placement_456", "BANNER", 14, 3, user_segments=["Sports", "TECH"]),
    _impression("PLACEMENT_456", "native", 0, 0, user_segments=[], historical_ctr=0.02),
    _impression("home_top", "video", 23, 6, user_segments=["sports"], historical_ctr=0),
    _impression("home_top", "rewarded", 20, 5, user_segments=["gaming", "students"], historical_ctr=1),
    _impression("home_top", "interstitial", 6, 4, user_segments=None, historical_ctr=None),
    _impression("", "", 12, 2, user_segments=[""]),
    _impression("__proto__", "__proto__", 12, 2, user_segments=["__proto__", "constructor"]),
    _impression("плейсмент", "toString", 1, 1, user_segments=["спорт", "体育", "😀", "ΟΔΟΣ", "İ"]),
    _impression("\ud83d", "video\u0000", 1, 1, user_segments=["\udc00", "\ud83d"]),
    _impression(LONG, LONG, 1, 1, user_segments=[LONG, LONG]),
    _impression("a", "banner", 18, 6, user_segments=[f"segment {index}" for index in range(100)], historical_ctr=0.5),
]


def _auction(placement: str, floor: float, rate: float, level: str, budget: float) -> dict[str, Any]:
    return {
        "placement_id": placement,
        "floor_cpm": floor,
        "predicted_ctr": rate,
        "competition_level": level,
        "budget_remaining": budget,
    }


BIDS = [
    _auction("placement_789", 2.5, 0.025, "medium", 1000.0),
    _auction("placement_789", 2.5, 0.025, "low", 1000.0),
    _auction("placement_789", 2.5, 0.025, "high", 1000.0),
    _auction("placement_789", 2.5, 0.025, "medium", 1.0),
    _auction("placement_789", 2.5, 0.025, "medium", 0.001),
    _auction("placement_789", 2.5, 0.025, "medium", 0),
    _auction("home_top", 0, 0, "low", 0),
    _auction("home_top", 0, 0.01, "low", 50),
    _auction("home_top", 50, 0.01, "high", 50),
    _auction("", 1, 1, "high", 1e300),
    _auction("__proto__", 1e300, 0.5, "low", 1e300),
    _auction("\udfff", 0.01, 0.0001, "medium", 12.5),
    _auction(LONG, 3, 0.1, "high", 20000),
]
