"""Linking a mailbox: both servers are asked first, and nothing is stored unless both let us in."""

from __future__ import annotations

import dataclasses
import socket
import threading
from contextlib import contextmanager

import pytest
from django.test import override_settings

from accounts.models import Role
from foundation import secrets
from foundation.models import Event
from foundation.problems import Conflict, Missing, NotAllowed
from outreach import mailboxes
from outreach.models import Mailbox, MailboxFolder
from outreach.probing import MailboxRefused, Server
from outreach.states import MailboxStatus
from tests.outreach import making
from tests.outreach.making import NOW
from tests.outreach.sandbox_process import ADDRESS, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def side(sandbox, name: str, **other) -> Server:
    values = {
        "host": sandbox["host"],
        "port": sandbox["ports"][name],
        "security": "none",
        "username": ADDRESS,
        "password": PASSWORD,
    }
    return Server(**{**values, **other})


def link(sandbox, actor, *, smtp=None, imap=None) -> Mailbox:
    return mailboxes.link(
        actor=actor,
        address="Alice@Demo.example",
        display_name="Alice",
        smtp=smtp or side(sandbox, "smtp"),
        imap=imap or side(sandbox, "imap"),
        now=NOW,
    )


def faults(sandbox, **sides) -> dict[str, str]:
    """What is said about a mailbox that could not be linked; checks that nothing was stored."""
    with pytest.raises(MailboxRefused) as refused:
        link(sandbox, making.user(), **sides)
    assert not Mailbox.objects.across_organisations("test").exists()
    return refused.value.fields


@contextmanager
def silent_server():
    """Accepts connections and never says a word."""
    listening = socket.create_server(("127.0.0.1", 0))
    lines = []
    thread = threading.Thread(target=lambda: lines.append(listening.accept()), daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()
        for line, _ in lines:
            line.close()


def test_a_mailbox_that_works_on_both_sides_is_stored_with_sealed_passwords(sandbox):
    alice = making.user()
    box = link(sandbox, alice)
    box.refresh_from_db()
    assert (box.address, box.status, box.is_default) == ("alice@demo.example", MailboxStatus.CONNECTED, True)
    assert PASSWORD not in box.secret
    sealed = secrets.unseal(
        box.secret, table="outreach_mailbox", row=box.pk, organisation=box.organisation_id
    )
    assert sealed == {"smtp_password": PASSWORD, "imap_password": PASSWORD}
    folders = MailboxFolder.objects.for_organisation(alice.organisation).filter(mailbox=box)
    assert dict(folders.values_list("name", "is_sent")) == {"INBOX": False, "Sent": True}
    assert Event.objects.for_organisation(alice.organisation).filter(kind="mailbox.changed").count() == 1


def test_a_wrong_password_at_either_server_shows_that_servers_words_beside_the_field(sandbox):
    wrong = {"password": "wrong"}
    found = faults(sandbox, smtp=side(sandbox, "smtp", **wrong))
    assert list(found) == ["smtp_password"]
    assert "535" in found["smtp_password"]
    assert "password is wrong" in found["smtp_password"]
    found = faults(sandbox, imap=side(sandbox, "imap", **wrong))
    assert list(found) == ["imap_password"]
    assert "AUTHENTICATIONFAILED" in found["imap_password"]


def test_both_sides_are_told_at_once(sandbox):
    found = faults(
        sandbox, smtp=side(sandbox, "smtp", password="wrong"), imap=side(sandbox, "imap", password="wrong")
    )
    assert set(found) == {"smtp_password", "imap_password"}


def test_a_tls_mismatch_is_named_at_the_protection(sandbox):
    found = faults(
        sandbox, smtp=side(sandbox, "smtp", security="tls"), imap=side(sandbox, "imap", security="tls")
    )
    assert set(found) == {"smtp_security", "imap_security"}
    assert "TLS" in found["smtp_security"]


def test_a_certificate_that_nobody_vouches_for_is_refused(sandbox):
    found = faults(sandbox, smtp=side(sandbox, "smtps", security="tls"))
    assert "certificate" in found["smtp_security"]


def test_a_port_where_nobody_listens_and_a_name_that_does_not_exist(sandbox):
    found = faults(
        sandbox,
        smtp=side(sandbox, "smtp", port=9),
        imap=side(sandbox, "imap", host="no-such-host.invalid"),
    )
    assert "does not accept connections on port 9" in found["smtp_host"]
    assert "not known" in found["imap_host"]


@override_settings(SMTP_TIMEOUT=making.timedelta(seconds=0.3), IMAP_TIMEOUT=making.timedelta(seconds=0.3))
def test_a_server_that_never_answers_is_a_timeout_and_not_a_hang(sandbox):
    with silent_server() as port:
        found = faults(sandbox, smtp=side(sandbox, "smtp", port=port))
    assert "in time" in found["smtp_host"]
    with silent_server() as port:
        found = faults(sandbox, imap=side(sandbox, "imap", port=port))
    assert "in time" in found["imap_host"]


@override_settings(EGRESS_ALLOWED_PRIVATE_NETWORKS=[])
def test_hosts_inside_private_networks_are_refused_unless_the_installation_allows_them(sandbox):
    found = faults(sandbox)
    assert set(found) == {"smtp_host", "imap_host"}
    assert "private network" in found["smtp_host"]


def test_linking_the_same_account_twice_is_refused_and_after_removing_revives_the_row(sandbox):
    alice = making.user()
    box = link(sandbox, alice)
    with pytest.raises(Conflict):
        link(sandbox, alice)
    mailboxes.set_limits(actor=alice, mailbox_id=box.pk, now=NOW, daily_limit=12)
    removed = mailboxes.remove(actor=alice, mailbox_id=box.pk, now=NOW)
    assert (removed.status, removed.secret) == (MailboxStatus.REMOVED, "")
    again = link(sandbox, alice)
    assert (again.pk, again.daily_limit, again.status) == (box.pk, 12, MailboxStatus.CONNECTED)


def test_removing_twice_changes_nothing_more(sandbox):
    alice = making.user()
    box = link(sandbox, alice)
    mailboxes.remove(actor=alice, mailbox_id=box.pk, now=NOW)
    mailboxes.remove(actor=alice, mailbox_id=box.pk, now=NOW)
    events = Event.objects.for_organisation(alice.organisation).filter(kind="mailbox.changed")
    assert events.count() == 2, "linked, removed"


def test_reconnecting_with_a_new_password_makes_a_refused_mailbox_work_again(sandbox):
    alice = making.user()
    box = link(sandbox, alice)
    rows = Mailbox.objects.for_organisation(alice.organisation)
    rows.update(status=MailboxStatus.NEEDS_RECONNECT, server_words="535 no")
    both = {"smtp": side(sandbox, "smtp"), "imap": side(sandbox, "imap")}
    wrong = {**both, "smtp": dataclasses.replace(both["smtp"], password="still wrong")}
    with pytest.raises(MailboxRefused):
        mailboxes.reconnect(actor=alice, mailbox_id=box.pk, display_name="A", now=NOW, **wrong)
    assert rows.get().status == MailboxStatus.NEEDS_RECONNECT
    mailboxes.reconnect(actor=alice, mailbox_id=box.pk, display_name="A", now=NOW, **both)
    assert (rows.get().status, rows.get().server_words) == (MailboxStatus.CONNECTED, "")


def test_only_the_owner_and_admins_may_change_a_mailbox_and_strangers_do_not_know_it(sandbox):
    alice = making.user()
    box = link(sandbox, alice)
    bob = making.user("bob", of=alice.organisation)
    admin = making.user("ada", of=alice.organisation, role=Role.ADMIN)
    mallory = making.user("mallory", of=making.organisation("Evil"))
    viewer = making.user("vera", of=alice.organisation, role=Role.VIEWER)
    for actor, problem in ((bob, NotAllowed), (viewer, NotAllowed), (mallory, Missing)):
        with pytest.raises(problem):
            mailboxes.remove(actor=actor, mailbox_id=box.pk, now=NOW)
    assert mailboxes.remove(actor=admin, mailbox_id=box.pk, now=NOW).status == MailboxStatus.REMOVED
