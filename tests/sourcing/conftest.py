"""Alice owns, Bob is in her team, Mallory is in another organisation."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Organisation, Role, User
from tests.sourcing.factories import make_organisation, make_user


@pytest.fixture
def northgate(db: None) -> Organisation:
    return make_organisation("Northgate Search")


@pytest.fixture
def alice(northgate: Organisation) -> User:
    return make_user(northgate, "Alice Aubert", Role.ADMIN)


@pytest.fixture
def bob(northgate: Organisation) -> User:
    return make_user(northgate, "Bob Berger")


@pytest.fixture
def mallory(db: None) -> User:
    return make_user(make_organisation("Elsewhere"), "Mallory Marsh", Role.ADMIN)


@pytest.fixture
def as_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def as_bob(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def as_mallory(mallory: User) -> Client:
    client = Client()
    client.force_login(mallory)
    return client
