"""Providers on a loopback socket that answer what a test says, and requests carried out on the spot."""

from __future__ import annotations

import decimal
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from accounts.models import User
from foundation import runs
from foundation.models import Run
from foundation.throttle import Pace
from sourcing.finding import allowance, finding, ledger, setup
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    Finding,
    FindingItem,
    FindingProvider,
    Project,
)
from tests.integrations.vendor_server import Answer, VendorServer, vendor_server
from tests.sourcing.factories import make_candidate

Credits = Callable[..., None]
NOTHING = Answer(404, {"status": 404, "error": {"type": "not_found", "message": "No records were found."}})


def hunter_knows(email: str, status: str = "valid") -> Answer:
    return Answer(body={"data": {"email": email, "score": 91, "verification": {"status": status}}})


def pdl_knows(**data: object) -> Answer:
    return Answer(body={"status": 200, "likelihood": 9, "data": data})


@pytest.fixture(autouse=True)
def _nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("hunter", "people_data_labs"):
        monkeypatch.setattr(
            f"sourcing.finding.providers.{provider}."
            + {"hunter": "Hunter", "people_data_labs": "PeopleDataLabs"}[provider]
            + ".pace",
            Pace(calls=100_000, burst=10_000),
        )


@pytest.fixture
def hunter_server() -> Iterator[VendorServer]:
    with vendor_server() as server:
        yield server


@pytest.fixture
def pdl_server() -> Iterator[VendorServer]:
    with vendor_server() as server:
        yield server


@pytest.fixture
def hunter(alice: User, hunter_server: VendorServer) -> FindingProvider:
    return set_up(alice, "hunter", hunter_server)


@pytest.fixture
def pdl(alice: User, pdl_server: VendorServer) -> FindingProvider:
    return set_up(alice, "people_data_labs", pdl_server)


def set_up(admin: User, slug: str, server: VendorServer, cost: str = "0.05") -> FindingProvider:
    """A provider with a key of its own, so that no test waits for the pace of another."""
    return setup.save(
        actor=admin,
        slug=slug,
        key=f"key-{uuid.uuid4().hex}",
        base_url=server.url,
        cost=decimal.Decimal(cost),
        currency="EUR",
    )


@pytest.fixture
def give(alice: User) -> Credits:
    """``give(email=10)``: that many and no others; the month's allowance is none."""
    allowance.change(actor=alice, monthly_email=0, monthly_phone=0, refresh_day=1)

    def grant(**amounts: int) -> None:
        assert alice.organisation is not None
        for kind, amount in amounts.items():
            ledger.grant(
                organisation=alice.organisation,
                kind=kind,
                amount=amount,
                actor=alice,
                cause=f"test:{uuid.uuid4()}",
            )

    return grant


def employee(of: User, first_name: str = "Ada", **values: Any) -> Candidate:
    """Somebody providers can be asked about."""
    return make_candidate(
        of.organisation, first_name, "Byron", **{"actor": of, "company": "Voltra", **values}
    )


def ask(
    actor: User, people: Sequence[Candidate], kind: str = ContactKind.EMAIL, project: Project | None = None
) -> Finding:
    """The request, not yet worked on."""
    return finding.start(
        actor=actor,
        kind=kind,
        candidate_ids=[person.pk for person in people],
        request_key=uuid.uuid4(),
        project=project,
    )


def work(request: Finding) -> Finding:
    """Let a worker do all that is due."""
    assert request.run_id is not None
    while runs.work(request.run_id):
        pass
    request.refresh_from_db()
    return request


def found(request: Finding) -> dict[str, str]:
    """First name → status."""
    rows = FindingItem.objects.for_organisation(request.organisation_id).filter(finding=request)
    return {row.candidate.first_name: row.status for row in rows.select_related("candidate")}


def books(of: User, kind: str = ContactKind.EMAIL) -> tuple[int, int]:
    """(available, held), after making sure that the ledger adds up to it."""
    assert of.organisation_id is not None
    balance = ledger.balance(of.organisation_id, kind)
    assert ledger.sums(of.organisation_id, kind) == balance
    return balance.available, balance.held


def addresses(person: Candidate) -> list[tuple[str, str, str, bool, str, str]]:
    rows = ContactPoint.objects.for_organisation(person.organisation_id).filter(candidate=person)
    return [
        (row.normalised, row.type, row.status, row.shared, row.origin, row.source)
        for row in rows.order_by("kind", "position", "pk")
    ]


class Killed(BaseException):
    """What a SIGKILL looks like from inside: nothing after it runs."""


def killed(*_args: object, **_kwargs: object) -> None:
    raise Killed


def make_due(alice: User) -> None:
    FindingProvider.objects.for_organisation(alice.organisation_id).update(not_before=None)
    Run.objects.for_organisation(alice.organisation_id).update(lease_until=None)
