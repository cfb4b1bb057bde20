"""*Ctrl K*: what is found by a few letters, and by whom."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role, User
from sourcing import projects
from sourcing.models import Visibility
from tests.campaigns import making
from tests.sourcing.factories import make_candidate, make_organisation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return make_user(make_organisation("Northgate Search"), "Alice Aubert", Role.ADMIN)


def jumped(viewer: User, text: str) -> str:
    client = Client()
    client.force_login(viewer)
    return client.get("/jump/", {"q": text}, headers={"HX-Request": "true"}).content.decode()


def test_people_projects_pages_and_actions_are_found(alice: User) -> None:
    make_candidate(alice.organisation, "Newton", "Faber", company="Voltra")
    projects.create(organisation=alice.organisation, actor=alice, name="A new team in Munich")
    found = jumped(alice, "new")
    for words in ("Newton Faber", "Voltra", "A new team in Munich", "New project"):
        assert words in found
    assert "Synonyms" in jumped(alice, "syno")
    nothing = jumped(alice, "<b>zzz")
    assert "Nothing is called" in nothing
    assert "<b>zzz" not in nothing


def test_a_campaign_is_found_with_its_project() -> None:
    made = making.campaign("Ada")
    assert f'href="/campaigns/{made.pk}/"' in jumped(made.owner, "wav")


def test_what_is_hidden_or_elsewhere_is_not_found(alice: User) -> None:
    bob = make_user(alice.organisation, "Bob Berger")
    mallory = make_user(make_organisation("Elsewhere"), "Mallory Marsh", Role.ADMIN)
    projects.create(
        organisation=alice.organisation, actor=alice, name="Secret board", visibility=Visibility.CONFIDENTIAL
    )
    make_candidate(alice.organisation, "Newton", "Faber")
    assert "Secret board" in jumped(alice, "secret")
    assert "Secret board" not in jumped(bob, "secret")
    assert "Newton" not in jumped(mallory, "newton")


def test_a_role_is_offered_only_its_own_pages(alice: User) -> None:
    bob = make_user(alice.organisation, "Bob Berger")
    assert "Audit trail" in jumped(alice, "audit")
    assert "Audit trail" not in jumped(bob, "audit")


def test_without_script_it_is_a_page_and_help_is_another(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    page = client.get("/jump/", {"q": "settings"}).content.decode()
    assert "<h1" in page
    assert 'href="/settings/"' in page
    assert "machine learning" in client.get("/help/").content.decode()
