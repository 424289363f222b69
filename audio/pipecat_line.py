"""One Pipecat service in a small running pipeline of its own; for the ears and for the voice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from pipecat.frames.frames import Frame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.workers.runner import WorkerRunner

from calls.errors import EngineError, SettingsError

STARTING_S = 15.0


class PipecatLine:
    """Runs `processors`, the service among them, from `start` to `close`. `name` is the service's, for errors."""

    def __init__(self, name: str, processors: Sequence[FrameProcessor], params: PipelineParams):
        self._name = name
        self._worker = PipelineWorker(
            Pipeline([*processors]), params=params, cancel_on_idle_timeout=False, enable_rtvi=False
        )
        self._started = asyncio.Event()
        self._worker.add_event_handler("on_pipeline_started", self._on_started)
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises EngineError when the service does not start within STARTING_S."""
        if self._running is None:
            runner = WorkerRunner(handle_sigint=False)
            await runner.add_workers(self._worker)
            self._running = asyncio.create_task(runner.run())
        try:
            async with asyncio.timeout(STARTING_S):
                await self._started.wait()
        except TimeoutError:
            raise EngineError(self._name, f"it did not start within {STARTING_S:g} s") from None

    async def push(self, frame: Frame) -> None:
        await self._worker.queue_frame(frame)

    async def close(self) -> None:
        running, self._running = self._running, None
        if running:
            await self._worker.cancel()
            await running

    async def _on_started(self, worker: PipelineWorker, frame: Frame) -> None:
        self._started.set()


def load_service(path: str, base: type[Any], setting: str, kind: str) -> Any:
    """The class at ``module.Class``, named by `setting`. Raises SettingsError when there is none of this `kind`."""
    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(f"{setting}: {path} cannot be loaded: {error}") from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise SettingsError(f"{setting}: {path} is not a Pipecat {kind} service.")
    return found
