"""The components themselves: accessible, inside the window, quiet under the CSP, usable by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser import chromium
from tests.browser.axe import Window, assert_no_serious_axe_violations, wrong_in_windows

URL = "/styleguide/"
LONG = "A very long title that somebody typed without mercy "


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """One server for all: these pages ask the database nothing, so nothing needs to be emptied between tests."""
    server = LiveServer("localhost")
    yield server
    server.stop()


@pytest.fixture
def live(server: LiveServer) -> str:
    """Instead of the one with a database."""
    return str(server.url)


@pytest.mark.parametrize("size", [chromium.DESK, chromium.PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(new_page: Callable[..., Page], size: tuple[int, int]) -> None:
    page = new_page(width=size[0], height=size[1])
    windows: list[Window] = [(size, "light"), (size, "dark")]
    page.goto(f"{URL}?toast=1")
    page.locator("#example button[type=submit]").click()
    expect(page.locator("#example [aria-invalid=true]").first).to_be_focused()
    wrong = wrong_in_windows(page, windows=windows)
    page.locator("#start-button").click()
    expect(page.locator("#start")).to_be_visible()
    wrong += wrong_in_windows(page, "#start", windows=windows)
    page.goto("/styleguide/person/")
    wrong += wrong_in_windows(page, "#drawer", windows=windows)
    assert not wrong, "\n".join(wrong)


def test_nothing_is_wider_than_the_window_between_320_and_1600(page: Page) -> None:
    page.goto(URL)
    page.evaluate("text => document.querySelectorAll('h1').forEach(h => { h.textContent = text })", LONG * 6)
    for width in (320, 360, 390, 520, 641, 700, 860, 900, 1024, 1100, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{over} px too wide at {width}"


def test_a_finger_hits_every_target_within_24_px(new_page: Callable[..., Page]) -> None:
    page = new_page(width=390, height=844, has_touch=True)
    page.goto(f"{URL}?plain=1")
    missed = page.evaluate(
        """() => [...document.querySelectorAll('main :is(a, button, input, select, summary)')]
        .filter(e => e.checkVisibility({visibilityProperty: true})
            && !e.closest(':disabled, [aria-disabled=true], thead, .sr, p')
            && !e.closest('[popover]:not(:popover-open), dialog:not([open])'))
        .filter(e => {
            e.scrollIntoView({block: 'center', inline: 'center'});
            const target = e.closest('label') || e, r = target.getBoundingClientRect();
            const x = r.x + r.width / 2, y = r.y + r.height / 2;
            return ![[0, 0], [-11, 0], [11, 0], [0, -11], [0, 11]].every(([dx, dy]) => {
                const hit = document.elementFromPoint(x + dx, y + dy);
                return hit && (target.contains(hit) || hit.contains(target) && hit.matches('.row-link, .row-link *'));
            });
        })
        .map(e => (e.ariaLabel || e.textContent || e.type).trim())"""
    )
    assert missed == []


def test_a_menu_opens_by_keyboard_and_gives_focus_back(page: Page) -> None:
    page.goto(URL)
    button = page.locator("[popovertarget=k-menu]")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#k-menu")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Edit profile")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#k-menu")).to_be_hidden()
    expect(button).to_be_focused()


def test_a_dialog_starts_on_cancel_keeps_focus_inside_and_gives_it_back(page: Page) -> None:
    page.goto(URL)
    button = page.locator("#start-button")
    button.focus()
    page.keyboard.press("Enter")
    cancel = page.locator("#start").get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#start")).to_be_hidden()
    expect(button).to_be_focused()


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(page: Page) -> None:
    page.goto(URL)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_drawer_has_its_own_address_and_every_way_out(page: Page) -> None:
    page.goto(URL)
    first, drawer = page.locator(".row-target").first, page.locator("[data-drawer]")
    first.click()
    expect(drawer).to_be_focused()
    assert page.url.endswith("/styleguide/person/")
    expect(page.locator(".row-link[aria-current=true]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(first).to_be_focused()
    assert page.url.endswith(URL)
    first.click()
    expect(drawer).to_be_visible()
    page.go_back()
    expect(drawer).to_have_count(0)
    page.go_forward()
    expect(drawer).to_be_visible()
    # The whole page came back, not the part that htmx had asked for at this address.
    expect(page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("navigation", name="Main", exact=True)).to_be_visible()


def test_ticking_rows_shows_how_many_are_selected(page: Page) -> None:
    page.goto(URL)
    bar, count = page.locator(".bulkbar"), page.locator("[data-bulk-count]")
    expect(bar).to_be_hidden()
    page.locator(".row-check").nth(1).check()
    page.locator(".row-check").nth(3).click(modifiers=["Shift"])
    expect(count).to_have_text("3")
    page.get_by_label("Select all on this page").check()
    expect(count).to_have_text("5")
    page.get_by_role("button", name="Select all 1,284").click()
    expect(count).to_have_text("1,284")
    assert page.locator("[data-bulk-everything]").input_value() == "1"
    page.locator(".row-check").first.uncheck()
    expect(count).to_have_text("4")
    assert page.locator("[data-bulk-everything]").input_value() == ""
    page.get_by_role("button", name="Clear selection").click()
    expect(bar).to_be_hidden()


def test_a_wrong_form_comes_back_with_its_errors_beside_the_fields(page: Page) -> None:
    page.goto(URL)
    page.get_by_label("Daily limit").fill("4000")
    page.locator("#example button[type=submit]").click()
    limit = page.get_by_label("Daily limit")
    expect(limit).to_have_attribute("aria-invalid", "true")
    described = (limit.get_attribute("aria-describedby") or "").split()
    expect(page.locator(f"#{described[-1]}")).to_contain_text("Enter at most 2000")
    expect(page.locator("#example").get_by_role("alert")).to_contain_text("refused this key (401)")
    expect(limit).to_have_value("4000")


def test_a_second_press_of_submit_sends_nothing(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    page.goto(URL)
    page.evaluate(
        """() => { const save = document.querySelector('#example button[type=submit]');
                  save.click(); save.click(); save.click() }"""
    )
    expect(page.locator("#example [aria-invalid=true]").first).to_be_visible()
    assert sent == ["POST"]
    expect(page.locator("#example button[type=submit]")).not_to_have_attribute("aria-disabled", "true")


def test_undo_in_a_toast_posts_and_is_answered_by_another_toast(page: Page) -> None:
    page.goto(URL)
    page.evaluate(
        "document.body.dispatchEvent(new CustomEvent('toast',"
        " {bubbles: true, detail: {text: '3 people added', undo: '/styleguide/undo/'}}))"
    )
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undone")


def test_an_answer_that_is_an_error_is_told_in_words_until_it_is_dismissed(
    page: Page, complaints: list[str]
) -> None:
    page.goto(URL)
    page.evaluate("htmx.ajax('GET', '/no/such/page/', {target: '#drawer'})")
    alert = page.locator("#problems")
    expect(alert).to_contain_text("There is nothing here")
    alert.get_by_role("button", name="Dismiss").click()
    expect(alert).to_be_empty()
    complaints.clear()  # htmx itself notes the 404 in the console


def test_a_countdown_runs(page: Page) -> None:
    page.clock.install()
    page.goto(URL)
    timer = page.get_by_role("timer")
    expect(timer).to_have_text("17:42")
    page.clock.run_for(3_000)
    expect(timer).to_have_text("17:39")


def test_the_chosen_theme_outlives_a_reload(page: Page) -> None:
    page.goto(URL)
    page.locator("[popovertarget=me]").click()
    page.locator("#me").get_by_role("button", name="Dark").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "beckon-dark"
    page.locator("[popovertarget=me]").click()
    expect(page.locator("#me").get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.locator("#me").get_by_role("button", name="System").click()
    assert page.evaluate("document.documentElement.dataset.theme ?? ''") == ""


def test_shortcuts_search_and_list_themselves(page: Page) -> None:
    page.goto(URL)
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()


def test_a_dropped_file_is_named(page: Page) -> None:
    page.goto(URL)
    page.locator("#example input[type=file]").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": b"name\n" * 400}
    )
    expect(page.locator("[data-filedrop-name]")).to_have_text("people.csv · 2 kB")


def test_copying_says_so(new_page: Callable[..., Page]) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(URL)
    page.get_by_role("button", name="Copy token").click()
    expect(page.locator("#toasts")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "bk_live_4f2a"


def test_a_page_reads_and_submits_without_script(new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(URL)
    expect(page.get_by_role("button", name="Copy token")).to_have_count(0)
    page.locator(".row-check").first.check()
    expect(page.locator(".bulkbar")).to_be_visible()
    page.locator("#example button[type=submit]").click()
    expect(page.locator("#example [aria-invalid=true]").first).to_be_visible()


def test_a_login_page_has_one_heading_and_labelled_fields(page: Page) -> None:
    page.goto("/accounts/login/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert_no_serious_axe_violations(page)
