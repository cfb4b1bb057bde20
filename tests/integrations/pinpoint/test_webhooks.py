"""Deliveries: signed over the raw body, known by its hash, believed in one id only."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.base.errors import MalformedResponse, SignatureRefused
from integrations.base.records import Capability, RemoteRef, WebhookCall
from integrations.vendors.pinpoint.connector import PinpointConnector
from integrations.vendors.pinpoint.webhooks import signed

SECRET = "whsec-1"
#: printf '{"event":"application_hired"}' | openssl dgst -sha256 -hmac whsec-1 -binary | base64
EXPECTED = b"8KQGGgL9tkpygPWN8jFuKMQRq5lLP6WUs4pIKDApbWI="


def receive(body: bytes, signature: str | None = None, secrets: tuple[str, ...] = (SECRET,)) -> WebhookCall:
    given = signed(body, SECRET).decode() if signature is None else signature
    return PinpointConnector.receive(headers={"pinpoint-hmac-sha256": given}, body=body, secrets=secrets)


def test_the_signature_is_base64_of_the_hmac_of_the_raw_body() -> None:
    assert signed(b'{"event":"application_hired"}', SECRET) == EXPECTED


def test_a_hire_names_the_application_to_read_again() -> None:
    body = json.dumps(
        {"event": "application_hired", "triggeredAt": "2026-01-31", "data": {"application": {"id": 1000050}}}
    ).encode()
    call = receive(body)
    assert call.event == "application_hired"
    assert call.changed == (RemoteRef(external_id="1000050"),)
    assert call.delivery_id == receive(body).delivery_id


@pytest.mark.parametrize(
    "data", [{}, None, [], {"job": {"id": 4}}, {"application": None}, {"application": {"id": True}}]
)
def test_other_events_are_taken_and_concern_nobody(data: object) -> None:
    call = receive(json.dumps({"event": "something_new", "data": data}).encode())
    assert (call.event, call.changed) == ("something_new", ())


@pytest.mark.parametrize("signature", ["", "é", "AAAA", signed(b"{}", "another").decode()])
def test_a_forged_delivery_is_refused(signature: str) -> None:
    with pytest.raises(SignatureRefused):
        receive(b"{}", signature)


def test_no_secret_at_all_and_an_empty_one_open_to_nobody() -> None:
    for secrets in ((), ("",)):
        with pytest.raises(SignatureRefused):
            receive(b"{}", signed(b"{}", "").decode(), secrets)


def test_an_older_secret_still_opens() -> None:
    assert receive(b"{}", secrets=("newer", SECRET)).changed == ()


@given(st.binary(max_size=200))
def test_signed_nonsense_is_malformed_or_harmless(body: bytes) -> None:
    try:
        call = receive(body)
    except MalformedResponse:
        return
    assert call.changed == ()


def test_one_changed_byte_is_another_delivery_and_is_refused_with_the_old_signature() -> None:
    with pytest.raises(SignatureRefused):
        receive(b'{"a":2}', signed(b'{"a":1}', SECRET).decode())


def test_webhooks_are_made_by_hand_there() -> None:
    assert not PinpointConnector.supports(Capability.SUBSCRIBE)
    assert any("Webhooks" in step for step in PinpointConnector.credentials_form.steps)
