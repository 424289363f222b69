"""Who is calling, from their own words: names, companies, e-mail addresses, spelled letters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from calls.words import Language


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a caller said of themselves; either may be missing."""

    name: str | None = None
    company: str | None = None


_I_AM: dict[Language, str] = {
    "es": r"(?:soy|me llamo|mi nombre es|le habla|te habla|al habla|habla|aqu[íi]|de parte de|de)",
    "en": r"(?:this is|my name is|my name's|name's|i am|i'm|it's|it is|speaking is|you're speaking (?:to|with))",
}
_SURE: dict[Language, str] = {"es": r"(?:me llamo|mi nombre es)", "en": r"(?:my name is|my name's|name's)"}
_AFTER: dict[Language, str] = {"es": r"(?:al habla|al aparato)", "en": r"(?:speaking|here|calling|on the line)"}
_FROM: dict[Language, str] = {
    "es": r"(?:de la empresa|de parte de la empresa|de la compañ[íi]a|de la firma|de los|de las|de la|del|de|desde|en nombre de|trabajo en|trabajo para|llamo de|llamo desde|llamaba de)",
    "en": r"(?:calling from|calling on behalf of|on behalf of|from|with|at|of|i work for|i work at)",
}
_NAME_WORD = r"(?:(?:[A-ZÁÉÍÓÚÑÜ][\w'’-]*|[A-Z]\.)(?:\.(?=\s[A-Z]))?)"
_PARTICLE = r"(?:de la|de los|de las|del|de|van|von|der|di|da|dos|la|y|i|O')"
_NAME = re.compile(
    rf"(?:(?:Sr|Sra|Dr|Dra|Mr|Mrs|Ms|Don|Doña|Señora?)\.? )?{_NAME_WORD}(?: {_NAME_WORD})*(?: (?:de la|de los|de las|del) {_NAME_WORD})?"
)
_COMPANY = re.compile(
    rf"{_NAME_WORD}(?:(?: {_PARTICLE}| &| and| the)? {_NAME_WORD}|\d+)*(?:,? (?:S\.?[AL]\.?U?\.?|Inc\.?|Ltd\.?|LLC))?"
)
_BODIES = frozenset(
    "banco universidad clínica clinica hospital ayuntamiento empresa agencia revista periódico periodico colegio parroquia "
    "embajada cadena asociación fundación fundacion cámara camara diputación compañía oficina despacho bufete consultora "
    "grupo instituto ministerio sindicato notaría gestoría bank university school hospital council company agency "
    "newspaper embassy office group foundation".split()
)
_NOT_NAMES = frozenset(
    """el la los las un una unos unas lo mi tu su yo que qué no sí si ya muy más bien mal nuevo nueva cliente clienta
    proveedor proveedora periodista amigo amiga hermano hermana hijo hija marido mujer padre madre abogado abogada médico
    inversor inversora candidato candidata técnico estudiante vecino vecina director directora quien otra otro de del para
    por con sin sobre aquí ahí llamo llamaba quería quiero español interesado interesada responsable jefe jefa secretaria
    importante urgente correcto exacto verdad mañana hoy ahora gracias favor hola buenas
    a an the my your his her their our not just so very sorry sure fine good ok okay calling looking trying interested
    afraid glad happy here there from with about at in on for to ready back late new client customer supplier journalist
    friend brother sister son daughter husband wife father mother lawyer doctor investor candidate student neighbour
    manager director urgent important that this it what who how which and or but hello hi hey please thanks yes no
    busy available free right wrong correct going waiting wondering hoping returning ringing phoning one me i he she it we they personal private confidential privado confidencial particular nada nadie todo nothing""".split()
)
_STOP = frozenset(
    """y e pero que quería quiero quisiera llamo llamaba llamábamos necesito de del desde para por con sobre a en al el la
    and but i i'd i'm we from with about calling to for at of in on regarding the a who here speaking""".split()
)
_FILLER = re.compile(
    r"^\W*((hola|buenos d[ií]as|buenas( tardes| noches)?|s[ií]|claro|pues|bueno|eh|em|mire|ver[áa]|perd[óo]n|no|vale|gracias|hello|hi|hey|yes|yeah|sure|of course|"
    r"well|uh|um|good (morning|afternoon|evening)|sorry|ok(ay)?|thanks|thank you|por supuesto)\b[\s,.!;:]*)+",
    re.IGNORECASE,
)


def introduction(text: str, language: Language, asked: bool = False) -> Introduction:
    """Name and company that `text` gives. `asked`: it answers "who is calling?", so a bare name counts too."""
    text = text.replace("’", "'").strip()
    name, rest = _stated_name(text, language)
    if name is None and asked:
        name, rest = _bare_name(text)
    company = _company(rest, language, after_name=True) if name else None
    company = company or _company(text, language, after_name=False)
    return Introduction(name, company)


def _stated_name(text: str, language: Language) -> tuple[str | None, str]:
    for found in re.finditer(rf"\b{_I_AM[language]}\s+", text, re.IGNORECASE):
        lead = found.group().strip().lower()
        if lead == "de" or (lead == "de parte de" and re.match(r"(?i)(la|el|los|las|mi|una?)\b", text[found.end() :])):
            continue
        if name := _name_at(text, found.end(), lead, bool(re.match(_SURE[language], lead))):
            return _neat(name), text[found.end() + len(name) :]
    signed = re.search(rf"(?:^|[,.!?] *)({_NAME.pattern})[, ]+(?:{_AFTER[language]})\b", text)
    if signed and not _is_no_name(signed[1]):
        return _neat(signed[1]), text[signed.end() :]
    return None, text


_LOWER_CASE_TOO = frozenset({"soy", "le habla", "this is", "i'm", "i am"})
"""Words after which a name may come that is typed without capitals."""


def _name_at(text: str, at: int, lead: str, sure: bool) -> str | None:
    """The name that begins at `at`: capitalised words, or in all-lower-case typing the words up to a stop word."""
    if found := _NAME.match(text, at):
        return None if _is_no_name(found.group()) else found.group()
    if not sure and (any(char.isupper() for char in text[1:]) or lead not in _LOWER_CASE_TOO):
        return None
    words: list[str] = []
    for word in re.split(r"[ ]+", re.split(r"[,.;:!?]", text[at:])[0]):
        if word.lower() in _STOP or len(words) == 4:
            break
        words.append(word)
    return None if not words or words[0].lower() in _NOT_NAMES or not all(map(_wordlike, words)) else " ".join(words)


def _bare_name(text: str) -> tuple[str | None, str]:
    """A name that stands by itself, as in the answer "Luis Prieto, de Inversiones Prieto"."""
    plain = _FILLER.sub("", text)
    first = re.split(r"[,.;:!?]|\s+(?:de|del|desde|from|with|at|y|and|llamo|calling)\b", plain, maxsplit=1)[0].strip()
    words = first.split()
    if not 1 <= len(words) <= 4 or any(word.lower() in _NOT_NAMES for word in words) or not all(map(_wordlike, words)):
        return None, text
    return _neat(first), plain[plain.find(first) + len(first) :]


def _company(text: str, language: Language, after_name: bool) -> str | None:
    leads = _FROM[language] if after_name else _CALLING_FROM[language]
    for found in re.finditer(rf"\b({leads})\s+", text, re.IGNORECASE):
        if company := _COMPANY.match(text, found.end()):
            first = company.group().split()[0].lower()
            if first not in _NOT_NAMES or len(company.group().split()) > 1:
                return company.group().rstrip(",. ")
        after = re.split(r"[,.;:!?]|\s+(?:y|and|para|por|to|about)\b", text[found.end() :])[0].strip()
        first = after.split()[0].lower() if after else ""
        if first in _BODIES or (
            after_name and text.islower() and first and first not in _NOT_NAMES and _few_words(after)
        ):
            return _neat(after)
    return None


_CALLING_FROM: dict[Language, str] = {
    "es": r"de la empresa|de la compañ[íi]a|llam(?:o|amos|aba|ábamos) (?:de|desde|de parte de)(?: (?:la|una) (?:empresa|compañ[íi]a|firma))?|en nombre de|trabajo (?:en|para)|(?:periodista|redactora?|director\w*|gerente|abogad[oa]) (?:de|del)",
    "en": r"calling from|on behalf of|i work (?:for|at)|i'm from|we're from|(?:journalist|reporter|manager|director|lawyer) (?:from|with|at|of)",
}


def _few_words(text: str) -> bool:
    return len(text.split()) <= 3


def _is_no_name(text: str) -> bool:
    first = text.split()[0].lower().rstrip(".")
    return first.split("'")[0] in _NOT_NAMES or text in ("I", "AI", "IA", "OK")


def _wordlike(word: str) -> bool:
    return bool(re.fullmatch(r"[^\W\d_][\w.'’-]*", word))


def _neat(name: str) -> str:
    name = name.strip(" ,.;:")
    if not name.islower():
        return name
    return " ".join(
        word if word in ("de", "del", "la", "los", "las", "y", "and", "of") else word.capitalize()
        for word in name.split()
    )


def first_name(name: str) -> str:
    """How one greets `name`: the first name, or all of it after a title."""
    words = name.split()
    return (
        name
        if words[0].rstrip(".").lower()
        in {"sr", "sra", "dr", "dra", "mr", "mrs", "ms", "don", "doña", "señor", "señora"}
        else words[0]
    )


# --- e-mail and spelling ----------------------------------------------------------------------------

_SPOKEN_MAIL = ((r"\s*\b(?:arroba)\b\s*", "@"), (r"\s+at\s+(?=[\w-]+\s*(?:dot|\.))", "@"), (r"\s*\b(?:punto|dot)\b\s*", "."),
                (r"\s*\b(?:gui[óo]n bajo|underscore)\b\s*", "_"), (r"\s*\b(?:gui[óo]n|dash|hyphen)\b\s*", "-"))  # fmt: skip
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def email_in(text: str) -> str | None:
    """An e-mail address, typed or spoken ("luis arroba prieto punto es")."""
    for spoken, sign in _SPOKEN_MAIL:
        text = (
            re.sub(spoken, sign, text, flags=re.IGNORECASE) if "@" in text or sign in "@" or "arroba" in text else text
        )
    found = _MAIL.search(text)
    return found.group().lower().rstrip(".") if found else None


_LETTERS = {
    **{letter: letter for letter in "abcdefghijklmnopqrstuvwxyzñ"},
    **dict(zip("be ce de efe ge hache jota ka ele eme ene eñe erre ere ese te uve equis zeta cu pe".split(),
               "b c d f g h j k l m n ñ r r s t v x z q p".split(), strict=True)),
    **dict(zip("bee cee dee ee ef eff gee aitch jay kay el em en oh pee cue ar ess tee you vee ex why zee zed".split(),
               "b c d e f f g h j k l m n o p q r s t u v x y z z".split(), strict=True)),
}  # fmt: skip
_AS_IN = re.compile(r"\b(\w+) (?:de|como|as in|like|for) ([A-ZÁÉÍÓÚÑa-z][\w]+)", re.IGNORECASE)


def spelled_in(text: str) -> str | None:
    """A word spelled out in three letters or more: "P R I E T O", "pe, erre, i...", "be de Barcelona, a, ..."."""
    text = text.replace("i griega", "y").replace("doble uve", "w").replace("uve doble", "w").replace("double u", "w")
    text = _AS_IN.sub(lambda found: f" {found[2][0]} " if found[1].lower() in _LETTERS else found.group(), text)
    best, run = "", ""
    for word in re.findall(r"[^\W\d_]+|[.,]", text.lower()):
        if word in _LETTERS:
            run += _LETTERS[word]
        elif word not in (",", ".", "y", "and", "then"):
            run = ""
        best = max(best, run, key=len)
    return best.capitalize() if len(best) >= 3 else None


def respelled(name: str, letters: str) -> str:
    """`name` with the part that sounds like `letters` written as spelled; else `letters` as the surname."""
    words = name.split()
    alike = [SequenceMatcher(None, word.lower(), letters.lower()).ratio() for word in words]
    at = max(range(len(words)), key=alike.__getitem__)
    if alike[at] >= 0.5:
        words[at] = letters
        return " ".join(words)
    return f"{words[0]} {letters}"
