"""``python -m bench.sourcing_duplicates``: how long the scan for duplicates takes, and that it grows near linearly.

Made-up people with skewed names, companies and places, a share of whom exist twice with the usual differences (another
address, a nickname, a typing error). Two organisations of different size are scanned in one database; the larger one's
time per person may be at most half as much again as the smaller one's; growth is measured in processor time.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import math
import os
import random
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.report import Figure, show
from config.embedded.stack import Stack

#: Ten minutes for a million.
SECONDS_PER_PERSON = 600 / 1_000_000
MILLION = 1_000_000
#: One person in this many exists twice.
TWICE = 12

_FIRST = """
    james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph jessica
    thomas sarah charles karen christopher nancy daniel lisa matthew betty anthony margaret mark sandra jonas anna lukas
    marie felix sophie max laura paul julia leon lena elias emma noah mia ben hannah wei li ming hui jing yan fang na
    priya rahul amit neha sanjay anita ravi sunita jose maria juan carmen luis ana carlos rosa ivan olga sergei natalia
    """.split()  # noqa: SIM905 - readable
_SYLLABLES = """
    ander bach berg berger brand burg dahl dorf eder eisen feld fisch fran gar gold gross hand hart haus heim hof holz
    horn huber jans kamp kauf keller klein koch kraus lang leh lind lund mann mar mei mor mül neu nor ober ott peter
    pfeif reit rich ros roth sand schäf schmid schnei schwar sei son stein sten ström thal ul vogel wag wal weber wein
    wes win wolf zim ner er en ski ova sen kov etti ini ez oglu
    """.split()  # noqa: SIM905 - readable
_COMPANY = [
    "Works",
    "Systems",
    "Labs",
    "Group GmbH",
    "Inc.",
    "AG",
    "Technologies",
    "Partners LLC",
    "Software",
    "Bank",
]
_TITLES = [
    "Software Engineer",
    "Data Scientist",
    "Product Manager",
    "CTO",
    "Recruiter",
    "Designer",
    "Consultant",
]


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=50_000)
    parser.add_argument("--rows", type=int, default=200_000)
    wanted = parser.parse_args()
    with Stack(workers=(), web=False, settings={"LOG_LEVEL": "WARNING"}) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_measure(wanted.small, wanted.rows))


def _measure(small: int, rows: int) -> list[Figure]:
    from foundation import transactions  # noqa: PLC0415 - after Django

    figures = []
    per_person = {}
    for count in (small, rows):
        with transactions.without_statement_timeout():
            made, expected = _people(count)
        seconds, cpu, found, skipped = _scan(made)
        per_person[count] = cpu / count
        figures += [
            Figure(
                f"scan_of_{count}_seconds", seconds, floor=SECONDS_PER_PERSON * count, unit="s", most=True
            ),
            Figure(f"scan_of_{count}_processor_seconds", cpu, unit="s, ours and the database's"),
            Figure(f"pairs_found_of_{count}", found),
            Figure(f"planted_duplicates_found_of_{count}", expected(), floor=0.95),
            Figure(f"too_common_keys_of_{count}", skipped),
        ]
    exponent = 1 + math.log(per_person[rows] / per_person[small]) / math.log(rows / small)
    figures += [
        Figure("growth_exponent", exponent, floor=1.15, most=True),
        Figure(
            "million_extrapolated_processor_seconds",
            per_person[rows] * MILLION * (MILLION / rows) ** (exponent - 1),
        ),
        Figure("memory_peak_megabytes", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    ]
    return figures


def _scan(organisation_id: int) -> tuple[float, float, int, int]:
    from accounts.models import User  # noqa: PLC0415 - models are there once Django is loaded
    from foundation import runs  # noqa: PLC0415
    from sourcing import duplicate_scan  # noqa: PLC0415

    actor = User.objects.get(organisation_id=organisation_id)
    began, busy = time.perf_counter(), _processor_seconds()
    scan = duplicate_scan.start(actor=actor)
    assert scan.run_id is not None
    while runs.work(scan.run_id):
        pass
    seconds, cpu = time.perf_counter() - began, _processor_seconds() - busy
    scan.refresh_from_db()
    assert scan.run is not None
    assert scan.run.status == "done", scan.run.problem_text
    return seconds, cpu, scan.pairs, scan.skipped


def _processor_seconds() -> float:
    """Of this process and of its database session: what the scan costs on a machine that is busy with other things."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone() or (0,)
    with contextlib.suppress(OSError):
        user, system = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[11:13]
        return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return time.process_time()


def _people(count: int) -> tuple[int, Callable[[], float]]:
    """Make them by COPY; the organisation's id, and what share of those planted twice the scan has found."""
    from django.db import connection  # noqa: PLC0415

    from accounts.models import Organisation, User  # noqa: PLC0415
    from sourcing.models import Candidate, DuplicatePair  # noqa: PLC0415

    organisation = Organisation.objects.create(name=f"Bench {count}")
    User.objects.create_user(f"bench{count}@bench.example", name="Bench", organisation=organisation)
    last = Candidate.unguarded.order_by("-pk").values_list("pk", flat=True).first() or 0
    people, points, planted = io.StringIO(), io.StringIO(), []
    for offset, (row, addresses, original) in enumerate(_rows(count, random.Random(count)), 1):
        people.write("\t".join([str(last + offset), str(organisation.pk), *row]) + "\n")
        for place, (kind, value) in enumerate(addresses):
            points.write(f"{organisation.pk}\t{last + offset}\t{kind}\t{value}\t{value}\t{place}\n")
        if original:
            planted.append((last + original, last + offset))
    people.seek(0)
    points.seek(0)
    with connection.cursor() as cursor:
        cursor.execute(_TEMPORARY)
        cursor.copy_expert("COPY bench_people FROM STDIN", people)
        cursor.copy_expert("COPY bench_points FROM STDIN", points)
        cursor.execute(_INTO_PEOPLE)
        cursor.execute(_INTO_POINTS)
        cursor.execute("DROP TABLE bench_people, bench_points")
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('sourcing_candidate', 'id'), max(id)) FROM sourcing_candidate"
        )
        cursor.execute("VACUUM ANALYZE sourcing_candidate, sourcing_contactpoint")

    def found() -> float:
        rows = DuplicatePair.objects.for_organisation(organisation.pk).values_list("first_id", "second_id")
        return len(set(planted) & set(rows.iterator())) / max(len(planted), 1)

    return organisation.pk, found


_TEMPORARY = """
CREATE TEMPORARY TABLE bench_people (id bigint, org bigint, a text, b text, c text, d text, e text, f text);
CREATE TEMPORARY TABLE bench_points (org bigint, id bigint, a text, b text, c text, d int)
"""
_INTO_PEOPLE = """
INSERT INTO sourcing_candidate (id, organisation_id, first_name, last_name, title, company, location, linkedin_key,
                                headline, summary, skills, tags, record_type, source, created_at, updated_at, version)
SELECT *, '', '', '[]', '[]', 'candidate', 'Bench', now(), now(), 1 FROM bench_people
"""
_INTO_POINTS = """
INSERT INTO sourcing_contactpoint (organisation_id, candidate_id, kind, value, normalised, position, type, origin,
                                   source, shared, status, status_note, first_seen_at, last_seen_at)
SELECT *, 'other', 'imported', 'Bench', true, 'unknown', '', now(), now() FROM bench_points
"""


def _rows(count: int, rng: random.Random) -> Iterator[tuple[list[str], list[tuple[str, str]], int]]:
    """Columns, addresses, and the number of the person it repeats (0: nobody)."""
    companies = [f"{_name(rng)} {rng.choice(_COMPANY)}" for _ in range(max(count // 40, 200))]
    places = [f"{_name(rng)}, Germany" for _ in range(400)]
    seen: list[tuple[str, str, str, str, str, str]] = []
    for number in range(1, count + 1):
        if seen and number % TWICE == 0:
            at = rng.randrange(len(seen))
            yield (*_again(seen[at], number, rng), at + 1)
            seen.append(seen[at])
            continue
        first, last = _skewed(rng, _FIRST).title(), _name(rng)
        person = (
            first,
            last,
            rng.choice(_TITLES),
            _skewed(rng, companies),
            _skewed(rng, places),
            f"{first}.{last}.{number}@mail{number % 97}.example".lower(),
        )
        seen.append(person)
        yield _row(person, number), [("email", person[5]), ("phone", f"+4915{number:09d}")], 0


def _again(
    person: tuple[str, ...], number: int, rng: random.Random
) -> tuple[list[str], list[tuple[str, str]]]:
    """The same person as another source writes it: one of the ways by which the rules can know."""
    first, last, title, company, place, email = person
    kind = rng.randrange(3)
    if kind == 0:
        return _row((first, last, "", "", place, email), number), [("email", email)]
    if kind == 1:
        return _row((first[:1], last, title, company, "", email), number), [
            ("email", email.replace("@", "+new@"))
        ]
    other = f"{last}.{number}@home.example".lower()
    return _row((first, last.upper(), title, f"{company} ", place, other), number), [("email", other)]


def _row(person: tuple[str, ...], number: int) -> list[str]:
    profile = f"linkedin.com/in/p{number}" if number % 3 == 0 and number % TWICE else ""
    return [*person[:5], profile]


def _skewed(rng: random.Random, values: list[str]) -> str:
    """A few are everywhere, most are rare."""
    return values[int(len(values) * rng.random() ** 3)]


def _name(rng: random.Random) -> str:
    return "".join(_skewed(rng, _SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).title()


if __name__ == "__main__":
    raise SystemExit(main())
