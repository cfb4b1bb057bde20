"""Screenshots of pages of a running server, to be looked at: ``python -m tests.browser.shots URL…``.

Each URL is taken at 1280×800 and 390×844, light and dark, to ``var/shots/<name>-<desk|phone>-<light|dark>.png``.

    python -m tests.browser.shots /people/ /projects/1/ --base http://127.0.0.1:8000 --login alice@x.example:secret
    python -m tests.browser.shots /styleguide/ --only desk-light,phone-dark --full --press "#start-button"

``--base``   what relative URLs start with (default http://127.0.0.1:8000)
``--login``  e-mail:password, signed in once per window through the login page
``--only``   which of desk-light, desk-dark, phone-light, phone-dark
``--full``   the whole page instead of the window
``--press``  a CSS selector pressed before the picture (a menu, a dialog)
``--folder`` another folder under var/ than shots
``--name``   file name instead of one made from the URL

Prints what the console and the content security policy complained about and sideways overflow; exit code 1 then.
"""

from __future__ import annotations

import argparse
import functools
import re
import sys
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, sync_playwright

from tests.browser import chromium

VAR = Path(__file__).resolve().parents[2] / "var"
WINDOWS = {"desk": chromium.DESK, "phone": chromium.PHONE}


def main() -> int:
    """Take every picture; 0 when nothing was complained about."""
    parser = argparse.ArgumentParser(description="Screenshots of a running server.")
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--login", default="")
    parser.add_argument("--only", default="desk-light,desk-dark,phone-light,phone-dark")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--press", default="")
    parser.add_argument("--name", default="")
    parser.add_argument("--folder", default="shots")
    options = parser.parse_args()
    path = chromium.executable()
    if path is None:
        sys.stderr.write("Chromium is missing: apt-get install chromium, or set CHROMIUM\n")
        return 2
    (VAR / options.folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        complaints = [
            line
            for kind in options.only.split(",")
            for line in _window(browser, *kind.split("-"), options=options)
        ]
        browser.close()
    sys.stdout.write("".join(f"{line}\n" for line in complaints))
    return int(bool(complaints))


def _window(browser: Browser, size: str, scheme: str, *, options: argparse.Namespace) -> list[str]:
    """Every URL in one window; returns the complaints."""
    width, height = WINDOWS[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=size == "phone",
    )
    if options.login:
        _log_in(context, options)
    complaints: list[str] = []
    for url in options.urls:
        name = (
            options.name
            or re.sub(r"[^a-z0-9]+", "-", url.lower().removeprefix(options.base)).strip("-")
            or "start"
        )
        label = f"{name}-{size}-{scheme}"
        page = context.new_page()
        page.on("console", functools.partial(_console, complaints, label))
        answer = page.goto(urljoin(options.base, url))
        if answer and answer.status >= 400:
            complaints.append(f"{label}: HTTP {answer.status}")
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(150)
        if options.press:
            page.click(options.press)
            page.wait_for_timeout(250)
        page.screenshot(path=VAR / options.folder / f"{label}.png", full_page=options.full)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            complaints.append(f"{label}: {over} px too wide")
        sys.stdout.write(f"{VAR / options.folder / label}.png\n")
        page.close()
    context.close()
    return complaints


def _console(complaints: list[str], label: str, message: ConsoleMessage) -> None:
    if message.type in {"error", "warning"}:
        complaints.append(f"{label}: {message.text[:300]}")


def _log_in(context: BrowserContext, options: argparse.Namespace) -> None:
    email, _, password = options.login.partition(":")
    page = context.new_page()
    page.goto(urljoin(options.base, "/accounts/login/"))
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    page.close()


if __name__ == "__main__":
    raise SystemExit(main())
