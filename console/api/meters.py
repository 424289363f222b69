"""What is counted for Prometheus. One registry per house, none of it global."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calls.switchboard import Switchboard

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 2.0, 4.0, 8.0)


class Meters:
    """Calls, turns and how long they took."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._turns = Counter("antesala_turns", "Caller turns answered", ["line"], registry=self._registry)
        self._turn_s = Histogram(
            "antesala_turn_seconds",
            "From the words to the whole reply",
            ["line"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._stage_s = Histogram(
            "antesala_stage_seconds",
            "Where the time of a turn by voice goes; reply: from the end of speech to the first sound",
            ["stage"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._engine_s = Histogram(
            "antesala_engine_seconds", "What each engine takes for one answer", ["engine", "outcome"],
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._model_tokens = Counter(
            "antesala_model_tokens", "Tokens read and written by a language model", ["model", "direction"],
            registry=self._registry,
        )  # fmt: skip
        self._model_calls = Counter(
            "antesala_model_calls", "Questions put to a language model", ["model"], registry=self._registry
        )
        self._sms_parts = Counter("antesala_sms_parts", "Parts of notices sent by SMS", registry=self._registry)
        self._request_s = Histogram(
            "antesala_request_seconds", "HTTP requests", ["method", "route", "status"], buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip

    @contextmanager
    def turn(self, line: str) -> Iterator[None]:
        """Times one turn."""
        began = perf_counter()
        yield
        self._turns.labels(line).inc()
        self._turn_s.labels(line).observe(perf_counter() - began)

    def stages(self, seconds: Mapping[str, float]) -> None:
        """Notes how long each stage of one turn by voice took."""
        for stage, value in seconds.items():
            self._stage_s.labels(stage).observe(value)

    @contextmanager
    def engine(self, name: str) -> Iterator[None]:
        """Times one answer of an engine, and whether one came."""
        began, outcome = perf_counter(), "failed"
        try:
            yield
            outcome = "answered"
        except asyncio.CancelledError:
            outcome = "withdrawn"
            raise
        finally:
            self._engine_s.labels(name, outcome).observe(perf_counter() - began)

    def model_tokens(self, name: str, read: int, written: int) -> None:
        """Notes what one answer of the model of this name is charged by."""
        self._model_tokens.labels(name, "read").inc(read)
        self._model_tokens.labels(name, "written").inc(written)

    def model_call(self, name: str) -> None:
        """Notes one question put to the model of this name."""
        self._model_calls.labels(name).inc()

    def sms(self, parts: int) -> None:
        """Notes one SMS that was sent, by what it is charged."""
        self._sms_parts.inc(parts)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Notes one HTTP request; `route` is its pattern, never its actual path."""
        self._request_s.labels(method, route, str(status)).observe(seconds)

    def page(self, switchboard: Switchboard) -> bytes:
        """All of it, and the calls of `switchboard`, in Prometheus' text format."""
        calls = CollectorRegistry()
        calls.register(_Calls(switchboard))
        return generate_latest(calls) + generate_latest(self._registry)


class _Calls(Collector):
    """What the switchboard has counted itself."""

    def __init__(self, switchboard: Switchboard):
        self._switchboard = switchboard

    def collect(self) -> Iterator[Metric]:
        answered = CounterMetricFamily("antesala_calls", "Calls answered", labels=["line"])
        for line, count in self._switchboard.answered.items():
            answered.add_metric([line], count)
        yield answered
        yield GaugeMetricFamily("antesala_open_calls", "Calls in progress", len(self._switchboard.calls))
        most = self._switchboard.admission.most
        yield GaugeMetricFamily("antesala_most_calls", "Calls that are served at once", most)
        refused = CounterMetricFamily("antesala_calls_not_served", "Calls not served, by what they got", labels=["got"])
        for place, count in self._switchboard.refused.items():
            refused.add_metric([place.value], count)
        yield refused
        spoken = CounterMetricFamily("antesala_call_seconds", "Length of the calls that are over", labels=["line"])
        for line, seconds in self._switchboard.seconds.items():
            spoken.add_metric([line], seconds)
        yield spoken
        resting = GaugeMetricFamily("antesala_engine_resting", "Engines left alone for now", labels=["engine"])
        for engine in self._switchboard.office.breakers.resting:
            resting.add_metric([engine], 1)
        yield resting


class Stopwatch:
    """Times every request until its response begins."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "-")
                meters: Meters = scope["app"].state.front.meters
                meters.request(scope["method"], route, message["status"], perf_counter() - began)
            await send(message)

        await self._app(scope, receive, timed)
