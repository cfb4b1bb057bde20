"""A permission that ends while a mailbox is sending: one clear outcome, nothing lost, nothing sent twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from outreach.inbound import fetch
from outreach.models import Mailbox, MailboxBreak, Message, OAuthGrant
from outreach.outbox import copying, deliver
from outreach.states import MailboxStatus
from sandbox.client import Sandbox
from tests.outreach import making
from tests.outreach.mailboxes.test_signing_in import ALICE, link

pytestmark = pytest.mark.django_db(transaction=True)
BATCH = 12


@pytest.fixture
def box(world: Sandbox) -> Mailbox:
    """Linked by signing in, old enough and without limits, with a batch in its queue."""
    world.clear()
    row = link(world, making.user())
    Mailbox.objects.for_organisation(row.organisation_id).update(
        created_at=timezone.now() - timedelta(days=365), min_gap_seconds=0, max_gap_seconds=0, daily_limit=0
    )
    row.refresh_from_db()
    making.write(row, *(f"accept.{number}@example.org" for number in range(BATCH)), now=making.NOW)
    return row


class Clock:
    """Real time; does ``what`` when it is asked for the ``at``-th time."""

    def __init__(self, at: int, what) -> None:
        self.left, self.what = at, what

    def __call__(self) -> datetime:
        self.left -= 1
        if not self.left:
            self.what()
        return timezone.now()


def arrived(world: Sandbox) -> Counter:
    return Counter(each["recipients"][0] for each in world.messages())


def everything_once(world: Sandbox) -> bool:
    return arrived(world) == Counter({f"accept.{number}@example.org": 1 for number in range(BATCH)})


def again_now(box: Mailbox) -> None:
    """Waits of temporary failures are over."""
    Message.objects.for_organisation(box.organisation_id).filter(status="queued").update(
        not_before=timezone.now()
    )
    Mailbox.objects.for_organisation(box.organisation_id).update(next_send_at=timezone.now())


def test_a_token_that_ends_in_the_middle_costs_a_new_login_and_nothing_else(world, box):
    world.control(oauth_sessions_end=True)
    before = world.oauth()["refreshed"]
    deliver.deliver_mailbox(box.pk, clock=Clock(9, world.expire_tokens))
    assert 0 < len(arrived(world)) < BATCH + 1
    again_now(box)
    deliver.deliver_mailbox(box.pk)
    assert everything_once(world)
    assert world.oauth()["refreshed"] == before + 1
    box.refresh_from_db()
    assert box.status == MailboxStatus.CONNECTED


def test_a_permission_that_ends_in_the_middle_stops_the_rest_until_the_owner_signs_in_again(world, box):
    world.control(oauth_sessions_end=True)

    def withdrawn() -> None:
        world.expire_tokens()
        world.withdraw_consent(ALICE)

    deliver.deliver_mailbox(box.pk, clock=Clock(9, withdrawn))
    box.refresh_from_db()
    assert (box.status, box.status_code) == (MailboxStatus.NEEDS_RECONNECT, "auth")
    assert "invalid_grant" in box.server_words
    sent = len(arrived(world))
    assert 0 < sent < BATCH
    statuses = Counter(making.statuses(box))
    assert statuses["sent"] == sent
    assert set(statuses) == {"sent", "queued"}, "what was not handed over waits, untouched"
    assert deliver.ready_mailboxes(now=timezone.now()) == []
    assert MailboxBreak.objects.for_organisation(box.organisation_id).get().ended_at is None
    link(world, box.owner, mailbox_id=box.pk)
    again_now(box)
    deliver.deliver_mailbox(box.pk)
    assert everything_once(world)
    assert MailboxBreak.objects.for_organisation(box.organisation_id).get().ended_at is not None


def test_a_provider_that_is_away_makes_the_mailbox_rest_and_asks_nobody(world, box):
    OAuthGrant.objects.for_organisation(box.organisation_id).update(expires_at=timezone.now())
    world.control(oauth_unavailable=True)
    deliver.deliver_mailbox(box.pk)
    box.refresh_from_db()
    assert (box.status, box.send_failures) == (MailboxStatus.CONNECTED, 1)
    assert making.statuses(box) == ["queued"] * BATCH
    world.control(oauth_unavailable=False)
    again_now(box)
    deliver.deliver_mailbox(box.pk)
    assert everything_once(world)


def test_reading_and_the_copy_in_sent_use_the_same_permission(world, box):
    world.deliver(ALICE, from_="peter@example.org", subject="Hello", text="Hi")
    world.expire_tokens()
    done = fetch.read_mailbox(box.pk, now=timezone.now())
    assert done.complete
    deliver.deliver_mailbox(box.pk)
    assert copying.copy_due(now=timezone.now() + timedelta(minutes=1)) == BATCH
    world.withdraw_consent(ALICE)
    assert not fetch.read_mailbox(box.pk, now=timezone.now() + timedelta(minutes=2)).complete
    box.refresh_from_db()
    assert box.status == MailboxStatus.NEEDS_RECONNECT
