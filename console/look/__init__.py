"""What all pages share: their frame, style and words, and how a page and its files are answered.

A page carries no data; everything comes from the API, and whoever may not see a page is led to the way in.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Depends, Header
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader

from calls.words import LANGUAGES, Language

HERE = Path(__file__).parent
KINDS = {".js": "text/javascript", ".css": "text/css"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Words = dict[Language, dict[str, str]]


async def _language(lang: str | None = None, accept_language: Annotated[str, Header()] = "") -> Language:
    """The one asked for, else the browser's first that we speak, else English."""
    for each in [lang or "", *(part.strip()[:2].lower() for part in accept_language.split(","))]:
        for language in LANGUAGES:
            if each == language:
                return language
    return "en"


Reader = Annotated[Language, Depends(_language)]
"""The language of whoever reads the page."""


@cache
def words(*files: Path) -> Words:
    """Every word of a page, by language: what `files` (``{es: {key: text}, en: ...}``) say, one over the other."""
    read: list[Words] = [yaml.safe_load(file.read_text()) for file in files]
    return {language: {key: text for each in read for key, text in each[language].items()} for language in LANGUAGES}


class Pages:
    """The pages of one folder: its templates, scripts and style sheets, and its ``words.yaml``.

    A page ``NAME.html`` that has words of its own keeps them in ``NAME.yaml``.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._templates = Environment(loader=FileSystemLoader([folder, HERE]), autoescape=True)

    def words(self, name: str = "") -> Words:
        """What all pages say, over it what those of this folder do, over it what the page `name` does."""
        files = [HERE / "words.yaml", self._folder / "words.yaml", self._folder / f"{name}.yaml"]
        return words(*(file for file in files if file.exists()))

    def page(self, name: str, path: str, language: Language, **more: Any) -> Response:
        """The page ``NAME.html`` at `path`; `more` is for its template."""
        other = next(each for each in LANGUAGES if each != language)
        own = self.words(name)[language]
        text = self._templates.get_template(f"{name}.html").render(
            language=language, other=other, words=own, path=path, page=name, **more
        )
        return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})

    def file(self, name: str) -> Response:
        """A script or style sheet of the folder, 404 for anything else."""
        kind = KINDS.get(Path(name).suffix)
        if kind is None or name not in {file.name for file in self._folder.iterdir()}:
            return Response(status_code=404)
        return FileResponse(self._folder / name, media_type=kind, headers={"Cache-Control": "no-cache"})


router = APIRouter(include_in_schema=False)


@router.get("/look/{name}")
async def file(name: str) -> Response:
    """A script or style sheet that all pages share."""
    return Pages(HERE).file(name)
