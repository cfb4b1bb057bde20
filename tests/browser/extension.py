"""The built extension in a Chromium of its own, as a person would load it unpacked.

A headless browser shows nobody the question whether an extension may talk to a host, and has no icon to click, which
is what lets the panel read a page. So the copy that is loaded is granted loopback by its manifest, and the panel is
opened by its address. Nothing else differs; ``test_extension.py`` holds that.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from config import assets
from tests.browser import chromium

BUILT = assets.DIST / "extension" / "chromium"
LOOPBACK = ["http://127.0.0.1/*", "http://localhost/*"]


def loopback_copy(folder: Path) -> Path:
    """The unpacked extension with loopback granted."""
    copy = folder / "extension"
    shutil.copytree(BUILT, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"host_permissions": LOOPBACK}))
    return copy


class ExtensionBrowser:
    """A browser profile with the extension; closed and opened again it is the same one."""

    def __init__(self, browser: Browser, folder: Path, **options: Any) -> None:
        self._type, self._options = browser.browser_type, options
        self._profile, self._copy = folder / "profile", loopback_copy(folder)
        self.context: BrowserContext
        self.id = ""
        self.open()

    def open(self) -> None:
        """Start the browser."""
        self.context = self._type.launch_persistent_context(
            self._profile,
            executable_path=chromium.executable(),
            headless=True,
            args=[
                *chromium.FLAGS,
                f"--disable-extensions-except={self._copy}",
                f"--load-extension={self._copy}",
            ],
            reduced_motion="reduce",
            **self._options,
        )
        self.context.set_default_timeout(chromium.PATIENCE)
        workers = self.context.service_workers
        worker = workers[0] if workers else self.context.wait_for_event("serviceworker")
        self.worker = worker
        self.id = worker.url.split("/")[2]

    def close(self) -> None:
        """End it; what it stored stays."""
        self.context.close()

    def address(self, path: str) -> str:
        """Of a file of the extension."""
        return f"chrome-extension://{self.id}/{path}"

    def bare_page(self) -> Page:
        """A page of the extension that runs nothing by itself."""
        page = self.context.new_page()
        page.goto(self.address("licences/beckon.txt"))
        return page

    def tab_of(self, page: Page) -> int:
        """The number the browser gives the tab that shows this page."""
        found: int = self.worker.evaluate(
            "url => chrome.tabs.query({}).then(tabs => tabs.find(tab => tab.url === url).id)", page.url
        )
        return found

    def panel(self, page: Page) -> Page:
        """The panel for the tab of this page."""
        opened = self.context.new_page()
        opened.goto(self.address(f"panel.html?tab={self.tab_of(page)}"))
        return opened


@contextlib.contextmanager
def extension_browser(browser: Browser, folder: Path, **options: Any) -> Iterator[ExtensionBrowser]:
    """One that is closed afterwards."""
    opened = ExtensionBrowser(browser, folder, **options)
    try:
        yield opened
    finally:
        opened.close()
