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


async def heard_in(study: TheStudy, call_id: str) -> dict[str, object]:
    whole = await study.get(f"calls/{call_id}")
    (heard,) = [each for each in whole["events"] if each["kind"] == "heard"]
    assert isinstance(heard, dict)
    return heard


async def test_a_line_is_set_right_found_and_taken_back(study: TheStudy) -> None:
    call_id = await finished(study, number=NUMBER)
    heard = await heard_in(study, call_id)
    for text in ("Soy Begonia Echevarría", "Soy Begoña Etxeberria"):
        made = await study.ask("POST", f"calls/{call_id}/corrections", 201, of=heard["seq"], text=text, by="Marta")
    assert (made["kind"], made["was"], made["by"]) == ("corrected", "Soy Begonia Echevarría", "Marta")
    heard = await heard_in(study, call_id)
    assert (heard["text"], heard["corrected"]) == ("Soy Begoña Echevarría", "Soy Begoña Etxeberria"), "both are kept"
    assert [each["id"] for each in (await study.get("calls?q=etxeberria"))["items"]] == [call_id]
    for stands in ("Soy Begonia Echevarría", None):
        await study.ask("POST", f"calls/{call_id}/corrections/{heard['seq']}/undo")
        assert (await heard_in(study, call_id)).get("corrected") == stands
    await study.ask("POST", f"calls/{call_id}/corrections/{heard['seq']}/undo", 409)
    assert [each["seq"] for each in (await study.get(f"calls/{call_id}"))["events"]] == list(range(1, 10))


async def test_a_name_is_taken_back_with_its_contact(study: TheStudy) -> None:
    call_id = await finished(study, number=NUMBER, name="Vegoña")
    for name in ("Begoña", "Begoña Echevarría"):
        await study.ask("PUT", f"calls/{call_id}/caller", name=name, by="Marta")
    named = []
    for _ in range(2):
        await study.ask("POST", f"calls/{call_id}/corrections/0/undo", by="Marta")
        contacts = [each["name"] for each in (await study.get("contacts"))["items"] if NUMBER in each["numbers"]]
        named.append(((await study.get(f"calls/{call_id}"))["name"], contacts))
    assert named == [("Begoña", ["Begoña"]), ("Vegoña", [])]
    await study.ask("POST", f"calls/{call_id}/corrections/0/undo", 409)


async def test_what_nobody_said_cannot_be_corrected(study: TheStudy) -> None:
    call_id = await finished(study)
    for of, status in ((1, 409), (99, 409), (0, 422), ("x", 422)):
        await study.ask("POST", f"calls/{call_id}/corrections", status, of=of, text="Hola")
    heard = await heard_in(study, call_id)
    for text in (" ", "a" * 100_000, 3):
        await study.ask("POST", f"calls/{call_id}/corrections", 422, of=heard["seq"], text=text)
    await study.ask("POST", "calls/nobody/corrections", 404, of=1, text="Hola")
    opened = await study.house.dial()
    await study.ask("POST", f"calls/{opened}/corrections", 409, of=1, text="Hola")
    assert "corrected" not in str(await study.get(f"calls/{call_id}"))
