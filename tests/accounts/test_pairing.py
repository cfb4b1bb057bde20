"""A browser is paired by a code, once, and its tokens follow each other without anybody else joining in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import members, pairing, selectors
from accounts.models import AuditEntry, Ending, PairedBrowser, Role, User
from foundation.problems import NotAllowed
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)


def code_of(actor: User) -> str:
    return pairing.start(actor=actor, now=NOW)[1]


def paired(actor: User, name: str = "Chromium on Linux") -> tuple[PairedBrowser, pairing.Tokens]:
    return pairing.redeem(code=code_of(actor), name=name, now=NOW)


def row_of(actor: User) -> PairedBrowser:
    return PairedBrowser.objects.for_organisation(actor.organisation_id).get(user=actor)


def test_a_code_pairs_one_browser_with_whoever_made_it() -> None:
    alice, mallory = user("alice"), user("mallory")
    code = code_of(alice)
    assert len(code) == 11
    browser, tokens = pairing.redeem(code=code, name="  Chromium \t on Linux ", now=LATER)
    assert (browser.user, browser.organisation, browser.name) == (
        alice,
        alice.organisation,
        "Chromium on Linux",
    )
    assert pairing.authenticate(token=tokens.access, now=LATER).user == alice
    assert list(selectors.browsers(alice, now=LATER)) == [browser]
    assert list(selectors.browsers(mallory, now=LATER)) == []
    nameless, _ = paired(alice, " ")
    assert nameless.name == "Browser"


def test_a_code_is_read_however_it_is_typed() -> None:
    alice = user("alice")
    code = code_of(alice)
    typed = f" {code.lower().replace('0', 'o').replace('1', 'l').replace('-', ' ')} "
    assert pairing.redeem(code=typed, name="", now=NOW)[0].user == alice


def test_an_unknown_an_expired_a_replaced_and_a_strange_code_get_the_same_refusal() -> None:
    alice = user("alice")
    replaced, expired = code_of(alice), code_of(alice)
    told = set()
    for code in ("00000-00000", "", "é" * 10, "0" * 5_000, replaced):
        with pytest.raises(pairing.CodeRefused) as refused:
            pairing.redeem(code=code, name="", now=NOW)
        told.add(str(refused.value))
    with pytest.raises(pairing.CodeRefused) as refused:
        pairing.redeem(code=expired, name="", now=NOW + pairing.CODE_LASTS)
    assert told == {str(refused.value)}
    assert row_of(alice).paired_at is None


def test_a_code_that_comes_again_ends_what_it_paired_and_its_user_is_warned() -> None:
    alice = user("alice")
    code = code_of(alice)
    browser, tokens = pairing.redeem(code=code, name="", now=NOW)
    other, others = paired(alice)
    for _ in range(2):
        with pytest.raises(pairing.CodeRefused):
            pairing.redeem(code=code, name="", now=LATER)
    with pytest.raises(pairing.PairingEnded):
        pairing.authenticate(token=tokens.access, now=LATER)
    with pytest.raises(pairing.PairingEnded):
        pairing.refresh(token=tokens.refresh, now=LATER)
    (warning,) = selectors.unread_warnings(alice)
    assert (warning, warning.ending, warning.ended_at) == (browser, Ending.CODE_AGAIN, LATER)
    pairing.read_warning(actor=alice, browser=warning, now=LATER)
    assert list(selectors.unread_warnings(alice)) == []
    assert pairing.authenticate(token=others.access, now=LATER) == other


def test_a_warning_that_is_not_there_yet_cannot_be_read_away() -> None:
    alice = user("alice")
    browser, first = paired(alice)
    pairing.read_warning(actor=alice, browser=browser, now=NOW)
    _, second = pairing.refresh(token=first.refresh, now=NOW)
    pairing.authenticate(token=second.access, now=NOW)
    with pytest.raises(pairing.PairingEnded):
        pairing.refresh(token=first.refresh, now=LATER)
    assert list(selectors.unread_warnings(alice)) == [browser]


def test_only_who_may_make_tokens_gets_a_code_and_only_while_they_may_is_it_good() -> None:
    with pytest.raises(NotAllowed):
        code_of(user("mo", role=Role.MAILBOX_OWNER))
    alice, bob = user("alice"), user("bob")
    codes = code_of(alice), code_of(bob)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    User.objects.filter(pk=bob.pk).update(role=Role.MAILBOX_OWNER)
    for code in codes:
        with pytest.raises(pairing.CodeRefused):
            pairing.redeem(code=code, name="", now=NOW)


# ── tokens that follow each other ───────────────────────────────────────────


def test_a_refresh_replaces_both_tokens() -> None:
    _, first = paired(user("alice"))
    _, second = pairing.refresh(token=first.refresh, now=LATER)
    assert {first.access, first.refresh}.isdisjoint({second.access, second.refresh})
    with pytest.raises(pairing.TokenExpired):
        pairing.authenticate(token=first.access, now=LATER)
    pairing.authenticate(token=second.access, now=LATER + pairing.ACCESS_LASTS - timedelta(seconds=1))
    with pytest.raises(pairing.TokenExpired):
        pairing.authenticate(token=second.access, now=LATER + pairing.ACCESS_LASTS)


def test_after_a_lost_answer_the_same_tokens_come_again() -> None:
    _, first = paired(user("alice"))
    lost = pairing.refresh(token=first.refresh, now=NOW)[1]
    again = pairing.refresh(token=first.refresh, now=LATER)[1]
    assert again == lost
    assert pairing.authenticate(token=again.access, now=LATER + timedelta(minutes=59))


@pytest.mark.parametrize("use", ["access", "refresh"])
def test_the_token_before_ends_the_browser_once_a_new_one_was_used(use: str) -> None:
    alice = user("alice")
    _, first = paired(alice)
    _, second = pairing.refresh(token=first.refresh, now=NOW)
    if use == "access":
        pairing.authenticate(token=second.access, now=NOW)
    else:
        pairing.refresh(token=second.refresh, now=NOW)
    with pytest.raises(pairing.PairingEnded):
        pairing.refresh(token=first.refresh, now=LATER)
    with pytest.raises(pairing.PairingEnded):
        pairing.refresh(token=second.refresh, now=LATER)
    (warning,) = selectors.unread_warnings(alice)
    assert warning.ending == Ending.TOKEN_AGAIN


def test_a_copy_from_long_ago_is_noticed_too() -> None:
    alice = user("alice")
    _, first = paired(alice)
    tokens = first
    for _ in range(4):
        tokens = pairing.refresh(token=tokens.refresh, now=NOW)[1]
    with pytest.raises(pairing.PairingEnded):
        pairing.refresh(token=first.refresh, now=LATER)
    with pytest.raises(pairing.PairingEnded):
        pairing.authenticate(token=tokens.access, now=LATER)
    assert row_of(alice).ending == Ending.TOKEN_AGAIN


def test_after_90_days_without_use_nothing_of_it_is_good() -> None:
    alice = user("alice")
    _, tokens = paired(alice)
    nearly = NOW + pairing.UNUSED_LASTS - timedelta(seconds=1)
    _, tokens = pairing.refresh(token=tokens.refresh, now=nearly)
    assert len(selectors.browsers(alice, now=nearly)) == 1
    with pytest.raises(pairing.PairingEnded):
        pairing.refresh(token=tokens.refresh, now=nearly + pairing.UNUSED_LASTS)
    assert list(selectors.browsers(alice, now=nearly + pairing.UNUSED_LASTS)) == []


def test_it_is_out_at_once_when_it_is_disconnected_or_its_user_is_out() -> None:
    alice = user("alice")
    boss = user("boss", of=alice.organisation, role=Role.ADMIN)
    browser, tokens = paired(alice)
    other, others = paired(alice)
    pairing.disconnect(actor=boss, browser=browser, now=NOW)
    assert pairing.authenticate(token=tokens.access, now=NOW) == browser
    pairing.disconnect(actor=alice, browser=browser, now=NOW)
    members.set_active(actor=boss, member=alice, active=False)
    for had in (tokens, others):
        with pytest.raises(pairing.PairingEnded):
            pairing.authenticate(token=had.access, now=NOW)
        with pytest.raises(pairing.PairingEnded):
            pairing.refresh(token=had.refresh, now=NOW)
    members.set_active(actor=boss, member=alice, active=True)
    assert pairing.authenticate(token=others.access, now=NOW) == other
    assert list(selectors.unread_warnings(alice)) == []


def test_when_it_was_last_used_is_written_at_most_once_a_minute() -> None:
    alice = user("alice")
    _, tokens = paired(alice)
    for seconds, seen in ((59, 0), (60, 60), (61, 60)):
        pairing.authenticate(token=tokens.access, now=NOW + timedelta(seconds=seconds))
        assert row_of(alice).last_used_at == NOW + timedelta(seconds=seen)


@settings(max_examples=10)
@given(steps=st.lists(st.sampled_from(["refresh", "lose", "use", "copy"]), max_size=6), data=st.data())
def test_the_browser_itself_goes_on_until_a_copy_is_shown(steps: list[str], data: st.DataObject) -> None:
    """Whatever is lost or repeated, who keeps to the newest token they know is never put out by it."""
    PairedBrowser.objects.across_organisations("of the example before").all().delete()
    alice = User.objects.first() or user("alice")
    _, mine = paired(alice)
    spent: list[str] = []
    for step in steps:
        if step == "refresh":
            spent.append(mine.refresh)
            _, mine = pairing.refresh(token=mine.refresh, now=NOW)
            pairing.authenticate(token=mine.access, now=NOW)
        elif step == "lose":
            pairing.refresh(token=mine.refresh, now=NOW)
        elif step == "use":
            try:
                pairing.authenticate(token=mine.access, now=NOW)
            except pairing.TokenExpired:
                spent.append(mine.refresh)
                _, mine = pairing.refresh(token=mine.refresh, now=NOW)
                pairing.authenticate(token=mine.access, now=NOW)
        elif spent:
            with pytest.raises(pairing.PairingEnded):
                pairing.refresh(token=data.draw(st.sampled_from(spent)), now=NOW)
            assert row_of(alice).ending == Ending.TOKEN_AGAIN
            return
    pairing.refresh(token=mine.refresh, now=NOW)


# ── at once ─────────────────────────────────────────────────────────────────


def at_once(work: Callable[[], Any]) -> list[Any]:
    """What two calls at the same moment answer or raise."""
    together, found = threading.Barrier(2), []

    def call() -> None:
        together.wait()
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            found.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_one_code_at_once_from_two_places_pairs_one_browser_which_is_ended_as_copied() -> None:
    alice = user("alice")
    code = code_of(alice)
    found = at_once(lambda: pairing.redeem(code=code, name="", now=NOW))
    (refused,) = [each for each in found if isinstance(each, Exception)]
    assert isinstance(refused, pairing.CodeRefused)
    row = row_of(alice)
    assert (row.paired_at, row.ending) == (NOW, Ending.CODE_AGAIN)


@pytest.mark.django_db(transaction=True)
def test_two_refreshes_at_once_get_the_same_tokens_and_both_are_usable() -> None:
    _, first = paired(user("alice"))
    answers = at_once(lambda: pairing.refresh(token=first.refresh, now=NOW)[1])
    assert answers[0] == answers[1]
    pairing.authenticate(token=answers[0].access, now=NOW)
    pairing.refresh(token=answers[1].refresh, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_leave_one_code() -> None:
    alice = user("alice")
    codes = {code for _, code in at_once(lambda: pairing.start(actor=alice, now=NOW))}
    good = []
    for code in sorted(codes):
        try:
            good.append(pairing.redeem(code=code, name="", now=NOW))
        except pairing.CodeRefused:
            continue
    assert (len(codes), len(good)) == (2, 1)


# ── what is kept ────────────────────────────────────────────────────────────


def test_neither_row_nor_audit_trail_holds_what_pairs_or_what_it_hashes_to() -> None:
    alice = user("alice")
    code = code_of(alice)
    browser, tokens = pairing.redeem(code=code, name="Chromium", now=NOW)
    pairing.refresh(token=tokens.refresh, now=LATER)
    pairing.disconnect(actor=alice, browser=browser, now=LATER)
    row = PairedBrowser.objects.for_organisation(alice.organisation_id).values().get()
    kept = str(row)
    for secret in (code, code.replace("-", ""), tokens.access, tokens.refresh, tokens.refresh[4:26]):
        assert secret not in kept
    entries = AuditEntry.objects.filter(table="accounts_pairedbrowser").order_by("pk")
    assert [set(entry.changes) for entry in entries] == [{"name", "paired_at"}, {"ended_at", "ending"}]
    assert entries[0].actor_id == alice.pk
    alice.delete()
    assert not PairedBrowser.objects.across_organisations("gone with the user").exists()
    (last,) = AuditEntry.objects.filter(table="accounts_pairedbrowser", action="delete")
    assert {name for name in last.changes if name.endswith("_hash") or name == "seed"} == set()
