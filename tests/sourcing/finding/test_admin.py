"""The installation's own administrators grant credits and set allowances; the ledger stays what it is."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from sourcing.finding import allowance
from sourcing.models import CreditEntry, FindingProvider
from tests.sourcing.finding.conftest import books

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@beckon.example", "correct horse", name="Root"))
    return client


def test_a_grant_goes_through_the_ledger(staff: Client, alice: User) -> None:
    form = {"organisation": alice.organisation_id, "kind": "email", "amount": 50, "note": "Invoice 7"}
    assert staff.post("/admin/sourcing/creditentry/add/", form).status_code == 302
    assert books(alice) == (50, 0)
    line = CreditEntry.objects.for_organisation(alice.organisation_id).get()
    assert (line.event, line.note, line.member) == ("grant", "Invoice 7", None)
    assert staff.get("/admin/sourcing/creditentry/").status_code == 200
    assert staff.post(f"/admin/sourcing/creditentry/{line.pk}/change/", form).status_code == 403
    assert staff.post(f"/admin/sourcing/creditentry/{line.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_allowance_is_set(staff: Client, alice: User) -> None:
    assert alice.organisation is not None
    form = {"organisation": alice.organisation_id, "kind": "email", "monthly": 9, "refresh_day": 3}
    assert staff.post("/admin/sourcing/creditallowance/add/", form).status_code == 302
    assert allowance.of(alice.organisation, "email") == allowance.Terms(9, 3)


def test_a_provider_is_shown_without_its_key(staff: Client, hunter: FindingProvider) -> None:
    for url in ("/admin/sourcing/findingprovider/", f"/admin/sourcing/findingprovider/{hunter.pk}/change/"):
        answer = staff.get(url)
        assert answer.status_code == 200
        assert hunter.secret not in answer.content.decode()
