"""Bandit finds nothing in the code but what was looked at and is meant."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.loops import ROOT

MEANT = {
    ("evals/lines_peer.py", "B324"),  # MD5 is what SIP digest asks for (RFC 3261)
    ("lines/sip/phone.py", "B104"),  # compares with the address, binds nothing
    ("knowledge/subscription.py", "B314"),  # the executive's own calendar server; expat bounds what entities expand to
    ("audio/voice/kokoro_weights.py", "B310"),  # one fixed https address
}
LEFT_OUT = "./.venv,./tests,./out,./build,./data"


@pytest.mark.slow
def test_bandit_finds_nothing_new() -> None:
    command = [sys.executable, "-m", "bandit", "-q", "-r", ".", "-ll", "-f", "json", "-x", LEFT_OUT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = {(each["filename"].removeprefix("./"), each["test_id"]) for each in json.loads(done.stdout)["results"]}
    assert found <= MEANT, found - MEANT
