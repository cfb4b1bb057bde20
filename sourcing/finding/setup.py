"""Setting up providers: key, address, order, price; and opening one for calls. Off until an administrator saves one."""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import re
import urllib.parse
from typing import ClassVar

from django.db import transaction
from django.db.models import Max, QuerySet

from accounts.models import User
from foundation import egress, secrets
from foundation.problems import Conflict, Invalid
from foundation.throttle import RedisThrottle, shared_redis
from sourcing import in_turn
from sourcing.finding.providers import PROVIDERS, provider_class
from sourcing.finding.providers.base import Provider
from sourcing.models import ContactKind, FindingProvider

TABLE = "sourcing_findingprovider"
#: No answer about one person is larger.
MOST_BYTES = 2 * 1024 * 1024
_CURRENCY = re.compile(r"[A-Z]{3}")


class NoProvider(Conflict):
    """Nobody can be asked for this kind of contact data: none is set up, or each needs an administrator."""

    code: ClassVar[str] = "no_provider"


@transaction.atomic
def save(
    *,
    actor: User,
    slug: str,
    key: str = "",
    base_url: str | None = None,
    cost: decimal.Decimal | None = None,
    currency: str | None = None,
    enabled: bool | None = None,
) -> FindingProvider:
    """Set a provider up or change it. What is None stays, an empty ``key`` keeps the one there is. A new one is asked
    last, at its own address, for nothing in EUR, unless it is said.

    Saving also clears what was wrong with it: it is asked again. Raises UnknownProvider and Invalid.
    """
    provider_class(slug)
    in_turn.of(actor.tenant_id).get()
    row = _rows(actor).select_for_update().filter(slug=slug).first()
    if row is None:
        last = _rows(actor).aggregate(last=Max("position"))["last"]
        row = FindingProvider(
            organisation_id=actor.tenant_id,
            slug=slug,
            created_by=actor,
            position=0 if last is None else last + 1,
            cost=decimal.Decimal(0),
        )
    row.base_url = row.base_url if base_url is None else base_url.strip()
    row.cost = row.cost if cost is None else cost
    row.currency = row.currency if currency is None else currency
    row.enabled = row.enabled if enabled is None else enabled
    wrong = _wrong(row.base_url, row.cost, row.currency)
    key = key.strip()
    if not key and not row.secret:
        wrong["key"] = "Enter the key of your account."
    if len(key) > 500 or not key.isprintable() or not key.isascii():
        wrong["key"] = "This is no key: it holds characters that no key has, or is too long."
    if wrong:
        raise Invalid(fields=wrong)
    row.trouble, row.not_before = "", None
    row.save()
    if key:
        row.secret = secrets.seal({"key": key}, table=TABLE, row=row.pk, organisation=row.organisation_id)
        row.save(update_fields=["secret"])
    return row


@transaction.atomic
def move(*, actor: User, slug: str, earlier: bool) -> None:
    """Ask this provider one place earlier or later; at the end of the line, or not set up, nothing happens."""
    provider_class(slug)
    in_turn.of(actor.tenant_id).get()
    rows = list(_rows(actor).select_for_update().order_by("position", "pk"))
    place = next((index for index, row in enumerate(rows) if row.slug == slug), None)
    if place is None:
        return
    other = place - 1 if earlier else place + 1
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows):
        row.position = position
        row.save(update_fields=["position"])


@transaction.atomic
def remove(*, actor: User, slug: str) -> bool:
    """Forget a provider and its key; False if it was not set up. What it found, its answers and its costs stay.
    Raises UnknownProvider."""
    provider_class(slug)
    removed, _ = _rows(actor).filter(slug=slug).delete()
    return bool(removed)


def usable(organisation_id: int, kind: str) -> list[FindingProvider]:
    """Whom to ask for one kind, in order: switched on, with a key, nothing wrong with it."""
    rows = FindingProvider.objects.for_organisation(organisation_id).filter(enabled=True, trouble="")
    return [
        row
        for row in rows.exclude(secret="").order_by("position", "pk")
        if row.slug in PROVIDERS and kind in PROVIDERS[row.slug].kinds
    ]


def open_provider(row: FindingProvider) -> Provider:
    """The provider ready to be asked; nothing is called yet. Raises UnknownProvider, SecretUnreadable."""
    found = provider_class(row.slug)
    key = secrets.unseal(row.secret, table=TABLE, row=row.pk, organisation=row.organisation_id)["key"]
    account = secrets.fingerprint(f"finding\n{row.slug}\n{row.base_url}\n{key}")
    return found(
        session=egress.session(timeout=found.timeout, max_bytes=MOST_BYTES),
        throttle=RedisThrottle(shared_redis(), account=account, pace=found.pace),
        key=key,
        base_url=row.base_url,
    )


def pause(row: FindingProvider, *, until: datetime.datetime) -> None:
    """Nobody of the organisation asks this provider before ``until``."""
    FindingProvider.objects.for_organisation(row.organisation_id).filter(pk=row.pk).update(not_before=until)
    row.not_before = until


def needs_admin(row: FindingProvider, *, trouble: str) -> None:
    """Ask this provider no more until an administrator saved it again. A key saved meanwhile stays in use."""
    FindingProvider.objects.for_organisation(row.organisation_id).filter(
        pk=row.pk, secret=row.secret, base_url=row.base_url
    ).update(trouble=trouble[:300])


def kinds_offered(organisation_id: int) -> list[ContactKind]:
    """Which of the two buttons are shown: for some provider that is set up, even one that needs a person just now."""
    rows = FindingProvider.objects.for_organisation(organisation_id).filter(enabled=True).exclude(secret="")
    found = [PROVIDERS[slug] for slug in rows.values_list("slug", flat=True) if slug in PROVIDERS]
    return [kind for kind in ContactKind if any(kind in each.kinds for each in found)]


def _rows(actor: User) -> QuerySet[FindingProvider]:
    return FindingProvider.objects.for_organisation(actor.tenant_id)


def _wrong(base_url: str, cost: decimal.Decimal, currency: str) -> dict[str, str]:
    wrong = {}
    if base_url and not _acceptable(base_url):
        wrong["base_url"] = (
            "An address that begins with https:// (http:// only for an address of this network)."
        )
    if not cost.is_finite() or not 0 <= cost < 100_000:
        wrong["cost"] = "0 to 99,999."
    if not _CURRENCY.fullmatch(currency):
        wrong["currency"] = "Three capital letters, such as EUR."
    return wrong


def _acceptable(url: str) -> bool:
    """https, or http to a private address that the installation allows: no key crosses the internet in the clear."""
    try:
        parts = urllib.parse.urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or parts.query or parts.fragment or len(url) > 300:
        return False
    if parts.scheme == "https":
        return True
    try:
        private = not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
    return parts.scheme == "http" and private and egress.permitted(host)
