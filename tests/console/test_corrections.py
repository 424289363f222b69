"""Who it really was: corrected on the call, and known the next time."""

from __future__ import annotations

import pytest

from tests.console.conftest import TheStudy

NUMBER = "+34600999888"
NASTY = "<script>alert(1)</script>"


async def finished(study: TheStudy, **caller: str) -> str:
    call_id = await study.house.dial(**caller)
    await study.house.hear(call_id, "Soy Begoña Echevarría")
    await study.house.client.post(f"/api/calls/{call_id}/hang-up")
    return call_id


async def test_a_corrected_name_is_found_and_known_on_the_next_call(study: TheStudy) -> None:
    call_id = await finished(study, number=NUMBER, name="Vegoña")
    told = await study.ask("PUT", f"calls/{call_id}/caller", name="  Begoña \n Echevarría ")
    assert (told["name"], told["circle"]) == ("Begoña Echevarría", "anyone")
    assert [each["id"] for each in (await study.get("calls?name=begona"))["items"]] == [call_id]
    (contact,) = [each for each in (await study.get("contacts"))["items"] if NUMBER in each["numbers"]]
    assert (contact["name"], contact["circle"], contact["author"]) == ("Begoña Echevarría", "anyone", "assistant")
    again = await study.house.dial(number=NUMBER)
    whole = await study.get(f"calls/{again}")
    assert (whole["name"], whole["circle"]) == ("Begoña Echevarría", "anyone")


async def test_a_second_correction_changes_the_contact_and_keeps_its_versions(study: TheStudy) -> None:
    call_id = await finished(study, number=NUMBER)
    for name in ("Begoña Etxebarria", "Begoña Echevarría", NASTY):
        await study.ask("PUT", f"calls/{call_id}/caller", name=name)
    (contact,) = [each for each in (await study.get("contacts"))["items"] if NUMBER in each["numbers"]]
    assert (contact["name"], contact["version"]) == (NASTY, 3), "a name is text"


async def test_a_withheld_number_makes_no_contact(study: TheStudy) -> None:
    before = len((await study.get("contacts"))["items"])
    await study.ask("PUT", f"calls/{await finished(study)}/caller", name="Begoña")
    assert len((await study.get("contacts"))["items"]) == before


@pytest.mark.parametrize(
    "body", [{"name": " "}, {"name": "a" * 100_000}, {"name": 3}, {}, {"name": "x", "circle": "inner"}]
)
async def test_what_is_no_name_changes_nothing(study: TheStudy, body: dict[str, object]) -> None:
    call_id = await finished(study, name="Ana")
    refused = await study.house.client.put(f"/api/calls/{call_id}/caller", json=body)
    assert refused.status_code == 422
    assert (await study.get(f"calls/{call_id}"))["name"] == "Ana"


async def test_an_open_call_and_one_that_nobody_knows(study: TheStudy) -> None:
    call_id = await study.house.dial()
    for id, status in ((call_id, 409), ("nobody", 404)):
        assert (await study.house.client.put(f"/api/calls/{id}/caller", json={"name": "Ana"})).status_code == status
