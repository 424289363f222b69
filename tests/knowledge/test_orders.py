"""What executives say by phone, understood: wishes, people, days, in both languages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.words import Action, Audience, Circle
from knowledge.contacts import Contact
from knowledge.days import Span, say_span, span_in
from knowledge.orders import Absence, Person, Told, dated, order_in, people, words_of
from knowledge.reported import reported

MONDAY = date(2026, 11, 23)
BROTHER = Contact("andres", "Andrés Vidal", circle=Circle.INNER, notes="hermano de Elena")
MOTHER = Contact("carmen", "Carmen Soler", circle=Circle.INNER, notes="madre de Elena")
LUIS = Contact("luis", "Luis Prieto", circle=Circle.TRUSTED, notes="inversor")


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("hasta el lunes", "2026-11-23", "2026-11-30"),
        ("until Monday", "2026-11-23", "2026-11-30"),
        ("del 3 al 10 de agosto", "2027-08-03", "2027-08-10"),
        ("from the third to the tenth of August", "2027-08-03", "2027-08-10"),
        ("hasta el quince de enero", "2026-11-23", "2027-01-15"),
        ("desde mañana hasta el viernes", "2026-11-24", "2026-11-27"),
        ("all next week", "2026-11-30", "2026-12-06"),
        ("durante dos semanas", "2026-11-23", "2026-12-07"),
        ("until the end of the month", "2026-11-23", "2026-11-30"),
        ("hoy", "2026-11-23", "2026-11-23"),
        ("a partir del miércoles", "2026-11-25", None),
        ("hasta nuevo aviso", None, None),
    ],
)
def test_spans_of_days(text: str, since: str | None, until: str | None) -> None:
    span = Span(since and date.fromisoformat(since), until and date.fromisoformat(until))  # type: ignore[arg-type]
    assert span_in(text, MONDAY) == span


def test_a_span_is_said_as_people_say_it() -> None:
    assert say_span(MONDAY, date(2026, 11, 30), MONDAY, "es") == "hasta el lunes 30 de noviembre"
    assert say_span(date(2027, 1, 4), date(2027, 1, 8), MONDAY, "en") == "from Monday, January 4 to Friday, January 8"
    assert say_span(MONDAY, MONDAY, MONDAY, "es") == "hoy" and say_span(None, None, MONDAY, "en") == ""


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("hasta el lunes estoy de vacaciones; a mi hermano pásamelo",
         (Absence("holiday"), Person("mi hermano", Action.PUT_THROUGH))),
        ("Until Monday I'm on holiday, put my brother through.",
         (Absence("holiday"), Person("my brother", Action.PUT_THROUGH))),
        ("Hold my calls today, but let Thomas through", (Absence("busy"), Person("Thomas", Action.PUT_THROUGH))),
        ("Esta semana no me pases a nadie", (Absence("busy"),)),
        ("I'm away until Friday without saying why", (Absence("busy"),)),
        ("Don't put Henry through this week", (Person("Henry", Action.TAKE_MESSAGE),)),
        ("si llama mi hermano dile que vuelvo el martes", (Person("mi hermano", Action.ANSWER, "vuelvo el martes"),)),
        ("diles que el viernes cerramos a las tres", (Told("el viernes cerramos a las tres"),)),
        ("If anyone asks about the merger, say that we don't comment", (Told("we don't comment", "the merger"),)),
        ("Quiero hablar con la señora Vidal", ()),
        ("¿A qué hora abren mañana?", ()),
        ("I'd like to leave a message for Ms. Vidal", ()),
    ],
)  # fmt: skip
def test_wishes(text: str, wishes: tuple[object, ...]) -> None:
    assert order_in(text, MONDAY).wishes == wishes


def test_what_is_news_until_a_day_holds_until_then() -> None:
    assert order_in("diles que el viernes cerramos a las tres", MONDAY).span == Span(MONDAY, date(2026, 11, 27))
    assert order_in("di que solo a la familia le contesto", MONDAY).audience is Audience.INNER
    assert dated("mañana cerramos a las dos de la mañana", MONDAY, "es").startswith("el martes 24 de noviembre")


@pytest.mark.parametrize("text", ["¿Qué me he perdido?", "What did I miss?", "¿tengo recados?", "any messages?"])
def test_asking_for_the_digest(text: str) -> None:
    assert words_of("missed", text) and not words_of("undo", text)


def test_people_are_found_by_what_they_are_to_the_executive() -> None:
    known = [BROTHER, MOTHER, LUIS]
    assert people("mi hermano", known) == people("my brother", known) == people("Andrés", known) == [BROTHER]
    assert people("mi madre y a mi hermano", known) == [MOTHER, BROTHER]
    assert people("my family", known) == [BROTHER, MOTHER]
    assert people("el inversor", known) == [LUIS] and people("Pepe", known) == []


def test_what_they_say_of_themselves_is_said_of_them() -> None:
    assert reported("vuelvo el martes", "es", "la señora Vidal") == "La señora Vidal vuelve el martes."
    assert reported("el martes le llamo yo", "es", "la señora Vidal") == "El martes le llama la señora Vidal."
    assert reported("I'm back on Tuesday", "en", "Ms. Vidal") == "Ms. Vidal is back on Tuesday."
    assert reported("cerramos a las tres", "es", "la señora Vidal") == "Cerramos a las tres."


@given(st.text(max_size=200), st.dates(date(2024, 1, 1), date(2035, 1, 1)))
def test_nothing_that_is_said_breaks_it(text: str, today: date) -> None:
    order = order_in(text, today)
    if order.span and order.span.since and order.span.until:
        assert order.span.since <= order.span.until
