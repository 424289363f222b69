"""Names, companies, numbers, addresses and times out of callers' own words."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent.house.digits import all_digits, corrected, digits_in, e164, groups, too_short
from agent.house.names import first_name, introduction
from agent.house.spelling import email_in, respelled, spelled_in
from agent.house.when import say_deadline, say_time, time_in
from calls.words import Language

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/Madrid"))  # a Monday


@pytest.mark.parametrize(
    ("text", "name", "company"),
    [
        ("Hola, soy Luis Prieto, de Inversiones Prieto.", "Luis Prieto", "Inversiones Prieto"),
        ("Buenos días, me llamo Ana María Gómez", "Ana María Gómez", None),
        ("soy luis prieto de inversiones prieto", "Luis Prieto", "Inversiones Prieto"),
        ("me llamo marta, llamo por la factura", "Marta", None),
        ("De parte de Juan Ruiz, del Banco Santander", "Juan Ruiz", "Banco Santander"),
        ("Le habla Carmen de la Fuente, de Acme", "Carmen de la Fuente", "Acme"),
        ("Soy periodista de El País", None, "El País"),
        ("Soy el director", None, None),
        ("Soy nueva aquí", None, None),
        ("soy un cliente", None, None),
        ("Llamo de la empresa Tecnoval, mi nombre es Jesús Santos", "Jesús Santos", "Tecnoval"),
        ("Quería hablar con la señora Vidal", None, None),
        ("Llamo de parte de la empresa Nortia", None, "Nortia"),
        ("Buenas, aquí Pedro Gil", "Pedro Gil", None),
        ("Es por la factura de marzo", None, None),
    ],
)
def test_spanish_introductions(text: str, name: str | None, company: str | None) -> None:
    found = introduction(text, "es")
    assert (found.name, found.company) == (name, company)


@pytest.mark.parametrize(
    ("text", "name", "company"),
    [
        ("Hi, this is Jane Doe from Acme.", "Jane Doe", "Acme"),
        ("My name is John Smith and I'm calling from Northwind Traders", "John Smith", "Northwind Traders"),
        ("I'm calling about the invoice", None, None),
        ("this is jane doe from acme", "Jane Doe", "Acme"),
        ("I'm a journalist with The Guardian", None, "The Guardian"),
        ("It's about the meeting", None, None),
        ("This is urgent", None, None),
        ("Jane Doe speaking", "Jane Doe", None),
        ("I'm Sarah O'Connor, with Skynet Ltd", "Sarah O'Connor", "Skynet Ltd"),
        ("I'm sorry, is Ms. Vidal there?", None, None),
        ("I'm looking for Elena", None, None),
        ("Hi, this is Helen Carter. When is the office open?", "Helen Carter", None),
        ("Hi, this is J. St. James. Where are you?", "J. St. James", None),
    ],
)
def test_english_introductions(text: str, name: str | None, company: str | None) -> None:
    found = introduction(text, "en")
    assert (found.name, found.company) == (name, company)


@pytest.mark.parametrize(
    ("text", "language", "name", "company"),
    [
        ("Luis Prieto", "es", "Luis Prieto", None),
        ("Sí, Luis Prieto, de Inversiones Prieto", "es", "Luis Prieto", "Inversiones Prieto"),
        ("ana", "es", "Ana", None),
        ("Pues José Núñez.", "es", "José Núñez", None),
        ("Jane, from Acme", "en", "Jane", "Acme"),
        ("Yes, of course, Mary Ann Evans", "en", "Mary Ann Evans", None),
        ("es por una factura", "es", None, None),
        ("no", "es", None, None),
        ("Lo siento, no me ha oído", "es", None, None),
    ],
)
def test_a_bare_name_answers_who_is_calling(
    text: str, language: Language, name: str | None, company: str | None
) -> None:
    found = introduction(text, language, asked=True)
    assert (found.name, found.company) == (name, company)


@pytest.mark.parametrize(
    ("text", "language", "digits"),
    [
        ("600 111 222", "es", "600111222"),
        ("Es el 600-11-12-22", "es", "600111222"),
        ("seis cero cero, uno uno uno, dos dos dos", "es", "600111222"),
        ("seiscientos, ciento once, doscientos veintidós", "es", "600111222"),
        ("seiscientos once, doce, trece, catorce", "es", "611121314"),
        ("seis cientos once, doce, trece, catorce", "es", "611121314"),
        ("seiscientos, once, doce, trece", "es", "600111213"),
        ("seis cero cero doble uno uno doscientos veintidós", "es", "600111222"),
        ("mi móvil es el seis doce treinta y cuatro cincuenta y seis setenta y ocho", "es", "612345678"),
        ("más treinta y cuatro, seiscientos once, doce, trece, catorce", "es", "+34611121314"),
        ("nueve uno 555 doble cero 01", "es", "915550001"),
        ("+34 910 000 001", "es", "+34910000001"),
        ("two one two, five five five, oh one double nine", "en", "2125550199"),
        ("plus four four twenty seventy-nine forty-six oh nine fifty-eight", "en", "+442079460958"),
        ("it's 212-555-0199", "en", "2125550199"),
        ("A las cuatro de la tarde del día 15", "es", None),
        ("I have two questions about 2026", "en", None),
    ],
)
def test_spoken_numbers(text: str, language: Language, digits: str | None) -> None:
    assert digits_in(text, language, "ES") == digits


def test_numbers_are_kept_in_e164_and_read_back_in_groups() -> None:
    assert e164("600111222", "ES", "es") == "+34600111222"
    assert e164("2125550199", "ES", "en") == "+12125550199"
    assert e164("12", "ES", "es") is None
    assert e164("02079460958", "ES", "en", own="+447700900155") == "+442079460958"
    assert e164("02079460958", "ES", "en") == "+442079460958", "no number begins with 0 in the United States"
    assert e164("600111222", "ES", "en", own="+447700900155") == "+34600111222"
    assert groups("+34600111222", "ES") == ["600", "111", "222"]
    assert groups("+12125550199", "ES") == ["+1", "212", "555", "0199"]
    assert too_short("600111", "ES") and not too_short("600111222", "ES")
    assert all_digits("el seis cero cero, espere, uno uno uno", "es", "ES") == "600111"


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("No, termina en cuatro", "es", "+34600111224"),
        ("acaba en cuarenta y cuatro", "es", "+34600111244"),
        ("no, it ends in double five", "en", "+34600111255"),
        ("empieza por seis uno uno", "es", "+34611111222"),
        ("no", "es", None),
    ],
)
def test_a_correction_changes_only_what_it_says(text: str, language: Language, number: str | None) -> None:
    assert corrected("+34600111222", text, language, "ES") == number


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("luis@prieto.es", "luis@prieto.es"),
        ("luis punto prieto arroba gmail punto com", "luis.prieto@gmail.com"),
        ("it's jane dot doe at acme dot com", "jane.doe@acme.com"),
        ("I'm at the office. Dot.", None),
        ("quedamos en ese punto", None),
    ],
)
def test_addresses(text: str, address: str | None) -> None:
    assert email_in(text) == address


def test_spelled_names() -> None:
    assert spelled_in("P R I E T O") == "Prieto"
    assert spelled_in("pe, erre, i, e, te, o") == "Prieto"
    assert spelled_in("be de Barcelona, a, ele") == "Bal"
    assert spelled_in("B as in Bravo, O, Y, D") == "Boyd"
    assert spelled_in("no lo sé") is None
    assert respelled("Luis Prito", "Prieto") == "Luis Prieto"
    assert first_name("Luis Prieto") == "Luis"
    assert first_name("Mr. Smith") == "Mr. Smith"


@pytest.mark.parametrize(
    ("text", "language", "at"),
    [
        ("mañana a las cuatro", "es", "2026-11-24 16:00"),
        ("mañana por la mañana", "es", "2026-11-24 12:00"),
        ("el jueves a las diez y media", "es", "2026-11-26 10:30"),
        ("a las 17:30", "es", "2026-11-23 17:30"),
        ("esta tarde", "es", "2026-11-23 17:00"),
        ("a las seis menos cuarto", "es", "2026-11-23 17:45"),
        ("next Tuesday at four", "en", "2026-11-24 16:00"),
        ("tomorrow morning", "en", "2026-11-24 12:00"),
        ("today at half past five", "en", "2026-11-23 17:30"),
        ("at 9 am", "en", "2026-11-24 09:00"),
        ("in two hours", "en", "2026-11-23 12:00"),
        ("dentro de una hora", "es", "2026-11-23 11:00"),
        ("por la factura", "es", None),
        ("por la propuesta del martes", "es", None),
        ("por la reunión de mañana", "es", None),
        ("le escribí el martes pasado", "es", None),
        ("it's about Tuesday's meeting", "en", None),
        ("about the Tuesday proposal", "en", None),
        ("antes del jueves", "es", "2026-11-26 17:00"),
        ("a las diez del jueves", "es", "2026-11-26 10:00"),
        ("on Tuesday morning", "en", "2026-11-24 12:00"),
        ("buenas tardes", "es", None),
    ],
)
def test_times(text: str, language: Language, at: str | None) -> None:
    found = time_in(text, language, NOW)
    assert (found and f"{found:%Y-%m-%d %H:%M}") == at


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("hours", [1, 2.5, 3, 8, 23, 24.25, 29, 53, 80])
def test_a_time_that_we_say_is_a_time_that_we_understand(language: Language, hours: float) -> None:
    at = NOW + timedelta(hours=hours)
    assert time_in(say_time(at, NOW, language), language, NOW) == at


def test_deadlines_sound_like_speech() -> None:
    assert say_deadline(NOW.replace(hour=18), NOW, "es") == "hoy antes de las seis de la tarde"
    assert say_deadline(NOW.replace(hour=13), NOW, "es") == "hoy antes de la una de la tarde"
    assert say_deadline(NOW.replace(day=24, hour=11, minute=30), NOW, "en") == (
        "tomorrow before eleven thirty in the morning"
    )
