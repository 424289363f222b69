"""OpenTelemetry: one trace a turn by voice, with where its time went. Durations and names of parts; never a word.

The far end is any OpenTelemetry collector (https://opentelemetry.io/docs/specs/otlp/).
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import set_span_in_context

PARTS = ("ears", "mind", "voice")
"""One after another; recall and guard are the mind's, and in the metrics by themselves."""
_NS = 1_000_000_000


class Traces:
    """Tells an exporter of turns, in the background."""

    def __init__(self, exporter: SpanExporter):
        self._provider = TracerProvider(resource=Resource.create({"service.name": "antesala"}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("antesala")

    @classmethod
    def to(cls, url: str) -> Traces:
        """To the collector at an OTLP/gRPC address, such as ``http://127.0.0.1:4317``."""
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        return cls(OTLPSpanExporter(endpoint=url, insecure=url.startswith("http://")))

    def turn(self, seconds: Mapping[str, float]) -> None:
        """A turn whose reply has just begun to be heard. `seconds`: of each part, and of the whole `reply`."""
        ended = time.time_ns()
        began = ended - int(seconds["reply"] * _NS)
        turn = self._tracer.start_span("turn", start_time=began)
        at, within = began, set_span_in_context(turn)
        for part in PARTS:
            span = self._tracer.start_span(part, context=within, start_time=at)
            at += int(seconds.get(part, 0.0) * _NS)
            span.end(at)
        turn.set_attribute("antesala.end_of_turn_s", round(seconds.get("end_of_turn", 0.0), 3))
        turn.end(ended)

    def close(self) -> None:
        """Sends what waits. Blocks for some seconds at most."""
        self._provider.shutdown()
