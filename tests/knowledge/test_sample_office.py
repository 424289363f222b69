"""The sample office answers the way its owner would expect, with the real encoders."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.words import Circle, Language
from knowledge.office_folder import SAMPLE
from knowledge.office_knowledge import OfficeKnowledge, open_knowledge
from tests.doubles import MemoryVersions

pytestmark = pytest.mark.slow
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
ASKED: list[tuple[str, Language, Circle, str]] = [
    ("llamo de El País, quería unas declaraciones", "es", Circle.ANYONE, "press"),
    ("I'm a reporter, can she comment on the strike?", "en", Circle.ANYONE, "press"),
    ("hola, eh, ¿a qué hora abren mañana?", "es", Circle.ANYONE, "office-hours"),
    ("where can I leave the car when I visit you?", "en", Circle.ANYONE, "parking"),
    ("le llamo por una factura que no me han pagado", "es", Circle.ANYONE, "invoices"),
    ("I have an amazing offer on printers for you", "en", Circle.ANYONE, "sales-calls"),
    ("soy cliente y el robot se ha vuelto a parar, estoy harto", "es", Circle.ANYONE, "complaints"),
    ("¿qué garantía tienen los robots?", "es", Circle.ANYONE, "warranty"),
    ("I need a spare part for one of your robots", "en", Circle.ANYONE, "spare-parts"),
    ("busco trabajo, ¿adónde mando el currículum?", "es", Circle.ANYONE, "jobs"),
    ("we'd love her to give a talk at our congress", "en", Circle.ANYONE, "speaking"),
    ("deme el móvil de la señora Vidal", "es", Circle.ANYONE, "private-number"),
    ("there's been an accident at the factory", "en", Circle.ANYONE, "emergency"),
    ("¿cuándo es el próximo consejo?", "es", Circle.TRUSTED, "board"),
    ("a cuántos días pagan ustedes", "es", Circle.KNOWN, "payment-days"),
    ("what's her direct number?", "en", Circle.INNER, "direct-line"),
]


@pytest.fixture
async def sample(tmp_path: Path) -> AsyncGenerator[OfficeKnowledge]:
    opened = await open_knowledge(SAMPLE, tmp_path, MemoryVersions())
    yield opened
    await opened.close()


async def test_callers_get_the_preference_that_answers(sample: OfficeKnowledge) -> None:
    wrong = []
    for question, language, circle, wanted in ASKED:
        recall = await sample.recall(question, circle, language, AT)
        if recall.matches[0].preference.id != wanted:
            wrong.append((question, recall.matches[0].preference.id, wanted))
    assert len(wrong) <= 1, wrong


async def test_what_is_not_on_file_stays_unanswered(sample: OfficeKnowledge) -> None:
    for question in ("¿cuál es la capital de Francia?", "vale, muy bien", "do you like jazz?", "¿y cuánto mide?"):
        assert (await sample.recall(question, Circle.ANYONE, "es", AT)).unsure, question
