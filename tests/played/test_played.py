"""Golden calls as plain transcripts, played to the real house with the house model.

``>`` the caller says, ``=`` an event of that turn with these fields, ``!`` a kind that is not among them,
``<`` the reply holds this, in this order.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from calls.call import Call
from calls.turn import take_turn
from calls.words import Utterance
from house import OpenOffice, open_office
from settings import Settings

HERE = Path(__file__).parent


@dataclass
class Turn:
    """What the caller says (nothing before the greeting), and what is to come of it."""

    says: str
    events: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    reply: list[str] = field(default_factory=list)


@dataclass
class Transcript:
    turns: list[Turn] = field(default_factory=lambda: [Turn("")])
    facts: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> Transcript:
    transcript = Transcript()
    for line in path.read_text().splitlines():
        sign, _, rest = line.partition(" ")
        match sign:
            case ">":
                transcript.turns.append(Turn(rest))
            case "<":
                transcript.turns[-1].reply.append(rest)
            case "=":
                kind, _, fields = rest.partition(" ")
                transcript.turns[-1].events.append((kind, dict(each.split("=", 1) for each in fields.split(", "))))
            case "!":
                transcript.turns[-1].never.append(rest)
            case "#" | "":
                continue
            case _:
                transcript.facts[sign.removesuffix(":")] = rest
    return transcript


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[OpenOffice]:
    """The real house, given time: what is tried here is what it says, however busy the machine is."""
    data = tmp_path_factory.mktemp("data")
    settings = Settings.read(data=data, model="house", voice="pyttsx3", first_token_s=30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("calls.turn.PATIENCE_S", 60.0)
        async with open_office(settings) as opened:
            await opened.front.readiness.warm_up()
            yield opened


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
async def test_a_call_goes_as_it_did(path: Path, house: OpenOffice) -> None:
    transcript = read(path)
    call = await house.front.switchboard.answer("text", number=transcript.facts.get("number"))
    for turn in transcript.turns:
        first = len(call.events)
        reply = await _said(call, turn.says)
        _holds(reply, turn.reply)
        happened = [event.as_json() for event in call.events[first:]]
        for kind, wanted in turn.events:
            assert any(
                each["kind"] == kind and all(str(each[name]) == value for name, value in wanted.items())
                for each in happened
            ), f"no {kind} {wanted} in {happened}"
        assert not {each["kind"] for each in happened} & set(turn.never)
    await house.front.switchboard.end(call, "caller")
    assert call.row.outcome == transcript.facts["outcome"]


async def _said(call: Call, text: str) -> str:
    if not text:
        return " ".join(say.text for say in await call.greet())
    language = call.office.language_of(text, call.office.knowledge.policy.receptionist.languages, call.language)
    async with aclosing(take_turn(call, Utterance(text, language))) as says:
        return " ".join([say.text async for say in says])


def _holds(reply: str, wanted: list[str]) -> None:
    rest = reply
    for piece in wanted:
        _before, found, rest = rest.partition(piece)
        assert found, f"{piece!r} is not in {reply!r}"
