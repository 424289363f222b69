"""An edit in the study is heard on the next turn of a running call: the whole house, every engine real."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from server import create_app
from settings import Settings

WITHIN_S = 1.0


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_an_edit_is_in_force_within_a_second(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path, model="house", voice="pyttsx3", max_calls=2))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):
        await app.state.front.readiness.warm_up()
        call = (await client.post("/api/calls", json={"line": "text", "language": "es"})).json()["id"]

        async def hear(text: str) -> str:
            answer = await client.post(f"/api/calls/{call}/utterances", json={"text": text})
            return " ".join(answer.json()["said"])

        parking = (await client.get("/api/preferences/parking")).json()
        before = await hear("¿Dónde puedo aparcar cuando vaya a verles?")
        began = time.perf_counter()
        text = {
            "es": "Aparque en el garaje de la calle Toledo, planta tres.",
            "en": "Park in the Toledo street garage.",
        }
        edited = await client.put("/api/preferences/parking", json={"version": parking["version"], "text": text})
        spent = time.perf_counter() - began
        assert edited.status_code == 200 and edited.json()["version"] == parking["version"] + 1
        after = await hear("Perdone, ¿dónde puedo aparcar?")
        assert "Toledo" in after and "Toledo" not in before
        assert spent < WITHIN_S, f"{spent:.2f} s from save to use"
        print(f"{spent * 1000:.0f} ms from save to use")

        became = await client.put("/api/preferences/parking", json={"version": 2, "audience": "nobody"})
        assert became.status_code == 200
        assert "Toledo" not in await hear("¿Me repite dónde puedo aparcar, por favor?")
