"""The page `/desk` in a real Chromium: what staff see and do while callers are on the line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Page, Route, expect

from calls.bridge import Bridge
from calls.call import Call
from calls.turn import take_turn
from calls.wire import Pcm
from calls.words import (
    HandOff,
    HandOffPolicy,
    Line,
    Message,
    Promise,
    Reason,
    Recalled,
    ScreenedText,
    Sentence,
    Topic,
    Utterance,
    Verdict,
)
from console import call as call_page
from console import desk as desk_page
from console import look
from console.desk import seat
from prompts import Phrasebook
from tests.console.browser import IN_A_BROWSER, accessible, by_keyboard, chromium, fits
from tests.console.conftest import House, OpenHouse, served
from tests.doubles import MONDAY, POLICY, OpenDoor, ScriptedMind, SmallKnowledge
from tests.lines.doors import until

pytestmark = IN_A_BROWSER
RING: list[object] = [HandOff(Reason.ASKED_FOR_PERSON), "Un momento."]
LOUD = """
window.told = []; window.tones = 0;
window.Notification = class { constructor(title, more) { told.push([title, more.body]); } close() {}
  static permission = "granted"; };
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { tones += 1; start.call(this, at); };
"""
"""Counts what the page shows outside itself, and its tones."""
NASTY = "<script>document.title = 'mine'</script><img src=x onerror=document.title='mine'>"


ON_FILE: dict[str, Any] = {
    "voice-policy": {"assistant": {"name": "Marta Ríos"}, "hand_off": {"ring_seconds": 25}},
    "preferences": {"items": [{"id": "opening-hours", "text": {"es": "Abrimos a las nueve"}}], "next": None},
    "reviews**": {"items": [], "next": None},
}
"""What the study would tell."""


async def tell(told: Any, route: Route) -> None:
    await route.fulfill(json=told)


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, a page that is there is not taken for gone."""
    for patience in ("GONE_AFTER_S", "SIT_WITHIN_S"):
        monkeypatch.setattr(seat, patience, 60.0)


@dataclass
class Phone:
    """A caller's end of a call with sound: a wire that says `says` over and over and keeps what it is sent."""

    says: Pcm
    rate: int = 8000
    marks: bool = False
    heard: list[Pcm] = field(default_factory=list)
    on_mark: Callable[[str], None] = print
    on_keys: Callable[[str], None] = print

    async def frames(self) -> AsyncGenerator[Pcm]:
        while True:
            await asyncio.sleep(0.02)
            yield self.says

    async def send(self, pcm: Pcm) -> None:
        self.heard.append(pcm)

    async def mark(self, name: str) -> None: ...

    async def clear(self) -> None: ...

    async def hang_up(self) -> None: ...


@dataclass
class SoundDoor(OpenDoor):
    """A door with a wire behind it."""

    bridge: Bridge | None = None

    async def listen(self) -> None:
        assert self.bridge
        async with aclosing(self.bridge.frames()) as frames:
            async for _ in frames:
                pass


def bridge_of(call: Call) -> Bridge | None:
    return call.door.bridge if isinstance(call.door, SoundDoor) else None


async def in_words(call: Call, rate: int, frames: AsyncIterator[Pcm]) -> AsyncGenerator[Sentence]:
    """Ears that take a second of sound for a sentence."""
    samples = 0
    async for pcm in frames:
        samples += len(pcm)
        if samples >= rate:
            samples = 0
            yield Sentence("Soy Marta, quedamos el jueves.", "es")


def at_an_address(house: House) -> AbstractAsyncContextManager[str]:
    """The house with its desk, at a real address."""
    return served(house, look.router, desk_page.router, call_page.router(lambda: ""), seat.router(bridge_of, in_words))


@asynccontextmanager
async def a_page(forgive: str = "") -> AsyncGenerator[Page]:
    """A page that is told what a study would tell."""
    async with chromium(forgive) as page:
        for path, told in ON_FILE.items():
            await page.route(f"**/api/{path}", partial(tell, told))
        yield page


@asynccontextmanager
async def at_the_desk(house: House, language: str = "en", forgive: str = "") -> AsyncGenerator[Page]:
    """Somebody who has just opened the page."""
    async with at_an_address(house) as base, a_page(forgive) as page:
        await page.goto(f"{base}/desk?lang={language}")
        await expect(page.locator("#link[data-state=connected]")).to_be_visible()
        yield page
        await page.goto("about:blank")


def found(house: House, call_id: str) -> Call:
    call = house.front.switchboard.find(call_id)
    assert call
    return call


def card(page: Page, call_id: str) -> Any:
    return page.locator(f'.card[data-id="{call_id}"]')


async def test_a_call_is_seen_as_it_is_spoken(house: House) -> None:
    async with at_the_desk(house) as page:
        await expect(page.locator("#nobody")).to_be_visible()
        call_id = await house.dial(name="Luis Prieto", number="+34600111222")
        await expect(card(page, call_id).locator(".who")).to_have_text("Luis Prieto")
        found(house, call_id).overhear("Quería hab", "es")
        await expect(card(page, call_id).locator("li.passing")).to_contain_text("Quería hab")
        await by_keyboard(page, f'.card[data-id="{call_id}"] .who')
        await expect(page.locator("#talk li.passing")).to_contain_text("Quería hab")
        await house.hear(call_id, "Quería hablar con la señora Vidal", confidence=0.82)
        await expect(page.locator("#talk li.caller:not(.passing)")).to_contain_text("Quería hablar con la señora Vidal")
        await expect(page.locator("#talk li.passing")).to_have_count(0)
        await expect(page.locator("#talk li.receptionist")).to_have_count(2)
        await expect(card(page, call_id).locator(".spark")).to_have_attribute("aria-label", "Heard at 82 %")
        await house.client.post(f"/api/calls/{call_id}/hang-up")
        await expect(card(page, call_id)).to_have_attribute("data-health", "ended")
        await expect(page.locator("#live_count")).to_have_text("0")


NEEDS = """
async () => {
  const { need } = await import("/desk/state.js"), now = 60_000;
  const well = { row: { circle: "anyone" }, confidences: [0.95, 0.95], unclear: 0, guarded: 0, failures: 0,
    ended: false, handOff: null, answered: true, staffed: false, heardAt: 0 };
  const rings = { handOff: { state: "ringing", rangAt: now } };
  return Object.fromEntries(Object.entries({
    "over": { ended: true }, "well": {}, "guarded": { guarded: 1 }, "badly heard": { confidences: [0.95, 0.7, 0.7] },
    "a friend badly heard": { confidences: [0.95, 0.7, 0.7], row: { circle: "trusted" } },
    "unclear": { confidences: [0.95, 0.95, 0.4], unclear: 1 }, "waits": { answered: false, heardAt: now - 17_000 },
    "failed twice": { failures: 2 }, "rings": rings, "a friend rings": { ...rings, row: { circle: "inner" } },
  }).map(([name, more]) => [name, need({ ...well, ...more }, now)]));
}
"""
"""How much calls need a person that differ in one thing."""


async def test_the_call_that_needs_a_person_stands_first(house: House) -> None:
    async with at_the_desk(house) as page:
        ids = [await house.dial(name=name) for name in ("Ana", "Bea", "Carla")]
        await house.hear(ids[2], "¿Cómo dice?", confidence=0.2)
        await house.hear(ids[2], "No le oigo", confidence=0.3)
        await found(house, ids[1]).note(ScreenedText("in", Verdict.BLOCK, Topic.POLITICS))
        await expect(page.locator(".card .who")).to_have_text(["Carla", "Bea", "Ana"])
        await expect(card(page, ids[2]).locator(".badge")).to_contain_text("Needs help")
        needs = await page.evaluate(NEEDS)
        assert list(needs) == sorted(needs, key=lambda name: needs[name]), "each needs a person more than the last"
        assert needs["well"] < 20 <= needs["unclear"] < 45 <= needs["failed twice"]


async def test_a_hand_off_rings_and_is_accepted_by_one_key(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING]))
    async with at_the_desk(house) as page:
        await page.add_init_script(LOUD)
        await page.reload()
        await page.locator("#bell").click()
        await expect(page.locator("#bell")).to_have_attribute("aria-pressed", "true")
        call_id = await house.dial(name="Luis Prieto")
        await house.hear(call_id, "Quiero hablar con una persona")
        ring = page.locator(".ring")
        await expect(ring).to_contain_text("Luis Prieto")
        await expect(ring.locator(".brief")).not_to_be_empty()
        await expect(page).to_have_title("☎ A person is wanted")
        told = [["Asks for a person: Luis Prieto", "Asks to talk to a person"]]
        assert await page.evaluate("told") == told, "once, and the brief stays on the page"
        assert await page.evaluate("tones") >= 2
        await page.keyboard.press("a")
        await expect(ring).to_have_count(0)
        await expect(page.locator("#detail_who")).to_have_text("Luis Prieto")
        await expect(page.locator("#text")).to_be_focused()
        await expect(page.locator("#text_label")).to_have_text("Type, and it is said aloud")
        await page.keyboard.type("Soy Marta, dígame.")
        await page.keyboard.press("Enter")
        await expect(page.locator("#talk li.receptionist").last).to_contain_text("Soy Marta, dígame.")
        assert (await house.hear(call_id, "Hola, Marta"))["said"] == []
        await page.locator("#hand_back").click()
        await expect(page.locator("#take_over")).to_be_visible()
        assert (await house.hear(call_id, "¿Sigue ahí?"))["said"] == ["Muy bien."]
        await page.locator("#take_over").click()
        await expect(page.locator("#toast")).to_have_text("You have this call")
        await house.client.post(f"/api/calls/{call_id}/hand-back")
        await expect(page.locator("#toast")).to_contain_text("you are no longer heard")
        late = await house.client.post(f"/api/calls/{call_id}/seat", json={"again": True})
        assert late.status_code == 409, "it is not taken from her by a page that comes back"


async def test_a_hand_off_is_declined_and_a_late_answer_is_told(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING, RING]))
    async with at_the_desk(house, "es", forgive="409") as page:
        call_id = await house.dial(name="Luis Prieto")
        await house.hear(call_id, "Quiero hablar con una persona")
        await by_keyboard(page, ".ring .decline")
        await expect(page.locator(".ring")).to_have_count(0)
        await expect(page.locator("#toast")).to_have_text("Se lo decimos a quien llama")
        told = await house.hear(call_id, "Pues insisto")
        await expect(page.locator(".ring")).to_have_count(1)

        async def somebody_is_faster(route: Route) -> None:
            await house.client.post(f"/api/hand-offs/{told['hand_off']['id']}/decline")
            await route.continue_()

        await page.route("**/seat", somebody_is_faster)
        await page.locator(".ring .accept").click()
        await expect(page.locator("#toast")).to_contain_text("otra persona fue más rápida")


async def test_nobody_answers_and_the_ring_goes(open_house: OpenHouse) -> None:
    short = replace(POLICY, hand_off=HandOffPolicy(ring_seconds=1))
    house = await open_house(mind=ScriptedMind([RING]), knowledge=SmallKnowledge(short))
    async with at_the_desk(house) as page:
        call_id = await house.dial(name="Luis Prieto")
        await card(page, call_id).locator(".who").click()
        await house.hear(call_id, "Quiero hablar con una persona")
        await expect(page.locator("#talk li.receptionist").last).to_contain_text("[hand_off_timed_out]")
        await expect(page.locator(".ring")).to_have_count(0)
        await expect(page.locator("#done li").first).to_contain_text("receptionist goes on")


async def test_a_hint_changes_the_next_reply_and_is_not_said(open_house: OpenHouse) -> None:
    mind = ScriptedMind()
    house = await open_house(mind=mind)
    async with at_the_desk(house) as page:
        call_id = await house.dial(name="Ana")
        await card(page, call_id).locator(".who").click()
        await page.keyboard.press("g")
        await page.keyboard.type("Ofrézcale el martes")
        await page.keyboard.press("Enter")
        await expect(page.locator("#toast")).to_have_text("Hint sent")
        await expect(page.locator("#done .guidance")).to_contain_text("Ofrézcale el martes")
        await house.hear(call_id, "¿Cuándo podría ser?")
        assert mind.scenes[0].guidance == ("Ofrézcale el martes",)
        await expect(page.locator("#talk")).not_to_contain_text("martes")


async def test_what_is_typed_is_heard_by_a_caller_on_the_phone(house: House) -> None:
    door = OpenDoor()
    async with at_the_desk(house) as page:
        call = await house.front.switchboard.answer("sip", number="+34600111222", door=door)
        await call.greet()
        await card(page, call.id).locator(".who").click()
        await page.keyboard.press("t")
        await expect(page.locator("#hand_back")).to_be_visible()
        await page.locator("#text").fill("Ahora mismo le atiendo.")
        await page.keyboard.press("Enter")
        await expect(page.locator("#toast")).to_have_text("Said")
        assert [say.text for say in door.spoken] == ["Ahora mismo le atiendo."]
        for key in ("Escape", "e", "e"):
            await page.keyboard.press(key)
        await expect(card(page, call.id)).to_have_attribute("data-health", "ended")
        await until(lambda: door.hung_up)


async def test_a_call_is_put_through_and_asked_for_a_message_by_key(house: House) -> None:
    async with at_the_desk(house) as page:
        call_id = await house.dial(name="Luis Prieto")
        await by_keyboard(page, f'.card[data-id="{call_id}"] .who')
        await page.keyboard.press("p")
        await expect(page.locator("#talk li.receptionist").last).to_contain_text("[hand_off_ringing_executive]")
        await expect(page.locator(".ring")).to_be_visible()
        await expect(page.locator("#put_through")).to_be_hidden()
        await page.keyboard.press("m")
        await expect(page.locator("#talk li.receptionist").last).to_contain_text("[hand_off_declined]")
        await expect(page.locator(".ring")).to_have_count(0)


async def test_what_was_typed_outlives_a_session(house: House) -> None:
    """Whoever has to sign in again finds it where it was."""
    async with at_the_desk(house, forgive="401") as page:
        call_id = await house.dial(name="Luis Prieto")
        await card(page, call_id).locator(".who").click()
        await page.locator("#text").fill("Ofrézcale el martes")
        await page.route("**/guidance", lambda route: route.fulfill(status=401, json={}))
        async with page.expect_navigation(url="**/login?next=*"):
            await page.keyboard.press("Enter")
        await page.go_back()
        await card(page, call_id).locator(".who").click()
        await expect(page.locator("#text")).to_have_value("Ofrézcale el martes")


async def test_markup_in_a_name_is_text_and_endless_text_is_refused_clearly(house: House) -> None:
    async with at_the_desk(house) as page:
        call_id = await house.dial(name=NASTY[:200])
        await house.hear(call_id, NASTY)
        await expect(card(page, call_id).locator(".who")).to_have_text(NASTY[:200])
        await card(page, call_id).locator(".who").click()
        await page.locator("#text").fill("a" * 100_000)
        await page.locator("#send").click()
        await expect(page.locator("#toast")).to_contain_text("100000 characters")
        assert len(await page.locator("#text").input_value()) == 100_000, "nothing typed is lost"
        assert await page.locator(".card img, .card script, #talk img").count() == 0
        assert "mine" not in await page.title()


async def test_without_the_key_nothing_is_shown(open_house: OpenHouse) -> None:
    house = await open_house(token="a-long-and-secret-key")
    house.client.headers["Authorization"] = "Bearer a-long-and-secret-key"
    call_id = await house.dial(name="Ana")
    async with at_an_address(house) as base, a_page(forgive="401") as page:
        await page.goto(f"{base}/desk?lang=en")
        await accessible(page)
        await page.locator("#key").fill("a-long-and-secret-key")
        await page.keyboard.press("Enter")
        await expect(card(page, call_id)).to_be_visible()
        await page.goto("about:blank")


async def test_twenty_calls_and_ten_cuts_lose_nothing(open_house: OpenHouse) -> None:
    """Each call's lines on the page are those on record, each once and in order, whatever happens to the feed."""
    many = await open_house(most=30)
    async with at_the_desk(many) as page:
        ids = [await many.dial(name=f"Caller {n}") for n in range(20)]
        for cut in range(10):
            await asyncio.gather(*(many.hear(call_id, f"Palabra {cut}") for call_id in ids))
            many.front.feed.close()
            await asyncio.gather(*(many.hear(call_id, f"Entre medias {cut}") for call_id in ids))
        await expect(page.locator(".card")).to_have_count(20)
        for call_id in ids:
            await expect(card(page, call_id).locator(".lines li").last).to_be_visible()
            await card(page, call_id).locator(".who").click()
            events = await many.events(call_id)
            spoken = [str(each["seq"]) for each in events if each["kind"] in ("greeted", "heard", "said")]
            lines = page.locator("#talk li")
            await expect(lines).to_have_count(len(spoken), timeout=20_000)
            assert await lines.evaluate_all("all => all.map((each) => each.dataset.seq)") == spoken


async def test_the_receptionist_resumes_when_the_page_vanishes(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([RING]))
    async with at_the_desk(house) as page:
        call_id = await house.dial(name="Luis Prieto")
        await house.hear(call_id, "Quiero hablar con una persona")
        await page.locator(".ring .accept").click()
        await expect(page.locator("#hand_back")).to_be_visible()
        assert (await house.hear(call_id, "¿Hola?"))["said"] == []
        await page.goto("about:blank")
        gone = time.perf_counter()
        while (await house.events(call_id))[-1].get("text") != "[silence_first]":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        print(f"the receptionist resumed {time.perf_counter() - gone:.1f} s after the page had gone")
        assert (await house.hear(call_id, "¿Sigue ahí?"))["said"] == ["Muy bien."]


async def test_a_person_takes_over_by_voice_and_hands_back(open_house: OpenHouse) -> None:
    """The caller hears the microphone, the page hears the caller, the words are on record for the receptionist."""
    mind = ScriptedMind()
    house = await open_house(mind=mind)
    tone = (np.sin(np.arange(160) / 160 * 2 * np.pi * 8) * 8000).astype(np.int16)
    phone = Phone(tone)
    door = SoundDoor(bridge=Bridge(phone))
    async with at_the_desk(house) as page:
        to_the_page: list[bytes] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: to_the_page.append(frame)))
        call = await house.front.switchboard.answer("sip", number="+34600111222", door=door)
        await call.greet()
        listening = asyncio.create_task(door.listen())
        await card(page, call.id).locator(".who").click()
        await page.locator("#take_over").click()
        await page.locator("#talk_now").click()
        await expect(page.locator("#talk li.staff").first).to_contain_text("quedamos el jueves", timeout=20_000)
        assert len(to_the_page) > 20 and np.abs(np.frombuffer(to_the_page[-1], "<i2")).max() > 4000
        assert max(int(np.abs(pcm).max()) for pcm in phone.heard if len(pcm)) > 1000, "the fake microphone beeps"
        await page.locator("#hand_back").click()
        await expect(page.locator("#take_over")).to_be_visible()
        sent = -1
        while sent != len(phone.heard):  # until the microphone is closed
            sent = len(phone.heard)
            await asyncio.sleep(0.2)
        async with aclosing(take_turn(call, Utterance("¿En qué quedamos?", "es"))) as says:
            assert [say.text async for say in says][-1] == "Muy bien."
        assert Line("staff", "Soy Marta, quedamos el jueves.", "es") in mind.scenes[0].transcript
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


OWED: list[object] = [
    Message("La propuesta del martes", "Luis Prieto"),
    Promise("assistant", "devolverle la llamada", MONDAY + timedelta(hours=4), "le llamamos hoy"),
    "Anotado.",
]


async def test_what_is_owed_stands_in_the_inbox_at_once_and_is_settled(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([OWED]))
    async with at_the_desk(house) as page:
        call_id = await house.dial(name="Luis Prieto")
        await page.locator("#to_inbox").click()
        await house.hear(call_id, "Dígale que me llame")
        promise, told = page.locator("#promises > li"), time.perf_counter()
        await expect(promise).to_contain_text("devolverle la llamada")
        print(f"owed in the inbox {time.perf_counter() - told:.2f} s after the caller was told")
        await expect(promise.locator("blockquote")).to_have_text("le llamamos hoy")
        await expect(page.locator("#inbox_count")).to_have_text("2")
        await promise.locator("select").select_option("executive")
        await expect(promise.locator("select")).to_have_value("executive")
        await promise.locator("[data-act=done]").click()
        await expect(promise).to_have_count(0)
        (kept,) = (await house.client.get("/api/promises")).json()["items"]
        assert (kept["owner"], kept["state"]) == ("executive", "kept")
        await fits(page, "desk-inbox")
        await accessible(page)
        await page.locator("#messages [data-act=snooze]").click()
        await expect(page.locator("#inbox_count")).to_have_text("0")


async def test_a_change_that_came_too_late_is_told_and_nothing_is_lost(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([OWED]))
    await house.hear(await house.dial(), "Dígale que me llame")
    async with at_the_desk(house, forgive="409") as page:
        await page.goto(f"{page.url}#inbox")
        await expect(page.locator("#promises > li")).to_have_count(1)
        (promise,) = (await house.client.get("/api/promises")).json()["items"]
        await house.client.patch(f"/api/promises/{promise['id']}", json={"owner": "receptionist"})
        await page.locator("#promises [data-act=done]").click()
        await expect(page.locator("#toast")).to_contain_text("Somebody changed it first")
        await expect(page.locator("#promises select")).to_have_value("receptionist")


async def test_a_call_is_found_and_each_sentence_of_its_summary_leads_to_its_event(open_house: OpenHouse) -> None:
    house = await open_house(mind=ScriptedMind([OWED]))
    call_id = await house.dial(name="Luis Prieto")
    await house.hear(call_id, "Quería saber qué pasó con la inauguración")
    await house.client.post(f"/api/calls/{call_id}/hang-up")
    await house.dial(name="Ana")
    async with at_an_address(house) as base, a_page() as page:
        await page.goto(f"{base}/desk/calls?lang=es")
        await expect(page.locator("#found li")).to_have_count(2)
        await page.keyboard.type("inauguracion")
        await expect(page.locator("#found li")).to_have_count(1)
        await by_keyboard(page, "#found button")
        await expect(page.locator("#whole_who")).to_have_text("Luis Prieto")
        await expect(page.locator("#summary li")).to_have_count(4)
        await page.locator("#summary li", has_text="Se le prometió").locator("a").click()
        await expect(page.locator("#record .pointed")).to_contain_text("devolverle la llamada")
        await fits(page, "desk-calls")
        await page.set_viewport_size({"width": 390, "height": 844})
        await fits(page, "desk-calls-phone")
        await accessible(page)
        await page.goto("about:blank")


SIZES = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


async def test_the_desk_is_legible_at_every_size_by_day_and_by_night(open_house: OpenHouse) -> None:
    phrases, now = Phrasebook.load(), lambda: datetime.now(UTC)
    house = await open_house(most=30, mind=ScriptedMind([[HandOff(Reason.ASKED_FOR_PERSON)]]), phrases=phrases, now=now)
    async with at_the_desk(house) as page:
        await fits(page, "desk-idle")
        await people(house)
        for language in ("en", "es"):
            await page.goto(f"{page.url.split('?')[0]}?lang={language}")
            await expect(page.locator(".card")).to_have_count(6)
            await page.locator(".card.ringing .who").click()
            for name, size in SIZES.items():
                await page.set_viewport_size(size)  # type: ignore[arg-type]
                for scheme in ("light", "dark"):
                    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                    await fits(page, f"desk-{language}-{name}-{scheme}")
                await accessible(page)
            await page.keyboard.press("Escape")
            await fits(page, f"desk-{language}-phone-grid")
            await page.set_viewport_size({"width": 1440, "height": 900})
            await page.emulate_media(color_scheme="light")


async def people(house: House) -> None:
    """A busy morning."""
    mind = house.front.office.mind
    assert isinstance(mind, ScriptedMind)
    ring = mind.turns.pop()
    for name, language, said, confidence, answer in MORNING:
        call_id = await house.dial(**({"name": name} if name else {}), number="+34910000002", language=language)
        mind.turns.append([f"{answer}"])
        await house.hear(call_id, said, confidence=confidence, language=language)
        call = found(house, call_id)
        await call.note(Recalled(({"id": "opening-hours", "version": 1, "score": 0.8},), unsure=False))
        if name and confidence > 0.9:
            await call.do(Message(said, name))
    call_id = await house.dial(name="Luis Prieto", number="+34600111222")
    mind.turns += [["La señora Vidal está reunida. ¿Quiere dejarle un recado?"], ring]
    await house.hear(call_id, "Buenos días, quería hablar con la señora Vidal por la propuesta", confidence=0.93)
    found(house, call_id).overhear("Prefiero hablar", "es")
    await house.hear(call_id, "Prefiero hablar con una persona, por favor", confidence=0.81)
    await found(house, call_id).say("Claro. Estoy llamando a Marta; un momento, por favor.")


MORNING = [
    ("Carmen Ortega", "es", "Llamo de la imprenta, por las invitaciones", 0.95, "Gracias, se lo digo hoy mismo."),
    ("John Ellis", "en", "I'd like to move our call to Thursday afternoon", 0.92, "Thursday at four is free."),
    ("", "es", "Perdone, aquí hay mucho ruido", 0.35, "No le oigo bien. ¿Me lo repite?"),
    ("Irene Solís", "es", "¿A qué hora abren mañana?", 0.88, "Abrimos de nueve a seis y media."),
    ("Pau Ferrer", "es", "Dígale que ya tengo el contrato firmado", 0.9, "Se lo digo en cuanto salga."),
]
