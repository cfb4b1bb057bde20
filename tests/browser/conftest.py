"""A real Chromium on a real server: ``page`` fails its test when the console or the CSP complained.

Without Chromium these tests are skipped, each saying how to get one; with ``CI=true`` they fail instead. What starts
it is in ``tests/conftest.py``: the extension's tests use the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser import chromium

#: What a page may say in the console: the browser's own note about a status we answered on purpose, and htmx's two
#: lines about a request that a navigation or a newer one cut short. Its first line comes before every failure; the
#: second tells which it was, so that any other still counts.
EXPECTED = ("the server responded with a status of 4", "htmx:afterRequest", "htmx:sendAbort")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, so that ``-m "not browser"`` leaves it out."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def live(live_server: Any, transactional_db: None) -> str:
    """The address of a server that serves this test's database and the static files; no slash at the end."""
    return str(live_server.url)


class Complaints(list[str]):
    """What pages said in the console or left unanswered; empty is good. A test may ``clear()`` what it provoked."""

    def watch(self, page: Page) -> None:
        """Listen to a page until it is closed."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.append(f"{page.url}: {error}"))
        page.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in EXPECTED):
            self.append(f"{message.location.get('url', '')}: {message.text}")

    def _failed(self, request: Request) -> None:
        # A request that a navigation cut short is nobody's mistake.
        if request.failure != "net::ERR_ABORTED":
            self.append(f"{request.url}: {request.failure}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Collects; at the end of the test anything in it is a failure (CSP violations are console errors)."""
    found = Complaints()
    yield found
    assert not found, "the browser complained:\n" + "\n".join(found)


@pytest.fixture
def new_page(browser: Browser, live: str, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Makes pages of any size and scheme; relative addresses lead to the live server."""
    contexts: list[BrowserContext] = []

    def make(*, width: int = 1280, height: int = 800, scheme: str = "light", **options: Any) -> Page:
        context = browser.new_context(
            base_url=live,
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(chromium.PATIENCE)
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A window of 1280 × 800, light."""
    return new_page()


@pytest.fixture
def log_in(live: str) -> Callable[..., None]:
    """``log_in(page, user)`` gives the browser a session; with a password it goes through the login page."""

    def sign_in(page: Page, user: Any, password: str = "") -> None:
        if not password:
            client = Client()
            client.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live}])
            return
        page.goto("/accounts/login/")
        page.get_by_label("E-mail").fill(user.email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/accounts/login" not in url)

    return sign_in
