"""The executive's contacts, and what a caller's number and PIN prove."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from calls.words import Caller, Circle, Language
from knowledge.numbers import e164

# OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, 2 passes, 1 lane; about 20 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_PIN = re.compile(r"\d{4,8}")


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone the executive knows. `pin` is an argon2id hash; `numbers` are E.164."""

    id: str
    name: str
    numbers: tuple[str, ...] = ()
    circle: Circle = Circle.KNOWN
    language: Language | None = None
    company: str = ""
    email: str = ""
    notes: str = ""
    pin: str | None = None


def hash_pin(pin: str, known: str | None = None) -> str | None:
    """A plain PIN of 4 to 8 digits as its argon2id hash; one that is already hashed as it is; else None.

    `known`: the hash that it had before, which it keeps as long as it is the same PIN.
    """
    if pin.startswith("$argon2"):
        return pin
    if not _PIN.fullmatch(pin):
        return None
    return known if known and fits(pin, known) else _HASHER.hash(pin)


def fits(pin: str, hashed: str) -> bool:
    """Whether `hashed` is of `pin`; takes about 20 ms."""
    try:
        return _HASHER.verify(hashed, pin)
    except (VerificationError, InvalidHashError):
        return False


class Contacts:
    """All contacts, by number. `region` reads numbers that come without their country."""

    def __init__(self, contacts: Iterable[Contact], region: str | None):
        self._region = region
        self._by_id = {contact.id: contact for contact in contacts}
        self._by_number = {number: contact for contact in self._by_id.values() for number in contact.numbers}

    @property
    def all(self) -> tuple[Contact, ...]:
        return tuple(self._by_id.values())

    def caller(self, number: str | None, name: str | None = None) -> Caller:
        """Who a number belongs to. Caller ID can be forged (RFC 8224, section 1), so it opens `trusted` at most."""
        number = e164(number, self._region) if number else None
        contact = self._by_number.get(number) if number else None
        if contact is None:
            return Caller(number=number, name=name)
        return Caller(
            number=number,
            name=contact.name,
            circle=contact.circle.capped(Circle.TRUSTED),
            language=contact.language,
            notes=contact.notes,
            contact_id=contact.id,
        )

    def prove(self, caller: Caller, pin: str) -> Circle | None:
        """The circle that `pin` opens for the contact that `caller` seems to be; None when it is wrong."""
        contact = self._by_id.get(caller.contact_id or "")
        digits = re.sub(r"\D", "", pin)
        if contact is None or contact.pin is None or not digits:
            return None
        return contact.circle if fits(digits, contact.pin) else None

    def names(self, first: Caller) -> list[str]:
        """Names and companies that may come up: the caller's own first, then the closest circles."""
        near = sorted(self.all, key=lambda each: (each.id != first.contact_id, -each.circle.rank))
        kept = [contact for contact in near if contact.circle is not Circle.BLOCKED]
        return [word for contact in kept for word in (contact.name, contact.company) if word]
