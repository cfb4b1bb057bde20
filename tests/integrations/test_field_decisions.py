"""What is decided about remote fields, what people type into them, and which jobs are offered."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from foundation.problems import Invalid
from integrations import field_decisions, field_entries, field_table, job_statuses, setting_rows
from integrations.base.records import Capability, FieldKind, Option, RemoteField, UpdateRule
from integrations.field_decisions import VariableTaken
from integrations.models import Connection, FieldEntry, FieldRow
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from sourcing import defining_fields
from tests.campaigns import making as campaigns_making
from tests.integrations import making

pytestmark = pytest.mark.django_db

TITLE = RemoteField(key="title", label="Title", default_variable="title", longest=10)
SKILLS = RemoteField(key="skills", label="Skills", kind=FieldKind.TEXTS, default_variable="skills")
GITHUB = RemoteField(key="github", label="GitHub", kind=FieldKind.LINK, readable=False)
COLOUR = RemoteField(
    key="custom:7",
    label="Colour",
    kind=FieldKind.CHOICE,
    options=(Option(id="r", label="Red"), Option(id="b", label="Blue")),
    custom=True,
    default_rule=UpdateRule.IF_BLANK,
)
PAST = RemoteField(key="past", label="Past", kind=FieldKind.EXPERIENCE)


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection of Alice's whose vendor has five fields."""
    connection = making.connection(making.alice())
    fields(monkeypatch, connection, TITLE, SKILLS, GITHUB, COLOUR, PAST)
    return connection


def fields(monkeypatch: pytest.MonkeyPatch, row: Connection, *found: RemoteField) -> None:
    monkeypatch.setattr(SourceWhaleConnector, "list_fields", lambda _self, **_asked: found)
    field_table.discover(row)


def field(row: Connection, remote: RemoteField) -> FieldRow:
    return FieldRow.objects.for_organisation(row.organisation_id).get(connection=row, key=remote.key)


def decide(row: Connection, remote: RemoteField, **changes: Any) -> FieldRow:
    assert row.created_by is not None
    return field_decisions.decide(actor=row.created_by, field=field(row, remote), changes=changes)


def test_mandatory_implies_displayed_and_hiding_a_field_ends_its_being_mandatory(row: Connection) -> None:
    assert decide(row, COLOUR, mandatory=True).displayed
    kept = decide(row, COLOUR, displayed=False, mandatory=True)
    assert (kept.displayed, kept.mandatory) == (True, True)
    hidden = decide(row, COLOUR, displayed=False)
    assert (hidden.displayed, hidden.mandatory) == (False, False)


def test_a_string_variable_goes_to_one_field_which_the_refusal_names(row: Connection) -> None:
    with pytest.raises(VariableTaken, match="“Title”"):
        decide(row, COLOUR, variable="title")
    decide(row, TITLE, variable="")
    assert decide(row, COLOUR, variable="title").variable == "title"


def test_each_network_goes_to_a_field_of_its_own_and_a_list_to_several(row: Connection) -> None:
    decide(row, GITHUB, variable="github")
    with pytest.raises(VariableTaken, match="“GitHub”"):
        decide(row, TITLE, variable="github")
    assert decide(row, TITLE, variable="skills").variable == "skills"
    assert field(row, SKILLS).variable == "skills"


def test_a_field_that_is_gone_there_gives_its_variable_up(
    row: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields(monkeypatch, row, COLOUR)
    assert decide(row, COLOUR, variable="title").variable == "title"
    assert field(row, TITLE).variable == ""


def test_custom_fields_of_the_organisation_are_variables_and_unknown_ones_are_refused(
    row: Connection,
) -> None:
    alice = row.created_by
    assert alice is not None
    custom = defining_fields.add(
        organisation=alice.organisation, actor=alice, label="Favourite colour", kind="text"
    )
    assert field_decisions.variables_of(row.organisation_id)[f"custom.{custom.key}"] == "Favourite colour"
    assert decide(row, COLOUR, variable=f"custom.{custom.key}").variable == f"custom.{custom.key}"
    for unknown in ("custom.nobody", "salary", 7):
        with pytest.raises(Invalid):
            decide(row, TITLE, variable=unknown)
    with pytest.raises(Invalid):
        decide(row, TITLE, rule="sometimes")
    with pytest.raises(Invalid):
        decide(row, TITLE, label="Mine")
    assert field(row, TITLE).rule == UpdateRule.ALWAYS


def test_a_field_the_vendor_never_shows_cannot_be_a_filter(row: Connection) -> None:
    assert decide(row, TITLE, filterable=True).filterable
    with pytest.raises(Invalid, match="does not show"):
        decide(row, GITHUB, filterable=True)


def test_reset_brings_variable_and_rule_back_and_leaves_what_people_may_fill(row: Connection) -> None:
    alice = row.created_by
    assert alice is not None
    decide(row, TITLE, variable="", rule="protected", displayed=True)
    decide(row, COLOUR, variable="title", rule="always")
    with pytest.raises(VariableTaken, match="“Colour”"):
        field_decisions.reset(actor=alice, field=field(row, TITLE))
    assert field_decisions.reset_all(actor=alice, connection=row, record_type="candidate") == 2
    title, colour = field(row, TITLE), field(row, COLOUR)
    assert (title.variable, title.rule, title.displayed) == ("title", UpdateRule.ALWAYS, True)
    assert (colour.variable, colour.rule) == ("", UpdateRule.IF_BLANK)
    assert field_decisions.reset_all(actor=alice, connection=row, record_type="candidate") == 0


def test_the_persons_own_entry_goes_before_the_campaigns_and_a_blank_one_takes_it_away(
    row: Connection,
) -> None:
    alice = row.created_by
    assert alice is not None
    ada, campaign = making.person(alice), campaigns_making.campaign(alice=alice)
    decide(row, COLOUR, displayed=True)
    decide(row, SKILLS, displayed=True)

    def enter(values: dict[str, Any], **place: Any) -> None:
        field_entries.enter(actor=alice, connection=row, record_type="candidate", values=values, **place)

    enter({"custom:7": "Red", "skills": "Go, Rust"}, campaign=campaign)
    enter({"custom:7": "b"}, candidate=ada)
    found = setting_rows.entered(row, "candidate", campaign=campaign, candidate=ada)
    assert found == {"custom:7": "b", "skills": ("Go", "Rust")}
    assert setting_rows.entered(row, "candidate", candidate=ada) == {"custom:7": "b"}
    enter({"custom:7": ""}, candidate=ada)
    assert setting_rows.entered(row, "candidate", campaign=campaign, candidate=ada)["custom:7"] == "r"


def test_what_does_not_fit_is_said_by_field_and_nothing_is_kept(row: Connection) -> None:
    alice = row.created_by
    assert alice is not None
    ada = making.person(alice)
    for remote in (TITLE, COLOUR, PAST):
        decide(row, remote, displayed=True)
    wrong = {"title": "a" * 11, "custom:7": "Green", "github": "x", "past": "x", "nothing": "x"}
    with pytest.raises(Invalid) as refused:
        field_entries.enter(actor=alice, connection=row, record_type="candidate", values=wrong, candidate=ada)
    assert refused.value.fields == {
        "title": "At most 10 characters.",
        "custom:7": "Not among its choices.",
        "github": "This field cannot be filled here.",
        "past": "This field cannot be filled here.",
        "nothing": "This field cannot be filled here.",
    }
    assert not FieldEntry.objects.for_organisation(alice.organisation_id).exists()


def test_the_whitelist_takes_statuses_the_vendor_has_and_keeps_its_order(
    row: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = row.created_by
    assert alice is not None
    cache.clear()
    assert job_statuses.offered(row) == ()
    with pytest.raises(Invalid):
        job_statuses.choose(actor=alice, connection=row, statuses=["open"])
    known = [Option(id="open", label="Open"), Option(id="won", label="Filled")]
    capabilities = SourceWhaleConnector.capabilities | {Capability.LIST_JOB_STATUSES}
    monkeypatch.setattr(SourceWhaleConnector, "capabilities", capabilities)
    monkeypatch.setattr(SourceWhaleConnector, "list_job_statuses", lambda _self: tuple(known))
    job_statuses.choose(actor=alice, connection=row, statuses=["won", "open"])
    row.refresh_from_db()
    assert row.job_statuses == ["open", "won"]
    # One that went there stays chosen until somebody takes it away.
    known.pop()
    cache.clear()
    job_statuses.choose(actor=alice, connection=row, statuses=["won"])
    assert row.job_statuses == ["won"]
    with pytest.raises(Invalid, match="no such job status"):
        job_statuses.choose(actor=alice, connection=row, statuses=["open", "lost"])
