"""What can go wrong, as one tree.

AntesalaError                 a person reads it: what happened, where, what to do
├── SettingsError             a setting is missing, contradictory or a placeholder
├── OfficeError               a file of the office folder is broken (file, line, mend)
├── CallError
│   ├── NoSuchCall            no call has this id
│   └── CallClosed            the call is over; nothing more can be said on it
├── StepRefused               a proposed step is not allowed or not true
└── EngineError               an engine (ears, mind, voice, store) failed
    ├── EngineLate            it did not answer in time
    ├── EngineGarbled         it answered with something that is not an answer
    └── WeightsError          model weights are missing or corrupted
"""

from pathlib import Path


class AntesalaError(Exception):
    """Base of every error we raise on purpose. `str(error)` is meant to be read by a person."""


class SettingsError(AntesalaError):
    """A setting is missing, contradictory, or still a placeholder."""


class OfficeError(AntesalaError):
    """A file of the office folder cannot be used; nothing of it was imported."""

    def __init__(self, file: Path | str, what: str, mend: str, line: int | None = None):
        self.file, self.what, self.mend, self.line = str(file), what, mend, line
        where = f"{file}, line {line}" if line else f"{file}"
        super().__init__(f"{where}: {what} {mend}")


class CallError(AntesalaError):
    """Something was asked of a call that it cannot do."""


class NoSuchCall(CallError):
    def __init__(self, call_id: str):
        super().__init__(f"There is no call {call_id!r}. List the calls to find the right one.")


class CallClosed(CallError):
    def __init__(self, call_id: str, state: str = "closed"):
        super().__init__(f"Call {call_id} is {state}; nothing more can be said on it. Open a new call.")


class StepRefused(AntesalaError):
    """A proposed step was not done. `str(error)` says why, in words the mind can act on."""


class EngineError(AntesalaError):
    """An engine failed. `engine` is one of ears, mind, rules, knowledge, voice, records."""

    def __init__(self, engine: str, what: str):
        self.engine, self.what = engine, what
        super().__init__(f"{engine}: {what}")


class EngineLate(EngineError):
    """The engine did not answer within its time."""


class EngineGarbled(EngineError):
    """The engine answered, but not with something that can be used."""


class WeightsError(EngineError):
    """Weights are missing or do not have the expected SHA-256; the message names the mend."""
