"""Another program is told at least once, in order, and a receiver that is away holds up nobody else."""

from __future__ import annotations

import datetime
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from foundation import egress
from foundation.problems import Conflict, Invalid, NotAllowed
from publishing import calling, endpoints, feed, sending, signing
from publishing.models import Endpoint, WebhookDelivery
from publishing.states import PATIENCE, DeliveryStatus
from tests.publishing.conftest import Receiver, happens

pytestmark = pytest.mark.django_db


def endpoint(actor: User, receiver: Receiver, path: str = "", **values: object) -> tuple[Endpoint, str]:
    asked = {"url": receiver.url + path, "description": "", "types": ()} | values
    return endpoints.create(actor=actor, **asked)


def deliveries(found: Endpoint) -> list[WebhookDelivery]:
    return list(
        WebhookDelivery.objects.for_organisation(found.organisation_id).filter(endpoint=found).order_by("pk")
    )


def due(found: Endpoint) -> None:
    """Time passes."""
    Endpoint.objects.for_organisation(found.organisation_id).filter(pk=found.pk).update(not_before=Now())
    WebhookDelivery.objects.for_organisation(found.organisation_id).update(not_before=Now())


def test_an_endpoint_is_told_what_it_asked_for_signed_so_that_it_can_check(
    alice: User, mallory: User, receiver: Receiver
) -> None:
    _, secret = endpoint(alice, receiver, types=["candidate.updated"])
    endpoint(mallory, receiver, "elsewhere")
    happens(alice, "candidate:1")
    happens(alice, "candidate:2", kind="candidate.created")
    assert sending.visit(seconds=5) == 1
    ((path, headers, body),) = receiver.calls
    told = json.loads(body)
    assert path == "/"
    assert headers["content-type"] == "application/json"
    assert (told["type"], told["subject"], told["data"]) == (
        "candidate.updated",
        "candidate:1",
        {"candidate_id": 1},
    )
    assert headers["webhook-id"] == told["id"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert headers["webhook-signature"] == signing.signature(
        secret, message_id=told["id"], timestamp=int(headers["webhook-timestamp"]), body=body
    )
    assert sending.visit(seconds=5) == 0


def test_a_subjects_events_come_in_order_also_when_one_is_refused(alice: User, receiver: Receiver) -> None:
    found, _ = endpoint(alice, receiver)
    happens(alice, "candidate:1", "candidate:1", "candidate:2", "candidate:1")
    first, second, other, third = (row.event.public_id for row in deliveries(found))
    receiver.status = 500
    sending.visit(seconds=20)
    assert sorted(receiver.ids()) == sorted([first, other])
    receiver.calls.clear()
    receiver.status = 204
    due(found)
    sending.visit(seconds=20)
    assert [each for each in receiver.ids() if each != other] == [first, second, third]
    assert {row.status for row in deliveries(found)} == {DeliveryStatus.DELIVERED}


def test_a_refusal_is_shown_and_tried_again_until_three_days_are_over(
    alice: User, receiver: Receiver
) -> None:
    found, _ = endpoint(alice, receiver)
    happens(alice, "candidate:1")
    receiver.status, receiver.body = 400, "no\0 \xfc".encode("latin-1") + b"x" * 5_000
    sending.visit(seconds=5)
    (row,) = deliveries(found)
    assert (row.status, row.attempts, row.answer_status) == (DeliveryStatus.WAITING, 1, 400)
    assert row.answer.startswith("no �xx")
    assert row.not_before > timezone.now()
    due(found)
    WebhookDelivery.objects.for_organisation(alice.tenant_id).update(give_up_at=Now())
    sending.visit(seconds=5)
    (row,) = deliveries(found)
    assert (row.status, row.attempts) == (DeliveryStatus.DEAD, 2)
    receiver.status = 200
    assert endpoints.replay(actor=alice, endpoint=found) == 1
    sending.visit(seconds=5)
    (row,) = deliveries(found)
    assert row.status == DeliveryStatus.DELIVERED
    assert row.give_up_at > timezone.now() + PATIENCE / 2
    # What was taken can be sent again too, by its own number.
    assert endpoints.replay(actor=alice, endpoint=found) == 0
    assert endpoints.replay(actor=alice, endpoint=found, deliveries=[row.pk]) == 1
    assert sending.visit(seconds=5) == 1


def test_a_dead_letter_does_not_hold_what_comes_after(alice: User, receiver: Receiver) -> None:
    found, _ = endpoint(alice, receiver)
    happens(alice, "candidate:1")
    WebhookDelivery.objects.for_organisation(alice.tenant_id).update(status=DeliveryStatus.DEAD)
    happens(alice, "candidate:1")
    sending.visit(seconds=5)
    assert [row.status for row in deliveries(found)] == [DeliveryStatus.DEAD, DeliveryStatus.DELIVERED]


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_is_away_is_asked_by_one_event_and_holds_nobody_else(
    alice: User, receiver: Receiver, status: int
) -> None:
    away, _ = endpoint(alice, receiver, "away")
    there, _ = endpoint(alice, receiver, "there")
    receiver.statuses["/away"] = status
    receiver.headers["Retry-After"] = "1800"
    happens(alice, *(f"candidate:{pk}" for pk in range(20)))
    sending.visit(seconds=5)
    assert len(receiver.ids("/there")) == 20
    asked = len(receiver.ids("/away"))
    assert asked < 20
    away.refresh_from_db()
    assert away.failing_since is not None
    assert away.not_before > timezone.now() + datetime.timedelta(minutes=25)
    assert sending.visit(seconds=5) == 0
    due(away)
    sending.visit(seconds=5)
    assert len(receiver.ids("/away")) == asked + 1
    receiver.statuses.clear()
    due(away)
    sending.visit(seconds=5)
    away.refresh_from_db()
    assert (away.failures, away.failing_since, away.trouble) == (0, None, "")
    assert {row.status for row in deliveries(away)} == {DeliveryStatus.DELIVERED}
    assert there.failing_since is None


def test_calls_that_were_under_way_together_are_one_failure(alice: User, receiver: Receiver) -> None:
    """Otherwise a blink of the receiver would hold its events for hours."""
    found, _ = endpoint(alice, receiver)
    happens(alice, *(f"candidate:{pk}" for pk in range(20)))
    receiver.status = 503
    sending.visit(seconds=5)
    assert len(receiver.calls) > 1
    found.refresh_from_db()
    assert found.failures == 1
    assert found.not_before < timezone.now() + datetime.timedelta(seconds=30)


def test_of_a_receiver_that_was_away_one_event_asks_at_a_time(
    alice: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while others' events make the visit look for more work again and again."""
    away, _ = endpoint(alice, receiver, "away")
    endpoint(alice, receiver, "there")
    happens(alice, *(f"candidate:{pk}" for pk in range(80)))
    Endpoint.objects.for_organisation(alice.tenant_id).filter(pk=away.pk).update(failures=1)
    at_once: list[int] = []
    called = calling.call

    def slow(lines: calling.Lines, url: str, **asked: Any) -> calling.Answer:
        if url.endswith("away"):
            at_once.append(1)
            time.sleep(0.5)
            assert len(at_once) == 1
            at_once.pop()
            return calling.Answer(calling.Meaning.AWAY, None, "gone", 1)
        return called(lines, url, **asked)

    monkeypatch.setattr(calling, "call", slow)
    sending.visit(seconds=5)
    assert len(receiver.ids("/there")) == 80
    assert sum(row.attempts for row in deliveries(away)) == 1


def test_a_receiver_that_is_gone_for_good_is_switched_off_and_says_so(
    alice: User, receiver: Receiver
) -> None:
    found, _ = endpoint(alice, receiver)
    happens(alice, "candidate:1")
    receiver.status = 410
    sending.visit(seconds=5)
    found.refresh_from_db()
    assert not found.active
    assert "410" in found.off_reason
    happens(alice, "candidate:2")
    assert sending.visit(seconds=5) == 0
    receiver.status = 200
    endpoints.change(actor=alice, endpoint=found, url=found.url, description="", types=(), active=True)
    due(found)
    assert sending.visit(seconds=5) == 1
    assert found.off_reason == ""


@pytest.mark.parametrize(
    ("headers", "body", "status", "says"),
    [
        ({"Location": "http://127.0.0.1:1/"}, b"", 302, "leads elsewhere"),
        ({}, b"x" * 1_000_000, 200, "larger than"),
    ],
)
def test_hostile_answers_are_refusals(
    alice: User, receiver: Receiver, headers: dict[str, str], body: bytes, status: int, says: str
) -> None:
    found, _ = endpoint(alice, receiver)
    happens(alice, "candidate:1")
    receiver.headers, receiver.body, receiver.status = headers, body, status
    sending.visit(seconds=5)
    (row,) = deliveries(found)
    assert row.status == DeliveryStatus.WAITING
    assert says in row.answer


def test_a_receiver_that_does_not_answer_in_time_is_away(
    alice: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_args: object, **_kwargs: object) -> None:
        raise egress.Unreachable("127.0.0.1 did not answer in time.", kind="timeout")

    monkeypatch.setattr(egress.Session, "request", silent)
    found, _ = endpoint(alice, receiver)
    happens(alice, "candidate:1")
    sending.visit(seconds=5)
    found.refresh_from_db()
    assert found.trouble == "127.0.0.1 did not answer in time."
    (row,) = deliveries(found)
    assert (row.status, row.answer_status) == (DeliveryStatus.WAITING, None)


def test_a_name_that_leads_into_our_network_is_not_called(
    alice: User, receiver: Receiver, settings: object
) -> None:
    found, _ = endpoint(alice, receiver)
    happens(alice, "candidate:1")
    settings.EGRESS_ALLOWED_PRIVATE_NETWORKS = ()  # type: ignore[attr-defined]
    sending.visit(seconds=5)
    assert receiver.calls == []
    (row,) = deliveries(found)
    assert row.status == DeliveryStatus.WAITING
    assert row.answer


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "ftp://hooks.example.com/",
        "http://hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://" + "a" * 2_000,
        "javascript:alert(1)",
    ],
)
def test_an_address_that_cannot_be_called_is_refused_with_a_reason(
    alice: User, settings: object, url: str
) -> None:
    settings.EGRESS_ALLOWED_PRIVATE_NETWORKS = ()  # type: ignore[attr-defined]
    with pytest.raises(Invalid) as refused:
        endpoints.create(actor=alice, url=url, description="", types=())
    assert refused.value.fields["url"]


def test_only_administrators_have_webhooks_and_not_without_end(
    alice: User, bob: User, receiver: Receiver
) -> None:
    with pytest.raises(NotAllowed):
        endpoint(bob, receiver)
    with pytest.raises(Invalid):
        endpoint(alice, receiver, types=["candidate.exploded"])
    for _ in range(endpoints.MOST):
        endpoint(alice, receiver)
    with pytest.raises(Conflict):
        endpoint(alice, receiver)


def test_a_changed_secret_signs_beside_the_old_one_for_a_day(
    alice: User, receiver: Receiver, time_machine: object
) -> None:
    found, old = endpoint(alice, receiver)
    new = endpoints.rotate(actor=alice, endpoint=found)
    found.refresh_from_db()
    assert endpoints.secrets_of(found) == [new, old]
    assert old not in found.sealed
    assert new not in found.sealed
    time_machine.move_to(timezone.now() + endpoints.OVERLAP + datetime.timedelta(minutes=1))  # type: ignore[attr-defined]
    assert endpoints.secrets_of(found) == [new]


def test_a_test_is_sent_to_its_endpoint_alone_and_is_no_event_of_the_feed(
    alice: User, receiver: Receiver
) -> None:
    found, _ = endpoint(alice, receiver, types=["message.sent"])
    endpoint(alice, receiver, "other")
    endpoints.send_test(actor=alice, endpoint=found)
    assert sending.visit(seconds=5) == 1
    assert [json.loads(body)["type"] for _, _, body in receiver.calls] == ["webhook.test"]
    # It is written beside the one process that publishes: a reader who went on from it could miss an event.
    assert feed.events_after(viewer=alice, after="", types=(), size=200) == ([], False)


def test_a_secret_that_cannot_be_read_switches_the_endpoint_off(alice: User, receiver: Receiver) -> None:
    found, _ = endpoint(alice, receiver)
    happens(alice, "candidate:1")
    Endpoint.objects.for_organisation(alice.tenant_id).update(sealed="nothing of ours")
    assert sending.visit(seconds=5) == 0
    found.refresh_from_db()
    assert not found.active
    assert "secret" in found.off_reason


@pytest.mark.django_db(transaction=True)
def test_an_event_whose_worker_was_killed_is_sent_again(alice: User, receiver: Receiver) -> None:
    """At least once: the receiver has it from the first worker already, under the same id."""
    found, _ = endpoint(alice, receiver)
    happens(alice, "candidate:1")
    script = textwrap.dedent(
        f"""
        import os, signal, django
        django.setup()
        from django.db import connection
        from publishing import sending
        connection.settings_dict["NAME"] = {connection.settings_dict["NAME"]!r}
        sending.settle = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        sending.visit(seconds=5)
        """
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL
    assert len(receiver.calls) == 1
    cache.delete("publishing:visit")
    assert sending.visit(seconds=5) == 0
    WebhookDelivery.objects.for_organisation(alice.tenant_id).update(lease_until=Now())
    with transaction.atomic():
        assert sending.take_back() == 1
    sending.visit(seconds=5)
    first, second = receiver.ids()
    assert first == second
    assert deliveries(found)[0].status == DeliveryStatus.DELIVERED


def test_all_that_is_held_of_a_slow_receiver_is_called_before_its_lease_ends() -> None:
    waiting = -(-sending._AT_A_TIME // sending._OF_ONE) + 1
    assert (waiting + 1) * calling.TIMEOUT < sending._LEASE_SECONDS
