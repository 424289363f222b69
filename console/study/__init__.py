"""The executive's study: what is wanted, who is known, how the receptionist speaks, and what callers would hear.

A page is one entry of PAGES, its template ``NAME.html`` (which extends ``base.html``), its script ``NAME.js`` and, for
words of its own, ``NAME.yaml``. `page_NAME` in ``words.yaml`` is what the navigation calls it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from fastapi import APIRouter
from fastapi.responses import Response

from console.look import Pages, Reader

PAGES = {
    "preferences": "/study",
    "people": "/study/people",
    "voice": "/study/voice",
    "try": "/study/try",
    "digest": "/study/digest",
    "proposals": "/study/proposals",
    "autonomy": "/study/autonomy",
    "meeting": "/study/first-meeting",
}
"""The pages of the study in the order of the navigation, and where they are."""
_AT = {path.removeprefix("/study").removeprefix("/"): name for name, path in PAGES.items()}
_HERE = Path(__file__).parent
_PAGES = Pages(_HERE)

router = APIRouter(include_in_schema=False)


@router.get("/study")
@router.get("/study/{name}")
async def page(language: Reader, name: str = "") -> Response:
    """A page, or a script or style sheet of the pages."""
    if name not in _AT:
        return _PAGES.file(name)
    told = _faults() if language == "es" else []
    return _PAGES.page(_AT[name], PAGES[_AT[name]], language, pages=PAGES, faults=told)


@cache
def _faults() -> list[tuple[str, str]]:
    """What the house, which speaks English to whoever writes files, says of a fault: English, Spanish."""
    told: list[tuple[str, str]] = yaml.safe_load((_HERE / "faults.yaml").read_text())
    return told
