"""Lending: by the owner, by name, withdrawn at any time; a borrower sees what their campaigns brought."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.models import Role
from foundation.models import Event
from foundation.problems import Invalid, Missing, NotAllowed
from outreach import lending, selectors
from outreach.inbound import selectors as inbox
from outreach.models import InboundMessage, Mailbox, MailboxLoan, Message, MessageOrigin
from outreach.outbox import claims, leases, transitions
from outreach.outbox.explaining import why_not_yet
from outreach.personal import timeline
from outreach.states import MessageStatus, Reason
from tests.outreach import making
from tests.outreach.making import NOW, fresh
from tests.outreach.views.test_pages import as_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager():
    return making.user("manager", role=Role.MAILBOX_OWNER)


@pytest.fixture
def box(manager) -> Mailbox:
    return making.mailbox(manager)


@pytest.fixture
def alice(manager):
    return making.user("alice", of=manager.organisation)


def lend(box: Mailbox, to) -> MailboxLoan:
    return lending.lend(actor=box.owner, mailbox_id=box.pk, user_id=to.pk, now=NOW)


def news(box: Mailbox) -> list[str]:
    rows = Event.objects.for_organisation(box.organisation_id).filter(kind__startswith="mailbox.")
    return list(rows.order_by("pk").values_list("kind", flat=True))


def usable(user) -> list[int]:
    return [each.pk for each in selectors.usable_mailboxes(user)]


def test_whoever_it_is_lent_to_may_choose_it_and_nobody_else(box, alice):
    bob = making.user("bob", of=alice.organisation)
    assert usable(alice) == []
    lend(box, alice)
    assert usable(alice) == [box.pk]
    assert usable(bob) == []
    assert usable(box.owner) == [box.pk]


def test_lending_twice_is_once_and_so_is_withdrawing(box, alice):
    first, again = lend(box, alice), lend(box, alice)
    assert first.pk == again.pk
    for _ in range(2):
        lending.withdraw(actor=box.owner, loan_id=first.pk, now=NOW)
    assert news(box) == ["mailbox.lent", "mailbox.withdrawn"]
    assert usable(alice) == []
    assert lend(box, alice).pk != first.pk


def test_only_the_owner_lends_and_an_administrator_may_take_it_back(box, alice):
    admin = making.user("ada", of=alice.organisation, role=Role.ADMIN)
    with pytest.raises(NotAllowed):
        lending.lend(actor=admin, mailbox_id=box.pk, user_id=alice.pk, now=NOW)
    with pytest.raises(NotAllowed):
        lending.lend(actor=alice, mailbox_id=box.pk, user_id=alice.pk, now=NOW)
    loan = lend(box, alice)
    bob = making.user("bob", of=alice.organisation)
    with pytest.raises(NotAllowed):
        lending.withdraw(actor=bob, loan_id=loan.pk, now=NOW)
    assert lending.withdraw(actor=admin, loan_id=loan.pk, now=NOW).withdrawn_at == NOW


def test_a_borrower_may_give_it_back(box, alice):
    loan = lend(box, alice)
    answer = as_user(alice).post(f"/outreach/loans/{loan.pk}/withdraw/")
    assert answer.status_code == 302
    assert usable(alice) == []


def test_it_is_lent_to_colleagues_who_send_campaigns_only(box, alice):
    viewer = making.user("vera", of=alice.organisation, role=Role.VIEWER)
    left = making.user("lea", of=alice.organisation)
    left.is_active = False
    left.save()
    mallory = making.user("mallory", of=making.organisation("Evil"))
    for other, problem in ((viewer, Invalid), (box.owner, Invalid), (left, Missing), (mallory, Missing)):
        with pytest.raises(problem):
            lend(box, other)
    with pytest.raises(Missing):
        lending.lend(actor=mallory, mailbox_id=box.pk, user_id=mallory.pk, now=NOW)
    assert [user.pk for user in lending.possible_borrowers(box)] == [alice.pk]


def claimed(box: Mailbox, writer) -> tuple[leases.Lease, Message]:
    making.write(box, created_by_id=writer.pk)
    lease = leases.take(box.pk)
    assert lease is not None
    (message,) = claims.claim_next(lease, now=NOW, limit=1, room=True)
    return lease, message


def test_a_single_mail_of_a_borrower_waits_once_the_mailbox_is_withdrawn(box, alice):
    loan = lend(box, alice)
    lease, message = claimed(box, alice)
    lending.withdraw(actor=box.owner, loan_id=loan.pk, now=NOW)
    assert transitions.begin(lease, message, now=NOW) is Reason.MAILBOX_WITHDRAWN
    row = fresh(message)
    assert row.status == MessageStatus.QUEUED
    assert row.not_before > NOW, "it is not asked about again and again"
    explained = why_not_yet(message=row, now=NOW)
    assert explained.reason is Reason.MAILBOX_WITHDRAWN
    assert "does not lend" in explained.text
    lend(box, alice)
    assert why_not_yet(message=row, now=NOW).reason is not Reason.MAILBOX_WITHDRAWN


def test_the_owners_own_mail_and_a_lent_one_leave(box, alice):
    lend(box, alice)
    for writer in (box.owner, alice):
        lease, message = claimed(box, writer)
        assert transitions.begin(lease, message, now=NOW) is None
        leases.give_back(lease)
        Message.objects.for_organisation(box.organisation_id).update(status=MessageStatus.SENT)


def test_a_withdrawal_waits_for_a_begin_under_way_and_every_later_one_sees_it(box, alice):
    loan = lend(box, alice)
    with transaction_of_a_begin(box, alice):
        returned = threading.Event()

        def take_back() -> None:
            try:
                lending.withdraw(actor=box.owner, loan_id=loan.pk, now=NOW)
                returned.set()
            finally:
                connection.close()

        thread = threading.Thread(target=take_back)
        thread.start()
        assert not returned.wait(0.5), "it waits while a begin holds the loan"
    thread.join()
    assert returned.is_set()
    assert not lending.may_send_from(box, alice.pk)


@contextmanager
def transaction_of_a_begin(box: Mailbox, writer):
    """What ``begin`` holds while it decides."""
    with transaction.atomic():
        assert lending.may_send_from(box, writer.pk, lock=True)
        yield


def came(box: Mailbox, peter, minutes: int, *, message: Message | None = None) -> InboundMessage:
    return InboundMessage.objects.create(
        organisation_id=box.organisation_id,
        mailbox=box,
        raw_hash=f"{minutes}",
        received_at=NOW + timedelta(minutes=minutes),
        read_at=NOW,
        verdict="reply",
        certainty="sure" if message else "address",
        message=message,
        candidate=peter,
        subject=f"after {minutes}",
    )


def seen(viewer, *mails: InboundMessage) -> set[InboundMessage]:
    """Those of the mails that the viewer may open."""
    found = set()
    for mail in mails:
        with suppress(Missing):
            found.add(inbox.mail(viewer, mail.pk))
    return found


def test_borrowers_read_the_answers_to_their_campaigns_and_not_what_follows(box, alice):
    lend(box, alice)
    peter = making.person(box)
    (first,) = making.write(box, candidate_id=peter.pk, origin=MessageOrigin.CAMPAIGN)
    rows = Message.objects.for_organisation(box.organisation_id)
    rows.update(status=MessageStatus.SENT, sending_at=NOW, sent_at=NOW)
    answer = came(box, peter, 10)
    private = came(box, peter, 60)
    named = came(box, peter, 70, message=first)
    assert seen(alice, answer, private, named) == {answer, named}
    assert [each.text for each in timeline(peter, alice, 10)].count("Replied") == 2
    assert seen(box.owner, answer, private, named) == {answer, private, named}
    # What is hidden from the borrower does not take the conversation out of their inbox.
    later = came(box, peter, 75)
    assert list(inbox.inbox(alice)) == [named]
    assert list(inbox.inbox(box.owner)) == [later]
    # A new campaign message opens the conversation again, up to its answer.
    (second,) = making.write(box, candidate_id=peter.pk, origin=MessageOrigin.CAMPAIGN)
    rows.filter(pk=second.pk).update(status=MessageStatus.SENT, sending_at=NOW + timedelta(minutes=80))
    again = came(box, peter, 90)
    assert seen(alice, answer, named, later, again) == {answer, named, again}


def test_a_recruiters_own_mailbox_is_read_by_the_team_as_before(alice):
    box = making.mailbox(alice)
    peter = making.person(box)
    bob = making.user("bob", of=alice.organisation)
    mails = {came(box, peter, minutes) for minutes in (10, 20)}
    assert seen(bob, *mails) == mails
    assert len(inbox.inbox(bob)) == 1


def test_the_pages_lend_and_withdraw(box, alice):
    client = as_user(box.owner)
    page = client.get(f"/outreach/mailboxes/{box.pk}/lend/").content.decode()
    assert "Nobody else sends from it" in page
    assert alice.name in page
    client.post(f"/outreach/mailboxes/{box.pk}/lend/", {"user": alice.pk})
    loan = MailboxLoan.objects.for_organisation(box.organisation_id).get()
    assert (
        f"/outreach/loans/{loan.pk}/withdraw/"
        in client.get(f"/outreach/mailboxes/{box.pk}/lend/").content.decode()
    )
    assert "Lent to you" in as_user(alice).get("/outreach/settings/").content.decode()
    client.post(f"/outreach/loans/{loan.pk}/withdraw/")
    assert usable(alice) == []
    mallory = making.user("mallory", of=making.organisation("Evil"), role=Role.ADMIN)
    other = as_user(mallory)
    assert other.post(f"/outreach/loans/{loan.pk}/withdraw/").status_code == 404
    assert other.post(f"/outreach/mailboxes/{box.pk}/lend/", {"user": mallory.pk}).status_code == 404
    assert client.post(f"/outreach/mailboxes/{box.pk}/lend/", {"user": mallory.pk}).status_code == 422
