"""The packed extension in Firefox, with the permissions it has: what differs there, and against a running Beckon."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import User
from config import assets
from integrations.models import SyncSetting
from sourcing.models import Candidate, Note
from tests.browser import extension
from tests.browser import firefox as browser
from tests.browser.firefox import Firefox, wait_for
from tests.browser.relay import Relay, relay_to
from tests.browser.site import web_site
from tests.campaigns import making as campaigns
from tests.integrations import making

HEADING = "return document.querySelector('h1')?.textContent"
#: Of the tab the panel is for.
NUMBER = "return new URL(document.URL).searchParams.get('tab')"


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    """One that is closed afterwards; without Firefox the test is skipped (with ``CI=true`` the suite then fails)."""
    if browser.executable() is None:
        pytest.skip("no Firefox: apt-get install firefox-esr, or set FIREFOX to its path")
    assets.build()
    opened = Firefox(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def line(live: str, settings: Any) -> Iterator[Relay]:
    """The line to the running Beckon, whose public address it is."""
    with relay_to(urlsplit(live).port or 0) as relay:
        settings.PUBLIC_URL = relay.origin
        yield relay


@pytest.fixture
def site() -> Iterator[str]:
    with web_site() as address:
        yield address


@pytest.fixture
def alice(transactional_db: None) -> User:
    return making.alice()


def test_the_sidebar_has_a_panel_for_each_tab_whose_icon_was_pressed_and_keeps_what_was_typed_in_it(
    firefox: Firefox, site: str
) -> None:
    page, other = firefox.tab(f"{site}/ida"), firefox.tab(f"{site}/other")
    firefox.to(page)
    firefox.press_icon()
    wait_for(lambda: firefox.in_sidebar(HEADING) == "Connect to your Beckon")
    number = firefox.in_sidebar(NUMBER)
    firefox.in_sidebar("document.querySelector('[name=address]').value = 'beckon.example.com'")

    firefox.to(other)
    wait_for(lambda: firefox.in_sidebar("return document.URL") == f"{browser.HOME}/panel.html")
    assert firefox.in_sidebar(NUMBER) is None
    # The background page has ended meanwhile, as it does when it is not used.
    firefox.rest()
    firefox.press_icon()
    assert wait_for(lambda: firefox.in_sidebar(NUMBER)) != number

    firefox.to(page)
    wait_for(lambda: firefox.in_sidebar(NUMBER) == number)
    assert firefox.in_sidebar("return document.querySelector('[name=address]').value") == "beckon.example.com"


def test_a_page_that_no_extension_may_read_is_not_said_to_want_another_click(
    firefox: Firefox, site: str
) -> None:
    firefox.tab("about:blank")
    record = extension.a_server("https://localhost:9")
    firefox.press_icon()
    wait_for(lambda: firefox.in_sidebar(HEADING) == "Connect to your Beckon")
    firefox.in_sidebar(
        f"const kept = {json.dumps({'server:' + record['id']: record})};"
        "const { chrome } = document.defaultView.wrappedJSObject;"
        "chrome.storage.local.set(Components.utils.cloneInto(kept, document.defaultView))"
    )
    for address in (f"view-source:{site}/ida", "about:license"):
        firefox.tab(address)
        firefox.press_icon()
        wait_for(lambda: firefox.in_sidebar(HEADING) == "This page cannot be read")
    # On another page the click is indeed missing.
    firefox.goto(f"{site}/ida")
    firefox.in_sidebar("document.querySelector('[aria-label=\"Read this page again\"]').click()")
    wait_for(lambda: firefox.in_sidebar(HEADING) == "Click the Beckon icon again to read this page")


@pytest.mark.slow
def test_from_a_code_in_settings_to_a_person_in_a_project_and_out_again(
    firefox: Firefox, site: str, live: str, line: Relay, alice: User
) -> None:
    wave = campaigns.campaign("bo", alice=alice, steps=1)
    system = making.connection(alice)
    beckon = firefox.tab(f"{live}/accounts/login/")
    log_in(firefox, alice)
    page = firefox.tab(f"{site}/ida")
    firefox.press_icon()
    wait_for(lambda: firefox.in_sidebar(HEADING) == "Connect to your Beckon")

    # In the sidebar, Firefox asks for the host in the turn of the press.
    address, code = a_code(firefox, beckon)
    firefox.to(page)
    firefox.in_sidebar(
        f"document.querySelector('[name=address]').value = {address!r};"
        f"document.querySelector('[name=code]').value = {code.lower()!r};"
        "document.querySelector('[type=submit]').click()"
    )
    firefox.allow("localhost")
    wait_for(lambda: firefox.in_sidebar(HEADING) == "New person")

    # The panels of other tabs know it at once, and read nothing without a press on the icon.
    firefox.to(beckon)
    wait_for(lambda: firefox.in_sidebar(HEADING) == "Click the Beckon icon again to read this page")

    # From here on her panel in a tab, worked with as a person does.
    firefox.to(page)
    panel = firefox.tab(
        wait_for(lambda: firefox.in_sidebar("return document.URL.includes('?') && document.URL"))
    )
    title(firefox, "New person")
    assert firefox.run("return arguments[0].value", firefox.find(field("First name"))) == "Ida"
    choose(firefox, "Add to project", "Back", "Backend")
    firefox.type(field("Note"), "Met at the fair.")
    firefox.click(button("Save"))
    title(firefox, "Ida Hansen")
    person = Candidate.objects.for_organisation(alice.organisation).get(first_name="Ida")
    firefox.to(beckon)
    firefox.goto(f"{live}/projects/{wave.project_id}/")
    firefox.find("//a[normalize-space() = 'Ida Hansen']")
    firefox.to(panel)

    # For her alone, another sync setting.
    firefox.click(button("Advanced settings"))
    firefox.type(field("When adding to a campaign"), "When they reply")
    firefox.click(button("Save"))
    firefox.gone("//*[contains(text(), 'Added to “Backend”')]")  # what the first save had told
    firefox.find("//main//*[normalize-space() = 'Saved']")
    own = SyncSetting.objects.for_organisation(alice.organisation).get(connection=system, candidate=person)
    assert (own.name, own.value) == ("add", "replied")

    # The line is cut: what is saved waits, and is done once when it is back.
    line.cut()
    firefox.type(field("Note"), "Calls back on Monday.")
    firefox.click(button("Save"))
    title(firefox, "Ida Hansen is kept here")
    line.mend()
    firefox.click(button("1 waiting"))
    firefox.click(button("Send now"))
    firefox.find(button("1 sent"))
    notes = Note.objects.for_organisation(alice.organisation).filter(candidate=person)
    assert sorted(note.body for note in notes) == ["Calls back on Monday.", "Met at the fair."]

    # Shut out in Settings, in the middle of its use.
    firefox.to(beckon)
    firefox.goto(f"{live}/settings/extension/")
    assert "Firefox on Linux" in firefox.text("//*[@aria-labelledby='browsers']")
    firefox.click("//button[starts-with(normalize-space(), 'Disconnect')]")
    firefox.find("//*[contains(text(), 'disconnected')]")
    firefox.to(panel)
    firefox.click(button("Read this page again"))
    title(firefox, "Pair this browser again")
    firefox.find("//*[contains(text(), 'This browser is no longer connected to Beckon.')]")


def button(name: str) -> str:
    return f"//button[normalize-space() = '{name}' or @aria-label = '{name}']"


def field(label: str) -> str:
    return f"//*[@id = //label[starts-with(normalize-space(), '{label}')]/@for]"


def title(firefox: Firefox, words: str) -> None:
    firefox.find(f"//h1[normalize-space() = '{words}']")


def log_in(firefox: Firefox, user: User) -> None:
    """Into the Beckon the driven tab shows."""
    client = Client()
    client.force_login(user)
    name = django_settings.SESSION_COOKIE_NAME
    firefox.ask("WebDriver:AddCookie", {"cookie": {"name": name, "value": client.cookies[name].value}})


def a_code(firefox: Firefox, beckon: str) -> list[str]:
    """The address and the code that Settings shows in that tab."""
    firefox.to(beckon)
    origin = firefox.run("return location.origin")
    firefox.goto(f"{origin}/settings/extension/")
    firefox.click(button("Connect a browser"))
    return [firefox.text(f"(//*[@aria-labelledby='type-this']//code)[{number}]") for number in (1, 2)]


def choose(firefox: Firefox, label: str, typed: str, name: str) -> None:
    """With the keyboard, as the pattern of a combobox says."""
    firefox.type(field(label), typed)
    firefox.find(f"//*[@role='option'][contains(., '{name}')]")
    firefox.type(field(label), "\ue015\ue007")  # down, enter
    firefox.find(button(f"Remove {name}"))
