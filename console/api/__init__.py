"""The HTTP API: `api_app` makes the app; its `state.front` is a `Front` while the house is open."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import Lifespan

from console.api import (
    contacts,
    health,
    imports,
    inbox,
    lists,
    live,
    preferences,
    sandbox,
    staff,
    text_line,
    voice_policy,
)
from console.api.guard import Guard
from console.api.meters import Stopwatch
from console.api.problems import tell_problems
from console.api.scales import Scales


def api_app(lifespan: Lifespan[FastAPI], token: str | None = None) -> FastAPI:
    """An app with every route of the API; its `lifespan` sets `app.state.front`.

    Without a `token` only programs on this machine are let in.
    """
    app = FastAPI(
        title="Antesala",
        summary="A voice receptionist for an executive's phone line.",
        description="Errors are problem details (RFC 9457). Lists return `{items, next}`; times are ISO 8601 in UTC.",
        version="1",
        lifespan=lifespan,
    )
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
        )
    ]
    for router in routers:
        app.include_router(router)
    tell_problems(app, [route for router in routers for route in router.routes])
    app.add_middleware(Scales)
    app.add_middleware(Guard, token=token)
    app.add_middleware(Stopwatch)
    return app
