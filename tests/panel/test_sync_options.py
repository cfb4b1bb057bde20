"""Sync as, and the options behind its arrow, as an administrator left them a moment ago."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from integrations import field_decisions, field_entries, setting_changes
from integrations.models import CompanyMatch, FieldRow, LinkState
from integrations.setting_changes import TEAM, Place
from tests.integrations import making as integrations
from tests.integrations import syncs
from tests.integrations.toy import ToyServer
from tests.panel.asking import panel
from tests.sourcing.factories import make_candidate

pytestmark = pytest.mark.django_db


def options(user: User, **asked: Any) -> dict[str, Any]:
    answer = panel(user).get("/api/v1/panel/sync/", asked)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def setting(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in told["systems"][0]["settings"] if each["name"] == name)


def test_nothing_is_offered_without_a_connection(bob: User) -> None:
    assert options(bob) == {"record_type": "candidate", "record_types": ["candidate"], "systems": []}


def test_each_setting_says_what_counts_where_it_was_set_and_who_locked_it(alice: User, bob: User) -> None:
    row = integrations.connection(alice)
    ida = make_candidate(alice.organisation, "Ida")

    def choose(actor: User, place: Place, value: str) -> None:
        setting_changes.write(
            actor=actor, connection=row, record_type="candidate", place=place, values={"add": value}
        )

    new = setting(options(bob), "add")
    assert (new["kind"], new["value"], new["words"], new["from"], new["own"], new["locked"]) == (
        "choice", "never", "Never", "default", None, None,
    )  # fmt: skip
    assert new["choices"][1] == {"value": "replied", "label": "When they reply"}
    choose(alice, TEAM, "interested")
    choose(bob, Place(candidate=ida), "added")
    assert setting(options(bob), "add")["from"] == "organisation"
    own = setting(options(bob, candidate=ida.pk), "add")
    assert (own["value"], own["own"], own["from"], own["editable"]) == ("added", "added", "person", True)
    setting_changes.lock(actor=alice, connection=row, record_type="candidate", name="add", locked=True)
    locked = setting(options(bob, candidate=ida.pk), "add")
    assert (locked["value"], locked["own"], locked["from"]) == ("interested", "added", "organisation")
    assert (locked["locked"]["by"], locked["editable"]) == ("Alice Aubert", False)
    assert setting(options(alice, candidate=ida.pk), "add")["editable"] is True
    told = options(bob)["systems"][0]["settings"]
    assert {each["name"]: each["kind"] for each in told} == {
        "only_synced": "boolean", "add": "choice", "notes": "choices", "job": "job",
    }  # fmt: skip


def test_fields_are_those_displayed_now(alice: User, bob: User) -> None:
    row = integrations.connection(alice)
    ida = make_candidate(alice.organisation, "Ida")
    given = {"organisation": alice.organisation, "connection": row, "displayed": True}
    level = FieldRow.objects.create(
        key="level", label="Level", kind="choice", mandatory=True, position=1,
        options=[{"id": "s", "label": "Senior"}], **given,
    )  # fmt: skip
    title = FieldRow.objects.create(
        key="title", label="Title", kind="text", longest=40, variable="title", position=2, **given
    )
    FieldRow.objects.create(key="work", label="Work", kind="experience", position=3, **given)
    field_entries.enter(
        actor=bob, connection=row, record_type="candidate", values={"level": "Senior"}, candidate=ida
    )
    (system,) = options(bob, candidate=ida.pk)["systems"]
    assert (system["connection_id"], system["vendor"], system["takes"]) == (row.pk, "sourcewhale", True)
    assert system["fields"] == [
        {
            "id": level.pk, "label": "Level", "kind": "choice", "mandatory": True, "value": "s", "mapped": "",
            "options": [{"value": "s", "label": "Senior"}], "max_length": None,
        },
        {
            "id": title.pk, "label": "Title", "kind": "text", "mandatory": False, "value": None,
            "mapped": field_decisions.variables_of(row.organisation_id)["title"], "options": [],
            "max_length": 40,
        },
    ]  # fmt: skip
    field_decisions.decide(actor=alice, field=level, changes={"displayed": False})
    assert [each["label"] for each in options(bob)["systems"][0]["fields"]] == ["Title"]


def test_record_types_companies_and_systems_that_take_none(alice: User, toy_contacts: ToyServer) -> None:
    row = syncs.connection(alice)
    integrations.connection(alice)
    ida = make_candidate(alice.organisation, "Ida", company="Voltra", record_type="contact")
    told = options(alice, candidate=ida.pk)
    assert (told["record_type"], told["record_types"]) == ("contact", ["candidate", "contact"])
    by_vendor = {each["vendor"]: each for each in told["systems"]}
    assert (by_vendor["sourcewhale"]["takes"], by_vendor["sourcewhale"]["settings"]) == (False, [])
    assert by_vendor["toy"]["companies"] == {"has": True, "chosen": None}
    CompanyMatch.unguarded.create(
        organisation=alice.organisation, connection=row, candidate=ida, spelling="voltra",
        state=LinkState.LINKED, remote_id="c7", remote_name="Voltra GmbH",
    )  # fmt: skip
    chosen = {each["vendor"]: each for each in options(alice, candidate=ida.pk)["systems"]}
    assert chosen["toy"]["companies"]["chosen"] == {"id": "c7", "name": "Voltra GmbH", "everybody": False}
    assert options(alice, candidate=ida.pk, record_type="candidate")["record_type"] == "candidate"


def test_another_organisations_person_and_connections_are_not_there(alice: User, mallory: User) -> None:
    integrations.connection(alice)
    ida = make_candidate(alice.organisation, "Ida")
    assert options(mallory)["systems"] == []
    assert panel(mallory).get("/api/v1/panel/sync/", {"candidate": ida.pk}).status_code == 404
