"""The retention rule: who has been silent for so many days, and is in no open process, is *proposed* for erasing.

The clock proposes; erasing is a person's click (product.md J5). A proposal goes by itself when the person becomes
active, enters a process, or the rule changes.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Unpack

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from foundation.problems import Invalid
from sourcing import person_data, privacy
from sourcing.models import PersonSearch, PrivacyRules, RetentionProposal
from sourcing.normalising import clean_text

#: A page of proposals nobody reads to its end; the next day brings the next ones.
MOST = 10_000
_AT_ONCE = 2_000


def proposals(viewer: User) -> QuerySet[RetentionProposal]:
    """Who is proposed, the longest silent first, with the person."""
    rows = RetentionProposal.objects.for_organisation(viewer.tenant_id).filter(kept_until__isnull=True)
    return rows.select_related("candidate").order_by("inactive_since", "pk")


def keep(
    *, actor: User, proposal_ids: Sequence[int], until: datetime.date, why: str, today: datetime.date
) -> int:
    """Keep these people until a day and say why; returns how many. Not proposed before that. Raises Invalid."""
    wrong = {}
    if until <= today:
        wrong["until"] = "Choose a day to come."
    if not why.strip():
        wrong["why"] = "Say why."
    if wrong:
        raise Invalid(fields=wrong)
    return (
        RetentionProposal.objects.for_organisation(actor.tenant_id)
        .filter(pk__in=list(proposal_ids))
        .update(kept_until=until, kept_reason=clean_text(why, limit=300), kept_by=actor)
    )


def decide(*, actor: User, now: datetime.datetime, **decided: Unpack[privacy.Decisions]) -> PrivacyRules:
    """Change the organisation's decisions and bring its proposals up to date at once. Raises Invalid."""
    rules = privacy.decide(actor=actor, **decided)
    propose(rules, now=now)
    return rules


def propose_everywhere(*, now: datetime.datetime) -> int:
    """Bring the proposals of every organisation up to date, once a day by the clock; returns how many are new."""
    rules = PrivacyRules.objects.across_organisations("the clock looks after every organisation")
    return sum(propose(rule, now=now) for rule in rules.order_by("pk"))


def propose(rules: PrivacyRules, *, now: datetime.datetime) -> int:
    """As :func:`propose_everywhere`, for one organisation. Repeating it changes nothing."""
    own = RetentionProposal.objects.for_organisation(rules.organisation_id)
    if rules.retention_days is None:
        own.delete()
        return 0
    before = now - datetime.timedelta(days=rules.retention_days)
    own.filter(kept_until__lt=now.date()).update(kept_until=None, kept_reason="", kept_by=None)
    _withdraw(own, before)
    room = MOST - own.filter(kept_until__isnull=True).count()
    made = 0
    for silent in _silent(rules.organisation_id, before):
        if room <= made:
            break
        made += _store(rules.organisation_id, silent[: room - made])
    return made


def _withdraw(own: QuerySet[RetentionProposal], before: datetime.datetime) -> None:
    """Proposals of people who have become active or entered a process."""
    active = PersonSearch.unguarded.filter(candidate_id=OuterRef("candidate_id"), last_activity__gte=before)
    own.filter(Exists(active)).delete()
    open_ones = list(own.values_list("pk", "candidate_id", "organisation_id"))
    for start in range(0, len(open_ones), _AT_ONCE):
        part = open_ones[start : start + _AT_ONCE]
        taken = _busy(part[0][2], [person for _, person, _ in part])
        own.filter(pk__in=[pk for pk, person, _ in part if person in taken]).delete()


def _silent(organisation_id: int, before: datetime.datetime) -> Iterator[list[tuple[int, datetime.datetime]]]:
    """People without activity since then and in no process, not proposed yet, the longest silent first."""
    proposed = RetentionProposal.unguarded.filter(candidate_id=OuterRef("candidate_id"))
    rows = (
        PersonSearch.objects.for_organisation(organisation_id)
        .filter(~Exists(proposed), last_activity__lt=before)
        .order_by("last_activity", "candidate_id")
    )
    after: tuple[datetime.datetime, int] | None = None
    while True:
        page = rows
        if after is not None:
            moment, last = after
            page = rows.filter(
                Q(last_activity__gt=moment) | Q(last_activity=moment, candidate_id__gt=last),
                last_activity__gte=moment,
            )
        found = list(page.values_list("candidate_id", F("last_activity"))[:_AT_ONCE])
        if not found:
            return
        after = (found[-1][1], found[-1][0])
        taken = _busy(organisation_id, [pk for pk, _ in found])
        yield [row for row in found if row[0] not in taken]


def _busy(organisation_id: int, candidate_ids: Sequence[int]) -> set[int]:
    return set().union(
        *(
            data.busy(organisation_id, candidate_ids)
            for data in person_data.registered()
            if data.busy is not None
        )
    )


@transaction.atomic
def _store(organisation_id: int, silent: Sequence[tuple[int, datetime.datetime]]) -> int:
    return len(
        RetentionProposal.objects.bulk_create(
            [
                RetentionProposal(
                    organisation_id=organisation_id, candidate_id=pk, inactive_since=last_activity
                )
                for pk, last_activity in silent
            ],
            ignore_conflicts=True,
        )
    )
