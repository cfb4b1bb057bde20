"""Signed over body and request id; whatever else a delivery says is not believed."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from integrations.base.errors import MalformedResponse, SignatureRefused
from integrations.base.records import RemoteRef, Subscription, WebhookCall
from integrations.vendors.cats.connector import CatsConnector
from tests.integrations.cats.answers import ADA, DONE, made, page
from tests.integrations.vendor_server import Answer, VendorServer

SECRET = "chosen-by-us"


def receive(
    body: bytes,
    *,
    request_id: str = "req-1",
    signature: str | None = None,
    secrets: tuple[str, ...] = (SECRET,),
) -> WebhookCall:
    digest = hmac.new(SECRET.encode(), body + request_id.encode(), hashlib.sha256).hexdigest()
    headers = {"x-request-id": request_id, "x-signature": signature or f"HMAC-SHA256 {digest}"}
    return CatsConnector.receive(headers=headers, body=body, secrets=secrets)


def body(event: str, **more: Any) -> bytes:
    return json.dumps({"event": event, "date": "2026-03-01T10:00:00Z", **more}).encode()


def test_a_signed_delivery_names_the_person_to_read_again() -> None:
    call = receive(body("candidate.updated", candidate_id=401, _embedded={"candidate": ADA}))
    assert call == WebhookCall(
        delivery_id="req-1", event="candidate.updated", changed=(RemoteRef(external_id="401"),)
    )


def test_a_known_example_of_the_signature() -> None:
    """Fixed here so that code and test cannot change together unseen."""
    text = b'{"event":"candidate.updated","candidate_id":1}'
    digest = "492d3bc62c114542b8bed1fbf3d5e5ba8c77552f7547ee890e0e9979f4092e4c"
    assert receive(text, signature=f"HMAC-SHA256 {digest}").changed == (RemoteRef(external_id="1"),)


@pytest.mark.parametrize(
    ("event", "more", "changed", "gone"),
    [
        ("contact.created", {"contact_id": 9}, [("9", "contact")], []),
        ("contact.deleted", {"contact_id": 9}, [], [("9", "contact")]),
        ("candidate.deleted", {"candidate_id": 401}, [], [("401", "candidate")]),
        ("pipeline.deleted", {"candidate_id": 401, "pipeline_id": 88}, [("401", "candidate")], []),
        ("job.updated", {"job_id": 55}, [], []),
        ("candidate.updated", {"candidate_id": "../users"}, [], []),
        ("candidate.updated", {}, [], []),
        ("", {"candidate_id": 401}, [], []),
    ],
    ids=str,
)
def test_each_event_names_whom_it_concerns(event: str, more: Any, changed: Any, gone: Any) -> None:
    call = receive(body(event, **more))
    assert [(ref.external_id, ref.record_type) for ref in call.changed] == changed
    assert [(ref.external_id, ref.record_type) for ref in call.gone] == gone


def test_a_signature_over_the_body_alone_is_refused() -> None:
    text = body("candidate.updated", candidate_id=401)
    digest = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    with pytest.raises(SignatureRefused):
        receive(text, signature=f"HMAC-SHA256 {digest}")


def test_a_delivery_replayed_under_another_id_is_refused() -> None:
    text = body("candidate.updated", candidate_id=401)
    digest = hmac.new(SECRET.encode(), text + b"req-1", hashlib.sha256).hexdigest()
    with pytest.raises(SignatureRefused):
        receive(text, request_id="req-2", signature=f"HMAC-SHA256 {digest}")


@pytest.mark.parametrize("signature", ["x", "HMAC-SHA256 ", "HMAC-SHA256 äöü", "SHA256 0"])
def test_forged_signatures_are_refused(signature: str) -> None:
    with pytest.raises(SignatureRefused):
        receive(body("candidate.updated"), signature=signature)


def test_another_webhooks_secret_is_refused_and_an_older_one_of_ours_is_not() -> None:
    text = body("candidate.updated", candidate_id=401)
    with pytest.raises(SignatureRefused):
        receive(text, secrets=("another",))
    with pytest.raises(SignatureRefused):
        receive(text, secrets=())
    assert receive(text, secrets=("newer", SECRET)).changed


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_signed_body_that_is_no_object_is_malformed(text: bytes) -> None:
    with pytest.raises(MalformedResponse):
        receive(text)


def test_subscribing_replaces_an_earlier_webhook_to_the_same_place_and_no_other(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    ours, theirs = "https://beckon.example/hooks/1", "https://elsewhere.example/x"
    vendor.will_answer(
        page("webhooks", {"id": 4, "target_url": ours}, {"id": 5, "target_url": theirs}, more=True),
        page("webhooks", more=True),
        DONE,
        made(6, "webhooks"),
    )
    assert cats.subscribe(url=ours, secret=SECRET) == Subscription(external_id="6", secret=SECRET)
    assert [(seen.method, seen.path) for seen in vendor.seen[2:]] == [
        ("DELETE", "/webhooks/4"),
        ("POST", "/webhooks"),
    ]
    asked = vendor.seen[3].body
    assert (asked["target_url"], asked["secret"]) == (ours, SECRET)
    assert "candidate.updated" in asked["events"]
    assert not any(event.startswith("activity") for event in asked["events"])


def test_ending_a_webhook_that_is_gone_is_no_error(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(status=404))
    cats.unsubscribe(Subscription(external_id="6"))
    assert vendor.seen[0].path == "/webhooks/6"
