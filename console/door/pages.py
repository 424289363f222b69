"""`/login`, `/setup` and `/logout`: plain forms that need no script."""

from __future__ import annotations

import hmac
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import yaml
from fastapi import APIRouter, Form, Header, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from calls.people import Visitor
from calls.words import LANGUAGES, Language
from console.door.guard import COOKIE, SECURE_COOKIE, cookie_in
from console.door.oidc import OpenId, ProviderDown
from console.door.porter import LONGEST, BadName, NotAdmitted, Porter, Shown, TooManyTries
from console.door.secret import WeakPassword

HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_LEFT = "antesala-left"
"""The cookie of whoever is at the provider: nobody else can bring their answer back."""
_Text = Annotated[str, Form(max_length=512)]


@cache
def words() -> dict[Language, dict[str, str]]:
    """Every word of the pages, by language."""
    catalogue: dict[Language, dict[str, str]] = yaml.safe_load((HERE / "words.yaml").read_text())
    return catalogue


def router(porter: Porter, provider: OpenId | None = None, public_url: str | None = None) -> APIRouter:
    """The pages, and `GET /api/me`. `provider`: where the company's own accounts are, if they are used."""
    pages, company = APIRouter(include_in_schema=False), "yes" if provider else ""
    if provider:
        _with_provider(pages, porter, provider, public_url)

    @pages.get("/login")
    async def login(
        request: Request, next: str = "/", lang: str | None = None, accept_language: Annotated[str, Header()] = ""
    ) -> Response:
        cookie = cookie_in(request.headers)
        visitor = await porter.visitor(Shown(cookie=cookie)) if cookie else None
        language = _language(lang, accept_language)
        return await _page(
            porter, "login", language, next=next, inside=visitor.name if visitor else "", company=company
        )

    @pages.post("/login")
    async def sign_in(
        request: Request, name: _Text = "", password: _Text = "", key: _Text = "", next: _Text = "/", lang: _Text = ""
    ) -> Response:
        language, address = _language(lang, ""), request.client.host if request.client else ""
        told = words()[language]
        try:
            if key:
                secret = await porter.sign_in_with_key(key, address)
            else:
                secret = await porter.sign_in(name, password, address)
        except NotAdmitted:
            wrong = told["wrong_key"] if key else told["wrong"]
            given = "" if key else name
            return await _page(porter, "login", language, 401, name=given, next=next, trouble=wrong, company=company)
        except TooManyTries as tries:
            seconds = f"{tries.wait_s:.0f}"
            slower = await _page(
                porter,
                "login",
                language,
                429,
                next=next,
                trouble=told["wait"].format(seconds=seconds),
                company=company,
            )
            slower.headers["Retry-After"] = seconds
            return slower
        return _welcome(request, secret, next)

    @pages.get("/setup")
    async def setup(
        key: Annotated[str, Query(max_length=512)] = "",
        lang: str | None = None,
        accept_language: Annotated[str, Header()] = "",
    ) -> Response:
        return await _page(porter, "setup", _language(lang, accept_language), key=key)

    @pages.post("/setup")
    async def set_up(
        request: Request, key: _Text = "", name: _Text = "", password: _Text = "", lang: _Text = ""
    ) -> Response:
        language = _language(lang, "")
        told = words()[language]
        try:
            return _welcome(request, await porter.set_up(key, name, password), "/")
        except NotAdmitted:
            return await _page(porter, "setup", language, 403)
        except BadName:
            trouble = told["bad_name"]
        except WeakPassword as weak:
            trouble = told[weak.why]
        return await _page(porter, "setup", language, 422, key=key, name=name, trouble=trouble)

    @pages.post("/logout")
    async def sign_out(request: Request) -> Response:
        if secret := cookie_in(request.headers):
            await porter.sign_out(secret)
        gone = RedirectResponse("/login", 303)
        for name in (COOKIE, SECURE_COOKIE):
            gone.delete_cookie(name, secure=name == SECURE_COOKIE, httponly=True, samesite="lax")
        return gone

    @pages.get("/door/door.css")
    async def style() -> Response:
        return FileResponse(HERE / "door.css", media_type="text/css", headers={"Cache-Control": "no-cache"})

    @pages.get("/api/me", include_in_schema=True, tags=["people"])
    async def me(request: Request) -> dict[str, str]:
        """Who is asking, and as what: `{name, role}`."""
        visitor: Visitor = request.state.visitor
        return {"name": visitor.name, "role": visitor.role.value}

    return pages


def _with_provider(pages: APIRouter, porter: Porter, provider: OpenId, public_url: str | None) -> None:
    """The way to the provider, and back from it."""

    def back(request: Request) -> str:
        return f"{public_url or str(request.base_url).rstrip('/')}/login/company/done"

    @pages.get("/login/company")
    async def leave(request: Request, next: str = "/", accept_language: Annotated[str, Header()] = "") -> Response:
        try:
            url, state = await provider.leave(back(request), next)
        except ProviderDown:
            return await _turned_away(request, "provider_down", 503, accept_language)
        gone = RedirectResponse(url, 303)
        gone.set_cookie(
            _LEFT, state, max_age=600, path="/login", secure=request.url.scheme == "https", httponly=True,
            samesite="lax",
        )  # fmt: skip
        return gone

    @pages.get("/login/company/done")
    async def arrive(
        request: Request,
        state: Annotated[str, Query(max_length=512)] = "",
        code: Annotated[str, Query(max_length=4096)] = "",
        accept_language: Annotated[str, Header()] = "",
    ) -> Response:
        if not state or not hmac.compare_digest(request.cookies.get(_LEFT, "").encode(), state.encode()):
            return await _turned_away(request, "wrong_company", 401, accept_language)
        try:
            email, next = await provider.arrive(back(request), state, code)
            return _welcome(request, await porter.sign_in_vouched(email), next)
        except NotAdmitted:
            return await _turned_away(request, "wrong_company", 401, accept_language)
        except ProviderDown:
            return await _turned_away(request, "provider_down", 503, accept_language)

    async def _turned_away(request: Request, why: str, status: int, accepted: str) -> Response:
        language = _language(None, accepted)
        return await _page(porter, "login", language, status, trouble=words()[language][why], company="yes")


def _welcome(request: Request, secret: str, to: str) -> Response:
    """Signed in: the cookie, and on to where one was going."""
    safe = request.url.scheme == "https"
    inside = RedirectResponse(_inside(to), 303)
    inside.set_cookie(
        SECURE_COOKIE if safe else COOKIE, secret, max_age=int(LONGEST.total_seconds()), path="/", secure=safe,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return inside


def _inside(to: str) -> str:
    """`to` where it is an address of ours; else the first page."""
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and "\\" not in to and to.isprintable()
    return to if plain else "/"


@cache
def _template() -> Any:
    return Environment(loader=FileSystemLoader(HERE), autoescape=True).get_template("page.html")


async def _page(porter: Porter, kind: str, language: Language, status: int = 200, **more: str) -> Response:
    other = next(each for each in LANGUAGES if each != language)
    shown = {"next": "/", "name": "", "key": "", "trouble": "", "inside": "", "company": "", **more}
    kept = {name: shown[name] for name in ("next", "key") if shown[name] not in ("", "/")}
    text = _template().render(
        kind=kind,
        language=language,
        other=other,
        words=words()[language],
        query=urlencode({**kept, "lang": other}),
        usable=kind == "setup" and await porter.opens_set_up(shown["key"]),
        no_door=await porter.open_house(),
        accounts=await porter.anybody(),
        **shown,
    )
    return HTMLResponse(text, status, {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})


def _language(wanted: str | None, accepted: str) -> Language:
    """The one asked for, else the browser's first that we speak, else English."""
    for each in [wanted or "", *(part.strip()[:2].lower() for part in accepted.split(","))]:
        for language in LANGUAGES:
            if each == language:
                return language
    return "en"
