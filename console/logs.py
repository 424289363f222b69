"""Log lines for the operator, plain or as JSON. Of an exception they tell its kind and place: its text may be a
caller's words."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog

Form = Literal["plain", "json"]
_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def log_without_words(level: str, form: Form = "plain", to: TextIO | None = None) -> None:
    """Sets up all logging of this process, to standard error unless it is told otherwise."""
    handler = logging.StreamHandler(to)
    handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(name)s: %(message)s") if form == "plain" else _json())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("alembic", "httpx", "mcp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Plain(logging.Formatter):
    def formatException(self, ei: _Raised) -> str:
        return _where(ei)


def _json() -> logging.Formatter:
    """One object a line: at, level, logger, event, and `raised` where something was."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _raised,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _raised(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if info := event.pop("exc_info", None):
        event["raised"] = _where(info)
    return event


def _where(raised: _Raised) -> str:
    kind, _, trace = raised
    return f"{''.join(traceback.format_tb(trace))}{kind.__name__ if kind else ''}"
