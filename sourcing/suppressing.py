"""Stating that this organisation must not write to a person, an address, a domain or a company.

Addresses are kept as ``HMAC(pepper, value)`` only, so a row outlives the erasure of the person and tells nobody the
address. Whom an entry concerns is asked of ``suppression``.
"""

from __future__ import annotations

from django.db import transaction

from accounts.models import Organisation, User
from foundation import events
from foundation.problems import Invalid
from foundation.secrets import fingerprint
from sourcing import known_again, suppression
from sourcing.models import Candidate, Suppression, SuppressionKind, SuppressionReason
from sourcing.normalising import company_key, domain_of, normalise_email


@transaction.atomic
def suppress_person(
    *,
    candidate: Candidate,
    actor: User | None,
    reason: SuppressionReason = SuppressionReason.OPT_OUT,
    note: str = "",
) -> Suppression:
    """Never write to this person again, at any address they have or will have. Doing it twice changes nothing.

    All addresses (private ones of any user included: the wish is the person's) and the profile link leave their
    fingerprints, by which the person is known again after a deletion and re-import.
    """
    row, _created = Suppression.objects.for_organisation(candidate.organisation_id).get_or_create(
        kind=SuppressionKind.PERSON,
        candidate=candidate,
        defaults={
            "organisation_id": candidate.organisation_id,
            "reason": reason,
            "note": note[:300],
            "created_by": actor,
        },
    )
    known_again.leave_traces(candidate.organisation_id, [candidate.pk])
    return row


@transaction.atomic
def opt_out(*, candidate: Candidate, actor: User | None, note: str = "") -> None:
    """*Unsubscribe* by hand: the person stays and gets no more mail; their campaigns end. Twice changes nothing."""
    if candidate.pk in suppression.suppressed_people(candidate.organisation_id, [candidate.pk]):
        return
    suppress_person(candidate=candidate, actor=actor, reason=SuppressionReason.OPT_OUT, note=note)
    events.emit(
        "candidate.opted_out",
        organisation_id=candidate.organisation_id,
        subject=f"candidate:{candidate.pk}",
        candidate_id=candidate.pk,
    )


def suppress_address(
    *,
    organisation: Organisation,
    address: str,
    actor: User | None,
    reason: SuppressionReason = SuppressionReason.MANUAL,
    note: str = "",
) -> Suppression:
    """Never write to this one address. Raises InvalidAddress for something that is none."""
    return _suppress_value(
        organisation, SuppressionKind.ADDRESS, normalise_email(address), actor=actor, reason=reason, note=note
    )


def suppress_domain(
    *,
    organisation: Organisation,
    domain: str,
    actor: User | None,
    reason: SuppressionReason = SuppressionReason.MANUAL,
    note: str = "",
    soft: bool = False,
) -> Suppression:
    """Never write to an address of this domain or of a domain below it; ``soft`` only warns. Raises InvalidAddress
    for a bad domain."""
    kind = SuppressionKind.DOMAIN
    return _suppress_value(
        organisation, kind, normal(kind, domain), actor=actor, reason=reason, note=note,
        shown=shown(kind, domain), soft=soft,
    )  # fmt: skip


def suppress_company(
    *,
    organisation: Organisation,
    company: str,
    actor: User | None,
    reason: SuppressionReason = SuppressionReason.MANUAL,
    note: str = "",
    includes_past: bool = False,
    soft: bool = False,
) -> Suppression:
    """Never write to people who work at this company; ``includes_past``: nor to those who did; ``soft`` only warns.

    Companies are the same when :func:`sourcing.normalising.company_key` says so. Raises Invalid for a name without
    a letter or digit.
    """
    kind = SuppressionKind.COMPANY
    return _suppress_value(
        organisation, kind, normal(kind, company), actor=actor, reason=reason, note=note,
        shown=shown(kind, company), soft=soft, includes_past=includes_past,
    )  # fmt: skip


def normal(kind: str, value: str) -> str:
    """What the fingerprint of an address, a domain or a company is made of. Raises Invalid, InvalidAddress."""
    if kind == SuppressionKind.ADDRESS:
        return normalise_email(value)
    if kind == SuppressionKind.DOMAIN:
        return domain_of(normalise_email(f"postmaster@{value.strip().lstrip('@')}"))
    key = company_key(value)
    if not key:
        raise Invalid("Enter the name of a company.", fields={"value": "Enter the name of a company."})
    return key


def shown(kind: str, value: str) -> str:
    """What the list may show of it: nothing of an address."""
    if kind == SuppressionKind.ADDRESS:
        return ""
    return normal(kind, value) if kind == SuppressionKind.DOMAIN else value.strip()[:300]


def _suppress_value(
    organisation: Organisation,
    kind: SuppressionKind,
    value: str,
    *,
    actor: User | None,
    reason: SuppressionReason,
    note: str,
    shown: str = "",
    soft: bool = False,
    includes_past: bool = False,
) -> Suppression:
    row, created = Suppression.objects.for_organisation(organisation).get_or_create(
        kind=kind,
        fingerprint=fingerprint(value),
        defaults={
            "organisation": organisation,
            "reason": reason,
            "note": note[:300],
            "created_by": actor,
            "value": shown[:300],
            "soft": soft,
            "includes_past": includes_past,
        },
    )
    if not created and kind in {SuppressionKind.DOMAIN, SuppressionKind.COMPANY}:
        row.soft, row.includes_past, row.value = soft, includes_past, shown[:300]
        row.save(update_fields=["soft", "includes_past", "value"])
    return row
