"""User agents as browsers, apps, crawlers and scripts send them."""

import numpy as np

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"

# {a} and {b} stand for version numbers, {phone} for a model of telephone.
TEMPLATES: dict[str, list[str]] = {
    "chrome_windows": [f"{_WINDOWS}) {_WEBKIT} Chrome/{{a}}.0.0.0 Safari/537.36"],
    "chrome_mac": [f"{_MAC} {_WEBKIT} Chrome/{{a}}.0.0.0 Safari/537.36"],
    "chrome_linux": [f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} Chrome/{{a}}.0.0.0 Safari/537.36"],
    "chrome_android": [
        f"Mozilla/5.0 (Linux; Android {{b}}; {{phone}}) {_WEBKIT} Chrome/{{a}}.0.0.0 Mobile Safari/537.36"
    ],
    "samsung_android": [
        f"Mozilla/5.0 (Linux; Android {{b}}; {{phone}}) {_WEBKIT} SamsungBrowser/{{b}}.0 Chrome/{{a}}.0.0.0 Safari/537.36"
    ],
    "safari_ios": [
        "Mozilla/5.0 (iPhone; CPU iPhone OS {b}_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/{b}.4 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (iPad; CPU OS {b}_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "CriOS/{a}.0.0.0 Mobile/15E148 Safari/604.1",
    ],
    "safari_mac": [f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{{b}}.4 Safari/605.1.15"],
    "firefox_windows": [f"{_WINDOWS}; rv:{{a}}.0) Gecko/20100101 Firefox/{{a}}.0"],
    "firefox_linux": ["Mozilla/5.0 (X11; Linux x86_64; rv:{a}.0) Gecko/20100101 Firefox/{a}.0"],
    "edge_windows": [f"{_WINDOWS}) {_WEBKIT} Chrome/{{a}}.0.0.0 Safari/537.36 Edg/{{a}}.0.0.0"],
    "app_android": ["okhttp/4.{b}.0", "Dalvik/2.1.0 (Linux; U; Android {b}; {phone} Build/UP1A.{a})"],
    "app_ios": ["NewsReader/{b}.2 CFNetwork/14{a} Darwin/23.{b}.0"],
    "shortened": ["Mozilla/5.0", "Mozilla/5.0...", "Mozilla/5.0 (compatible)"],
    "empty": ["", " "],
    "crawler": [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "price-spider/{b}.1 (+https://example.com)",
        "webcrawler/{b}.{a}",
    ],
    "headless": [
        f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} HeadlessChrome/{{a}}.0.0.0 Safari/537.36",
        f"{_WINDOWS}) {_WEBKIT} HeadlessChrome/{{a}}.0.0.0 Safari/537.36",
    ],
    "script": [
        "python-requests/2.{b}.0",
        "curl/8.{b}.0",
        "Go-http-client/2.0",
        "axios/1.{b}.2",
        "Java/{b}.0.2",
        "Apache-HttpClient/4.5.{b} (Java/17.0.{b})",
    ],
}
NAMES = list(TEMPLATES)
APPS = {"app_android", "app_ios"}
PHONES = {"chrome_android", "samsung_android", "safari_ios"}
_MODELS = ["SM-S911B", "Pixel 8", "2201117TG", "moto g(60)", "CPH2387"]


def user_agent(random: np.random.Generator, name: str) -> str:
    """A user agent of one of the names, with random versions."""
    templates = TEMPLATES[name]
    major, minor, phone, template = random.integers([100, 10, 0, 0], [140, 18, len(_MODELS), len(templates)])
    return templates[template].format(a=major, b=minor, phone=_MODELS[phone])
