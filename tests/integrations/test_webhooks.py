"""A vendor tells us of changes: believed only when signed, stored at once, done later, each delivery once."""

from __future__ import annotations

import datetime
import json
import threading
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from accounts.models import User
from integrations import connections, field_table, pulling, receiving, webhook_calls, webhooks
from integrations.models import CallStatus, Connection, Hook, LinkState, WebhookCall
from sourcing.models import Candidate
from tests.integrations import making, syncs
from tests.integrations.small_sourcewhale import SmallSourceWhale
from tests.integrations.toy import ToyServer, signed
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db


def begun() -> tuple[User, Connection]:
    alice = making.alice()
    row = syncs.connection(alice, capabilities=["export", "pull"])
    field_table.discover(row)
    assert webhooks.subscribe(row)
    return alice, row


def path(row: Connection) -> str:
    hook = Hook.objects.for_organisation(row.organisation_id).get(connection=row)
    return webhooks.address(hook).removeprefix("http://localhost:8000")


def secret(row: Connection) -> str:
    hook = Hook.objects.for_organisation(row.organisation_id).get(connection=row)
    _key, known = webhooks._open(hook)
    return known[0]


def deliver(row: Connection, *, sign: str | None = None, to: str = "", **said: Any) -> Any:
    body = json.dumps({"delivery": "d1", "event": "person.changed", **said}).encode()
    signature = signed(body, secret(row) if sign is None else sign)
    return Client(enforce_csrf_checks=True).post(
        to or path(row), body, content_type="application/json", headers={"X-Signature": signature}
    )


def calls(row: Connection) -> list[WebhookCall]:
    return list(WebhookCall.objects.for_organisation(row.organisation_id).order_by("pk"))


def follow(row: Connection) -> int:
    return webhook_calls.follow(organisation_id=row.organisation_id, connection_id=row.pk)


def everybody(row: Connection) -> list[str]:
    rows = Candidate.objects.for_organisation(row.organisation_id).order_by("pk")
    return [person.title or person.first_name for person in rows]


def test_the_vendor_is_given_an_unguessable_address_once(toy: ToyServer) -> None:
    _alice, row = begun()
    assert toy.hooks["h1"].startswith("http://localhost:8000/hooks/")
    assert len(path(row)) > 50
    assert webhooks.subscribe(row)
    assert len(toy.calls("POST", "/hooks")) == 1
    hook = Hook.objects.for_organisation(row.organisation_id).get()
    assert path(row).split("/")[2] not in hook.sealed + hook.key_hash


def test_a_delivery_is_stored_and_answered_at_once_and_only_the_named_people_are_read(toy: ToyServer) -> None:
    _alice, row = begun()
    toy.add("r1", first="Ada", emails=["ada@there.example"])
    toy.add("r2", first="Bea", emails=["bea@there.example"])
    before = len(toy.server.seen)
    assert deliver(row, changed=["r1"], first="Evil").status_code == 200
    assert len(toy.server.seen) == before, "nobody was asked while the vendor waited"
    (call,) = calls(row)
    assert (call.status, call.changed) == (
        CallStatus.RECEIVED,
        [{"external_id": "r1", "record_type": "candidate"}],
    )
    assert b"Evil" in bytes(call.body)
    assert follow(row) == 1
    assert everybody(row) == ["Ada"]
    (call,) = calls(row)
    assert (call.status, bytes(call.body)) == (CallStatus.DONE, b"")


def test_a_repeated_delivery_is_done_once(toy: ToyServer) -> None:
    _alice, row = begun()
    toy.add("r1", first="Ada")
    for _ in range(3):
        assert deliver(row, changed=["r1"]).status_code == 200
        follow(row)
    assert len(calls(row)) == 1
    assert len(toy.calls("GET", "/r1")) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_woken_at_once_follow_each_delivery_once_and_in_order(toy: ToyServer) -> None:
    _alice, row = begun()
    for number in range(6):
        toy.add(f"r{number}", first=f"P{number}")
        deliver(row, delivery=f"d{number}", changed=[f"r{number}"])
    together = threading.Barrier(4)

    def worker() -> None:
        try:
            together.wait(60)
            follow(row)
        finally:
            database.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    read = [seen.path.rsplit("/", 1)[-1] for seen in toy.server.seen if "/people/r" in seen.path]
    assert read == [f"r{number}" for number in range(6)]
    assert {call.status for call in calls(row)} == {CallStatus.DONE}


def test_a_delivery_whose_worker_died_is_followed_after_its_lease(toy: ToyServer) -> None:
    _alice, row = begun()
    toy.add("r1", first="Ada")
    deliver(row, changed=["r1"])
    rows = WebhookCall.objects.for_organisation(row.organisation_id)
    rows.update(lease_until=timezone.now() + datetime.timedelta(seconds=60))
    assert follow(row) == 0
    rows.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    assert follow(row) == 1
    assert everybody(row) == ["Ada"]


def test_a_delivery_at_which_we_fail_ourselves_is_given_up_and_holds_up_no_other(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _alice, row = begun()
    toy.add("r1", first="Ada")
    toy.add("r2", first="Bea")
    deliver(row, delivery="d1", changed=["r1"])
    deliver(row, delivery="d2", changed=["r2"])
    rows = WebhookCall.objects.for_organisation(row.organisation_id)
    with monkeypatch.context() as broken:
        broken.setattr(receiving, "take", Mock(side_effect=ZeroDivisionError))
        for _ in range(webhook_calls.TRIES):
            with pytest.raises(ZeroDivisionError):
                follow(row)
            rows.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    assert follow(row) == 1
    first, second = calls(row)
    assert (first.status, second.status) == (CallStatus.FAILED, CallStatus.DONE)
    assert first.reason.startswith("Beckon could not finish this in 6 tries")
    assert everybody(row) == ["Bea"]


def test_a_handshake_is_echoed_and_stores_nothing(toy: ToyServer) -> None:
    _alice, row = begun()
    answer = deliver(row, challenge="abc-123")
    assert (answer.status_code, answer.headers["X-Challenge"], calls(row)) == (200, "abc-123", [])


def test_a_forged_delivery_is_401_and_leaves_no_trace(toy: ToyServer) -> None:
    _alice, row = begun()
    assert deliver(row, sign="guessed", changed=["r1"]).status_code == 401
    assert Client().post(path(row), b"{}", content_type="application/json").status_code == 401
    assert calls(row) == []


def test_an_unknown_address_a_removed_connection_and_a_get_find_nothing(toy: ToyServer) -> None:
    alice, row = begun()
    kept = path(row)
    for wrong in ("x", "x" * 5_000, "%00", "../", "\u202e"):
        assert deliver(row, to=f"/hooks/{wrong}/", changed=["r1"]).status_code == 404
    assert Client().get(kept).status_code == 405
    sign = secret(row)
    connections.remove(actor=alice, connection=row)
    assert deliver(row, sign=sign, to=kept, changed=["r1"]).status_code == 404


def test_the_key_of_another_organisation_says_nothing_about_ours(toy: ToyServer) -> None:
    _alice, row = begun()
    theirs = syncs.connection(making.mallory(), capabilities=["export", "pull"])
    webhooks.ensure(theirs)
    assert deliver(row, to=path(theirs), changed=["r1"]).status_code == 401, "signed with our secret"
    assert calls(row) == calls(theirs) == []


def test_a_body_beyond_the_cap_is_refused_unread(toy: ToyServer) -> None:
    _alice, row = begun()
    assert deliver(row, changed=["r1"], padding="x" * webhooks.MOST_BYTES).status_code == 413
    assert calls(row) == []


def test_a_signed_body_that_cannot_be_read_is_kept_as_failed_and_answered(toy: ToyServer) -> None:
    _alice, row = begun()
    body = b"\xff\x00 not json"
    answer = Client().post(
        path(row), body, content_type="text/plain", headers={"X-Signature": signed(body, secret(row))}
    )
    (call,) = calls(row)
    assert (answer.status_code, call.status, bytes(call.body)) == (200, CallStatus.FAILED, body)
    assert follow(row) == 0


def test_a_record_named_as_gone_or_not_found_clears_its_link(toy: ToyServer) -> None:
    _alice, row = begun()
    for key in ("r1", "r2"):
        toy.add(key, first=key, emails=[f"{key}@there.example"])
    deliver(row, changed=["r1", "r2"])
    follow(row)
    toy.people.clear()
    deliver(row, delivery="d2", changed=["r1"], gone=["r2"])
    follow(row)
    links = [
        making.link(row, person)
        for person in Candidate.objects.for_organisation(row.organisation_id).order_by("pk")
    ]
    assert [link.state for link in links if link is not None] == [LinkState.GONE, LinkState.GONE]


def test_an_outage_is_tried_again_later_and_given_up_in_the_end(toy: ToyServer) -> None:
    _alice, row = begun()
    toy.add("r1", first="Ada")
    deliver(row, changed=["r1"])
    for _ in range(webhook_calls.TRIES):
        toy.fail("GET /r1", *[Answer(status=503, body={"message": "Maintenance"})] * 3)
        WebhookCall.objects.for_organisation(row.organisation_id).update(not_before=None)
        follow(row)
    (call,) = calls(row)
    assert (call.status, call.reason) == (CallStatus.FAILED, "Maintenance")
    assert webhook_calls.due(now=timezone.now()) == []


def test_old_deliveries_are_forgotten(toy: ToyServer) -> None:
    _alice, row = begun()
    deliver(row, changed=["r1"])
    assert webhook_calls.prune(now=timezone.now()) == 0
    assert webhook_calls.prune(now=timezone.now() + webhook_calls.RETENTION * 2) == 1


def test_a_secret_from_the_vendors_own_page_counts_beside_the_one_before(toy: ToyServer) -> None:
    alice, row = begun()
    old = secret(row)
    webhooks.set_secret(actor=alice, connection=row, secret="from-the-vendors-page")
    toy.add("r1", first="Ada")
    assert deliver(row, changed=["r1"]).status_code == 200
    assert deliver(row, sign=old, changed=["r1"]).status_code == 200
    webhooks.set_secret(actor=alice, connection=row, secret="and-another-one")
    assert deliver(row, sign=old, changed=["r1"]).status_code == 401
    with pytest.raises(webhooks.Invalid):
        webhooks.set_secret(actor=alice, connection=row, secret="")


def test_a_refused_subscription_says_why_and_is_asked_for_again(toy: ToyServer) -> None:
    alice = making.alice()
    row = syncs.connection(alice, capabilities=["export", "pull"])
    toy.fail("POST /hooks", Answer(status=422, body={"message": "The address must be https"}))
    assert not webhooks.subscribe(row)
    assert Hook.objects.for_organisation(row.organisation_id).get().trouble == "The address must be https"
    assert pulling.unsubscribed() == [(row.organisation_id, row.pk)]
    assert webhooks.subscribe(row)
    assert pulling.unsubscribed() == []


@pytest.mark.django_db(transaction=True)
def test_removing_the_connection_ends_the_subscription_there(toy: ToyServer) -> None:
    alice, row = begun()
    connections.remove(actor=alice, connection=row)
    assert toy.hooks == {}
    assert not Hook.objects.for_organisation(row.organisation_id).exists()


def test_where_no_single_record_can_be_read_a_linked_person_is_searched_for(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada")
    syncs.sync(row)
    assert syncs.recipient(made).candidate.first_name == "ada"
    hook = webhooks.ensure(row)
    address = webhooks.address(hook).removeprefix("http://localhost:8000")
    for key in ("c1", "stranger"):
        body = json.dumps({"candidateId": key}).encode()
        assert Client().post(address, body, content_type="application/json").status_code == 200
    assert follow(row) == len(calls(row)) == 2
    assert {call.status for call in calls(row)} == {CallStatus.DONE}
    assert len(everybody(row)) == 1
