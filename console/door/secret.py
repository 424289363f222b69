"""Passwords and secrets: what is good enough, and how it is kept."""

from __future__ import annotations

import hashlib
import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from calls.errors import AntesalaError

# OWASP Password Storage Cheat Sheet, Argon2id: 46 MiB, 1 pass, 1 lane; about 40 ms.
_HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_NOBODYS = "$argon2id$v=19$m=47104,t=1,p=1$OQqMQIac6gLrOMU7Ss3CSA$LnI9SSZuNRv4jcVhChUUHqcEqQPXFnz9II0dg3RKkX4"
SHORTEST, LONGEST = 12, 256
"""Characters in a password (NIST SP 800-63B-4, section 3.1.1.2, with room for a second factor that is not there)."""
_OFTEN_TRIED = re.compile(r"(password|contrase[ñn]a|changeme|antesala|qwerty|letmein|1234)[\w!.-]*|(.{1,4})\2+", re.I)


class WeakPassword(AntesalaError):
    """`why` is one of short, long, guessable."""

    def __init__(self, why: str):
        self.why = why
        super().__init__(
            {
                "short": f"A password needs at least {SHORTEST} characters; a sentence is easy to remember.",
                "long": f"A password may have {LONGEST} characters at most.",
                "guessable": "That password is among the first that are tried. Choose another.",
            }[why]
        )


def hash_password(password: str, name: str = "") -> str:
    """The argon2id hash of a new password. Takes about 40 ms. Raises WeakPassword."""
    if len(password) < SHORTEST:
        raise WeakPassword("short")
    if len(password) > LONGEST:
        raise WeakPassword("long")
    if _OFTEN_TRIED.fullmatch(password) or (name and password.lower().replace(name.lower(), "", 1).isdigit()):
        raise WeakPassword("guessable")
    return _HASHER.hash(password)


def fits(password: str, hashed: str | None) -> bool:
    """Whether `hashed` is of `password`; takes as long when there is no such account (None). About 40 ms."""
    try:
        return _HASHER.verify(hashed or _NOBODYS, password[:LONGEST]) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def new_secret() -> str:
    """256 random bits, for an address or a cookie."""
    return secrets.token_urlsafe(32)


def key_of(secret: str) -> str:
    """What is kept of a random secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()
