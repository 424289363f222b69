"""What an utterance is for: sure patterns first, then the nearest example."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from calls.ports import Embed
from calls.words import LANGUAGES, Language
from prompts import Examples

NEAR = 0.40
"""Centred cosine from which the nearest example counts; set by leave-one-out over the examples."""
VERY_NEAR = 0.60
"""The same for intents that carry no content: taking a reason for a "wait" costs more than asking again."""


class Intent(StrEnum):
    GREETING = "greeting"
    ASKS_EXECUTIVE = "asks_executive"
    WHERE_IS = "where_is"
    QUESTION = "question"
    STATES_REASON = "states_reason"
    LEAVE_MESSAGE = "leave_message"
    WANTS_CALLBACK = "wants_callback"
    NO_CALLBACK = "no_callback"
    BOOK = "book"
    SALES = "sales"
    WRONG_NUMBER = "wrong_number"
    ARE_YOU_HUMAN = "are_you_human"
    WHO_ARE_YOU = "who_are_you"
    ASKS_PERSON = "asks_person"
    REPEAT = "repeat"
    SLOWER = "slower"
    WAIT = "wait"
    AFFIRM = "affirm"
    DENY = "deny"
    CORRECT = "correct"
    GOODBYE = "goodbye"
    NOTHING_ELSE = "nothing_else"
    THANKS = "thanks"
    HOW_ARE_YOU = "how_are_you"
    SPEAK_ES = "speak_es"
    SPEAK_EN = "speak_en"
    NOT_TELLING = "not_telling"
    NEVER_MIND = "never_mind"


CONTENT = frozenset(
    {
        Intent.ASKS_EXECUTIVE,
        Intent.WHERE_IS,
        Intent.QUESTION,
        Intent.STATES_REASON,
        Intent.LEAVE_MESSAGE,
        Intent.WANTS_CALLBACK,
        Intent.BOOK,
        Intent.SALES,
        Intent.ASKS_PERSON,
    }
)
"""Intents that carry what the call is about."""

_YES_ES = r"(?:s[ií]|claro|vale|exacto|eso es|correcto|de acuerdo|perfecto|muy bien|est[áa] bien|me va bien|bueno|por favor|as[ií] es|adelante|desde luego|por supuesto|me parece bien|efectivamente|es[ea] mismo|al mismo)"
_YES_EN = r"(?:yes|yeah|yep|yup|sure|correct|right|exactly|that'?s (?:it|right|fine|correct)|ok(?:ay)?|fine|perfect|please do|please|of course|go ahead|that works|sounds good|absolutely|great|the same(?: one| number)?)"
_SURE: dict[Intent, str] = {
    Intent.GREETING: r"^\W*(hola|buen[oa]s|buen d[ií]a|d[ií]game|hello|hi\b|hey|good (morning|afternoon|evening))",
    Intent.THANKS: r"\b(gracias|te lo agradezco|se lo agradezco|thank(s| you))\b",
    Intent.GOODBYE: r"\b(adi[oó]s|chao|goodbye|good bye|bye|see you|have a (nice|good) (day|one|evening))\b|(^|[,.;!]\s*|\by |\bbueno |\bgracias )(hasta (luego|pronto|ma[ñn]ana|otra))\b",
    Intent.NEVER_MIND: r"\b(d[ée]jelo|d[ée]jalo|no importa|da igual|olv[íi]delo|never ?mind|forget it|doesn'?t matter)\b",
    Intent.NOTHING_ELSE: r"\b(nada m[áa]s|eso es todo|es(o)? era todo|con eso (vale|basta)|nothing else|that'?s all|that('ll| will) be all|that is all)\b",
    Intent.AFFIRM: rf"^\W*((ah|eh|oh|well|pues|bueno|mm+|aj[áa])\W+)?({_YES_ES}|{_YES_EN})\b(?!\W*no\b)",
    Intent.DENY: r"^\W*((ah|eh|oh|well|pues|bueno|mm+)\W+)?(no|nop?e?|nah|qu[ée] va|mejor no|tampoco|not really|rather not)\b(?! s[ée] si\b)",
    Intent.CORRECT: r"\b(no,? (es|era|termina|acaba|empieza|me llamo|soy|it'?s|my name)|me he equivocado al|quer[ií]a decir|corrijo|I meant|actually|in fact)\b",
    Intent.REPEAT: r"(\b(c[óo]mo dice|c[óo]mo has dicho|qu[ée] (ha|has) dicho|rep[ií]t[ae](me|lo)?|puede(s)? repetir|no (le|te) he (o[ií]do|entendido)|say that again|repeat( that)?|pardon|what did you say|come again|didn'?t (catch|hear|get) (that|you))\b|^\W*(c[óo]mo|perd[óo]n|qu[ée]|sorry|what)\W*\?)",
    Intent.SLOWER: r"\b(m[áa]s despacio|m[áa]s lento|slow(er)?( down)?|not so fast|muy r[áa]pido)\b",
    Intent.WAIT: r"\b(un (momento|segundo|momentito|segundito|minuto)\b|esper[ae]\b|hold on|one (moment|second|sec|minute)|just a (moment|second|sec|minute)|wait a|hang on|bear with me)",
    Intent.ARE_YOU_HUMAN: r"\b((es|eres|esto es|sois|hablo con|hablando con) (usted |t[úu] )?(una? )?(robot|m[áa]quina|bot|ordenador|inteligencia artificial|ia|human[oa]|persona( de verdad| real)?|contestador|grabaci[óo]n)|are you (a |an )?(real|human|robot|machine|bot|ai|person|computer|recording)|is this (a |an )?(robot|machine|bot|ai|recording|real person)|(talking|speaking) to (a |an )?(robot|machine|bot|ai|computer|real person|recording))\b",
    Intent.WHO_ARE_YOU: r"\b(qui[ée]n (es|eres) (usted|t[úu])|con qui[ée]n (hablo|estoy hablando)|c[óo]mo (se llama usted|te llamas)|who (are you|is this|am i (speaking|talking) (to|with))|what'?s your name)\b",
    Intent.ASKS_PERSON: r"\b((hablar|p[áa]s[ae]me|p[óo]ngame|ponme|pasar(me)?|comunicar(me)?) con (una persona|alguien|un humano|una humana|(su|tu|la) asistente)|(speak|talk|put me through|connect me) (to|with) (a |an )?(real )?(person|human|someone|somebody|the assistant|your assistant))\b",
    Intent.NO_CALLBACK: r"\b(no hace falta que (me )?(llam\w+|devuelv\w+)|no (need|necesito que) (to call|me llam\w+|for a call)|que no me llamen|don'?t (need|have) to call|no need to call)\b",
    Intent.WANTS_CALLBACK: r"(?<!falta )(?<!necesito )\b(que me (llame|devuelva la llamada|llamen)|me (puede|pueden|podr[ií]a|podr[ií]an) llamar|(puede|pueden|podr[ií]a|podr[ií]an) llamarme|ll[áa]m[ea]n?me|devolver(me)? la llamada|(?<!not )(?<!to )call me( back)?\b(?! (?-i:[A-Z]))|call(ed)? back|callback|return my call)",
    Intent.LEAVE_MESSAGE: r"\b((dejar?(le)?|tomar?|dar(le)?|tome|deje)( usted)? (un |el |este )?(recado|mensaje|aviso|nota)|(?<!gu)d[ií]g(a|as)(le|selo)|d[ií](le|selo)\b|av[ií]s(e|a)(le|la|lo)|que sepa que|leave (a |her a |him a |you a )?message|take (a |my )?message|give (her|him|them) (a |the |this |my )?message|tell (her|him|them)|let (her|him|them) know|un recado|a message)\b",
    Intent.BOOK: r"\b((pedir|concertar|reservar|agendar|fijar|cambiar|cerrar|organizar) (una |la |mi |hora|un )?(cita|reuni[óo]n|hora|visita|hueco)|(make|book|schedule|arrange|set up|reschedule) (a|an|the|our|my) (appointment|meeting|call|visit|time)|book (some )?time|tener una reuni[óo]n con|meet (with )?(her|him))\b",
    Intent.ASKS_EXECUTIVE: r"\b((hablar|comunic[ae]r?(me)?|p[áa]s[ae]r?(me)?|p[óo]n(ga|er)?(me)?|pone) con (?!una persona|alguien|un humano|una humana|su asistente|tu asistente|la asistente)|puede ponerse|(speak|talk|put (me )?through|connect me) (to|with) (?!(a |an )?(real )?(person|human|someone|somebody)|the assistant|your assistant|you\b)|is (she|he|ms\.?|mr\.?|mrs\.?)( \w+)? (there|in|available|around|free))",
    Intent.WHERE_IS: r"\b(d[óo]nde (est[áa]|anda|para)|(a qu[ée] hora|cu[áa]ndo) (vuelve|llega|regresa|estar[áa]|podr[ií]a hablar)|por qu[ée] no (puede|se pone|est[áa])|where('s| is) (she|he|ms|mr|the boss)|when (will|is|does) (she|he|they) (be )?(back|return|in|available|free|get back)|why can'?t (she|he))\b",
    Intent.SALES: r"\b(ofrecer(le|les)|una oferta|ofertas? (de|para)|nuestr[oa]s? (servicios?|productos?|soluci\w+|tarifas?)|promoci[óo]n|descuento|compañ[ií]a (el[ée]ctrica|telef[óo]nica)|special offer|our (services?|products?|solutions?|rates?)|a (better|great) (deal|rate|offer)|offer you|discount|extended warranty)\b",
    Intent.WRONG_NUMBER: r"\b(me he (equivocado|confundido)( de n[úu]mero)?\b(?! al (decir|dar))|n[úu]mero equivocado|wrong number|dialled wrong|dialed wrong|misdial\w*)",
    Intent.HOW_ARE_YOU: r"\b(qu[ée] tal( est[áa]s?)?\W*\?|c[óo]mo (est[áa]s?|va( todo)?)( usted)?\W*\?|how are you|how'?s it going|how do you do)",
    Intent.SPEAK_ES: r"\b(habl[ae]s?( usted)? (en )?(español|castellano)|en (español|castellano)|(speak|in) spanish)\b",
    Intent.SPEAK_EN: r"\b(habl[ae]s?( usted)? (en )?ingl[ée]s|en ingl[ée]s|(speak|in) english)\b",
    Intent.NOT_TELLING: r"\b(prefiero no (decir|dar)\w*|no (se lo|te lo) (voy a )?(digo|decir)|no (le|te) (voy a )?(doy|dar)|es (privado|personal|confidencial)|asunto (privado|personal|confidencial)|(ya )?(lo|la|me) tiene\b(?! que)|ya tienen? (mi|el)|rather not say|none of your business|i won'?t (say|tell)|it'?s (private|personal|confidential)|(he|she) (already )?(has|knows) (it|my))\b",
    Intent.STATES_REASON: r"\b(llam(o|aba|ábamos|amos) (por|para|de parte|sobre|porque|a prop[óo]sito)|es (por|sobre|acerca|referente|para)|(se trata|era) (de|por|sobre)|calling (about|because|regarding|to)|it'?s (about|regarding|to do with|concerning)|it is (about|regarding)|with regard|tengo un problema|i have a problem)\b",
}
_ASKS = re.compile(
    r"[¿?]|^\W*((y|pero|oiga|perdone|disculpe|and|but|excuse me)\W+)?(qu[ée]|c[óo]mo|cu[áa]ndo|d[óo]nde|cu[áa]l(es)?|cu[áa]nt\w+|a qu[ée]|what|how|when|where|which|whose|do you|does|is there|are there|can i|may i)\b"
    r"|\b(quer[ií]a|quisiera|necesito|me gustar[ií]a|podr[ií]a) (saber|preguntar|confirmar|decirme)|(like|want(ed)?|need) to (know|ask)|wondering (if|whether|how|what)|me puede decir|could you tell me|can you tell me|do you know|sabe (si|cu[áa]ndo|d[óo]nde)",
    re.IGNORECASE,
)
_SURE_RE = {intent: re.compile(pattern, re.IGNORECASE) for intent, pattern in _SURE.items()}


def sure_intents(text: str) -> frozenset[Intent]:
    """What the words themselves say beyond doubt."""
    text = text.replace("’", "'")
    found = {intent for intent, pattern in _SURE_RE.items() if pattern.search(text)}
    if Intent.NO_CALLBACK in found:
        found.discard(Intent.WANTS_CALLBACK)
    if Intent.NOTHING_ELSE in found:
        found.discard(Intent.DENY)
    return frozenset(found)


def asks(text: str) -> bool:
    """Whether `text` has the form of a question."""
    return bool(_ASKS.search(text))


class Intents:
    """Finds intents. The examples are embedded once, at the first use or by `warm`. Thread-safe after that."""

    def __init__(self, examples: Sequence[Examples], embed: Embed):
        self._examples = examples
        self._embed = embed
        self._found: dict[str, frozenset[Intent]] = {}

    def warm(self) -> None:
        """Embeds the examples, some seconds of one core."""
        _ = self._vectors

    def of(self, text: str, language: Language) -> frozenset[Intent]:
        """The intents of `text`; a set without content intents when nothing is near enough."""
        if (known := self._found.get(text)) is not None:
            return known
        if len(self._found) > 4096:
            self._found.clear()
        sure = sure_intents(text)
        found = sure if not self._needs_a_look(text, sure) else sure | self._near(text, language, sure)
        self._found[text] = found
        return found

    def _needs_a_look(self, text: str, sure: frozenset[Intent]) -> bool:
        return len(re.findall(r"\w+", text)) > 2 and sure <= {Intent.GREETING, Intent.THANKS}

    def _near(self, text: str, language: Language, sure: frozenset[Intent]) -> frozenset[Intent]:
        intent, score = self.nearest(text, language)
        if score >= (NEAR if intent in CONTENT else VERY_NEAR):
            return frozenset({intent})
        return frozenset({Intent.QUESTION}) if asks(text) else frozenset()

    def nearest(self, text: str, language: Language) -> tuple[Intent, float]:
        """The intent with the nearest example, and its centred cosine in -1..1."""
        vectors, intents, centres = self._vectors
        query = _normal(np.asarray(self._embed([text]))[0] - centres[language])
        scores = vectors @ query
        best = int(np.argmax(scores))
        return intents[best], float(scores[best])

    @cached_property
    def _vectors(self) -> tuple[NDArray[np.float32], list[Intent], dict[Language, NDArray[np.float32]]]:
        rows, intents, centres = [], [], {}
        for language in LANGUAGES:
            texts = [text for each in self._examples for text in each.texts[language]]
            intents += [Intent(each.intent) for each in self._examples for _ in each.texts[language]]
            vectors = np.asarray(self._embed(texts), dtype=np.float32)
            centres[language] = vectors.mean(axis=0)
            rows.append(_normal(vectors - centres[language]))
        return np.concatenate(rows), intents, centres


def _normal(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    normal: NDArray[np.float32] = vectors / np.maximum(lengths, 1e-9)
    return normal
