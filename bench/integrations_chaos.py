"""Nobody twice, nobody lost, no note doubled, whatever dies: exports and syncs whose worker is killed again and again.

Half of the people are exported to the stand-in SourceWhale, which makes a second record whenever it is asked twice; the
other half are recipients of a campaign that is synced with the stand-in CATS, a note about each. Both answer every
fifth call with 500, 429 or nothing at all, half of the 500s and timeouts after they have done what was asked. The
worker is killed with SIGKILL at random moments of that. What nobody can wait for is cut short: the leases of the dead
worker, the waits between tries, and the connections' pauses end at once; the number of tries is not touched.

When the kills are over the vendors answer again, and what asked for a person is retried as the pages do it. Then both
are asked, alone, whom they hold.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import redis

from bench import integrations_world as world
from config.embedded.programs import Worker
from config.embedded.stack import Stack

VICTIM = "worker-sync"
WORKERS = (Worker(VICTIM, ("sync",), threads=4), Worker("worker-rest", ("default",), threads=2))
SETTINGS = {
    "LOG_LEVEL": "ERROR",
    "EGRESS_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
    "SOURCEWHALE_CALLS_PER_SECOND": "1000",
    "CATS_CALLS_PER_HOUR": "1000000",
    "VENDOR_INDEX_DELAY_SECONDS": "1",
    "VENDOR_TIMEOUT_SECONDS": "1",
}
VENDORS = ("sourcewhale", "cats")
#: What goes wrong with a fifth of all calls, each with 4 %.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "error", "status": 500},
    {"kind": "error", "status": 503, "after": True},
    {"kind": "rate_limit", "seconds": 1},
    {"kind": "hang"},
    {"kind": "hang", "after": True},
)
EACH = 0.04
#: The next blow falls after at most so many further calls, and so many seconds later.
CALLS, SECONDS = 10, 0.15
#: Nothing moved for so long: what is left is judged as it stands.
QUIET = 60.0


@dataclass
class Count:
    """What a run found; ``holds`` decides the exit code."""

    exported: int = 0
    synced: int = 0
    notes: int = 0
    duplicates: int = 0
    lost: int = 0
    notes_doubled: int = 0
    notes_lost: int = 0
    asked_for_a_person: int = 0
    unsettled: int = 0
    kills: int = 0
    kills_with_work_in_hand: int = 0
    calls: int = 0
    calls_gone_wrong: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Nobody twice, nobody lost, no note doubled or lost, everything settled."""
        return not (self.duplicates or self.lost or self.notes_doubled or self.notes_lost or self.unsettled)


def main() -> int:
    """Print the counts; 0 only when they hold and every kill took place."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=200, help="of the export, and as many of the sync")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    count = run(people=wanted.people, kills=wanted.kills, seed=wanted.seed)
    for name, value in asdict(count).items():
        print(f"{name.replace('_', ' '):26} {value}")
    print(json.dumps({**asdict(count), "holds": count.holds}))
    return 0 if count.holds and count.kills == wanted.kills else 1


def run(*, people: int, kills: int, seed: int) -> Count:
    """One run on a stack of its own. Must be called in a main thread and before Django is loaded."""
    count, chance = Count(), random.Random(seed)
    with Stack(workers=WORKERS, web=False, sandbox=True, settings=SETTINGS) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.ERROR)
        work = _Work(stack, people)
        world.change(stack, {"sourcewhale_duplicates": "create"})
        for vendor in VENDORS:
            for place, fault in enumerate(FAULTS):
                drawn = EACH / (1 - EACH * place)  # drawn only where none before it was
                world.order(stack, vendor, "faults", {**fault, "times": 0, "chance": drawn})
        started = time.monotonic()
        work.begin()
        _kill(stack, work, count, chance, kills)
        _settle(work)
        for vendor in VENDORS:
            met = world.told(stack, vendor)["faults_met"]
            booked = sum(bool(call["note"]) for call in world.told(stack, vendor, "requests"))
            count.calls_gone_wrong += met
            count.calls += _calls(stack, vendor) + met - booked  # a call that hangs is never booked
            world.order(stack, vendor, "faults/clear")
        count.asked_for_a_person = work.retry()
        _settle(work)
        _judge(stack, work, count)
        count.seconds = round(time.monotonic() - started, 1)
    return count


class _Work:
    """The export and the sync: what is open of them, and how time passes for them."""

    def __init__(self, stack: Stack, people: int) -> None:
        self._redis = redis.Redis.from_url(stack.redis_url)
        self.alice = world.alice()
        told = stack.sandbox
        whale = next(each for each in told["sourcewhale"]["keys"] if each["allowed"])
        cats = next(each for each in told["cats"]["keys"] if each["allowed"])
        self.whale = world.connected(
            self.alice,
            "sourcewhale",
            capabilities=["export", "pools"],
            api_key=whale["key"],
            identity=whale["campaigns"][0]["owner"],
        )
        self.cats = world.connected(
            self.alice,
            "cats",
            capabilities=["export"],
            api_key=cats["key"],
            identity=cats["users"][0],
        )
        ids = world.people(self.alice, 2 * people)
        self.exported, self.synced = ids[:people], ids[people:]
        for vendor in VENDORS:
            world.order(stack, vendor, "clear")

    def begin(self) -> None:
        """Start the export, and have the campaign's people synced and told of."""
        from integrations import exporting, targets  # noqa: PLC0415 - models are there once Django is loaded
        from integrations.models import ExportMode  # noqa: PLC0415

        target = _patiently(
            lambda: targets.choices(viewer=self.alice, connection=self.whale, mode=ExportMode.PROSPECTS)
        )[0]
        self.export = _patiently(
            lambda: exporting.start(
                actor=self.alice,
                connection=self.whale,
                mode=ExportMode.PROSPECTS,
                target_id=target.external_id,
                request_key=uuid.uuid4(),
                candidate_ids=self.exported,
            )
        )
        world.sync_with_notes(self.alice, self.cats, self.synced)

    def rows(self) -> tuple[Any, Any]:
        """The items of the export and the tasks of the sync."""
        from integrations.models import ExportItem, SyncTask  # noqa: PLC0415

        organisation = self.alice.organisation_id
        return (
            ExportItem.objects.for_organisation(organisation),
            SyncTask.objects.for_organisation(organisation),
        )

    def in_hand(self) -> int:
        """How many people a worker holds."""
        items, tasks = (rows.filter(status="claimed") for rows in self.rows())
        return int(items.count() + tasks.count())

    def left(self) -> int:
        """How much is not settled; what the events still have to say is not either."""
        from foundation.models import Delivery  # noqa: PLC0415

        news = Delivery.objects.across_organisations("the bench looks at everything").filter(dead=False)
        items, tasks = (rows.filter(status__in=("queued", "claimed")) for rows in self.rows())
        return int(news.count() + items.count() + tasks.count())

    def time_passes(self, *, dead: bool = False) -> None:
        """Waits are over; with ``dead`` the leases of the killed worker are, too."""
        from django.core.cache import cache  # noqa: PLC0415
        from django.db.models.functions import Now  # noqa: PLC0415

        from foundation import runs  # noqa: PLC0415
        from foundation.models import Run  # noqa: PLC0415
        from integrations.models import Connection  # noqa: PLC0415
        from integrations.tasks import sync_due  # noqa: PLC0415

        for rows in self.rows():
            rows.filter(status="queued", not_before__isnull=False).update(not_before=None)
            if dead:
                rows.filter(status="claimed").update(lease_until=Now())
        live = Run.objects.for_organisation(self.alice.organisation_id).filter(status="running")
        if dead:
            live.update(lease_token="", lease_until=None)
        else:
            runs.hasten([run.pk for run in live])
        Connection.objects.for_organisation(self.alice.organisation_id).update(not_before=None)
        cache.delete_many([f"integrations:sync:visit:{self.cats.pk}"] if dead or not self.in_hand() else [])
        for key in self._redis.scan_iter("throttle:*:closed"):
            self._redis.delete(key)
        runs.sweep()
        sync_due()

    def retry(self) -> int:
        """What needs a person: the vendors were looked at, everything is tried again. How many."""
        from integrations import exporting, syncing  # noqa: PLC0415

        items, tasks = self.rows()
        failed = list(items.filter(status="failed").select_related("export", "connection", "candidate"))
        for item in failed:
            exporting.retry(actor=self.alice, item=item)
        waiting = list(tasks.filter(status="attention").select_related("connection"))
        for task in waiting:
            syncing.retry(actor=self.alice, task=task)
        return len(failed) + len(waiting)


def _patiently(ask: Any) -> Any:
    """A page asks again when the vendor does not answer."""
    from foundation.problems import Problem  # noqa: PLC0415

    for _ in range(20):
        try:
            return ask()
        except Problem:
            time.sleep(1.0)
    raise SystemExit("The stand-in does not answer at all.")


def _kill(stack: Stack, work: _Work, count: Count, chance: random.Random, kills: int) -> None:
    """SIGKILL after so many further calls, at any moment between them; then another worker takes over."""
    for _ in range(kills):
        _wait_for_calls(stack, work, chance.randint(1, CALLS))
        time.sleep(chance.uniform(0, SECONDS))
        if not work.left():
            return
        stack.kill(VICTIM)
        count.kills += 1
        count.kills_with_work_in_hand += work.in_hand() > 0
        stack.start_worker(VICTIM, wait=False)
        work.time_passes(dead=True)


def _calls(stack: Stack, vendor: str) -> int:
    by_status: dict[str, int] = world.told(stack, vendor)["requests_by_status"]
    return sum(by_status.values())


def _wait_for_calls(stack: Stack, work: _Work, more: int) -> None:
    wanted = sum(_calls(stack, vendor) for vendor in VENDORS) + more
    until = time.monotonic() + QUIET
    passed = time.monotonic()
    while sum(_calls(stack, vendor) for vendor in VENDORS) < wanted and time.monotonic() < until:
        if time.monotonic() > passed + 1:
            work.time_passes()
            passed = time.monotonic()
            if not work.left():
                return
        time.sleep(0.02)


def _settle(work: _Work) -> None:
    left, since = work.left(), time.monotonic()
    while left and time.monotonic() < since + QUIET:
        work.time_passes()
        time.sleep(0.5)
        now = work.left()
        if now != left:
            left, since = now, time.monotonic()


def _judge(stack: Stack, work: _Work, count: Count) -> None:
    """Both vendors say, alone, whom they hold."""
    from sourcing.models import ContactPoint  # noqa: PLC0415 - models are there once Django is loaded

    points = ContactPoint.objects.for_organisation(work.alice.organisation_id)
    address = dict(points.filter(kind="email").values_list("candidate_id", "normalised"))
    whale = Counter(
        mail for row in world.told(stack, "sourcewhale", "people") for mail in row["fields"].get("emails", [])
    )
    cats = Counter(mail for row in world.told(stack, "cats", "candidates") for mail in world.mails_of(row))
    for ids, held in ((work.exported, whale), (work.synced, cats)):
        wanted = {address[pk] for pk in ids}
        count.duplicates += sum(held.values()) - len(held)
        count.lost += len(wanted - held.keys())
    count.exported, count.synced = len(whale), len(cats)
    marks = Counter(world.mark_of(row) for row in world.told(stack, "cats", "activities"))
    count.notes = len(marks)
    count.notes_doubled = sum(marks.values()) - len(marks)
    count.notes_lost = len(work.synced) - len(marks)
    items, tasks = work.rows()
    count.unsettled = (
        items.exclude(status__in=("sent", "updated")).count()
        + tasks.exclude(status__in=("done", "skipped")).count()
    )


if __name__ == "__main__":
    sys.exit(main())
