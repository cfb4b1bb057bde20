"""Writing a text as a recruiter does it: the editor, the check beside it, templates, a single e-mail."""

from __future__ import annotations

import datetime
import os
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Step
from outreach import templates
from outreach.contents import Content
from outreach.models import Message, MessageOrigin, TemplateKind
from tests.browser.axe import assert_no_serious_axe_violations
from tests.campaigns import making

#: A picture of every page goes there when it is set.
PICTURES = os.environ.get("CONTENT_PICTURES")


def picture() -> bytes:
    """A PNG of eight by eight grey dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\x80" * 8 for _ in range(8))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def made(transactional_db: None) -> Campaign:
    campaign = making.campaign("Ada", "Grace", steps=2)
    alice = campaign.owner
    templates.save(
        actor=alice,
        name="About us",
        shared=True,
        kind=TemplateKind.SNIPPET,
        content=Content(body="We make batteries.", body_html="<p>We make <b>batteries</b>.</p>"),
    )
    templates.save(
        actor=alice,
        name="First letter",
        shared=True,
        content=Content(
            "A question, {{ first_name }}", "Hi", "<p>Hi {{ first_name }},</p><p>[[why you]]</p>"
        ),
    )
    return campaign


def shot(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def step_of(made: Campaign, position: int) -> Step:
    return Step.objects.for_organisation(made.organisation_id).get(campaign=made, position=position)


def test_a_step_is_written_with_form_variables_snippets_links_and_a_picture(
    page: Page, made: Campaign, log_in: Callable[..., None], tmp_path: Path
) -> None:
    log_in(page, made.owner)
    page.goto(f"/campaigns/{made.pk}/steps/{step_of(made, 1).pk}/")
    assert_no_serious_axe_violations(page)
    text = page.get_by_role("textbox", name="Text", exact=True)
    expect(text).to_contain_text("a question.")
    text.fill("")
    text.press_sequentially("Hi ")
    page.get_by_label("Insert variable").select_option(label="First name")
    text.press("End")
    text.press_sequentially(", read ")
    text.press("Control+b")
    text.press_sequentially("this")
    text.press("Control+b")
    expect(page.get_by_role("button", name="Bold")).to_have_attribute("aria-pressed", "false")
    text.locator("b").dblclick()
    text.press("Control+k")
    expect(page.get_by_role("dialog", name="Link")).to_be_visible()
    assert_no_serious_axe_violations(page)
    page.get_by_label("Address", exact=True).fill("acme.example/jobs")
    page.get_by_role("button", name="Apply").click()
    text.press("Control+End")
    text.press("Enter")
    page.get_by_label("Insert snippet").select_option(label="About us")
    (tmp_path / "office.png").write_bytes(picture())
    with page.expect_response("**/outreach/files/"):
        page.locator("[data-picture]").set_input_files(tmp_path / "office.png")
    expect(text.locator("img")).to_have_attribute("alt", "office")
    expect(page.locator("#check")).to_contain_text("Hi Ada, read this")
    expect(page.locator("#check img")).to_be_visible()
    assert_no_serious_axe_violations(page)
    shot(page, "step")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It applies to")).to_be_visible()
    saved = step_of(made, 1)
    assert '{{ first_name | default: "there" }}' in saved.body_html
    assert '<a href="https://acme.example/jobs"><b>this</b></a>' in saved.body_html.replace(
        '<b><a href="https://acme.example/jobs">this</a></b>',
        '<a href="https://acme.example/jobs"><b>this</b></a>',
    )
    assert "<p>We make <b>batteries</b>." in saved.body_html
    assert saved.files.count() == 1
    assert "We make batteries." in saved.body


def test_a_snippet_goes_where_the_cursor_is_before_its_move_is_told(
    page: Page, made: Campaign, log_in: Callable[..., None]
) -> None:
    """Browsers tell of a moved cursor later; whoever types fast chose the snippet before that."""
    log_in(page, made.owner)
    page.goto(f"/campaigns/{made.pk}/steps/{step_of(made, 1).pk}/")
    text = page.get_by_role("textbox", name="Text", exact=True)
    text.fill("First")
    text.press("Enter")
    text.press_sequentially("Last")
    text.press("Control+Home")
    page.get_by_label("Insert snippet").evaluate(
        """list => {
            const end = document.querySelector("[role=textbox]").lastElementChild;
            getSelection().collapse(end, end.childNodes.length);
            list.selectedIndex = [...list.options].findIndex(option => option.label === "About us");
            list.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    expect(text).to_have_text(re.compile(r"First\s*LastWe make batteries\."))


def test_mistakes_are_told_while_typing_and_a_test_goes_out(
    page: Page, made: Campaign, log_in: Callable[..., None]
) -> None:
    log_in(page, made.owner)
    page.goto(f"/campaigns/{made.pk}/steps/{step_of(made, 1).pk}/")
    page.get_by_label("Subject").fill("")
    page.get_by_role("textbox", name="Text", exact=True).fill("Dear {{ frist_name }}, {{ title }}")
    check = page.locator("#check")
    expect(check).to_contain_text("The subject is empty.")
    expect(check).to_contain_text("Did you mean “first_name”?")
    page.get_by_role("textbox", name="Text", exact=True).fill(
        "Dear {{ first_name }}, {{ title }} [[why you]]"
    )
    expect(check).to_contain_text("2 of 2 people have no “Job title”")
    assert_no_serious_axe_violations(page)
    shot(page, "check")
    page.get_by_label("Subject").fill("Hello")
    page.get_by_role("textbox", name="Text", exact=True).fill("Dear {{ first_name }}")
    page.get_by_label("Preview as").select_option(label="Grace Probe")
    expect(check).to_contain_text("Dear Grace")
    page.get_by_role("button", name="Send me a test").click()
    expect(page.get_by_text("A test is on its way")).to_be_visible()
    test = Message.objects.for_organisation(made.organisation_id).get(origin=MessageOrigin.TEST)
    assert test.to_address == made.owner.email
    assert test.body_text.startswith("Dear Grace\n")
    assert test.candidate_id is None


def test_templates_are_listed_written_and_used_in_a_single_mail(
    page: Page, new_page: Callable[..., Page], made: Campaign, log_in: Callable[..., None]
) -> None:
    log_in(page, made.owner)
    page.goto("/outreach/templates/")
    assert_no_serious_axe_violations(page)
    shot(page, "templates")
    page.get_by_role("link", name="First letter").click()
    assert_no_serious_axe_violations(page)
    shot(page, "template")
    ada = making.recipient(made, "Ada").candidate
    page.goto(f"/people/{ada.pk}/")
    page.get_by_role("link", name="Send e-mail").click()
    page.get_by_label("Begin with a template").select_option(label="First letter · team")
    page.get_by_role("button", name="Use", exact=True).click()
    expect(page.locator("#check")).to_contain_text("[[why you]] has not been filled in.")
    assert_no_serious_axe_violations(page)
    page.get_by_role("textbox", name="Text", exact=True).fill("Hi {{ first_name }}, your work on engines.")
    expect(page.locator("#check")).to_contain_text("Hi Ada, your work on engines.")
    page.get_by_role("radio", name="Send later").check()
    page.get_by_label("Day and time").fill(f"{timezone.now() + datetime.timedelta(days=9):%Y-%m-%dT09:30}")
    shot(page, "write")
    page.get_by_role("button", name="Send e-mail").click()
    expect(page.get_by_text("The e-mail is planned.")).to_be_visible()
    expect(page.locator("#person-tabs")).to_contain_text("A question, Ada")
    assert_no_serious_axe_violations(page)
    shot(page, "messages")


def test_the_pages_fit_a_phone_in_the_dark(
    new_page: Callable[..., Page], made: Campaign, log_in: Callable[..., None]
) -> None:
    page = new_page(width=390, height=844, scheme="dark", has_touch=True)
    log_in(page, made.owner)
    ada = making.recipient(made, "Ada").candidate
    for name, address in {
        "step": f"/campaigns/{made.pk}/steps/{step_of(made, 2).pk}/",
        "templates": "/outreach/templates/",
        "template-new": "/outreach/templates/new/",
        "write": f"/outreach/write/{ada.pk}/",
    }.items():
        page.goto(address)
        assert_no_serious_axe_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
        shot(page, f"phone-{name}")


def test_without_script_the_plain_text_is_written(
    new_page: Callable[..., Page], made: Campaign, log_in: Callable[..., None]
) -> None:
    page = new_page(java_script_enabled=False)
    log_in(page, made.owner)
    page.goto(f"/campaigns/{made.pk}/steps/{step_of(made, 1).pk}/")
    page.get_by_role("textbox", name="Text", exact=True).fill("Plain {{ first_name }}.")
    page.get_by_role("button", name="Save").click()
    saved = step_of(made, 1)
    assert (saved.body, saved.body_html) == ("Plain {{ first_name }}.", "")
