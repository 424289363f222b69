"""The first meeting in a running house: its answers become the office folder that the house goes on with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from calls.errors import OfficeError
from calls.words import Language
from knowledge.meeting import Line, Understand, office_from, questions, understood, write_office
from knowledge.office_knowledge import OfficeKnowledge


class FirstMeeting:
    """`folder`: where the office will be; None when the house has one of its own already."""

    def __init__(
        self,
        knowledge: OfficeKnowledge,
        folder: Path | None,
        line: Line,
        now: Callable[[], datetime],
        understand: Understand | None = None,
    ):
        self._knowledge, self._folder, self._line, self._now = knowledge, folder, line, now
        self._understand = understand

    @property
    def held(self) -> bool:
        """Whether the house has an office of its own already."""
        return self._folder is None

    def questions(self, language: Language) -> list[dict[str, Any]]:
        """In order: ``{id, text, kind, hint, usual, optional, choices}``."""
        return [asdict(each) for each in questions(language)]

    async def hold(self, answers: Mapping[str, str], language: Language) -> dict[str, Any]:
        """``{folder, greeting}``: in force from the next call on.

        Raises NotFit, its faults by question, and OfficeError when there is an office already.
        """
        if self._folder is None:
            raise OfficeError("office", "This house has an office already.", "Edit it in the study instead.")
        today = self._now().date()
        free = await understood(answers, language, today, self._understand) if self._understand else None
        files = office_from(answers, language, today, self._line, free)
        await asyncio.to_thread(write_office, self._folder, files, language)
        await self._knowledge.move_to(self._folder)
        folder, self._folder = self._folder, None
        return {"folder": str(folder), "greeting": dict(self._knowledge.policy.greeting)}
