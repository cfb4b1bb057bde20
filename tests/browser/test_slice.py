"""The main job as a recruiter does it, from the login page to SourceWhale, on real processes and servers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from config.embedded.stack import Stack
from tests.browser import slice_stack
from tests.browser.axe import assert_no_serious_axe_violations
from tests.browser.slice_stack import Member, Patience

EXAMPLE = Path(__file__).parents[2] / "docs/examples/people.csv"
ROWS = 65
PROJECT, CAMPAIGN = "Battery scheduler", "First letter"
GREETING = 'Hi {{ first_name | default: "there" }},'

# Starting the processes is not the tests' own time.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300, func_only=True)]


@pytest.fixture(scope="module")
def stack(browser: Browser) -> Iterator[Stack]:
    """Every process of the product and the sandbox; only where there is a browser to look at it."""
    with Stack(sandbox=True) as running:
        yield running


@pytest.fixture
def live(stack: Stack) -> str:
    """Pages of these tests come from the stack's web process, not from pytest's live server."""
    return stack.url


def test_the_main_job_from_the_login_page_to_sourcewhale(
    page: Page, stack: Stack, log_in: Callable[..., None]
) -> None:
    alice = slice_stack.add_member(stack, number=0, organisation="Larkfield Search")
    page.goto("/accounts/login/")
    assert_no_serious_axe_violations(page)
    log_in(page, alice, alice.password)
    _create_a_project(page)
    imported = _import_the_file(page)
    _link_the_mailbox(page, stack, alice)
    _write_the_campaign(page)
    _add_everybody(page, imported)
    _start(page)
    _wait_for_the_answers(page, stack)
    _look_at_one_recipient(page)
    _pause_and_resume(page)
    _connect_sourcewhale(page, stack)
    _export_the_project(page, stack, imported)
    _find_the_mark_on_a_person(page)
    assert slice_stack.ledger(stack)["duplicates"] == 0


def test_the_slice_fits_a_phone(
    new_page: Callable[..., Page], stack: Stack, log_in: Callable[..., None], tmp_path: Path
) -> None:
    bob = slice_stack.add_member(stack, number=1, organisation="Harbour Search")
    people = tmp_path / "people.csv"
    people.write_text(
        "First Name,Last Name,Headline,Email\n"
        "Wilhelmina,Featherstonehaugh-Cholmondeley,Principal Engineer of the Northern Interconnector,"
        "accept.wilhelmina.featherstonehaugh@a-rather-long-company-name.example\n"
        "Bo,Li,,bounce.bo.li@harbour.example\n"
    )
    project, campaign = slice_stack.run_small_job(stack, bob, people)
    page = new_page(width=390, height=844, has_touch=True)
    log_in(page, bob, bob.password)
    for address in (
        "/people/",
        f"/projects/{project}/",
        f"/campaigns/{campaign}/",
        f"/campaigns/{campaign}/recipients/",
    ):
        page.goto(address)
        expect(page.get_by_role("main").get_by_text(re.compile("^Wilhelmina")).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        assert_no_serious_axe_violations(page)


# ── the steps of the job ────────────────────────────────────────────────────
def _create_a_project(page: Page) -> None:
    page.get_by_role("link", name="Projects", exact=True).first.click()
    expect(page.get_by_text("No projects yet")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="New project").click()
    page.get_by_role("textbox", name="Name").fill(PROJECT)
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Nobody in this project yet")).to_be_visible()
    assert_no_serious_axe_violations(page)


def _import_the_file(page: Page) -> int:
    """Upload, preview, Import; returns how many people came of it."""
    page.get_by_role("link", name="Search", exact=True).first.click()
    page.get_by_role("link", name="Import people").click()
    page.set_input_files("input[type=file]", EXAMPLE)
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text(f"All {ROWS} rows were counted")).to_be_visible()
    # What was guessed from the headers.
    expect(_chosen(page.get_by_label("First Name", exact=False).first)).to_have_text("First name")
    expect(_chosen(page.get_by_label("Work Email", exact=False).first)).to_have_text(
        re.compile("e-mail", re.I)
    )
    expect(page.get_by_role("rowheader", name="Jonas Lehner")).to_be_visible()
    assert_no_serious_axe_violations(page)
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_label("Project", exact=True).select_option(label=PROJECT)
    # At once, while the form asks for its new preview.
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Import complete")).to_be_visible(timeout=60_000)
    imported, updated, rejected = (_figure(page, word) for word in ("Imported", "Updated", "Rejected"))
    assert (_figure(page, "Rows"), updated) == (ROWS, 0)
    assert imported + rejected == ROWS
    with page.expect_download() as download:
        page.get_by_role("link", name="Download rejected rows").click()
    refused = download.value.path().read_text("utf-8-sig")
    assert "Same person as line 3" in refused
    page.reload()
    expect(page.get_by_role("row", name=re.compile("Same person as line 3"))).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name=f"Open {PROJECT}").click()
    expect(page.get_by_role("heading", name=PROJECT)).to_be_visible()
    expect(page.locator("main tr.row-link").first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(f"{imported} people")
    assert_no_serious_axe_violations(page)
    return imported


def _link_the_mailbox(page: Page, stack: Stack, member: Member) -> None:
    """First with a wrong password: the server's words are shown and nothing is stored."""
    page.get_by_role("link", name="Outreach Settings").first.click()
    expect(page.get_by_text("No e-mail account is linked")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Link an email account").first.click()
    expect(page.get_by_role("heading", name="Other (SMTP + IMAP)")).to_be_visible()
    with page.expect_response(re.compile(r"[?&]address=")):
        page.get_by_label("E-mail address").fill(member.email)
        page.get_by_label("E-mail address").press("Tab")
    for side in ("SMTP", "IMAP"):
        page.get_by_label(f"{side} server").fill("127.0.0.1")
        page.get_by_label(f"{side} port").fill(str(stack.sandbox["ports"][side.lower()]))
        page.get_by_label(f"{side} protection").select_option("none")
    page.get_by_label("SMTP password").fill("not it")
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Test and link").click()
    for side in ("SMTP", "IMAP"):
        expect(page.get_by_text(f"The {side} server refused the login:").first).to_be_visible()
    expect(page.get_by_text("nothing was stored").first).to_be_visible()
    assert_no_serious_axe_violations(page)
    beside = page.context.new_page()
    beside.goto("/outreach/settings/")
    expect(beside.get_by_text("No e-mail account is linked")).to_be_visible()
    beside.close()
    page.get_by_label("SMTP password").fill(member.mail_password)
    page.get_by_role("button", name="Test and link").click()
    expect(page.get_by_role("heading", name="Connected email accounts")).to_be_visible()
    expect(page.get_by_role("main").get_by_text(member.email)).to_be_visible()
    assert_no_serious_axe_violations(page)


def _write_the_campaign(page: Page) -> None:
    _open_project(page)
    _tab(page, "Project", "Outreach").click()
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Name").fill(CAMPAIGN)
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Write the first step").click()
    page.get_by_label("Subject").fill("A backend role in Munich")
    page.get_by_role("textbox", name="Text", exact=True).fill(
        f"{GREETING}\n\nworth twenty minutes?\n\n{{{{ sender_first_name }}}}"
    )
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Save").click()
    expect(_toasts(page)).to_contain_text("Saved.")
    _tab(page, "Campaign", "Steps").click()
    page.get_by_role("button", name="Add an e-mail").click()
    expect(page.get_by_role("heading", name="Step 2")).to_be_visible()
    page.get_by_label("Days after the step before").fill("4")
    page.get_by_role("textbox", name="Text", exact=True).fill(f"{GREETING}\n\na short nudge.")
    page.get_by_role("button", name="Save").click()
    expect(_toasts(page)).to_contain_text("Saved.")
    _tab(page, "Campaign", "Steps").click()
    expect(page.get_by_text("4 days after the step before")).to_be_visible()
    assert_no_serious_axe_violations(page)


def _add_everybody(page: Page, people: int) -> None:
    _tab(page, "Campaign", "Recipients").click()
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name=f"Add all {people} people of the project").click()
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Add people").click()
    expect(_toasts(page)).to_contain_text(f"{people} people added.")
    assert _standings(page) == {"All": people, "Not Started": people}


def _start(page: Page) -> None:
    """Start says what will happen; the second press, in a window left open, changes nothing."""
    page.get_by_role("link", name="Start Campaign").click()
    expect(page.get_by_text(re.compile(r"\d+ people get step 1\."))).to_be_visible()
    expect(page.get_by_text("has no usable address and will stand as Needs attention.")).to_be_visible()
    assert_no_serious_axe_violations(page)
    left_open = page.context.new_page()
    left_open.goto(page.url)
    page.get_by_role("button", name="Start Campaign").click()
    expect(_toasts(page)).to_contain_text("Campaign started.")
    left_open.get_by_role("button", name="Start Campaign").click()
    expect(_toasts(left_open)).to_contain_text("It was already started.")
    left_open.close()
    assert_no_serious_axe_violations(page)


def _wait_for_the_answers(page: Page, stack: Stack) -> None:
    """Reload Recipients until the page counts as many replies as the receiver has sent, and nobody waits."""
    _tab(page, "Campaign", "Recipients").click()
    patience = Patience(150)
    seen: dict[str, int] = {}
    while patience.left(seen):
        page.reload()
        seen = _standings(page)
        told = slice_stack.ledger(stack)
        replies = told["answers"].get("reply", 0) + told["answers"].get("replyother", 0)
        quiet = not told["pending_answers"] and "Not Started" not in seen
        if quiet and replies and seen.get("Replied") == replies and seen.get("Bounced"):
            break
    assert seen["Needs attention"] == 1
    assert seen["Started"] > seen["Replied"]
    assert sum(seen.values()) == 2 * seen["All"]
    expect(page.get_by_role("row", name=re.compile("Priya Raghunathan"))).to_contain_text("Bounced")
    assert_no_serious_axe_violations(page)


def _look_at_one_recipient(page: Page) -> None:
    """Who bounced at the first address was written to at the next one."""
    page.get_by_role("link", name="Mehmet Aydın").click()
    steps = page.get_by_role("region", name="Steps")
    expect(steps.get_by_text("Bounced").first).to_be_visible()
    expect(steps.get_by_text("Sent", exact=True).first).to_be_visible()
    addresses = page.get_by_role("region", name="Addresses")
    expect(addresses.get_by_text("bounce.mehmet.aydin@marktplatz24.example")).to_be_visible()
    used = addresses.get_by_role("listitem").filter(has_text="accept.mehmet.aydin@mailhome.example")
    expect(used).to_contain_text("in use")
    assert_no_serious_axe_violations(page)


def _pause_and_resume(page: Page) -> None:
    page.get_by_role("banner").get_by_role("button", name="Pause Campaign").click()
    expect(_toasts(page)).to_contain_text("Paused.")
    expect(page.get_by_text("Nothing leaves until somebody presses Resume")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Resume Campaign").click()
    expect(_toasts(page)).to_contain_text("Resumed.")
    expect(page.get_by_role("button", name="Pause Campaign")).to_be_visible()


def _connect_sourcewhale(page: Page, stack: Stack) -> None:
    """Seed 000: name menu, + Add a Connection, Capabilities, Credentials, verification, green check mark."""
    key = next(each for each in stack.sandbox["sourcewhale"]["keys"] if each["allowed"])
    page.locator("[popovertarget=me]").click()
    page.locator("#me").get_by_role("link", name="Integrations").click()
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Add a Connection").click()
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Connect SourceWhale").click()
    page.get_by_label("Export", exact=True).check()
    page.get_by_label("Enable Pools").check()
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Confirm Choices").click()
    page.get_by_label("API Key").fill("nobody-knows-this-key-0123456789")
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="SourceWhale is not connected yet")).to_be_visible()
    refused = page.locator("#verification").get_by_role("listitem").filter(has_text="Credentials accepted")
    expect(refused.get_by_role("img", name="Failed")).to_be_visible()
    expect(refused).to_contain_text("Unauthorized")
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Change credentials").click()
    page.get_by_label("API Key").fill(key["key"])
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="SourceWhale is connected")).to_be_visible()
    lines = page.locator("#verification").get_by_role("listitem")
    expect(lines.get_by_role("img", name="Passed")).to_have_count(lines.count())
    assert lines.count() >= 2
    assert_no_serious_axe_violations(page)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.locator("main .ats.ats-ok")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="SourceWhale", exact=True).click()
    page.get_by_label("My SourceWhale e-mail").fill(key["campaigns"][0]["owner"])
    page.get_by_role("button", name="Save my e-mail").click()
    expect(_toasts(page)).to_contain_text(re.compile("saved", re.I))
    assert_no_serious_axe_violations(page)


def _export_the_project(page: Page, stack: Stack, people: int) -> None:
    key = next(each for each in stack.sandbox["sourcewhale"]["keys"] if each["allowed"])
    _open_project(page)
    page.get_by_role("button", name="Export").click()
    page.get_by_role("link", name="Export All to SourceWhale").click()
    page.get_by_label("Prospects, to a Campaign").check()
    page.get_by_label(key["campaigns"][0]["name"]).check()
    page.get_by_label("Generate dummy email addresses").check()
    expect(page.get_by_text("a dummy address is generated for each")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_role("heading", name="Export Complete")).to_be_visible(timeout=90_000)
    assert (_figure(page, "Sent"), _figure(page, "Failed")) == (people, 0)
    assert len(slice_stack.people_at_sourcewhale(stack)) == people
    assert_no_serious_axe_violations(page)


def _find_the_mark_on_a_person(page: Page) -> None:
    page.get_by_role("main").get_by_role("link", name="Mehmet Aydın").click()
    systems = page.get_by_role("region", name="Other systems")
    expect(systems.get_by_role("listitem").filter(has_text="SourceWhale")).to_contain_text("exported")
    expect(page.get_by_role("main").get_by_text("SourceWhale").last).to_be_visible()
    assert_no_serious_axe_violations(page)


# ── parts of pages ──────────────────────────────────────────────────────────
def _open_project(page: Page) -> None:
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name=PROJECT).click()
    expect(page.get_by_role("heading", name=PROJECT)).to_be_visible()


def _tab(page: Page, group: str, name: str) -> Locator:
    return page.get_by_role("navigation", name=group, exact=True).get_by_role(
        "link", name=re.compile(rf"^{name}[ 0-9]*$")
    )


def _toasts(page: Page) -> Locator:
    return page.locator("#toasts")


def _chosen(select: Locator) -> Locator:
    """The option a menu stands on."""
    return select.locator("option:checked")


def _figure(page: Page, word: str) -> int:
    """The number under a word, as in *Imported 62*."""
    term = page.locator("main dt", has_text=re.compile(f"^{word}$"))
    return int(term.locator("xpath=following-sibling::dd").inner_text().replace(",", ""))


def _standings(page: Page) -> dict[str, int]:
    """The words over the recipients with their counts, *All* first."""
    links = page.get_by_role("group", name="Standing").get_by_role("link")
    return {
        word: int(count) for word, count in (text.strip().rsplit(None, 1) for text in links.all_inner_texts())
    }
