"""Many preferences or contacts at once: a file in, a file out, an import undone as one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body
from fastapi.responses import PlainTextResponse
from pydantic import Field

from calls.versions import Kind, Version
from calls.words import spell_time
from console.api.front import TheFront
from console.api.on_file import Edit, Named
from console.api.problems import PROBLEM
from console.api.shapes import Listed

router = APIRouter(prefix="/api", tags=["imports"], responses=PROBLEM)

KINDS: dict[str, Kind] = {"preferences": "preference", "contacts": "contact"}
Lists = Literal["preferences", "contacts"]
Form = Literal["yaml", "csv", "md", "vcf"]
MOST_EXAMPLES = 20


class SentFile(Edit):
    """A file as text; its ending tells its form: .yaml, .csv or .md, and .vcf for contacts."""

    name: str = Field(max_length=200, examples=["preferences.csv"])
    text: str


@router.post("/{list}/import", status_code=201)
async def bring_in(list: Lists, sent: SentFile, front: TheFront) -> dict[str, Any]:
    """All of the file or, with every fault named by line and mend, nothing: `{batch, count}`."""
    batch, count = await front.study.bring_in(KINDS[list], sent.name, sent.text.encode(), sent.author)
    return {"batch": batch, "count": count}


@router.post("/{list}/import/preview")
async def preview(list: Lists, sent: SentFile, front: TheFront) -> dict[str, Any]:
    """What bringing it in would do: `{added, changed, examples: [{id, is, told}]}`. Nothing is kept."""
    new = await front.study.preview(KINDS[list], sent.name, sent.text.encode())
    added = sum(each.number == 1 for each in new)
    return {"added": added, "changed": len(new) - added, "examples": [_example(each) for each in new[:MOST_EXAMPLES]]}


@router.get("/{list}/export", response_class=PlainTextResponse)
async def write_out(list: Lists, front: TheFront, form: Form = "yaml") -> PlainTextResponse:
    """All that is not archived, as a file that can be brought in again; PINs stay here."""
    text = await front.study.written(KINDS[list], form)
    return PlainTextResponse(text, headers={"Content-Disposition": f'attachment; filename="{list}.{form}"'})


@router.get("/imports")
async def imports(front: TheFront) -> Listed:
    """The imports, newest first: `{id, at, author, count}`."""
    found = await front.study.imports()
    rows = [{"id": each.id, "at": spell_time(each.at), "author": each.author, "count": each.count} for each in found]
    return Listed(items=rows, next=None)


@router.get("/imports/waiting")
async def waiting(front: TheFront) -> dict[str, int]:
    """`{waiting}`: how many wordings are found by their words alone, until the index has caught up."""
    return {"waiting": await front.study.waiting()}


@router.post("/imports/{batch}/undo")
async def undo(batch: str, front: TheFront, named: Annotated[Named | None, Body()] = None) -> dict[str, int]:
    """Takes an import back as one; what was edited since stays as it is. `{count}`: how many went back."""
    return {"count": await front.study.take_back(batch, (named or Named()).author)}


def _example(version: Version) -> dict[str, str]:
    data = version.data
    told = data.get("name") or " · ".join(data.get("text", {}).values())
    return {"id": version.id, "is": "added" if version.number == 1 else "changed", "told": told}
