"""Who the network says is calling: E.164, or nothing where it is withheld or false."""

from __future__ import annotations

import re
from urllib.parse import unquote

import phonenumbers

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_WITHHELD = {
    "+" + word.translate(_KEYPAD)
    for word in ("ANONYMOUS", "RESTRICTED", "BLOCKED", "UNKNOWN", "UNAVAILABLE", "PRIVATE")
}
"""Networks spell on the keypad why there is no number: +266696687 is ANONYMOUS."""
_ADDRESS = re.compile(r"<?(?:sips?:|tel:)(?P<user>[^@;>\s]+)(?P<rest>[^,]*)", re.IGNORECASE)
_FALSE = re.compile(r"verstat=tn-validation-failed", re.IGNORECASE)


def number_of(given: str) -> str | None:
    """The number as a carrier writes it; None when it is withheld."""
    return given if _E164.fullmatch(given) and given not in _WITHHELD else None


def caller_of(caller: str, headers: dict[str, str]) -> str | None:
    """The number of a SIP caller: what the trunk asserts (RFC 3325), else From.

    None where the caller withholds it (`Privacy: id`, RFC 3323) or the network found it false (`verstat`, the outcome
    of STIR/SHAKEN: RFC 8224 and 3GPP TS 24.229): a false number proves less than none.
    """
    if "id" in re.split(r"[;,\s]+", headers.get("privacy", "").lower()):
        return None
    for written in (headers.get("p-asserted-identity", ""), caller):
        found = _ADDRESS.search(written)
        if found and _FALSE.search(found["user"] + found["rest"]):
            return None
        if found and (number := dialled_number(unquote(found["user"]))):
            return number
    return None


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
