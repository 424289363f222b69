"""Who the office knows: to read and write. PINs go in and never come out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from calls.words import Circle
from console.api.front import TheFront
from console.api.life import give_life, page
from console.api.on_file import Edit, row
from console.api.problems import PROBLEM
from console.api.shapes import Cursor, Listed

router = APIRouter(prefix="/api/contacts", tags=["contacts"], responses=PROBLEM)


class ContactEdit(Edit):
    """A contact, or what is to change of one."""

    version: int = Field(ge=1, description="the version that was edited; 409 when there is a newer one")
    name: str | None = Field(None, max_length=200)
    numbers: list[str] | None = Field(None, max_length=50, description="as people write them; kept as E.164")
    circle: str | None = Field(None, description="blocked, anyone, known, trusted or inner")
    language: str | None = Field(None, description="es or en")
    company: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=200)
    notes: str | None = Field(None, max_length=2000, description="never on health, belief, politics or sex life")
    pin: str | None = Field(None, max_length=8, description="4 to 8 digits; null takes it away")


class NewContact(ContactEdit):
    """A contact who is not yet on file."""

    version: int = Field(1, exclude=True)
    id: str | None = Field(None, max_length=100, pattern=r"^[^\s/?#]+$", description="made of the name when left out")


@router.get("")
async def contacts(
    front: TheFront,
    q: Annotated[str, Query(max_length=200, description="words in names, companies, numbers, notes")] = "",
    circle: Circle | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
    next: Cursor = None,
) -> Listed:
    """Who the office knows, newest change first. PINs are never told, not even hashed."""
    return page(list(await front.study.found("contact", q, circle=circle and circle.value)), limit, next)


@router.post("", status_code=201)
async def write(new: NewContact, front: TheFront, response: Response) -> dict[str, Any]:
    """A new contact, known on the next call."""
    kept = await front.study.add("contact", new.data(), new.author)
    response.headers["Location"] = f"/api/contacts/{kept.id}"
    return row(kept)


@router.put("/{id}")
async def edit(id: str, edited: ContactEdit, front: TheFront) -> dict[str, Any]:
    """Changes the fields that are sent; 409 with what the others changed when `version` is not the newest."""
    return row(await front.study.change("contact", id, edited.data(), edited.version, edited.author))


give_life(router, "/{id}", "contact")
