"""A run that has nothing due gives itself back and is taken up again later, without a worker going round and round."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organisation, User
from foundation import runs
from foundation.models import Run, RunStatus

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


class Kind:
    """A kind of run that rests until told otherwise, and remembers what happened to it."""

    def __init__(self) -> None:
        self.visits = 0
        self.until: datetime.datetime | None = timezone.now() + HOUR
        self.stopped: list[str] = []

    def step(self, run: Run) -> bool:
        self.visits += 1
        if self.until is not None:
            runs.rest(run, until=self.until, note="Waiting.")
        return False


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Kind:
    made = Kind()
    monkeypatch.setattr(runs, "_kinds", {})
    runs.kind("rests", stopped=lambda run: made.stopped.append(run.status))(made.step)
    return made


@pytest.fixture
def alice() -> User:
    return User.objects.create_user(
        "alice@example.com", "x", name="Alice", organisation=Organisation.objects.create(name="Acme")
    )


def begun(alice: Any) -> Run:
    return runs.start(kind="rests", organisation=alice.organisation, actor=alice, title="Rests")


def reread(run: Run) -> Run:
    return Run.objects.for_organisation(run.organisation_id).get(pk=run.pk)


def test_a_run_at_rest_is_running_held_by_nobody_and_not_taken_before_its_time(
    kind: Kind, alice: User
) -> None:
    run = begun(alice)
    assert runs.work(run.pk) is False
    run = reread(run)
    assert (run.status, run.lease_token, run.note) == (RunStatus.RUNNING, "", "Waiting.")
    runs.work(run.pk)
    assert kind.visits == 1
    assert runs.sweep() == 0


def test_hastening_makes_it_due_at_once(kind: Kind, alice: User) -> None:
    run = begun(alice)
    runs.work(run.pk)
    kind.until = None
    assert runs.hasten([run.pk]) == 1
    runs.work(run.pk)
    assert reread(run).status == RunStatus.DONE
    assert runs.hasten([run.pk]) == 0
    assert kind.stopped == []


def test_cancelling_a_run_at_rest_ends_it_and_closes_what_is_left(kind: Kind, alice: User) -> None:
    run = begun(alice)
    runs.work(run.pk)
    runs.cancel(run_id=run.pk, actor=alice)
    assert reread(run).status == RunStatus.CANCELLED
    assert kind.stopped == [RunStatus.CANCELLED]


def test_a_run_that_breaks_closes_what_is_left(
    kind: Kind, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_run: Run) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(kind, "step", broken)
    monkeypatch.setattr(runs, "_kinds", {})
    runs.kind("rests", stopped=lambda run: kind.stopped.append(run.status))(kind.step)
    run = begun(alice)
    runs.work(run.pk)
    assert kind.stopped == [RunStatus.FAILED]
