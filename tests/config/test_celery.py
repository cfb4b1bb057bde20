"""What the clock calls exists."""

from __future__ import annotations

import pytest

from accounts.models import AuditEntry
from config.celery import app
from foundation import runs
from foundation.models import Run
from sourcing import people
from sourcing.models import Candidate
from tests.outreach.making import user


def test_every_entry_of_the_clock_names_a_task_that_a_worker_knows():
    app.loader.import_default_modules()
    unknown = {entry["task"] for entry in app.conf.beat_schedule.values()} - set(app.tasks)
    assert unknown == set()


@pytest.mark.django_db
def test_what_a_task_changes_is_told_as_the_products_own() -> None:
    alice = user("alice")
    person = people.create_candidate(organisation=alice.organisation, actor=alice, first_name="Ada")

    @app.task(name="tests.change", shared=False)
    def change() -> None:
        Candidate.objects.for_organisation(alice.organisation).filter(pk=person.pk).update(title="CTO")

    try:
        change()
    finally:
        del app.tasks["tests.change"]
    entry = AuditEntry.objects.get(organisation=alice.organisation, table="sourcing_candidate")
    assert (entry.actor_id, entry.actor_name) == (None, "Beckon: tests.change")


@pytest.mark.django_db
def test_a_run_inside_a_task_is_told_as_its_starters_or_by_its_kind() -> None:
    alice = user("alice")
    person = people.create_candidate(organisation=alice.organisation, actor=alice, first_name="Ada")

    @runs.kind("tests.change")
    def step(run: Run) -> bool:
        Candidate.objects.for_organisation(run.organisation_id).filter(pk=person.pk).update(title=run.title)
        return False

    for actor, title in ((alice, "One"), (None, "Two")):
        run = runs.start(kind="tests.change", organisation=alice.organisation, actor=actor, title=title)
        app.tasks["foundation.tasks.run_step"](run.pk)
    rows = AuditEntry.objects.filter(organisation=alice.organisation, table="sourcing_candidate").order_by(
        "pk"
    )
    assert [entry.actor_name for entry in rows] == [f"Alice <{alice.email}>", "Beckon: tests.change"]
