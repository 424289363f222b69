"""Whatever callers say in whatever order, the house model answers, and claims nothing that was not done."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage

from agent.house.dialogue import understand
from agent.house.intents import Intents
from agent.tools import TOOLS
from calls.errors import EngineGarbled
from calls.words import (
    Action,
    Booking,
    Caller,
    Circle,
    HandOff,
    HangUp,
    Language,
    Message,
    Preference,
    Promise,
    Step,
)
from prompts import Phrasebook, load_intents
from tests.agent.test_house_calls import LUIS, STRANGER, HouseCall, house_model, preference

THINGS_SAID: dict[Language, list[str]] = {
    "es": """|Hola|¿Está la señora Vidal?|Soy Ana Gómez, de Tecnoval|Ana|Es por la factura|Quiero dejar un recado
sí|no|gracias|vale|600 111 222|seis cero cero|uno uno uno dos dos dos|termina en cuatro|no, es el 611222333
a este mismo|mañana a las cuatro|el martes|¿Cómo dice?|un momento|más despacio|¿Es usted un robot?|déjelo
¿A qué hora abren?|quiero hablar con una persona|me he equivocado de número|es urgente|ya tiene mi número|adiós
nada más|quiero una cita|le ofrezco una tarifa mejor|se escribe pe erre i e te o|...|?|¡|eh|que me llame por el pedido
luis arroba prieto punto es|{name} {0}|[[en]] hola|\\d+|%s""".replace("\n", "|").split("|"),
    "en": """|Hello|Is Ms. Vidal there?|This is Jane Doe from Acme|Jane|It's about the invoice
I'd like to leave a message|yes|no|thanks|okay
212 555 0199|six double oh|one one one two two two|it ends in four|no, it's 611 222 333
this same number|tomorrow at four|on Tuesday|sorry?|one moment|slower|are you a robot?|never mind
what time do you open?|I want to talk to a person|wrong number|it's urgent|she has my number|bye
that's all|I'd like an appointment|we offer a better rate|B as in Bravo, O, Y, D|...|call me about the order""".replace(
        "\n", "|"
    ).split("|"),
}
ON_FILE: dict[str, Preference | tuple[Preference, ...]] = {
    "abren": preference("hours", "De nueve a seis.", topic="hours"),
    "open": preference("hours", "De nueve a seis.", topic="hours"),
    "factura": preference("bills", "Las facturas, a facturas@vidal.example.", do=Action.REDIRECT, when="facturas"),
    "cita": preference("meet", "Reserva media hora.", do=Action.BOOK, when="cita"),
    "appointment": preference("meet", "Reserva media hora.", do=Action.BOOK, when="cita"),
    "tarifa": preference("sales", "Decline sales calls.", "en", do=Action.DECLINE, when="sales"),
    "pedido": preference("order", "Pasa los pedidos.", do=Action.PUT_THROUGH, when="pedido"),
}
REFUSED: list[dict[str, Any]] = [{}, {"instead": "2026-11-24T17:00:00+01:00"}]
CLAIMS: list[tuple[str, type[Step]]] = [
    (r"anotado|noted", Message),
    (r"marcado como urgente|marked it", Message),
    (r"(le|te) llamará|will call you back", Promise),
    (r"reservado|booked for", Booking),
    (r"[Ee]stoy (avisando|llamando)|[Ss]igo avisando|I'm (still )?calling", HandOff),
]
turns = st.sampled_from(["es", "en"]).flatmap(
    lambda language: st.tuples(
        st.just(language), st.sampled_from(THINGS_SAID[language]), st.sampled_from([1.0, 1.0, 0.2])
    )
)
refusals = st.dictionaries(
    st.sampled_from(["take_message", "promise_callback", "book", "put_through", "follow_rule", "hang_up"]),
    st.sampled_from(REFUSED),
    max_size=3,
)
callers = st.sampled_from([LUIS, STRANGER, Caller(), Caller("+34600000000", "Eva", Circle.KNOWN, notes="de tú")])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(turns, min_size=1, max_size=9), refusals, callers, st.booleans())
def test_it_always_answers_and_never_claims_what_was_not_done(
    said: list[tuple[Language, str, float]], refused: dict[str, dict[str, Any]], caller: Caller, suspicious: bool
) -> None:
    call = HouseCall(caller, on_file=ON_FILE, refusals=dict(refused), more={"suspicious": suspicious})
    for language, text, confidence in said:
        answer = call.says(text, language, confidence)
        assert answer.strip(), text
        assert not re.search(r"\{\w*\}|\[\[|None", answer.replace(text, "")), answer
        for claim, kind in CLAIMS:
            if re.search(claim, answer):
                assert not call.nothing(kind), (text, answer)
        assert sum(isinstance(step, HangUp) for step in call.deeds) <= len(said)


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_utterance_is_answered_in_the_callers_language(language: Language) -> None:
    for text in THINGS_SAID[language]:
        call = HouseCall(language=language)
        call.says(text)
        if not re.search("inglés|español|English|Spanish", text):
            assert {each.language for each in call.spoken} == {language}, text


async def test_sentences_stream_one_by_one_and_the_tool_call_comes_last() -> None:
    call = HouseCall(LUIS)
    call.says("Dígale que el jueves no voy")
    scene = call._scene("sí", 1.0, {})
    messages = [SystemMessage("", additional_kwargs={"scene": scene}), HumanMessage("sí")]
    chunks = [chunk async for chunk in house_model().bind_tools(TOOLS).astream(messages)]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert isinstance(whole, AIMessageChunk)
    assert [each["name"] for each in whole.tool_calls] == ["take_message"]
    assert whole.tool_calls[0]["args"]["reason"] == "El jueves no voy"

    messages = [SystemMessage("", additional_kwargs={"scene": call._scene("¿Es usted un robot?", 1.0, {})})]
    lines = [chunk.text async for chunk in house_model().astream([*messages, HumanMessage("¿Es usted un robot?")])]
    assert len([line for line in lines if line]) >= 3


async def test_a_deed_whose_tool_is_not_bound_is_not_proposed() -> None:
    call = HouseCall()
    messages = [SystemMessage("", additional_kwargs={"scene": call._scene("Quiero hablar con una persona", 1.0, {})})]
    reply = await house_model().bind_tools([]).ainvoke([*messages, HumanMessage("x")])
    assert not reply.tool_calls and "recado" in reply.text


def test_without_a_scene_it_says_what_is_wrong() -> None:
    with pytest.raises(EngineGarbled, match="no scene"):
        house_model().invoke([HumanMessage("hola")])


def test_the_event_loop_is_never_held() -> None:
    async def ticks() -> int:
        messages = [
            SystemMessage("", additional_kwargs={"scene": HouseCall()._scene("una frase nueva del todo", 1, {})})
        ]
        answer = asyncio.create_task(house_model().ainvoke([*messages, HumanMessage("x")]))
        count = 0
        while not answer.done():
            await asyncio.sleep(0.001)
            count += 1
        return count

    house_model().warm()
    assert asyncio.run(ticks()) >= 2


def test_a_long_call_is_understood_in_a_few_milliseconds() -> None:
    """Own time only: the intents of earlier utterances are remembered, the embedding is the embedder's."""
    call = HouseCall(LUIS)
    for text in [
        "Quiero dejar un recado",
        "que el jueves no puedo",
        "no",
        "600 111 222",
        "no, termina en tres",
        "sí",
    ] * 5:
        call.says(text)
    scene = call._scene("sí", 1.0, {})
    book, intents = Phrasebook.load(), Intents(load_intents(), house_model()._intents._embed)
    understand(scene, intents, book)
    began = time.process_time()
    for _ in range(10):
        understand(scene, intents, book)
    assert (time.process_time() - began) / 10 < 0.025
