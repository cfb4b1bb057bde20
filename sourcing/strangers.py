"""What the do-not-contact list says of somebody who is not known here, by what a page or a person states of them."""

from __future__ import annotations

from collections.abc import Collection

from foundation.secrets import fingerprint
from sourcing import known_again, suppression
from sourcing.models import Suppression, SuppressionKind, SuppressionReason
from sourcing.normalising import company_key, linkedin_key

ADDRESS = "An address of theirs is on the do-not-contact list."
PROFILE = "Their profile is on the do-not-contact list."


def obstacles(
    organisation_id: int,
    *,
    emails: Collection[str],
    profiles: Collection[str],
    company: str,
    past_companies: Collection[str] = (),
) -> list[str]:
    """Entries that concern them, as sentences; those that stop a message first. One query.

    ``emails`` are normalised. Whoever was erased and blocked is named as that: they cannot be stored again.
    """
    present = {fingerprint(key) for name in [company] if (key := company_key(name))}
    past = {fingerprint(key) for name in past_companies if (key := company_key(name))}
    prints: dict[str, set[str]] = {
        SuppressionKind.ADDRESS: {fingerprint(email) for email in emails},
        SuppressionKind.DOMAIN: {each for email in emails for each in suppression.domain_prints(email)},
        SuppressionKind.PROFILE: {fingerprint(key) for link in profiles if (key := linkedin_key(link))},
        SuppressionKind.COMPANY: present | past,
    }
    rows = Suppression.objects.for_organisation(organisation_id).filter(
        kind__in=prints, fingerprint__in=set().union(*prints.values())
    )
    entries = [
        row
        for row in rows.order_by("pk")
        if row.fingerprint in prints[row.kind]
        and (row.kind != SuppressionKind.COMPANY or row.fingerprint in present or row.includes_past)
    ]
    return list(dict.fromkeys(_sentence(row) for row in sorted(entries, key=lambda row: row.soft)))


def _sentence(row: Suppression) -> str:
    if row.reason == SuppressionReason.ERASED:
        return known_again.Erased.sentence
    if row.kind == SuppressionKind.ADDRESS:
        return ADDRESS
    return PROFILE if row.kind == SuppressionKind.PROFILE else suppression.sentence(row)
