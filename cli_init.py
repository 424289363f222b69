"""`antesala init`: the first meeting, typed or spoken."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
import yaml

from calls.errors import OfficeError
from calls.versions import NotFit
from calls.words import Language
from cli_office import DataDir, err, out
from settings import SAMPLE_OFFICE, Settings

if TYPE_CHECKING:
    from knowledge.meeting import Question

Hear = Callable[[str], Awaitable[str]]
"""Asks a question out loud and hears the answer; "" where it is typed."""
FEW_WORDS = 4
"""A no with more words than this says something else as well."""
ASKED_FIRST = {"es": "¿A qué hora abren?", "en": "What are your opening hours?"}


def init(
    office: Annotated[
        Path | None, typer.Option(help="Where the office will be; else ANTESALA_OFFICE, ./office.")
    ] = None,
    language: Annotated[Literal["es", "en"] | None, typer.Option(help="The language of the interview.")] = None,
    answers: Annotated[Path | None, typer.Option(help="A YAML file of answers by question, instead of asking.")] = None,
    voice: Annotated[bool, typer.Option("--voice", help="Ask out loud, and hear the answers.")] = False,
    data: DataDir = None,
) -> None:
    """Interviews the executive (some five minutes) and writes an office folder that answers at once."""
    settings = Settings.read(data=data)
    chosen = office or settings.office
    folder = Path("office") if chosen == SAMPLE_OFFICE else chosen
    if (folder / "voice.yaml").exists():
        raise OfficeError(folder, "There is an office here already.", "Choose another folder with --office.")
    if voice and answers:
        raise typer.BadParameter("--voice asks for the answers; leave --answers out.")
    spoken: Language = language or _language()
    interview = _spoken(folder, spoken, settings) if voice else _write(folder, _answers(answers), spoken, settings)
    asyncio.run(interview)
    out.print({"es": f"Su despacho está en {folder}.", "en": f"Your office is in {folder}."}[spoken], soft_wrap=True)
    asyncio.run(_first_call(Settings.read(office=folder, data=data), spoken))


def _language() -> Language:
    said = typer.prompt("¿Español o inglés? / Spanish or English?", default="es")
    return "en" if said.strip().lower().startswith(("en", "in")) else "es"


def _answers(file: Path | None) -> dict[str, str] | None:
    if file is None:
        return None
    try:
        read: Any = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        return {str(question): str(answer) for question, answer in read.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        raise OfficeError(
            file, f"These answers cannot be read ({type(error).__name__}).", "Write `question: answer`."
        ) from None


async def _spoken(folder: Path, language: Language, settings: Settings) -> None:
    """Asks by this machine's loudspeaker and hears by its microphone."""
    from audio.question import answer_to
    from engines import open_its_sound
    from lines.microphone import Microphone, load_sounddevice

    load_sounddevice()
    async with open_its_sound(settings) as sound:
        with err.status("..."):
            await asyncio.gather(sound.ears.warm(), sound.voice.warm())

        async def hear(question: str) -> str:
            return await answer_to(question, language, Microphone(), sound)

        await _write(folder, None, language, settings, hear)


async def _silence(_: str) -> str:
    return ""


async def _write(
    folder: Path, given: dict[str, str] | None, language: Language, settings: Settings, hear: Hear = _silence
) -> None:
    """Asks until the office can be written; what was given and is wrong is told at once."""
    from knowledge.meeting import office_from, questions, write_office
    from prompts import Phrasebook

    line, said = Phrasebook.load().line, dict(given or {})
    wanted = questions(language) if given is None else ()
    while True:
        for number, question in enumerate(wanted, 1):
            said[question.id] = await _ask(f"{number}/{len(wanted)}", question, hear, line("order_more", language))
        try:
            free = await _understood(said, language, settings)
            write_office(folder, office_from(said, language, date.today(), line, free), language)
            return
        except NotFit as broken:
            again = {fault.where for fault in broken.faults}
            wanted = tuple(question for question in questions(language) if question.id in again)
            if given is not None or not wanted:
                raise OfficeError(folder, str(broken), "") from None
            for fault in broken.faults:
                err.print(f"{fault.what} {fault.mend}", style="yellow", markup=False, soft_wrap=True)


async def _understood(said: dict[str, str], language: Language, settings: Settings) -> dict[str, Any]:
    """What the language model that is set makes of free wishes; without one plain grammar has to do."""
    from agent.house.model import HouseModel
    from agent.models import choose_model
    from agent.wishes import Wishes
    from knowledge.embedding import E5
    from knowledge.meeting import understood
    from prompts import Phrasebook

    house = HouseModel(Phrasebook.load(), E5())
    mind = await asyncio.to_thread(choose_model, settings.model, settings.model_url, os.environ, house)
    if mind.model is house:
        return {}
    await mind.start()
    try:
        return await understood(said, language, date.today(), Wishes(mind.model).read)
    finally:
        await mind.stop()


async def _ask(number: str, question: Question, hear: Hear, more: str) -> str:
    """One answer; of a question that takes several lines, all until there are no `more`. A PIN is only ever typed."""
    out.print(f"\n{number}  {question.text}", style="bold", markup=False, soft_wrap=True)
    shown = question.usual or question.hint or "/".join(question.choices)
    if question.kind == "pin":
        return _prompted(shown, hidden=True)
    several, heard = question.kind == "lines", await hear(question.text)
    lines = [answer := _prompted(shown, heard if several else heard.removesuffix("."))]
    while several and answer:
        lines.append(answer := _prompted("", await hear(more)))
    return "\n".join(filter(None, lines))


def _prompted(shown: str, heard: str = "", hidden: bool = False) -> str:
    """What is typed; where nothing is, what was `heard`, unless that was a no."""
    from knowledge.orders import words_of

    heard = "" if words_of("declines", heard) and len(heard.split()) <= FEW_WORDS else heard
    told = f"  ({shown})" if shown and not heard else " "
    return str(typer.prompt(told, default=heard, show_default=bool(heard), hide_input=hidden)).strip()


async def _first_call(settings: Settings, language: Language) -> None:
    """Shows that the office answers; no engine of the sound is run for that."""
    from calls.words import Circle
    from console.api.sandbox import rehearse
    from house import open_office

    async with AsyncExitStack() as stack:
        with err.status("..."):
            house = await stack.enter_async_context(open_office(settings))
            office = house.front.office
            said, call = await rehearse(office, ASKED_FIRST[language], Circle.ANYONE, language)
        out.print(f"\n< {office.knowledge.policy.greeting[call.language]}", markup=False, soft_wrap=True)
        out.print(f"> {ASKED_FIRST[language]}", style="bold", markup=False)
        for sentence in said:
            out.print(f"< {sentence}", markup=False, soft_wrap=True)
