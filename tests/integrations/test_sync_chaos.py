"""A vendor that fails one call in four, before or after the work, and workers that die: nobody twice, nobody lost."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from django.core.cache import cache
from django.db.models.functions import Now
from django.utils import timezone

from campaigns import marking
from integrations.models import NoteState, SyncStatus, SyncTask
from integrations.states import SYNC_OPEN
from outreach.states import Interest
from tests.campaigns import making as campaigns
from tests.integrations import making, syncs
from tests.integrations.test_notes import left
from tests.integrations.test_syncing import LATER, due_now
from tests.integrations.toy import ToyConnector, ToyServer
from tests.integrations.vendor_server import Answer, Seen

pytestmark = pytest.mark.django_db

CALLS = ("find", "read", "push", "add_note", "find_note")


class Killed(BaseException):
    """The worker is dead: nothing behind this point of it is carried out."""


def fail_at_random(toy: ToyServer, chance: random.Random) -> None:
    """One call in four goes wrong, half of those after the vendor has done what was asked."""
    real = toy._work

    def answer(seen: Seen) -> Answer:
        fate = chance.random()
        if fate < 0.12:
            return Answer(status=chance.choice([500, 502, 503]), body={"message": "Maintenance"})
        if fate < 0.24:
            real(seen)
            return Answer(cut=True) if chance.random() < 0.5 else Answer(status=500)
        return real(seen)

    toy.server.answer = answer


def die_at_random(monkeypatch: pytest.MonkeyPatch, chance: random.Random) -> Counter[str]:
    """Workers die before or after one call in four; how often at which."""
    deaths: Counter[str] = Counter()

    def around(name: str) -> None:
        real = getattr(ToyConnector, name)

        def call(self: ToyConnector, *given: Any, **named: Any) -> Any:
            if chance.random() < 0.12:
                deaths[f"before {name}"] += 1
                raise Killed
            result = real(self, *given, **named)
            if chance.random() < 0.12:
                deaths[f"after {name}"] += 1
                raise Killed
            return result

        monkeypatch.setattr(ToyConnector, name, call)

    for name in CALLS:
        around(name)
    return deaths


@pytest.mark.parametrize("seed", range(2))
def test_nobody_is_made_twice_no_note_is_doubled_and_nothing_is_lost(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    alice = making.alice()
    row = syncs.connection(alice)
    syncs.choose(row, "add", "added")
    syncs.choose(row, "notes", ["email_sent", "interest_changed"])
    names = [f"p{number}" for number in range(8)]
    made = campaigns.started(syncs.campaign(alice, *names))
    left(made)
    for name in names:
        marking.mark(
            recipient=syncs.recipient(made, name),
            interest=Interest.INTERESTED,
            actor=alice,
            now=timezone.now(),
        )
    syncs.hear()
    fail_at_random(toy, chance)
    deaths = die_at_random(monkeypatch, chance)
    for _ in range(400):
        try:
            syncs.visit(row)
        except Killed:
            # Its lease runs out in time.
            SyncTask.objects.for_organisation(row.organisation_id).exclude(lease_until=None).update(
                lease_until=Now() - LATER
            )
        cache.clear()
        due_now(row)
        if not any(task.status in SYNC_OPEN for task in syncs.tasks(row)):
            break
    assert deaths
    assert sorted(person["first"] for person in toy.people.values()) == names
    assert {task.status for task in syncs.tasks(row)} == {SyncStatus.DONE}
    assert {note.state for note in syncs.notes(row)} == {NoteState.SENT}
    written = [text for texts in toy.notes.values() for text in texts]
    assert len(written) == len(set(written)) == len(syncs.notes(row)) == len(names) + 1
