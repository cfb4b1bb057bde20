"""What one mailbox's own page and its API twin say: limits, the week ahead, fuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Greatest, TruncDate

from accounts.models import User
from foundation.problems import Missing
from outreach import fuses, selectors
from outreach.models import FuseTrip, Mailbox, Message
from outreach.outbox import capacity, feed, limits
from outreach.outbox.week import DAYS, Day, week
from outreach.provider_limits import ProviderLimit, provider_limit
from outreach.states import WAITING, Reason

#: Heads of the rules in the order of ``limits.ceilings``.
_RULE_NAMES = {
    Reason.MAILBOX_DAY: "Limit of this mailbox",
    Reason.MAILBOX_RAMP: "Start of a new mailbox",
    Reason.PROVIDER_LIMIT: "Half of the provider's own limit",
}


def visible(viewer: User, mailbox_id: int) -> Mailbox:
    """A linked mailbox the viewer may see; raises Missing."""
    found = selectors.visible_mailboxes(viewer).filter(pk=mailbox_id).first()
    if found is None:
        raise Missing("There is no such e-mail account.")
    return found


# ── limits ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Rule:
    """One of the rules that limit a day; ``rules`` on the one that decides now. ``count`` None: no limit."""

    name: str
    count: int | None
    note: str
    rules: bool


@dataclass(frozen=True)
class LimitsView:
    """Today's ceiling, how much of it is used, and every rule behind it."""

    used: int
    count: int | None
    reason: Reason
    rules: Sequence[Rule]
    rises_at: datetime | None
    shortest_gap: timedelta
    longest_gap: timedelta
    provider: ProviderLimit | None


def limits_view(mailbox: Mailbox, *, now: datetime) -> LimitsView:
    """The rolling 24 hours of a mailbox."""
    own = capacity.limits_of(mailbox)
    provider = provider_limit(address=mailbox.address, smtp_host=mailbox.smtp_host)
    ruling = limits.ceiling(own, now=now)
    rules = [
        Rule(
            name=_RULE_NAMES[each.reason],
            count=each.count,
            note=_note(mailbox, each, provider, now),
            rules=each is ruling or each == ruling,
        )
        for each in limits.ceilings(own, now=now)
    ]
    return LimitsView(
        used=capacity.begun(mailbox, now=now),
        count=ruling.count,
        reason=ruling.reason,
        rules=rules,
        rises_at=ruling.rises_at,
        shortest_gap=own.gap[0],
        longest_gap=own.gap[1],
        provider=provider,
    )


def _note(mailbox: Mailbox, rule: limits.Ceiling, provider: ProviderLimit | None, now: datetime) -> str:
    if rule.reason is Reason.PROVIDER_LIMIT and provider is not None:
        return f"{provider.provider} allows {provider.daily:,} a day."
    if rule.reason is Reason.MAILBOX_RAMP:
        born = capacity.limits_of(mailbox).born or now
        days = max((now - born).days, 0)
        said = "in use" if mailbox.in_use_since else "linked"
        return (
            f"{said.capitalize()} for {days} day{'' if days == 1 else 's'}; from {settings.MAILBOX_RAMP_START} "
            f"to {limits.RAMP_TO} a day in the first {limits.RAMP_DAYS} days, then {limits.RAMP_TO} "
            f"until day {limits.YOUNG.days}."
        )
    return "Set for this mailbox." if mailbox.daily_limit is not None else "The figure of this installation."


# ── the week ahead ──────────────────────────────────────────────────────────


def week_of(mailbox: Mailbox, *, now: datetime, zone: ZoneInfo) -> list[Day]:
    """Planned against room for the next days in ``zone``: written messages, and every step the feeds plan."""
    until = now + timedelta(days=DAYS + 1)
    planned: Counter[date] = Counter()
    waiting = Message.objects.for_organisation(mailbox.organisation_id).filter(
        mailbox=mailbox, status__in=WAITING, not_before__lt=until
    )
    days = waiting.annotate(day=TruncDate(Greatest("planned_at", "not_before"), tzinfo=zone)).values("day")
    planned.update(dict(days.order_by().annotate(messages=Count("pk")).values_list("day", "messages")))
    for each in feed.feeds():
        planned.update(each.planned(mailbox=mailbox, now=now, until=until, zone=zone))
    begun = capacity.begun(mailbox, now=now)
    return week(planned, limits=capacity.limits_of(mailbox), begun=begun, now=now, zone=zone)


# ── fuses ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class FuseView:
    """Both fuses as they stand, the one that has blown with its cases as the viewer may see them, earlier ones."""

    standings: Sequence[fuses.Standing]
    blown: FuseTrip | None
    cases: Sequence[selectors.MessageView]
    earlier: Sequence[FuseTrip]


def fuse_view(viewer: User, mailbox: Mailbox, *, now: datetime) -> FuseView:
    """Cases are shown to who may see campaigns; private addresses only to their adder."""
    trip = fuses.blown(mailbox)
    cases = selectors.messages_of(viewer, trip.message_ids, now=now) if trip else []
    return FuseView(fuses.standings(mailbox, now=now), trip, cases, fuses.trips(mailbox))
