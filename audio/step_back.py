"""Threads that leave the processor to those that a caller waits for."""

from __future__ import annotations

import os
import sys
import threading


def step_back(nice: int) -> None:
    """Lowers the priority of the thread that calls it, by `nice` 0..19."""
    if sys.platform == "linux":  # elsewhere this would be the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
