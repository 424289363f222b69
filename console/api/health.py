"""Whether the house lives, whether it is ready, and what Prometheus wants to know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from calls.errors import AntesalaError
from console.api.problems import problem

Check = Callable[[], Awaitable[object]]
"""Uses one engine once, for real; raises AntesalaError when it does not work."""

router = APIRouter(tags=["health"])


class Readiness:
    """Each engine has to have run once and must not keep failing; each store has to answer every time.

    `failing`: the engines that keep failing now, and how. `standing_in`: engine -> what answers in its place now.
    """

    def __init__(
        self,
        engines: Mapping[str, Check],
        stores: Mapping[str, Check],
        failing: Callable[[], Mapping[str, str]] = dict,
        standing_in: Callable[[], Mapping[str, str]] = dict,
    ):
        self._engines, self._stores = engines, stores
        self._failing, self.standing_in = failing, standing_in
        self._state: dict[str, str] = dict.fromkeys(engines, "not yet")

    async def warm_up(self) -> None:
        """Runs every engine that has not run yet, all at the same time."""
        waiting = [name for name, state in self._state.items() if state != "ok"]
        await asyncio.gather(*(self._run(name, self._engines[name]) for name in waiting))

    async def keep_warming(self, every_s: float = 5.0) -> None:
        """Warms up until every engine has run, again and again where one fails."""
        while True:
            await self.warm_up()
            if all(state == "ok" for state in self._state.values()):
                return
            await asyncio.sleep(every_s)

    async def look(self) -> dict[str, str]:
        """Each part and ``ok``, ``not yet``, or what is wrong with it."""
        for name, check in self._stores.items():
            await self._run(name, check)
        return {**self._state, **self._failing()}

    async def _run(self, name: str, check: Check) -> None:
        try:
            await check()
            self._state[name] = "ok"
        except AntesalaError as error:
            self._state[name] = str(error)
        except Exception as error:  # whatever an engine does, the house stays up and says that it isn't ready
            self._state[name] = f"it failed ({type(error).__name__})"


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Some engine has not run yet, or a store does not answer"}})
async def ready(request: Request) -> Response:
    """200 once every engine has run once, while none keeps failing and every store answers."""
    readiness: Readiness = request.app.state.front.readiness
    checks = await readiness.look()
    if all(state == "ok" for state in checks.values()):
        return JSONResponse({"status": "ok", "checks": checks, "standing_in": readiness.standing_in()})
    waiting = ", ".join(name for name, state in checks.items() if state != "ok")
    return problem(503, "Not ready", f"Not ready yet: {waiting}.", {"Retry-After": "2"}, checks=checks)


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Prometheus' text format."""
    front: Any = request.app.state.front
    return Response(front.meters.page(front.switchboard), media_type=CONTENT_TYPE_PLAIN_0_0_4)
