"""The models and the migrations say the same, and every migration has a way back."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

ROOMS = ("foundation", "accounts", "sourcing", "outreach", "campaigns", "integrations")


@pytest.mark.django_db
def test_no_model_changed_without_its_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0, stdout=io.StringIO())


def _ours() -> list[tuple[str, Operation]]:
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    return [
        (f"{room}.{name}", operation)
        for (room, name), migration in loader.disk_migrations.items()
        if room in ROOMS
        for operation in migration.operations
    ]


@pytest.mark.django_db
def test_every_step_can_be_undone():
    assert [name for name, operation in _ours() if not operation.reversible] == []


@pytest.mark.django_db
def test_hand_written_steps_say_how_they_are_undone():
    hand_written = [(name, step) for name, step in _ours() if isinstance(step, RunPython | RunSQL)]
    assert [name for name, step in hand_written if not step.reversible] == []


@pytest.mark.django_db
def test_migrations_are_named_by_a_person():
    names = [name for name, _ in _ours()]
    assert [name for name in names if "_auto_" in name] == []
