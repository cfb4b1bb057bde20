"""Mailboxes over the API: linked, changed, connected again, resumed and removed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from foundation.models import IdempotentAnswer
from outreach import servers
from outreach.models import Mailbox
from outreach.states import MailboxStatus
from tests.api_calls import mail_servers
from tests.outreach import making
from tests.outreach.sandbox_process import ADDRESS, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def api(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(f"/api/v1/mailboxes/{path}", body or {}, "application/json", headers=headers)


def fresh(box: Mailbox) -> Mailbox:
    return Mailbox.objects.for_organisation(box.organisation_id).get(pk=box.pk)


def mallory() -> Client:
    return api(making.user("mallory", of=making.organisation("Evil"), role=Role.ADMIN))


def test_an_account_is_linked_once_and_its_password_is_kept_and_told_nowhere(sandbox):
    alice = making.user()
    body = {"address": ADDRESS, "display_name": "Alice", **mail_servers(sandbox)}
    # The servers are asked in no transaction, which a key would otherwise open.
    made, again = (post(api(alice), "", body, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (made.status_code, again.status_code) == (201, 201)
    assert again["Idempotency-Replayed"] == "true"
    told = made.json()
    assert again.json() == told
    assert (told["address"], told["status"], told["is_default"]) == (ADDRESS, "connected", True)
    assert PASSWORD not in made.content.decode()
    kept = IdempotentAnswer.objects.for_organisation(alice.organisation_id).values()
    assert PASSWORD not in str(list(kept))
    assert post(api(alice), "", body).status_code == 409
    box = Mailbox.objects.for_organisation(alice.organisation_id).get()
    assert (box.display_name, box.smtp_username, box.imap_username) == ("Alice", ADDRESS, ADDRESS)


def test_what_a_server_has_against_it_stands_at_its_field_and_nothing_is_stored(sandbox):
    alice = making.user()
    body = {"address": ADDRESS, **mail_servers(sandbox), "imap_password": "not-this-one"}
    refused = post(api(alice), "", body, **{"Idempotency-Key": "k"})
    assert (refused.status_code, refused.json()["code"]) == (422, "mailbox_refused")
    assert list(refused.json()["errors"]) == ["imap_password"]
    assert "not-this-one" not in refused.content.decode()
    assert not Mailbox.objects.for_organisation(alice.organisation_id).exists()
    assert (
        post(api(alice), "", {**body, "imap_password": PASSWORD}, **{"Idempotency-Key": "k"}).status_code
        == 201
    )


def test_servers_left_out_are_those_of_its_provider():
    address = "alice@gmx.net"
    given = {**servers.of_address(address), "smtp_password": "secret"}
    both = servers.typed(given, address=address)
    smtp, imap = both["smtp"], both["imap"]
    assert (smtp.host, smtp.port, imap.host, imap.port) == ("mail.gmx.net", 587, "imap.gmx.net", 993)
    assert (imap.username, imap.password) == (address, "secret")


def test_a_new_password_is_all_that_a_linked_account_needs(sandbox):
    box = making.mailbox(address=ADDRESS, display_name="Alice", status=MailboxStatus.NEEDS_RECONNECT)
    Mailbox.objects.for_organisation(box.organisation_id).update(
        **{name: value for name, value in mail_servers(sandbox).items() if name != "smtp_password"}
    )
    alice, path = api(box.owner), f"{box.pk}/reconnect/"
    still = post(alice, f"{box.pk}/try-again/")
    assert (still.status_code, still.json()["code"]) == (409, "conflict")
    assert list(post(alice, path, {"smtp_password": "wrong"}).json()["errors"]) == [
        "smtp_password",
        "imap_password",
    ]
    bob = api(making.user("bob", of=box.organisation))
    assert [post(each, path, {"smtp_password": "x"}).status_code for each in (bob, mallory())] == [403, 404]
    done = post(alice, path, {"smtp_password": PASSWORD})
    assert (done.status_code, done.json()["mailbox"]["status"]) == (200, "connected")
    assert fresh(box).display_name == "Alice"
    Mailbox.objects.for_organisation(box.organisation_id).update(status=MailboxStatus.NEEDS_RECONNECT)
    assert post(alice, f"{box.pk}/try-again/").json()["mailbox"]["status"] == "connected"


def test_a_pause_is_ended_and_an_account_removed_by_its_owner_or_an_administrator():
    box = making.mailbox(status=MailboxStatus.PAUSED)
    bob, boss = (
        making.user(name, of=box.organisation, role=role)
        for name, role in (("bob", Role.RECRUITER), ("boss", Role.ADMIN))
    )
    resume, alone = f"{box.pk}/resume/", f"/api/v1/mailboxes/{box.pk}/"
    for each, status in ((api(bob), 403), (mallory(), 404)):
        assert (post(each, resume).status_code, each.delete(alone).status_code) == (status, status)
    assert post(api(box.owner), resume).json()["mailbox"]["status"] == "connected"
    assert [api(boss).delete(alone).status_code for _ in range(2)] == [204, 204]
    assert (fresh(box).status, fresh(box).secret) == (MailboxStatus.REMOVED, "")
    assert api(boss).get(alone).status_code == 404


def change(client: Client, box: Mailbox, body: Any, **headers: str) -> Any:
    return client.patch(f"/api/v1/mailboxes/{box.pk}/", body, "application/json", headers=headers)


def test_an_account_is_changed_where_nobody_did_meanwhile_and_mail_that_leaves_is_no_change():
    box = making.mailbox(display_name="Alice")
    alice = api(box.owner)
    seen = alice.get(f"/api/v1/mailboxes/{box.pk}/")
    making.write(box)
    body = {"signature": "Alice\nAcme", "daily_limit": 40, "in_use_since": "2020-01-01"}
    done = change(alice, box, body, **{"If-Match": seen["ETag"]})
    assert done.status_code == 200
    assert {name: done.json()[name] for name in body} == body
    assert done.json()["display_name"] == "Alice"
    outdated = change(alice, box, {"daily_limit": 50}, **{"If-Match": seen["ETag"]})
    assert (outdated.status_code, outdated.json()["etag"]) == (412, done["ETag"])
    assert (outdated.json()["current"]["daily_limit"], fresh(box).daily_limit) == (40, 40)
    assert change(alice, box, {"display_name": "Ada", "daily_limit": None}).json()["daily_limit"] is None
    assert (fresh(box).display_name, fresh(box).signature) == ("Ada", "Alice\nAcme")


def test_what_is_refused_changes_nothing_at_all():
    box = making.mailbox(min_gap_seconds=30, max_gap_seconds=60)
    alice, bob = api(box.owner), api(making.user("bob", of=box.organisation))
    for body, field in (
        ({"max_gap_seconds": 10}, "max_gap_seconds"),
        ({"in_use_since": "2999-01-01"}, "in_use_since"),
        ({"reply_to": "no address"}, "reply_to"),
        ({"is_default": False}, "is_default"),
        ({"daily_limit": -1}, "daily_limit"),
    ):
        refused = change(alice, box, {"signature": "New", **body})
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])
        assert fresh(box).signature == ""
    assert [change(each, box, {}).status_code for each in (bob, mallory())] == [403, 404]


def test_another_account_becomes_the_default():
    first = making.mailbox(is_default=True)
    second = making.mailbox(first.owner)
    assert change(api(first.owner), second, {"is_default": True}).json()["mailbox"]["is_default"] is True
    assert (fresh(first).is_default, fresh(second).is_default) == (False, True)
