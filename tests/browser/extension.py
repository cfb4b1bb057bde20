"""The built extension in a Chromium of its own, as a person would load it unpacked.

A headless browser shows nobody the question whether an extension may talk to a host, and Playwright does not see side
panels. So the copy that is loaded is granted loopback by its manifest, and the panel is opened by its address in a tab;
nothing else differs, which ``test_extension.py`` holds. With ``granted=False`` it is the published one: its icon is
pressed through the debugger, which also looks into the side panel.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

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


def a_server(
    origin: str, *, user: int = 7, organisation: str = "Voltra Search", tokens: tuple[str, str] = ("a", "r")
) -> Any:
    """What the extension keeps of a Beckon it is paired with."""
    return {
        "id": f"{origin}|3|{user}", "origin": origin, "user": {"id": user, "name": "Alice Aubert"},
        "organisation": {"id": 3, "name": organisation}, "ended": False, "access_until": 9e15,
        "rights": ["candidate:edit", "project:edit", "campaign:edit", "candidate:export"],
        "access_token": tokens[0], "refresh_token": tokens[1],
    }  # fmt: skip


class ExtensionBrowser:
    """A browser profile with the extension; closed and opened again it is the same one."""

    def __init__(self, browser: Browser, folder: Path, *, granted: bool = True, **options: Any) -> None:
        self._type, self._options = browser.browser_type, options
        self._profile, self._copy = folder / "profile", loopback_copy(folder) if granted else BUILT
        self.context: BrowserContext
        self.id = ""
        self.open()

    def open(self) -> None:
        """Start the browser."""
        self.context = self._type.launch_persistent_context(
            self._profile,
            executable_path=chromium.required(extensions=True),
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
        # Without the right to know addresses, which one is in front is all that tells them apart.
        page.bring_to_front()
        found: int = self.worker.evaluate(
            "() => chrome.tabs.query({ active: true }).then(tabs => tabs[0].id)"
        )
        return found

    def panel(self, page: Page) -> Page:
        """The panel for the tab of this page."""
        tab = self.tab_of(page)
        opened = self.context.new_page()  # in front, or the browser draws it once a second
        opened.goto(self.address(f"panel.html?tab={tab}"))
        return opened

    def press_icon(self, page: Page) -> None:
        """As a person presses it beside the address of this page, which is in front."""
        page.bring_to_front()
        tabs = self._debugger().send("Target.getTargets", {"filter": [{"type": "tab"}]})["targetInfos"]
        tab = next(each["targetId"] for each in tabs if each["url"] == page.url)
        self._debugger().send("Extensions.triggerAction", {"id": self.id, "targetId": tab})

    def in_side_panel(self, page: Page, expression: str) -> Any:
        """What an expression gives in the side panel of this page's tab; None while there is none, or it is loading."""
        address = self.address(f"panel.html?tab={self.tab_of(page)}")
        targets = self._debugger().send("Target.getTargets")["targetInfos"]
        found = next((each["targetId"] for each in targets if each["url"] == address), None)
        return None if found is None else self._evaluate(found, expression)

    def _evaluate(self, target: str, expression: str) -> Any:
        debugger, answers = self._debugger(), []
        debugger.on(
            "Target.receivedMessageFromTarget", lambda told: answers.append(json.loads(told["message"]))
        )
        session = debugger.send("Target.attachToTarget", {"targetId": target, "flatten": False})["sessionId"]
        asked = {
            "id": 1,
            "method": "Runtime.evaluate",
            "params": {"expression": expression, "returnByValue": True},
        }
        debugger.send("Target.sendMessageToTarget", {"sessionId": session, "message": json.dumps(asked)})
        debugger.send("Target.detachFromTarget", {"sessionId": session})
        told = next((each for each in answers if each.get("id") == 1), {})  # nothing while it is loading
        return told.get("result", {}).get("result", {}).get("value")

    def _debugger(self) -> CDPSession:
        assert self.context.browser is not None
        return self.context.browser.new_browser_cdp_session()


@contextlib.contextmanager
def extension_browser(browser: Browser, folder: Path, **options: Any) -> Iterator[ExtensionBrowser]:
    """One that is closed afterwards."""
    opened = ExtensionBrowser(browser, folder, **options)
    try:
        yield opened
    finally:
        opened.close()
