"""Made-up people by the million, built once under ``var/`` and used again by every bench of sourcing.

::

    with people(1_000_000) as data:      # a stack on that data; this process has joined it
        data.organisation_id             # the big one of three; the others have a tenth each
        data.user_id                     # its admin

Names, companies, titles, skills and places are skewed as they are in life: few are everywhere, most are rare. The same
number of rows gives the same people. A bench that writes cleans up after itself, or says ``fresh=True`` the next time.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import itertools
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.embedded.programs import ROOT
from config.embedded.stack import Stack

if TYPE_CHECKING:
    from django.db.models import Field, Model

#: Raised whenever the same rows would give other people; older data are built anew.
FORMAT = 1
_SLICE = 10_000
_SHARES = (1.0, 0.1, 0.1)

_SEED = 20_240_117
_WORDS = Path(__file__).with_name("sourcing_words.txt")
_NOW = datetime.datetime(2024, 6, 1, 12, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Data:
    """What was built: ids of the big organisation, its admin, and all three organisations."""

    rows: int
    organisation_id: int
    user_id: int
    organisation_ids: list[int]
    format: int = FORMAT


@contextlib.contextmanager
def people(
    rows: int,
    *,
    fresh: bool = False,
    web: bool = False,
    workers: Sequence[Any] = (),
    scratch: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Iterator[tuple[Stack, Data]]:
    """A running stack on ``rows`` people in one organisation of three; the first time they are built, for minutes.

    ``scratch``: on a copy that is thrown away, for a bench that writes. ``settings`` as :class:`Stack` takes them.
    """
    folder = ROOT / "var" / f"bench-sourcing-{rows}"
    marker = folder / "built.json"
    there = not fresh and marker.exists() and json.loads(marker.read_text())["format"] == FORMAT
    if scratch and not there:
        # In a process of its own: Django joins one database and no second.
        subprocess.run(
            [sys.executable, "-m", "bench.sourcing_data", str(rows)], stdout=sys.stderr, check=True
        )
    elif not there:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True)
        with Stack(folder, workers=(), beat=False, web=False, durable=False) as stack:
            stack.use_django()
            marker.write_text(json.dumps(asdict(_build(rows))))
            _disconnect()
    made = Data(**json.loads(marker.read_text()))
    with contextlib.ExitStack() as last:
        if scratch:
            folder, built = folder.with_name(f"{folder.name}-scratch"), folder
            shutil.rmtree(folder, ignore_errors=True)
            last.callback(shutil.rmtree, folder, ignore_errors=True)
            # With owners and rights: the server may belong to another user.
            subprocess.run(["cp", "-a", "--reflink=auto", built, folder], check=True)
        stack = last.enter_context(
            Stack(folder, workers=workers, beat=False, web=web, durable=False, settings=settings)
        )
        stack.use_django()
        yield stack, made
        _disconnect()


def recorded() -> list[str]:
    """The recorded questions, each as the query string of the people list."""
    text = Path(__file__).with_name("sourcing_queries.txt").read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def _disconnect() -> None:
    from django.db import connections  # noqa: PLC0415 - Django is there once a stack is

    connections.close_all()


def _words() -> dict[str, list[str]]:
    """The word lists by name; a dash stands for nothing."""
    found: dict[str, list[str]] = {}
    for line in _WORDS.read_text("utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        else:
            found.setdefault(name, []).extend("" if word == "-" else word for word in line.split(" | "))
    return found


class World:
    """The words people are made of, each drawn by its own skew. One seed, one world."""

    def __init__(self, seed: int = _SEED) -> None:
        self.random = random.Random(seed)
        self.words = words = _words()
        self.first = self._skewed([*words["first"], *self._coined(1_500)], 1.0)
        self.last = self._skewed([*words["last"], *self._coined(20_000)], 0.8)
        titles = [
            " ".join(filter(None, (level, role, area)))
            for role in words["roles"]
            for level in dict.fromkeys(words["levels"])
            for area in dict.fromkeys(words["areas"])
        ]
        self.random.shuffle(titles)
        self.titles = self._skewed(list(dict.fromkeys([*words["roles"], *titles])), 0.9)
        stems = self._coined(9_000)
        forms = words["forms"]
        companies = [f"{stem} {form}".strip() for stem in stems for form in self.random.sample(forms, 5)]
        self.companies = self._skewed(companies, 0.9)
        schools = [f"University of {each}" for each in [*words["last"], *stems[:1_500]]]
        self.schools = self._skewed(schools, 1.0)
        rare = [f"{each} {kind}" for each in stems[:1_000] for kind in ("SDK", "Suite")]
        self.skills = self._skewed([*words["skills"], *rare], 1.0)
        self.degrees = self._skewed(words["degrees"], 0.5)
        self.subjects = self._skewed(words["subjects"], 0.5)
        villages = [f"{each}, Germany" for each in stems[1_500:3_500]]
        self.cities = self._skewed([*words["cities"], *villages], 0.9)
        plain = [word.lower() for role in words["roles"] for word in role.split()]
        vocabulary = self._skewed([*self._coined(30_000), *plain], 0.9)
        self.sentences = [self._sentence(vocabulary) for _ in range(20_000)]

    def _sentence(self, vocabulary: Iterator[str]) -> str:
        return " ".join(itertools.islice(vocabulary, self.random.randint(6, 12))).capitalize() + "."

    def _coined(self, count: int) -> list[str]:
        made: dict[str, None] = {}
        while len(made) < count:
            parts = self.random.choices(self.words["syllables"], k=self.random.choice((2, 2, 3)))
            made["".join(parts).capitalize()] = None
        return list(made)

    def _skewed(self, values: list[str], exponent: float) -> Iterator[str]:
        """Draws for ever; the n-th value is n ** exponent times as rare as the first."""
        weights = list(itertools.accumulate(1 / (n + 3) ** exponent for n in range(len(values))))

        def draw() -> Iterator[str]:
            while True:
                yield from self.random.choices(values, cum_weights=weights, k=1_000)

        return draw()

    def person(self, number: int) -> dict[str, Any]:
        """One person as plain values: columns of Candidate, ``emails``, ``phones``, ``experience``, ``education``."""
        chance = self.random.random
        first, last = next(self.first), next(self.last)
        jobs = [(next(self.titles), next(self.companies)) for _ in range(self.random.choice((1, 2, 2, 3, 4)))]
        made = _NOW - datetime.timedelta(minutes=2_000_000 * chance() ** 2)
        changed = made + (_NOW - made) * chance() ** 3
        contacted = changed + (_NOW - changed) * chance() if chance() < 0.2 else None
        year, spans = 2024, []
        for title, company in jobs:
            started = year - self.random.choice((1, 2, 2, 3, 4, 6))
            spans.append((title, company, str(started), "" if year == 2024 else str(year)))
            year = started
        address = f"{first}.{last}{number}".lower().replace("'", "").encode("ascii", "ignore").decode()
        return {
            "first_name": first,
            "last_name": last,
            "headline": f"{jobs[0][0]} at {jobs[0][1]}",
            "title": jobs[0][0],
            "company": jobs[0][1],
            "location": next(self.cities),
            "summary": " ".join(self.random.choices(self.sentences, k=3)),
            "skills": json.dumps(
                list(dict.fromkeys(next(self.skills) for _ in range(self.random.randint(3, 10))))
            ),
            "tags": json.dumps(self.random.sample(self.words["tags"], 1 if chance() < 0.2 else 0)),
            "linkedin_key": f"linkedin.com/in/{address}" if chance() < 0.7 else "",
            "source": self.random.choices(self.words["sources"], weights=(50, 25, 15, 7, 3))[0],
            "created_at": made,
            "updated_at": changed,
            "last_contacted_at": contacted,
            "emails": [f"{address}@mail{number % 50}.example"] if chance() < 0.75 else [],
            "phones": [f"+49151{number:08d}"] if chance() < 0.3 else [],
            "experience": spans,
            "education": [(next(self.schools), next(self.degrees), next(self.subjects))],
        }


def _build(rows: int) -> Data:
    from django.db import connection, transaction  # noqa: PLC0415 - Django is there once a stack is

    from accounts.models import Organisation, Role, User  # noqa: PLC0415

    world, started = World(), time.monotonic()
    organisations = [Organisation.objects.create(name=f"Bench {number}") for number in (1, 2, 3)]
    users = [
        User.objects.create_user(
            f"bench{number}@bench.example", name=f"Bench {number}", organisation=organisation, role=Role.ADMIN
        )
        for number, organisation in enumerate(organisations, 1)
    ]
    with _without_search_indexes():
        next_id = 1
        for organisation, user, share in zip(organisations, users, _SHARES, strict=True):
            for start in range(0, int(rows * share), _SLICE):
                count = min(_SLICE, int(rows * share) - start)
                with transaction.atomic():
                    _write_slice(world, organisation.pk, user.pk, range(next_id, next_id + count))
                next_id += count
                if start % 50_000 == 0:
                    print(f"{next_id - 1:>9,} people, {time.monotonic() - started:.0f} s", file=sys.stderr)
    # Here with the triggers again: they give each person a place in the project.
    _fill_projects(organisations[0], users[0], rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('sourcing_candidate', 'id'), %s)", [next_id])
        for table in ("candidate", "contactpoint", "education", "experience"):
            cursor.execute(f"VACUUM ANALYZE sourcing_{table}")
        cursor.execute("VACUUM ANALYZE sourcing_personsearch")
        cursor.execute("VACUUM ANALYZE sourcing_personsearchsample")
        cursor.execute("VACUUM ANALYZE sourcing_facetvalue")
    print(f"built in {time.monotonic() - started:.0f} s", file=sys.stderr)
    ids = [organisation.pk for organisation in organisations]
    return Data(rows, ids[0], users[0].pk, ids)


def _parts() -> tuple[type[Model], ...]:
    from sourcing.models import ContactPoint, Education, Experience, SocialProfile  # noqa: PLC0415

    return ContactPoint, Education, Experience, SocialProfile


def _write_slice(world: World, organisation: int, user: int, ids: range) -> None:
    from sourcing.models import Candidate  # noqa: PLC0415 - Django is there once a stack is
    from sourcing.search import index  # noqa: PLC0415

    points, education, experience, _ = _parts()
    made = [(candidate, world.person(candidate)) for candidate in ids]
    lists = ("emails", "phones", "experience", "education")
    copy(
        Candidate,
        (
            {"id": candidate, "organisation_id": organisation, "created_by_id": user, "owner_id": user}
            | {name: value for name, value in person.items() if name not in lists}
            for candidate, person in made
        ),
    )

    def own(candidate: int) -> dict[str, Any]:
        return {"organisation_id": organisation, "candidate_id": candidate}

    copy(
        points,
        (
            own(candidate)
            | {
                "kind": kind,
                "type": "work" if kind == "email" else "mobile",
                "value": value,
                "normalised": value,
            }
            | {"origin": "imported", "source": person["source"], "first_seen_at": _NOW, "last_seen_at": _NOW}
            for candidate, person in made
            for kind, values in (("email", person["emails"]), ("phone", person["phones"]))
            for value in values
        ),
    )
    copy(
        experience,
        (
            own(candidate)
            | {"title": title, "company": company, "started": begun, "ended": ended, "position": position}
            for candidate, person in made
            for position, (title, company, begun, ended) in enumerate(person["experience"])
        ),
    )
    copy(
        education,
        (
            own(candidate) | {"school": school, "degree": degree, "field": subject}
            for candidate, person in made
            for school, degree, subject in person["education"]
        ),
    )
    index.refresh(ids)


def copy(model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
    """COPY rows of equal keys into a model's table; columns that are not given get the model's or table's default."""
    from django.db import connection  # noqa: PLC0415 - Django is there once a stack is

    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    rest = {
        field.column: _default(field)
        for field in model._meta.concrete_fields
        if field.attname not in first
        and not (field.primary_key and field.attname == "id")
        and (field.has_default() or not field.has_db_default())
    }
    columns = ", ".join(f'"{name}"' for name in (*first, *rest))
    constants = ["\\N" if value is None else value for value in rest.values()]
    text = io.StringIO()
    lines = csv.writer(text)
    for row in itertools.chain([first], rows):
        lines.writerow(["\\N" if value is None else value for value in row.values()] + constants)
    text.seek(0)
    with connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, NULL '\\N')", text)


def _default(field: Field[Any, Any]) -> Any:
    value = field.get_default()
    return json.dumps(value) if isinstance(value, dict | list) else value


@contextlib.contextmanager
def _without_search_indexes() -> Iterator[None]:
    """Build the big indexes once at the end, and take no time for foreign keys that are right by making."""
    from django.db import connection  # noqa: PLC0415 - Django is there once a stack is

    from sourcing.models import PersonSearch  # noqa: PLC0415

    with connection.schema_editor() as editor:
        for index in PersonSearch._meta.indexes:
            editor.remove_index(PersonSearch, index)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "SET maintenance_work_mem = '1GB'; SET statement_timeout = 0; SET synchronous_commit = off"
        )
    yield
    with connection.schema_editor() as editor:
        for index in PersonSearch._meta.indexes:
            editor.add_index(PersonSearch, index)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")


def _fill_projects(organisation: Any, user: Any, rows: int) -> None:
    """Twenty projects of different size, the newest people in them."""
    from sourcing import projects  # noqa: PLC0415 - Django is there once a stack is

    for number in range(20):
        project = projects.create(organisation=organisation, actor=user, name=f"Project {number}")
        ids = range(max(1, rows - 10 * (number + 1) ** 2), rows)
        projects.add_people(project=project, actor=user, candidate_ids=list(ids))


if __name__ == "__main__":
    with people(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000) as (_, built):
        print(json.dumps(asdict(built)))
