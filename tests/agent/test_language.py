"""Which language typed words are in, and when they don't tell."""

import pytest

from agent.language import language_of
from calls.words import LANGUAGES, Language

SPANISH = """
Hola
Buenos días
Buenas tardes, ¿está la señora Vidal?
Soy Luis Prieto
Me llamo Ana García y llamo de Acme
Quiero dejar un recado
Sí
Sí, por favor
No, gracias
Muchas gracias
Adiós
Hasta luego
¿Puede llamarme mañana?
Llamaba por la propuesta
es por la factura de marzo
¿A qué hora abren?
vale
De parte de Jane Smith, de The Times
Nada más
Perdone, no le oigo
Quisiera hablar con alguien
¿Habla inglés?
dígale que me llame
Por la tarde mejor
tengo una reunión con ella
el seis cero cero, uno uno uno
oiga
¿Quién es usted?
no me ha llamado nadie
mi número es el 600111222
¿Seguimos en español?
prefiero en castellano
"""
ENGLISH = """
Hello
Hi there
Good morning
Good afternoon, is Ms. Vidal there?
This is Jane Doe
My name is Luis Prieto, from Inversiones Prieto
I'd like to leave a message
Yes
Yes, please
No, thanks
Thank you very much
Goodbye
Bye
Could you call me tomorrow?
I'm calling about the proposal
it's about the invoice
What time do you open?
Do you speak Spanish?
Please tell her I called
Nothing else
Sorry, I can't hear you
I want to speak to someone
Are you a robot?
Jane from Acme, I have a meeting with José
my number is five five five
when will she be back
that's right
can you hear me
Who is this?
she's expecting my call
Let's go on in English.
Can we switch to English?
in English, please
"""
NEUTRAL = [
    "OK",
    "no",
    "Luis Prieto",
    "600 111 222",
    "Ana",
    "",
    "...",
    "mmm",
    "Acme",
    "José Núñez",
    "Inversiones Prieto",
    "de Acme",
    "luis@prieto.es",
    "No.",
    "Ok!",
    "???",
    "A",
    "La Caixa",
    "Ángela",
]


def cases(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("current", LANGUAGES)
@pytest.mark.parametrize("text", cases(SPANISH))
def test_spanish_is_spanish_whatever_was_spoken_before(text: str, current: Language) -> None:
    assert language_of(text, LANGUAGES, current) == "es"


@pytest.mark.parametrize("current", LANGUAGES)
@pytest.mark.parametrize("text", cases(ENGLISH))
def test_english_is_english_whatever_was_spoken_before(text: str, current: Language) -> None:
    assert language_of(text, LANGUAGES, current) == "en"


@pytest.mark.parametrize("current", LANGUAGES)
@pytest.mark.parametrize("text", NEUTRAL)
def test_what_does_not_tell_keeps_the_language(text: str, current: Language) -> None:
    assert language_of(text, LANGUAGES, current) == current


def test_only_languages_of_the_office_are_heard() -> None:
    assert language_of("Hello, this is Jane", ("es",), "es") == "es"
