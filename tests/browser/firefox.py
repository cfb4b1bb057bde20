"""The built extension in a Firefox of its own, as a person would load it: packed, with the permissions it has.

Firefox is driven over Marionette, the line it brings along: JSON over a socket on loopback. Unlike Playwright it also
reaches what stands around the page: the icon is pressed, the question whether the extension may talk to a host is
answered, and the sidebar is looked into.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config import assets
from tests.browser import chromium

BUILT = assets.DIST / "extension" / "beckon-firefox.zip"
ADD_ON = "panel@beckon"
#: Where the extension's pages are; Firefox makes one up for each profile unless it is told.
HOME = "moz-extension://5f6e2f9c-0d61-4d7d-8f39-3f4a5b6c7d8e"
#: Nothing of the browser itself goes online, nothing is shown that nobody asked for, and nothing moves.
PREFERENCES: dict[str, Any] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.contentblocking.report.lockwise.enabled": False,
    "browser.discovery.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "browser.topsites.contile.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.blocklist.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "extensions.webextensions.uuids": json.dumps({ADD_ON: HOME.split("/")[2]}),
    "geo.enabled": False,
    "marionette.port": 0,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    # Whatever asks for another machine all the same finds a proxy that is not there.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
    "network.trr.mode": 5,
    "security.notification_enable_delay": 0,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "signon.rememberSignons": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
    "ui.prefersReducedMotion": 1,
}
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def executable() -> str | None:
    """``$FIREFOX``, else what is on the PATH; None when there is none."""
    named = os.environ.get("FIREFOX")
    if named:
        return named if Path(named).exists() else None
    return next((found for found in map(shutil.which, ("firefox", "firefox-esr")) if found), None)


class FirefoxError(Exception):
    """Firefox refused a command; the text is its own."""


class Firefox:
    """A headless browser with the extension; one of its tabs is driven at a time."""

    def __init__(self, folder: Path, **preferences: Any) -> None:
        self._profile, self._count = folder / "firefox", 0
        self._line: socket.socket | None = None
        self._profile.mkdir()
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in {**PREFERENCES, **preferences}.items()
        ]
        (self._profile / "user.js").write_text("\n".join(lines))
        self._process = subprocess.Popen(
            [
                executable() or "",
                "--headless",
                "--marionette",
                "--remote-allow-system-access",
                "--no-remote",
                "--profile",
                str(self._profile),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ
            | {"MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "900", "HOME": str(folder)},
        )
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        told = self._profile / "MarionetteActivePort"
        port = int(wait_for(lambda: told.exists() and told.read_text().strip()))
        self._line = socket.create_connection(("127.0.0.1", port), timeout=chromium.PATIENCE / 1000)
        self._read()  # who is there
        self.ask(
            "WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"unhandledPromptBehavior": "ignore"}}}
        )
        self.ask("Addon:Install", {"path": str(BUILT), "temporary": True})

    def close(self) -> None:
        """End it."""
        if self._line:
            self._line.close()
        self._process.terminate()
        self._process.wait(30)

    def ask(self, command: str, values: dict[str, Any] | None = None) -> Any:
        """What Firefox answers to a command of Marionette's. Raises FirefoxError."""
        self._count += 1
        message = json.dumps([0, self._count, command, values or {}]).encode()
        self._line.sendall(b"%d:%s" % (len(message), message))
        _, _, problem, result = self._read()
        if problem:
            raise FirefoxError(f"{command}: {problem['error']}: {problem['message']}")
        return result.get("value") if isinstance(result, dict) and result.keys() == {"value"} else result

    def _read(self) -> Any:
        size = b""
        while (sign := self._line.recv(1)) != b":":
            size += sign
        data = b""
        while len(data) < int(size):
            data += self._line.recv(int(size) - len(data))
        return json.loads(data)

    # The tab that is driven.

    def tab(self, address: str) -> str:
        """Open an address in a new tab, which is in front and driven from then on; its handle."""
        handle: str = self.ask("WebDriver:NewWindow", {"type": "tab", "focus": True})["handle"]
        self.to(handle)
        self.goto(address)
        return handle

    def to(self, handle: str) -> None:
        """Bring a tab to the front and drive it."""
        self.ask("WebDriver:SwitchToWindow", {"handle": handle, "focus": True})

    def goto(self, address: str) -> None:
        """Lead the tab there."""
        self.ask("WebDriver:Navigate", {"url": address})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function's body returns in the page."""
        return self.ask("WebDriver:ExecuteScript", {"script": script, "args": list(arguments)})

    def find(self, path: str) -> dict[str, str]:
        """The first displayed element an XPath names, once there is one."""

        def displayed() -> dict[str, str] | None:
            with contextlib.suppress(FirefoxError):  # it was drawn anew between two questions
                for each in self.ask("WebDriver:FindElements", {"using": "xpath", "value": path}):
                    if self.ask("WebDriver:IsElementDisplayed", {"id": each[_ELEMENT]}):
                        return each
            return None

        return wait_for(displayed, path)

    def gone(self, path: str) -> None:
        """Once nothing of that XPath is on the page."""
        wait_for(lambda: not self.ask("WebDriver:FindElements", {"using": "xpath", "value": path}), path)

    def click(self, path: str) -> None:
        """As a person clicks."""
        wait_for(lambda: self._did("WebDriver:ElementClick", path), path)

    def _did(self, command: str, path: str, **values: Any) -> bool:
        try:
            self.ask(command, {"id": self.find(path)[_ELEMENT], **values})
        except FirefoxError as problem:
            # Drawn anew meanwhile, or it takes no presses yet.
            if any(words in str(problem) for words in ("stale", "no such element", "intercepted")):
                return False
            raise
        return True

    def type(self, path: str, text: str) -> None:
        """Into a field."""
        self.ask("WebDriver:ElementSendKeys", {"id": self.find(path)[_ELEMENT], "text": text})

    def text(self, path: str) -> str:
        """What is read there."""
        return str(self.ask("WebDriver:GetElementText", {"id": self.find(path)[_ELEMENT]}))

    def picture(self) -> bytes:
        """What the tab shows, as PNG."""
        return base64.b64decode(self.ask("WebDriver:TakeScreenshot", {"full": False, "hash": False}))

    # What stands around it.

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        """Scripts, clicks and pictures are of the browser's own window, not of a page."""
        self.ask("Marionette:SetContext", {"value": "chrome"})
        try:
            yield
        finally:
            self.ask("Marionette:SetContext", {"value": "content"})

    def press_icon(self) -> None:
        """As a person presses it beside the address of the tab in front."""
        with self.around():
            self.click(
                "//*[@id='panel_beckon-browser-action']//*[contains(@class, 'unified-extensions-item-action-button')]"
            )

    def allow(self, host: str) -> None:
        """Answer the question whether the extension may talk to that host, which is the one that is asked."""
        with self.around():
            asked = wait_for(lambda: self.run(_ASKED), "no question")
            assert host in asked, asked
            self.run("PopupNotifications.panel.firstElementChild.button.click()")

    def in_sidebar(self, script: str) -> Any:
        """What a function's body returns in the panel the sidebar shows; None while there is none, or it is loading.

        It has ``document``, and runs as in the turn of a press.
        """
        with self.around():
            return self.ask("WebDriver:ExecuteAsyncScript", {"script": _IN_SIDEBAR, "args": [script]})

    def rest(self) -> None:
        """What Firefox does when the extension was not used for half a minute: its background page ends."""
        with self.around():
            self.ask("WebDriver:ExecuteAsyncScript", {"script": _REST, "args": []})


_ASKED = """
const { state, firstElementChild: asked } = PopupNotifications.panel;
return state === "open" && asked.id.startsWith("addon-webext-permissions") && asked.textContent;
"""
_REST = f"""
const [done] = arguments;
WebExtensionPolicy.getByID("{ADD_ON}").extension.terminateBackground().then(() => done());
"""
#: The sidebar's page is in a process of its own, where only a script that is sent there reaches it.
_IN_SIDEBAR = """
const [body, done] = arguments;
const sidebar = SidebarController.isOpen && SidebarController.browser.contentDocument;
const browser = sidebar && sidebar.getElementById("webext-panels-browser");
if (!browser?.messageManager) return done(null);
setTimeout(done, 5_000, null); // it went while it was asked
const name = `beckon:${Math.random()}`;
browser.messageManager.addMessageListener(name, function answered({ data }) {
  browser.messageManager.removeMessageListener(name, answered);
  done(data);
});
browser.messageManager.loadFrameScript(`data:,${encodeURIComponent(`{
  const panel = [...(content.document.querySelectorAll("iframe") || [])].find((each) => !each.hidden);
  const document = panel?.contentDocument;
  const turn = content.windowUtils.setHandlingUserInput(true);
  try {
    sendAsyncMessage(${JSON.stringify(name)}, document?.readyState === "complete" ? (() => { ${body} })() : null);
  } finally {
    turn.destruct();
  }
}`)}`, false);
"""


def wait_for(get: Callable[[], Any], what: str = "") -> Any:
    """What is got once it is something."""
    end = time.monotonic() + chromium.PATIENCE / 1000
    while not (got := get()):
        assert time.monotonic() < end, what
        time.sleep(0.05)
    return got
