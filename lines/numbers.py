"""Who the network says is calling: E.164, or nothing where it is withheld or false."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

import phonenumbers

from calls.words import Proof

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_WITHHELD = {
    "+" + word.translate(_KEYPAD)
    for word in ("ANONYMOUS", "RESTRICTED", "BLOCKED", "UNKNOWN", "UNAVAILABLE", "PRIVATE")
}
"""Networks spell on the keypad why there is no number: +266696687 is ANONYMOUS."""
_ADDRESS = re.compile(r"<?(?:sips?:|tel:)(?P<user>[^@;>\s]+)", re.IGNORECASE)
_VERSTAT = re.compile(r"verstat=tn-validation-([\w-]+)", re.IGNORECASE)


def number_of(given: str) -> str | None:
    """The number as a carrier writes it; None when it is withheld."""
    return given if _E164.fullmatch(given) and given not in _WITHHELD else None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a SIP call is from. `number` is None where it is withheld or false: that proves less than none."""

    number: str | None
    proof: Proof
    diverted: str | None = None


def identity_of(caller: str, headers: dict[str, str]) -> Identity:
    """Of From and the headers (names in lower case) of an INVITE.

    The number is what the trunk asserts (RFC 3325), else From; withheld by `Privacy: id` (RFC 3323). Whether its
    signature was found genuine is told by `verstat` (3GPP TS 24.229, 7.2A.20), how much it says by `Attestation-Info`
    or `P-Attestation-Indicator` (ATIS-1000082). The trunk has looked at the signature: we take its word.
    """
    diverted = _number_in(headers.get("diversion", "")) or _number_in(headers.get("history-info", ""))
    if "id" in re.split(r"[;,\s]+", headers.get("privacy", "").lower()):
        return Identity(None, "withheld", diverted)
    for written in (headers.get("p-asserted-identity", ""), caller):
        verstat = found[1].lower() if (found := _VERSTAT.search(written)) else ""
        if verstat.startswith("failed"):
            return Identity(None, "false", diverted)
        if number := _number_in(written):
            level = headers.get("attestation-info") or headers.get("p-attestation-indicator") or verstat[-2:]
            vouched: Proof = "claimed" if written is caller else "asserted"
            return Identity(number, _attested(verstat, level) or vouched, diverted)
    return Identity(None, "withheld", diverted)


def proof_of(number: str | None, verstat: str) -> Proof:
    """As a carrier's webhook tells it (Twilio's `StirVerstat`: ``TN-Validation-Passed-A``)."""
    told = verstat.lower().removeprefix("tn-validation-")
    if told.startswith("failed"):
        return "false"
    return (_attested(told, told[-2:]) or "claimed") if number else "withheld"


def _attested(verstat: str, level: str) -> Proof | None:
    """`verstat` without its first words; `level` may be anything that ends in a letter."""
    if not verstat.startswith("passed"):
        return None
    levels: dict[str, Proof] = {"a": "attested_a", "b": "attested_b", "c": "attested_c"}
    return levels.get(level.strip(' -"').lower(), "attested")


def _number_in(written: str) -> str | None:
    """The number of the first address in a header."""
    found = _ADDRESS.search(written)
    return dialled_number(unquote(found["user"].partition(";")[0])) if found else None


def dialled_number(given: str) -> str | None:
    """The number as PBXs and trunks write it: +34600111222, 0034600111222 or 34600111222; None for anything else."""
    digits = re.sub(r"[().\- ]", "", given)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif digits.isdecimal() and len(digits) > 9:
        candidate = "+" + digits
        try:
            valid = phonenumbers.is_valid_number(phonenumbers.parse(candidate))
        except phonenumbers.NumberParseException:
            valid = False
        digits = candidate if valid else digits
    return number_of(digits)
