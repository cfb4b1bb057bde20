"""Steps that name a sender of their own: who sends, whose inbox is read before, what stops and what goes on."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaigns import (
    editing,
    intervening,
    lifecycle,
    preview,
    reactions,
    sender_changes,
    sender_troubles,
    waiting,
    writing,
)
from campaigns.advancing import CampaignFeed
from campaigns.models import Campaign, Recipient, Step
from campaigns.selectors import recipient_for
from campaigns.states import Hold, Progress
from foundation import events
from foundation.problems import Conflict, Invalid, Missing
from outreach import lending, mailbox_figures, mailbox_health, mailboxes
from outreach.models import InboundMessage, Mailbox, Message
from outreach.outbox import claims, leases
from outreach.states import Reason
from outreach.transports.base import MailboxTrouble
from tests.campaigns import making
from tests.outreach.making import NOW, user
from tests.outreach.making import mailbox as make_mailbox

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Step 2 is planned three days after step 1, at 09:20 give or take 20 minutes, and step 3 likewise.
SECOND = NOW + 3 * DAY + timedelta(minutes=45)
THIRD = SECOND + 3 * DAY


def step_of(made: Campaign, position: int) -> Step:
    return Step.objects.for_organisation(made.organisation_id).get(campaign=made, position=position)


def read(*boxes: Mailbox, at) -> None:
    Mailbox.objects.across_organisations("a test").filter(pk__in=[box.pk for box in boxes]).update(
        read_completely_at=at
    )


def with_manager(*names: str, steps: int = 3, position: int = 2) -> tuple[Campaign, Mailbox]:
    """A draft whose step ``position`` is sent by a hiring manager who lends their mailbox."""
    made = making.campaign(*names, steps=steps)
    manager = user("maya", of=made.organisation, role="mailbox_owner")
    theirs = make_mailbox(manager, display_name="Maya Manager")
    lending.lend(actor=manager, mailbox_id=theirs.pk, user_id=made.owner_id, now=NOW)
    sender_changes.change(
        campaign=made,
        mailbox=made.mailbox,
        steps={step_of(made, position).pk: theirs},
        actor=made.owner,
        now=NOW,
    )
    return making.fresh(made), theirs


def write_from(box: Mailbox, *, now) -> list[Message]:
    ids = CampaignFeed().write(mailbox_id=box.pk, now=now, limit=50)
    return list(Message.objects.for_organisation(box.organisation_id).filter(pk__in=ids).order_by("pk"))


def first_sent(*names: str, **values) -> tuple[Campaign, Mailbox]:
    """Under way, the first step sent an hour after Start."""
    made, theirs = with_manager(*names, **values)
    made = making.started(made)
    for message in making.written(made):
        making.settle(message, "sent", now=NOW + HOUR, sending_at=NOW + HOUR)
    return made, theirs


def why(made: Campaign, *, now) -> waiting.Explanation | None:
    return waiting.why(recipient_for(made.owner, making.recipient(made, "Ada").pk), now=now)


# ── who sends ───────────────────────────────────────────────────────────────


def test_each_step_is_due_at_its_own_mailbox_and_at_no_other():
    made, theirs = first_sent("Ada")
    read(made.mailbox, theirs, at=SECOND)
    feed = CampaignFeed()
    assert set(feed.due(mailbox_ids=[made.mailbox_id, theirs.pk], now=SECOND)) == {theirs.pk}
    assert write_from(made.mailbox, now=SECOND) == []
    (second,) = write_from(theirs, now=SECOND)
    assert (second.mailbox_id, second.our_message_id.rpartition("@")[2]) == (theirs.pk, "acme.example")
    making.settle(second, "sent", now=SECOND, sending_at=SECOND)
    read(made.mailbox, theirs, at=THIRD)
    assert set(feed.due(mailbox_ids=[made.mailbox_id, theirs.pk], now=THIRD)) == {made.mailbox_id}


def test_a_follow_up_from_another_sender_stays_in_the_thread_and_speaks_in_its_senders_name():
    made, theirs = with_manager("Ada")
    editing.edit_step(
        step=step_of(made, 2),
        subject="",
        body="{{ sender_first_name }}, {{ sender_email }}",
        days=3,
        new_thread=False,
        actor=made.owner,
    )
    made = making.started(making.fresh(made))
    (first,) = making.written(made)
    making.settle(first, "sent", now=NOW + HOUR, sending_at=NOW + HOUR)
    read(made.mailbox, theirs, at=SECOND)
    (second,) = write_from(theirs, now=SECOND)
    assert second.body_text.startswith(f"Maya, {theirs.address}")
    assert (second.subject, second.in_reply_to) == ("Re: Hello Ada", first.our_message_id)


def test_a_lent_mailbox_without_a_name_speaks_in_its_owners():
    made, theirs = with_manager("Ada")
    Mailbox.objects.for_organisation(made.organisation_id).filter(pk=theirs.pk).update(display_name="")
    second = Step.objects.for_organisation(made.organisation_id).select_related("mailbox").get(position=2)
    ada = making.recipient(made, "Ada")
    ada.campaign = making.fresh(made)
    used = {"sender_name"}
    values = writing.variables_for(ada.campaign, ada.candidate, used=used, mailbox=second.mailbox)
    assert (values["sender_name"], values["sender_first_name"]) == ("Maya", "Maya")
    own = writing.variables_for(ada.campaign, ada.candidate, used=used)
    assert own["sender_name"] == "Alice Sender"


def test_several_steps_of_one_mailbox_leave_in_the_order_in_which_they_were_planned():
    made, theirs = first_sent("Ada", "Bea", "Cleo", steps=4, position=4)
    read(made.mailbox, theirs, at=SECOND)
    one, two, three = write_from(made.mailbox, now=SECOND)
    making.settle(one, "sent", now=SECOND, sending_at=SECOND)
    for message in (two, three):
        making.settle(message, "cancelled", now=SECOND, reason_code=Reason.CAMPAIGN_HELD)
    rows = Recipient.objects.for_organisation(made.organisation_id).filter(campaign=made)
    assert set(rows.values_list("next_step__position", flat=True)) == {2, 3}
    for minutes, name in enumerate(("Cleo", "Ada", "Bea")):
        rows.filter(candidate__first_name=name).update(planned_at=THIRD - timedelta(minutes=30 - minutes))
    read(made.mailbox, theirs, at=THIRD)
    for expected in (["Cleo", "Ada"], ["Bea"]):
        ids = CampaignFeed().write(mailbox_id=made.mailbox_id, now=THIRD, limit=2)
        found = Message.objects.for_organisation(made.organisation_id).in_bulk(list(ids))
        assert [found[pk].to_name.split()[0] for pk in ids] == expected


def test_the_week_of_a_mailbox_counts_the_steps_it_sends_and_no_tasks():
    made, theirs = with_manager("Ada", "Bea")
    editing.add_step(campaign=made, subject="Call", body="Call.", days=1, kind="call", actor=made.owner)
    made = making.started(making.fresh(made))
    for message in making.written(made, limit=1):
        making.settle(message, "sent", now=NOW + HOUR, sending_at=NOW + HOUR)
    zone = timezone.get_default_timezone()

    def week(box: Mailbox) -> list[int]:
        return [day.planned for day in mailbox_figures.week_of(box, now=NOW + HOUR, zone=zone)]

    assert week(made.mailbox) == [1, 0, 0, 0, 0, 0, 2], "Bea's first, then step 3 of both"
    assert week(theirs) == [0, 0, 0, 2, 0, 0, 0], "step 2 of both"
    read(made.mailbox, theirs, at=SECOND)
    assert [message.to_name for message in write_from(theirs, now=SECOND)] == ["Ada Probe"]
    assert week(theirs) == [0, 0, 0, 2, 0, 0, 0], "written once, counted once"
    lifecycle.pause(campaign=made, actor=made.owner, now=NOW + HOUR)
    assert (sum(week(made.mailbox)), sum(week(theirs))) == (0, 0), "paused: what was written is taken back"


# ── read before write ───────────────────────────────────────────────────────


def test_a_follow_up_waits_until_every_inbox_that_wrote_to_the_person_was_read():
    made, theirs = first_sent("Ada")
    read(theirs, at=SECOND)
    assert CampaignFeed().due(mailbox_ids=[theirs.pk], now=SECOND) == {}
    assert write_from(theirs, now=SECOND) == []
    found = why(made, now=SECOND)
    assert found.reason == Reason.INBOX_NOT_READ
    assert made.mailbox.address in found.text
    read(made.mailbox, at=SECOND - timedelta(minutes=3))
    assert why(made, now=SECOND).reason == Reason.IN_LINE
    assert len(write_from(theirs, now=SECOND)) == 1


def test_somebody_whom_the_other_mailbox_never_wrote_to_does_not_wait_for_it():
    made, theirs = first_sent("Ada", steps=3, position=3)
    read(made.mailbox, at=SECOND)
    read(theirs, at=NOW - DAY)
    assert len(write_from(made.mailbox, now=SECOND)) == 1


def test_whoever_may_not_be_written_to_yet_holds_nobody_behind_them_back():
    made, theirs = first_sent("Ada", "Bea", steps=3, position=3)
    ada, bea = making.recipient(made, "Ada"), making.recipient(made, "Bea")
    Message.objects.for_organisation(made.organisation_id).filter(candidate=ada.candidate).update(
        mailbox=theirs
    )
    for person, minutes in ((ada, 30), (bea, 29)):
        rows = Recipient.objects.for_organisation(made.organisation_id).filter(pk=person.pk)
        rows.update(planned_at=SECOND - timedelta(minutes=minutes))
    read(made.mailbox, at=SECOND)
    (message,) = write_from(made.mailbox, now=SECOND)
    assert message.candidate_id == bea.candidate_id


def test_an_account_that_was_removed_is_not_waited_for_one_that_needs_relinking_is():
    made, theirs = first_sent("Ada", steps=3, position=3)
    rows = Message.objects.for_organisation(made.organisation_id)
    rows.update(mailbox=theirs)
    boxes = Mailbox.objects.for_organisation(made.organisation_id).filter(pk=theirs.pk)
    boxes.update(status="needs_reconnect")
    read(made.mailbox, at=SECOND)
    assert write_from(made.mailbox, now=SECOND) == []
    boxes.update(status="removed")
    assert len(write_from(made.mailbox, now=SECOND)) == 1


def test_a_written_follow_up_is_not_claimed_either():
    made, theirs = first_sent("Ada")
    read(made.mailbox, theirs, at=SECOND)
    assert len(write_from(theirs, now=SECOND)) == 1
    later = SECOND + HOUR
    read(theirs, at=later)
    lease = leases.take(theirs.pk)
    assert claims.claim_next(lease, now=later, limit=5, room=True) == []
    read(made.mailbox, at=later)
    assert len(claims.claim_next(lease, now=later, limit=5, room=True)) == 1


def test_what_somebody_moved_to_the_front_waits_too():
    made, theirs = first_sent("Ada")
    ada = making.recipient(made, "Ada")
    Recipient.objects.for_organisation(made.organisation_id).filter(pk=ada.pk).update(
        turn=0, planned_at=SECOND
    )
    read(theirs, at=SECOND)
    assert write_from(theirs, now=SECOND) == []
    read(made.mailbox, at=SECOND)
    assert len(write_from(theirs, now=SECOND)) == 1


# ── answers ─────────────────────────────────────────────────────────────────


def mail(made: Campaign, box: Mailbox, *, at, verdict="reply") -> InboundMessage:
    return InboundMessage.objects.create(
        organisation=made.organisation,
        mailbox=box,
        raw_hash=f"{box.pk}{at:%s}{verdict}",
        received_at=at,
        read_at=at,
        verdict=verdict,
        certainty="address",
        candidate=making.recipient(made, "Ada").candidate,
    )


@pytest.mark.parametrize("answered", ["first", "second"])
def test_an_answer_to_any_of_the_mailboxes_stops_the_person(answered):
    made, theirs = first_sent("Ada")
    read(made.mailbox, theirs, at=SECOND)
    (second,) = write_from(theirs, now=SECOND)
    making.settle(second, "sent", now=SECOND, sending_at=SECOND)
    inbound = mail(made, made.mailbox if answered == "first" else theirs, at=SECOND + HOUR)
    reactions.replied(organisation_id=made.organisation_id, inbound_id=inbound.pk, now=inbound.received_at)
    assert making.recipient(made, "Ada").progress == Progress.REPLIED


def test_a_mail_the_manager_wrote_by_hand_pauses_the_person():
    made, theirs = first_sent("Ada")
    ada = making.recipient(made, "Ada")
    inbound = mail(made, theirs, at=ada.added_at + HOUR, verdict="own_copy")
    reactions.written_by_hand(
        organisation_id=made.organisation_id,
        candidate_id=ada.candidate_id,
        mailbox_id=theirs.pk,
        inbound_id=inbound.pk,
    )
    assert making.recipient(made, "Ada").hold == Hold.PAUSED


# ── what stops, what goes on ────────────────────────────────────────────────


def heard() -> None:
    events.deliver(consumers=["campaigns.folding"])


def test_a_broken_mailbox_of_a_step_pauses_the_campaign_and_is_named_in_the_project():
    made, theirs = first_sent("Ada")
    mailbox_health.send_failed(theirs, MailboxTrouble("auth", "535 wrong"), now=NOW + HOUR)
    heard()
    held = making.fresh(made)
    assert (held.status, held.lane.held) == ("paused", Reason.MAILBOX_RECONNECT)
    (trouble,) = sender_troubles.of([held], viewer=made.owner, now=NOW + HOUR)
    assert (trouble.mailbox, trouble.campaigns) == (theirs, [held])
    with pytest.raises(lifecycle.NotReady, match=f"Step 2: {theirs.address} is not connected"):
        lifecycle.resume(campaign=held, actor=held.owner, now=NOW + HOUR)


def test_with_another_sender_for_that_step_it_goes_on():
    made, theirs = first_sent("Ada")
    mailboxes.remove(actor=theirs.owner, mailbox_id=theirs.pk, now=NOW + HOUR)
    heard()
    held = making.fresh(made)
    assert held.lane.held == Reason.MAILBOX_REMOVED
    second = step_of(made, 2)
    other = sender_changes.change(
        campaign=held, mailbox=held.mailbox, steps={second.pk: None}, actor=held.owner, now=NOW + 2 * HOUR
    )
    making.plan(made)
    assert making.fresh(made).status == other.status == "starting"
    assert step_of(made, 2).mailbox is None


def test_a_withdrawn_mailbox_of_a_step_pauses_the_campaign_and_lending_it_again_lets_it_go_on():
    made, theirs = first_sent("Ada")
    loan = theirs.loans.get()
    lending.withdraw(actor=theirs.owner, loan_id=loan.pk, now=NOW + HOUR)
    heard()
    assert making.fresh(made).lane.held == Reason.MAILBOX_WITHDRAWN
    lending.lend(actor=theirs.owner, mailbox_id=theirs.pk, user_id=made.owner_id, now=NOW + HOUR)
    heard()
    assert making.fresh(made).status == "starting"


def test_start_names_the_step_whose_sender_cannot_send():
    made, theirs = with_manager("Ada")
    Mailbox.objects.for_organisation(made.organisation_id).filter(pk=theirs.pk).update(status="paused")
    assert [text for text in lifecycle.missing_for_start(making.fresh(made)) if "Step 2" in text] == [
        f"Step 2: {theirs.address} is paused; Outreach Settings say why and until when."
    ]


def test_a_step_taken_out_no_longer_ties_the_campaign_to_its_mailbox():
    made, theirs = with_manager("Ada")
    editing.remove_step(step=step_of(made, 2), actor=made.owner)
    made = making.started(making.fresh(made))
    mailbox_health.send_failed(theirs, MailboxTrouble("auth", "535 wrong"), now=NOW)
    heard()
    assert making.fresh(made).status == "starting"


def test_a_sender_changes_only_while_nothing_is_sent_and_only_to_one_that_may_be_used():
    made, theirs = first_sent("Ada")
    step = step_of(made, 3)
    text = {"subject": "", "body": "x", "days": 3, "new_thread": False, "actor": made.owner}
    with pytest.raises(editing.AlreadyStarted):
        editing.edit_step(step=step, mailbox=theirs, **text)
    lifecycle.pause(campaign=made, actor=made.owner, now=NOW + HOUR)
    editing.edit_step(step=step, mailbox=theirs, **text)
    assert step_of(made, 3).mailbox == theirs
    editing.edit_step(step=step_of(made, 3), **text)
    assert step_of(made, 3).mailbox == theirs, "an edit of the text leaves it"
    strangers = make_mailbox(user("bob", of=made.organisation))
    with pytest.raises(Invalid, match="may not send from this account"):
        editing.edit_step(step=step, mailbox=strangers, **text)
    with pytest.raises(Missing):
        sender_changes.change(
            campaign=made, mailbox=made.mailbox, steps={0: theirs}, actor=made.owner, now=NOW + HOUR
        )


def test_a_person_sent_again_from_a_pause_goes_on_from_the_steps_mailbox():
    made, theirs = first_sent("Ada")
    ada = making.recipient(made, "Ada")
    intervening.pause(recipient_id=ada.pk, actor=made.owner, now=NOW + HOUR)
    intervening.go_on(recipient_id=ada.pk, actor=made.owner, now=NOW + 2 * HOUR)
    read(made.mailbox, theirs, at=SECOND)
    assert len(write_from(theirs, now=SECOND)) == 1


# ── pages and API ───────────────────────────────────────────────────────────


@pytest.fixture
def client_of():
    def client(who) -> Client:
        made = Client()
        made.force_login(who)
        return made

    return client


def test_the_builder_chooses_shows_and_keeps_the_sender_of_a_step(client_of):
    made, theirs = with_manager("Ada")
    client, third = client_of(made.owner), step_of(made, 3)
    path = f"/campaigns/{made.pk}/steps/{third.pk}/"
    assert "another sender goes on" in client.get(path).content.decode()
    form = {"days": 3, "new_thread": "", "subject": "", "body": "Third.", "mode": "plain"}
    answer = client.post(path, {**form, "mailbox": theirs.pk})
    assert answer.status_code == 302, answer.content.decode()
    assert step_of(made, 3).mailbox == theirs
    page = client.get(f"/campaigns/{made.pk}/steps/").content.decode()
    assert page.count(theirs.address) == 2
    started = making.started(making.fresh(made))
    assert "Pause the campaign to send this step" in client.get(path).content.decode()
    client.post(path, {**form, "body": "Third, better.", "mailbox": ""})
    assert (step_of(started, 3).mailbox, step_of(started, 3).body) == (theirs, "Third, better.")
    assert client.post(path, {**form, "mailbox": 0}).status_code in {302, 422}


def test_the_sender_page_offers_the_steps_that_have_their_own_and_says_what_cannot_be_read(client_of):
    made, theirs = first_sent("Ada")
    read(made.mailbox, theirs, at=SECOND)
    for message in write_from(theirs, now=SECOND):
        making.settle(message, "sent", now=SECOND, sending_at=SECOND)
    mailboxes.remove(actor=theirs.owner, mailbox_id=theirs.pk, now=SECOND)
    heard()
    client = client_of(made.owner)
    path = f"/campaigns/{made.pk}/sender/"
    page = client.get(path).content.decode()
    assert "Beckon cannot see their answers there" in page
    second = step_of(made, 2)
    client.post(path, {"mailbox": made.mailbox_id, f"step_{second.pk}": ""})
    assert step_of(made, 2).mailbox is None
    assert making.fresh(made).status == "starting"


def test_the_outbox_and_the_whole_preview_name_the_steps_sender(client_of):
    made, theirs = first_sent("Ada")
    client = client_of(made.owner)
    assert theirs.address in client.get("/outreach/outbox/").content.decode()
    assert theirs.address in client.get(f"/campaigns/{made.pk}/steps/preview/").content.decode()


def test_every_preview_of_a_step_is_signed_by_who_sends_it():
    made, theirs = with_manager("Ada")
    boxes = Mailbox.objects.for_organisation(made.organisation_id)
    boxes.filter(pk=theirs.pk).update(signature="Maya, Engineering")
    boxes.filter(pk=made.mailbox_id).update(signature="Alice, Recruiting")
    steps = [preview.of_step(step_of(made, position), viewer=made.owner) for position in (1, 2, 3)]
    whole = [part.preview for part in preview.of_sequence(made, making.recipient(made, "Ada"), now=NOW)]
    for shown in (steps, whole):
        signed = [("Maya" in each.sent.text, "Alice, Rec" in each.sent.text) for each in shown]
        assert signed == [(False, True), (True, False), (False, True)]
        assert "Maya, Engineering" in shown[1].markup


def test_the_api_lists_the_steps_and_changes_a_sender(client_of):
    made, theirs = with_manager("Ada")
    client, third = client_of(made.owner), step_of(made, 3)
    path = f"/api/v1/campaigns/{made.pk}/steps/"
    assert [(row["position"], row["mailbox"], row["sender"]) for row in client.get(path).json()] == [
        (1, None, made.mailbox.address),
        (2, theirs.pk, theirs.address),
        (3, None, made.mailbox.address),
    ]

    def patch(mailbox):
        return client.patch(f"{path}{third.pk}/", json.dumps({"mailbox": mailbox}), "application/json")

    assert patch(theirs.pk).status_code == 200
    assert client.get(f"{path}{third.pk}/").json()["sender"] == theirs.address
    assert patch(None).json()[2]["mailbox"] is None
    elsewhere = make_mailbox()
    for wrong in (elsewhere.pk, 10**12, "x", -1, [1]):
        assert patch(wrong).status_code in {400, 422}, wrong
    making.started(making.fresh(made))
    assert patch(theirs.pk).status_code == 409
    with pytest.raises(Conflict):
        sender_changes.change(campaign=made, mailbox=made.mailbox, actor=made.owner, now=NOW)
