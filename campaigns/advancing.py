"""The campaigns' feed to the outbox: writes a step's message when its mailbox may send it, and not before.

Address, text, overrides, allowed day and suppression are read here, at the last moment (docs/architecture.md,
"Sending" 2). One transaction writes attempts and messages and closes the recipients' plans, so a crash
leaves either both or neither. Only ``folding`` moves a recipient from then on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import prefetch_related_objects
from django.utils.functional import cached_property

from campaigns import addressing, calendar, choosing, due, planning, standing, texts, timing, writing
from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.states import GOING, AttemptOutcome, Hold, HoldReason
from outreach import lanes, lending
from outreach.models import Mailbox, Message
from outreach.outbox import feed, queue
from outreach.states import Reason, Turn

_EVERYONE = "the outbox serves everyone"
#: People looked at together once somebody had to be moved: a whole line may have to be.
_MOVED_TOGETHER = 500

# These two are on the way of every message.
_OPENED = """
UPDATE campaigns_recipient AS r
   SET open_attempt_id = x.attempt, address = x.address, contact_point_id = x.point
  FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[]) AS x(id, attempt, address, point)
 WHERE r.id = x.id
"""
# Nothing is joined: planning a join of five tables cost ten times what this question does.
_OPEN_RECIPIENT = """
SELECT progress, hold,
       (SELECT owner_id FROM campaigns_campaign WHERE id = campaign_id),
       (SELECT owner_id FROM outreach_mailbox WHERE id = %s)
  FROM campaigns_recipient
 WHERE open_attempt_id = (SELECT id FROM campaigns_attempt WHERE message_id = %s)
   FOR NO KEY UPDATE
"""


class CampaignFeed:
    """Registered with the outbox in this app's ``ready()``; see ``outreach.outbox.feed.Feed``."""

    name = "campaigns"

    def due(self, *, mailbox_ids: Sequence[int], now: datetime) -> Mapping[int, feed.Due]:
        """The first due step of each mailbox among campaigns that are open today."""
        first: dict[int, feed.Due] = {}
        for row in due.due_steps(mailbox_ids, now=now):
            found = feed.Due(rank=row.turn, planned_at=row.planned_at)
            first[row.mailbox_id] = min(found, first.get(row.mailbox_id, found))
        return first

    def write(self, *, mailbox_id: int, now: datetime, limit: int) -> Sequence[int]:
        """Write up to ``limit`` steps of one mailbox, later steps first, equal campaigns in turns."""
        with transaction.atomic():
            return _Batch(mailbox_id, now, limit).write()

    def refresh(self, *, message: Message, now: datetime) -> bool:  # noqa: ARG002 - the feed's contract
        """A step edited since it was written is rendered anew; False when its recipient may not be written to."""
        attempt = (
            Attempt.objects.for_organisation(message.organisation_id)
            .select_related("recipient__campaign", "step")
            .filter(message=message)
            .first()
        )
        if attempt is None:
            return True
        recipient = attempt.recipient
        if (
            recipient.open_attempt_id != attempt.pk
            or recipient.hold != Hold.NONE
            or recipient.progress not in GOING
        ):
            return False
        if attempt.step.version == attempt.step_version and not _switched_off(attempt):
            return True
        return writing.write_again(attempt, message)

    def may_begin(self, *, message: Message, now: datetime) -> Reason | None:  # noqa: ARG002 - the feed's contract; nothing here depends on the clock
        """Lock the recipient and ask once more whether it may be written to."""
        return _may_begin(message)

    def planned(
        self, *, mailbox: Mailbox, now: datetime, until: datetime, zone: ZoneInfo
    ) -> Mapping[date, int]:
        """The steps of running campaigns by the day they are planned for, later ones as the calendar tells them."""
        days: Counter[date] = Counter()
        for entry in calendar.of_mailbox(mailbox, now=now, until=until):
            days[entry.at.astimezone(zone).date()] += entry.weight
        return days


def _switched_off(attempt: Attempt) -> bool:
    """Whether nobody gets the variant any more that a waiting message was written from."""
    return bool(attempt.variant) and attempt.variant not in {
        text.letter for text in texts.in_use(attempt.step)
    }


class _Batch:
    """One pass of ``write``: picks due recipients, leaves aside who cannot be written to, writes the rest."""

    def __init__(self, mailbox_id: int, now: datetime, limit: int) -> None:
        self.now, self.limit = now, limit
        self.moved = False
        self.full_yesterday: dict[int, bool] = {}
        self.mailbox = (
            Mailbox.objects.across_organisations(_EVERYONE).select_related("organisation").get(pk=mailbox_id)
        )
        self.organisation = self.mailbox.organisation_id

    @cached_property
    def campaigns(self) -> dict[int, Campaign]:
        """The campaigns that have someone due, with what planning and writing need of them."""
        ids = {row.campaign_id for row in self.due_steps}
        rows = (
            Campaign.objects.for_organisation(self.organisation)
            .select_related("organisation", "lane", "project", "mailbox", "owner")
            .filter(pk__in=ids)
        )
        return {campaign.pk: campaign for campaign in rows}

    @cached_property
    def steps(self) -> dict[int, Step]:
        """The steps for which somebody is due, with their variants."""
        ids = {row.step_id for row in self.due_steps}
        steps = Step.objects.for_organisation(self.organisation).in_bulk(ids)
        prefetch_related_objects([step for step in steps.values() if step.has_variants], "variants")
        for step in steps.values():
            if step.mailbox_id == self.mailbox.pk:
                step.mailbox = self.mailbox
        return steps

    @cached_property
    def due_steps(self) -> list[due.DueStep]:
        return due.due_steps([self.mailbox.pk], now=self.now)

    def write(self) -> list[int]:
        recipients = self._on_time(self._pick(self.limit))
        if not recipients and self.moved:
            self._on_time(self._pick(_MOVED_TOGETHER))
        if not recipients:
            return []
        choices = choosing.choose_for(recipients)
        taken = self._taken(recipients, choices)
        drafts: list[tuple[Recipient, Step, addressing.Choice, writing.Written]] = []
        for recipient in recipients:
            choice = choices[recipient.pk]
            step = recipient.next_step
            assert step is not None
            if isinstance(choice, addressing.NoAddress):
                standing.put_on_hold(recipient, Hold.NEEDS_ATTENTION, reason=choice.reason)
            elif (recipient.campaign_id, step.pk, choice.address.text) in taken:
                standing.put_on_hold(recipient, Hold.NEEDS_ATTENTION, reason=HoldReason.ADDRESS_TAKEN)
            elif (written := writing.draft(recipient, step, choice)) is not None:
                taken.add((recipient.campaign_id, step.pk, choice.address.text))
                drafts.append((recipient, step, choice, written))
        return self._store(drafts)

    def _pick(self, limit: int) -> list[Recipient]:
        """Due recipients under their row locks: later steps first, campaigns in turns, then planned time."""
        picked: list[Recipient] = []
        for turn in (Turn.MOVED_BY_HAND, Turn.LATER_STEP, Turn.FIRST_STEP):
            campaigns = dict.fromkeys(row.campaign_id for row in self.due_steps if row.turn == turn)
            queues = {campaign_id: self._locked(campaign_id, turn, limit) for campaign_id in campaigns}
            while len(picked) < limit and any(queues.values()):
                for campaign_id in list(queues):
                    if queues[campaign_id] and len(picked) < limit:
                        picked.append(queues[campaign_id].pop(0))
        return picked

    def _locked(self, campaign_id: int, turn: Turn, limit: int) -> list[Recipient]:
        """The first of one campaign, whichever of its steps they wait for."""
        campaign = self.campaigns[campaign_id]
        room = limit
        if campaign.daily_limit is not None:
            room = min(room, max(0, campaign.daily_limit - lanes.used_today(campaign.lane, now=self.now)))
        steps = [row for row in self.due_steps if (row.campaign_id, row.turn) == (campaign_id, turn)]
        found: list[Recipient] = []
        for step in steps:
            if len(found) == room and due.when(found[-1]) <= (step.planned_at, 0):
                break
            first = due.waiting_for(step, lane_id=campaign.lane_id, now=self.now, limit=room)
            found = sorted([*found, *first], key=due.when)[:room]
        for recipient in found:
            recipient.campaign = campaign
            assert recipient.next_step_id is not None
            recipient.next_step = self.steps[recipient.next_step_id]
        return found

    def _on_time(self, recipients: list[Recipient]) -> list[Recipient]:
        """Leave out people whose day is not allowed, and those too late for another reason than a limit.

        A mailbox that has been free to send for more than an hour held nobody back, so whoever was due all
        that time is late because something stood still: they are planned anew as at Resume (behaviour §1).
        """
        idle = timing.is_late(self.mailbox.next_send_at, self.now)
        moved = [
            recipient
            for recipient in recipients
            if planning.hold_back(recipient, now=self.now)
            or planning.move_to_open_day(recipient, now=self.now)
            or (self._left_over(recipient.campaign) and planning.keep_clock_time(recipient, now=self.now))
            or (idle and self._late(recipient) and planning.replan_overdue(recipient, moment=self.now))
        ]
        planning.store_plans(moved)
        self.moved = bool(moved)
        return [
            recipient for recipient in recipients if recipient.planned_at and recipient.planned_at <= self.now
        ]

    def _left_over(self, campaign: Campaign) -> bool:
        """Whether the campaign's own limit was used up yesterday, so that people may be left over from it."""
        if campaign.pk not in self.full_yesterday:
            yesterday = lanes.days_of(campaign.lane).local_date(self.now) - timedelta(days=1)
            self.full_yesterday[campaign.pk] = lanes.full_on(campaign.lane, yesterday)
        return self.full_yesterday[campaign.pk]

    def _late(self, recipient: Recipient) -> bool:
        return recipient.planned_at is not None and timing.is_late(recipient.planned_at, self.now)

    def _taken(
        self,
        recipients: Sequence[Recipient],
        choices: Mapping[int, addressing.Choice | addressing.NoAddress],
    ) -> set[tuple[int, int, str]]:
        """(campaign, step, address) already written: two people in one campaign may share an address."""
        texts = {c.address.text for c in choices.values() if isinstance(c, addressing.Choice)}
        rows = Attempt.objects.for_organisation(self.organisation).filter(
            campaign_id__in={r.campaign_id for r in recipients}, address__in=texts, live=True
        )
        return set(rows.values_list("campaign_id", "step_id", "address"))

    def _store(self, drafts: list[tuple[Recipient, Step, addressing.Choice, writing.Written]]) -> list[int]:
        if not drafts:
            return []
        messages = queue.write(
            [written.draft for *_, written in drafts], organisation_id=self.organisation, now=self.now
        )
        attempts = Attempt.objects.bulk_create(
            [
                Attempt(
                    organisation_id=self.organisation,
                    recipient=recipient,
                    campaign_id=recipient.campaign_id,
                    step=step,
                    step_version=step.version,
                    try_number=recipient.next_try,
                    address=choice.address.text,
                    address_rule=choice.explanation[:200],
                    contact_point_id=choice.address.id,
                    message=message,
                    outcome=AttemptOutcome.OPEN,
                    variant=written.variant,
                    drawn=written.drawn,
                )
                for (recipient, step, choice, written), message in zip(drafts, messages, strict=True)
            ]
        )
        rows = []
        for (recipient, _, choice, _), attempt in zip(drafts, attempts, strict=True):
            recipient.open_attempt = attempt
            recipient.address, recipient.contact_point_id = choice.address.text, choice.address.id
            rows.append((recipient.pk, attempt.pk, recipient.address, recipient.contact_point_id))
        with connection.cursor() as cursor:
            cursor.execute(_OPENED, [list(column) for column in zip(*rows, strict=True)])
        return [message.pk for message in messages]


def _may_begin(message: Message) -> Reason | None:
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_RECIPIENT, [message.mailbox_id, message.pk])
        row = cursor.fetchone()
    if row is None:
        # An attempt that is no longer its recipient's open one was overtaken: a bounce, a reply, a merge.
        overtaken = Attempt.objects.for_organisation(message.organisation_id).filter(message=message).exists()
        return Reason.STOPPED if overtaken else None
    progress, hold, sender, mailbox_owner = row
    if progress not in GOING:
        return Reason.STOPPED
    if hold != Hold.NONE:
        return Reason.RECIPIENT_HELD
    if sender != mailbox_owner and not lending.is_lent(message.mailbox_id, sender, lock=True):
        return Reason.MAILBOX_WITHDRAWN
    return None
