"""Settings, Browser extension: a code, the own browsers, a warning, the files."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import pairing
from accounts.models import PairedBrowser, User
from tests.outreach.making import user

pytestmark = pytest.mark.django_db

URL = "/settings/extension/"
HTMX = {"hx-request": "true"}


@pytest.fixture
def alice() -> User:
    return user("alice")


@pytest.fixture
def page(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def text(client: Client, query: str = "") -> str:
    return html.unescape(client.get(URL + query).content.decode())


def code_in(content: bytes) -> str:
    found = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", content.decode())
    assert found is not None
    return found[0]


def redeem(code: str, name: str = "Chromium on Linux") -> PairedBrowser:
    return pairing.redeem(code=code, name=name, now=timezone.now())[0]


def test_the_code_is_shown_once_with_the_address_and_its_time_and_the_page_sees_it_typed(
    page: Client, alice: User, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://beckon.acme.example"
    assert "None yet." in text(page)
    answer = page.post(URL)
    code = code_in(answer.content)
    shown = answer.content.decode()
    assert "https://beckon.acme.example" in shown
    assert answer["Cache-Control"] == "no-store"
    seconds = re.search(r'data-countdown="(\d+)"', shown)
    assert seconds is not None
    assert 590 <= int(seconds[1]) <= 600
    assert code not in text(page)
    waiting = f"?waiting={PairedBrowser.objects.for_organisation(alice.organisation_id).get().pk}"
    assert waiting in shown
    assert page.get(URL + waiting, headers=HTMX).status_code == 204
    assert page.get(URL + waiting).status_code == 200
    redeem(code)
    assert "is connected. It acts as you" in text(page, waiting)
    assert "last used" in text(page)


def test_a_code_that_ran_out_is_told(page: Client, alice: User) -> None:
    page.post(URL)
    waiting = f"?waiting={PairedBrowser.objects.for_organisation(alice.organisation_id).get().pk}"
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        answer = page.get(URL + waiting, headers=HTMX)
    assert "The code has run out." in answer.content.decode()
    for strange in ("?waiting=x", "?waiting=" + "9" * 400, "?waiting=%00"):
        assert page.get(URL + strange, headers=HTMX).status_code == 200


def test_only_the_own_browsers_are_there_and_can_be_disconnected(page: Client, alice: User) -> None:
    bob = user("bob", of=alice.organisation)
    mine = redeem(pairing.start(actor=alice, now=timezone.now())[1], "<b>\u202eMine")
    his = redeem(pairing.start(actor=bob, now=timezone.now())[1], "Bobs Firefox")
    shown = page.get(URL).content.decode()
    assert "&lt;b&gt;\u202eMine" in shown
    assert "Bobs Firefox" not in shown
    for action in ("disconnect", "read"):
        assert page.post(f"{URL}{his.pk}/{action}/").status_code == 404
    answer = page.post(f"{URL}{mine.pk}/disconnect/", follow=True)
    assert "&lt;b&gt;\u202eMine disconnected." in answer.content.decode()
    assert "None yet." in text(page)


def test_a_code_that_was_used_twice_stands_there_until_it_was_read(page: Client, alice: User) -> None:
    code = code_in(page.post(URL).content)
    browser = redeem(code)
    with pytest.raises(pairing.CodeRefused):
        redeem(code)
    shown = text(page)
    assert "The code of <bdi>Chromium on Linux</bdi> was used a second time" in shown
    assert "None yet." in shown
    assert page.post(f"{URL}{browser.pk}/read/").status_code == 302
    assert "was used a second time" not in text(page)


def test_the_files_are_offered_when_they_are_there(page: Client, tmp_path: Path, settings: Any) -> None:
    settings.STATICFILES_DIRS = [tmp_path]
    assert "make extension" in text(page)
    assert "beckon-chromium.zip" not in text(page)
    (tmp_path / "dist" / "extension").mkdir(parents=True)
    (tmp_path / "dist" / "extension" / "beckon-chromium.zip").write_bytes(b"PK")
    shown = text(page)
    assert '/static/dist/extension/beckon-chromium.zip" download="beckon-chromium.zip"' in shown
    assert "make extension" not in shown
    assert "beckon-firefox.zip" not in shown
