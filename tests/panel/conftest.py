"""Alice owns, Bob is in her team, Mallory is elsewhere."""

from __future__ import annotations

import pytest

from accounts.models import Organisation, Role, User
from tests.integrations.conftest import redis_connection, toy, toy_contacts, whale
from tests.sourcing.factories import make_organisation, make_user

__all__ = ["redis_connection", "toy", "toy_contacts", "whale"]


@pytest.fixture
def alice(db: None) -> User:
    return make_user(make_organisation(), "Alice Aubert", Role.ADMIN)


@pytest.fixture
def northgate(alice: User) -> Organisation:
    assert alice.organisation is not None
    return alice.organisation


@pytest.fixture
def bob(northgate: Organisation) -> User:
    return make_user(northgate, "Bob Berger")


@pytest.fixture
def mallory(db: None) -> User:
    return make_user(make_organisation("Elsewhere"), "Mallory Marsh", Role.ADMIN)
