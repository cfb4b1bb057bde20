"""Host, header, media type and error objects."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from foundation import egress
from integrations.base.errors import AuthError, Rejected
from integrations.vendors.pinpoint.client import PinpointClient
from integrations.vendors.pinpoint.connector import PinpointConnector
from integrations.vendors.pinpoint.forms import PinpointCredentialsForm
from tests.integrations.conftest import API_KEY
from tests.integrations.pinpoint.answers import error, many
from tests.integrations.vendor_server import Answer, VendorServer


def client_of(subdomain: str) -> PinpointClient:
    credentials = {"subdomain": subdomain, "api_key": API_KEY}
    session = egress.session(timeout=1.0, max_bytes=1000)
    return PinpointClient(session=session, throttle=None, credentials=credentials)


def test_each_customer_has_a_host(settings: Any) -> None:
    assert client_of("acme-hiring").base_url() == "https://acme-hiring.pinpointhq.com/api/v1"
    settings.PINPOINT_BASE_URL = "http://127.0.0.1:9/pinpoint/{subdomain}/api/v1"
    assert client_of("acme").base_url() == "http://127.0.0.1:9/pinpoint/acme/api/v1"


@pytest.mark.parametrize(
    "subdomain", ["", "evil.example/", "a.b", "-a", "a-", "a" * 64, "acme#", "ácme", "a b", "acme\n", "A"]
)
def test_a_subdomain_that_is_none_never_gets_into_an_address(subdomain: str) -> None:
    with pytest.raises(AuthError):
        client_of(subdomain).base_url()


@given(st.text(max_size=80))
def test_the_form_takes_a_subdomain_or_says_what_one_is(typed: str) -> None:
    form = PinpointCredentialsForm(data={"subdomain": typed, "api_key": API_KEY})
    if form.is_valid():
        assert client_of(form.cleaned_data["subdomain"]).base_url().endswith(".pinpointhq.com/api/v1")
    else:
        assert isinstance(form.errors.as_data()["subdomain"][0], ValidationError)


@pytest.mark.parametrize("typed", ["Acme", "acme.pinpointhq.com", "https://acme.pinpointhq.com/jobs?x=1"])
def test_a_pasted_address_of_pinpoint_is_understood(typed: str) -> None:
    form = PinpointCredentialsForm(data={"subdomain": typed, "api_key": API_KEY})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["subdomain"] == "acme"


def test_a_short_subdomain_is_not_blacked_out_of_texts() -> None:
    assert client_of("a").redact(f"a bad day for {API_KEY}") == "a bad day for •••"


def test_key_and_media_type_travel_in_their_headers(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(many())
    pinpoint.check()
    (seen,) = vendor.seen
    assert seen.headers["x-api-key"] == API_KEY
    assert seen.headers["accept"] == "application/vnd.api+json"
    assert (seen.path, seen.params) == ("/jobs", {"page[size]": "1"})


def test_an_error_tells_its_words_and_the_attribute_it_points_to(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(error(422, "Email can't be blank", "/data/attributes/email"))
    with pytest.raises(Rejected) as caught:
        pinpoint.check()
    assert str(caught.value) == "Email can't be blank"
    assert caught.value.fields == {"email": "Email can't be blank"}


@pytest.mark.parametrize(
    "body", [{"errors": "no"}, {"errors": [None, 3, {}]}, {"errors": [{"source": 5}]}, ["x"], 7]
)
def test_odd_error_bodies_are_still_a_refusal(
    body: Any, pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(status=422, body=body))
    with pytest.raises(Rejected, match="422"):
        pinpoint.check()
