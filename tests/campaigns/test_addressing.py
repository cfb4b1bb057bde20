"""Which address a step goes to: rows B1–B16 of the promises, docs/behaviour.md §3."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.addressing import (
    Address,
    Choice,
    Kind,
    NoAddress,
    Prefer,
    Recipient,
    Rule,
    Unusable,
    choose,
    choose_again,
    next_after_bounce,
    pin_when_added,
    unusable,
    unusable_by_hand,
)
from campaigns.states import HoldReason

ALICE, BOB = 1, 2
ADDED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

home = Address(1, "eva@home.example", Kind.PERSONAL)
office = Address(2, "eva@office.example", Kind.WORK)
club = Address(3, "eva@club.example", Kind.OTHER)
second_home = Address(4, "eva2@home.example", Kind.PERSONAL)
EVERY = [office, home, club, second_home]

eva = Recipient(starter=ALICE, added_at=ADDED)


def chosen(result: Choice | NoAddress) -> tuple[int | None, Rule]:
    assert isinstance(result, Choice)
    return result.address.id, result.rule


def nothing(result: Choice | NoAddress) -> HoldReason:
    assert isinstance(result, NoAddress)
    return result.reason


CASES = [
    # B1, B2: relevance order, first address of the profile, any type
    (EVERY, {}, (2, Rule.FIRST)),
    ([club, office], {}, (3, Rule.FIRST)),
    # B3: the preferred type, in relevance order
    (EVERY, {"prefer": Prefer.PERSONAL}, (1, Rule.PREFERRED)),
    (EVERY, {"prefer": Prefer.WORK}, (2, Rule.PREFERRED)),
    ([second_home, home], {"prefer": Prefer.PERSONAL}, (4, Rule.PREFERRED)),
    # B4: the other type when the preferred is missing, both ways; Other is neither
    ([office], {"prefer": Prefer.PERSONAL}, (2, Rule.OTHER_TYPE)),
    ([home], {"prefer": Prefer.WORK}, (1, Rule.OTHER_TYPE)),
    ([club, home], {"prefer": Prefer.WORK}, (3, Rule.OTHER_TYPE)),
    # B7–B9: the pin goes before the preference, and before the strict box
    (EVERY, {"pin": 3, "prefer": Prefer.WORK}, (3, Rule.PINNED)),
    (EVERY, {"pin": 3, "prefer": Prefer.WORK, "strict": True}, (3, Rule.PINNED)),
    (EVERY, {"pin": 99}, (2, Rule.FIRST)),
    # B14–B16: what was set for this campaign goes before everything, and need not be on the profile
    (EVERY, {"override": Address(None, "eva@new.example"), "pin": 3}, (None, Rule.OVERRIDE)),
    # The strict box means nothing without a preference
    ([club], {"strict": True}, (3, Rule.FIRST)),
]


@pytest.mark.parametrize(("addresses", "settings", "expected"), CASES)
def test_the_first_rule_that_finds_an_address_wins(addresses, settings, expected) -> None:
    assert chosen(choose(addresses, replace(eva, **settings))) == expected


@pytest.mark.parametrize(
    ("addresses", "settings", "reason"),
    [
        ([], {}, HoldReason.NO_ADDRESS),
        ([], {"prefer": Prefer.WORK, "strict": True}, HoldReason.NO_ADDRESS),
        # B5: the fallback switched off
        ([office], {"prefer": Prefer.PERSONAL, "strict": True}, HoldReason.NO_PERSONAL_ADDRESS),
        ([home, club], {"prefer": Prefer.WORK, "strict": True}, HoldReason.NO_WORK_ADDRESS),
    ],
)
def test_without_an_address_the_reason_is_told(addresses, settings, reason) -> None:
    assert nothing(choose(addresses, replace(eva, **settings))) is reason


def test_the_sentences_of_a_missing_address_are_those_promised() -> None:
    missing = choose([office], replace(eva, prefer=Prefer.PERSONAL, strict=True))

    assert missing.explanation == "No personal address, other types are switched off."


DEAD = [
    ({"bounced": True}, Unusable.BOUNCED),
    ({"suppressed": True}, Unusable.SUPPRESSED),
    ({"valid": False}, Unusable.INVALID),
    ({"dummy": True}, Unusable.DUMMY),
    ({"private_to": BOB, "added_at": ADDED}, Unusable.PRIVATE),
]


@pytest.mark.parametrize(("flaw", "why"), DEAD)
def test_an_unusable_address_is_passed_over_in_every_rule(flaw, why) -> None:
    bad = replace(office, **flaw)

    assert unusable(bad, eva) is why
    assert chosen(choose([bad, home], eva)) == (1, Rule.FIRST)
    assert chosen(choose([bad, home], replace(eva, pin=2))) == (1, Rule.FIRST)
    assert chosen(choose([bad, home], replace(eva, prefer=Prefer.WORK))) == (1, Rule.OTHER_TYPE)
    assert chosen(choose([home], replace(eva, override=bad))) == (1, Rule.FIRST)
    assert chosen(choose_again(bad, [bad, home], eva)) == (1, Rule.FIRST)


# Private addresses (B10–B13)


def test_a_private_address_is_used_by_a_campaign_its_adder_started() -> None:
    private = replace(office, private_to=ALICE, added_at=ADDED - timedelta(hours=1))

    assert chosen(choose([private, home], eva)) == (2, Rule.FIRST)
    assert chosen(choose([private, home], replace(eva, starter=BOB))) == (1, Rule.FIRST)
    assert chosen(choose([private, home], replace(eva, starter=None))) == (1, Rule.FIRST)


def test_a_private_address_added_after_the_person_is_for_choosing_by_hand_only() -> None:
    private = replace(office, private_to=ALICE, added_at=ADDED + timedelta(seconds=1))

    assert unusable(private, eva) is Unusable.PRIVATE_LATER
    assert chosen(choose([private, home], eva)) == (1, Rule.FIRST)
    assert unusable_by_hand(private, starter=ALICE) is None
    assert chosen(choose([home], replace(eva, override=private))) == (2, Rule.OVERRIDE)


def test_an_explanation_never_shows_an_address() -> None:
    for addresses in (EVERY, [office], []):
        for prefer in Prefer:
            assert "@" not in choose(addresses, replace(eva, prefer=prefer)).explanation


# Pins


def test_a_pin_on_a_shared_address_holds_for_everyone() -> None:
    assert pin_when_added([(1, ALICE)], EVERY, adder=BOB) == 1


def test_a_pin_on_a_private_address_holds_for_its_adder_only_and_goes_first() -> None:
    private = Address(9, "eva@secret.example", private_to=ALICE)
    pins = [(9, ALICE), (1, BOB)]

    assert pin_when_added(pins, [*EVERY, private], adder=ALICE) == 9
    assert pin_when_added(pins, [*EVERY, private], adder=BOB) == 1
    assert pin_when_added([(9, ALICE)], [*EVERY, private], adder=None) is None


def test_a_pin_on_an_address_that_is_gone_means_nothing() -> None:
    assert pin_when_added([(77, ALICE)], EVERY, adder=ALICE) is None


# Later steps


def test_a_later_step_keeps_the_address_even_if_a_better_one_appears() -> None:
    assert chosen(choose_again(club, EVERY, replace(eva, prefer=Prefer.WORK))) == (3, Rule.KEPT)


def test_an_override_set_later_moves_the_next_step() -> None:
    assert chosen(choose_again(club, EVERY, replace(eva, override=home))) == (1, Rule.OVERRIDE)


def test_an_override_that_bounced_here_is_not_used_for_the_next_step() -> None:
    typed = Address(None, "eva@new.example")

    again = choose_again(None, EVERY, replace(eva, override=typed, burnt=frozenset({typed.text})))

    assert chosen(again) == (2, Rule.FIRST)


# After a bounce (C1–C4)


def test_after_a_bounce_the_next_usable_address_follows() -> None:
    assert chosen(next_after_bounce(EVERY, eva, bounced=office.text)) == (1, Rule.FIRST)


def test_after_a_bounce_the_strict_box_keeps_to_the_preferred_type() -> None:
    strict = replace(eva, prefer=Prefer.PERSONAL, strict=True)

    assert chosen(next_after_bounce(EVERY, strict, bounced=home.text)) == (4, Rule.PREFERRED)
    after_both = replace(strict, burnt=frozenset({home.text}))
    assert (
        nothing(next_after_bounce(EVERY, after_both, bounced=second_home.text))
        is HoldReason.NO_PERSONAL_ADDRESS
    )


def test_after_an_override_bounced_the_rules_apply_again() -> None:
    typed = Address(None, "eva@new.example")

    result = next_after_bounce(EVERY, replace(eva, override=typed, pin=3), bounced=typed.text)

    assert chosen(result) == (3, Rule.PINNED)


def test_the_same_address_listed_twice_is_not_used_again_after_it_bounced() -> None:
    twin = replace(office, id=8, kind=Kind.PERSONAL)

    assert nothing(next_after_bounce([office, twin], eva, bounced=office.text)) is HoldReason.NO_ADDRESS


addresses = st.builds(
    Address,
    id=st.integers(1, 6),
    text=st.sampled_from([f"eva{n}@example.com" for n in range(6)]),
    kind=st.sampled_from(Kind),
    valid=st.booleans(),
    bounced=st.booleans(),
    suppressed=st.booleans(),
    dummy=st.booleans(),
    private_to=st.sampled_from([None, ALICE, BOB]),
    added_at=st.sampled_from([None, ADDED - timedelta(days=1), ADDED + timedelta(days=1)]),
)
recipients = st.builds(
    Recipient,
    starter=st.sampled_from([None, ALICE, BOB]),
    added_at=st.just(ADDED),
    prefer=st.sampled_from(Prefer),
    strict=st.booleans(),
    override=st.none() | addresses,
    pin=st.none() | st.integers(1, 6),
    burnt=st.frozensets(st.sampled_from([f"eva{n}@example.com" for n in range(6)]), max_size=3),
)


@settings(deadline=None)
@given(people=st.lists(addresses, max_size=6), recipient=recipients, current=st.none() | addresses)
def test_no_rule_ever_chooses_an_address_that_may_not_be_used(people, recipient, current) -> None:
    for result in (choose(people, recipient), choose_again(current, people, recipient)):
        if isinstance(result, Choice):
            assert unusable_by_hand(result.address, starter=recipient.starter) is None
            assert result.address.text not in recipient.burnt
            if result.rule not in {Rule.OVERRIDE, Rule.KEPT}:
                assert unusable(result.address, recipient) is None


@settings(deadline=None)
@given(people=st.lists(addresses, max_size=6), recipient=recipients)
def test_bouncing_one_address_after_another_always_comes_to_an_end(people, recipient) -> None:
    used: list[str] = []
    result = choose(people, recipient)
    while isinstance(result, Choice):
        assert result.address.text not in used
        used.append(result.address.text)
        burnt = recipient.burnt | set(used)
        result = next_after_bounce(people, replace(recipient, burnt=burnt), bounced=used[-1])

    assert len(used) <= len(people) + 1


@settings(deadline=None)
@given(people=st.lists(addresses, max_size=6), recipient=recipients)
def test_a_strict_campaign_never_writes_to_another_type_by_itself(people, recipient) -> None:
    strict = replace(recipient, strict=True, pin=None, override=None, prefer=Prefer.WORK)

    result = choose(people, strict)

    assert isinstance(result, NoAddress) or result.address.kind == Kind.WORK
