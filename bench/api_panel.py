"""``make bench-api PARTS=panel``: the side panel opens, and the person of the page is shown.

Whole HTTP requests with a token to a web process, one after the other, among ``--rows`` people of one organisation who
were looked at for duplicates once: pages of somebody known by the profile, by e-mail, by name and company, and of
nobody known. Beside them, in the same run, what cannot be less: a call that answers who the caller is, and the best
hand-written statement that finds the person and reads what is shown.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from bench.api_calls import SETTINGS, Program, milliseconds, p95, program
from bench.report import Figure, show
from bench.sourcing_data import Data, people

BOUND = 150.0
_SEED = 20_261_127

# The person, their addresses and projects in one answer, by whichever key the page gives.
_SHOWN = """
SELECT c.id, c.first_name, c.last_name, c.title, c.company, c.tags,
       (SELECT jsonb_agg(jsonb_build_array(p.kind, p.value, p.status) ORDER BY p.position)
          FROM sourcing_contactpoint p WHERE p.candidate_id = c.id AND (p.shared OR p.added_by_id = %(viewer)s)),
       (SELECT jsonb_agg(r.name) FROM sourcing_projectmember m JOIN sourcing_project r ON r.id = m.project_id
         WHERE m.candidate_id = c.id AND r.archived_at IS NULL)
  FROM sourcing_candidate c
"""
_BY: Mapping[str, str] = {
    "profile": " WHERE c.organisation_id = %(organisation)s AND c.linkedin_key = %(key)s",
    "email": """ WHERE c.id IN (SELECT candidate_id FROM sourcing_contactpoint
         WHERE organisation_id = %(organisation)s AND kind = 'email' AND normalised = %(key)s AND shared)""",
    "name_and_company": """ WHERE c.id IN (SELECT candidate_id FROM sourcing_matchkey
         WHERE organisation_id = %(organisation)s AND key = %(key)s ORDER BY candidate_id LIMIT 51)""",
    "nobody": " WHERE c.organisation_id = %(organisation)s AND c.linkedin_key = %(key)s",
}


def main() -> int:
    """Run the bench; the exit code says whether the bound holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=200, help="pages of each kind")
    wanted = parser.parse_args()
    with people(wanted.rows, web=True, settings=SETTINGS) as (stack, data):
        _look_for_duplicates(data)
        with program(stack, data) as caller:
            return show(_measure(caller, data, wanted.repeat))


def _look_for_duplicates(data: Data) -> None:
    """As every organisation has once; its keys stay with the data."""
    from accounts.models import User  # noqa: PLC0415 - Django is there once a stack is
    from foundation import runs  # noqa: PLC0415
    from sourcing import duplicate_scan  # noqa: PLC0415
    from sourcing.models import MatchKey  # noqa: PLC0415

    if MatchKey.objects.for_organisation(data.organisation_id).exists():
        return
    began = time.monotonic()
    scan = duplicate_scan.start(actor=User.objects.get(pk=data.user_id))
    assert scan.run_id is not None
    while runs.work(scan.run_id):
        pass
    print(f"looked for duplicates in {time.monotonic() - began:.0f} s", file=sys.stderr)


def _measure(caller: Program, data: Data, repeat: int) -> list[Figure]:
    pages = _pages(data, repeat)
    for kind in pages:
        for page, _ in pages[kind][:10]:
            caller.call("POST", "/api/v1/panel/lookups/", page)
    bare = p95([milliseconds(lambda: caller.call("GET", "/api/v1/me/")) for _ in range(repeat)])
    figures, over = [], []
    for kind, asked in pages.items():
        found, took = 0, []
        for page, _ in asked:
            began = time.perf_counter()
            told = caller.call("POST", "/api/v1/panel/lookups/", page)
            took.append((time.perf_counter() - began) * 1000)
            found += bool(told["people"])
        floor = p95([milliseconds(_by_hand(data, kind, key)) for _, key in asked])
        value = p95(took)
        over.append(value - bare - floor)
        figures += [
            Figure(f"panel_{kind}_p95", value, BOUND, "ms", most=True),
            Figure(f"panel_{kind}_best_sql_p95", floor, unit="ms"),
            Figure(f"panel_{kind}_found", found / len(asked), unit="of 1"),
        ]
    return [
        *figures,
        Figure("panel_bare_call_p95", bare, unit="ms"),
        Figure("panel_over_call_and_sql_worst", max(over), unit="ms"),
    ]


def _pages(data: Data, repeat: int) -> dict[str, list[tuple[dict[str, Any], Any]]]:
    """Pages by how their person is known, each with the key of the hand-written statement."""
    from sourcing import matching  # noqa: PLC0415 - Django is there once a stack is
    from sourcing.models import Candidate  # noqa: PLC0415

    dice = random.Random(_SEED)
    rows = Candidate.objects.for_organisation(data.organisation_id)
    some = rows.filter(pk__in=dice.sample(range(1, data.rows + 1), min(data.rows, repeat * 12)))
    pages: dict[str, list[tuple[dict[str, Any], Any]]] = {kind: [] for kind in _BY}
    for person in some.prefetch_related("contact_points"):
        told = {"first_name": person.first_name, "last_name": person.last_name, "title": person.title}
        work = told | {"company": person.company, "location": person.location}
        emails = [point.normalised for point in person.contact_points.all() if point.kind == "email"]
        if person.linkedin_key:
            link = f"https://www.{person.linkedin_key}"
            pages["profile"].append((work | {"url": link, "profiles": [link]}, person.linkedin_key))
        if emails:
            page = told | {"url": "https://pages.example/about", "emails": emails}
            pages["email"].append((page, emails[0]))
        keys = matching.keys(
            matching.Person(**{name: work[name] for name in ("first_name", "last_name", "company")})
        )
        if keys:
            pages["name_and_company"].append((work, matching.hashed(keys[0])))
        nobody = f"nobody-{person.pk}"
        link = f"https://www.linkedin.com/in/{nobody}"
        stranger = work | {
            "company": f"{nobody} Works",
            "emails": [f"{nobody}@pages.example"],
            "profiles": [link],
        }
        pages["nobody"].append((stranger, f"linkedin.com/in/{nobody}"))
    return {kind: asked[:repeat] for kind, asked in pages.items()}


def _by_hand(data: Data, kind: str, key: Any) -> Callable[[], object]:
    """One statement with its rows."""
    from django.db import connection  # noqa: PLC0415 - Django is there once a stack is

    values = {"organisation": data.organisation_id, "viewer": data.user_id, "key": key}

    def once() -> object:
        with connection.cursor() as cursor:
            cursor.execute(_SHOWN + _BY[kind], values)
            return cursor.fetchall()

    return once


if __name__ == "__main__":
    sys.exit(main())
