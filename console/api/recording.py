"""The recording of a call: to listen to, and to delete. The caller is on the left, the house on the right."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse

from console.api.front import Front, TheFront
from console.api.problems import PROBLEM

router = APIRouter(prefix="/api", tags=["records"], responses=PROBLEM)
NONE = "There is no recording of this call. Calls are recorded where the caller agrees to it."


@router.get("/calls/{call_id}/recording", response_class=FileResponse)
async def recording(call_id: str, front: TheFront, request: Request) -> Response:
    """The sound as FLAC with two channels; byte ranges are served."""
    file, name = await _file(call_id, front), f"{call_id}.flac"
    if front.keys.opening:
        sound = await asyncio.to_thread(lambda: front.keys.open_file(file.read_bytes()))
        return _part(sound, request.headers.get("range", ""), name)
    return FileResponse(file, media_type="audio/flac", filename=name)


def _part(sound: bytes, asked: str, name: str) -> Response:
    """What was sealed, in memory: all of it, or the one range asked for (RFC 9110, 14.2)."""
    headers = {"accept-ranges": "bytes", "content-disposition": f'attachment; filename="{name}"'}
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if not found or found.groups() == ("", ""):
        return Response(sound, media_type="audio/flac", headers=headers)
    first, last = found.groups()
    start = int(first) if first else max(0, len(sound) - int(last))
    end = min(int(last), len(sound) - 1) if first and last else len(sound) - 1
    if start > end:
        return Response(status_code=416, headers={"content-range": f"bytes */{len(sound)}"})
    headers["content-range"] = f"bytes {start}-{end}/{len(sound)}"
    return Response(sound[start : end + 1], 206, headers, "audio/flac")


@router.delete("/calls/{call_id}/recording", status_code=204)
async def delete(call_id: str, front: TheFront) -> None:
    """Deletes the sound; what was said stays on record as text."""
    file = await _file(call_id, front)
    await asyncio.to_thread(file.unlink, missing_ok=True)


async def _file(call_id: str, front: Front) -> Path:
    """Where it is. Raises NoSuchCall, and 404 where there is none."""
    whole = await front.whole_call(call_id)
    file = front.recording(whole["id"])
    if file is None:
        raise HTTPException(404, NONE)
    return file


def cues(call: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where in the recording each thing was said: ``{seq, offset_ms}``, in the order of the events.

    What was said before the recording began is not in it.
    """
    began = next((each["began"] for each in call["events"] if each.get("state") == "agreed"), None)
    if began is None:
        return []
    started = datetime.fromisoformat(call["started"])
    told = ((seq, at_s - began) for seq, at_s in _spoken(call["events"], started))
    return [{"seq": seq, "offset_ms": round(offset * 1000)} for seq, offset in told if offset >= 0]


def _spoken(events: list[dict[str, Any]], started: datetime) -> Iterator[tuple[int, float]]:
    """(event, when it began to be said, in seconds since the call began). One sentence is played after the other."""

    def since(event: Mapping[str, Any]) -> float:
        return (datetime.fromisoformat(event["at"]) - started).total_seconds()

    played = {event["said"]: since(event) for event in events if event["kind"] == "played"}
    floor = 0.0
    for event in events:
        match event["kind"]:
            case "heard":
                yield event["seq"], event["began"]
            case "said":
                yield event["seq"], max(since(event), floor)
                floor = played.get(event["id"], floor)
            case "staff" if event["action"] == "spoke":
                yield event["seq"], since(event)
