"""Two pages of one real Chromium: one that shows whatever a test serves, at any address; one that holds the modules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser import chromium

MODULES = Path(__file__).resolve().parents[3] / "extension" / "reading"
ORIGIN = "https://modules.example"
#: Imports what tests call, as globals of the page.
IMPORTS = """async () => {
    for (const name of ["read", "profile", "names", "links", "dates", "words"])
        Object.assign(globalThis, { [name]: await import(`/${name}.js`) });
    return (await import("/snapshot.js")).collect.toString();
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this needs Chromium, and says so."""
    for item in items:
        if "tests/extension/reading/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


class Reader:
    """Shows pages, takes their snapshots with the function's own text, and reads them with the modules.

    Every address is answered here, so nothing leaves the browser: ``asked`` holds what pages asked for.
    """

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(service_workers="block")
        self.context.set_default_timeout(chromium.PATIENCE)
        self.context.route("**/*", self._answer)
        self.served: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.shown: Page = self.context.new_page()
        self.modules: Page = self.context.new_page()
        self.modules.goto(f"{ORIGIN}/")
        self.collect: str = self.modules.evaluate(IMPORTS)

    def _answer(self, route: Route) -> None:
        url = route.request.url
        if url.startswith(f"{ORIGIN}/"):
            path = url.removeprefix(f"{ORIGIN}/")
            text = (MODULES / path).read_bytes() if path else b"<!doctype html><title>modules</title>"
            route.fulfill(body=text, content_type="text/javascript" if path else "text/html")
            return
        self.asked.append(url)
        if url in self.served:
            route.fulfill(body=self.served[url], content_type="text/html")
        else:
            route.fulfill(status=404)

    def show(self, url: str, html: bytes | str) -> None:
        """Open a page of these bytes at this address; their encoding is for the browser to find out."""
        self.served = {url.partition("#")[0]: html.encode() if isinstance(html, str) else html}
        self.shown.goto(url)
        self.asked.clear()

    def snapshot(self) -> dict[str, Any]:
        """What ``collect`` takes of the page shown, as ``chrome.scripting`` would run it: by its text alone."""
        taken: dict[str, Any] = self.shown.evaluate(f"() => ({self.collect})()")
        return taken

    def read(self, snapshot: dict[str, Any]) -> dict[str, Any]:
        """The profile the modules make of a snapshot."""
        profile: dict[str, Any] = self.modules.evaluate("(snapshot) => read.read(snapshot)", snapshot)
        return profile

    def call(self, expression: str, argument: Any = None) -> Any:
        """Evaluate JavaScript beside the modules."""
        return self.modules.evaluate(expression, argument)


@pytest.fixture(scope="session")
def reader(browser: Browser) -> Iterator[Reader]:
    """One for all tests: a page costs milliseconds, a browser a second."""
    made = Reader(browser)
    yield made
    made.context.close()
