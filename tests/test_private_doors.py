"""An address and a number added by hand are seen by nobody but their adder, through no door there is (seed 002).

Every address of the product is opened as every other role, an administrator included, and what the database and the
outgoing payloads hold for others is read. A new page or API route is covered the day it is added.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import ClassVar
from unittest import mock

import pytest
from django.core.handlers import wsgi
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from foundation.models import Event
from integrations import person_variables
from sourcing import contact_points, person_data, selectors
from sourcing.models import Candidate, ContactPoint
from sourcing.search import query
from tests.outreach.making import user
from tests.test_access import World, address, routes, world

__all__ = ["world"]

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ADDRESS = "own@home.example"
NUMBER = "+4915155501427"
#: As they are stored and as they are shown.
SECRETS = (ADDRESS, NUMBER, "1515 5501427", "15155501427")


@pytest.fixture
def person(world: World) -> Candidate:
    found = Candidate.objects.across_organisations("the one of the world").get(pk=world.ids["candidate_id"])
    contact_points.add_phone(candidate=found, actor=adder(found), type="mobile", value=NUMBER)
    return found


def adder(person: Candidate) -> User:
    owner = person.contact_points.get(normalised=ADDRESS).added_by
    assert owner is not None
    return owner


OTHER_ROLES = (Role.ADMIN, Role.RECRUITER, Role.VIEWER)


def other(person: Candidate, role: Role) -> User:
    return user(f"other{role}", of=person.organisation, role=role)


def others(person: Candidate) -> list[User]:
    return [other(person, role) for role in OTHER_ROLES]


#: Where whoever added them sees both.
DOORS = {
    "sourcing:candidate",
    "sourcing:people",
    "sourcing:api_candidate",
    "sourcing:api_contact_points",
    "panel:api_person",
}


#: What an address may be asked for besides itself, where it reads such parameters.
OPENED = {"person": "", "tab": "profile"}
TIMELINE = {"tab": "timeline", "all": ""}


class Watched(QueryDict):
    """The parameters of a request, which remember what a view looked for; ``""`` stands for all of them."""

    looked_for: ClassVar[set[str]] = set()

    def __getitem__(self, key: str) -> object:
        self.looked_for.add(key)
        return super().__getitem__(key)

    def _getlist(self, key: str, *args: object, **kwargs: object) -> object:
        self.looked_for.add(key)
        return super()._getlist(key, *args, **kwargs)

    def __contains__(self, key: object) -> bool:
        self.looked_for.add(str(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self.looked_for.add("")
        return super().__iter__()

    def lists(self) -> Iterable[tuple[str, list[object]]]:
        self.looked_for.add("")
        return super().lists()

    def __len__(self) -> int:
        self.looked_for.add("")
        return super().__len__()


def open_everything(viewer: User, world: World, *, only: Collection[str] = ()) -> dict[str, str]:
    """What every address (or those named) answers to a GET.

    Plain, and where it reads such parameters also with a person opened and with a timeline; and as htmx asks.
    """
    client = Client(raise_request_exception=False)
    client.force_login(viewer)
    opened = OPENED | {"person": str(world.ids["candidate_id"])}
    answers = {}
    for name, pattern in routes():
        # Login pages are nobody's.
        if name.startswith(("account_", "mfa_", "styleguide")):
            continue
        if only and name not in only:
            continue
        url = address(name, pattern, world)
        Watched.looked_for.clear()
        for parameters in ({}, opened, TIMELINE):
            if parameters and Watched.looked_for.isdisjoint({"", *OPENED, *TIMELINE}):
                break  # the same page again
            for target in ("", "person-tabs", "drawer", "contacts"):
                headers = {"HX-Request": "true", "HX-Target": target} if target else {}
                if target and name not in {"sourcing:people", "sourcing:candidate", "sourcing:add_email"}:
                    continue
                with transaction.atomic(), mock.patch.object(wsgi, "QueryDict", Watched):
                    answer = client.get(url, parameters, headers=headers)
                    transaction.set_rollback(True)
                body = b"".join(answer.streaming_content) if answer.streaming else answer.content
                answers[f"{name} {parameters} {target}"] = body.decode(errors="replace")
            if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
                break  # a refusal, a way elsewhere, a file: only a page has a drawer to open
    return answers


def leaks(answers: dict[str, str]) -> list[str]:
    return [name for name, body in answers.items() if any(secret in body for secret in SECRETS)]


@pytest.mark.parametrize("role", OTHER_ROLES)
def test_no_address_of_the_product_shows_it_to_anybody_else(
    world: World, person: Candidate, role: Role
) -> None:
    assert leaks(open_everything(other(person, role), world)) == []


def test_the_same_walk_finds_it_for_whoever_added_it(world: World, person: Candidate) -> None:
    """Otherwise the walk above would prove nothing."""
    found = leaks(open_everything(adder(person), world, only=DOORS))
    assert {asked.split()[0] for asked in found} == DOORS


@pytest.mark.parametrize("text", [ADDRESS, "email:" + ADDRESS, NUMBER, "5501427"])
def test_no_search_finds_the_person_by_it(world: World, person: Candidate, text: str) -> None:
    for viewer in others(person):
        found = query.people(viewer=viewer, text=text)
        assert person not in found.people
        assert found.total.count == 0
        client = Client()
        client.force_login(viewer)
        assert client.get(reverse("sourcing:api_candidates"), {"q": text}).json()["total"] == 0


def test_it_counts_and_reaches_for_nobody_else(world: World, person: Candidate) -> None:
    ContactPoint.objects.for_organisation(person.organisation_id).filter(shared=True).delete()
    for viewer in others(person):
        reach = selectors.reach(viewer=viewer, candidate_ids=[person.pk])[person.pk]
        assert (reach.emails, reach.phones, reach.mail) == (0, 0, "")


def test_somebody_elses_export_does_not_carry_it(world: World, person: Candidate) -> None:
    def payload(viewer: User) -> str:
        return repr(person_variables.of(viewer=viewer, candidate=person))

    assert ADDRESS in payload(adder(person))
    for viewer in others(person):
        assert [secret for secret in SECRETS if secret in payload(viewer)] == []


def test_no_other_timeline_tells_of_it(world: World, person: Candidate) -> None:
    for viewer in others(person):
        told = repr(person_data.timeline(candidate=person, viewer=viewer, limit=1_000))
        assert "added by hand" not in told
        assert not any(secret in told for secret in SECRETS)


def test_news_holds_no_address(world: World, person: Candidate) -> None:
    told = json.dumps([event.ids for event in Event.objects.for_organisation(person.organisation_id)])
    assert not any(secret in told for secret in SECRETS)


def test_no_table_holds_it_but_the_one_of_contact_points(world: World, person: Candidate) -> None:
    """Search documents, facets, facts, audit trail, deliveries, runs: everything there is."""
    for point in person.contact_points.filter(shared=False):
        contact_points.set_status(contact_point=point, actor=adder(person), status="verified")
        contact_points.pin(contact_point=point, actor=adder(person))
    contact_points.remove(contact_point=person.contact_points.get(normalised=NUMBER), actor=adder(person))
    holding = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("django_session"):
                continue
            cursor.execute(
                f"SELECT count(*) FROM {connection.ops.quote_name(table)} t WHERE t::text LIKE ANY(%s)",  # noqa: S608 - our own tables
                [[f"%{secret}%" for secret in SECRETS]],
            )
            if cursor.fetchone()[0]:
                holding.add(table)
    assert holding == {"sourcing_contactpoint"}


def test_nobody_else_can_act_on_it(world: World, person: Candidate) -> None:
    point = person.contact_points.get(normalised=ADDRESS)
    for viewer in others(person)[:2]:
        client = Client()
        client.force_login(viewer)
        for name in ("pin", "unpin", "mark_valid", "contact_status", "remove_contact"):
            assert client.post(reverse(f"sourcing:{name}", args=[point.pk])).status_code == 404
        url = reverse("sourcing:api_contact_point", args=[point.pk])
        assert client.patch(url, {"pinned": True}, "application/json").status_code == 404
        assert client.delete(url).status_code == 404
