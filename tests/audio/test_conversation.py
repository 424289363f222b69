"""Calls by voice: who has the floor, and when."""

from __future__ import annotations

import asyncio

import pytest

from audio.conversation import Conversation
from calls.call import Call
from calls.desk import Desk
from calls.errors import EngineError
from calls.switchboard import Switchboard
from calls.words import HandOff, HangUp, Heard, Keys, Message, Partial, Played, Reason, Refused, Said, Staff
from tests.audio.tones import HummingVoice, Language_of_tones, Telephone, ToneEars, sound
from tests.doubles import ScriptedMind, office

pytestmark = pytest.mark.virtual_time

GREETED_BY = 7.5
"""The greeting has been heard by then."""


async def converse(phone: Telephone, ears=None, voice=None, **parts) -> Call:
    house = office(**parts)
    conversation = Conversation(phone, sound(phone.tones, ears, voice))
    board = Switchboard(house, house.desk, most=1)
    call = await board.answer("test", door=conversation)
    await conversation.run(call)
    await board.end(call, "receptionist" if call.ending else "caller")
    return call


def heard(call: Call) -> list[str]:
    return [body.text for body in call.bodies if isinstance(body, Heard)]


def said(call: Call) -> list[str]:
    return [body.text for body in call.bodies if isinstance(body, Said)]


def played(call: Call) -> dict[str, Played]:
    return {body.said: body for body in call.bodies if isinstance(body, Played)}


async def test_a_finished_sentence_is_answered_at_once():
    phone = Telephone(Language_of_tones(), [(12, "¿Está la señora Vidal?", 1.0)], until=18)
    call = await converse(phone)
    assert heard(call) == ["¿Está la señora Vidal?"]
    assert said(call) == ["Muy bien."]
    assert 13.15 < phone.first_voice_after(13) < 13.45
    assert all(not body.cut_short for body in played(call).values())


async def test_the_words_are_shown_while_they_are_being_said():
    phone, shown = Telephone(Language_of_tones(), [(12, "¿Está la señora Vidal?", 3.0)], until=18), []
    house = office()
    conversation = Conversation(phone, sound(phone.tones))
    call = await Switchboard(house, house.desk, most=1).answer("test", door=conversation)
    now = asyncio.get_running_loop().time
    call.watch = lambda event: isinstance(event.body, Partial) and shown.append(now() - phone.began)
    await conversation.run(call)
    assert 12.5 < shown[0] < 13.3 and len(shown) >= 3


async def test_nobody_waits_for_ears_that_follow_another_caller():
    phone, ears = (
        Telephone(tones := Language_of_tones(), [(12, "¿Está la señora Vidal?", 3.0)], until=18),
        ToneEars(tones),
    )
    ears.idle = False
    await converse(phone, ears)
    assert ears.asked == 1


async def test_an_unfinished_sentence_is_waited_for_and_becomes_one_turn():
    phone = Telephone(Language_of_tones(), [(12, "quería hablar con", 1.0), (14.2, "la señora Vidal", 1.0)], until=20)
    call = await converse(phone)
    assert heard(call) == ["quería hablar con la señora Vidal"]
    assert phone.silent_between(12, 15.2)


async def test_the_voice_stops_when_the_caller_cuts_in():
    mind = ScriptedMind([["Le cuento una historia bastante larga, con muchas palabras y sin prisa alguna."]])
    phone = Telephone(
        Language_of_tones(), [(12, "¿Qué tal todo?", 1.0), (15, "espere, llamo por otra cosa", 1.5)], until=22
    )
    call = await converse(phone, mind=mind)
    assert phone.silent_between(15.2, 16.5)
    assert heard(call) == ["¿Qué tal todo?", "espere, llamo por otra cosa"]
    story = next(body for body in call.bodies if isinstance(body, Said))
    account = played(call)[story.id]
    assert account.cut_short
    assert 0 < len(account.heard_text) < len(story.text)
    assert story.text.startswith(account.heard_text)


async def test_a_person_who_takes_the_call_is_not_talked_over():
    mind = ScriptedMind([["Le cuento una historia bastante larga.", "Con muchas palabras.", "Y sin prisa alguna."]])
    phone = Telephone(Language_of_tones(), [(12, "¿Qué tal todo?", 1.0)], until=22)
    house = office(mind=mind)
    conversation = Conversation(phone, sound(phone.tones))
    call = await Switchboard(house, house.desk, most=1).answer("test", door=conversation)

    async def person() -> None:
        await asyncio.sleep(14)
        await conversation.give_way()
        await call.note(Staff("take_over", "Marta"))

    await asyncio.gather(conversation.run(call), person())
    story = next(body for body in call.bodies if isinstance(body, Said))
    assert not phone.silent_between(13.2, 14) and phone.silent_between(14.1, 22)
    assert played(call)[story.id].cut_short


async def test_after_a_cough_the_voice_goes_on():
    mind = ScriptedMind([["Le cuento una historia bastante larga, con muchas palabras y sin prisa alguna."]])
    tones = Language_of_tones()
    phone = Telephone(tones, [(12, "¿Qué tal todo?", 1.0), (15, "(cough)", 0.3)], until=24)
    call = await converse(phone, ToneEars(tones, nothing=["(cough)"]), mind=mind)
    assert heard(call) == ["¿Qué tal todo?"]
    assert phone.first_voice_after(15.4) < 16.0
    assert not any(body.cut_short for body in played(call).values())


async def test_a_nod_is_no_interruption():
    mind = ScriptedMind([["Le cuento una historia bastante larga, con muchas palabras y sin prisa alguna."]])
    phone = Telephone(Language_of_tones(), [(12, "¿Qué tal todo?", 1.0), (15, "ajá", 0.3)], until=24)
    call = await converse(phone, mind=mind)
    assert heard(call) == ["¿Qué tal todo?"]
    assert not any(body.cut_short for body in played(call).values())


async def test_both_halves_of_a_sentence_that_was_talked_over_are_answered_as_one():
    mind = ScriptedMind([["Dígame, por favor, en qué puedo ayudarle hoy."]])
    phone = Telephone(
        Language_of_tones(), [(12, "llamo por la factura.", 1.0), (13.7, "de la semana pasada.", 1.2)], until=20
    )
    call = await converse(phone, mind=mind)
    assert mind.scenes[-1].heard.text == "llamo por la factura. de la semana pasada."
    assert mind.scenes[-1].heard.continues
    assert heard(call) == ["llamo por la factura.", "de la semana pasada."]


async def test_silence_is_asked_about_twice_and_then_ends_kindly():
    phone = Telephone(Language_of_tones(), [], until=90)
    call = await converse(phone)
    assert said(call) == ["[silence_first]", "[silence_second]", "[silence_goodbye]"]
    assert phone.hung_up
    assert not call.open
    assert isinstance(call.bodies[-1], HangUp | Played)
    assert call.row.outcome == "abandoned"


async def test_what_was_said_just_before_hanging_up_is_on_record_and_acted_on():
    mind = ScriptedMind([[Message("que llamen"), "Anotado."]])
    phone = Telephone(Language_of_tones(), [(12, "dígale que me llame", 1.0)], until=13.05)
    call = await converse(phone, mind=mind)
    assert heard(call) == ["dígale que me llame"]
    assert any(isinstance(body, Message) for body in call.bodies)


async def test_key_one_rings_a_person_without_the_mind():
    mind = ScriptedMind()
    phone = Telephone(Language_of_tones(), [], until=16, keys=[(12, "1")])
    call = await converse(phone, mind=mind)
    assert Keys("1") in call.bodies
    assert not mind.scenes
    assert any(isinstance(body, HandOff) and body.reason is Reason.ASKED_FOR_PERSON for body in call.bodies)
    assert "[key_person]" in said(call)


async def test_a_dead_voice_does_not_hang_the_call():
    voice = HummingVoice(trouble=[EngineError("voice", "no voice")] * 3)
    phone = Telephone(Language_of_tones(), [(12, "¿Está la señora Vidal?", 1.0)], until=20)
    call = await converse(phone, voice=voice)
    assert heard(call) == ["¿Está la señora Vidal?"]
    assert not call.open


async def test_the_greeting_can_be_talked_over_and_the_disclosure_comes_with_the_reply():
    phone = Telephone(Language_of_tones(), [(0.6, "hola, llamo por la factura.", 1.5)], until=9)
    call = await converse(phone)
    assert said(call)[:2] == ["[disclosure]", "Muy bien."]


class DeafEars(ToneEars):
    """Has failed."""

    async def hear(self, pcm, **how):
        raise EngineError("ears", "no model")


async def test_who_cannot_be_heard_is_told_what_keys_do_and_leaves_a_number_by_them():
    tones, desk = Language_of_tones(), NobodyThere()
    says = [(12, "¿Está la señora Vidal?", 1.0), (18, "¿Oiga?", 1.0)]
    phone = Telephone(tones, says, until=50, keys=[(35 + n / 5, digit) for n, digit in enumerate("600111222#")])
    call = await converse(phone, DeafEars(tones), desk=desk)
    assert said(call)[:2] == ["[unclear_again]", "[rescue]"] and "[keypad_menu]" in said(call)
    assert Keys("600111222#") in call.bodies and "Muy bien." in said(call), "the mind has the number"


class NobodyThere(Desk):
    async def offer(self, call, hand_off):
        return Refused("nobody is there")
