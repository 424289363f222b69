"""What people change of what is on file: every change is a version of its own, and can be taken back.

A change is in force when the method returns: the next turn of calls in progress is answered with it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from calls.versions import (
    Batch,
    Change,
    Conflict,
    Fault,
    Key,
    Kind,
    NotFit,
    NotOnFile,
    Outdated,
    Status,
    Version,
    Versions,
)
from calls.words import Preference
from knowledge.conflicts import preferred
from knowledge.contacts_file import read_contacts
from knowledge.exchange import Incoming, incoming, new_batch, open_file, policy_file, policy_in, undone, written
from knowledge.given import Given
from knowledge.intake import VOICE, next_version
from knowledge.office_knowledge import OfficeKnowledge
from knowledge.plain import Plain, changes, plain_contact, plain_policy, plain_preference, preference_of
from knowledge.preferences_file import read_preferences
from knowledge.voice_file import read_voice
from knowledge.wording import fold, slug

NAMES: dict[Kind, str] = {"preference": "preference", "contact": "contact", "voice": "voice policy"}
_LONGEST_ID = 40


class Study:
    """Edits what is on file. Every writing method may raise NotFit, Outdated, NotOnFile and EngineError."""

    def __init__(self, versions: Versions, knowledge: OfficeKnowledge, clock: Callable[[], datetime]):
        self._versions, self._knowledge, self._clock = versions, knowledge, clock

    # --- reading ------------------------------------------------------------------------------------

    def one(self, kind: Kind, id: str) -> Version:
        """The newest version, archived or not. Raises NotOnFile."""
        found = self._knowledge.files.get((kind, id))
        if found is None:
            raise NotOnFile(NAMES[kind], id)
        return found

    async def found(self, kind: Kind, q: str = "", **fields: str | None) -> Sequence[Version]:
        """Newest change first: what has all words of `q` and these fields; archived ones only if `status` says so."""
        return await asyncio.to_thread(self._found, kind, fold(q).split(), fields)

    def _found(self, kind: Kind, words: Sequence[str], fields: Mapping[str, str | None]) -> list[Version]:
        wanted = {name: value for name, value in fields.items() if value is not None}
        status = wanted.pop("status", None)
        found = [
            each
            for each in self._knowledge.files.values()
            if each.kind == kind
            and (each.status == status if status else each.status != "archived")
            and all(each.data.get(name) == value for name, value in wanted.items())
            and (not words or _has(each, words))
        ]
        return sorted(found, key=lambda each: -each.cursor)

    async def history(self, kind: Kind, id: str) -> list[tuple[Version, tuple[Change, ...]]]:
        """Every version with what it changed, newest first. Raises NotOnFile."""
        kept = await self._versions.history(kind, id)
        if not kept:
            raise NotOnFile(NAMES[kind], id)
        before = [replace(kept[0], data={}, status="draft"), *kept]
        told = [(new, _changes(old, new)) for old, new in zip(before, kept, strict=False)]
        return told[::-1]

    async def conflicts(self, version: Version) -> list[Conflict]:
        """Approved preferences that answer the same caller differently, and which of the two is used meanwhile."""
        if version.kind != "preference" or version.status != "approved":
            return []
        mine = preference_of(version)
        found = await self._knowledge.rivals(version.id)
        return [Conflict(self.one("preference", each.id), preferred(mine, each).id) for each in found]

    # --- writing ------------------------------------------------------------------------------------

    async def add(self, kind: Kind, data: Plain, author: str, status: Status = "approved") -> Version:
        """Something new; its id is `data`'s, else made of its first words."""
        id = str(data.get("id") or self._new_id(kind, data))
        if (kind, id) in self._knowledge.files:
            what = f"The id {id!r} is already used (perhaps by one that is archived)."
            raise NotFit([Fault("id", what, "Leave it out, or choose another.")])
        return await self._keep((kind, id), data, status, author, 0)

    async def change(
        self, kind: Kind, id: str, data: Plain, version: int, author: str, status: Status | None = None
    ) -> Version:
        """`data` over what is on file; `version` is the one that was edited."""
        known = self.one(kind, id)
        return await self._keep(known.key, {**known.data, **data}, status or known.status, author, version)

    async def check(self, kind: Kind, id: str, data: Plain) -> Sequence[Fault]:
        """What would be wrong with `data` over what is on file; nothing is kept."""
        try:
            await asyncio.to_thread(self._checked, (kind, id), {**self.one(kind, id).data, **data})
        except NotFit as error:
            return error.faults
        return ()

    async def change_policy(self, text: str, version: int, author: str) -> Version:
        """The whole voice policy as its file has it. Raises OfficeError with every fault and its line."""
        data = await asyncio.to_thread(policy_in, text)
        return await self._keep(VOICE, data, "approved", author, version)

    async def set_status(self, kind: Kind, id: str, status: Status, author: str, version: int | None = None) -> Version:
        """Approved, archived or a draft again; as it is when it is that already."""
        known = self.one(kind, id)
        if known.status == status and version in (None, known.number):
            return known
        return await self._keep(known.key, known.data, status, author, version or known.number)

    async def restore(self, kind: Kind, id: str, number: int, author: str) -> Version:
        """What version `number` said, as a new version."""
        known = self.one(kind, id)
        for each in await self._versions.history(kind, id):
            if each.number == number:
                return await self._keep(known.key, each.data, each.status, author, known.number)
        raise NotOnFile(f"version {number} of", id)

    async def undo(self, kind: Kind, id: str, author: str) -> Version:
        """The version before, once more; what had none is archived, but for the voice policy: NotOnFile."""
        known = self.one(kind, id)
        if known.number > 1 or kind == "voice":
            return await self.restore(kind, id, known.number - 1, author)
        return await self.set_status(kind, id, "archived", author)

    # --- many at once -------------------------------------------------------------------------------

    async def together(self, new: Sequence[tuple[Kind, Plain]], author: str) -> list[Version]:
        """Several new things as one change, in force on return; `take_back` undoes them as one, like an import."""
        batch, kept = new_batch(), list[Version]()
        for kind, data in new:
            taken = {each.id for each in kept if each.kind == kind}
            id = next(id for id in self._new_ids(kind, data) if id not in taken)
            checked = await asyncio.to_thread(self._checked, (kind, id), data)
            kept.append(next_version(None, (kind, id), checked, "approved", author, self._clock(), batch=batch))
        await self._versions.add(kept)
        await self._knowledge.refresh()
        return kept

    async def bring_in(self, kind: Kind, name: str, content: bytes, author: str) -> tuple[str, int]:
        """A whole file, all or nothing: the batch's id, and how many versions came. Raises OfficeError."""
        batch, new = new_batch(), await self._incoming(kind, name, content, author)
        await self._versions.add([replace(each, batch=batch) for each in new])
        await self._knowledge.refresh()
        return batch, len(new)

    async def preview(self, kind: Kind, name: str, content: bytes) -> Sequence[Version]:
        """What `bring_in` would keep of a file; a `number` above 1 changes what is on file. Raises OfficeError."""
        return await self._incoming(kind, name, content, "")

    async def _incoming(self, kind: Kind, name: str, content: bytes, author: str) -> list[Version]:
        files, region = self._knowledge.files, self._knowledge.region or "ES"
        return await asyncio.to_thread(
            lambda: incoming(
                Incoming(kind, open_file(kind, name, content), author, self._clock(), ""), files, self._language, region
            )
        )

    async def waiting(self) -> int:
        """How many are found by their words alone, until the index has caught up."""
        return await self._knowledge.waiting()

    async def take_back(self, batch: str, author: str) -> int:
        """Undoes an import as one; what was edited since stays. How many went back."""
        new = await undone(self._versions, self._knowledge.files, batch, author, self._clock())
        await self._versions.add(new)
        await self._knowledge.refresh()
        return len(new)

    async def imports(self) -> Sequence[Batch]:
        """The imports, newest first."""
        return await self._versions.batches()

    async def written(self, kind: Kind, form: str) -> str:
        """All that is not archived, as a file: yaml, csv or md; vcf for contacts. Raises OfficeError."""
        if kind == "voice":
            return policy_file(self.one(*VOICE).data)
        return await asyncio.to_thread(lambda: written(kind, form, self._found(kind, (), {})[::-1]))

    async def _keep(self, key: Key, data: Plain, status: Status, author: str, edited: int) -> Version:
        """A new version on top of the one that was edited, in force on return."""
        checked = await asyncio.to_thread(self._checked, key, data)
        known = self._knowledge.files.get(key)
        new = replace(next_version(known, key, checked, status, author, self._clock()), number=edited + 1)
        try:
            await self._versions.add([new])
        except Outdated:
            await self._knowledge.refresh()
            raise await self._outdated(key, edited) from None
        await self._knowledge.refresh()
        return self.one(*key)

    async def _outdated(self, key: Key, edited: int) -> Outdated:
        """What others have changed since version `edited`."""
        kept = await self._versions.history(*key)
        newest = kept[-1]
        seen = next((each for each in kept if each.number == edited), None)
        return Outdated(key, newest.number, newest.author, _changes(seen, newest) if seen else ())

    # --- what may be written ------------------------------------------------------------------------

    def drafted(self, id: str, data: Plain) -> Preference:
        """A preference as if it were approved, to try it out; nothing is kept. Raises NotFit."""
        key: Key = ("preference", id)
        return preference_of(next_version(None, key, self._checked(key, data), "approved", "", self._clock()))

    def _checked(self, key: Key, data: Plain) -> Plain:
        """`data` as the office folder's rules read it. Raises NotFit."""
        kind, id = key
        checked: Plain | None = None
        given = Given(data if kind == "voice" else [{**data, "id": id}])
        if kind == "voice":
            policy = read_voice(given)
            checked = plain_policy(policy[0]) if policy else None
        elif kind == "preference":
            checked = next(map(plain_preference, read_preferences(given, self._language)), None)
        else:
            checked = next(map(plain_contact, read_contacts(given, self._knowledge.region or "ES")), None)
        faults = [*given.told, *(self._taken(id, checked) if kind == "contact" and checked else ())]
        if faults or checked is None:
            raise NotFit(faults)
        return checked

    def _taken(self, id: str, contact: Plain) -> Iterator[Fault]:
        """Numbers that are somebody else's."""
        for other in self._knowledge.contacts:
            for number in set(contact["numbers"]) & set(other.numbers) if other.id != id else ():
                yield Fault("numbers", f"{number} already belongs to {other.name}.", "Leave it with who answers it.")

    @property
    def _language(self) -> Any:
        return self._knowledge.policy.receptionist.languages[0]

    def _new_id(self, kind: Kind, data: Plain) -> str:
        return next(self._new_ids(kind, data))

    def _new_ids(self, kind: Kind, data: Plain) -> Iterator[str]:
        """Ids that nothing has, the plainest first."""
        text = data.get("text")
        first = next(iter(text.values()), "") if isinstance(text, dict) else text
        words = data.get("name") or data.get("topic") or first or ""
        base = slug(str(words))[:_LONGEST_ID].strip("-") or kind
        taken = self._knowledge.files
        numbered = (f"{base}-{count}" if count > 1 else base for count in itertools.count(1))
        return (id for id in numbered if (kind, id) not in taken)


def _changes(old: Version, new: Version) -> tuple[Change, ...]:
    """What `new` changed; of a PIN only that it did."""
    found = changes({**old.data, "status": old.status}, {**new.data, "status": new.status})
    return tuple(replace(each, before=None, after=None) if each.field == "pin" else each for each in found)


def _has(version: Version, words: Sequence[str]) -> bool:
    said = fold(" ".join([version.id, *_texts({k: v for k, v in version.data.items() if k != "pin"})]))
    return all(word in said for word in words)


def _texts(plain: Any) -> Iterator[str]:
    if isinstance(plain, dict):
        plain = list(plain.values())
    if isinstance(plain, list):
        for each in plain:
            yield from _texts(each)
    elif isinstance(plain, str):
        yield plain
