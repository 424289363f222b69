"""Telephone numbers: E.164 (ITU-T) inside, whatever people write outside."""

from __future__ import annotations

from functools import cache
from importlib import resources

import phonenumbers

from calls.words import Language

_SPANISH_SPEAKING = {
    *("ES", "MX", "AR", "CO", "PE", "VE", "CL", "EC", "GT", "CU", "BO"),
    *("DO", "HN", "PY", "SV", "NI", "CR", "PA", "UY", "PR", "GQ"),
}


def e164(number: str, region: str | None) -> str | None:
    """`number` as ``+34600111222``; None when it cannot be one. `region` (ISO 3166) reads numbers without a prefix."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def region_of(number: str) -> str | None:
    """The ISO 3166 country of an E.164 number."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    return region or phonenumbers.region_code_for_country_code(parsed.country_code or 0)


def language_of(number: str) -> Language | None:
    """The language to try first with a number's country: Spanish where it is the main one, else English."""
    region = region_of(number)
    if region is None or region == "ZZ":
        return None
    return "es" if region in _SPANISH_SPEAKING else "en"


@cache
def region_of_timezone(timezone: str) -> str | None:
    """The ISO 3166 country that a time zone of the tz database lies in (its zone.tab)."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if not line.startswith("#") and line.split("\t")[2] == timezone:
            return line.split("\t")[0]
    return None
