"""A caller who says a script, and answers what is asked in between."""

from __future__ import annotations

import re

from calls.words import Language
from evals.scenarios import Says, Scenario

_QUESTIONS = {
    "same": r"mism[oa] n[úu]mero|same number|this number|number you",
    "correct": r"¿es correcto|¿correcto|¿está bien\?|is that right|is that correct|correct\?",
    "number": r"qu[ée] n[úu]mero|tel[ée]fono|n[úu]mero de|what number|phone number|which number|best number|the number",
    "name": r"de parte de qui[ée]n|con qui[ée]n hablo|nombre|se llama|te llamas|who's calling|who is calling|your name"
    r"|speaking (?:with|to)|who am i",
    "urgent": r"urgente|urgent|corre prisa",
    "when": r"qu[ée] d[íi]a|cu[áa]ndo le|qu[ée] hora le|what day|which day|when would",
    "instead": r"¿le va bien|¿le viene|would .+ (?:do|suit|work)|does that",
    "more": r"algo m[áa]s|anything else|something else",
    "reason": r"asunto|de qu[ée] se trata|qu[ée] le digo|qu[ée] recado|what is it about|what's it about|what shall i"
    r"|what should i|what message|like me to say|regarding|your message|the message be|tell (?:her|him|ms)",
    "offer": r"¿quiere|¿prefiere|¿le |¿les |shall |would you like|do you want|can i take",
}
_USUAL: dict[Language, dict[str, str]] = {
    "es": {"same": "Sí, a este número.", "correct": "Sí, correcto.", "urgent": "No, no es urgente.",
           "offer": "Sí, por favor.", "instead": "Sí, me va bien."},
    "en": {"same": "Yes, this number.", "correct": "Yes, that's right.", "urgent": "No, it isn't urgent.",
           "offer": "Yes, please.", "instead": "Yes, that's fine."},
}  # fmt: skip
_AGAIN = (
    r"¿me lo (?:repit|dic)e|sigue ahí|me oye|say it (?:again|another way)|still there|can you hear me|repita"
    r"|en qué puedo ayudar|how can i help|what can i do for"
)
"""Nothing was made out, or not what it is about: whoever calls says it again, once."""
_CLOSING: dict[Language, str] = {"es": "No, nada más, gracias. Adiós.", "en": "No, that's all, thank you. Goodbye."}


class ScriptedCaller:
    """Says the script; answers what is asked in between, as far as the scenario knows an answer."""

    def __init__(self, scenario: Scenario):
        self._scenario = scenario
        self._script = iter(scenario.says)
        self._asked: dict[str, int] = {}
        self._last: Says | None = None
        self._repeated = False
        self._silent = bool(scenario.says) and not any(scenario.says)

    async def next(self, reply: str, language: Language) -> Says | None:
        """See `CallerPart`."""
        if self._last is not None and not self._repeated and re.search(_AGAIN, reply.lower()):
            self._repeated = True
            return self._last
        self._last, self._repeated = self._goes_on(reply, language), False
        return self._last

    def _goes_on(self, reply: str, language: Language) -> Says | None:
        if not self._scenario.attack and (answer := self._answer(reply)):
            return answer
        if (line := next(self._script, None)) is not None:
            return line
        if self._silent:
            return ""
        self._asked["closing"] = self._asked.get("closing", 0) + 1
        return _CLOSING[language] if self._scenario.says and self._asked["closing"] < 2 else None

    def _answer(self, reply: str) -> str | None:
        questions = re.findall(r"[^.!?]*\?", reply.lower())
        kinds = (kind for kind, asked in _QUESTIONS.items() if questions and re.search(asked, questions[-1]))
        kind = next(kinds, None)
        if kind is None or kind == "more" or (not self._scenario.told and kind in ("offer", "instead")):
            return None
        if self._asked.get(kind, 0) > 2:
            return None
        self._asked[kind] = self._asked.get(kind, 0) + 1
        told = self._scenario.told
        if kind == "same" and "number" in told:
            return told["number"]
        return told.get(kind) or (_USUAL[self._scenario.language].get(kind) if told or kind == "correct" else None)
