"""Whether a caller lets the call be recorded: asked once, after the greeting. Nothing is kept before a plain yes.

No answer is a no, and a yes can be taken back at any time: then what was kept of the sound is deleted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, Protocol

from calls.words import Played, Recording, Say, Utterance

if TYPE_CHECKING:
    from calls.call import Call

HEARD = 0.7
"""A question of which less than this part was heard has not been asked."""

_BEFORE = r"^\W*(?:(?:buen[oa]s?(?: d[ií]as| tardes| noches)?|hola|pues|ah|eh|mm+|hello|hi|well|oh|uh|um)\W+)*"
_NO_MATTER = (
    r"(?:no (?:hay|veo|tengo) (?:ning[uú]n )?(?:problema|inconveniente)|no me importa|sin problemas?|no problem)"
)
_PLAIN_YES = (
    rf"(?:{_NO_MATTER}|I don't mind|s[ií]|claro que s[ií]|por supuesto|desde luego|de acuerdo|adelante"
    r"|yes|yeah|yep|of course|certainly|go ahead)"
)
_SOFT_YES = (
    r"(?:claro|vale|bien|est[aá] bien|me parece bien|perfecto|puede grabar(?:la)?|gr[aá]be(?:la|me)?"
    r"|okay|okey|ok|sure|fine|that's fine|all right|alright|please do|you may|absolutely)"
)
"""A yes when nothing else is said; before other words it is only how people begin."""
_POLITE = (
    r"(?:gracias|muchas gracias|por favor|thank you|thanks|please|señorita|señora|usted|the call|la llamada|it|you can)"
)
_PLAIN_NO = r"(?:no|nope|mejor no|prefiero que no|prefer[ií]r[ií]a que no|I'd rather (?:you didn't|not)|rather not)"
_TAKEN_BACK = re.compile(
    r"\b(?:no|deje|dejen|deja|pare|paren|para)\b[^.?!]{0,25}\bgr[aá]b"
    r"|\bborr\w+[^.?!]{0,15}\bgrab"
    r"|\b(?:don't|do not|didn't|stop|without|not)\b[^.?!]{0,25}\brecord"
    r"|\b(?:delete|erase)[^.?!]{0,15}\brecording",
    re.IGNORECASE,
)
_YES = re.compile(rf"{_BEFORE}{_PLAIN_YES}\b", re.IGNORECASE)
_ONLY_YES = re.compile(rf"{_BEFORE}(?:(?:{_PLAIN_YES}|{_SOFT_YES}|{_POLITE})(?:\W+|$))+$", re.IGNORECASE)
_NO = re.compile(rf"{_BEFORE}{_PLAIN_NO}\b", re.IGNORECASE)
_ONLY_NO = re.compile(rf"{_BEFORE}(?:(?:{_PLAIN_NO}|{_POLITE})(?:\W+|$))+$", re.IGNORECASE)

Stand = Literal["unasked", "asked", "agreed", "refused"]


class Tape(Protocol):
    """Keeps the sound of one call."""

    def start(self) -> None:
        """From here on both sides are kept."""
        ...

    async def discard(self) -> None:
        """Nothing more is kept, and nothing stays of what was."""
        ...


class Consent:
    """What one caller says to being recorded, and what becomes of the `tape`."""

    def __init__(self, tape: Tape):
        self._tape = tape
        self._question: Say
        self._stand: Stand = "unasked"

    async def ask(self, call: Call) -> Say:
        """The question, put on record."""
        self._stand, self._question = "asked", await call.say(call.phrase("recording_question"))
        await call.note(Recording("asked"))
        return self._question

    def reply(self, call: Call, heard: Utterance) -> str:
        """The phrase that answers `heard`, where it is about being recorded and nothing else; "" where it is not."""
        taken_back = bool(_TAKEN_BACK.search(heard.text))
        if self._stand == "agreed":
            return "recording_erased" if taken_back else ""
        if self._stand != "asked" or not self._was_heard(call):
            return ""
        if taken_back or _ONLY_NO.match(heard.text):
            return "recording_refused"
        return "recording_agreed" if _ONLY_YES.match(heard.text) else ""

    async def heed(self, call: Call, heard: Utterance) -> None:
        """Does what they said; to be called once they have finished saying it. Raises CallClosed, EngineError."""
        if self._stand == "agreed":
            if _TAKEN_BACK.search(heard.text):
                self._stand = "refused"
                await self._tape.discard()
                await call.note(Recording("erased"))
            return
        if self._stand != "asked":
            return
        yes = self._was_heard(call) and agrees(heard.text)
        self._stand = "agreed" if yes else "refused"
        if yes:
            await call.note(Recording("agreed", round(call.elapsed(), 3)))
            self._tape.start()
        else:
            await call.note(Recording("refused"))

    def _was_heard(self, call: Call) -> bool:
        """Whether the question came through; one whose playback nobody has told of yet did."""
        return not any(
            isinstance(body, Played)
            and body.said == self._question.id
            and len(body.heard_text) < HEARD * len(self._question.text)
            for body in call.bodies
        )


def agrees(text: str) -> bool:
    """Whether `text`, in Spanish or English, is a plain yes to being recorded, whatever else is said after it."""
    if _TAKEN_BACK.search(text):
        return False
    return bool(_YES.match(text) or _ONLY_YES.match(text))
