"""The extension against a running Beckon: paired by a code, somebody added, synced their own way, and shut out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from campaigns.models import Recipient
from integrations.models import SyncSetting
from sourcing.models import Candidate, Note
from tests.browser import chromium, extension
from tests.browser.axe import assert_no_serious_axe_violations
from tests.browser.extension import ExtensionBrowser, extension_browser
from tests.browser.relay import Relay, relay_to
from tests.browser.site import web_site
from tests.campaigns import making as campaigns
from tests.integrations import making


@pytest.fixture
def chrome(browser: Browser, tmp_path: Path, live: str) -> Iterator[ExtensionBrowser]:
    with extension_browser(
        browser, tmp_path, base_url=live, viewport={"width": 400, "height": 800}
    ) as opened:
        yield opened


@pytest.fixture
def line(live: str, settings: Any) -> Iterator[Relay]:
    """The line to the running Beckon, whose public address it is."""
    with relay_to(urlsplit(live).port or 0) as relay:
        settings.PUBLIC_URL = relay.origin
        yield relay


@pytest.fixture
def alice(transactional_db: None) -> User:
    return making.alice()


def test_the_tests_copy_grants_loopback_and_differs_in_nothing_else(browser: Browser, tmp_path: Path) -> None:
    copy = extension.loopback_copy(tmp_path)
    names = {path.relative_to(copy) for path in copy.rglob("*") if path.is_file()}
    assert names == {
        path.relative_to(extension.BUILT) for path in extension.BUILT.rglob("*") if path.is_file()
    }
    different = [
        name for name in names if (copy / name).read_bytes() != (extension.BUILT / name).read_bytes()
    ]
    assert different == [Path("manifest.json")]
    granted = json.loads((copy / "manifest.json").read_text())
    assert granted.pop("host_permissions") == ["http://127.0.0.1/*", "http://localhost/*"]
    assert granted == json.loads((extension.BUILT / "manifest.json").read_text())


def test_a_press_on_the_icon_lets_the_panel_read_this_page_once_and_no_other(
    browser: Browser, tmp_path: Path
) -> None:
    """The published extension, with the permissions it has: none for any host, and that of the press for the page."""
    with web_site() as site, extension_browser(browser, tmp_path, granted=False) as chrome:
        page, other = chrome.context.new_page(), chrome.context.new_page()
        other.goto(f"{site}/other")
        page.goto(f"{site}/ida")
        heading = "document.querySelector('h1')?.textContent"

        def shown(words: str) -> None:
            wait_until(lambda: chrome.in_side_panel(page, heading) == words)

        chrome.press_icon(page)
        shown("Connect to your Beckon")
        assert chrome.in_side_panel(other, heading) is None
        # Paired with a host that the browser does not let it talk to: it is read, and stops before it is sent.
        chrome.worker.evaluate(
            "record => chrome.storage.local.set({['server:' + record.id]: record})",
            extension.a_server("https://localhost:9"),
        )
        chrome.press_icon(page)
        shown("The extension may no longer talk to localhost:9")
        page.goto(f"{site.replace('127.0.0.1', 'localhost')}/ida")
        chrome.in_side_panel(page, "document.querySelector('[aria-label=\"Read this page again\"]').click()")
        shown("Click the Beckon icon again to read this page")
        chrome.press_icon(page)
        shown("The extension may no longer talk to localhost:9")


@pytest.mark.slow
def test_from_a_code_in_settings_to_a_person_in_a_campaign_and_out_again(
    chrome: ExtensionBrowser, alice: User, line: Relay, log_in: Callable[..., None]
) -> None:
    wave = campaigns.campaign("bo", alice=alice, steps=1)
    system = making.connection(alice)
    with web_site() as site:
        ida = chrome.context.new_page()
        ida.goto(f"{site}/ida")
        panel = chrome.panel(ida)

        beckon = chrome.context.new_page()
        beckon.set_viewport_size({"width": 1280, "height": 800})
        log_in(beckon, alice)
        pair(beckon, panel)
        beckon.bring_to_front()
        expect(beckon.get_by_text("is connected. It acts as you")).to_be_visible()
        panel.bring_to_front()

        # Nobody knows her: the form, filled in from the page.
        title(panel, "New person")
        expect(panel.get_by_label("First name")).to_have_value("Ida")
        assert_no_serious_axe_violations(panel)
        choose(panel, "Add to project", "Back", "Backend")
        choose(panel, "Add to campaign", "Wave", "Wave")
        panel.get_by_label("Note", exact=True).fill("Met at the fair.")
        panel.get_by_role("button", name="Save").click()
        title(panel, "Ida Hansen")
        expect(panel.get_by_text("Added to the campaign “Wave”.")).to_be_visible()
        expect(panel.get_by_role("region", name="Campaigns").get_by_role("link", name="Wave")).to_be_visible()
        assert_no_serious_axe_violations(panel)

        # And so in Beckon itself.
        person = Candidate.objects.for_organisation(alice.organisation).get(first_name="Ida")
        expect(panel.get_by_role("link", name="Open in Beckon")).to_have_attribute(
            "href", f"{line.origin}{person.url}"
        )
        beckon.bring_to_front()
        beckon.goto(f"/projects/{wave.project_id}/")
        expect(beckon.get_by_text("Ida Hansen")).to_be_visible()
        beckon.goto(person.url)
        expect(beckon.get_by_text("Welding engineer").first).to_be_visible()
        assert (
            Recipient.objects.for_organisation(alice.organisation)
            .filter(campaign=wave, candidate=person)
            .exists()
        )
        assert (
            Note.objects.for_organisation(alice.organisation).get(candidate=person).body == "Met at the fair."
        )

        # For her alone, another sync setting.
        panel.bring_to_front()
        panel.get_by_role("button", name="Advanced settings").click()
        panel.get_by_label("When adding to a campaign").select_option(label="When they reply")
        panel.get_by_role("button", name="Save").click()
        expect(panel.get_by_text("Added to the campaign “Wave”.")).to_have_count(0)
        expect(panel.locator("main").get_by_text("Saved", exact=True)).to_be_visible()
        own = SyncSetting.objects.for_organisation(alice.organisation).get(
            connection=system, candidate=person
        )
        assert (own.name, own.value) == ("add", "replied")

        # The line is cut: what is saved waits, and is done once when it is back.
        line.cut()
        panel.get_by_label("Note", exact=True).fill("Calls back on Monday.")
        panel.get_by_role("button", name="Save").click()
        title(panel, "Ida Hansen is kept here")
        line.mend()
        panel.get_by_role("button", name="1 waiting").click()
        panel.get_by_role("button", name="Send now").click()
        expect(panel.get_by_role("button", name="1 sent")).to_be_visible()
        notes = Note.objects.for_organisation(alice.organisation).filter(candidate=person)
        assert sorted(note.body for note in notes) == ["Calls back on Monday.", "Met at the fair."]

        # Read again, she is known; and the browser is shut out in Settings.
        panel.get_by_role("button", name="Read this page again").click()
        title(panel, "Ida Hansen")
        beckon.bring_to_front()
        beckon.goto("/settings/extension/")
        beckon.get_by_role("button", name="Disconnect").click()
        expect(beckon.get_by_text("disconnected")).to_be_visible()
        panel.bring_to_front()
        panel.get_by_role("button", name="Read this page again").click()
        title(panel, "Pair this browser again")
        expect(panel.get_by_text("This browser is no longer connected to Beckon.")).to_be_visible()
        assert_no_serious_axe_violations(panel)
        pair(beckon, panel, press="Pair again")
        title(panel, "Ida Hansen")


def wait_until(true: Callable[[], bool]) -> None:
    """Of what no page of Playwright's shows."""
    end = time.monotonic() + chromium.PATIENCE / 1000
    while not true():
        assert time.monotonic() < end


def title(panel: Page, words: str) -> None:
    expect(panel.get_by_role("heading", level=1)).to_have_text(words)


def pair(beckon: Page, panel: Page, *, press: str = "Connect") -> None:
    """Make a code in Settings and type it into the panel, with the address that stands beside it."""
    # Whichever is worked with is in front: the browser draws the others once a second.
    beckon.bring_to_front()
    beckon.goto("/settings/extension/")
    beckon.get_by_role("button", name="Connect a browser").click()
    told = beckon.get_by_role("region", name="Type this into the extension").locator("code")
    address, code = told.all_inner_texts()
    panel.bring_to_front()
    panel.get_by_label("Address of your Beckon").fill(address)
    panel.get_by_label("Code").fill(code.lower())
    panel.get_by_role("button", name=press).click()


def choose(panel: Page, label: str, typed: str, name: str) -> None:
    """With the keyboard, as the pattern of a combobox says."""
    panel.get_by_role("combobox", name=label).focus()
    panel.keyboard.type(typed)
    expect(panel.get_by_role("option", name=name)).to_be_visible()
    panel.keyboard.press("ArrowDown")
    panel.keyboard.press("Enter")
    expect(panel.get_by_role("button", name=f"Remove {name}")).to_be_visible()
