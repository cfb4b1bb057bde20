"""Reads of credits and requests that pages and API share."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from foundation.problems import Missing
from sourcing import selectors
from sourcing.finding import allowance, finding, ledger, setup
from sourcing.finding.providers import PROVIDERS, provider_class
from sourcing.finding.providers.base import Provider
from sourcing.models import ContactKind, CreditEntry, Finding, FindingItem, FindingProvider
from sourcing.search import query
from sourcing.search.question import Question


class FindingMissing(Missing):
    """There is no such request in the viewer's organisation."""

    code: ClassVar[str] = "finding_missing"


@dataclass(frozen=True, slots=True)
class Credits:
    """Credits of one kind, and when the allowance is filled up again."""

    kind: ContactKind
    available: int
    held: int
    monthly: int
    refresh_on: datetime.date

    @property
    def label(self) -> str:
        """The kind for people."""
        return str(self.kind.label)


@dataclass(frozen=True, slots=True)
class Offer:
    """One provider on the settings page: what it is, and how it is set up if it is."""

    provider: type[Provider]
    row: FindingProvider | None

    @property
    def slug(self) -> str:
        """The provider's name in addresses."""
        return self.provider.slug

    @property
    def name(self) -> str:
        """The provider's name for people."""
        return self.provider.display_name

    @property
    def state(self) -> str:
        """One word."""
        if self.row is None or not self.row.secret:
            return "Off"
        return "Off" if not self.row.enabled else "Needs attention" if self.row.trouble else "On"

    @property
    def finds(self) -> str:
        """What it can find, for people."""
        return ", ".join(str(kind.label).lower() for kind in ContactKind if kind in self.provider.kinds)


def credits_of(viewer: User) -> list[Credits]:
    """Both kinds. Fills up the month's allowance first if nobody has yet."""
    organisation = viewer.organisation
    assert organisation is not None
    now = timezone.now()
    ledger.refresh(organisation=organisation, now=now)
    found = []
    for kind in ContactKind:
        terms = allowance.of(organisation, kind)
        balance = ledger.balance(organisation.pk, kind)
        refresh_on = allowance.next_refresh(now, day=terms.refresh_day, zone=organisation.time_zone)
        found.append(Credits(kind, balance.available, balance.held, terms.monthly, refresh_on))
    return found


def entries(viewer: User) -> QuerySet[CreditEntry]:
    """The ledger, for administrators; order with ``("-created_at", "-id")``."""
    return CreditEntry.objects.for_organisation(viewer.tenant_id).select_related("member")


def offers(viewer: User) -> list[Offer]:
    """Every provider this version knows: those set up first, in the order in which they are asked."""
    rows = {row.slug: row for row in FindingProvider.objects.for_organisation(viewer.tenant_id)}
    found = [Offer(provider, rows.get(slug)) for slug, provider in PROVIDERS.items()]
    return sorted(found, key=lambda offer: (offer.row is None, offer.row.position if offer.row else 0))


def offer_for(viewer: User, slug: str) -> Offer:
    """One provider, set up or not; raises UnknownProvider."""
    found = provider_class(slug)
    return Offer(found, FindingProvider.objects.for_organisation(viewer.tenant_id).filter(slug=slug).first())


def finding_for(viewer: User, finding_id: int) -> Finding:
    """One request of the organisation; raises :class:`FindingMissing` for a stranger's as for none, and
    ProjectMissing when it was for a project that the viewer does not see."""
    found = (
        Finding.objects.for_organisation(viewer.tenant_id)
        .select_related("run", "project", "created_by")
        .filter(pk=finding_id)
        .first()
    )
    if found is None:
        raise FindingMissing("There is no such request.")
    if found.project_id is not None:
        selectors.project_for(viewer, found.project_id)
    return found


def found_by(viewer: User, question: Question) -> list[int]:
    """Whom a request for everybody the list finds is for: the first of them, as many as a request is for."""
    return list(islice(query.candidate_ids(viewer=viewer, question=question), finding.MOST_PEOPLE // 2))


def items(viewer: User, request: Finding) -> QuerySet[FindingItem]:
    """The people of a request."""
    return (
        FindingItem.objects.for_organisation(viewer.tenant_id)
        .filter(finding=request)
        .select_related("candidate")
    )


def offered_kinds(viewer: User) -> list[ContactKind]:
    """Which of *Get Email* and *Get Phone* the viewer's pages show."""
    return setup.kinds_offered(viewer.tenant_id)
