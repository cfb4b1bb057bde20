from __future__ import annotations

import pytest

from outreach.outbox import capacity, limits
from outreach.provider_limits import provider_limit
from outreach.states import Reason
from tests.outreach import making
from tests.outreach.making import NOW


@pytest.mark.parametrize(
    ("address", "server", "daily"),
    [
        ("eva@gmail.com", "smtp.gmail.com", 500),
        ("eva@googlemail.com", "smtp.gmail.com", 500),
        ("eva@acme.example", "SMTP.gmail.com.", 2_000),
        ("eva@acme.example", "smtp.office365.com", 10_000),
        ("eva@acme.example", "mail.acme.example", None),
        ("eva@gmail.com.evil.example", "smtp.gmail.com.evil.example", None),
        ("", "", None),
    ],
)
def test_the_provider_is_known_by_the_address_or_by_the_server(address, server, daily) -> None:
    found = provider_limit(address=address, smtp_host=server)
    assert (found.daily if found else None) == daily


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("own", "count", "rule"),
    [(300, 250, Reason.PROVIDER_LIMIT), (0, 250, Reason.PROVIDER_LIMIT), (80, 80, Reason.MAILBOX_DAY)],
)
def test_a_mailbox_stays_below_half_of_what_its_provider_allows(own, count, rule) -> None:
    box = making.mailbox(address="eva@gmail.com", smtp_host="smtp.gmail.com", daily_limit=own)
    allowed = limits.ceiling(capacity.limits_of(box), now=NOW)
    assert (allowed.count, allowed.reason) == (count, rule)


@pytest.mark.django_db
def test_a_mailbox_linked_today_is_young_unless_its_owner_says_since_when_it_writes(settings) -> None:
    box = making.mailbox(daily_limit=200, created_at=NOW)
    assert limits.ceiling(capacity.limits_of(box), now=NOW).count == 20
    box.in_use_since = NOW.date().replace(year=2019)
    assert limits.ceiling(capacity.limits_of(box), now=NOW).count == 200
    box.in_use_since = None
    settings.MAILBOX_RAMP_START = 30
    assert limits.ceiling(capacity.limits_of(box), now=NOW).count == 30
    settings.MAILBOX_RAMP_START = 0
    assert limits.ceiling(capacity.limits_of(box), now=NOW).count == 200
