"""``make bench-api PARTS=schema``: schemathesis asks every operation of the API, as three roles and a stranger.

Two organisations with one of everything. Each of the callers asks every operation: about objects of their own
organisation, about the other's, and with what the schema forbids. Every call is undone. Counted are answers that say
something broke, answers the schema does not tell, and whatever of the other organisation is told: words of it that were
planted in every text column, or an answer about one of its objects that differs from that about one that never was.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import socket
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from unittest import mock

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from bench.report import Figure, show
from config.embedded.stack import Stack

#: Another system that cannot be reached is told with this status; nothing of ours broke.
_FROM_ELSEWHERE = 502
#: What the schema says of an answer; that a status is told at all is counted here.
_CHECKS = [content_type_conformance, response_headers_conformance, response_schema_conformance]
#: About objects of their own organisation; about the other's; naming the other's in body or query; against the schema.
KINDS = ("mine", "theirs", "naming theirs", "forbidden")
#: A number no row has.
_NOBODY = 2**40
#: Where a body or a query names objects: the member → which of the world's ids it is.
_NAMES = {
    "candidate": "candidate_id", "candidate_ids": "candidate_id", "candidates": "candidate_id",
    "anyway": "candidate_id", "other": "candidate_id", "after": "candidate_id", "project": "project_id",
    "project_id": "project_id", "stage": "stage_id", "stage_id": "stage_id", "stage_ids": "stage_id",
    "move_to": "stage_id", "campaign": "campaign_id", "connection": "connection_id", "mailbox": "mailbox_id",
    "contact_point": "contact_point_id", "user": "user_id", "user_id": "user_id", "owner": "user_id",
    "owner_id": "user_id", "deliveries": "delivery_id", "recipient": "recipient_id",
}  # fmt: skip


@dataclass(frozen=True)
class Caller:
    """Who asks: with the ids of one of everything of their own organisation and of the other one."""

    name: str
    headers: Mapping[str, str]
    mine: Mapping[str, Any]
    theirs: Mapping[str, Any]
    #: A word that stands in every text of their own organisation, and one in every text of the other.
    own: str
    secret: str


@dataclass(frozen=True)
class Run:
    """How it is asked: the WSGI application, calls of each kind, and what chance begins with."""

    app: Any
    examples: int
    seed: int


@dataclass
class Found:
    """What a run came to."""

    calls: int = 0
    #: Answers that hold planted words of the caller's own organisation: the words are where they would be told.
    own_words: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    #: Operations that somebody got done.
    done: set[str] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)
    undocumented: dict[str, str] = field(default_factory=dict)
    leaked: dict[str, str] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Nothing broke, nothing is untold, nothing was told to a stranger."""
        return not (self.broken or self.undocumented or self.leaked)

    def lines(self) -> Iterator[str]:
        """One for each kind of thing that is wrong, with a call that shows it."""
        for word in ("broken", "undocumented", "leaked"):
            for what, call in sorted(getattr(self, word).items()):
                yield f"{word}: {what}\n    {call}"


def main() -> int:
    """Run it and print what was found; 0 only when that is nothing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=6, help="of each operation, caller and kind of call")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of the operations' ids")
    wanted = parser.parse_args()
    several = {"API_CALLS_PER_MINUTE": "1000000000", "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    with Stack(workers=(), beat=False, web=False, durable=False, settings=several) as stack:
        stack.use_django()
        logging.disable(logging.CRITICAL)
        found = fuzz(callers(), examples=wanted.examples, seed_=wanted.seed, only=wanted.only)
    for line in found.lines():
        print(line)
    print(", ".join(f"{status}: {count:,}" for status, count in sorted(found.statuses.items())))
    return show(
        [
            Figure("calls", found.calls),
            Figure("operations that were done", len(found.done)),
            Figure("answers with words of the caller's organisation", found.own_words, 1),
            Figure("server errors", len(found.broken), 0, most=True),
            Figure("undocumented answers", len(found.undocumented), 0, most=True),
            Figure("cross-organisation reads", len(found.leaked), 0, most=True),
        ]
    )


def fuzz(
    asking: list[Caller], *, examples: int, seed_: int, only: str = "", kinds: Collection[str] = KINDS
) -> Found:
    """Ask every operation as each caller. Deterministic for a seed and a database."""
    from django.core.handlers.wsgi import WSGIHandler  # noqa: PLC0415 - Django is loaded by now

    from config import api_schema  # noqa: PLC0415

    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(api_schema.schema(), default=str)))
    found, run = Found(), Run(_closing(WSGIHandler()), examples, seed_)
    with _connection_kept():
        for result in schema.get_all_operations():
            operation = result.ok()
            if only in operation.definition.raw["operationId"]:
                for caller in asking:
                    _ask_about(operation, caller, found, run, kinds)
    return found


def _closing(app: Any) -> Any:
    """The application, whose answers are read to their end: a download holds its file open until it is closed."""

    def answer(environ: Any, start: Any) -> list[bytes]:
        body = app(environ, start)
        try:
            return [b"".join(body)]
        finally:
            body.close()

    return answer


@contextmanager
def _connection_kept() -> Iterator[None]:
    """A request ends with its connection when it finds itself in a transaction; ours undoes it."""
    from django.core.signals import request_finished, request_started  # noqa: PLC0415
    from django.db import close_old_connections  # noqa: PLC0415

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _ask_about(operation: Any, caller: Caller, found: Found, run: Run, kinds: Collection[str]) -> None:
    mine, theirs = _path(operation, caller.mine), _path(operation, caller.theirs)
    nobody = {name: _NOBODY if isinstance(value, int) else value for name, value in theirs.items()}

    def about_mine(case: Case) -> None:
        if found.calls % 2:
            _whole(case)
        _named(case, caller.mine)
        _sent(case, caller, found, run.app)

    def as_generated(case: Case) -> None:
        _sent(case, caller, found, run.app)

    def about_theirs(case: Case) -> None:
        _named(case, caller.mine)
        _compared(case, caller, found, run, path=(theirs, nobody))

    def naming_theirs(case: Case) -> None:
        names = _named(case, caller.theirs)
        if names:
            _compared(case, caller, found, run, ids=(caller.theirs, dict.fromkeys(caller.theirs, _NOBODY)))

    positive, negative = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    few = max(1, run.examples // 2)
    ways: dict[str, tuple[GenerationMode, dict[str, Any], Callable[[Case], None], int]] = {
        "mine": (positive, mine, about_mine, run.examples),
        "theirs": (positive, theirs, about_theirs, few if theirs != nobody else 0),
        "naming theirs": (positive, mine, naming_theirs, few),
        "forbidden": (negative, {}, as_generated, few),
    }
    for number, kind in enumerate(KINDS):
        mode, path, ask, examples = ways[kind]
        if kind in kinds and examples:
            _each(operation.as_strategy(mode, path_parameters=path or None), ask, examples, run.seed + number)


def callers() -> list[Caller]:
    """An administrator, a recruiter and a viewer of one organisation, and an administrator of the other."""
    from django.utils import timezone  # noqa: PLC0415

    from accounts import tokens  # noqa: PLC0415
    from accounts.models import User  # noqa: PLC0415

    # The world of the tests' table of addresses.
    made_world = import_module("tests.test_access").made_world
    worlds = [made_world(), made_world()]
    words = ["quillagate", "zephyrmoss"]
    for world, word in zip(worlds, words, strict=True):
        organisation = User.objects.get(pk=world.ids["user_id"]).organisation_id
        assert organisation is not None
        print(f"{word} stands in {_plant(organisation, word):,} columns of organisation {organisation}")
    here, there = worlds

    def caller(name: str, letter: str, *, stranger: bool = False) -> Caller:
        mine, other = (there, here) if stranger else (here, there)
        user = User.objects.get(pk=mine.users[letter].pk)
        _, token = tokens.create(actor=user, name="bench", days=30, now=timezone.now())
        headers = {"Authorization": f"Bearer {token}"}
        own, secret = reversed(words) if stranger else words
        return Caller(name, headers, mine.ids, other.ids, own, secret)

    return [
        caller("admin", "A"),
        caller("recruiter", "R"),
        caller("viewer", "V"),
        caller("stranger", "A", stranger=True),
    ]


#: Texts that something reads: with another word in them their row would be another thing.
_READ_BY_PROGRAMS = re.compile(
    r"token|secret|sealed|hash|password|^file$|sha256|account$|^key|_key$|vendor|slug|letter|zone|kind|code|lease|cursor"
    r"|claim|^field$|variable|rule|origin|state|status|url|address|normalised|mailbox|host|security|table|action|currency|locale|format|encoding"
)


def _plant(organisation_id: int, word: str) -> int:
    """Let ``word`` end every text of the organisation that people write or read; how many columns hold it."""
    from django.apps import apps  # noqa: PLC0415
    from django.db import DatabaseError, connection, models, transaction  # noqa: PLC0415

    planted = 0
    for model in apps.get_models():
        names = {each.name for each in model._meta.get_fields()}
        if "organisation" not in names or not model._meta.managed:
            continue
        for column in model._meta.local_fields:
            if (
                type(column) not in (models.CharField, models.TextField)
                or column.choices
                or column.primary_key
            ):
                continue
            if _READ_BY_PROGRAMS.search(column.name) or (column.max_length or 1_000) < 3 * len(word):
                continue
            table, name = (
                connection.ops.quote_name(str(each)) for each in (model._meta.db_table, column.column)
            )
            kept = (column.max_length or 100_000) - len(word) - 1
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(
                        f"UPDATE {table} SET {name} = left({name}, %s) || %s WHERE organisation_id = %s",  # noqa: S608 - our own names
                        [kept, f" {word}", organisation_id],
                    )
                    planted += bool(cursor.rowcount)
            except DatabaseError:
                print(f"  {model._meta.db_table}.{column.column} takes no other word")
    return planted


def _each(strategy: Any, ask: Callable[[Case], None], examples: int, seed_: int) -> None:
    @seed(seed_)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(case: Case) -> None:
        ask(case)

    run()


def _path(operation: Any, ids: Mapping[str, Any]) -> dict[str, Any]:
    """The ids in the address; ``id`` is a connection's or an export's."""
    names = [each.name for each in operation.path_parameters]
    own = {"id": ids["export_id" if "/exports/" in operation.path else "connection_id"], "name": "add"}
    return {name: own.get(name, ids.get(name)) for name in names}


def _whole(case: Case) -> None:
    """Without what chance hardly ever gets right, so that the call gets further: a cursor, names of fields, an ETag."""
    for place, name in ((case.query, "after"), (case.query, "fields"), (case.headers, "If-Match")):
        if place and name in place:
            del place[name]


def _named(case: Case, ids: Mapping[str, Any]) -> int:
    """Put real ids where body and query name objects; how many."""
    count = 0
    for place in (case.body, case.query):
        if isinstance(place, dict):
            for name in sorted(place.keys() & _NAMES.keys()):
                if name == "after" and place is case.query:
                    continue  # a cursor, not a person
                value = ids[_NAMES[name]]
                place[name] = [value] if isinstance(place[name], list) else value
                count += 1
    return count


def _compared(
    case: Case,
    caller: Caller,
    found: Found,
    run: Run,
    *,
    path: tuple[dict[str, Any], dict[str, Any]] | None = None,
    ids: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None,
) -> None:
    """An answer about the other organisation's object is that about one that never was."""
    answers = []
    for turn in (0, 1):
        if path is not None:
            case.path_parameters = path[turn]
        if ids is not None:
            _named(case, ids[turn])
        answers.append((_sent(case, caller, found, run.app), _line(case)))
    (theirs, line), (nobody, _) = answers
    status = theirs.status_code
    if (path is not None and status < 400) or (status, _code(theirs)) != (nobody.status_code, _code(nobody)):
        found.leaked.setdefault(
            f"{_id(case)} as {caller.name}: {status} {_code(theirs)} for theirs, "
            f"{nobody.status_code} {_code(nobody)} for nobody's",
            line,
        )


def _sent(case: Case, caller: Caller, found: Found, app: Any) -> Any:
    """Ask, undo, and write down what must not be. No other machine is found meanwhile, whatever the call names."""
    undone = import_module("tests.undone").undone
    nowhere = socket.gaierror(socket.EAI_NONAME, "no network here")
    with mock.patch("socket.getaddrinfo", side_effect=nowhere), undone():
        answer = case.call(app=app, headers=dict(caller.headers))
    found.calls += 1
    status = answer.status_code
    found.statuses[status] += 1
    who = f"{_id(case)} as {caller.name}"
    if status < 300:
        found.done.add(_id(case))
    if status >= 500 and status != _FROM_ELSEWHERE:
        found.broken.setdefault(f"{_id(case)}: {status}", _line(case))
        return answer
    told = case.operation.definition.raw["responses"]
    if status < 400 and str(status) not in told:
        found.undocumented.setdefault(f"{_id(case)}: {status} is not told", _line(case))
    try:
        case.validate_response(answer, checks=_CHECKS)
    except FailureGroup as wrong:
        for each in wrong.exceptions:
            text = " ".join(str(each).split())[:200]
            found.undocumented.setdefault(f"{_id(case)}: {status} {text}", _line(case))
    text = answer.content.decode("utf-8", "replace")
    found.own_words += caller.own in text
    if caller.secret in text:
        found.leaked.setdefault(f"{who}: a word of the other organisation", _line(case))
    return answer


def _id(case: Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def _line(case: Case) -> str:
    body = "" if case.body is NOT_SET else repr(case.body)[:300]
    return f"{case.method} {case.formatted_path} {dict(case.query or {})!r:.200} {body}"


def _code(answer: Any) -> str:
    try:
        return str(answer.json().get("code", ""))
    except (ValueError, AttributeError):
        return ""


if __name__ == "__main__":
    sys.exit(main())
