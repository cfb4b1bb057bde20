"""Two organisations, and people of both: Alice owns, Bob is in her team, Mallory is elsewhere."""

from __future__ import annotations

import pytest

from accounts.models import Organisation, Role, User


def member(name: str, organisation: Organisation, role: str = Role.RECRUITER) -> User:
    return User.objects.create_user(
        f"{name.lower()}@{organisation.pk}.example.com",
        "correct horse battery",
        name=name,
        organisation=organisation,
        role=role,
    )


@pytest.fixture
def organisation(db) -> Organisation:
    return Organisation.objects.create(name="Northgate Search")


@pytest.fixture
def alice(organisation: Organisation) -> User:
    return member("Alice", organisation, Role.ADMIN)


@pytest.fixture
def bob(organisation: Organisation) -> User:
    return member("Bob", organisation)


@pytest.fixture
def mallory(db) -> User:
    return member("Mallory", Organisation.objects.create(name="Elsewhere"), Role.ADMIN)
