"""Lending over the API: the owner names somebody, and it is taken back at any time."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role, User
from outreach.models import Mailbox, MailboxLoan
from tests.outreach import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def lend(client: Client, box: Mailbox, user_id: int):
    return client.post(
        f"/api/v1/mailboxes/{box.pk}/loans/", {"user": user_id}, content_type="application/json"
    )


def test_a_colleague_is_named_and_withdrawn(box):
    bob = making.user("bob", of=box.organisation)
    alice = client_of(box.owner)
    made = lend(alice, box, bob.pk)
    assert (made.status_code, made.json()["name"]) == (201, "Bob")
    assert lend(alice, box, bob.pk).json()["id"] == made.json()["id"], "twice is once"
    assert [row["user"] for row in alice.get(f"/api/v1/mailboxes/{box.pk}/loans/").json()["results"]] == [
        bob.pk
    ]
    (seen,) = client_of(bob).get("/api/v1/mailboxes/").json()["results"]
    assert (seen["may_send"], seen["loan"]) == (True, made.json()["id"])

    assert alice.delete(f"/api/v1/loans/{made.json()['id']}/").status_code == 204
    assert alice.get(f"/api/v1/mailboxes/{box.pk}/loans/").json()["results"] == []
    (seen,) = client_of(bob).get("/api/v1/mailboxes/").json()["results"]
    assert (seen["may_send"], seen["loan"]) == (False, None)


def test_a_borrower_gives_it_back_and_a_third_colleague_cannot_take_it(box):
    bob, carol = (making.user(name, of=box.organisation) for name in ("bob", "carol"))
    loan = lend(client_of(box.owner), box, bob.pk).json()["id"]
    assert client_of(carol).delete(f"/api/v1/loans/{loan}/").status_code == 403
    assert client_of(bob).delete(f"/api/v1/loans/{loan}/").status_code == 204
    assert not MailboxLoan.objects.for_organisation(box.organisation_id).filter(withdrawn_at=None).exists()


def test_only_the_owner_lends_and_only_to_somebody_who_sends(box):
    boss = making.user("boss", of=box.organisation, role=Role.ADMIN)
    bob = making.user("bob", of=box.organisation)
    vera = making.user("vera", of=box.organisation, role=Role.VIEWER)
    assert lend(client_of(boss), box, bob.pk).status_code == 403
    assert lend(client_of(bob), box, bob.pk).status_code == 403
    assert lend(client_of(box.owner), box, vera.pk).status_code == 422
    assert lend(client_of(box.owner), box, 10**12).status_code == 404
    assert client_of(bob).get(f"/api/v1/mailboxes/{box.pk}/loans/").status_code == 403


def test_another_organisations_mailbox_member_and_loan_are_not_there(box):
    bob = making.user("bob", of=box.organisation)
    loan = lend(client_of(box.owner), box, bob.pk).json()["id"]
    mallory = making.user("mallory", of=making.organisation("Else"), role=Role.ADMIN)
    assert lend(client_of(mallory), box, mallory.pk).status_code == 404
    assert lend(client_of(box.owner), box, mallory.pk).status_code == 404
    assert client_of(mallory).get(f"/api/v1/mailboxes/{box.pk}/loans/").status_code == 404
    assert client_of(mallory).delete(f"/api/v1/loans/{loan}/").status_code == 404
