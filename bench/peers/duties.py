"""What a service in production has beside its answers, each in the way that is usual for FastAPI: requests are counted
and timed for Prometheus, and answers kept for equal questions. The access log is uvicorn's own.
"""

import time

import cachetools
import fastapi
import prometheus_client

LOOKUPS = prometheus_client.Counter("cache_lookups", "Questions to the cache.", ["outcome"])
HITS, MISSES = LOOKUPS.labels("hit"), LOOKUPS.labels("miss")


def cached(run):
    """The same model; what it was asked in the last hour it answers from memory. Equal are names, shapes and bits."""
    answers = cachetools.TTLCache(maxsize=10_000, ttl=3600)

    def lookup(feeds):
        key = tuple((name, value.shape, value.tobytes()) for name, value in feeds.items())
        outputs = answers.get(key)
        if outputs is None:
            MISSES.inc()
            outputs = answers[key] = run(feeds)
        else:
            HITS.inc()
        return outputs

    return lookup


class Counted:
    """Counts and times requests: as little as a middleware can do for that."""

    def __init__(self, app):
        self.app = app
        labels = ["method", "path", "status"]
        self.requests = prometheus_client.Counter("http_requests", "Requests.", labels)
        self.seconds = prometheus_client.Histogram("http_request_duration_seconds", "Time of requests.", labels)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began = time.perf_counter()
        status = 500

        async def observed(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, observed)
        finally:
            route = scope.get("route")
            labels = (scope["method"], "unknown" if route is None else route.path, status)
            self.requests.labels(*labels).inc()
            self.seconds.labels(*labels).observe(time.perf_counter() - began)


def count_requests(app: fastapi.FastAPI, how: str) -> None:
    """Count the requests of an application, by a middleware of our own or by the package that is usual for FastAPI."""
    if how == "instrumentator":
        from prometheus_fastapi_instrumentator import Instrumentator

        Instrumentator().instrument(app).expose(app)
        return
    app.add_middleware(Counted)
    app.mount("/metrics", prometheus_client.make_asgi_app())
