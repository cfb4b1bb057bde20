"""The wizard's operations and the verification (seed 000; docs/behaviour.md §8)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from foundation import runs, secrets
from foundation.models import RunStatus
from foundation.problems import Invalid
from foundation.states import IllegalTransition
from integrations import connections, exporting, opening
from integrations.models import Connection, ConnectionStatus, ItemStatus, Reason, RemoteLink
from integrations.same_account import SameAccount
from tests.integrations import making
from tests.integrations.small_sourcewhale import KEY, SmallSourceWhale, stored_then
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db


BOTH = ["export", "pools"]


def begin(actor: Any, *capabilities: str, **values: Any) -> Connection:
    return connections.begin(actor=actor, vendor="sourcewhale", capabilities=capabilities or BOTH, **values)


def submitted(actor: Any, row: Connection, key: str = KEY) -> Connection:
    """Submit and let a worker verify."""
    run = connections.submit(actor=actor, connection=row, values={"api_key": key})
    runs.work(run.pk)
    row.refresh_from_db()
    return row


def states(row: Connection) -> dict[str, str]:
    return {line["check"]: line["state"] for line in row.verification}


def test_the_whole_wizard_ends_connected_with_one_test_record(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = begin(alice)
    assert row.status == ConnectionStatus.DRAFT
    row = submitted(alice, row)
    assert row.status == ConnectionStatus.CONNECTED
    assert row.verified_at is not None
    assert states(row) == dict.fromkeys(["key", "jobs", "pools", "fields", "find", "record"], "ok")
    assert [line["text"] for line in row.verification][1:3] == ["1 found.", "2 found."]
    (held,) = whale.people.values()
    assert (held["name"], held["emails"]) == ("Beckon connection test", ["no-email-0@beckon.example.com"])
    # Attached to nothing, exported by nobody.
    assert held["projectIds"] == []
    assert "campaignId" not in held
    assert not RemoteLink.objects.for_organisation(alice.organisation_id).exists()
    assert row.verification_run is not None
    assert row.verification_run.status == RunStatus.DONE


def test_a_second_verification_uses_the_test_record_again(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = submitted(alice, begin(alice))
    runs.work(connections.verify(actor=alice, connection=row).pk)
    row.refresh_from_db()
    assert row.status == ConnectionStatus.CONNECTED
    assert len(whale.calls("add")) == 1
    assert "used again" in row.verification[-1]["text"]


def test_without_pools_campaigns_are_neither_checked_nor_needed(whale: SmallSourceWhale) -> None:
    whale.fail("campaigns/list", Answer(status=403, body={"message": "No"}))
    alice = making.alice()
    row = submitted(alice, begin(alice, "export"))
    assert row.status == ConnectionStatus.CONNECTED
    assert "pools" not in states(row)


def test_a_wrong_key_is_told_plainly_and_nothing_else_is_tried(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = submitted(alice, begin(alice), key="sw-wrong-key-9999")
    assert row.status == ConnectionStatus.DRAFT
    assert states(row) == {
        "key": "failed",
        "jobs": "left out",
        "pools": "left out",
        "fields": "left out",
        "find": "left out",
        "record": "left out",
    }
    assert "not accepted: enter them again. The server said: Invalid API key." in row.trouble
    assert "sw-wrong" not in str(row.verification)
    assert len(whale.server.seen) == 1
    assert row.verification_run is not None
    assert row.verification_run.status == RunStatus.FAILED


def test_a_connection_that_worked_before_asks_to_be_reconnected(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = submitted(alice, begin(alice))
    whale.key = "rotated-key-there"
    runs.work(connections.verify(actor=alice, connection=row).pk)
    row.refresh_from_db()
    assert row.status == ConnectionStatus.NEEDS_RECONNECT


def test_a_test_record_that_may_have_arrived_is_looked_for_before_it_is_made_again(
    whale: SmallSourceWhale, settings: Any
) -> None:
    settings.VENDOR_INDEX_DELAY = datetime.timedelta(minutes=2)
    alice = making.alice()
    row = begin(alice)
    whale.fail("candidates/add", stored_then(Answer(cut=True)))
    # SourceWhale has not indexed it yet.
    whale.fail("candidates/search", *[Answer(body={"candidates": []})] * 4)
    row = submitted(alice, row)
    assert row.status == ConnectionStatus.DRAFT
    assert "Verify again in 120 s" in row.verification[-1]["text"]
    runs.work(connections.verify(actor=alice, connection=row).pk)
    row.refresh_from_db()
    assert "may be on its way" in row.verification[-1]["text"]
    assert len(whale.calls("add")) == 1
    runs.work(connections.verify(actor=alice, connection=row).pk)
    row.refresh_from_db()
    assert row.status == ConnectionStatus.CONNECTED
    assert len(whale.calls("add")) == 1
    assert row.test_record_tried_at is None


def test_a_429_during_verification_says_when_to_come_back(whale: SmallSourceWhale) -> None:
    whale.fail("projects/list", Answer(status=429, headers={"Retry-After": "40"}))
    alice = making.alice()
    row = submitted(alice, begin(alice))
    assert row.verification[0]["text"].endswith("Verify again in 40 s.")


def test_a_second_click_on_confirm_choices_makes_no_second_connection(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    assert begin(alice).pk == begin(alice, "export").pk
    assert Connection.objects.for_organisation(alice.organisation_id).get().capabilities == ["export"]
    submitted(alice, begin(alice))
    with pytest.raises(connections.NameTaken, match="Give this account a name"):
        begin(alice)


def test_a_further_account_has_a_name_of_its_own_that_can_be_changed(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    first = submitted(alice, begin(alice))
    # Two clicks, the second with other spelling: one connection.
    london = begin(alice, name=" London\u200b  office ")
    assert begin(alice, name="LONDON office").pk == london.pk != first.pk
    assert [row.label for row in (first, london)] == ["SourceWhale", "SourceWhale (London office)"]
    connections.choose(actor=alice, connection=london, capabilities=BOTH, name="SourceWhale UK")
    assert london.label == "SourceWhale UK"
    with pytest.raises(connections.NameTaken, match="called “sourcewhale uk”"):
        connections.choose(actor=alice, connection=first, capabilities=BOTH, name="sourcewhale uk")
    with pytest.raises(Invalid, match="at most 60"):
        begin(alice, name="x" * 61)
    # What others call theirs is nobody's business.
    assert begin(making.mallory(), name="SourceWhale UK").label == "SourceWhale UK"


def test_the_same_key_is_not_connected_twice_and_a_removed_one_may_come_again(
    whale: SmallSourceWhale,
) -> None:
    alice = making.alice()
    first = submitted(alice, begin(alice))
    other = begin(alice, name="Paris")
    with pytest.raises(SameAccount, match="SourceWhale has this account already"):
        connections.submit(actor=alice, connection=other, values={"api_key": KEY})
    other.refresh_from_db()
    assert (other.status, other.secret) == (ConnectionStatus.DRAFT, "")
    # Entered again where it belongs, and by another organisation, it is no second time.
    assert submitted(alice, first).status == ConnectionStatus.CONNECTED
    mallory = making.mallory()
    assert submitted(mallory, begin(mallory)).status == ConnectionStatus.CONNECTED
    connections.remove(actor=alice, connection=first)
    assert submitted(alice, other).status == ConnectionStatus.CONNECTED
    again = begin(alice, name="Lyon", again=first)
    with pytest.raises(SameAccount, match=r"SourceWhale \(Paris\) has this account"):
        connections.submit(actor=alice, connection=again, values={"api_key": KEY})


def test_where_a_field_names_the_account_another_key_to_it_is_no_other_account() -> None:
    one = opening.account_of("pinpoint", {"subdomain": "acme", "api_key": "pp-key-number-1"})
    assert one == opening.account_of("pinpoint", {"subdomain": "acme", "api_key": "pp-key-number-2"})
    assert one != opening.account_of("pinpoint", {"subdomain": "acme-uk", "api_key": "pp-key-number-1"})


@pytest.mark.parametrize("ticked", [[], ["pools"], ["sync"]])
def test_export_must_be_ticked(ticked: list[str]) -> None:
    alice = making.alice()
    with pytest.raises(Invalid, match="Tick Export"):
        connections.begin(actor=alice, vendor="sourcewhale", capabilities=ticked)


def test_what_the_system_does_not_offer_is_refused() -> None:
    alice = making.alice()
    with pytest.raises(Invalid, match="SourceWhale offers export, pools"):
        connections.begin(actor=alice, vendor="sourcewhale", capabilities=["export", "pull"])


def test_the_key_is_sealed_for_this_row_only(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = submitted(alice, begin(alice))
    assert KEY not in row.secret
    other = making.connection(making.mallory())
    other.secret = row.secret
    with pytest.raises(secrets.SecretMisplaced):
        opening.open_connector(other)


def test_removing_wipes_the_key_stops_exports_and_keeps_links(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    ada, bea = making.person(alice, "Ada"), making.person(alice, "Bea")
    making.work(making.export(alice, row, ada))
    export = making.export(alice, row, bea)
    connections.remove(actor=alice, connection=row)
    row.refresh_from_db()
    assert (row.status, row.secret) == (ConnectionStatus.REMOVED, "")
    assert making.item(export, bea).status == ItemStatus.SKIPPED
    assert making.item(export, bea).reason_code == Reason.CONNECTION_REMOVED
    assert making.link(row, ada) is not None
    with pytest.raises(IllegalTransition):
        connections.remove(actor=alice, connection=row)


def test_the_same_account_again_recognises_the_people_sent_and_another_does_not(
    whale: SmallSourceWhale,
) -> None:
    alice = making.alice()
    row, ada = making.connection(alice), making.person(alice)
    making.work(making.export(alice, row, ada))
    connections.remove(actor=alice, connection=row)
    again = begin(alice, again=row)
    assert again.pk == row.pk
    assert exporting.exported_before(again, [ada.pk]) == {ada.pk}
    connections.remove(actor=alice, connection=again)
    assert begin(alice).pk != row.pk


def test_who_one_is_there_defaults_to_the_login_address(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    bob = making.bob(alice)
    row = making.connection(alice)
    connections.set_identity(actor=alice, connection=row, email="a@sourcewhale.example")
    assert opening.acting_as(row, alice) == "a@sourcewhale.example"
    assert opening.acting_as(row, bob) == bob.email
    with pytest.raises(Invalid):
        connections.set_identity(actor=alice, connection=row, email="not an address")
    connections.set_identity(actor=alice, connection=row, email="")
    assert opening.acting_as(row, alice) == alice.email
