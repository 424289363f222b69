"""Spanish as said on the phone in Spain."""

from __future__ import annotations

from num2words import num2words

from audio.voice.speech import Speech, abbreviations, value_of

DIGITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
COINS = {"€": ("euro", "céntimo"), "$": ("dólar", "centavo"), "£": ("libra", "penique")}


def number(value: int) -> str:
    return str(num2words(value, lang="es"))


def country_code(code: str) -> str:
    return f"más {number(int(code))}"


def clock(minutes: int, article: str, part: bool) -> str:
    """16:30 is "las cuatro y media de la tarde"."""
    return f"{_article(minutes)} {_hour(minutes)}{_part(minutes) if part else ''}"


def between(opens: int, shuts: int) -> str:
    return f"de {_hour(opens)}{_part(opens)} a {_hour(shuts)}{_part(shuts)}"


def day(day: int, month: int, year: int | None) -> str:
    return f"{number(day)} de {MONTHS[month - 1]}" + (f" de {number(year)}" if year else "")


def amount(written: str) -> str:
    whole, decimals = value_of(written, ",")
    return number(whole) + (f" coma {_decimals(decimals)}" if decimals else "")


def money(written: str, sign: str) -> str:
    coin, cent = COINS[sign]
    whole, decimals = value_of(written, ",")
    cents = int(decimals.ljust(2, "0")[:2]) if decimals else 0
    return f"{_counted(whole, coin)}" + (f" con {_counted(cents, cent)}" if cents else "")


def _counted(value: int, noun: str) -> str:
    plural = noun + ("es" if noun.endswith("r") else "s")
    words = number(value)
    if words.endswith("uno"):
        words = words.removesuffix("uno") + (
            "una" if noun == "libra" else "ún" if words.endswith("veintiuno") else "un"
        )
    of = " de" if value and value % 1_000_000 == 0 else ""
    return f"{words}{of} {noun if value == 1 else plural}"


def _decimals(digits: str) -> str:
    return f"cero {DIGITS[int(digits[1])]}" if len(digits) == 2 and digits[0] == "0" else number(int(digits))


def _nearest(minutes: int) -> tuple[int, int]:
    """The hour that is named (0 to 23) and minutes past it; negative ones are said with "menos"."""
    hour, past = divmod(minutes, 60)
    return ((hour + 1) % 24, past - 60) if past in (35, 40, 45, 50, 55) else (hour, past)


def _article(minutes: int) -> str:
    return "la" if _nearest(minutes)[0] % 12 == 1 else "las"


def _hour(minutes: int) -> str:
    hour, past = _nearest(minutes)
    name = "una" if hour % 12 == 1 else number(hour % 12 or 12)
    if not past:
        return name
    said = {15: "cuarto", 30: "media"}.get(abs(past), number(abs(past)))
    return f"{name} {'y' if past > 0 else 'menos'} {said}"


def _part(minutes: int) -> str:
    hour = _nearest(minutes)[0]
    if hour == 12:
        return " del mediodía"
    if hour == 0 or hour >= 21:
        return " de la noche"
    return " de la madrugada" if hour < 6 else " de la mañana" if hour < 12 else " de la tarde"


_ABBREVIATIONS = (
    (r"\bSra\.|\bSra\b(?=\s[A-ZÁÉÍÓÚÑ])", "señora"),
    (r"\bSres\.", "señores"),
    (r"\bSrta\.", "señorita"),
    (r"\bSr\.|\bSr\b(?=\s[A-ZÁÉÍÓÚÑ])", "señor"),
    (r"\bDra\.", "doctora"),
    (r"\bDr\.", "doctor"),
    (r"\bD\.ª|\bDña\.", "doña"),
    (r"\bD\.(?=\s[A-ZÁÉÍÓÚÑ])", "don"),
    (r"\b(?:Ud|Vd)\.", "usted"),
    (r"\b(?:Uds|Vds)\.", "ustedes"),
    (r"\bAvda?\.", "avenida"),
    (r"(?:(?<=\s)|^)C/\s?", "calle "),
    (r"\b(?:Pza|Plza|Pl)\.", "plaza"),
    (r"\bPº", "paseo"),
    (r"\b[Nn]\.?º\s?|\b[Nn]úm\.", "número "),
    (r"\b[Tt](?:el|fno|lf)\.", "teléfono"),
    (r"\b[Ee]xt\.", "extensión"),
    (r"\b[Dd]pto\.", "departamento"),
    (r"\b[Aa]prox\.", "aproximadamente"),
    (r"\b[Pp]\.\s?ej\.", "por ejemplo"),
    (r"\betc\.(?=\s*$)", "etcétera."),
    (r"\betc\.", "etcétera"),
    (r"\bEE\.\s?UU\.|\bEEUU\b", "Estados Unidos"),
    (r"\bRR\.?\s?HH\.?", "recursos humanos"),
    (r"\bS\.\s?L\.", "ese ele"),
    (r"\bS\.\s?A\.", "ese a"),
    (r"\bIA\b|\bI\.A\.", "i a"),
    (r"\bUE\b", "u e"),
    (r"\bTV\b", "te uve"),
    (r"\bCTO\b", "ce te o"),
    (r"\bCFO\b", "ce efe o"),
    (r"\bCOO\b", "ce o o"),
    (r"\bPIN\b", "pin"),
    (r"\b(\d+)\s?km\b", r"\1 kilómetros"),
    (r"\b(\d+)\s?min\b\.?", r"\1 minutos"),
    (r"\b1\.?(?:er|ᵉʳ)\b", "primer"),
    (r"\b3\.?(?:er|ᵉʳ)\b", "tercer"),
    *((rf"\b{n}\.?º", word) for n, word in enumerate(
        ("primero", "segundo", "tercero", "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno", "décimo"), 1)),
    *((rf"\b{n}\.?ª", word) for n, word in enumerate(
        ("primera", "segunda", "tercera", "cuarta", "quinta", "sexta", "séptima", "octava", "novena", "décima"), 1)),
    (r"\by/o\b", "o"),
    (r"\s?&\s?", " y "),
    (r"(?<=[^\W\d_])/(?=[^\W\d_])", ", "),
    (r"\s?@\s?", " arroba "),
    (r"#(?=\d)", "número "),
    (r"\s?\+\s?(?=\w)", " más "),
    (r"(?<=\w)\s?=\s?(?=\w)", " igual a "),
)  # fmt: skip

SPEECH = Speech(
    digits=DIGITS,
    signs={"@": "arroba", ".": "punto", "-": "guion", "_": "guion bajo", "+": "más", "/": "barra"},
    endings={"www": "tres uves dobles"},
    abbreviations=abbreviations(_ABBREVIATIONS),
    percent="por ciento",
    to="a",
    country_code=country_code,
    clock=clock,
    between=between,
    day=day,
    amount=amount,
    money=money,
)
