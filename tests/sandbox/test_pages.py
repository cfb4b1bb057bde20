from __future__ import annotations

import html
import re

import pytest
import requests

from sandbox.client import Sandbox
from tests.sandbox.conftest import Mail

PAGES = (
    "", "mail/", "mail/refused", "sourcewhale/", "sourcewhale/requests", "smartrecruiters/", "cats/", "pinpoint/"
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_whole_documents_without_scripts(world: Sandbox, path: str) -> None:
    answer = requests.get(world.addresses["url"] + path, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert answer.text.startswith("<!doctype html>")


@pytest.mark.parametrize("vendor", ["sourcewhale", "smartrecruiters", "cats", "pinpoint"])
def test_the_overview_says_what_to_type_to_connect_a_stand_in(world: Sandbox, vendor: str) -> None:
    shown = html.unescape(requests.get(world.addresses["url"], timeout=10).text)
    told = world.addresses[vendor]
    assert told["base_url"] in shown
    assert told["keys"]
    for key in told["keys"]:
        # The subdomain of Pinpoint and what a key may do stand beside it.
        row = re.search(rf"<tr>(?:(?!</tr>).)*{re.escape(key['key'])}.*?</tr>", shown)
        assert row, key
        assert all(word in row[0] for word in (key.get("subdomain", ""), key.get("user", "")))
    for name in ("customer_client_id", "customer_client_secret"):
        assert told.get(name, "") in shown


def test_what_arrived_is_shown_and_nothing_of_it_is_markup(mail: Mail, world: Sandbox) -> None:
    mail.send("anna@x.example", Subject="<b>Hello</b>", text="<script>alert(1)</script>")
    shown = requests.get(world.addresses["mail_url"], timeout=10).text
    assert "anna@x.example" in shown
    assert "&lt;b&gt;Hello&lt;/b&gt;" in shown
    (kept,) = world.messages()
    one = requests.get(f"{world.addresses['mail_url']}messages/{kept['id']}", timeout=10).text
    assert "&lt;script&gt;alert(1)" in one
    assert "<script>" not in one


def test_a_page_that_is_not_there_is_404(world: Sandbox) -> None:
    for path in ("nothing", "mail/messages/999999", "sourcewhale/people/ffff", "control/nothing"):
        assert requests.get(world.addresses["url"] + path, timeout=10).status_code == 404


def test_another_site_cannot_press_the_switches(world: Sandbox) -> None:
    url = world.addresses["control_url"]
    assert requests.post(url, data='{"smtp_hang": true}', timeout=10).status_code == 415
    assert world.control()["smtp_hang"] is False
