"""Why someone calls, in their own words, without the greeting around it."""

from __future__ import annotations

import re

from calls.words import Language

_STATED: dict[Language, re.Pattern[str]] = {
    "es": re.compile(
        r"\b(?:recado|mensaje)\s*:\s*(?P<colon>.+)"
        r"|\bque me (?:llame|llamen|devuelva la llamada)\b[^.]*?\b(?:por(?! la (?:ma[ñn]ana|tarde|noche)| favor)|sobre|acerca de|para lo de)\s+(?P<back>.+)"
        r"|\b(?:d[ií]g[aá](?:le|selo)|dile|dec(?:ir|irle)|av[ií]s(?:e|a)(?:le|la|lo)|com[ée]ntele|inf[óo]rmele|recu[ée]rdele|que sepa|el (?:recado|mensaje) es)(?: de)?(?::| que)\s+(?P<tell>.+)"
        r"|\bllam(?:o|aba|amos|[áa]bamos)\s+(?:(?:por|sobre|porque|a prop[óo]sito de|acerca de|en relaci[óo]n con)\s+)(?P<call>.+)"
        r"|\bllam(?:o|aba|amos|[áa]bamos)\s+(?P<para>para (?!hablar|dejar|que me|preguntar por|ver si est|localizar).+)"
        r"|\b(?:es|era|ser[ií]a|se trata|se trataba)\s+(?:por|sobre|acerca de|para|de|porque)\s+(?P<about>(?!parte\b).+)"
        r"|\bhablar con .{2,30}?\s(?:sobre|por|acerca de|para)\s+(?P<speak>.+)"
        r"|\b(?:quer[ií]a|quisiera|necesito|quiero|me gustar[ií]a)\s+(?P<want>(?:comentar|hablar(?:le|te)? (?:de|sobre)|tratar|consultar|preguntar(?:le|te)? por|confirmar|cambiar|anular|pedir|concertar|reservar|enviar|recordar)\b.+)"
        r"|\b(?P<trouble>(?:tengo|tenemos|hay|ha habido) un (?:problema|fallo|error|retraso|asunto)\b.+)",
        re.IGNORECASE | re.DOTALL,
    ),
    "en": re.compile(
        r"\bmessage\s*:\s*(?P<colon>.+)"
        r"|\bcall me(?: back)?\b[^.]*?\b(?:about|regarding|concerning)\s+(?P<back>.+)"
        r"|\b(?:tell (?:her|him|them)|let (?:her|him|them) know|the message is|say)(?: that)?:?\s+(?P<tell>(?!me\b|it\b).+)"
        r"|\bcall(?:ing|ed)? (?:about|because(?: of)?|regarding|concerning|with regard to)\s+(?P<call>.+)"
        r"|\bcall(?:ing|ed) (?P<para>to (?!speak|talk|leave|reach|ask for|see if (?:she|he)).+)"
        r"|\bit(?:'s| is) (?:about|regarding|concerning|to do with|because(?: of)?)\s+(?P<about>.+)"
        r"|\b(?:speak|talk) (?:to|with) .{2,30}?\s(?:about|regarding)\s+(?P<speak>.+)"
        r"|\b(?:want(?:ed)?|'d like|would like|need) (?P<want>to (?:discuss|go over|talk (?:to \w+ )?about|speak (?:to \w+ )?about|ask about|confirm|change|cancel|move|reschedule|book|arrange|send|remind)\b.+)"
        r"|\b(?P<trouble>(?:i have|we have|there is|there's|there has been) an? (?:problem|issue|error|delay|matter)\b.+)",
        re.IGNORECASE | re.DOTALL,
    ),
}
_LEAD = re.compile(
    r"^\W*(?:(?:hola|buen[oa]s(?: d[ií]as| tardes| noches)?|s[ií]|claro|vale|pues|bueno|eh|mire|ver[áa]|no|gracias|hello|hi|hey|yes|yeah|sure|of course|well|uh|um|ok(?:ay)?|"
    r"good (?:morning|afternoon|evening)|great|y|and|thanks|thank you|nada|solo|s[óo]lo|just|simplemente|es que|que|por favor|please)\b[\s,.!;:]*)+",
    re.IGNORECASE,
)
_INTRODUCTION = re.compile(
    r"^(?:soy|me llamo|mi nombre es|le habla|this is|my name is|i'm|i am)\b[^,.;]*(?:,\s*(?:de|del|from|with)\s[^,.;]*)?[,.;]?\s*(?:(?:y|and)\s+)?",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[\s,.;]*\b(?:adi[óo]s|hasta luego|hasta ma[ñn]ana|bye|goodbye|y nada|por favor|gracias|muchas gracias|please|thanks|thank you|cuando pueda|when (?:she|he) can|nada m[áa]s)\b)*[\s,.;!]*$",
    re.IGNORECASE,
)
_ABOUT_CALLING = re.compile(
    r"^(?:que |to |have (?:her|him) )?(?:(?:me )?(?:llame|llamen|devuelva la llamada)|call me(?: back)?|that i called|que he llamado)\b.{0,40}$",
    re.IGNORECASE,
)
"""A message that asks for nothing but the call back."""
_EMPTY = re.compile(
    r"^(?:(?:un|el|este) (?:recado|mensaje)|a message|dejar un (?:recado|mensaje)|quiero dejar.*|quer[ií]a dejar.*|leave a message|i'?d like to leave.*|i want to leave.*|(?:un|a) (?:momento|moment))$",
    re.IGNORECASE,
)


def stated_reason(text: str, language: Language) -> str | None:
    """The reason, if `text` says in so many words why they call or what should be told."""
    found = _STATED[language].search(text)
    if not found:
        return None
    return _kept(next(group for group in found.groups() if group))


def asked_reason(text: str, language: Language) -> str | None:
    """The reason in an answer to "what is it about?": all of it but the pleasantries."""
    return stated_reason(text, language) or _kept(_INTRODUCTION.sub("", _LEAD.sub("", text.strip())))


def only_a_call(text: str) -> bool:
    """Whether the message is no more than "call me"."""
    return bool(_ABOUT_CALLING.match(_LEAD.sub("", text.strip()).strip(" .!")))


def added(reason: str, more: str) -> str:
    """Both, as one message."""
    return reason if more.lower() in reason.lower() else f"{reason}. {more}"


def _kept(text: str) -> str | None:
    text = _TAIL.sub("", text.strip(" ,.;:¡!¿?\n"))
    if len(text) < 3 or _EMPTY.match(text) or _ABOUT_CALLING.match(text):
        return None
    return text[0].upper() + text[1:]
