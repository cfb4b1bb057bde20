"""The audit trail in words."""

from __future__ import annotations

from accounts import audit_words
from accounts.models import AuditEntry
from sourcing.models import Candidate


def line(**changes: list[object]) -> audit_words.Line:
    table = Candidate._meta.db_table
    return audit_words.line(AuditEntry(table=table, row=7, action="update", changes=changes))


def test_a_change_reads_as_words() -> None:
    found = line(
        first_name=["Ana", "Anna"],
        tags=[["python", "remote"], []],
        created_by_id=[None, 4],
        archived_at=[None, "2026-05-12T09:00:00+02:00"],
        custom=[{}, {"level": "senior", "works": True}],
    )
    assert found.kind == Candidate._meta.verbose_name
    assert {change.name: (change.before, change.after) for change in found.changes} == {
        "Archived at": ("", "12 May 2026, 07:00 UTC"),
        "Created by": ("", "#4"),
        "Custom": ("", "level: senior, works: yes"),
        "First name": ("Ana", "Anna"),
        "Tags": ("python, remote", ""),
    }


def test_what_was_and_is_empty_is_not_told_but_a_zero_and_a_no_are() -> None:
    found = line(
        id=[7, 7], organisation_id=[1, 1], summary=["", None], skills=[[], {}], count=[0, 1], on=[True, False]
    )
    assert [(change.name, change.before, change.after) for change in found.changes] == [
        ("Count", "0", "1"),
        ("On", "yes", "no"),
    ]


def test_a_table_that_is_gone_keeps_its_name() -> None:
    assert (
        audit_words.line(AuditEntry(table="old_table", row=1, action="delete", changes={})).kind
        == "old table"
    )
