"""What campaigns make of mail that came back, when the clocks of two servers meet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import reactions
from campaigns.states import Hold, HoldReason, Progress
from outreach.models import InboundMessage, Message
from tests.campaigns import making
from tests.outreach.making import NOW

pytestmark = pytest.mark.django_db
BEGUN = NOW + timedelta(hours=1, milliseconds=700)


def sent(*, status: str = "sent"):
    """A campaign of Ada whose first message was handed over at BEGUN."""
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    making.settle(message, "sent", sending_at=BEGUN, sent_at=BEGUN + timedelta(seconds=3))
    Message.objects.for_organisation(made.organisation_id).filter(pk=message.pk).update(status=status)
    return made, message


def came(made, *, at, message=None, verdict="reply") -> InboundMessage:
    return InboundMessage.objects.create(
        organisation=made.organisation,
        mailbox=made.mailbox,
        raw_hash=f"{at:%s%f}{message}",
        received_at=at,
        read_at=at,
        verdict=verdict,
        certainty="sure" if message else "address",
        message=message,
        candidate=making.recipient(made, "Ada").candidate,
    )


def reply(made, inbound) -> str:
    reactions.replied(organisation_id=made.organisation_id, inbound_id=inbound.pk, now=inbound.received_at)
    return making.recipient(made, "Ada").progress


def test_an_answer_by_address_within_the_second_of_sending_ends_the_recipient():
    made, _ = sent()
    assert reply(made, came(made, at=BEGUN.replace(microsecond=0))) == Progress.REPLIED


def test_mail_from_before_the_first_message_ends_nothing():
    made, _ = sent()
    assert reply(made, came(made, at=BEGUN - timedelta(seconds=2))) == Progress.STARTED


def test_an_answer_that_names_the_message_counts_whatever_the_clocks_say():
    made, message = sent()
    assert reply(made, came(made, at=BEGUN - timedelta(minutes=10), message=message)) == Progress.REPLIED


def test_an_answer_by_address_overtakes_the_settle():
    made, _ = sent(status="sending")
    assert reply(made, came(made, at=BEGUN + timedelta(seconds=1))) == Progress.REPLIED


@pytest.mark.parametrize(("days", "hold"), [(1, Hold.PAUSED), (-400, Hold.NONE)])
def test_a_mail_by_hand_holds_only_the_campaigns_the_person_was_in_by_then(days, hold):
    made, _ = sent()
    recipient = making.recipient(made, "Ada")
    copy = came(made, at=recipient.added_at + timedelta(days=days), verdict="own_copy")
    reactions.written_by_hand(
        organisation_id=made.organisation_id,
        candidate_id=recipient.candidate_id,
        mailbox_id=made.mailbox_id,
        inbound_id=copy.pk,
    )
    recipient = making.recipient(made, "Ada")
    assert recipient.hold == hold
    assert (recipient.hold_code == HoldReason.WROTE_BY_HAND) is (hold == Hold.PAUSED)
