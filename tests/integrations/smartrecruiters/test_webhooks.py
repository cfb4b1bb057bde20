"""Deliveries: the vendor's own test vector, forged and replayed ones, the handshake, the whole way from the sandbox."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from integrations.base.errors import ConnectorError, MalformedResponse, Rejected, SignatureRefused
from integrations.base.records import RemoteRef, Subscription, WebhookCall
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from integrations.vendors.smartrecruiters.webhooks import receive, signed
from sandbox.client import Sandbox
from tests.integrations.smartrecruiters.conftest import JOB, fault, writing

#: The vendor's demo client (smartrecruiters/sr-webhooks-client): key, delivery and the signature it makes.
KEY = "HeBVky2bccvvkcXPimH8c"
BODY = b'{"job_id":"jid","candidate_id":"cid"}'
DELIVERY = {
    "smartrecruiters-timestamp": "1574080897",
    "event-id": "123",
    "event-name": "application.created",
    "event-version": "v201910",
    "link": "<http://smartrecruiters.com/endpoint>; rel=self",
    "smartrecruiters-signature": "v1=2e9291f10d44ca10204a4cd81b05d73b6a316b2b605d4e2e0e0b37b40198ce1f",
}


def test_the_vendors_own_test_vector_is_accepted() -> None:
    call = receive(headers=DELIVERY, body=BODY, secrets=(KEY,))
    assert call == WebhookCall(
        delivery_id="123", event="application.created", changed=(RemoteRef(external_id="cid"),), status=202
    )


@pytest.mark.parametrize("secrets", [("another", KEY), (KEY, "another")])
def test_any_of_our_keys_and_any_segment_may_fit_while_keys_roll(secrets: tuple[str, ...]) -> None:
    several = {
        **DELIVERY,
        "smartrecruiters-signature": "v1=00; " + DELIVERY["smartrecruiters-signature"] + ";v2=11",
    }
    assert receive(headers=several, body=BODY, secrets=secrets).delivery_id == "123"


@pytest.mark.parametrize(
    "change",
    [
        {"smartrecruiters-signature": "v1=" + "0" * 64},
        {"smartrecruiters-signature": ""},
        {"smartrecruiters-signature": DELIVERY["smartrecruiters-signature"].removeprefix("v1=")},
        {"smartrecruiters-signature": "v1=ñ"},
        {"event-id": "124"},
        {"event-name": "candidate.deleted"},
        {"smartrecruiters-timestamp": "1574080898"},
        {"link": ""},
    ],
)
def test_a_delivery_that_was_forged_or_altered_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        receive(headers={**DELIVERY, **change}, body=BODY, secrets=(KEY,))


def test_another_body_another_key_and_no_key_at_all_are_refused() -> None:
    assert not signed(headers=DELIVERY, body=BODY + b" ", secrets=(KEY,))
    assert not signed(headers=DELIVERY, body=BODY, secrets=("another",))
    assert not signed(headers=DELIVERY, body=BODY, secrets=())
    assert not signed(headers=DELIVERY, body=BODY, secrets=("",))


def _signed_by_us(body: bytes, event: str) -> dict[str, str]:
    headers = {**DELIVERY, "event-name": event}
    names = ("event-id", "event-name", "event-version", "link")
    text = b".".join(
        [headers["smartrecruiters-timestamp"].encode(), body, *(headers[name].encode() for name in names)]
    )
    headers["smartrecruiters-signature"] = "v1=" + hmac.new(KEY.encode(), text, hashlib.sha256).hexdigest()
    return headers


def test_a_deleted_candidate_is_gone_and_an_event_about_a_job_concerns_nobody() -> None:
    body = b'{"id":"cid"}'
    call = receive(headers=_signed_by_us(body, "candidate.deleted"), body=body, secrets=(KEY,))
    assert (call.changed, call.gone) == ((), (RemoteRef(external_id="cid"),))
    call = receive(headers=_signed_by_us(body, "job.updated"), body=body, secrets=(KEY,))
    assert (call.changed, call.gone) == ((), ())


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"{}", b'{"id": null}', b"[" * 100_000])
def test_a_signed_delivery_without_a_candidate_in_it_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedResponse):
        receive(headers=_signed_by_us(body, "candidate.updated"), body=body, secrets=(KEY,))


def test_a_handshake_is_answered_with_its_own_word_and_says_nothing_else() -> None:
    call = receive(headers={"x-hook-secret": "4jn8fs9011jj8"}, body=b'{"id":"x"}', secrets=())
    assert (call.echo, call.status) == ({"X-Hook-Secret": "4jn8fs9011jj8"}, 200)
    assert (call.changed, call.gone, call.delivery_id) == ((), (), "")


@pytest.mark.parametrize("word", ["x" * 501, "a\r\nSet-Cookie: b", "ü"])
def test_a_handshake_cannot_put_words_into_our_answer(word: str) -> None:
    with pytest.raises(MalformedResponse):
        receive(headers={"x-hook-secret": word}, body=b"", secrets=())


def test_a_forged_delivery_is_not_excused_by_a_handshake_beside_it() -> None:
    headers = {**DELIVERY, "x-hook-secret": "word", "smartrecruiters-signature": "v1=00"}
    with pytest.raises(SignatureRefused):
        receive(headers=headers, body=BODY, secrets=(KEY,))


class Callback:
    """An address of ours: answers as the connector says, and keeps what it was told."""

    def __init__(self) -> None:
        self.calls: list[WebhookCall] = []
        self.refused = 0
        self.secrets: tuple[str, ...] = ()
        self.url = ""

    def wait_for(self, count: int) -> list[WebhookCall]:
        until = time.monotonic() + 10
        while time.monotonic() < until and len(self.calls) < count:
            time.sleep(0.02)
        return self.calls


@pytest.fixture
def callback() -> Iterator[Callback]:
    ours = Callback()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                call = SmartRecruitersConnector.receive(headers=headers, body=body, secrets=ours.secrets)
            except ConnectorError as error:
                ours.refused += 1
                self.send_response(error.status)
                self.end_headers()
                return
            if call.delivery_id:
                ours.calls.append(call)
            self.send_response(call.status)
            for name, value in call.echo.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ours.url = f"http://127.0.0.1:{server.server_port}/hooks/unguessable"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield ours
    server.shutdown()
    thread.join()
    server.server_close()


def test_from_subscribing_to_the_delivery_of_a_change_and_no_more_after_the_end(
    there: SmartRecruitersConnector, callback: Callback
) -> None:
    subscription = there.subscribe(url=callback.url, secret="")
    assert subscription.secret
    callback.secrets = (subscription.secret,)
    number = there.push(writing(target=JOB), existing=None).external_id
    (call,) = callback.wait_for(1)
    assert (call.event, call.changed) == ("candidate.created", (RemoteRef(external_id=number),))
    there.unsubscribe(subscription)
    there.unsubscribe(subscription)
    there.delete(RemoteRef(external_id=number))
    time.sleep(0.3)
    assert len(callback.calls) == 1
    assert callback.refused == 0


def test_subscribing_again_replaces_what_a_lost_answer_left(
    there: SmartRecruitersConnector, world: Sandbox, callback: Callback
) -> None:
    fault(world, kind="cut", path="/subscriptions", after=True, times=1)
    for _ in range(3):
        try:
            there.subscribe(url=callback.url, secret="")
        except ConnectorError:
            continue
    listed = there.client.get("/subscriptions").data["content"]
    assert len(listed) == 1


def test_an_address_that_does_not_answer_the_handshake_leaves_no_subscription(
    there: SmartRecruitersConnector,
) -> None:
    with pytest.raises(Rejected, match="HANDSHAKE_FAILED"):
        there.subscribe(url="http://127.0.0.1:9/hooks/x", secret="")
    assert there.client.get("/subscriptions").data["content"] == []
    there.unsubscribe(Subscription(external_id="never-there"))
