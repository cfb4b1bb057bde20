"""What stands around a page, by role, plan and address."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
import redis
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import RequestFactory
from django.urls import Resolver404, resolve

from accounts.models import Organisation, Plan, Role, User
from config.frame import Frame, frame
from outreach.inbound import unread

pytestmark = pytest.mark.django_db


def around(user: User | AnonymousUser, path: str = "/people/") -> Frame:
    request = RequestFactory().get(path)
    request.user = user
    found = frame(request)["frame"]
    assert isinstance(found, Frame)
    return found


def somebody(
    role: str = Role.ADMIN, *, plan: str = Plan.PROFESSIONAL, switched_on: bool = True, is_staff: bool = False
) -> User:
    organisation = Organisation.objects.create(name="Northgate", plan=plan, integrations_enabled=switched_on)
    return User.objects.create_user(
        "alice@northgate.example", organisation=organisation, role=role, name="Alice", is_staff=is_staff
    )


def test_an_admin_finds_everything() -> None:
    found = around(somebody())
    assert [item.label for item in found.nav] == [
        "Search",
        "Projects",
        "Outreach",
        "Inbox",
        "Tasks",
        "Reports",
    ]
    assert [item.label for item in found.menu] == ["Integrations", "Settings", "Help"]
    assert found.outreach_settings
    assert found.search_url


def test_a_mailbox_owner_finds_the_mailboxes_and_nothing_else() -> None:
    found = around(somebody(Role.MAILBOX_OWNER))
    assert found.nav == []
    assert found.outreach_settings
    assert [item.label for item in found.menu] == ["Settings", "Help"]
    assert (found.search_url, found.tray_url, found.recent) == ("", "", [])


@pytest.mark.parametrize(
    ("plan", "switched_on", "shown"),
    [
        (Plan.ESSENTIAL, True, True),
        (Plan.PROFESSIONAL, True, True),
        (Plan.ENTERPRISE, True, True),
        (Plan.FREE, True, False),
        (Plan.ENTERPRISE, False, False),
    ],
)
def test_integrations_stand_in_the_menu_when_plan_and_switch_allow(
    plan: str, switched_on: bool, shown: bool
) -> None:
    found = around(somebody(plan=plan, switched_on=switched_on))
    assert ("Integrations" in [item.label for item in found.menu]) is shown


def test_the_admin_site_is_for_staff() -> None:
    assert "Admin" in [item.label for item in around(somebody(is_staff=True)).menu]


@pytest.mark.parametrize(
    ("path", "active"),
    [
        ("/people/7/", "people"),
        ("/projects/1/outreach/", "projects"),
        ("/campaigns/4/steps/", "outreach"),
        ("/recipients/9/", "outreach"),
        ("/outreach/outbox/", "outreach"),
        ("/outreach/settings/", "mailboxes"),
        ("/outreach/mailboxes/new/", "mailboxes"),
        ("/integrations/new/", "integrations"),
        ("/accounts/2fa/", "settings"),
        ("/elsewhere/", ""),
    ],
)
def test_the_page_lights_up_the_part_it_belongs_to(path: str, active: str) -> None:
    found = around(somebody(), path)
    items = [*found.nav, *found.menu, found.outreach_settings]
    assert [item.id for item in items if item and item.active] == ([active] if active else [])
    assert found.menu_active is (active in {"integrations", "settings"})


def test_a_stranger_gets_an_empty_frame() -> None:
    assert around(AnonymousUser()) == Frame()


def test_an_administrator_without_organisation_finds_the_admin_site_only() -> None:
    root = User.objects.create_superuser("root@example.com", "x", name="Root")
    assert [item.label for item in around(root).menu] == ["Admin"]
    assert around(root).nav == []


def test_every_link_of_the_frame_leads_somewhere() -> None:
    found = around(somebody(is_staff=True))
    items = [*found.nav, *found.menu, found.outreach_settings]
    urls = [item.url for item in items if item] + [found.search_url, found.tray_url]
    lost = []
    for url in urls:
        try:
            resolve(url)
        except Resolver404:
            lost.append(url)
    assert lost == []


def test_the_unread_number_is_counted_anew_in_the_inbox_and_some_seconds_old_elsewhere(monkeypatch) -> None:
    alice, answers = somebody(), iter([3, 2])
    monkeypatch.setattr(unread, "count", lambda *_, **__: next(answers))

    def shown(path: str) -> int:
        return next(item.count for item in around(alice, path).nav if item.id == "inbox")

    assert [shown("/people/"), shown("/projects/"), shown("/inbox/"), shown("/people/")] == [3, 3, 2, 2]


def test_without_redis_the_unread_number_is_counted_for_every_page(monkeypatch) -> None:
    alice = somebody()
    monkeypatch.setattr(unread, "count", lambda *_, **__: 4)
    monkeypatch.setattr(cache, "get", Mock(side_effect=redis.ConnectionError("gone")))
    assert next(item.count for item in around(alice).nav if item.id == "inbox") == 4
