"""What those who run the house see: log lines, traces, figures. Never what a caller said."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
import yaml
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from calls.breaker import Breakers
from calls.errors import EngineError
from console.api.health import Readiness
from console.api.meters import Meters
from console.logs import log_without_words
from console.traces import Traces
from tests.console.conftest import OpenHouse
from tests.doubles import OpenRules, ScriptedMind
from tests.loops import ROOT

WORDS = "ornitorrinco"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All log lines from here on, as JSON, down to debug."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    lines = io.StringIO()
    log_without_words("debug", "json", lines)
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_log_lines_are_json_and_hold_no_word_of_a_call(log: io.StringIO, open_house: OpenHouse) -> None:
    trouble: list[float | BaseException] = [EngineError("rules", "it broke"), RuntimeError(f"cannot parse {WORDS}")]
    house = await open_house(mind=ScriptedMind([[f"Anotado: {WORDS}"]]), rules=OpenRules(trouble=trouble))
    call = await house.dial(number="+34699887766", name="Zenobia")
    for _ in range(4):
        await house.client.post(f"/api/calls/{call}/utterances", json={"text": f"Es por el {WORDS}"})
    await house.client.post(f"/api/calls/{call}/hang-up")
    try:
        raise ValueError(WORDS)
    except ValueError:
        logging.getLogger("lines").exception("a call ended in an unforeseen way")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    ours = [line for line in lines if not line["logger"].startswith("http")]  # the rest is this test's own client
    assert any("RuntimeError" in line["event"] for line in ours)
    assert ours[-1]["raised"].endswith("ValueError") and "test_seen" in ours[-1]["raised"]
    assert all(line["at"] and line["level"] for line in ours)
    told = json.dumps(ours, ensure_ascii=False)
    assert not any(planted in told for planted in (WORDS, "699887766", "Zenobia"))


def test_a_turn_is_a_trace_of_its_parts_and_nothing_else() -> None:
    kept = InMemorySpanExporter()
    traces = Traces(kept)
    traces.turn({"ears": 0.3, "mind": 0.1, "voice": 0.05, "end_of_turn": 0.5, "reply": 0.7})
    traces.close()
    *parts, turn = sorted(kept.get_finished_spans(), key=lambda span: span.name == "turn")
    assert [span.name for span in parts] == ["ears", "mind", "voice"] and turn.name == "turn"
    assert {span.context.trace_id for span in parts} == {turn.context.trace_id}
    assert all(span.parent and span.parent.span_id == turn.context.span_id for span in parts)
    assert round((turn.end_time - turn.start_time) / 1e9, 3) == 0.7
    assert parts[1].start_time == parts[0].end_time
    assert dict(turn.attributes) == {"antesala.end_of_turn_s": 0.5}


async def test_readyz_tells_what_keeps_failing_now_and_what_stands_in(open_house: OpenHouse) -> None:
    failing, standing_in = {"ears": "failed 3 times in a row"}, {"mind": "house"}
    house = await open_house(readiness=Readiness({}, {}, lambda: failing, lambda: standing_in))
    told = await house.client.get("/readyz")
    assert told.status_code == 503 and told.json()["checks"] == failing
    failing.clear()
    told = await house.client.get("/readyz")
    assert told.status_code == 200 and told.json()["standing_in"] == {"mind": "house"}


async def test_what_engines_take_and_use_is_counted(open_house: OpenHouse) -> None:
    meters = Meters()
    breakers = Breakers(meters.engine)
    await breakers.ask("ears", asyncio.sleep(0, "words"), 1.0)
    with pytest.raises(EngineError):
        await breakers.ask("ears", _fails(), 1.0)
    meters.model_tokens("openai:x", 900, 40)
    house = await open_house()
    page = meters.page(house.front.switchboard).decode()
    assert 'antesala_engine_seconds_count{engine="ears",outcome="answered"} 1.0' in page
    assert 'antesala_engine_seconds_count{engine="ears",outcome="failed"} 1.0' in page
    assert 'antesala_model_tokens_total{direction="read",model="openai:x"} 900.0' in page
    assert "antesala_most_calls 10.0" in page


async def _fails() -> None:
    raise EngineError("ears", "broken")


async def test_the_dashboard_asks_only_for_what_is_there(open_house: OpenHouse) -> None:
    house = await open_house()
    page = house.front.meters.page(house.front.switchboard).decode()
    there = {line.split()[2].removesuffix("_total") for line in page.splitlines() if line.startswith("# TYPE")}
    board = json.loads((ROOT / "deploy" / "grafana.json").read_text())
    asked = {
        word.split("{")[0].split("[")[0]
        for panel in board["panels"]
        for target in panel["targets"]
        for word in target["expr"].replace("(", " ").replace(")", " ").split()
        if word.startswith("antesala_")
    }
    ends = ("_total", "_bucket", "_sum", "_count")
    names = {next((each.removesuffix(end) for end in ends if each.endswith(end)), each) for each in asked}
    assert len(board["panels"]) >= 8 and names <= there, names - there


def test_what_is_deployed_can_be_read_and_drains() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    assert {"antesala", "postgres", "chroma", "caddy"} <= set(compose["services"])
    assert compose["services"]["antesala"]["stop_grace_period"]
    parts = [each for each in yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()) if each]
    kinds = {each["kind"]: each for each in parts}
    assert {"StatefulSet", "Service", "Ingress", "PodDisruptionBudget", "HorizontalPodAutoscaler"} <= set(kinds)
    pod = kinds["StatefulSet"]["spec"]["template"]["spec"]
    (house,) = pod["containers"]
    assert pod["terminationGracePeriodSeconds"] >= 30
    assert house["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert house["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert not house["securityContext"]["allowPrivilegeEscalation"]
    scaled = kinds["HorizontalPodAutoscaler"]["spec"]["metrics"][0]["pods"]["metric"]["name"]
    assert scaled == "antesala_open_calls"
    known = {f"ANTESALA_{name.upper()}" for name in _settings()}
    for env in (compose["services"]["antesala"]["environment"], {each["name"] for each in house["env"]} - {"POD_IP"}):
        assert set(env) <= known, set(env) - known


def _settings() -> set[str]:
    from settings import Settings

    return set(Settings.model_fields)
