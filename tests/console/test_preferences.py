"""The study over HTTP: what the executive writes, who is told of it, and how it is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.conftest import TheStudy

PARKING = "¿dónde está la entrada para aparcar?"


# --- writing and reading ----------------------------------------------------------------------------


async def test_what_is_on_file_is_listed(study: TheStudy) -> None:
    rows = {each["id"]: each for each in (await study.get("preferences"))["items"]}
    assert len(rows) == 6
    press = rows["press"]
    assert press.pop("updated")
    assert press == {
        "id": "press", "audience": "anyone", "topic": "press", "when": "a journalist or the press calls",
        "do": "redirect", "say": {}, "valid": {"from": None, "until": None}, "status": "approved", "version": 1,
        "text": {"en": "Journalists write to press@vidal.example.", "es": "La prensa escribe a prensa@vidal.example."},
        "author": "office folder",
    }  # fmt: skip
    assert await study.get("preferences/press") == (await study.get("preferences?q=PRENSA"))["items"][0]
    assert [each["id"] for each in (await study.get("preferences?audience=nobody"))["items"]] == ["sale"]
    assert (await study.get("preferences?topic=press"))["items"][0]["id"] == "press"
    first = await study.get("preferences?limit=4")
    rest = await study.get(f"preferences?limit=4&next={first['next']}")
    assert {each["id"] for each in first["items"] + rest["items"]} == set(rows) and rest["next"] is None


async def test_a_new_preference_is_told_on_the_next_turn(study: TheStudy) -> None:
    call = await study.house.dial()
    await study.house.hear(call, "¿tienen guardarropa?")
    new = await study.ask(
        "POST", "preferences", 201, text={"es": "El guardarropa está en la planta baja."}, topic="coats"
    )
    assert (new["id"], new["version"], new["status"], new["author"]) == ("coats", 1, "approved", "executive")
    assert (await study.house.hear(call, "¿tienen guardarropa?"))["said"] == ["El guardarropa está en la planta baja."]


async def test_an_edit_is_told_on_the_next_turn_and_keeps_what_was_not_sent(study: TheStudy) -> None:
    call = await study.house.dial()
    assert (await study.house.hear(call, PARKING))["said"] == ["Puede aparcar en la entrada norte."]
    edited = await study.ask("PUT", "preferences/parking", version=1, text={"es": "Puede aparcar en la entrada sur."})
    assert (edited["version"], edited["audience"]) == (2, "anyone")
    assert (await study.house.hear(call, PARKING))["said"] == ["Puede aparcar en la entrada sur."]
    recalled = [event for event in await study.house.events(call) if event["kind"] == "recalled"]
    assert [event["preferences"][0]["version"] for event in recalled] == [1, 2]


async def test_a_draft_is_not_told_until_it_is_approved(study: TheStudy) -> None:
    call = await study.house.dial()
    text = {"es": "El guardarropa está en la planta baja."}
    await study.ask("POST", "preferences", 201, id="coats", text=text, status="draft", author="Marta")
    assert text["es"] not in (await study.house.hear(call, "¿tienen guardarropa?"))["said"]
    approved = await study.ask("POST", "preferences/coats/approve", author="Elena", version=1)
    assert (approved["status"], approved["version"], approved["author"]) == ("approved", 2, "Elena")
    assert (await study.house.hear(call, "¿tienen guardarropa?"))["said"] == [text["es"]]
    assert (await study.ask("POST", "preferences/coats/approve"))["version"] == 2, "approving twice changes nothing"


async def test_what_is_archived_is_told_no_more_and_can_come_back(study: TheStudy) -> None:
    call = await study.house.dial()
    assert (await study.ask("DELETE", "preferences/parking?version=1"))["status"] == "archived"
    assert "entrada norte" not in str((await study.house.hear(call, PARKING))["said"])
    assert "parking" not in str(await study.get("preferences"))
    assert (await study.get("preferences?status=archived"))["items"][0]["id"] == "parking"
    await study.ask("POST", "preferences/parking/undo")
    assert (await study.house.hear(call, PARKING))["said"] == ["Puede aparcar en la entrada norte."]


# --- versions ---------------------------------------------------------------------------------------


async def test_two_people_edit_the_same_and_nothing_is_lost(study: TheStudy) -> None:
    await study.ask("PUT", "preferences/parking", version=1, text={"es": "Aparque al sur."}, author="Marta")
    problem = await study.ask("PUT", "preferences/parking", 409, version=1, audience="known", author="Elena")
    assert (problem["version"], problem["author"]) == (2, "Marta")
    assert problem["changes"] == [
        {"field": "text.es", "before": "Puede aparcar en la entrada norte.", "after": "Aparque al sur."}
    ]
    assert (await study.get("preferences/parking"))["audience"] == "anyone"
    merged = await study.ask("PUT", "preferences/parking", version=2, audience="known", author="Elena")
    assert (merged["text"], merged["audience"], merged["version"]) == ({"es": "Aparque al sur."}, "known", 3)
    await study.ask("PUT", "preferences/parking", 409, version=9, audience="inner")
    await study.ask("DELETE", "preferences/parking?version=1", 409)
    await study.ask("POST", "preferences/parking/approve", 409, version=2)


async def test_versions_tell_what_changed_and_each_can_be_restored(study: TheStudy) -> None:
    await study.ask("PUT", "preferences/parking", version=1, text={"es": "Aparque al sur."}, audience="known")
    await study.ask("PUT", "preferences/parking", version=2, valid={"until": "2027-01-31"}, do="answer")
    third, second, first = (await study.get("preferences/parking/versions"))["items"]
    assert [each["version"] for each in (third, second, first)] == [3, 2, 1]
    assert {each["field"]: each["after"] for each in third["changes"]} == {"valid.until": "2027-01-31", "do": "answer"}
    assert {each["field"] for each in second["changes"]} == {"text.es", "audience"}
    assert first["text"] == {"es": "Puede aparcar en la entrada norte."}
    restored = await study.ask("POST", "preferences/parking/restore", version=1)
    assert (restored["version"], restored["text"], restored["do"]) == (4, first["text"], None)
    undone = await study.ask("POST", "preferences/parking/undo")
    assert (undone["version"], undone["do"]) == (5, "answer")
    await study.ask("POST", "preferences/parking/restore", 404, version=17)


async def test_what_is_new_is_undone_by_archiving_it(study: TheStudy) -> None:
    await study.ask("POST", "preferences", 201, id="coats", text="El guardarropa está abajo.")
    assert (await study.ask("POST", "preferences/coats/undo"))["status"] == "archived"


async def test_what_is_not_on_file_is_404(study: TheStudy) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/versions"), ("POST", "/undo"), ("POST", "/approve")):
        await study.ask(method, f"preferences/nothing{path}", 404)
    await study.ask("PUT", "preferences/nothing", 404, version=1, text="x")
    await study.ask("GET", "contacts/nobody", 404)


# --- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "where", "what"),
    [
        ({"text": {"es": "Ella tiene cáncer y no viene."}}, "text", "health"),
        ({"text": {"en": "He is a Catholic."}}, "text", "beliefs"),
        ({"text": "Su marido vota al PSOE."}, "text", "politics"),
        ({"text": {"es": "Sí."}, "when": "Luis Prieto tiene cáncer"}, "when", "health"),
        ({"text": {"es": "Sí."}, "audience": "friends"}, "audience", "friends"),
        ({"text": {"es": "Sí."}, "do": "redirekt"}, "do", "redirekt"),
        ({"text": {"es": "Sí."}, "valid": {"from": "2026-12-02", "until": "2026-12-01"}}, "valid", "2026-12-01"),
        ({"text": {"es": "Sí."}, "valid": {"until": "mañana"}}, "valid.until", "mañana"),
        ({"text": {"es": "a" * 5000}}, "text", "5000 characters"),
        ({"text": {"es": "Sí."}, "id": "press"}, "id", "already used"),
        ({"topic": "nothing"}, "", "'text' is missing"),
    ],
)
async def test_what_may_not_be_kept_is_refused_with_the_reason(
    study: TheStudy, written: dict[str, Any], where: str, what: str
) -> None:
    before = await study.get("preferences")
    problem = await study.ask("POST", "preferences", 422, **written)
    (fault,) = problem["errors"]
    assert fault["where"].startswith(where) and what in fault["what"] and fault["mend"]
    assert await study.get("preferences") == before


async def test_a_text_of_20_mb_is_refused(study: TheStudy) -> None:
    await study.ask("POST", "preferences", 413, text="a" * 20_000_000)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script><b>hola</b> & adiós",
        "Vale 😀👩‍💼",
        "‏שלום‏ و مرحبا \u202eabc",
        "'; DROP TABLE versions; --",
        "línea uno\nlínea dos",
        "{{ 7 * 7 }} ${x} %s",
    ],
)
async def test_any_signs_are_text(study: TheStudy, text: str) -> None:
    await study.ask("POST", "preferences", 201, id="odd", text={"es": text})
    assert (await study.get("preferences/odd"))["text"] == {"es": text.strip()}
    assert (await study.get("preferences/odd/versions"))["items"][0]["text"] == {"es": text.strip()}


async def test_control_characters_are_no_text(study: TheStudy) -> None:
    raw = rb'{"id": "odd", "text": {"es": "a\u0000b \ud83d c"}}'
    headers = {"Content-Type": "application/json"}
    answer = await study.house.client.post("/api/preferences", content=raw, headers=headers)
    assert answer.status_code == 201 and answer.json()["text"] == {"es": "a b   c"}


# --- contacts ---------------------------------------------------------------------------------------


async def test_a_contact_is_known_on_the_next_call(study: TheStudy) -> None:
    ana = {"name": "Ana Soler", "numbers": ["600 555 444"], "circle": "trusted", "language": "es", "pin": "4071"}
    kept = await study.ask("POST", "contacts", 201, **ana)
    assert (kept["id"], kept["numbers"], kept["has_pin"]) == ("ana-soler", ["+34600555444"], True)
    assert "4071" not in str(kept) and "argon2" not in str(kept)
    opened = await study.ask("POST", "calls", 201, line="text", number="+34600555444")
    assert opened["circle"] == "trusted"
    await study.ask("PUT", "contacts/ana-soler", version=1, circle="known")
    assert study.knowledge.prove(study.knowledge.caller("+34600555444"), "4071"), "the PIN stays"
    opened = await study.ask("POST", "calls", 201, line="text", number="+34600555444")
    assert opened["circle"] == "known"
    await study.ask("PUT", "contacts/ana-soler", version=2, pin=None)
    history = await study.get("contacts/ana-soler/versions")
    assert history["items"][0]["changes"] == [{"field": "pin", "before": None, "after": None}]
    assert "argon2" not in str(history)
    await study.ask("DELETE", "contacts/ana-soler")
    assert study.knowledge.caller("+34600555444").name is None
    assert "ana-soler" not in str(await study.get("contacts"))


@pytest.mark.parametrize(
    ("written", "where"),
    [
        ({"name": "Ana", "numbers": ["+34600111222"]}, "numbers"),
        ({"name": "Ana", "numbers": ["12"]}, "numbers"),
        ({"name": "Ana", "notes": "es católica"}, "notes"),
        ({"name": "Ana", "circle": "friend"}, "circle"),
        ({"name": "Ana", "pin": "12"}, "pin"),
        ({"name": "Ana", "language": "fr"}, "language"),
        ({"company": "Soler"}, ""),
    ],
)
async def test_a_contact_that_is_not_right_is_refused(study: TheStudy, written: dict[str, Any], where: str) -> None:
    problem = await study.ask("POST", "contacts", 422, **written)
    assert problem["errors"][0]["where"].startswith(where) and problem["errors"][0]["mend"]


# --- the voice policy -------------------------------------------------------------------------------


async def test_the_voice_policy_goes_out_and_in_in_the_form_of_its_file(study: TheStudy) -> None:
    policy = await study.get("voice-policy")
    assert policy["covers"] == [{"es": "Está reunida.", "en": "She's in a meeting.", "when": "busy"}]
    assert policy["hours"]["open"]["mon"] == "09:00-14:00, 16:00-19:00" and policy["version"] == 1
    greeting = {"es": "Buenos días, soy Clara, la asistente virtual.", "en": "Hello, I'm Clara, an AI assistant."}
    edited = await study.ask("PUT", "voice-policy", **{**policy, "greeting": greeting})
    assert (edited["version"], edited["greeting"], edited["author"]) == (2, greeting, "executive")
    assert {name: edited[name] for name in ("hours", "covers", "executive")} == {
        name: policy[name] for name in ("hours", "covers", "executive")
    }
    opened = await study.ask("POST", "calls", 201, line="text")
    assert " ".join(opened["said"]).startswith(greeting["es"])
    changed = (await study.get("voice-policy/versions"))["items"][0]["changes"]
    assert [each["field"] for each in changed] == ["greeting.es", "greeting.en"]
    await study.ask("PUT", "voice-policy", 409, version=1, recording="ask")
    assert (await study.ask("POST", "voice-policy/undo"))["greeting"] == policy["greeting"]
    assert (await study.ask("POST", "voice-policy/restore", version=2))["greeting"] == greeting


@pytest.mark.parametrize(
    ("written", "where", "what"),
    [
        (
            {"greeting": {"es": "Hola, soy Clara.", "en": "I'm Clara, an AI assistant."}},
            "greeting.es",
            "artificial intelligence",
        ),
        ({"greeting": {"es": "Soy Clara, asistente virtual."}}, "greeting", "'en'"),
        ({"covers": [{"es": "Está enferma.", "when": "busy"}]}, "covers", "health"),
        ({"hours": {"timezone": "Europe/Madird"}}, "hours.timezone", "Madird"),
        ({"hours": {"open": {"mon": "25:00-26:00"}}}, "hours.open.mon", "25:00"),
        ({"receptionist": {"tone": {"a": {"b": [1]}}}}, "receptionist.tone", "single text"),
        ({"grreting": {"es": "x"}}, "", "grreting"),
        ({"recording": "always"}, "recording", "always"),
    ],
)
async def test_a_voice_policy_that_is_not_right_is_refused(
    study: TheStudy, written: dict[str, Any], where: str, what: str
) -> None:
    problem = await study.ask("PUT", "voice-policy", 422, version=1, **written)
    fault = problem["errors"][0]
    assert fault["where"].startswith(where) and what in f"{fault['what']} {fault['mend']}"
    assert (await study.get("voice-policy"))["version"] == 1


# --- conflicts and imports --------------------------------------------------------------------------


async def test_who_writes_a_conflicting_preference_is_shown_both_texts(study: TheStudy) -> None:
    written = {"text": {"es": "Puede aparcar en la entrada sur."}, "topic": "parking"}
    await study.ask("PUT", "preferences/parking", version=1, topic="parking")
    new = await study.ask("POST", "preferences", 201, **written, valid={"until": "2026-12-31"})
    assert new["conflicts"] == [
        {
            "id": "parking",
            "text": {"es": "Puede aparcar en la entrada norte."},
            "mine": written["text"],
            "used": new["id"],
        }
    ]
    call = await study.house.dial()
    assert (await study.house.hear(call, PARKING))["said"] == ["Puede aparcar en la entrada sur."]
    (recalled,) = [event for event in await study.house.events(call) if event["kind"] == "recalled"]
    assert recalled["preferences"][0]["over"] == ["parking"]
    coats = await study.ask("POST", "preferences", 201, text={"es": "El guardarropa está abajo."})
    assert coats["conflicts"] == []


async def test_a_file_comes_in_goes_out_and_is_undone_as_one(study: TheStudy) -> None:
    text = "id,text_es\ncoats,El guardarropa está abajo.\nparking,Aparque al sur.\n"
    come = await study.ask("POST", "preferences/import", 201, name="p.csv", text=text, author="Marta")
    assert come["count"] == 2
    (listed,) = (await study.get("imports"))["items"]
    assert (listed["id"], listed["author"], listed["count"]) == (come["batch"], "Marta", 2)
    out = await study.house.client.get("/api/preferences/export?form=csv")
    assert "coats" in out.text and "attachment" in out.headers["content-disposition"]
    assert (await study.ask("POST", f"imports/{come['batch']}/undo"))["count"] == 2
    assert (await study.get("preferences/parking"))["text"] == {"es": "Puede aparcar en la entrada norte."}
    broken = await study.ask("POST", "preferences/import", 422, name="p.csv", text=text + "x,Tiene cáncer.\n")
    (fault,) = broken["errors"]
    assert (fault["where"], fault["line"]) == ("p.csv", 4) and fault["mend"]
    await study.ask("POST", "contacts/import", 422, name="c.docx", text="x")
    await study.ask("POST", "imports/nothing/undo", 404)
    cards = await study.house.client.get("/api/contacts/export?form=vcf")
    assert cards.text.count("BEGIN:VCARD") == 4 and "argon2" not in cards.text
