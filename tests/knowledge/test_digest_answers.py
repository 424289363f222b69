"""The executive answers the digest's mail, and it is a rule."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from calls.notices import Reply
from calls.words import Circle, Person
from knowledge.digest_answers import BY_MAIL, DigestAnswers
from knowledge.digest_post import DigestPost
from knowledge.office_knowledge import open_knowledge
from tests.doubles import MONDAY, MemoryVersions
from tests.knowledge.quick import WordEncoder, write_office
from tests.knowledge.school import BIKES, CALLS, DOGS, School, call

ELENA = "elena@vidal.example"
EVENING = MONDAY.replace(hour=18, minute=5)


@dataclass
class Post:
    """Mails out, and what came back; `told` is what we answered."""

    school: School
    sent: list[tuple[str, str]] = field(default_factory=list)
    came: list[Reply] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def answers(self) -> Sequence[Reply]:
        return [each for each in self.came if each.id not in self.settled]

    async def settle(self, reply: Reply) -> None:
        self.settled.append(reply.id)

    async def send(self, id: str, to: str, subject: str, text: str, html: str) -> bool:
        self.sent.append((id, text))
        return True

    async def back(self, reply: Reply, text: str) -> None:
        self.told.append(text)

    def comes(self, text: str, sender: str = ELENA, answers: str = "", automatic: bool = False) -> None:
        id = f"<{len(self.came)}@phone>"
        self.came.append(Reply(id, sender, (answers or self.sent[-1][0],), "Re: El día", text, automatic))

    async def round(self) -> int:
        policy = self.school.knowledge.policy
        theirs = replace(policy, executive=Person(policy.executive.name, email="Elena@Vidal.example"))
        school = self.school
        await DigestPost(school.digests, school.log, lambda: theirs, self.send, lambda: EVENING, True).round()
        return await DigestAnswers(self, school.digests, school.log, lambda: theirs, self.back, lambda: EVENING).round()


@pytest.fixture
async def post(tmp_path: Path) -> AsyncGenerator[Post]:
    folder = write_office(tmp_path / "office")
    knowledge = await open_knowledge(folder, tmp_path, MemoryVersions(), [(WordEncoder(), 1.0)], clock=lambda: MONDAY)
    post = Post(School(knowledge))
    await post.round()
    yield post
    await knowledge.close()


async def test_a_reply_by_mail_is_a_rule_and_is_told_back(post: Post) -> None:
    assert "Conteste a este correo" in post.sent[0][1]
    post.comes("1: Sí, hay sitio en la entrada sur.\n2: no")
    assert await post.round() == 1
    recall = await post.school.knowledge.recall(BIKES, Circle.ANYONE, "es", MONDAY)
    assert recall.matches[0].preference.author == BY_MAIL
    assert "vale desde la próxima llamada" in post.told[0] and "entrada sur" in post.told[0]
    assert await post.school.proposals.waiting() == []
    assert await post.round() == 0, "settled"


async def test_numbers_are_those_of_the_mail_that_is_answered(post: Post) -> None:
    often = [call(f"d{n}", ("¿Venden piezas sueltas de recambio?", "Eso no lo sé, la verdad.")) for n in range(3)]
    post.school.calls = [*CALLS, *often]
    assert "piezas" in (await post.school.digests.today("es")).numbered[1].text, "the page has moved on"
    post.comes("2: Sí, si van atados.")
    await post.round()
    recall = await post.school.knowledge.recall(DOGS, Circle.ANYONE, "es", MONDAY)
    assert recall.matches[0].preference.text == {"es": "Sí, si van atados."}


async def test_free_words_become_a_rule_too_and_nonsense_changes_nothing(post: Post) -> None:
    post.comes("El viernes cerramos a las tres")
    post.comes("ok")
    assert await post.round() == 2
    assert "viernes" in post.told[0].lower() and post.told[1].startswith("No he cambiado nada")


@pytest.mark.parametrize(
    "strange",
    [{"sender": "otra@vidal.example"}, {"answers": "0" * 32}, {"automatic": True}],
    ids=lambda each: next(iter(each)),
)
async def test_nobody_else_s_letters_count(post: Post, strange: dict[str, object]) -> None:
    before = post.school.knowledge.files
    post.comes("El viernes cerramos a las tres", **strange)  # type: ignore[arg-type]
    assert await post.round() == 0
    assert post.school.knowledge.files is before and post.settled == post.told == []


async def test_a_reply_counts_once_though_it_could_not_be_settled(post: Post) -> None:
    post.comes("El viernes cerramos a las tres")
    await post.round()
    post.settled.clear()
    assert await post.round() == 0 and len(post.told) == 1 and len(post.settled) == 1
