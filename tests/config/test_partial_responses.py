"""Caches keep a page and the part of it that htmx asked for apart."""

from __future__ import annotations

from django.test import Client


def test_a_page_says_that_htmx_gets_another_answer(client: Client) -> None:
    assert "HX-Request" in client.get("/styleguide/person/").headers["Vary"]


def test_what_is_not_html_stays_as_it_is(client: Client) -> None:
    assert "HX-Request" not in client.get("/healthz").headers.get("Vary", "")
