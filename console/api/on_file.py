"""What is on file, as the study reads and changes it over HTTP: the same life for preferences, contacts and policy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from calls.people import in_person
from calls.versions import Batch, Change, Conflict, Fault, Kind, Status, Version
from calls.words import Preference, spell_time

SOMEBODY = "executive"
"""Who changes something and does not say who they are: whoever has the token."""
_FOLDER = "office folder"


class Study(Protocol):
    """Changes what is on file; every change is in force on the next turn of calls in progress.

    Raises NotOnFile, NotFit (with every fault), Outdated (with what others changed) and EngineError.
    """

    def one(self, kind: Kind, id: str) -> Version: ...

    async def found(self, kind: Kind, q: str = "", **fields: str | None) -> Sequence[Version]: ...

    async def history(self, kind: Kind, id: str) -> Sequence[tuple[Version, Sequence[Change]]]: ...

    async def add(self, kind: Kind, data: dict[str, Any], author: str, status: Status = "approved") -> Version: ...

    async def change(
        self, kind: Kind, id: str, data: dict[str, Any], version: int, author: str, status: Status | None = None
    ) -> Version: ...

    async def check(self, kind: Kind, id: str, data: dict[str, Any]) -> Sequence[Fault]:
        """What would be wrong with it; nothing is kept."""
        ...

    async def change_policy(self, text: str, version: int, author: str) -> Version:
        """The voice policy as its file has it. Raises OfficeError."""
        ...

    async def set_status(
        self, kind: Kind, id: str, status: Status, author: str, version: int | None = None
    ) -> Version: ...

    async def restore(self, kind: Kind, id: str, number: int, author: str) -> Version: ...

    async def undo(self, kind: Kind, id: str, author: str) -> Version: ...

    def drafted(self, id: str, data: dict[str, Any]) -> Preference:
        """A preference as if it were approved, to try it out."""
        ...

    async def conflicts(self, version: Version) -> Sequence[Conflict]: ...

    async def bring_in(self, kind: Kind, name: str, content: bytes, author: str) -> tuple[str, int]:
        """A whole file: the batch's id and how many versions came. Raises OfficeError."""
        ...

    async def preview(self, kind: Kind, name: str, content: bytes) -> Sequence[Version]:
        """What `bring_in` would keep. Raises OfficeError."""
        ...

    async def waiting(self) -> int:
        """How many the index has yet to take up."""
        ...

    async def take_back(self, batch: str, author: str) -> int: ...

    async def imports(self) -> Sequence[Batch]: ...

    async def written(self, kind: Kind, form: str) -> str:
        """What is on file, as a file. Raises OfficeError."""
        ...


def clean(value: Any) -> Any:
    """`value` without control characters and halves of surrogate pairs, however deep; all other signs are text."""
    if isinstance(value, str):
        return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]", " ", value).strip()
    if isinstance(value, dict):
        return {clean(key): clean(each) for key, each in value.items()}
    return [clean(each) for each in value] if isinstance(value, list) else value


def _known(author: str) -> str:
    return in_person(SOMEBODY if author in ("", _FOLDER) else author)


Author = Annotated[str, StringConstraints(max_length=100), AfterValidator(_known), Field(validate_default=True)]


class Edit(BaseModel):
    """What somebody writes. Fields that are left out stay as they are; `null` empties one."""

    model_config = ConfigDict(frozen=True)

    author: Author = Field(
        default=SOMEBODY, description="who writes it, unless somebody is signed in", validate_default=True
    )

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, value: Any) -> Any:
        return clean(value)

    def data(self) -> dict[str, Any]:
        """What was written of the thing itself."""
        return self.model_dump(exclude_unset=True, exclude={"author", "version", "status"}, by_alias=True)


class Named(Edit):
    """Who asks for a change of status."""

    version: int | None = Field(
        default=None, ge=1, description="the version that was looked at; 409 when there is a newer one"
    )


class Restored(Edit):
    version: int = Field(ge=1, description="the version to go back to")


def row(version: Version) -> dict[str, Any]:
    """A version as the API spells it; never the PIN, not even hashed."""
    data = {name: value for name, value in version.data.items() if name != "pin"}
    if "pin" in version.data:
        data["has_pin"] = bool(version.data["pin"])
    return {
        "id": version.id,
        **data,
        "status": version.status,
        "version": version.number,
        "author": version.author,
        "updated": spell_time(version.at),
    }


def told(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """``{field, before, after}`` for each field that differs."""
    return [{"field": each.field, "before": each.before, "after": each.after} for each in changes]


def told_faults(found: Sequence[Fault]) -> list[dict[str, str]]:
    """``{where, what, mend}`` for each."""
    return [{"where": each.where, "what": each.what, "mend": each.mend} for each in found]
