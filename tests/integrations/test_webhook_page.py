"""Webhooks that only the vendor's own pages can make: our address and the secret, on the connection's page."""

from __future__ import annotations

import pytest

from integrations import webhooks
from integrations.models import Connection
from tests.integrations import making
from tests.integrations.pages import logged_in, text, url

pytestmark = pytest.mark.django_db

SECRET = "whsec-0123456789"


def page(user: making.User, row: Connection) -> str:
    return text(logged_in(user).get(url("connection", row.pk)))


def post(user: making.User, row: Connection, secret: str) -> int:
    return logged_in(user).post(url("webhook_secret", row.pk), {"secret": secret}).status_code


def test_the_address_is_shown_to_those_who_may_change_the_connection() -> None:
    alice = making.alice()
    row = making.connection(alice, vendor="pinpoint")
    assert "Webhooks" not in page(alice, row)
    address = webhooks.address(webhooks.ensure(row))
    assert address in page(alice, row)
    assert address not in page(making.bob(alice), row)


def test_the_secret_is_kept_and_never_shown_again() -> None:
    alice = making.alice()
    row = making.connection(alice, vendor="pinpoint")
    webhooks.ensure(row)
    assert post(alice, row, SECRET) == 302
    assert SECRET not in page(alice, row)
    assert post(alice, row, "short") == 422


def test_where_we_make_webhooks_ourselves_nothing_is_asked() -> None:
    alice = making.alice()
    row = making.connection(alice)
    webhooks.ensure(row)
    assert "Signing secret" not in page(alice, row)


def test_another_organisations_secret_cannot_be_set() -> None:
    row = making.connection(making.alice(), vendor="pinpoint")
    assert post(making.mallory(), row, SECRET) == 404
