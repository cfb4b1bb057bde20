"""Who spent how many credits in which month, and what the providers took for it in money."""

from __future__ import annotations

import csv
import datetime
import decimal
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from accounts.models import Organisation, User
from sourcing.finding.providers import display_name
from sourcing.importing.refused import neutral
from sourcing.models import CallOutcome, ContactKind, CreditEntry, CreditEvent, ProviderCall

#: How far back the chart and the table go.
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """Credits one member spent in one month."""

    month: datetime.date
    member: str
    email: int
    phone: int

    @property
    def total(self) -> int:
        """Credits of both kinds."""
        return self.email + self.phone


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the chart."""

    month: datetime.date
    email: int
    phone: int
    refunded: int

    @property
    def total(self) -> int:
        """Credits spent of both kinds."""
        return self.email + self.phone


@dataclass(frozen=True, slots=True)
class Price:
    """What one provider took in one month. ``per_person`` is None when it found nobody."""

    month: datetime.date
    provider: str
    calls: int
    found: int
    failed: int
    cost: decimal.Decimal
    currency: str

    @property
    def per_person(self) -> decimal.Decimal | None:
        """Money for one person found."""
        return round(self.cost / self.found, 4) if self.found else None


@dataclass(frozen=True, slots=True)
class Usage:
    """A report over whole months in the organisation's zone: the newest month first, members by name."""

    months: list[Month] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)


def report(*, viewer: User, now: datetime.datetime, months: int = MONTHS) -> Usage:
    """The last ``months`` months, the running one included. Four statements."""
    organisation = viewer.organisation
    assert organisation is not None
    begins = _months(organisation, now, months)
    zone = zoneinfo.ZoneInfo(organisation.time_zone)
    since = datetime.datetime.combine(begins[-1], datetime.time(), zone)
    lines = _lines(organisation, since, zone)
    back = _refunds(organisation, since, zone)
    return Usage(
        months=[
            Month(
                month,
                sum(line.email for line in lines if line.month == month),
                sum(line.phone for line in lines if line.month == month),
                back.get(month, 0),
            )
            for month in begins
        ],
        lines=lines,
        prices=_prices(organisation, since, zone),
    )


def as_csv(usage: Usage) -> Iterator[str]:
    """Lines of a CSV with a byte-order mark: month, member, credits. No cell is a formula to a spreadsheet."""
    writer = csv.writer(_Line())
    yield "\ufeff"
    yield writer.writerow(["Month", "Member", "E-mail credits", "Phone credits"])
    for line in usage.lines:
        yield writer.writerow([f"{line.month:%Y-%m}", neutral(line.member), line.email, line.phone])


class _Line:
    """What ``csv.writer`` writes to: hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def _months(organisation: Organisation, now: datetime.datetime, count: int) -> list[datetime.date]:
    """First days of the last ``count`` months, the newest first."""
    first = now.astimezone(zoneinfo.ZoneInfo(organisation.time_zone)).date().replace(day=1)
    found = [first]
    while len(found) < count:
        found.append((found[-1] - datetime.timedelta(days=1)).replace(day=1))
    return found


def _lines(organisation: Organisation, since: datetime.datetime, zone: datetime.tzinfo) -> list[Line]:
    rows = (
        CreditEntry.objects.for_organisation(organisation)
        .filter(event=CreditEvent.SPEND, created_at__gte=since)
        .order_by()
        .annotate(month=TruncMonth("created_at", tzinfo=zone))
        .values("month", "member_id")
        .annotate(
            email=Sum("amount", filter=Q(kind=ContactKind.EMAIL), default=0),
            phone=Sum("amount", filter=Q(kind=ContactKind.PHONE), default=0),
        )
    )
    names = {user.pk: str(user) for user in User.objects.filter(organisation=organisation)}
    found = [
        Line(row["month"].date(), names.get(row["member_id"], "Nobody"), row["email"], row["phone"])
        for row in rows
    ]
    return sorted(found, key=lambda line: (-line.month.toordinal(), line.member.casefold()))


def _refunds(
    organisation: Organisation, since: datetime.datetime, zone: datetime.tzinfo
) -> dict[datetime.date, int]:
    rows = (
        CreditEntry.objects.for_organisation(organisation)
        .filter(event=CreditEvent.REFUND, created_at__gte=since)
        .order_by()
        .annotate(month=TruncMonth("created_at", tzinfo=zone))
        .values_list("month")
        .annotate(sum=Sum("amount"))
    )
    return {month.date(): total for month, total in rows}


def _prices(organisation: Organisation, since: datetime.datetime, zone: datetime.tzinfo) -> list[Price]:
    rows = (
        ProviderCall.objects.for_organisation(organisation)
        .filter(called_at__gte=since)
        .order_by()
        .annotate(month=TruncMonth("called_at", tzinfo=zone))
        .values("month", "provider", "currency")
        .annotate(
            calls=Count("pk"),
            found=Count("pk", filter=Q(outcome=CallOutcome.FOUND)),
            failed=Count("pk", filter=Q(outcome=CallOutcome.FAILED)),
            money=Sum("cost"),
        )
    )
    found = [
        Price(
            row["month"].date(),
            display_name(row["provider"]),
            row["calls"],
            row["found"],
            row["failed"],
            row["money"],
            row["currency"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda price: (-price.month.toordinal(), price.provider))
