"""Before people are added to a campaign: who is refused, who is left out unless somebody ticks them, who is added.

Refused are people already in it and people who must not be written to. Left out unless ticked are people whom another
campaign writes to, who were written to lately (the campaign says within how many days), who may be somebody else's
duplicate, and whoever another room warns of. Who has no usable address is added and needs attention in its turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from campaigns import addressing, choosing, enrolment, tabs
from campaigns.enrolment import Enrolment
from campaigns.models import Campaign, Recipient
from foundation.problems import Invalid
from sourcing import projects, slots
from sourcing import selectors as people
from sourcing.models import Candidate, DuplicatePair, PairState
from sourcing.search import query
from sourcing.search.question import Question

#: More people than this are not asked for their addresses before they are added.
LOOKED_AT = 2_000
#: People of one search that are added at once; more go into a project first.
FROM_SEARCH = 5_000
#: Notices that count a fixed number of days; here the campaign says how many.
_BY_DAYS = frozenset({tabs.NOTICES, "contacted"})


@dataclass(frozen=True)
class Screening:
    """Candidate ids by what becomes of them; ``without_address`` counts among ``clean`` (None: not looked at)."""

    clean: tuple[int, ...] = ()
    refused: Mapping[int, str] = field(default_factory=dict)
    doubtful: Mapping[int, list[str]] = field(default_factory=dict)
    without_address: int | None = None


def found_by(question: Question, *, viewer: User) -> list[int]:
    """Everybody a search finds, to be screened. Raises Invalid for more than :data:`FROM_SEARCH`."""
    ids = list(islice(query.candidate_ids(viewer=viewer, question=question), FROM_SEARCH + 1))
    if len(ids) > FROM_SEARCH:
        raise Invalid(
            f"More than {FROM_SEARCH:,} people: add them to a project first, and that to a campaign."
        )
    return ids


def screen(*, campaign: Campaign, candidate_ids: Collection[int], viewer: User) -> Screening:
    """Sort people of the campaign's organisation; ids of others fall away. A handful of queries for any number."""
    organisation = campaign.organisation_id
    found = sorted(
        Candidate.objects.for_organisation(organisation)
        .filter(pk__in=set(candidate_ids))
        .values_list("pk", flat=True)
    )
    refused = enrolment.refusals(campaign, found)
    rest = [pk for pk in found if pk not in refused]
    doubtful = _doubts(campaign, rest, viewer)
    clean = [pk for pk in rest if pk not in doubtful]
    return Screening(tuple(clean), refused, doubtful, _without_address(campaign, clean))


@transaction.atomic
def add(
    *,
    campaign: Campaign,
    found: Screening,
    anyway: Collection[int],
    actor: User,
    now: datetime,
    join_project: bool = False,
) -> Enrolment:
    """Add whom nothing speaks against, and of the doubtful those of ``anyway``; with ``join_project`` into the
    campaign's project first."""
    wanted = [*found.clean, *sorted(set(anyway) & found.doubtful.keys())]
    if join_project and wanted:
        projects.add_people(project=campaign.project, actor=actor, candidate_ids=wanted)
    return enrolment.add_people(campaign=campaign, candidate_ids=wanted, actor=actor, now=now)


def _doubts(campaign: Campaign, candidate_ids: Collection[int], viewer: User) -> dict[int, list[str]]:
    told: dict[int, list[str]] = defaultdict(list)
    recently = timedelta(days=campaign.recent_days)
    sources = [tabs.contact_notices(candidate_ids, viewer, recently=recently)]
    sources += [
        slot.notices(candidate_ids, viewer)
        for slot in slots.contact_notice.visible(viewer)
        if slot.id not in _BY_DAYS
    ]
    sources += [
        _lately(candidate_ids, viewer, recently),
        _duplicates(campaign.organisation_id, candidate_ids),
    ]
    for source in sources:
        for candidate_id, texts in source.items():
            told[candidate_id] += [text for text in texts if text not in told[candidate_id]]
    return {candidate_id: texts for candidate_id, texts in told.items() if texts}


def _lately(candidate_ids: Collection[int], viewer: User, recently: timedelta) -> dict[int, list[str]]:
    """Whom anybody contacted in any way, also outside campaigns."""
    rows = people.visible_candidates(viewer).filter(
        pk__in=candidate_ids, last_contacted_at__gt=timezone.now() - recently
    )
    zone = ZoneInfo(viewer.time_zone)
    return {
        pk: [f"Last contacted {at.astimezone(zone):%-d %b}"]
        for pk, at in rows.order_by().values_list("pk", "last_contacted_at")
        if at is not None
    }


def _duplicates(organisation_id: int, candidate_ids: Collection[int]) -> dict[int, list[str]]:
    pairs = (
        DuplicatePair.objects.for_organisation(organisation_id)
        .filter(Q(first__in=candidate_ids) | Q(second__in=candidate_ids), state=PairState.OPEN)
        .select_related("first", "second")
    )
    wanted = set(candidate_ids)
    told: dict[int, list[str]] = defaultdict(list)
    for pair in pairs.order_by("-score", "pk"):
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            if one.pk in wanted:
                told[one.pk].append(f"May be the same person as {other.name}")
    return told


def _without_address(campaign: Campaign, candidate_ids: Collection[int]) -> int | None:
    if len(candidate_ids) > LOOKED_AT:
        return None
    rows = [
        Recipient(pk=pk, organisation_id=campaign.organisation_id, campaign=campaign, candidate_id=pk)
        for pk in candidate_ids
    ]
    choices = choosing.choose_for(rows)
    return sum(isinstance(choice, addressing.NoAddress) for choice in choices.values())
