"""The Fields table: discovered from the vendor, decided by administrators, kept through what the vendor changes."""

from __future__ import annotations

from typing import Any

import pytest

from integrations import field_table
from integrations.base.errors import TemporaryError
from integrations.base.records import FieldKind, Option, RemoteField, UpdateRule
from integrations.models import Connection, FieldRow
from integrations.vendors.sourcewhale.connector import SourceWhaleConnector
from tests.integrations import making

pytestmark = pytest.mark.django_db

TITLE = RemoteField(key="title", label="Title", default_variable="title")
COLOUR = RemoteField(
    key="custom:7",
    label="Colour",
    kind=FieldKind.CHOICE,
    options=(Option(id="r", label="Red"),),
    custom=True,
    default_rule=UpdateRule.IF_BLANK,
)


def discovered(row: Connection, monkeypatch: pytest.MonkeyPatch, *fields: RemoteField) -> list[FieldRow]:
    monkeypatch.setattr(SourceWhaleConnector, "list_fields", lambda _self, **_asked: fields)
    assert field_table.discover(row) == len(fields)
    return list(FieldRow.objects.for_organisation(row.organisation_id).order_by("position", "pk"))


def decide(row: FieldRow, **values: Any) -> None:
    FieldRow.objects.for_organisation(row.organisation_id).filter(pk=row.pk).update(**values)


def test_new_fields_begin_with_the_vendors_order_and_our_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    row = making.connection(making.alice())
    title, colour = discovered(row, monkeypatch, TITLE, COLOUR)
    assert (title.variable, title.rule, title.displayed) == ("title", UpdateRule.ALWAYS, False)
    assert (colour.variable, colour.rule, colour.options) == (
        "",
        UpdateRule.IF_BLANK,
        [{"id": "r", "label": "Red"}],
    )
    assert [rule.field for rule in field_table.rules(row, "candidate")] == [TITLE, COLOUR]


def test_decisions_stay_when_the_vendor_renames_a_field_and_a_missing_one_is_left_out_until_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = making.connection(making.alice())
    _title, colour = discovered(row, monkeypatch, TITLE, COLOUR)
    decide(colour, variable="custom.colour", displayed=True, mandatory=True)
    renamed = RemoteField(key="custom:7", label="Favourite", kind=FieldKind.TEXT, custom=True)
    _, colour = discovered(row, monkeypatch, TITLE, renamed)
    assert (colour.label, colour.kind, colour.variable, colour.mandatory) == (
        "Favourite",
        "text",
        "custom.colour",
        True,
    )
    monkeypatch.setattr(SourceWhaleConnector, "list_fields", lambda _self, **_asked: (TITLE,))
    field_table.discover(row)
    assert [rule.field.key for rule in field_table.rules(row, "candidate")] == ["title"]
    discovered(row, monkeypatch, TITLE, COLOUR)
    assert [rule.variable for rule in field_table.rules(row, "candidate")] == ["title", "custom.colour"]


def test_a_vendor_that_does_not_answer_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = making.connection(making.alice())
    discovered(row, monkeypatch, TITLE, COLOUR)

    def down(_self: Any, **_asked: Any) -> Any:
        raise TemporaryError("down")

    monkeypatch.setattr(SourceWhaleConnector, "list_fields", down)
    with pytest.raises(TemporaryError):
        field_table.discover(row)
    assert len(field_table.rules(row, "candidate")) == 2


def test_a_connection_whose_fields_were_never_asked_for_asks_before_the_first_push() -> None:
    row = making.connection(making.alice())
    assert field_table.rules(row, "candidate") == ()
    assert field_table.known(row, "candidate")[0].field.key == "name"
