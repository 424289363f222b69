"""Where letters are handed in and where they are fetched: a server, an account, and whether the line is encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from calls.errors import SettingsError


@dataclass(frozen=True, slots=True)
class MailServer:
    """From ``smtp://user:password@host:587`` (encrypted as soon as it can be) or ``smtps://...`` (from the start)."""

    host: str
    port: int
    user: str
    password: str
    encrypted: bool

    @classmethod
    def at(cls, url: str) -> MailServer:
        """Raises SettingsError."""
        parts = _parts(url, "smtp")
        if parts is None:
            raise SettingsError("ANTESALA_SMTP_URL: write it as smtp://user:password@host:587 or smtps://...")
        return cls(*_account(parts, 587, 465))

    @property
    def here(self) -> bool:
        """Whether it runs on this machine, where a password needs no encryption."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True, slots=True)
class MailboxAt(MailServer):
    """From ``imaps://user:password@host:993/INBOX``, or ``imap://`` (encrypted as soon as it can be)."""

    folder: str

    @classmethod
    def read(cls, url: str) -> MailboxAt:
        """Raises SettingsError."""
        parts = _parts(url, "imap")
        if parts is None or not parts.username:
            raise SettingsError("ANTESALA_IMAP_URL: write it as imaps://user:password@host:993/INBOX.")
        return cls(*_account(parts, 143, 993), unquote(parts.path.strip("/")) or "INBOX")


def _parts(url: str, scheme: str) -> SplitResult | None:
    """Those of an address that begins with `scheme`, or `scheme` and an s; None of any other."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in (scheme, f"{scheme}s") and parts.hostname else None


def _account(parts: SplitResult, plain: int, encrypted: int) -> tuple[str, int, str, str, bool]:
    """Host, port (one of the two if none is written), user, password, and whether it is encrypted from the start."""
    safe = parts.scheme.endswith("s")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return parts.hostname or "", parts.port or (encrypted if safe else plain), user, password, safe
