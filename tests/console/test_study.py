"""What the pages of the study ask of the house: looking before something is kept, the voice policy as a file, sound."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import yaml
from fastapi import FastAPI
from numpy.typing import NDArray

from calls.words import LANGUAGES, Language, Utterance
from console import look
from console import study as pages
from console.look import Pages
from console.study import agenda, sound
from tests.console.conftest import TheStudy

RATE = 24_000


async def speak(text: str, language: Language) -> AsyncGenerator[bytes]:
    """A voice that beeps 10 ms for each character."""
    for _ in text:
        yield (np.sin(np.arange(RATE // 100) / 5) * 9000).astype("<i2").tobytes()


async def hear(pcm: NDArray[np.float32], languages: Sequence[Language], current: Language) -> Utterance:
    """Ears that understand everything as the same question."""
    return Utterance("¿Dónde puedo aparcar?" if np.abs(pcm).max() > 0.01 else "", current, 0.9)


# --- the pages --------------------------------------------------------------------------------------


def test_every_word_is_there_in_both_languages() -> None:
    shown = Pages(pages._HERE)
    for name in pages.PAGES:
        words = shown.words(name)
        assert list(words["es"]) == list(words["en"]), name
        assert all(text and text == text.strip() for texts in words.values() for text in texts.values())
        assert {f"page_{each}" for each in pages.PAGES} <= set(words["en"])


async def test_the_pages_are_told_in_the_reader_s_language_and_carry_no_data() -> None:
    app = FastAPI()
    app.include_router(look.router)
    app.include_router(pages.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as web:
        for path in pages.PAGES.values():
            for language in LANGUAGES:
                page = await web.get(f"{path}?lang={language}")
                assert page.status_code == 200 and f'<html lang="{language}">' in page.text
                assert "default-src 'none'" in page.headers["content-security-policy"]
                assert "style=" not in page.text and "onclick=" not in page.text
        for name in ("words.yaml", "faults.yaml", "base.html", "__init__.py", "nothing"):
            assert (await web.get(f"/study/{name}")).status_code == 404
        assert (await web.get("/study/study.js")).headers["content-type"].startswith("text/javascript")


# --- looking before keeping -------------------------------------------------------------------------


async def test_a_file_is_looked_at_before_it_comes_in(study: TheStudy) -> None:
    text = "id,text_es\ncoats,El guardarropa está abajo.\nparking,Aparque al sur.\n"
    seen = await study.ask("POST", "preferences/import/preview", name="p.csv", text=text)
    assert seen == {
        "added": 1,
        "changed": 1,
        "examples": [
            {"id": "coats", "is": "added", "told": "El guardarropa está abajo."},
            {"id": "parking", "is": "changed", "told": "Aparque al sur."},
        ],
    }
    assert (await study.get("imports"))["items"] == []
    await study.ask("POST", "preferences/import", 201, name="p.csv", text=text)
    assert await study.get("imports/waiting") == {"waiting": 0}
    seen = await study.ask("POST", "preferences/import/preview", name="p.csv", text=text)
    assert (seen["added"], seen["changed"]) == (0, 0)
    broken = await study.ask("POST", "contacts/import/preview", 422, name="c.vcf", text="BEGIN:VCARD\nnonsense\n")
    assert broken["errors"][0]["where"] == "c.vcf" and broken["errors"][0]["line"] and broken["errors"][0]["mend"]


async def test_a_greeting_is_checked_before_it_is_saved(study: TheStudy) -> None:
    told = await study.ask("POST", "voice-policy/check", greeting={"es": "Dígame.", "en": "Hello, an AI assistant."})
    assert [each["where"] for each in told["errors"]] == ["greeting.es"]
    greeting = {"es": "Soy Clara, la asistente virtual.", "en": "Hello, this is Clara, an AI assistant."}
    assert await study.ask("POST", "voice-policy/check", greeting=greeting) == {"errors": []}
    assert (await study.get("voice-policy"))["version"] == 1


async def test_the_voice_policy_is_written_as_its_file(study: TheStudy) -> None:
    file = await study.get("voice-policy/file")
    policy = yaml.safe_load(file["text"])
    policy["receptionist"]["name"] = "Lucía"
    policy["prefer"] = ["enseguida"]
    text = yaml.safe_dump(policy, allow_unicode=True)
    kept = await study.ask("PUT", "voice-policy/file", version=file["version"], text=text)
    assert (kept["version"], kept["receptionist"]["name"], kept["prefer"]) == (2, "Lucía", ["enseguida"])
    assert study.knowledge.policy.prefer == ("enseguida",)
    stale = await study.ask("PUT", "voice-policy/file", 409, version=1, text=text)
    assert "receptionist.name" in [each["field"] for each in stale["changes"]]
    broken = await study.ask("PUT", "voice-policy/file", 422, version=2, text="greeting: {es: hola}\nexecutive: [")
    assert broken["errors"][0]["where"] == "voice.yaml" and broken["errors"][0]["line"]


async def test_the_sandbox_shows_what_it_stands_on(study: TheStudy) -> None:
    told = await study.ask("POST", "preferences/ask", question="¿dónde puedo aparcar?", language="es")
    assert told["said"] == ["Puede aparcar en la entrada norte."] and told["preferences"][0]["id"] == "parking"
    assert (told["language"], told["steps"], told["checks"]) == ("es", [], [])


# --- sound ------------------------------------------------------------------------------------------


async def test_a_text_is_spoken_and_a_microphone_heard(study: TheStudy) -> None:
    study.house.app.include_router(sound.router(speak, RATE, hear))
    client = study.house.client
    answer = await client.post("/api/sandbox/speak", json={"text": "Buenos días.", "language": "es"})
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as spoken:
        assert (spoken.getframerate(), spoken.getnframes()) == (RATE, 12 * RATE // 100)
    said = (np.sin(np.arange(16_000) / 5) * 9000).astype("<i2").tobytes()
    heard = await client.post("/api/sandbox/hear?language=es", content=said)
    assert heard.json() == {"text": "¿Dónde puedo aparcar?", "language": "es", "confidence": 0.9}


async def test_what_is_no_sound_is_refused(study: TheStudy) -> None:
    study.house.app.include_router(sound.router(speak, RATE, hear))
    for sent in (b"", b"\0", b"\0" * 3201, b"\0" * (16_000 * 2 * 31)):
        assert (await study.house.client.post("/api/sandbox/hear", content=sent)).status_code == 422
    assert (await study.house.client.post("/api/sandbox/speak", json={"text": " "})).status_code == 422


async def test_a_calendar_file_is_brought_in_and_taken_out_again(study: TheStudy) -> None:
    study.house.app.include_router(agenda.router(lambda: study.knowledge, lambda: None))  # type: ignore[arg-type,return-value]
    noon = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Europe/Madrid"))
    assert (await study.get("study/calendar"))["brought"] is False
    assert study.knowledge.allows(noon, noon + timedelta(hours=1))
    event = (
        "BEGIN:VEVENT\nUID:a\nDTSTAMP:20261101T080000Z\nDTSTART:20261124T110000Z\nDTEND:20261124T120000Z\nEND:VEVENT\n"
    )
    file = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//EN\n{event}END:VCALENDAR\n"
    now = await study.ask("PUT", "study/calendar", name="mine.ics", text=file)
    assert now["brought"] and not now["followed"] and now["as_of"]
    assert not study.knowledge.allows(noon, noon + timedelta(hours=1))
    broken = await study.ask("PUT", "study/calendar", 422, name="mine.ics", text=file.replace("END:VEVENT", "END:V"))
    assert broken["errors"][0]["where"] == "mine.ics" and broken["errors"][0]["line"]
    await study.knowledge.reload()
    assert not study.knowledge.allows(noon, noon + timedelta(hours=1)), "the last good one, and after a restart too"
    assert (await study.house.client.delete("/api/study/calendar")).status_code == 204
    assert study.knowledge.allows(noon, noon + timedelta(hours=1))
