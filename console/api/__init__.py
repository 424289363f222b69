"""The HTTP API: `api_app` makes the app; its `state.front` is a `Front` while the house is open."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import Lifespan

from console.api import (
    contacts,
    corrections,
    day,
    described,
    digest,
    first_meeting,
    health,
    imports,
    inbox,
    lists,
    live,
    notices,
    preferences,
    proposals,
    recording,
    reviews,
    sandbox,
    staff,
    text_line,
    voice_policy,
)
from console.api.meters import Stopwatch
from console.api.problems import tell_problems
from console.api.scales import Scales
from console.door import pages
from console.door.forward import Forward
from console.door.guard import Guard
from console.door.oidc import OpenId
from console.door.porter import Porter


def api_app(
    lifespan: Lifespan[FastAPI],
    token: str | None = None,
    public_url: str | None = None,
    provider: OpenId | None = None,
) -> FastAPI:
    """An app with every route of the API; its `lifespan` sets `app.state.front`, and `people` of `app.state.porter`.

    Without a `token` and accounts only programs on this machine are let in. `provider`: the company's own accounts.
    """
    app = FastAPI(
        title="Antesala",
        summary="A voice receptionist for an executive's phone line.",
        description="Errors are problem details (RFC 9457). Lists return `{items, next}`; times are ISO 8601 in UTC.",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    porter = app.state.porter = Porter(token)
    routers = [
        part.router
        for part in (
            lists,
            inbox,
            text_line,
            staff,
            sandbox,
            imports,
            preferences,
            contacts,
            voice_policy,
            live,
            health,
            reviews,
            digest,
            proposals,
            first_meeting,
            notices,
            day,
            corrections,
            recording,
        )
    ]
    for router in routers:
        app.include_router(router)
    app.include_router(described.router)
    app.include_router(pages.router(porter, provider, public_url))
    tell_problems(app, [route for router in routers for route in router.routes])
    app.add_middleware(Forward)
    app.add_middleware(Scales)
    app.add_middleware(Guard, porter=porter, public_url=public_url)
    app.add_middleware(Stopwatch)
    return app
