"""Erasure with a receipt, which outlives the database: after a backup is restored it is done again.

The log beside the database (``erasures.jsonl``) knows numbers only by a keyed hash. A receipt is signed with the
house's own key (Ed25519, RFC 8032), so that whoever holds one can show it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Engine, text

from calls.words import spell_time
from records import subject
from records.engine import all_earlier
from records.recordings import prune

KEY, LOG = "erasure.key", "erasures.jsonl"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, when, and the house's word for it. `mark` stands for the number without telling it."""

    at: str
    mark: str
    erased: dict[str, int]
    public_key: str
    signature: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Erasures:
    """`data`: the data folder, in which key and log are kept."""

    def __init__(self, data: Path):
        self._data = data
        self._key = _key(data / KEY)

    def erase(self, number: str, engine: Engine, at: datetime) -> Receipt:
        """Erases all that is on record of `number`, on disk too. Blocks. Raises SQLAlchemyError.

        States of the records from before an upgrade or a restore go as a whole: they cannot be erased from.
        """
        with engine.begin() as connection:
            erased = subject.erase(number, connection)
        with engine.connect() as connection:
            erased |= {"recordings": gone} if (gone := prune(self._data, connection)) else {}
        scrub(engine)
        if engine.url.database and (copies := list(all_earlier(Path(engine.url.database)))):
            for each in copies:
                each.unlink()
            erased["copies"] = len(copies)
        told: dict[str, Any] = {"at": spell_time(at), "mark": self.mark(number), "erased": erased}
        self._log(told)
        signature = self._key.sign(_spelled(told)).hex()
        return Receipt(**told, public_key=self._key.public_key().public_bytes_raw().hex(), signature=signature)

    def replay(self, engine: Engine) -> int:
        """Erases again whatever of it has come back; of how many numbers."""
        marks = {each["mark"] for each in self._logged()}
        if not marks:
            return 0
        with engine.begin() as connection:
            back = [number for number in subject.numbers_on_record(connection) if self.mark(number) in marks]
            for number in back:
                subject.erase(number, connection)
        if back:
            scrub(engine)
        return len(back)

    def mark(self, number: str) -> str:
        return hmac.new(self._key.private_bytes_raw(), number.encode(), hashlib.sha256).hexdigest()

    def _log(self, told: dict[str, Any]) -> None:
        with (self._data / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(told) + "\n")
            log.flush()
            os.fsync(log.fileno())

    def _logged(self) -> Iterator[dict[str, Any]]:
        path = self._data / LOG
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            if line.strip():
                yield json.loads(line)


def genuine(receipt: dict[str, Any]) -> bool:
    """Whether a receipt is as the holder of its key signed it."""
    told = {name: receipt.get(name) for name in ("at", "mark", "erased")}
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(receipt["public_key"]))
        key.verify(bytes.fromhex(receipt["signature"]), _spelled(told))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def scrub(engine: Engine) -> None:
    """Nothing of what was deleted stays in the files: pages are rewritten, the write-ahead log is emptied (SQLite)."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.execute(text(statement))


def _spelled(told: dict[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def _key(path: Path) -> Ed25519PrivateKey:
    """The house's key, made at its first use, readable for its owner only."""
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
