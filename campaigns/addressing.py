"""Which address of a person a step goes to: docs/behaviour.md §3 as functions of their arguments. Pure.

The first rule that finds a usable address wins; in every rule an unusable one is passed over. Explanations
name rules and kinds, never an address: they are shown to people who may not see a private one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import TypeGuard

from django.db.models import TextChoices

from campaigns.states import HoldReason


class Kind(TextChoices):
    """The type of an address. *Business* on screen is ``work``; ``other`` is neither work nor personal."""

    PERSONAL = "personal", "Personal"
    WORK = "work", "Business"
    OTHER = "other", "Other"


class Prefer(TextChoices):
    """*Prefer*, per campaign (seed 002, rows B3–B5)."""

    NO_PREFERENCE = "no_preference", "No preference"
    PERSONAL = "personal", "Personal Address"
    WORK = "work", "Work Address"


class Rule(TextChoices):
    """Which rule chose; the label is the sentence shown in the recipient dialogue."""

    OVERRIDE = "override", "Set for this campaign."
    KEPT = "kept", "The address of the step before it: the same thread goes on."
    PINNED = "pinned", "Pinned with “Use this address first” when the person was added."
    FIRST = "first", "No preference: the first usable address."
    PREFERRED = "preferred", "The first usable address of the preferred type."
    OTHER_TYPE = "other_type", "No usable address of the preferred type, so the first usable one of another."


class Unusable(Enum):
    """Why an address is passed over; the value is the sentence shown where it was chosen by hand."""

    INVALID = "This is not a valid e-mail address."
    BOUNCED = "This address has bounced. Mark it as valid first."
    SUPPRESSED = "This address is on the do-not-contact list."
    DUMMY = "This is a placeholder made for an export; nobody reads it."
    PRIVATE = "This is another user's private address."
    ALREADY_BOUNCED_HERE = "This address has bounced in this campaign."
    PRIVATE_LATER = "This private address was added after the person; choose it by hand to use it."


@dataclass(frozen=True)
class Address:
    """One address of a person, in relevance order among the others. ``text`` is normalised.

    ``id`` is None for an address that exists only as an override in a campaign. ``private_to`` is the user
    who added it by hand, None for a shared one.
    """

    id: int | None
    text: str
    kind: Kind = Kind.OTHER
    valid: bool = True
    bounced: bool = False
    suppressed: bool = False
    dummy: bool = False
    private_to: int | None = None
    added_at: datetime | None = None


@dataclass(frozen=True)
class Recipient:
    """What the choice needs to know of one person in one campaign.

    ``starter`` is who started the campaign (before that: who is looking). ``burnt`` are normalised addresses
    that bounced hard for this recipient and were not marked as valid by hand since; no rule uses them.
    ``pin`` is the id of the address that was pinned when the person was added.
    """

    starter: int | None
    added_at: datetime | None = None
    prefer: Prefer = Prefer.NO_PREFERENCE
    strict: bool = False
    override: Address | None = None
    pin: int | None = None
    burnt: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Choice:
    """The address to write to, and the rule that chose it."""

    address: Address
    rule: Rule

    @property
    def explanation(self) -> str:
        """The sentence for people; it holds no address."""
        return str(self.rule.label)


@dataclass(frozen=True)
class NoAddress:
    """Nothing may be written to. ``reason`` is what the recipient's hold is given."""

    reason: HoldReason

    @property
    def explanation(self) -> str:
        """The sentence for people."""
        return str(self.reason.label)


def choose(addresses: Sequence[Address], recipient: Recipient) -> Choice | NoAddress:
    """The address of step 1, by rules 1 to 5. ``addresses`` are in relevance order."""
    if _by_hand(recipient.override, recipient):
        return Choice(recipient.override, Rule.OVERRIDE)
    return _by_rules(addresses, recipient)


def choose_again(
    current: Address | None, addresses: Sequence[Address], recipient: Recipient
) -> Choice | NoAddress:
    """The address of a later step: the one in use until it stops being usable or an override is set."""
    if _by_hand(recipient.override, recipient):
        return Choice(recipient.override, Rule.OVERRIDE)
    if _by_hand(current, recipient):
        return Choice(current, Rule.KEPT)
    return _by_rules(addresses, recipient)


def next_after_bounce(
    addresses: Sequence[Address], recipient: Recipient, *, bounced: str
) -> Choice | NoAddress:
    """The next address once ``bounced`` (normalised) is dead: rules 2 to 4, never an address used up here."""
    return _by_rules(addresses, replace(recipient, override=None, burnt=recipient.burnt | {bounced}))


def unusable_by_hand(address: Address, *, starter: int | None) -> Unusable | None:
    """Why a person may not choose this address for a campaign (override, *Try again*); None if they may.

    A bounced address may be chosen again once somebody has marked it as valid, a suppressed one never.
    """
    if address.dummy:
        return Unusable.DUMMY
    if not address.valid:
        return Unusable.INVALID
    if address.private_to is not None and address.private_to != starter:
        return Unusable.PRIVATE
    if address.suppressed:
        return Unusable.SUPPRESSED
    return Unusable.BOUNCED if address.bounced else None


def unusable(address: Address, recipient: Recipient) -> Unusable | None:
    """Why the automatic rules pass this address over; None if they may use it.

    A private address counts only for recipients added after it: nobody's running campaign changes because
    somebody typed an address.
    """
    if (by_hand := unusable_by_hand(address, starter=recipient.starter)) is not None:
        return by_hand
    if address.text in recipient.burnt:
        return Unusable.ALREADY_BOUNCED_HERE
    if address.private_to is not None and not _was_there(address, recipient):
        return Unusable.PRIVATE_LATER
    return None


def pin_when_added(
    pins: Collection[tuple[int, int]], addresses: Collection[Address], *, adder: int | None
) -> int | None:
    """The pin a new recipient takes along, out of (address id, user who pinned it).

    A pin on a shared address holds for the organisation, one on a private address only for its adder, whose
    own goes before the shared one.
    """
    by_id = {address.id: address for address in addresses}
    shared: int | None = None
    for address_id, pinned_by in pins:
        address = by_id.get(address_id)
        if address is None:
            continue
        if address.private_to is None:
            shared = address_id
        elif address.private_to == pinned_by == adder:
            return address_id
    return shared


def _by_rules(addresses: Sequence[Address], recipient: Recipient) -> Choice | NoAddress:
    usable = [address for address in addresses if unusable(address, recipient) is None]
    for address in usable:
        if recipient.pin is not None and address.id == recipient.pin:
            return Choice(address, Rule.PINNED)
    if recipient.prefer == Prefer.NO_PREFERENCE:
        return Choice(usable[0], Rule.FIRST) if usable else NoAddress(HoldReason.NO_ADDRESS)
    kind = Kind(str(recipient.prefer))
    for address in usable:
        if address.kind == kind:
            return Choice(address, Rule.PREFERRED)
    if not usable:
        return NoAddress(HoldReason.NO_ADDRESS)
    if not recipient.strict:
        return Choice(usable[0], Rule.OTHER_TYPE)
    if kind is Kind.PERSONAL:
        return NoAddress(HoldReason.NO_PERSONAL_ADDRESS)
    return NoAddress(HoldReason.NO_WORK_ADDRESS)


def _by_hand(address: Address | None, recipient: Recipient) -> TypeGuard[Address]:
    """An address somebody chose, or that is in use: it stands until it bounces or may not be written to."""
    return (
        address is not None
        and address.text not in recipient.burnt
        and unusable_by_hand(address, starter=recipient.starter) is None
    )


def _was_there(address: Address, recipient: Recipient) -> bool:
    if address.added_at is None or recipient.added_at is None:
        return False
    return address.added_at <= recipient.added_at
