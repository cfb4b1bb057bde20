"""``make bench-api PARTS=create``: people made over the API with an ``Idempotency-Key``, by one caller.

Whole HTTP requests to a web process, one after the other, among ``--rows`` people: the token, the key, the look for
duplicates, the person with an address and a number, the search row, the news, the stored answer, one commit. Beside it,
in turns of the same run, the same committed insert through the ORM: every row that the call has committed, written once
more under new ids in one transaction, and nothing else. What was made goes again.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bench.api_calls import SETTINGS, Program, p95, program
from bench.report import Figure, show
from bench.sourcing_data import Data, World, people

if TYPE_CHECKING:
    from django.db.models import Model

BOUND = 50.0
#: Of the rate of the committed insert through the ORM.
SHARE = 0.2
#: By which what was made is known again.
SOURCE = "Bench of creates"
#: Ids of the made-up people, above those of everybody who is there.
_FIRST = 70_000_000
_SEED = 20_261_128


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--creates", type=int, default=500)
    wanted = parser.parse_args()
    with people(wanted.rows, web=True, settings=SETTINGS) as (stack, data):
        try:
            with program(stack, data) as caller:
                return show(_measure(caller, data, wanted.creates))
        finally:
            _away(data)


def _measure(caller: Program, data: Data, creates: int) -> list[Figure]:
    newcomers = _newcomers()
    api, orm, bare = [], [], []
    for number in range(-20, creates):
        began = time.perf_counter()
        made = _over_the_api(caller, next(newcomers))
        called = time.perf_counter()
        rows = _committed(data, made)
        read = time.perf_counter()
        _again(rows)
        written = time.perf_counter()
        _again(rows[:3])
        ended = time.perf_counter()
        if number >= 0:
            api.append((called - began) * 1000)
            orm.append((written - read) * 1000)
            bare.append((ended - written) * 1000)
    return [
        Figure("create_p95", p95(api), BOUND, "ms", most=True),
        Figure("create_share_of_orm_rate", sum(orm) / sum(api), SHARE),
        Figure("create_per_second", 1000 * creates / sum(api), unit="1/s"),
        Figure("create_median", statistics.median(api), unit="ms"),
        Figure("create_orm_insert_p95", p95(orm), unit="ms"),
        Figure("create_orm_insert_median", statistics.median(orm), unit="ms"),
        Figure("create_orm_insert_of_person_and_contacts_median", statistics.median(bare), unit="ms"),
    ]


def _newcomers() -> Iterator[dict[str, Any]]:
    """Each with an address and a number of their own."""
    world, number = World(_SEED), _FIRST
    while True:
        number += 1
        person = world.person(number)
        yield {name: person[name] for name in ("first_name", "last_name", "headline", "title", "company")} | {
            "location": person["location"],
            "email": f"new{number}@mail{number % 50}.example",
            "phone": f"+49152{number:08d}",
        }


def _over_the_api(caller: Program, person: dict[str, Any]) -> int:
    body = {name: value for name, value in person.items() if name not in {"email", "phone"}}
    body |= {
        "emails": [{"value": person["email"]}],
        "phones": [{"value": person["phone"]}],
        "source": SOURCE,
    }
    made = caller.call("POST", "/api/v1/candidates/", body, **{"Idempotency-Key": str(uuid.uuid4())})
    return int(made["id"])


def _committed(data: Data, made: int) -> list[Model]:
    """Every row the call has written: the person first, then their address and number."""
    from foundation.models import Delivery, Event, IdempotentAnswer  # noqa: PLC0415 - Django is there once a stack is
    from sourcing.models import Candidate, ContactPoint, PersonSearch, PersonSearchSample  # noqa: PLC0415

    organisation = data.organisation_id
    subject = f"candidate:{made}"
    return [
        *Candidate.objects.for_organisation(organisation).filter(pk=made),
        *ContactPoint.objects.for_organisation(organisation).filter(candidate=made),
        *PersonSearch.objects.for_organisation(organisation).filter(candidate=made),
        *PersonSearchSample.objects.for_organisation(organisation).filter(candidate=made),
        *Event.objects.for_organisation(organisation).filter(subject=subject),
        *Delivery.objects.for_organisation(organisation).filter(subject=subject),
        *IdempotentAnswer.objects.for_organisation(organisation).order_by("-pk")[:1],
    ]


def _again(rows: Sequence[Model]) -> None:
    """The same under new ids, row by row, in one transaction."""
    from django.db import transaction  # noqa: PLC0415 - Django is there once a stack is

    person: Any = rows[0]
    event: Any = next((row for row in rows if type(row).__name__ == "Event"), None)
    with transaction.atomic():
        for row in rows:
            each: Any = row
            if hasattr(each, "candidate_id"):
                each.candidate_id = person.pk
            if hasattr(each, "event_id"):
                each.event_id = event.pk
            if hasattr(each, "key"):
                each.key = str(uuid.uuid4())
            if not hasattr(each, "sort_name"):  # a search row has the person's id
                each.pk = None
            each.save(force_insert=True)


def _away(data: Data) -> None:
    """Everything that was made, so that the data are as they were."""
    from django.db import connection  # noqa: PLC0415 - Django is there once a stack is

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "SELECT array_agg(id) FROM sourcing_candidate WHERE organisation_id = %s AND source = %s",
            [data.organisation_id, SOURCE],
        )
        ids = cursor.fetchone()[0] or []
        for table in ("contactpoint", "personsearch", "personsearchsample", "matchkey", "socialprofile"):
            cursor.execute(f"DELETE FROM sourcing_{table} WHERE candidate_id = ANY(%s)", [ids])  # noqa: S608 - ours
        cursor.execute("DELETE FROM sourcing_candidate WHERE id = ANY(%s)", [ids])
        cursor.execute(
            "DELETE FROM foundation_idempotentanswer WHERE organisation_id = %s", [data.organisation_id]
        )
        cursor.execute(
            "DELETE FROM foundation_delivery d USING foundation_event e WHERE d.event_id = e.id AND "
            "e.kind = 'candidate.created' AND e.organisation_id = %s",
            [data.organisation_id],
        )
        cursor.execute(
            "DELETE FROM foundation_event WHERE kind = 'candidate.created' AND organisation_id = %s",
            [data.organisation_id],
        )
        cursor.execute("RESET session_replication_role")


if __name__ == "__main__":
    sys.exit(main())
