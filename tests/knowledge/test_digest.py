"""The digest: readable in 90 seconds on any day, in both languages, most pressing first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.notices import NotSent
from calls.words import LANGUAGES, Language, Person
from knowledge.digest import MOST_QUESTIONS, MOST_WORDS, Day, Digest, count_words, digest, spoken
from knowledge.digest_post import DigestPost
from knowledge.proposals import Proposal, Quote
from tests.doubles import MONDAY, POLICY
from tests.knowledge.test_autonomy import Log

ZONE = ZoneInfo("Europe/Madrid")
WORDS = st.text("abcdeñ ,.;«»\n", max_size=300).map(lambda text: text.strip() or "nada")


def message(reason: str = "los planos", urgency: str = "normal", name: str | None = "Ana Ruiz") -> dict[str, Any]:
    return {"id": "m", "reason": reason, "urgency": urgency, "from_name": name, "number": "+34600111222", "caller": {}}


def promise(text: str, hours: float | None, name: str = "Luis") -> dict[str, Any]:
    due = None if hours is None else (MONDAY + timedelta(hours=hours)).isoformat()
    return {"id": "p", "text": text, "due": due, "warned_at": None, "caller": {"name": name, "number": None}}


def proposal(question: str, count: int = 1) -> Proposal:
    quote = Quote("c", 2, "2026-11-23T09:00:00+00:00", question, "es")
    return Proposal("q", "unanswered", question, (quote,), count, {"text": {"es": "Lo consulto."}}, (("c", 2),))


def ready(action: str = "book") -> dict[str, Any]:
    return {"action": action, "circle": "known", "accepted": 20, "reviewed": 20, "ready": True}


DAYS = st.builds(
    Day,
    st.just(MONDAY),
    st.just(ZONE),
    st.lists(st.just({"outcome": "message"}), max_size=400),
    st.lists(st.builds(message, WORDS, st.sampled_from(["low", "normal", "high"]), st.none() | WORDS), max_size=40),
    st.lists(st.builds(promise, WORDS, st.none() | st.floats(-50, 200), WORDS), max_size=40),
    st.just(()),
    st.lists(st.builds(ready, st.sampled_from(["book", "decline", "answer"])), max_size=12),
    st.lists(st.builds(proposal, WORDS, st.integers(1, 90)), max_size=20),
)


@settings(max_examples=40)
@given(DAYS, st.sampled_from(LANGUAGES))
def test_any_day_is_read_in_90_seconds(day: Day, language: Language) -> None:
    page = digest(day, language)
    assert page.words == count_words(page.text) <= MOST_WORDS
    assert len(page.sections["questions"]) <= MOST_QUESTIONS
    shown = sum(len(items) for items in page.sections.values()) + sum(page.left_out.values())
    everything = len(day.messages) + len(day.promises) + len(day.ready) + min(len(day.proposals), MOST_QUESTIONS)
    assert shown == everything, "what is not shown is counted"
    numbers = sorted(page.numbered)
    assert numbers == list(range(1, len(numbers) + 1))
    assert count_words(" ".join(spoken(day, language))) <= 190


def test_the_most_pressing_comes_first_and_everything_has_its_place() -> None:
    day = Day(
        MONDAY, ZONE, [{"outcome": "message"}] * 3, [message(), message("se ha caído la red", "high")],
        [promise("Devolver la llamada", 3), promise("Enviar la factura", 72)], [], [ready()],
        [proposal("¿Tienen aparcamiento para bicis?", 4)],
    )  # fmt: skip
    text = digest(day, "es").text
    assert text.startswith("3 llamadas desde ayer a esta hora; 3 resueltas sin molestarle.")
    assert "- Urgente, de Ana Ruiz: se ha caído la red." in text
    assert "1. ¿Puedo dar citas sin preguntar a conocidos? 20 de 20 veces estuvo bien." in text
    assert "- Vence hoy a las 13:00. Luis: Devolver la llamada." in text
    assert "2. «¿Tienen aparcamiento para bicis?» (4 veces). ¿Qué contesto?" in text
    assert text.index("DECISIONES") < text.index("HECHO POR USTED") < text.index("PROMESAS") < text.index("PREGUNTAS")
    assert "Se ha caído" not in (page := digest(Day(MONDAY, ZONE), "en")).text and "A quiet day" in page.text
    assert "<h2>Decisiones</h2>" in digest(day, "es").html


def test_what_callers_said_is_text_in_the_mail() -> None:
    page = digest(Day(MONDAY, ZONE, messages=[message("<script>alert(1)</script>")]), "en")
    assert "<script>" not in page.html


class Mails:
    """A mail server that is down as often as `fails` says."""

    def __init__(self, fails: int = 0):
        self.fails, self.sent = fails, list[str]()

    async def mail(self, answerable: bool = False) -> Digest:
        return digest(Day(MONDAY, ZONE, proposals=[proposal("¿Hay wifi?")]), "es")

    async def send(self, id: str, to: str, subject: str, text: str, html: str) -> bool:
        if self.fails:
            self.fails -= 1
            raise NotSent("the mail server could not be reached", again=True)
        self.sent.append(to)
        return True


async def test_the_digest_is_mailed_once_a_day_when_the_office_closes() -> None:
    at, mails, log = MONDAY, Mails(fails=1), Log()
    policy = replace(POLICY, executive=Person("Elena Vidal", email="elena@vidal.example"))
    post = DigestPost(mails, log, lambda: policy, mails.send, lambda: at)
    assert not await post.round(), "not yet"
    at = MONDAY.replace(hour=17, minute=31)
    with pytest.raises(NotSent):
        await post.round()
    assert await post.round() and not await post.round() and mails.sent == ["elena@vidal.example"]
    (kept,) = await log.all("digest")
    assert len(kept["id"]) == 32 and kept["numbers"] == {"1": ["question", proposal("¿Hay wifi?").id]}
    again = DigestPost(mails, log, lambda: policy, mails.send, lambda: at)
    assert not await again.round(), "nor after a restart"
    at = at.replace(day=28)
    assert not await again.round(), "nor on a Saturday"
    assert not await DigestPost(mails, Log(), lambda: POLICY, mails.send, lambda: MONDAY.replace(hour=18)).round()
