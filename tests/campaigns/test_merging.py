"""Two people who are one, in running campaigns: nothing is sent twice, nothing is forgotten, and it can be undone."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import close_old_connections, transaction
from django.db.models import Max
from django.utils import timezone

from campaigns import advancing, enrolment, folding, lifecycle, reactions
from campaigns.models import Campaign, Recipient
from campaigns.states import further_on
from foundation import events
from outreach.models import InboundMessage, Mailbox, Message
from outreach.states import MessageStatus, Verdict
from sourcing import duplicate_scan, duplicates, merging, suppressing
from sourcing.models import Candidate, DuplicatePair
from tests.campaigns import making
from tests.outreach.making import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def merge(made: Campaign, stays: str, goes: str):
    return merging.merge(survivor=person(made, stays), other=person(made, goes), actor=made.owner)


def person(made: Campaign, name: str) -> Candidate:
    return Candidate.objects.for_organisation(made.organisation_id).get(first_name=name)


def of(recipient: Recipient) -> Recipient:
    return Recipient.objects.for_organisation(recipient.organisation_id).get(pk=recipient.pk)


def standing(recipient: Recipient) -> tuple[str, str]:
    found = of(recipient)
    return found.progress, found.ended_reason


def sent_to(made: Campaign) -> list[tuple[int, str]]:
    """(step, address) of everything that left or is about to."""
    rows = Message.objects.for_organisation(made.organisation_id).exclude(status=MessageStatus.CANCELLED)
    return sorted(rows.values_list("attempt__step__position", "to_normalised"))


def follow_up(made: Campaign) -> list[Message]:
    """What is written when the next step is planned, the mailbox having been read."""
    planned = Recipient.objects.for_organisation(made.organisation_id).aggregate(last=Max("planned_at"))[
        "last"
    ]
    then = planned or NOW + timedelta(days=4)
    Mailbox.objects.for_organisation(made.organisation_id).update(read_completely_at=then)
    return making.written(made, now=then)


def deliver() -> None:
    while events.deliver():
        pass


def test_of_two_recipients_the_one_further_on_stays_whoever_survives() -> None:
    made = making.started(making.campaign("Ada", "Adah"))
    ada, adah = making.recipient(made, "Ada"), making.recipient(made, "Adah")
    for message in making.written(made):
        if message.candidate_id == adah.candidate_id:
            making.settle(message, MessageStatus.SENT)
    deliver()
    merge(made, "Ada", "Adah")
    deliver()
    assert standing(ada) == ("stopped", "merged")
    assert standing(adah) == ("started", "")
    assert of(adah).candidate_id == ada.candidate_id
    assert of(ada).merged_into_id == adah.pk
    assert sent_to(made) == [(1, "adah@work.example")]
    assert [m.to_normalised for m in follow_up(made)] == ["adah@work.example"]
    assert sent_to(made) == [(1, "adah@work.example"), (2, "adah@work.example")]


def test_a_message_that_is_being_handed_over_counts_as_sent() -> None:
    made = making.started(making.campaign("Ada", "Adah"))
    ada, adah = making.recipient(made, "Ada"), making.recipient(made, "Adah")
    for message in making.written(made):
        if message.candidate_id == adah.candidate_id:
            Message.objects.for_organisation(made.organisation_id).filter(pk=message.pk).update(
                status=MessageStatus.SENDING, sending_at=LATER
            )
    merge(made, "Ada", "Adah")
    deliver()
    assert standing(ada) == ("stopped", "merged")
    assert sent_to(made) == [(1, "adah@work.example")]


def test_whoever_waits_in_the_queue_is_taken_back_and_nobody_gets_two() -> None:
    made = making.started(making.campaign("Ada", "Adah", "Bo"))
    written = making.written(made)
    assert len(written) == 3
    merge(made, "Ada", "Adah")
    with transaction.atomic():
        answers = {m.to_normalised: advancing.CampaignFeed().may_begin(message=m, now=LATER) for m in written}
    assert [answers[address] is None for address in sorted(answers)] == [True, False, True]
    deliver()
    assert making.written(made, now=LATER + timedelta(hours=2)) == []
    assert sent_to(made) == [(1, "ada@work.example"), (1, "bo@work.example")]


def test_other_campaigns_go_on_and_the_person_is_added_to_none_twice() -> None:
    made = making.started(making.campaign("Ada", "Bo"))
    adah = making.person(made.owner, "Adah", "adah@work.example")
    ada = making.recipient(made, "Ada")
    merging.merge(survivor=adah, other=ada.candidate, actor=made.owner)
    assert of(ada).candidate_id == adah.pk
    done = enrolment.add_people(campaign=made, candidate_ids=[adah.pk], actor=made.owner, now=LATER)
    assert done.added == ()
    (first, second) = sorted(m.to_normalised for m in making.written(made))
    # The survivor's own address comes first; the other's is the next one should it bounce.
    assert (first, second) == ("adah@work.example", "bo@work.example")


def test_a_reply_to_the_one_that_was_stopped_ends_the_one_that_goes_on() -> None:
    made = making.started(making.campaign("Ada", "Adah"))
    ada, adah = making.recipient(made, "Ada"), making.recipient(made, "Adah")
    messages = making.written(made)
    for message in messages:
        making.settle(message, MessageStatus.SENT, sending_at=LATER)
    merge(made, "Ada", "Adah")
    answered = next(m for m in messages if m.to_normalised == "adah@work.example")
    inbound = InboundMessage.objects.create(
        organisation=made.organisation,
        mailbox=made.mailbox,
        raw_hash="r",
        received_at=LATER,
        read_at=LATER,
        verdict=Verdict.REPLY,
        certainty="sure",
        message=answered,
        candidate=person(made, "Ada"),
    )
    reactions.replied(organisation_id=made.organisation_id, inbound_id=inbound.pk, now=LATER)
    assert standing(ada)[0] == "replied"
    assert standing(adah) == ("stopped", "merged")
    assert follow_up(made) == []


def test_an_opt_out_of_either_ends_every_recipient_of_both() -> None:
    made = making.started(making.campaign("Ada"))
    adah = making.person(made.owner, "Adah", "adah@work.example")
    ada = making.recipient(made, "Ada")
    suppressing.suppress_person(candidate=adah, actor=None)
    done = merging.merge(survivor=ada.candidate, other=adah, actor=made.owner)
    assert standing(ada)[0] == "unsubscribed"
    merging.undo_merge(merge=done, actor=made.owner)
    assert standing(ada)[0] == "not_started"
    planned = of(ada).planned_at
    assert planned is not None
    assert [m.to_normalised for m in making.written(made, now=planned)] == ["ada@work.example"]


def test_an_opt_out_that_was_on_its_way_reaches_the_survivor() -> None:
    made = making.started(making.campaign("Ada"))
    ada, adah = making.recipient(made, "Ada"), making.person(made.owner, "Adah", "adah@work.example")
    with transaction.atomic():
        events.emit(
            "candidate.opted_out",
            organisation_id=made.organisation_id,
            subject=f"candidate:{adah.pk}",
            candidate_id=adah.pk,
            message_id=None,
        )
    merging.merge(survivor=ada.candidate, other=adah, actor=made.owner)
    deliver()
    assert standing(ada)[0] == "unsubscribed"


def test_undoing_lets_the_stopped_one_go_on_as_at_resume() -> None:
    made = making.started(making.campaign("Ada", "Adah"))
    ada, adah = making.recipient(made, "Ada"), making.recipient(made, "Adah")
    for message in making.written(made):
        if message.candidate_id == ada.candidate_id:
            making.settle(message, MessageStatus.SENT)
    done = merge(made, "Ada", "Adah")
    deliver()
    merging.undo_merge(merge=done, actor=made.owner)
    deliver()
    assert (of(ada).candidate_id, of(adah).candidate_id) == (ada.candidate_id, adah.candidate_id)
    assert of(adah).merged_into_id is None
    assert standing(adah) == ("not_started", "")
    assert of(adah).open_attempt_id is None
    planned = of(adah).planned_at
    assert planned is not None
    assert [m.to_normalised for m in making.written(made, now=planned)] == ["adah@work.example"]
    assert sent_to(made) == [(1, "ada@work.example"), (1, "adah@work.example")]


def test_what_left_while_it_stood_stopped_is_not_sent_again_after_undoing() -> None:
    made = making.started(making.campaign("Ada", "Adah"))
    adah = making.recipient(made, "Adah")
    messages = {m.candidate_id: m for m in making.written(made)}
    rows = Message.objects.for_organisation(made.organisation_id)
    rows.update(status=MessageStatus.SENDING, sending_at=LATER)
    done = merge(made, "Ada", "Adah")
    for message in messages.values():
        making.settle(message, MessageStatus.SENT, now=timezone.now())
    assert standing(adah) == ("stopped", "merged")
    merging.undo_merge(merge=done, actor=made.owner)
    found = of(adah)
    assert found.progress == "started"
    assert found.next_step is not None
    assert found.next_step.position == 2
    assert sent_to(made) == [(1, "ada@work.example"), (1, "adah@work.example")]


def test_a_campaign_that_ended_with_the_merge_runs_again_after_undoing() -> None:
    made = making.started(making.campaign("Ada", "Adah", steps=1))
    lifecycle.end_of_grace(now=LATER)
    (ada, adah) = making.written(made)
    making.settle(ada if ada.to_normalised.startswith("ada@") else adah, MessageStatus.SENT)
    done = merge(made, "Ada", "Adah")
    deliver()
    lifecycle.complete_finished()
    assert making.fresh(made).status == "completed"
    merging.undo_merge(merge=done, actor=made.owner)
    assert making.fresh(made).status == "running"


def test_possible_duplicates_in_one_campaign_wait_until_somebody_decides() -> None:
    made = making.started(making.campaign("Ada", "Adah"))
    ada, adah = making.recipient(made, "Ada"), making.recipient(made, "Adah")
    for message in making.written(made):
        if message.candidate_id == adah.candidate_id:
            making.settle(message, MessageStatus.SENT)
    found = [{"company": "Voltra", "first_name": "Ada"}] * 2
    for recipient, values in zip((ada, adah), found, strict=True):
        Candidate.objects.for_organisation(made.organisation_id).filter(pk=recipient.candidate_id).update(
            **values
        )
        duplicate_scan.look_at(made.organisation_id, [recipient.candidate_id])
    deliver()
    assert (of(ada).hold, of(ada).hold_code) == ("needs_attention", "possible_duplicate")
    assert of(ada).hold_text == "May be the same person as somebody else in this campaign."
    assert of(adah).hold == "none"
    pair = DuplicatePair.objects.for_organisation(made.organisation_id).get()
    duplicates.decide(pair=pair, actor=made.owner, duplicate=False)
    deliver()
    assert of(ada).hold == "none"


def test_whoever_may_be_somebody_in_the_campaign_is_held_when_added() -> None:
    made = making.started(making.campaign("Ada"))
    ada = making.recipient(made, "Ada")
    twin = making.person(made.owner, "Adah", "adah@work.example")
    DuplicatePair.objects.create(organisation=made.organisation, first=ada.candidate, second=twin, score=80)
    enrolment.add_people(campaign=made, candidate_ids=[twin.pk], actor=made.owner, now=LATER)
    assert making.recipient(made, "Adah").hold_code == "possible_duplicate"
    merging.merge(survivor=ada.candidate, other=twin, actor=made.owner)
    deliver()
    assert of(ada).hold == "none"


def test_which_of_two_is_further_on() -> None:
    order = [
        further_on("bounced", steps_out=0),
        further_on("not_started", steps_out=0),
        further_on("started", steps_out=1),
        further_on("completed", steps_out=2),
        further_on("started", steps_out=3),
        further_on("stopped", steps_out=0),
        further_on("replied", steps_out=1),
        further_on("unsubscribed", steps_out=0),
    ]
    assert order == sorted(order)


@pytest.mark.django_db(transaction=True)
def test_a_merge_waits_for_a_begin_and_every_later_begin_sees_it() -> None:
    made = making.started(making.campaign("Ada", "Adah"))
    messages = making.written(made)
    stays, goes = person(made, "Ada"), person(made, "Adah")
    began = threading.Event()
    merged = threading.Event()

    def work() -> None:
        began.wait(60)
        try:
            merging.merge(survivor=stays, other=goes, actor=None)
        finally:
            merged.set()
            close_old_connections()

    worker = threading.Thread(target=work)
    worker.start()
    with transaction.atomic():
        first = advancing.CampaignFeed().may_begin(message=messages[0], now=LATER)
        began.set()
        # The merge cannot finish while this begin holds the recipient.
        assert not merged.wait(0.3)
        Message.objects.for_organisation(made.organisation_id).filter(pk=messages[0].pk).update(
            status=MessageStatus.SENDING, sending_at=LATER
        )
    worker.join(60)
    assert first is None
    with transaction.atomic():
        later = advancing.CampaignFeed().may_begin(message=messages[1], now=LATER)
    assert later is not None
    folding.sweep()
    assert [address for _, address in sent_to(made)] == [messages[0].to_normalised]
