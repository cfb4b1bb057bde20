"""*Allow access* in a window of its own, at the sandbox's sign-in pages on another origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from integrations.models import Connection, ConnectionStatus
from sandbox.client import Sandbox
from tests.browser.axe import assert_no_serious_axe_violations
from tests.integrations import making

_NAMES = ("base_url", "authorize_url", "token_url", "client_id", "client_secret")


@pytest.fixture
def there(tmp_path: Path, settings: Any, live: str) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path) as world:
        for name in _NAMES:
            setattr(settings, f"SMARTRECRUITERS_{name.upper()}", world.smartrecruiters[name])
        settings.PUBLIC_URL = live
        yield world


def test_the_window_closes_by_itself_and_the_page_behind_it_says_what_happened(
    live: str, page: Page, log_in: Callable[..., None], there: Sandbox
) -> None:
    alice = making.alice()
    row = Connection.objects.create(
        organisation=alice.organisation, vendor="smartrecruiters", created_by=alice, capabilities=["export"]
    )
    log_in(page, alice)
    page.goto(f"{live}/integrations/{row.pk}/credentials/")
    assert_no_serious_axe_violations(page)
    allow = page.get_by_role("link", name="Allow access")

    with page.expect_popup() as opened:
        allow.click()
    opened.value.get_by_role("button", name="Deny").wait_for()
    expect(page.get_by_text("Allow access in the window that opened.")).to_be_visible()
    opened.value.close()
    expect(page.get_by_text("Not connected: the window was closed.")).to_be_visible()

    with page.expect_popup() as opened:
        allow.click()
    with opened.value.expect_event("close"):
        opened.value.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Access was not allowed.")).to_be_visible()
    row.refresh_from_db()
    assert row.secret == ""

    with page.expect_popup() as opened:
        allow.click()
    with opened.value.expect_event("close"):
        opened.value.get_by_role("button", name="Allow access").click()
    expect(page.get_by_role("heading", name="Verifying SmartRecruiters…")).to_be_visible()
    row.refresh_from_db()
    assert row.status == ConnectionStatus.VERIFYING

    # Where pop-ups are blocked the same window leads there and back.
    page.goto(f"{live}/integrations/{row.pk}/credentials/")
    page.evaluate("window.open = () => null")
    allow.click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Access was not allowed.")).to_be_visible()
