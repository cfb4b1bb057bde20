"""Why a person may be held, whether they were told, and what the organisation has decided about both.

Art. 6 GDPR asks for a basis with proof, Art. 14 for a notice within a month and at the first contact at the latest
(product.md J7, J8). Nothing here is legal advice; everything is off until an administrator switches it on.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.permissions import Right, can
from foundation.problems import Conflict, Invalid
from sourcing import in_turn, suppression
from sourcing.models import Basis, Candidate, LawfulBasis, Notice, NoticeWay, PrivacyRules, SuppressionKind
from sourcing.normalising import clean_block, clean_text


@dataclass(frozen=True)
class NoticeDue:
    """When one person must have been told, and why then."""

    candidate: Candidate
    due_at: datetime.datetime
    #: They were written to without having been told.
    contacted: bool

    def overdue(self, now: datetime.datetime) -> bool:
        """The moment has passed."""
        return self.due_at < now


# ── rules ───────────────────────────────────────────────────────────────────


def rules_of(organisation: Organisation | int) -> PrivacyRules:
    """The organisation's decisions; an unsaved row with everything off where there are none."""
    pk = organisation if isinstance(organisation, int) else organisation.pk
    found = PrivacyRules.objects.for_organisation(pk).first()
    return found or PrivacyRules(organisation_id=pk)


class Decisions(TypedDict, total=False):
    """What an organisation decides, as :class:`PrivacyRules` holds it."""

    notices: bool
    notice_days: int
    first_message_tells: bool
    retention_days: int | None
    retention_reason: str
    resume_days: int | None


@transaction.atomic
def decide(*, actor: User, **decided: Unpack[Decisions]) -> PrivacyRules:
    """Store the organisation's decisions; what is not named stays. Proposals follow with
    :func:`sourcing.retention.decide`, or the next day. Raises Invalid."""
    in_turn.of(actor.tenant_id).get()
    # A new row with everything off, then changed: so the trail tells the first decision too.
    rows = PrivacyRules.objects.for_organisation(actor.tenant_id)
    row, _made = rows.get_or_create(organisation_id=actor.tenant_id)
    for name, value in decided.items():
        setattr(row, name, value)
    wrong = {}
    if not 1 <= row.notice_days <= 90:
        wrong["notice_days"] = "From 1 to 90 days; Art. 14 GDPR says one month."
    if row.retention_days is not None and not 30 <= row.retention_days <= 7300:
        wrong["retention_days"] = "From 30 to 7,300 days, or empty for never."
    if row.retention_days is not None and not row.retention_reason.strip():
        wrong["retention_reason"] = "Say why that long; an auditor will ask."
    if row.resume_days is not None and not 7 <= row.resume_days <= 3650:
        wrong["resume_days"] = "From 7 to 3,650 days, or empty for never."
    if wrong:
        raise Invalid(fields=wrong)
    row.retention_reason = clean_text(row.retention_reason, limit=500)
    row.save()
    return row


# ── lawful bases ────────────────────────────────────────────────────────────


def bases(candidate: Candidate) -> QuerySet[LawfulBasis]:
    """Every basis recorded for the person, the newest first."""
    rows = LawfulBasis.objects.for_organisation(candidate.organisation_id).filter(candidate=candidate)
    return rows.select_related("recorded_by").order_by("-since", "-pk")


def basis_of(candidate: Candidate, *, today: datetime.date) -> LawfulBasis | None:
    """The one that holds today: not withdrawn, not run out."""
    holding = bases(candidate).filter(Q(until__isnull=True) | Q(until__gte=today), withdrawn_at__isnull=True)
    return holding.filter(since__lte=today).first()


def record_basis(
    *,
    candidate: Candidate,
    actor: User,
    basis: str,
    reason: str,
    since: datetime.date,
    proof: str = "",
    until: datetime.date | None = None,
    today: datetime.date,
) -> LawfulBasis:
    """Write down why the person may be held. Consent needs its proof. Raises Invalid."""
    wrong = {}
    if basis not in Basis.values:
        wrong["basis"] = "Choose a basis."
    if not reason.strip():
        wrong["reason"] = "Say what for."
    if basis == Basis.CONSENT and not proof.strip():
        wrong["proof"] = "Consent has to be proved: its words, or where they are kept."
    if since > today:
        wrong["since"] = "That day has not come yet."
    if until is not None and until < since:
        wrong["until"] = "That is before it began."
    if wrong:
        raise Invalid(fields=wrong)
    return LawfulBasis.objects.create(
        organisation_id=candidate.organisation_id,
        candidate=candidate,
        basis=basis,
        reason=clean_text(reason, limit=500),
        since=since,
        until=until,
        proof=clean_block(proof, limit=10_000),
        recorded_by=actor,
    )


def withdraw_basis(*, candidate: Candidate, basis_id: int, now: datetime.datetime) -> None:
    """The person took it back, or it no longer holds; it stays on record. Raises Conflict if it was before."""
    rows = bases(candidate).filter(pk=basis_id, withdrawn_at__isnull=True)
    if not rows.update(withdrawn_at=now):
        raise Conflict("It has been withdrawn already.")


# ── notices (Art. 14) ───────────────────────────────────────────────────────


#: The order of the list, for ``keyset``: who has waited longest first.
NOTICE_ORDER = ("untold_since", "id")
#: A first message makes the notice due at once: it counts as if the person had waited for the longest time there is.
CONTACT_COUNTS = datetime.timedelta(days=90)


def untold(organisation_id: int, rules: PrivacyRules) -> QuerySet[Candidate]:
    """People who have not been told, the longest held first. With ``first_message_tells`` whoever was written to
    has been."""
    rows = Candidate.objects.for_organisation(organisation_id).filter(untold_since__isnull=False)
    return rows.filter(last_contacted_at__isnull=True) if rules.first_message_tells else rows


def notices_due(viewer: User, *, now: datetime.datetime, within_days: int = 7) -> QuerySet[Candidate]:
    """Who must be told by ``within_days`` from now: held that long, or written to without having been told."""
    rules = rules_of(viewer.tenant_id)
    if not rules.notices:
        return Candidate.objects.none()
    held_since = now + datetime.timedelta(days=within_days) - datetime.timedelta(days=rules.notice_days)
    return untold(viewer.tenant_id, rules).filter(untold_since__lte=held_since)


def notice_due(candidate: Candidate, rules: PrivacyRules) -> NoticeDue | None:
    """When this person must have been told; None when they were, or nobody keeps the list."""
    if not rules.notices or Notice.objects.for_organisation(candidate.organisation_id).filter(
        candidate=candidate
    ).exists():  # fmt: skip
        return None
    if candidate.last_contacted_at and rules.first_message_tells:
        return None
    return due_of(candidate, rules)


def due_of(candidate: Candidate, rules: PrivacyRules) -> NoticeDue:
    """A month after the data came, or the first contact, whichever was earlier."""
    month = candidate.created_at + datetime.timedelta(days=rules.notice_days)
    contact = candidate.last_contacted_at
    return NoticeDue(candidate, min(month, contact) if contact else month, contacted=contact is not None)


@transaction.atomic
def told(*, actor: User, candidate_ids: Collection[int], way: str, at: datetime.datetime) -> int:
    """These people were told; whoever was before stays as noted then. Returns how many are new."""
    if way not in NoticeWay.values:
        raise Invalid("Choose how.", fields={"way": "Choose how they were told."})
    people = Candidate.objects.for_organisation(actor.tenant_id).filter(pk__in=list(candidate_ids))
    people.filter(untold_since__isnull=False).update(untold_since=None)
    known = Notice.objects.for_organisation(actor.tenant_id)
    before = known.filter(candidate_id__in=list(candidate_ids)).count()
    Notice.objects.bulk_create(
        [
            Notice(organisation_id=actor.tenant_id, candidate_id=pk, given_at=at, way=way, recorded_by=actor)
            for pk in people.values_list("pk", flat=True)
        ],
        ignore_conflicts=True,
    )
    return known.filter(candidate_id__in=list(candidate_ids)).count() - before


def panel(candidate: Candidate, viewer: User) -> dict[str, Any]:
    """What a person's page says in short: warnings, the basis that holds, whether a notice is due."""
    return {
        "warnings": suppression.warnings(candidate.organisation_id, [candidate.pk]).get(candidate.pk, []),
        "basis": basis_of(candidate, today=timezone.localdate()),
        "notice": notice_due(candidate, rules_of(candidate.organisation_id)),
        "may_edit": can(viewer, Right.CANDIDATE_EDIT),
        "candidate": candidate,
    }


def standing(candidate: Candidate, viewer: User) -> dict[str, Any]:
    """:func:`panel`, and what was done: how they were told (``given``), the entry that stops all mail
    (``suppressed``)."""
    return panel(candidate, viewer) | {
        "given": candidate.notices.first(),
        "suppressed": candidate.suppressions.filter(kind=SuppressionKind.PERSON).first(),
    }
