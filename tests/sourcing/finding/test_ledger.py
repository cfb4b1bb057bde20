"""The books: whatever happens, in whatever order, by any number of workers, they add up and never go below zero."""

from __future__ import annotations

import datetime
import random
import threading
import uuid

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Organisation, User
from foundation.problems import Invalid
from sourcing.finding import allowance, ledger
from sourcing.models import CreditBalance, CreditEntry, CreditEvent
from tests.sourcing.finding.conftest import books

pytestmark = pytest.mark.django_db
EMAIL = "email"
UTC = datetime.UTC


def grant(alice: User, amount: int, cause: str = "") -> bool:
    assert alice.organisation is not None
    return ledger.grant(
        organisation=alice.organisation,
        kind=EMAIL,
        amount=amount,
        actor=alice,
        cause=cause or f"g{uuid.uuid4()}",
    )


def hold(alice: User, amount: int, cause: str = "request") -> None:
    ledger.hold(organisation_id=alice.tenant_id, kind=EMAIL, amount=amount, actor=alice, cause=cause)


def spend(alice: User, cause: str) -> CreditEntry | None:
    return ledger.spend(organisation_id=alice.tenant_id, kind=EMAIL, cause=cause, actor=alice)


def release(alice: User, *causes: str) -> int:
    return ledger.release(organisation_id=alice.tenant_id, kind=EMAIL, causes=causes, actor=alice)


def test_credits_are_held_then_spent_or_given_back(alice: User) -> None:
    grant(alice, 100)
    hold(alice, 10)
    assert books(alice) == (90, 10)
    for number in range(8):
        spend(alice, f"p{number}")
    release(alice, "p8", "p9")
    assert books(alice) == (92, 0)


def test_a_cause_is_booked_once(alice: User) -> None:
    assert grant(alice, 5, "invoice 1")
    assert not grant(alice, 5, "invoice 1")
    hold(alice, 3)
    hold(alice, 3)
    assert spend(alice, "p1") is not None
    assert spend(alice, "p1") is None
    assert release(alice, "p1", "p2", "p2") == 1
    assert spend(alice, "p2") is None
    assert books(alice) == (3, 1)


def test_more_than_there_is_cannot_be_held_and_says_how_much_there_is(alice: User) -> None:
    grant(alice, 2)
    with pytest.raises(ledger.NotEnoughCredits) as caught:
        hold(alice, 3)
    assert caught.value.extra == {"needed": 3, "available": 2}
    assert books(alice) == (2, 0)


def test_what_nobody_holds_cannot_be_spent(alice: User) -> None:
    grant(alice, 5)
    with pytest.raises(ledger.NothingHeld):
        spend(alice, "p1")
    assert books(alice) == (5, 0)


@pytest.mark.parametrize("amount", [0, -1, 1_000_001])
def test_an_absurd_grant_is_refused(alice: User, amount: int) -> None:
    with pytest.raises(Invalid):
        grant(alice, amount)


def test_what_vanished_from_a_request_comes_back_at_its_end(alice: User) -> None:
    grant(alice, 10)
    hold(alice, 4, "finding:1")
    spend(alice, "finding:1:item:1")
    hold(alice, 2, "finding:10")
    for _ in range(2):
        ledger.close_hold(organisation_id=alice.tenant_id, kind=EMAIL, cause="finding:1")
    assert books(alice) == (7, 2)


def test_the_database_itself_lets_nobody_change_or_delete_a_line(alice: User) -> None:
    grant(alice, 5)
    lines = CreditEntry.objects.for_organisation(alice.organisation_id)
    for write in (lambda: lines.update(amount=500), lines.delete):
        with pytest.raises((InternalError, ProgrammingError, IntegrityError)), transaction.atomic():
            write()
    assert books(alice) == (5, 0)


def test_the_database_itself_refuses_a_balance_below_zero(alice: User) -> None:
    grant(alice, 5)
    rows = CreditBalance.objects.for_organisation(alice.organisation_id)
    for column in ("available", "held"):
        with pytest.raises(IntegrityError, match="not_negative"), transaction.atomic():
            rows.update(**{column: -1})


def test_each_organisation_has_its_own_books(alice: User, mallory: User) -> None:
    assert mallory.organisation is not None
    grant(alice, 5, "same cause")
    with pytest.raises(ledger.NotEnoughCredits):
        hold(mallory, 1)
    assert ledger.grant(
        organisation=mallory.organisation, kind=EMAIL, amount=1, actor=mallory, cause="same cause"
    )
    assert books(alice) == (5, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(3))
def test_any_number_of_workers_never_get_below_zero_and_the_lines_add_up(alice: User, seed: int) -> None:
    """Threads with connections of their own hold, spend, release, grant and refund at random, causes colliding."""
    grant(alice, 40)
    gate = threading.Barrier(6)
    broken: list[BaseException] = []

    def worker(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        try:
            gate.wait()
            for turn in range(25):
                _one_act(alice, dice, f"w{dice.randrange(8)}-{turn // 3}")
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    available, held = books(alice)
    assert available >= 0
    assert held >= 0


def _one_act(alice: User, dice: random.Random, cause: str) -> None:
    act = dice.randrange(5)
    try:
        if act == 0:
            hold(alice, dice.randrange(1, 8), f"h{cause}")
        elif act == 1:
            spend(alice, cause)
        elif act == 2:
            release(alice, cause, f"{cause}b")
        elif act == 3:
            grant(alice, dice.randrange(1, 4), f"g{cause}")
        else:
            ledger.refund(organisation_id=alice.tenant_id, kind=EMAIL, cause=f"r{cause}")
    except (ledger.NotEnoughCredits, ledger.NothingHeld):
        pass  # the right answers to asking for too much
    balance = ledger.balance(alice.tenant_id, EMAIL)
    assert balance.available >= 0
    assert balance.held >= 0


# ── the month ───────────────────────────────────────────────────────────────


def refresh(organisation: Organisation, day: int, month: int = 3) -> int:
    return ledger.refresh(organisation=organisation, now=datetime.datetime(2026, month, day, 12, tzinfo=UTC))


def test_a_plan_fills_the_balance_up_once_a_month(alice: User) -> None:
    assert alice.organisation is not None
    assert [refresh(alice.organisation, day) for day in (1, 2, 31)] == [600, 0, 0]
    hold(alice, 30)
    for number in range(30):
        spend(alice, f"p{number}")
    assert books(alice) == (470, 0)
    assert refresh(alice.organisation, 1, month=4) == 30
    assert books(alice) == (500, 0)


def test_what_was_granted_by_hand_is_not_taken_away_and_not_added_to(alice: User) -> None:
    assert alice.organisation is not None
    allowance.change(actor=alice, monthly_email=10, monthly_phone=0, refresh_day=15)
    grant(alice, 100)
    assert refresh(alice.organisation, 15) == 0
    assert books(alice) == (100, 0)


def test_credits_that_are_held_count_as_there(alice: User) -> None:
    assert alice.organisation is not None
    allowance.change(actor=alice, monthly_email=10, monthly_phone=0, refresh_day=1)
    refresh(alice.organisation, 1)
    hold(alice, 10)
    assert refresh(alice.organisation, 1, month=4) == 0


def test_spending_all_does_not_bring_a_second_allowance_in_the_same_month(alice: User) -> None:
    assert alice.organisation is not None
    allowance.change(actor=alice, monthly_email=5, monthly_phone=0, refresh_day=1)
    grant(alice, 5)
    assert refresh(alice.organisation, 2) == 0
    hold(alice, 5)
    assert refresh(alice.organisation, 3) == 0


@given(
    st.datetimes(
        datetime.datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        datetime.datetime(2040, 1, 1),  # noqa: DTZ001 - as above
        timezones=st.just(datetime.UTC),
    ),
    st.integers(1, 28),
    st.sampled_from(["UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Europe/Berlin"]),
)
def test_a_month_has_one_begin_and_the_next_one_is_after_it(
    now: datetime.datetime, day: int, zone: str
) -> None:
    begin = allowance.month_begin(now, day=day, zone=zone)
    after = allowance.next_refresh(now, day=day, zone=zone)
    assert begin.day == after.day == day
    assert 28 <= (after - begin).days <= 31
    assert begin - datetime.timedelta(days=1) <= now.date() < after + datetime.timedelta(days=1)


def test_an_impossible_allowance_is_refused_field_by_field(alice: User) -> None:
    with pytest.raises(Invalid) as caught:
        allowance.change(actor=alice, monthly_email=-1, monthly_phone=0, refresh_day=31)
    assert set(caught.value.fields) == {"monthly_email", "refresh_day"}


def test_the_words_of_the_ledger_are_those_of_the_rules() -> None:
    assert set(CreditEvent.values) == {"grant", "hold", "spend", "release", "refund"}
