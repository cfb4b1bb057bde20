"""A broken, removed or withdrawn mailbox pauses its campaigns with the reason; a mended one lets them go on, slowly."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection, transaction

from campaigns import editing, lifecycle, sender_changes, sender_troubles, senders
from campaigns.models import Recipient
from foundation import events
from foundation.problems import Conflict, Invalid
from outreach import lending, mailbox_health, mailboxes
from outreach.models import Mailbox, MailboxLoan
from outreach.outbox import claims, leases, transitions
from outreach.states import MailboxStatus, Reason
from outreach.transports.base import MailboxTrouble
from sourcing.models import Project
from tests.campaigns import making
from tests.outreach.making import NOW, fresh, user
from tests.outreach.making import mailbox as make_mailbox

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=3)


def heard() -> None:
    """Let campaigns hear the news."""
    events.deliver(consumers=["campaigns.folding"])


def box_of(made) -> Mailbox:
    return Mailbox.objects.for_organisation(made.organisation_id).get(pk=made.mailbox_id)


def broken(made, *, now=NOW) -> None:
    mailbox_health.send_failed(box_of(made), MailboxTrouble("auth", "535 5.7.8 wrong"), now=now)
    heard()


def mended(made) -> None:
    rows = Mailbox.objects.for_organisation(made.organisation_id).filter(pk=made.mailbox_id)
    rows.update(status=MailboxStatus.CONNECTED)
    with transaction.atomic():
        mailbox_health.changed(rows.get())
    heard()


def plans(made) -> list:
    rows = Recipient.objects.for_organisation(made.organisation_id).filter(campaign=made).order_by("pk")
    return [row.planned_at for row in rows]


def test_a_refused_login_pauses_the_campaigns_of_that_mailbox_with_the_reason_and_no_others():
    made = making.started(making.campaign("Ada"))
    other = making.started(making.campaign("Eva", alice=made.owner))
    broken(made)
    held = making.fresh(made)
    assert (held.status, held.lane.held) == ("paused", Reason.MAILBOX_RECONNECT)
    assert held.lane.held_text == f"{made.mailbox.address} has to be linked again"
    assert making.fresh(other).status == "starting"


def test_it_refuses_to_start_and_to_resume_with_a_broken_mailbox():
    draft = making.campaign("Ada")
    broken(draft)
    with pytest.raises(lifecycle.NotReady, match="link it again in Outreach Settings"):
        lifecycle.start(campaign=draft, actor=draft.owner, now=NOW)
    running = making.started(making.campaign("Eva"))
    broken(running)
    with pytest.raises(lifecycle.NotReady, match="link it again"):
        lifecycle.resume(campaign=making.fresh(running), actor=running.owner, now=NOW)


def test_after_linking_again_it_goes_on_by_itself_without_a_burst():
    names = [f"P{number}" for number in range(30)]
    made = making.started(making.campaign(*names))
    broken(made)
    before = plans(made)
    assert max(before) < LATER
    Mailbox.objects.for_organisation(made.organisation_id).update(status=MailboxStatus.CONNECTED)
    sender_changes.mailbox_changed(
        organisation_id=made.organisation_id, mailbox_id=made.mailbox_id, now=LATER
    )
    making.plan(made)
    gone_on = making.fresh(made)
    assert (gone_on.status, gone_on.lane.held, gone_on.paused_by) == ("starting", "", None)
    # Everybody was overdue for days: nobody leaves before the end of a grace counted from now.
    assert min(plans(made)) >= LATER + timedelta(minutes=20)
    assert making.written(made, now=LATER + timedelta(minutes=19)) == []


def test_a_campaign_that_somebody_paused_stays_paused():
    made = making.started(making.campaign("Ada"))
    lifecycle.pause(campaign=made, actor=made.owner, now=NOW)
    broken(made)
    mended(made)
    assert making.fresh(made).status == "paused"


def test_breaking_twice_and_mending_twice_is_like_once():
    made = making.started(making.campaign("Ada"))
    broken(made)
    broken(made)
    mended(made)
    mended(made)
    assert making.fresh(made).status == "starting"


def test_removing_the_account_pauses_and_asks_for_another_sender():
    made = making.started(making.campaign("Ada"))
    mailboxes.remove(actor=made.owner, mailbox_id=made.mailbox_id, now=NOW)
    heard()
    held = making.fresh(made)
    assert (held.status, held.lane.held) == ("paused", Reason.MAILBOX_REMOVED)
    assert "choose another sender" in held.lane.held_text
    second = make_mailbox(made.owner)
    assert [box.pk for box in senders.choices(held)] == [second.pk]
    sender_changes.change(campaign=held, mailbox=second, actor=made.owner, now=LATER)
    making.plan(made)
    gone_on = making.fresh(made)
    assert (gone_on.status, gone_on.mailbox_id, gone_on.lane.held) == ("starting", second.pk, "")
    (message,) = making.written(gone_on, now=LATER + timedelta(minutes=25))
    assert message.mailbox_id == second.pk


def test_an_account_that_first_broke_and_then_was_removed_asks_for_a_sender():
    made = making.started(making.campaign("Ada"))
    broken(made)
    mailboxes.remove(actor=made.owner, mailbox_id=made.mailbox_id, now=NOW)
    heard()
    assert making.fresh(made).lane.held == Reason.MAILBOX_REMOVED


def test_the_sender_is_not_changed_under_a_campaign_that_is_sending():
    made = making.started(making.campaign("Ada"))
    with pytest.raises(Conflict):
        sender_changes.change(campaign=made, mailbox=make_mailbox(made.owner), actor=made.owner, now=NOW)


def test_a_campaign_is_sent_from_its_owners_mailboxes_and_from_those_lent_to_them():
    made = making.campaign("Ada")
    manager = user("manager", of=made.organisation, role="mailbox_owner")
    theirs = make_mailbox(manager)
    with pytest.raises(Invalid):
        sender_changes.change(campaign=made, mailbox=theirs, actor=made.owner, now=NOW)
    with pytest.raises(Invalid):
        editing.create_campaign(project=made.project, name="Theirs", actor=made.owner, mailbox=theirs)
    lending.lend(actor=manager, mailbox_id=theirs.pk, user_id=made.owner_id, now=NOW)
    assert sender_changes.change(campaign=made, mailbox=theirs, actor=made.owner, now=NOW).mailbox == theirs
    bob = user("bob", of=made.organisation)
    project = Project.objects.create(organisation=made.organisation, name="Bob's", owner=bob)
    with pytest.raises(Invalid):
        editing.create_campaign(project=project, name="Bob's", actor=bob, mailbox=theirs)


def borrowed():
    """A running campaign of Alice sent from a mailbox that her hiring manager lends her, and the loan."""
    made = making.campaign("Ada")
    manager = user("manager", of=made.organisation, role="mailbox_owner")
    theirs = make_mailbox(manager)
    loan = lending.lend(actor=manager, mailbox_id=theirs.pk, user_id=made.owner_id, now=NOW)
    sender_changes.change(campaign=made, mailbox=theirs, actor=made.owner, now=NOW)
    return making.started(making.fresh(made)), loan


def test_a_withdrawn_mailbox_pauses_the_borrowers_campaigns_and_lending_it_again_lets_them_go_on():
    made, loan = borrowed()
    lending.withdraw(actor=made.mailbox.owner, loan_id=loan.pk, now=NOW)
    heard()
    held = making.fresh(made)
    assert (held.status, held.lane.held) == ("paused", Reason.MAILBOX_WITHDRAWN)
    assert "no longer lends" in held.lane.held_text
    with pytest.raises(lifecycle.NotReady, match="not lent"):
        lifecycle.resume(campaign=held, actor=held.owner, now=NOW)
    lending.lend(actor=made.mailbox.owner, mailbox_id=made.mailbox_id, user_id=made.owner_id, now=NOW)
    heard()
    assert making.fresh(made).status == "starting"


def test_the_owners_own_campaigns_do_not_mind_a_withdrawal():
    made = making.started(making.campaign("Ada"))
    bob = user("bob", of=made.organisation)
    loan = lending.lend(actor=made.owner, mailbox_id=made.mailbox_id, user_id=bob.pk, now=NOW)
    lending.withdraw(actor=made.owner, loan_id=loan.pk, now=NOW)
    heard()
    assert making.fresh(made).status == "starting"


def test_the_outreach_tab_names_the_mailbox_the_servers_words_and_what_to_do():
    made = making.started(making.campaign("Ada"))
    assert sender_troubles.of([making.fresh(made)], viewer=made.owner, now=NOW) == []
    broken(made)
    (trouble,) = sender_troubles.of([making.fresh(made)], viewer=made.owner, now=NOW)
    assert trouble.health.code == "needs_relinking"
    assert trouble.health.server_words == "535 5.7.8 wrong"
    assert "password is wrong" in trouble.health.advice
    assert trouble.link_url == f"/outreach/mailboxes/{made.mailbox_id}/reconnect/"
    bob = user("bob", of=made.organisation)
    (for_bob,) = sender_troubles.of([making.fresh(made)], viewer=bob, now=NOW)
    assert for_bob.link_url == ""


def test_a_server_that_cannot_be_reached_is_told_after_four_minutes_and_forgotten_when_it_answers():
    made = making.started(making.campaign("Ada"))
    for seconds in (0, 60, 200):
        box = box_of(made)
        mailbox_health.send_failed(
            box, MailboxTrouble("connect", "nobody there"), now=NOW + timedelta(seconds=seconds)
        )
    soon, due = NOW + timedelta(minutes=3), NOW + timedelta(minutes=4)
    assert sender_troubles.of([making.fresh(made)], viewer=made.owner, now=soon) == []
    (trouble,) = sender_troubles.of([making.fresh(made)], viewer=made.owner, now=due)
    assert trouble.health.word == "Cannot be reached"
    assert making.fresh(made).status == "starting", "waiting costs nothing: no pause for a restart"
    mailbox_health.send_works(box_of(made), now=due)
    assert sender_troubles.of([making.fresh(made)], viewer=made.owner, now=due) == []


def test_nothing_of_the_borrower_begins_once_the_withdrawal_has_returned():
    made, loan = borrowed()
    (message,) = making.written(made)
    lease = leases.take(made.mailbox_id)
    assert lease is not None
    now = NOW + timedelta(hours=1)
    (claimed,) = claims.claim_next(lease, now=now, limit=1, room=True)
    assert claimed.pk == message.pk
    lending.withdraw(actor=made.mailbox.owner, loan_id=loan.pk, now=now)
    assert transitions.begin(lease, claimed, now=now) is Reason.MAILBOX_WITHDRAWN
    assert fresh(message).status == "queued"
    heard()
    assert fresh(message).status == "cancelled", "taken back, to be planned anew when it is lent again"
    recipient = making.recipient(made, "Ada")
    assert (recipient.progress, recipient.open_attempt_id) == ("not_started", None)


def test_what_was_sent_from_others_mailboxes_before_there_were_loans_is_lent_by_the_migration():
    made, loan = borrowed()
    own = making.campaign("Eva", alice=made.owner)
    loan.delete()
    step = import_module("campaigns.migrations.0004_lend_what_is_used").Migration.operations[0]
    with connection.cursor() as cursor:
        cursor.execute(step.sql)
        cursor.execute(step.sql)
    loans = MailboxLoan.objects.for_organisation(made.organisation_id)
    assert list(loans.values_list("mailbox_id", "user_id")) == [(made.mailbox_id, made.owner_id)]
    assert senders.problem(making.fresh(made)) == senders.problem(making.fresh(own)) == ""
