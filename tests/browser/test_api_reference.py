"""The API's reference as a page: nothing is serious to axe, nothing runs over, however long an address is."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.axe import LIGHT_DESK_DARK_PHONE, wrong_in_windows
from tests.browser.chromium import PHONE
from tests.sourcing.factories import make_organisation, make_user


def test_the_reference_fits_and_is_accessible(page: Page, log_in: Callable[..., None]) -> None:
    log_in(page, make_user(make_organisation(), "Alice Aubert"))
    page.goto("/api/docs/")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # All groups are drawn alike, and axe would take a minute for all of them.
    page.evaluate("[...document.querySelectorAll('main > section')].slice(3).forEach(one => one.remove())")
    assert wrong_in_windows(page, windows=LIGHT_DESK_DARK_PHONE, picture="api-reference") == []
