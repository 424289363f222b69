"""Errors as RFC 9457 problem details. Nothing of a stack trace, and nothing of what was sent, goes back."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from calls.desk import AlreadyAnswered, NoSuchHandOff
from calls.errors import AntesalaError, CallClosed, CallError, EngineError, NoSuchCall, OfficeError, StepRefused
from calls.switchboard import AllBusy
from calls.versions import NotFit, NotOnFile, Outdated
from console.api.on_file import told, told_faults
from console.api.shapes import Problem

log = logging.getLogger(__name__)

MOST_FAULTS = 50
"""So many faults of a file are told at once."""
_STATUS: dict[type[AntesalaError], tuple[int, str]] = {
    NoSuchCall: (404, "No such call"),
    NoSuchHandOff: (404, "No such hand-off"),
    NotOnFile: (404, "Not on file"),
    NotFit: (422, "Not kept"),
    OfficeError: (422, "The file cannot be used"),
    Outdated: (409, "Changed meanwhile"),
    CallClosed: (409, "The call is over"),
    AlreadyAnswered: (409, "Already answered"),
    AllBusy: (503, "All lines are busy"),
    CallError: (409, "Not possible on this call"),
    StepRefused: (409, "Refused"),
    EngineError: (503, "Something the call needs has failed"),
    AntesalaError: (500, "Something went wrong"),
}
PROBLEM: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "What is wrong with the request",
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    },
}
"""How errors are described in OpenAPI."""


def problem(
    status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A problem details response; `more` are extension members."""
    body = {"type": "about:blank", "title": title, "status": status, **({"detail": detail} if detail else {}), **more}
    return JSONResponse(body, status, dict(headers or {}), media_type="application/problem+json")


def tell_problems(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Every error of `app` becomes problem details. `routes` are those of the API."""
    app.state.api_routes = routes
    app.add_exception_handler(AntesalaError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


async def _ours(request: Request, error: Exception) -> Response:
    status, title = next(_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS)
    return problem(status, title, str(error), {"Retry-After": "10"} if status == 503 else None, **_more(error))


def _more(error: Exception) -> dict[str, Any]:
    """What the study has to show beside the words."""
    match error:
        case NotFit(faults=faults):
            return {"errors": told_faults(faults)}
        case OfficeError():
            return {"errors": [_spelled(each) for each in getattr(error, "errors", (error,))[:MOST_FAULTS]]}
        case Outdated(newest=newest, author=author, changes=changes):
            return {"version": newest, "author": author, "changes": told(changes)}
    return {}


def _spelled(error: OfficeError) -> dict[str, Any]:
    return {"where": error.file, "line": error.line, "what": error.what, "mend": error.mend}


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"where": ".".join(str(part) for part in each["loc"]), "what": each["msg"].removeprefix("Value error, ")}
        for each in error.errors()
    ]
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return problem(400, "Not JSON", f"The body is not valid JSON: {errors[0]['what']}.")
    told = "; ".join(f"{each['where']}: {each['what']}" for each in errors[:3])
    return problem(422, "Not valid", f"{told}.", errors=errors)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    headers = {**(error.headers or {})}
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request))) or headers.get("Allow", "")
    detail = error.detail if error.detail != title else _DETAIL.get(error.status_code, "")
    return problem(error.status_code, title, detail, headers)


def _methods(request: Request) -> set[str]:
    """All that this address takes; the router itself tells only those of the first route that fits."""
    routes: Sequence[BaseRoute] = request.app.state.api_routes
    fitting = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in fitting for method in getattr(route, "methods", None) or ()}


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("%s on %s", type(error).__name__, request.scope.get("route"))
    return problem(500, "Something went wrong", "It is in the server's log. Please try again.")


_DETAIL = {
    404: "There is nothing at this address. GET /openapi.json lists what there is.",
    405: "This address does not take that method; the Allow header says which.",
}
