"""Every screen of the panel: fits 196 to 480 px, is accessible in both schemes, and is worked with the keyboard alone.

What Beckon answers is written down here, so that each state can be had; ``test_extension.py`` drives a running one.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium
from tests.browser.axe import assert_no_serious_axe_violations, serious
from tests.browser.extension import ExtensionBrowser, a_server, extension_browser
from tests.browser.misbehaving import MisbehavingBeckon, misbehaving_beckon
from tests.browser.site import web_site

LONG = "Maximiliane-Theodora von und zu Quillfeather-Montgomery "
#: What Beckon's API answers for the panel, in full.
ANSWERS: dict[str, Any] = json.loads((Path(__file__).parent / "panel_answers.json").read_text())
SUMMARY, SYNC = ANSWERS["summary"], ANSWERS["sync"]
OVERFULL = SUMMARY | {
    "name": LONG * 3, "title": LONG * 4, "company": "شركة الطاقة المتحدة", "tags": [LONG * 2, "x" * 120],
    "obstacles": ["Unsubscribed on 3 March 2026 by the link in a message.", "The company is on the list."],
    "contact": [{"text": f"{LONG} wrote “{'W' * 200}”", "at": None}] * 3,
    "projects": [{"id": n, "name": LONG * 3, "url": ""} for n in range(3)],
}  # fmt: skip
OTHER = {"id": 2, "name": "Ida Hansen", "title": "Welder", "company": "Voltra", "url": ""}
SHORT = [
    {"because": "email", "sure": True, "person": SUMMARY},
    {"because": "name_and_company", "sure": False, "person": OTHER},
]


def answers(beckon: MisbehavingBeckon, people: list[Any], notices: list[str] | None = None) -> None:
    """What this Beckon knows."""
    beckon.replies |= {
        "/api/v1/panel/lookups/": {"people": people, "notices": notices or []},
        "/api/v1/panel/people/1/": copy.deepcopy(SUMMARY) | {"missing": None},
        "/api/v1/panel/people/2/": SUMMARY | {"id": 2, "title": "Welder", "missing": None},
        "/api/v1/panel/choices/": ANSWERS["choices"],
        "/api/v1/panel/sync/": SYNC,
        "/api/v1/connections/1/companies/": ANSWERS["companies"],
        "/api/v1/credits/": [{"kind": "email", "available": 40}, {"kind": "phone", "available": 0}],
        "saved": {
            "person": SUMMARY | {"missing": None},
            "done": ["Added to “Welders, Aarhus”."],
            "refused": [],
        },
    }


@pytest.fixture(scope="module")
def chrome(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtensionBrowser]:
    with extension_browser(
        browser, tmp_path_factory.mktemp("panel"), viewport={"width": 360, "height": 720}
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with web_site() as address:
        yield address


@pytest.fixture
def beckon() -> Iterator[MisbehavingBeckon]:
    with misbehaving_beckon() as made:
        answers(made, [])
        yield made


Opener = Callable[..., Page]


@pytest.fixture
def open_panel(chrome: ExtensionBrowser, beckon: MisbehavingBeckon, site: str) -> Iterator[Opener]:
    """``open_panel("/ida")``: the panel for that page; paired unless told otherwise."""
    pages: list[Page] = []
    chrome.worker.evaluate("() => chrome.storage.local.clear()")

    def make(path: str = "/ida", *, paired: bool = True) -> Page:
        if paired:
            pair(chrome, beckon)
        page = chrome.context.new_page()
        page.goto(site + path)
        panel = chrome.panel(page)
        pages.extend([page, panel])
        panel.profile_page = page  # type: ignore[attr-defined]
        return panel

    yield make
    for page in pages:
        page.close()


def pair(
    chrome: ExtensionBrowser,
    beckon: MisbehavingBeckon,
    *,
    number: int = 7,
    organisation: str = "Voltra Search",
) -> None:
    """As a code would."""
    if not beckon.access:
        beckon.tokens()
    record = a_server(
        beckon.origin, user=number, organisation=organisation, tokens=(beckon.access, beckon.refresh)
    )
    chrome.worker.evaluate("record => chrome.storage.local.set({['server:' + record.id]: record})", record)


def check(panel: Page) -> None:
    """Fits at every width a side panel has (Firefox's begins at 196), and axe finds nothing in either scheme."""
    for width in (196, 252, 320, 480, 360):
        panel.set_viewport_size({"width": width, "height": 720})
        assert panel.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        assert panel.evaluate(
            "[...document.querySelectorAll('.pane-bar, .screen-body, .screen-foot')]"
            ".every(e => e.scrollWidth <= e.clientWidth)"
        ), width
    panel.emulate_media(color_scheme="light")
    assert_no_serious_axe_violations(panel)
    panel.emulate_media(color_scheme="dark")
    assert serious(panel, colours_only=True) == []


def title(panel: Page, words: str) -> None:
    expect(panel.get_by_role("heading", level=1)).to_have_text(words)


# ── screens ──────────────────────────────────────────────────────────────────


def test_connecting_explains_itself_says_what_is_wrong_and_leads_to_the_page(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    panel = open_panel(paired=False)
    title(panel, "Connect to your Beckon")
    check(panel)
    expect(panel.get_by_label("Address of your Beckon")).to_be_focused()
    panel.keyboard.press("Enter")
    expect(panel.get_by_label("Address of your Beckon")).to_have_accessible_description(
        "Enter the address of your Beckon."
    )
    panel.keyboard.type("http://beckon.example.com")
    panel.get_by_label("Code").fill("wrong-codex")
    panel.keyboard.press("Enter")
    expect(panel.get_by_label("Address of your Beckon")).to_have_accessible_description(
        "The address must begin with https://, so that nobody on the way reads along."
    )
    panel.keyboard.press("Control+a")
    panel.keyboard.type(beckon.origin)
    panel.keyboard.press("Enter")
    expect(panel.get_by_label("Code")).to_have_accessible_description("This code is not good any more.")
    expect(panel.get_by_label("Code")).to_be_focused()
    check(panel)
    panel.keyboard.press("Control+a")
    panel.keyboard.type("GOODX-CODEX")
    panel.keyboard.press("Enter")
    title(panel, "New person")
    expect(panel.get_by_role("button", name="Voltra Search Alice: switch Beckon")).to_be_visible()


def test_what_one_panel_pairs_with_serves_those_that_ask_for_a_code(
    open_panel: Opener, chrome: ExtensionBrowser, beckon: MisbehavingBeckon
) -> None:
    other, panel = open_panel(paired=False), open_panel(paired=False)
    title(panel, "Connect to your Beckon")
    panel.get_by_label("Address of your Beckon").fill(beckon.origin)
    panel.get_by_label("Code").fill("GOODX-CODEX")
    panel.get_by_role("button", name="Connect").click()
    title(panel, "New person")
    other.bring_to_front()
    title(other, "New person")
    # From then on what changes, as the tokens do, leaves a screen alone.
    other.get_by_label("Note", exact=True).fill("Half a")
    pair(chrome, beckon, organisation="Voltra Group")
    expect(other.get_by_role("button", name="Voltra Group")).to_be_visible()
    expect(other.get_by_label("Note", exact=True)).to_have_value("Half a")
    beckon.revoked = True
    other.get_by_role("button", name="Read this page again").click()
    title(other, "Pair this browser again")
    # The other way round: it was told that it is shut out, and a panel that stands by is paired again.
    panel.bring_to_front()
    panel.get_by_role("button", name="Read this page again").click()
    title(panel, "Pair this browser again")
    panel.get_by_label("Address of your Beckon").fill(beckon.origin)
    panel.get_by_label("Code").fill("GOODX-CODEX")
    panel.get_by_role("button", name="Pair again").click()
    title(panel, "New person")
    other.bring_to_front()
    title(other, "New person")


def test_somebody_new_is_filled_in_from_the_page_and_saved_with_the_keyboard_alone(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    answers(beckon, [], ["voltra.example is on the do-not-contact list."])
    panel = open_panel()
    title(panel, "New person")
    for label, value in {
        "First name": "Ida",
        "Last name": "Hansen",
        "Title": "Welding engineer",
        "Company": "Voltra Energie",
    }.items():
        expect(panel.get_by_label(label, exact=True)).to_have_value(value)
    expect(panel.get_by_text("voltra.example is on the do-not-contact list.")).to_be_visible()
    expect(panel.get_by_label("Sync as", exact=True)).to_be_visible()
    check(panel)
    panel.get_by_role("combobox", name="Add to project").focus()
    panel.keyboard.type("Weld")
    expect(panel.get_by_role("option", name="Welders, Odense")).to_be_visible()
    panel.keyboard.press("ArrowDown")
    panel.keyboard.press("ArrowDown")
    check(panel)
    expect(panel.get_by_role("combobox", name="Add to project")).to_have_attribute(
        "aria-activedescendant", panel.get_by_role("option", name="Welders, Odense").get_attribute("id") or ""
    )
    panel.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Remove Welders, Odense")).to_be_visible()
    panel.keyboard.type("xx")
    expect(panel.get_by_role("listbox", name="Add to project")).to_be_visible()
    panel.keyboard.press("Escape")
    expect(panel.get_by_role("listbox", name="Add to project")).to_be_hidden()
    panel.get_by_role("combobox", name="Add to project").fill("")
    panel.get_by_role("combobox", name="Tags").focus()
    panel.keyboard.type("robots")
    panel.keyboard.press("Enter")
    panel.get_by_label("Note", exact=True).focus()
    panel.keyboard.type("Met at the fair.")
    panel.get_by_label("Who reads the note").select_option("me")
    panel.get_by_role("checkbox", name="Get email").focus()
    panel.keyboard.press("Space")
    panel.get_by_label("Title", exact=True).focus()
    panel.keyboard.press("Enter")
    expect(panel.locator("main").get_by_text("Saved", exact=True)).to_be_visible()
    title(panel, "Ida Hansen")
    check(panel)
    body = beckon.done[0]
    assert body["projects"] == [5]
    assert body["tags"] == ["robots"]
    assert body["note"] == {"text": "Met at the fair.", "visibility": "me"}
    assert body["get_email"] is True
    assert body["profile"]["emails"] == ["ida@voltra.example"]
    assert body["profile"]["skills"] == ["TIG", "Robotics"]
    assert "record_type" in body or body["candidate"] is None


def test_the_arrow_beside_sync_as_opens_settings_for_this_person_only_with_locked_ones_locked(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    answers(beckon, [{"because": "email", "sure": True, "person": SUMMARY}])
    panel = open_panel()
    title(panel, "Ida Hansen")
    expect(
        panel.get_by_text("To be filled in under the arrow before anything is sent: CATS: Notice period.")
    ).to_be_visible()
    panel.get_by_role("button", name="Advanced settings").press("Enter")
    expect(panel.get_by_role("button", name="Advanced settings")).to_have_attribute("aria-expanded", "true")
    expect(panel.get_by_text("Locked by Ann Admin: the team’s setting counts")).to_be_visible()
    expect(panel.get_by_label("Only add notes to synced records")).to_have_count(0)
    panel.get_by_label("Add to CATS").select_option(label="When they reply")
    panel.get_by_label("Notice period").select_option(label="3 months")
    panel.get_by_role("checkbox", name="Danish").check()
    panel.get_by_label("Salary").fill("")
    panel.get_by_role("button", name="Choose").click()
    panel.get_by_role("radio", name="Voltra Energie same name").check()
    expect(panel.get_by_text("Client: do not poach")).to_be_visible()
    check(panel)
    beckon.replies["/api/v1/connections/1/companies/"] = {
        "company": "c1",
        "name": "Voltra Energie",
        "everybody": False,
    }
    panel.get_by_role("button", name="Use this company").click()
    expect(panel.get_by_role("button", name="Change")).to_be_visible()
    panel.get_by_role("button", name="Save").click()
    expect(panel.locator("main").get_by_text("Saved", exact=True)).to_be_visible()
    assert beckon.done[0]["sync"] == [
        {
            "connection": 1,
            "settings": {"add": "replied"},
            "fields": {"12": "3", "13": ["de", "da"], "14": None},
        }
    ]
    assert beckon.done[0]["candidate"] == 1
    assert beckon.done[0]["profile"]["emails"] == []  # the page is taken over only when asked for


def test_somebody_known_shows_what_was_said_and_takes_what_the_page_knows_better(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    answers(beckon, [{"because": "email", "sure": True, "person": SUMMARY}])
    panel = open_panel()
    title(panel, "Ida Hansen")
    expect(panel.get_by_text("Bob Brown wrote “A welding job in Aarhus”")).to_be_visible()
    expect(panel.get_by_role("link", name="Welders Q4")).to_have_attribute("href", "http://127.0.0.1/c/6/")
    expect(panel.get_by_role("link", name="Open in Beckon")).to_have_attribute("rel", "noopener noreferrer")
    expect(panel.get_by_role("button", name="Save")).to_have_attribute("aria-disabled", "true")
    check(panel)
    beckon.replies["saved"]["refused"] = [
        {
            "what": "campaign",
            "id": 6,
            "name": "",
            "code": "doubtful",
            "detail": "Bob wrote to her 3 days ago.",
        }
    ]
    panel.get_by_role("button", name="Add to Beckon").click()
    expect(panel.get_by_text("Bob wrote to her 3 days ago.")).to_be_visible()
    check(panel)
    assert beckon.done[0]["profile"]["profiles"] == ["https://github.com/ida-hansen"]
    beckon.replies["saved"]["refused"] = []
    panel.get_by_role("button", name="Add anyway").click()
    expect(panel.get_by_text("Bob wrote to her 3 days ago.")).to_have_count(0)
    assert (beckon.done[1]["campaigns"], beckon.done[1]["anyway"]) == ([6], True)


def test_overfull_hostile_and_right_to_left_texts_stay_texts_and_fit(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    hostile = OVERFULL | {"location": "<img src=x onerror=alert(1)>", "url": "javascript:alert(1)"}
    answers(beckon, [{"because": "profile", "sure": True, "person": hostile}])
    panel = open_panel()
    expect(panel.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    expect(panel.get_by_text("Do not contact", exact=True)).to_be_visible()
    assert panel.locator("main img").count() == 0
    expect(panel.get_by_role("link", name="Open in Beckon")).to_have_count(0)
    check(panel)


def test_one_of_several_is_chosen_or_none(open_panel: Opener, beckon: MisbehavingBeckon) -> None:
    answers(beckon, SHORT)
    panel = open_panel()
    title(panel, "Which of these is it?")
    check(panel)
    panel.get_by_role("button", name="Ida Hansen Welder · Voltra").press("Enter")
    expect(
        panel.get_by_text("Welder at Voltra Energie").or_(panel.get_by_text("Welder · Voltra Energie"))
    ).to_be_visible()
    panel.get_by_role("button", name="Read this page again").click()
    panel.get_by_role("button", name="None of these").click()
    title(panel, "New person")


@pytest.mark.parametrize("chosen", [True, False])
def test_a_possible_duplicate_is_that_person_or_made_anyway(
    open_panel: Opener, beckon: MisbehavingBeckon, chosen: bool
) -> None:
    panel = open_panel()
    beckon.mishaps["saves"].append("duplicate")
    beckon.replies["/api/v1/panel/people/5/"] = SUMMARY | {"id": 5}
    panel.get_by_role("button", name="Save").click()
    title(panel, "Is it one of these?")
    check(panel)
    panel.get_by_role("button", name="Welding engineer" if chosen else "Create anyway").click()
    expect(panel.locator("main").get_by_text("Saved", exact=True)).to_be_visible()
    assert (beckon.done[0]["candidate"], beckon.done[0]["create_anyway"]) == (
        (5, False) if chosen else (None, True)
    )
    assert len(set(beckon.keys())) == 1
    expect(panel.get_by_role("button", name="waiting")).to_have_count(0)


def test_what_cannot_be_sent_waits_visibly_and_is_sent_by_a_press(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    panel = open_panel()
    title(panel, "New person")
    beckon.down()
    panel.get_by_role("button", name="Save").click()
    title(panel, "Ida Hansen is kept here")
    check(panel)
    panel.get_by_role("button", name="1 waiting").click()
    title(panel, "On the way to Beckon")
    check(panel)
    panel.get_by_role("button", name="Discard").click()
    expect(panel.get_by_text("It may have reached Beckon already; that is not undone.")).to_be_visible()
    panel.get_by_role("button", name="Keep").click()
    panel.get_by_role("button", name="Back").click()
    expect(
        panel.get_by_text("Ida Hansen was saved from this page already and waits to be sent.")
    ).to_be_visible()
    panel.get_by_role("button", name="1 waiting").click()
    beckon.up()
    panel.get_by_role("button", name="Send now").click()
    expect(panel.locator("main").get_by_text("Saved", exact=True)).to_be_visible()
    check(panel)
    panel.get_by_role("button", name="Dismiss").click()
    title(panel, "Nothing is waiting")
    assert len(beckon.done) == 1


def test_beckon_out_of_reach_still_lets_the_person_be_written_down(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    beckon.down()
    panel = open_panel()
    title(panel, "New person")
    expect(panel.get_by_text("Whether Beckon knows this person is checked when it is saved.")).to_be_visible()
    check(panel)
    beckon.up()
    panel.get_by_role("button", name="Try again").click()
    expect(panel.get_by_text("Whether Beckon knows this person is checked when it is saved.")).to_have_count(
        0
    )


def test_a_revoked_browser_is_told_so_and_paired_again_with_what_waited(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    panel = open_panel()
    title(panel, "New person")
    beckon.revoked = True
    panel.get_by_role("button", name="Save").click()
    title(panel, "Pair this browser again")
    expect(panel.get_by_text("This browser is no longer connected to Beckon.")).to_be_visible()
    expect(panel.get_by_label("Code")).to_be_focused()
    check(panel)
    panel.get_by_role("button", name="1 waiting").wait_for()
    panel.get_by_label("Address of your Beckon").fill(beckon.origin)
    panel.get_by_label("Code").fill("GOODX-CODEX")
    panel.get_by_role("button", name="Pair again").click()
    title(panel, "New person")
    expect(panel.get_by_role("button", name="1 sent")).to_be_visible()
    assert [body["profile"]["first_name"] for body in beckon.done] == ["Ida"]


def test_what_beckon_finds_wrong_stands_beside_its_field(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    panel = open_panel()
    title(panel, "New person")
    for label in ("First name", "Last name"):
        panel.get_by_label(label).fill("")
    for button in (
        "Remove ida@voltra.example",
        "Remove +45 20 12 34 56",
        "Remove https://github.com/ida-hansen",
    ):
        panel.get_by_role("button", name=button).click()
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_label("First name")).to_be_focused()
    expect(panel.get_by_label("First name")).to_have_accessible_description(
        "Enter a name, or an address to know the person by."
    )
    check(panel)
    panel.get_by_label("First name").fill("Ida")
    panel.get_by_label("Note", exact=True).fill("x")
    panel.get_by_label("Who reads the note").select_option("project")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_label("Note", exact=True)).to_have_accessible_description(
        "Choose the project whose members read this note."
    )
    panel.get_by_label("Note", exact=True).fill("")
    panel.get_by_role("combobox", name="Add to campaign").fill("Weld")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("combobox", name="Add to campaign")).to_be_focused()
    expect(panel.get_by_text("“Weld” is not chosen. Choose one from the list, or clear it.")).to_be_visible()
    assert beckon.done == []
    panel.get_by_role("combobox", name="Add to campaign").fill("")
    beckon.mishaps["saves"].append("refuse")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_label("Last name")).to_have_accessible_description("Too long.")
    expect(panel.get_by_role("alert")).to_have_text("Too many.")
    check(panel)
    # Closed now, it is not lost: it stands in the list, and is filled in again.
    panel.reload()
    panel.get_by_role("button", name="1 waiting").click()
    expect(panel.get_by_text("Some of it is not right.")).to_be_visible()
    panel.get_by_role("button", name="Edit").click()
    expect(panel.get_by_label("First name")).to_have_value("Ida")
    panel.get_by_role("button", name="Save").click()
    expect(panel.locator("main").get_by_text("Saved", exact=True)).to_be_visible()
    assert len(beckon.done) == 1
    assert len(set(beckon.keys())) == 1


#: Holds each look at what is kept that begins once Beckon is asked, until it is let go; the first is number 0.
HOLD_LOOKS = """() => {
  const area = chrome.storage.local, get = area.get.bind(area), said = document.getElementById("status");
  window.held = [];
  area.get = (key) => key === null && (window.held.length || said.textContent === "Asking Beckon")
    ? new Promise((go) => window.held.push(go)).then(() => get(key)) : get(key);
}"""


def test_what_waits_is_shown_although_the_page_is_still_being_looked_up(
    open_panel: Opener, beckon: MisbehavingBeckon
) -> None:
    panel = open_panel()
    title(panel, "New person")
    beckon.mishaps["saves"].append("refuse")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("alert")).to_have_text("Too many.")
    panel.evaluate(HOLD_LOOKS)

    def held(count: int) -> None:
        for _ in range(chromium.PATIENCE // 50):
            if panel.evaluate("held.length") == count:
                return
            panel.wait_for_timeout(50)
        pytest.fail(f"{count} looks were not begun")

    panel.get_by_role("button", name="Read this page again").click()
    held(1)
    panel.get_by_role("button", name="1 waiting").click()
    held(2)
    panel.evaluate("held[1]()")
    title(panel, "On the way to Beckon")
    panel.evaluate("held[0]()")
    panel.wait_for_timeout(200)
    title(panel, "On the way to Beckon")


def test_a_page_of_nobody_gives_an_empty_form_and_a_document_or_another_page_says_what_to_do(
    open_panel: Opener, chrome: ExtensionBrowser, beckon: MisbehavingBeckon
) -> None:
    panel = open_panel("/nobody")
    title(panel, "New person")
    expect(panel.get_by_label("First name")).to_have_value("")
    expect(panel.get_by_text("The page in front names nobody.")).to_be_visible()
    check(panel)
    # A press on the icon throws nothing away that was typed.
    panel.get_by_label("First name").fill("Zoe")
    looked_up = beckon.count("/lookups/")
    tab = int(panel.url.partition("tab=")[2])
    chrome.worker.evaluate("tab => chrome.runtime.sendMessage({ clicked: tab })", tab)
    expect(panel.get_by_label("First name")).to_have_value("Zoe")
    assert beckon.count("/lookups/") == looked_up
    panel.profile_page.goto(panel.profile_page.url.replace("/nobody", "/other"))  # type: ignore[attr-defined]
    expect(panel.get_by_text("This tab shows another page now.")).to_be_visible()
    check(panel)
    panel.profile_page.goto(panel.profile_page.url.replace("/other", "/notes.txt"))  # type: ignore[attr-defined]
    panel.get_by_role("button", name="Read this page again").click()
    title(panel, "This page cannot be read")
    check(panel)
    panel.profile_page.goto("chrome://version")  # type: ignore[attr-defined]
    panel.get_by_role("button", name="Read this page again").click()
    title(panel, "This page cannot be read")


def test_several_beckons_are_switched_and_disconnected_in_a_menu(
    open_panel: Opener, chrome: ExtensionBrowser, beckon: MisbehavingBeckon
) -> None:
    pair(chrome, beckon, number=8, organisation="Another Search")
    panel = open_panel()
    panel.get_by_role("button", name="Another Search Alice Aubert: switch Beckon").press("Enter")
    check(panel)
    panel.keyboard.press("Escape")
    panel.get_by_role("button", name="Another Search Alice Aubert: switch Beckon").click()
    panel.get_by_role("button", name="Voltra Search Alice Aubert").click()
    expect(panel.get_by_role("button", name="Voltra Search Alice Aubert: switch Beckon")).to_be_visible()
    panel.get_by_role("button", name="Voltra Search Alice Aubert: switch Beckon").click()
    panel.get_by_role("button", name="Disconnect Voltra Search").click()
    title(panel, "Disconnect Voltra Search?")
    check(panel)
    panel.get_by_role("button", name="Disconnect", exact=True).click()
    expect(panel.get_by_role("button", name="Another Search Alice Aubert: switch Beckon")).to_be_visible()
    assert beckon.count("/pairing/") == 1
