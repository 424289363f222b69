"""One caller turn: heard, judged, recalled, answered, done. Prepared turns leave no trace until they are confirmed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from calls.call import Call
from calls.errors import CallClosed, EngineError, EngineGarbled
from calls.turn import PATIENCE_S, Turn, take_turn
from calls.words import (
    Checked,
    Circle,
    Done,
    Failed,
    Guidance,
    HandOff,
    HandOffState,
    Heard,
    Keys,
    Language,
    Match,
    Message,
    Preference,
    Promise,
    Reason,
    Recall,
    Recalled,
    Ruling,
    Said,
    Say,
    Screened,
    ScreenedText,
    Sentence,
    Staff,
    Topic,
    Utterance,
    Verdict,
)
from tests.doubles import (
    MONDAY,
    MemoryRecords,
    OpenDoor,
    OpenRules,
    ScriptedMind,
    SmallKnowledge,
    kinds,
    office,
    texts,
)

pytestmark = pytest.mark.virtual_time
LATE = f"no answer within {PATIENCE_S:g} s"


def heard(text: str, language: Language = "es") -> Utterance:
    return Utterance(text, language, 0.9, 1.0, 2.0)


async def typed(call: Call, text: str, language: Language = "es") -> list[str]:
    return [say.text async for say in take_turn(call, heard(text, language))]


async def greeted(**parts: object) -> Call:
    call = await Call.answered(office(**parts), "text")
    await call.greet()
    return call


async def greeted_at_the_door(**parts: object) -> Call:
    call = await Call.answered(office(**parts), "twilio", door=OpenDoor())
    for say in await call.greet():
        await call.played(say, say.text, cut_short=False)
    return call


async def test_a_question_is_answered_and_all_of_it_is_on_record() -> None:
    press = Preference("press", {"es": "La prensa escribe a press@vidal.example."}, version=3)
    knowledge = SmallKnowledge(recalls={"Soy periodista.": Recall((Match(press, 0.91234),), unsure=False)})
    mind = ScriptedMind([["Escriba a press@vidal.example.", "¿Algo más?"]])
    call = await greeted(mind=mind, knowledge=knowledge)
    assert await typed(call, "Soy periodista.") == ["Escriba a press@vidal.example.", "¿Algo más?"]
    assert kinds(call) == ["greeted", "heard", "recalled", "said", "said"]
    assert call.bodies[1] == Heard("Soy periodista.", "es", 0.9, 1.0, 2.0)
    assert call.bodies[2] == Recalled(({"id": "press", "version": 3, "score": 0.912},), unsure=False)
    scene = mind.scenes[0]
    assert scene.recall.matches[0].preference is press
    assert [line.who for line in scene.transcript] == ["receptionist"]
    assert scene.now.utcoffset() is not None and scene.now.hour == 10 and scene.open_now


async def test_a_deed_is_done_before_it_is_claimed() -> None:
    mind = ScriptedMind([[Message("que me llame", "Luis"), "Se lo he apuntado."]])
    call = await greeted(mind=mind)
    await typed(call, "Que me llame, soy Luis.")
    assert kinds(call) == ["greeted", "heard", "recalled", "message", "said"]
    assert isinstance(mind.outcomes[0], Done)


async def test_the_first_sentence_comes_while_the_rest_is_being_thought_of() -> None:
    call = await greeted(mind=ScriptedMind([["Un momento.", 5.0, "Está reunida."]]))
    came = []
    loop = asyncio.get_running_loop()
    async for say in take_turn(call, heard("¿Está?")):
        came.append((loop.time(), say.text))
    assert came == [(0.0, "Un momento."), (5.0, "Está reunida.")]


async def test_pressed_keys_are_never_heard() -> None:
    call = await greeted()
    async for _ in take_turn(call, heard("600111222"), on_record=Keys("600111222")):
        pass
    assert kinds(call) == ["greeted", "keys", "recalled", "said"]


# --- what the rules say ---------------------------------------------------------------------------------------------


async def test_a_ruling_answers_without_the_mind() -> None:
    mind = ScriptedMind()
    ruling = Ruling(Screened(Verdict.BLOCK, Topic.POLITICS), say=("De política no hablo.",))
    call = await greeted(mind=mind, rules=OpenRules({"¿A quién vota?": ruling}))
    assert await typed(call, "¿A quién vota?") == ["De política no hablo."]
    assert kinds(call) == ["greeted", "heard", "screened", "said"]
    assert call.bodies[2] == ScreenedText("in", Verdict.BLOCK, Topic.POLITICS)
    assert mind.scenes == []


async def test_a_ruling_that_rings_a_person() -> None:
    ruling = Ruling(say=("Llamo a Marta.",), step=HandOff(Reason.ASKED_FOR_PERSON))
    call = await greeted(rules=OpenRules({"Quiero hablar con una persona.": ruling}))
    assert await typed(call, "Quiero hablar con una persona.") == ["Llamo a Marta."]
    assert kinds(call) == ["greeted", "heard", "hand_off", "hand_off", "said"]
    assert await typed(call, "Quiero hablar con una persona.") == ["[hand_off_refused]"]
    await hang_up(call)


async def test_what_was_refused_is_not_claimed() -> None:
    ruling = Ruling(say=("Le llamamos ahora.",), step=Promise("assistant", "devolver la llamada", MONDAY))
    call = await greeted(rules=OpenRules({"Llámeme.": ruling}))
    assert await typed(call, "Llámeme.") == ["[replace_undone]"]
    assert kinds(call) == ["greeted", "heard", "said"]


async def test_a_sentence_that_fails_is_replaced_and_the_reason_is_on_record() -> None:
    rules = OpenRules(checks={"Vende la empresa.": Checked("De eso no puedo hablar.", "es", reason="leak")})
    call = await greeted(mind=ScriptedMind([["Vende la empresa."]]), rules=rules)
    assert await typed(call, "¿Vende?") == ["De eso no puedo hablar."]
    assert ScreenedText("out", Verdict.PASS, None, "leak") in call.bodies
    assert "Vende" not in str([event.as_json() for event in call.events if event.kind != "heard"])


# --- languages, disclosure, hints ------------------------------------------------------------------------------------


async def test_the_call_goes_on_in_the_callers_language() -> None:
    mind = ScriptedMind([["Sure."]])
    call = await greeted(mind=mind)
    said = await typed(call, "Is she in?", "en")
    assert said == ["[disclosure]", "Sure."]
    assert call.language == "en" and mind.scenes[0].language == "en"


async def test_a_disclosure_that_was_cut_is_made_up_for_once() -> None:
    call = await Call.answered(office(), "twilio", door=OpenDoor())
    first, second = await call.greet()
    await call.played(first, "Despacho de", cut_short=True)
    await call.played(second, "", cut_short=True)
    turn = Turn(call, heard("¿Está?"))
    await turn.confirm()
    says = [say async for say in turn.reply()]
    assert texts(says) == ["[disclosure]", "Muy bien."]
    await call.played(says[0], "Soy Clara, una IA.", cut_short=False)
    assert await typed(call, "¿Y mañana?") == ["Muy bien."]


async def test_a_hint_reaches_the_mind_once() -> None:
    mind = ScriptedMind()
    call = await greeted(mind=mind)
    await call.note(Guidance("Dígale que llame a las cinco."))
    await typed(call, "¿Cuándo?")
    await typed(call, "¿Y si no?")
    assert [scene.guidance for scene in mind.scenes] == [("Dígale que llame a las cinco.",), ()]


async def test_while_a_human_has_the_call_it_is_noted_and_nothing_said() -> None:
    call = await greeted()
    await call.note(Staff("take_over", by="Marta"))
    assert await typed(call, "Gracias, Marta.") == []
    assert kinds(call)[-1] == "heard"


# --- prepared, confirmed, withdrawn ----------------------------------------------------------------------------------


async def test_a_turn_that_was_never_confirmed_leaves_no_trace() -> None:
    records = MemoryRecords()
    mind = ScriptedMind([["Está reunida.", Message("x"), "Apuntado."]])
    call = await greeted_at_the_door(records=records, mind=mind)
    before = list(call.events)
    said: list[Say] = []
    preparing = asyncio.create_task(collect(Turn(call, heard("Quería...")).reply(), said))
    await asyncio.sleep(2)
    assert texts(said) == ["Está reunida."]
    preparing.cancel()
    await asyncio.gather(preparing, return_exceptions=True)
    assert call.events == before == records.events[call.id]
    assert call.language == "es" and call.deeds == ()


async def test_what_was_prepared_goes_on_record_when_confirmed() -> None:
    mind = ScriptedMind([["Un momento.", Message("x"), "Apuntado."]])
    call = await greeted_at_the_door(mind=mind)
    turn, said = Turn(call, heard("Apunte.")), list[Say]()
    preparing = asyncio.create_task(collect(turn.reply(), said))
    await asyncio.sleep(2)
    assert turn.waiting
    before = len(call.events)
    await turn.confirm()
    await preparing
    assert kinds(call)[before:] == ["heard", "recalled", "said", "message", "said"]
    assert [body.text for body in call.bodies if isinstance(body, Said)] == texts(said)
    await turn.confirm()
    assert len(call.events) == before + 5


async def test_a_confirmation_that_could_not_be_written_can_be_tried_again() -> None:
    records = MemoryRecords()
    call = await greeted(records=records)
    turn = Turn(call, heard("Apunte."))
    said = [say async for say in turn.reply()]
    records.trouble = [EngineError("records", "busy")]
    with pytest.raises(EngineError):
        await turn.confirm()
    await turn.confirm()
    assert kinds(call) == ["greeted", "heard", "recalled", "said"]
    assert texts(said) == ["Muy bien."]


async def test_a_barge_in_stops_talking_never_a_deed() -> None:
    records = MemoryRecords()
    call = await greeted_at_the_door(mind=ScriptedMind([[Message("x"), "Apuntado."]]), records=records)
    turn, said = Turn(call, heard("Apunte.")), list[Say]()
    await turn.confirm()
    records.trouble = [0.0, 3.0]
    replying = asyncio.create_task(collect(turn.reply(), said))
    await asyncio.sleep(1)
    replying.cancel()
    await asyncio.gather(replying, return_exceptions=True)
    await call.close("caller")
    assert said == []
    assert [event.kind for event in records.events[call.id]].count("message") == 1


async def test_a_reply_closed_half_way_is_as_if_the_rest_was_never_thought_of() -> None:
    mind = ScriptedMind([["Uno.", "Dos.", Message("x")]])
    call = await greeted(mind=mind)
    async with aclosing(take_turn(call, heard("Cuente."))) as says:
        await anext(says)
    assert kinds(call) == ["greeted", "heard", "recalled", "said"]


async def test_nothing_can_be_said_on_a_closed_call() -> None:
    call = await greeted()
    await call.close("caller")
    with pytest.raises(CallClosed):
        await typed(call, "¿Hola?")
    assert kinds(call) == ["greeted", "hung_up"]


# --- engines that fail -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [EngineError("mind", "503"), EngineGarbled("mind", "no JSON")])
async def test_a_failed_mind_is_excused_and_a_human_is_rung(trouble: EngineError) -> None:
    call = await greeted(mind=ScriptedMind([["Veamos.", trouble]]))
    assert await typed(call, "¿Está?") == ["Veamos.", "[rescue]"]
    assert kinds(call) == ["greeted", "heard", "recalled", "said", "failed", "said", "hand_off", "hand_off"]
    assert call.hand_off is not None and call.hand_off.reason is Reason.FAILURE
    await hang_up(call)


@pytest.mark.parametrize(
    ("parts", "engine"),
    [
        ({"mind": ScriptedMind([[60.0, "tarde"]])}, "mind"),
        ({"rules": OpenRules(trouble=[60.0])}, "rules"),
        ({"knowledge": SmallKnowledge(trouble=[60.0])}, "knowledge"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_engine_that_hangs_is_given_up(parts: dict[str, object], engine: str) -> None:
    call = await greeted(**parts)
    assert await typed(call, "¿Está?") == ["[rescue]"]
    assert Failed(engine, LATE, "desk") in call.bodies
    assert asyncio.get_running_loop().time() == pytest.approx(PATIENCE_S)
    await hang_up(call)


async def test_one_that_fails_takes_no_other_with_it() -> None:
    rules, knowledge = OpenRules(trouble=[EngineError("rules", "broken")]), SmallKnowledge(trouble=[60.0])
    call = await greeted(rules=rules, knowledge=knowledge)
    assert await typed(call, "¿Está?") == ["[rescue]"]
    assert asyncio.get_running_loop().time() == 0
    await hang_up(call)


async def test_when_a_person_already_rings_that_is_what_is_said() -> None:
    call = await greeted(mind=ScriptedMind([[EngineError("mind", "503")], [EngineError("mind", "503")]]))
    await typed(call, "¿Está?")
    assert await typed(call, "¿Hola?") == ["[rescue]", "[hand_off_refused]"]
    await hang_up(call)


async def test_with_no_record_nothing_is_claimed_but_the_caller_hears_something() -> None:
    records = MemoryRecords()
    call = await greeted(records=records, mind=ScriptedMind([[Message("x"), "Apuntado."]]))
    turn = Turn(call, heard("Apunte."))
    await turn.confirm()
    records.trouble = [EngineError("records", "disk full")] * 9
    assert [say.text async for say in turn.reply()] == ["[rescue_no_one]"]
    assert call.deeds == ()


async def test_a_caller_with_more_rights_never_leaks_to_the_next() -> None:
    mind = ScriptedMind()
    call = await greeted(mind=mind)
    await call.proves("4711")
    await typed(call, "Soy yo.")
    assert mind.scenes[0].caller.circle is Circle.INNER
    other = await Call.answered(call.office, "text")
    assert other.circle is Circle.ANYONE


async def test_a_sentence_on_file_in_the_other_language_keeps_it() -> None:
    call = await greeted(mind=ScriptedMind([["Le leo:", Sentence("Send a CV.", "en")]]))
    await typed(call, "¿Empleo?")
    assert [body.language for body in call.bodies if isinstance(body, Said)] == ["es", "en"]


async def collect(says: AsyncGenerator[Say], into: list[Say]) -> None:
    async with aclosing(says):
        async for say in says:
            into.append(say)


async def hang_up(call: Call) -> None:
    call.office.desk.forget(call)  # type: ignore[attr-defined]
    await call.close("caller")
    assert call.hand_off is None or call.hand_off.state is not HandOffState.RINGING
