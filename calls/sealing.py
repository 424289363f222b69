"""What is kept of calls may be sealed: unreadable on the disk without a key that is kept elsewhere.

AES-256 in Galois/Counter Mode (NIST SP 800-38D), a fresh random nonce each time. A key is 32 random bytes, written in
URL-safe base64. What is sealed tells by a short mark which key opens it, so that keys can be changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from calls.errors import EngineError, SettingsError

KEY_BYTES, NONCE_BYTES, MARK_BYTES = 32, 12, 4
MIXED = 8
"""A key with fewer different bytes than this was typed, not drawn."""
SEALED = "sealed-1:"
"""What a sealed text begins with."""
PLAIN = "plain-1:"
"""Put before a plain text that would look like a sealed one, or like this."""
FRAME = b"\x93seal1"
"""What each sealed piece of a file begins with; its length follows in four bytes."""
_HEAD = len(FRAME) + 4


def new_key() -> str:
    """A fresh key, as the setting wants it."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class Keys:
    """`opening`: every key that opens something, by its mark. `sealing`: the mark of the one that seals; None: none."""

    opening: dict[bytes, AESGCM]
    sealing: bytes | None

    @classmethod
    def read(cls, told: str) -> Keys:
        """From keys with commas or white space between them; the first one seals. Raises SettingsError."""
        keys = [_key(each) for each in told.replace(",", " ").split()]
        if not keys:
            raise SettingsError("There is no key in it. Make one with `antesala key new`.")
        opening = {hashlib.sha256(key).digest()[:MARK_BYTES]: AESGCM(key) for key in keys}
        return cls(opening, next(iter(opening)))

    def no_more(self) -> Keys:
        """The same keys, of which none seals any more."""
        return Keys(self.opening, None)

    def seal(self, plain: bytes) -> bytes:
        """To be called only where there is a key that seals."""
        assert self.sealing is not None
        nonce = os.urandom(NONCE_BYTES)
        return self.sealing + nonce + self.opening[self.sealing].encrypt(nonce, plain, None)

    def open(self, sealed: bytes) -> bytes:
        """Raises EngineError when no key fits, or it was changed."""
        mark, nonce, rest = sealed[:MARK_BYTES], sealed[MARK_BYTES:][:NONCE_BYTES], sealed[MARK_BYTES + NONCE_BYTES :]
        if mark not in self.opening:
            raise EngineError("records", "something is sealed with a key that is not among those of ANTESALA_SEAL_KEY")
        try:
            return self.opening[mark].decrypt(nonce, rest, None)
        except (InvalidTag, ValueError):
            raise EngineError("records", "something that is sealed was changed or damaged") from None

    # --- texts and files --------------------------------------------------------------------------------

    def seal_text(self, plain: str) -> str:
        """As it is where no key seals."""
        if self.sealing is not None:
            return SEALED + base64.b64encode(self.seal(plain.encode())).decode()
        return PLAIN + plain if plain.startswith((SEALED, PLAIN)) else plain

    def open_text(self, kept: str) -> str:
        """What was never sealed stays as it is. Raises EngineError."""
        if not kept.startswith(SEALED):
            return kept.removeprefix(PLAIN)
        try:
            return self.open(base64.b64decode(kept[len(SEALED) :], validate=True)).decode()
        except binascii.Error:
            raise EngineError("records", "something that is sealed was changed or damaged") from None

    def seal_piece(self, plain: bytes) -> bytes:
        """A piece of a file; pieces may follow each other. As it is where no key seals."""
        if self.sealing is None:
            return plain
        sealed = self.seal(plain)
        return FRAME + len(sealed).to_bytes(4, "big") + sealed

    def open_file(self, kept: bytes) -> bytes:
        """All whole pieces of a file; one that a crash cut off is left out. Raises EngineError."""
        if not kept.startswith(FRAME):
            return kept
        plain, at = [], 0
        while kept.startswith(FRAME, at) and at + _HEAD <= len(kept):
            end = at + _HEAD + int.from_bytes(kept[at + len(FRAME) : at + _HEAD], "big")
            if end > len(kept):
                break
            plain.append(self.open(kept[at + _HEAD : end]))
            at = end
        return b"".join(plain)


NO_KEYS = Keys({}, None)
"""Nothing is sealed."""


def is_sealed(kept: str | bytes) -> bool:
    return kept.startswith(SEALED) if isinstance(kept, str) else kept.startswith(FRAME)


def _key(told: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < MIXED:
        raise SettingsError("It is no key but a placeholder or a password. Make one with `antesala key new`.")
    return key
