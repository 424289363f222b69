"""Free words of the executive as preferences, by the model that is set; checked afterwards like any other entry."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import date
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from langsmith import tracing_context

from calls.words import Language
from prompts import wishes_prompt

WITHIN_S = 20.0
MOST = 5
"""So many preferences come of one wish at most."""
_KEYS = ("text", "when", "do", "audience", "topic")
_LIST = re.compile(r"\[.*\]", re.DOTALL)


class Wishes:
    """Asks `model`; none at all when it is late, fails or talks nonsense: then plain grammar has to do."""

    def __init__(self, model: BaseChatModel, within_s: float = WITHIN_S):
        self._model, self._within_s = model, within_s

    async def read(self, text: str, language: Language, executive: str, today: date) -> list[dict[str, Any]]:
        """Preferences in their plain form, still to be checked by whoever keeps them."""
        prompt = wishes_prompt(language=language, executive=executive, today=today.isoformat())
        marked = text.replace("«", " ").replace("»", " ")
        try:
            async with asyncio.timeout(self._within_s):
                with tracing_context(enabled=False):
                    answer = await self._model.ainvoke([SystemMessage(prompt), HumanMessage(f"«{marked}»")])
        except Exception:  # whatever a provider raises, it did not answer
            return []
        return _preferences(answer.text, language)


def _preferences(answer: str, language: Language) -> list[dict[str, Any]]:
    found = _LIST.search(answer)
    try:
        read = json.loads(found.group()) if found else []
    except ValueError:
        return []
    return [_plain(each, language) for each in read[:MOST] if isinstance(each, dict) and _is_text(each.get("text"))]


def _plain(said: dict[str, Any], language: Language) -> dict[str, Any]:
    plain = {key: str(said[key]).strip() for key in _KEYS if _is_text(said.get(key))}
    if "when" not in plain or "do" not in plain:
        plain = {key: value for key, value in plain.items() if key not in ("when", "do")}
    until = {"valid": {"until": str(said["until"])}} if _is_text(said.get("until")) else {}
    return {**plain, "text": {language: plain["text"]}, **until}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
