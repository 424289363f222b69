"""A call from the greeting to the closed record."""

import asyncio
from datetime import timedelta

import pytest

from calls.call import Call
from calls.disclosure import sentences
from calls.errors import CallClosed, EngineError
from calls.words import (
    Action,
    Booking,
    Caller,
    Circle,
    Follow,
    Guidance,
    HandOff,
    HandOffState,
    HangUp,
    Heard,
    Message,
    Promise,
    Proved,
    Reason,
    Recalled,
    Said,
    ScreenedText,
    Staff,
    Step,
    Topic,
    Verdict,
)
from tests.doubles import GREETING, MONDAY, MemoryRecords, OpenDoor, SmallKnowledge, kinds, office, texts

pytestmark = pytest.mark.virtual_time


async def test_a_call_is_greeted_and_closed() -> None:
    records = MemoryRecords()
    call = await Call.answered(office(records=records), "text", "+34600111222")
    assert " ".join(texts(await call.greet())) == GREETING["es"]
    await asyncio.sleep(30)
    await call.close("caller")
    assert kinds(call) == ["greeted", "hung_up"]
    row = records.rows[call.id]
    assert (row.state, row.outcome) == ("closed", "abandoned")
    assert row.ended is not None and row.ended - row.started == timedelta(seconds=30)
    assert records.events[call.id] == call.events


async def test_a_known_caller_is_greeted_in_their_language() -> None:
    knowledge = SmallKnowledge(contacts={"+442071838750": Caller("+442071838750", "Amy", Circle.KNOWN, "en")})
    call = await Call.answered(office(knowledge=knowledge), "text", "+442071838750")
    assert (call.language, call.caller.name, call.circle) == ("en", "Amy", Circle.KNOWN)
    assert " ".join(texts(await call.greet())) == GREETING["en"]


async def test_a_blocked_caller_hears_one_sentence() -> None:
    knowledge = SmallKnowledge(contacts={"+34600": Caller("+34600", circle=Circle.BLOCKED)})
    call = await Call.answered(office(knowledge=knowledge), "text", "+34600")
    assert texts(await call.greet()) == ["[blocked]"]
    assert call.ending
    await call.close("receptionist")
    assert call.row.outcome == "declined"


def test_sentences_end_where_a_voice_would_pause() -> None:
    assert sentences("Hola. ¿Qué tal? ¡Bien!") == ["Hola.", "¿Qué tal?", "¡Bien!"]
    assert sentences("This is Ms. Vidal's office. Hello.") == ["This is Ms. Vidal's office.", "Hello."]
    assert sentences("Pregunte por la Sra. Vidal.") == ["Pregunte por la Sra. Vidal."]
    assert sentences("Son 3.50 euros. Eso es todo") == ["Son 3.50 euros.", "Eso es todo"]
    assert sentences("  ") == []


async def test_a_closed_call_takes_nothing() -> None:
    call = await Call.answered(office(), "text")
    await call.close("caller")
    for attempt in (
        call.say("hola"),
        call.note(Heard("hola", "es")),
        call.do(Message("llamar")),
        call.do(HandOff(Reason.UNCLEAR)),
        call.press("1"),
    ):
        with pytest.raises(CallClosed):
            await attempt
    assert kinds(call) == ["hung_up"]


async def test_everybody_hangs_up_at_once_and_it_counts_once() -> None:
    call = await Call.answered(office(records=MemoryRecords(trouble=[1.0])), "text")
    await asyncio.gather(call.close("caller"), call.close("line"), call.close("staff"))
    assert kinds(call) == ["hung_up"]
    assert call.bodies == (HangUp("caller"),)


async def test_closing_goes_on_when_who_asked_is_gone() -> None:
    records = MemoryRecords(trouble=[1.0])
    call = await Call.answered(office(records=records), "text")
    asking = asyncio.create_task(call.close("line"))
    await asyncio.sleep(0.5)
    asking.cancel()
    await asyncio.sleep(1)
    assert records.rows[call.id].state == "closed"


async def test_closing_waits_for_what_is_being_done() -> None:
    records = MemoryRecords(trouble=[3.0])
    call = await Call.answered(office(records=records), "text")
    doing = asyncio.create_task(call.do(Message("que me llame")))
    await asyncio.sleep(1)
    await call.close("caller")
    await doing
    assert kinds(call) == ["message", "hung_up"]
    assert call.row.outcome == "message"


async def test_a_call_ends_even_if_nothing_more_can_be_written() -> None:
    records = MemoryRecords(trouble=[EngineError("records", "disk full")] * 3)
    call = await Call.answered(office(records=records), "text")
    with pytest.raises(EngineError, match="disk full"):
        await call.close("caller")
    assert not call.open
    assert records.rows[call.id].state == "closed"


async def test_a_write_is_finished_and_numbered_when_the_writer_is_cut_off() -> None:
    records = MemoryRecords(trouble=[2.0])
    call = await Call.answered(office(records=records), "text")
    saying = asyncio.create_task(call.say("Un momento."))
    await asyncio.sleep(1)
    saying.cancel()
    await call.say("Dígame.")
    assert [event.seq for event in records.events[call.id]] == [1, 2]
    assert records.events[call.id] == call.events


async def test_a_failed_write_leaves_no_gap() -> None:
    records = MemoryRecords(trouble=[EngineError("records", "busy")])
    call = await Call.answered(office(records=records), "text")
    with pytest.raises(EngineError):
        await call.say("Un momento.")
    await call.say("Dígame.")
    assert [event.seq for event in records.events[call.id]] == [1]


async def test_the_transcript_is_what_was_heard() -> None:
    call = await Call.answered(office(), "twilio", door=OpenDoor())
    first, second = await call.greet()
    await call.played(first, first.text, cut_short=False)
    await call.played(second, "", cut_short=True)
    await call.note(Heard("¿Está Elena?", "es"))
    say = await call.say("Está reunida y no puede ponerse.")
    await call.played(say, "Está reunida", cut_short=True)
    unheard = await call.say("Le paso.")
    await call.played(unheard, "", cut_short=True)
    assert [(line.who, line.text) for line in call.transcript()] == [
        ("receptionist", first.text),
        ("caller", "¿Está Elena?"),
        ("receptionist", "Está reunida"),
    ]


async def test_the_disclosure_counts_once_it_was_heard_in_a_language() -> None:
    call = await Call.answered(office(), "twilio", door=OpenDoor())
    first, second = await call.greet()
    assert not call.disclosed("es")
    await call.played(first, "Despacho de la señora", cut_short=True)
    await call.played(second, "", cut_short=True)
    assert not call.disclosed("es")
    say = await call.say("Soy una asistente de inteligencia artificial.")
    assert not call.disclosed("es")
    await call.played(say, say.text, cut_short=False)
    assert call.disclosed("es") and not call.disclosed("en")


async def test_on_the_text_line_everything_is_heard() -> None:
    call = await Call.answered(office(), "text")
    await call.greet()
    assert call.disclosed("es")
    await call.say("Dígame.")
    assert call.bodies[-1] == Said(call.bodies[-1].id, "Dígame.", "es", heard_text="Dígame.")  # type: ignore[union-attr]


async def test_playback_after_the_end_is_no_error() -> None:
    call = await Call.answered(office(), "twilio", door=OpenDoor())
    say = await call.say("Adiós.")
    await call.close("caller")
    await call.played(say, "Adi", cut_short=True)
    assert kinds(call) == ["said", "hung_up"]


async def test_unasked_words_go_out_by_the_door() -> None:
    door = OpenDoor(seconds=1)
    call = await Call.answered(office(), "twilio", door=door)
    say = await call.speak("Sigo llamando.")
    assert door.spoken == [say]
    assert kinds(call) == ["said"]


async def test_partial_words_are_seen_and_not_kept() -> None:
    records = MemoryRecords()
    call = await Call.answered(office(records=records), "twilio", door=OpenDoor())
    call.overhear("Bue", "es")
    assert [event.as_json()["text"] for event in records.passing] == ["Bue"]
    assert call.events == []


async def test_a_pin_raises_the_circle_and_is_never_written_down() -> None:
    call = await Call.answered(office(), "twilio", "+34600111222")
    await call.press("4711#")
    assert not await call.proves("0000")
    assert await call.proves("4711")
    assert call.circle is Circle.INNER
    assert call.bodies[-1] == Proved(Circle.INNER)
    assert "4711" not in str([event.as_json() for event in call.events])


async def test_after_three_wrong_pins_the_right_one_is_wrong_too() -> None:
    call = await Call.answered(office(), "twilio", "+34600111222")
    for guess in ("0000", "1111", "2222"):
        assert not await call.proves(guess)
    assert call.pin_spent
    assert not await call.proves("4711")
    assert call.circle is not Circle.INNER


async def test_an_unproved_circle_stays_when_it_cannot_be_written() -> None:
    records = MemoryRecords(trouble=[EngineError("records", "disk full")])
    call = await Call.answered(office(records=records), "text")
    with pytest.raises(EngineError):
        await call.proves("4711")
    assert call.circle is Circle.ANYONE


async def test_only_the_offices_languages_are_spoken() -> None:
    call = await Call.answered(office(), "text")
    call.speaks("en")
    assert call.language == "en"
    call.speaks("fr")  # type: ignore[arg-type]
    assert call.language == "en"


async def test_a_human_has_the_call_until_they_give_it_back() -> None:
    call = await Call.answered(office(), "text")
    history = []
    for body in (
        Staff("listen"),
        Staff("take_over"),
        Staff("say"),
        Staff("hand_back"),
        HandOff(Reason.RULE, state=HandOffState.BRIDGED, id="h"),
        HandOff(Reason.RULE, state=HandOffState.RESUMED, id="h"),
    ):
        await call.note(body)
        history.append(call.with_staff)
    assert history == [False, True, True, False, True, False]


async def test_a_hint_is_used_by_one_turn() -> None:
    call = await Call.answered(office(), "text")
    await call.note(Guidance("Dígale que sí."), Guidance("Sea breve."))
    await call.speak("Sigo llamando.")
    assert call.unused_guidance() == ("Dígale que sí.", "Sea breve.")
    await call.note(Recalled((), unsure=True))
    assert call.unused_guidance() == ()


async def test_suspicion_comes_from_the_caller_only() -> None:
    call = await Call.answered(office(), "text")
    await call.note(ScreenedText("out", Verdict.GREY, Topic.POLITICS))
    assert not call.suspicious
    await call.note(ScreenedText("in", Verdict.BLOCK, Topic.INJECTION))
    assert call.suspicious


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ([], "answered"),
        ([Follow("a", Action.DECLINE)], "declined"),
        ([Follow("a", Action.DECLINE), Follow("b", Action.REDIRECT)], "redirected"),
        ([Follow("b", Action.REDIRECT), Message("m", id="m")], "message"),
        ([Message("m", id="m"), Promise("assistant", "p", id="p")], "promised"),
        ([Promise("assistant", "p", id="p"), Booking(MONDAY, MONDAY, "Luis", id="b")], "booked"),
        ([HandOff(Reason.RULE, state=HandOffState.DECLINED, id="h"), Message("m", id="m")], "message"),
        ([HandOff(Reason.RULE, state=HandOffState.ACCEPTED, id="h"), Message("m", id="m")], "handed_off"),
    ],
)
async def test_what_a_call_came_to(steps: list[Step], outcome: str) -> None:
    call = await Call.answered(office(), "text")
    await call.note(Heard("hola", "es"), *steps)
    await call.close("caller")
    assert call.row.outcome == outcome


async def test_the_last_state_of_a_hand_off_is_its_deed() -> None:
    call = await Call.answered(office(), "text")
    for state in (HandOffState.OFFERED, HandOffState.RINGING, HandOffState.DECLINED):
        await call.note(HandOff(Reason.RULE, state=state, id="h"))
    assert call.deeds == (HandOff(Reason.RULE, state=HandOffState.DECLINED, id="h"),)
    assert call.hand_off == call.deeds[0]


async def test_a_number_that_only_the_gateway_vouches_for_opens_little():
    knowledge = SmallKnowledge(contacts={"+34600111222": Caller("+34600111222", "Luis", Circle.TRUSTED)})
    calls = [
        await Call.answered(office(knowledge=knowledge), "sip", number="+34600111222", proof=proof)
        for proof in ("attested_a", "attested_c")
    ]
    assert [call.circle for call in calls] == [Circle.TRUSTED, Circle.KNOWN]
