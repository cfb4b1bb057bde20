"""Settings, Browser extension: how to get it, connecting a browser by a code, and the own browsers."""

from __future__ import annotations

from django.conf import settings as installation
from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import pairing, selectors, settings_pages
from accounts.permissions import Right, needs, viewer_of

#: Which browsers, and the file in ``static/dist/extension/`` that ``make extension`` makes for them.
_FILES = (("Chrome, Edge, Brave", "beckon-chromium.zip"), ("Firefox", "beckon-firefox.zip"))


@needs(Right.TOKEN_CREATE)
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """POST makes a code, which is on the answer and nowhere else.

    With ``?waiting=<id>`` htmx asks whether somebody typed that code: 204 as long as nobody has and it is good.
    """
    user, now = viewer_of(request), timezone.now()
    code = pairing.start(actor=user, now=now)[1] if request.method == "POST" else ""
    waiting = selectors.open_code(user, now=now)
    asked = request.GET.get("waiting", "")
    if waiting is not None and asked == str(waiting.pk) and getattr(request, "htmx", False):
        return HttpResponse(status=204)
    browsers = list(selectors.browsers(user, now=now))
    context = {
        "tabs": settings_pages.tabs(user, active="accounts:extension"),
        "address": installation.PUBLIC_URL,
        "code": code,
        "waiting": waiting,
        "seconds": int((waiting.code_expires_at - now).total_seconds()) if waiting else 0,
        "connected": next((browser for browser in browsers if asked == str(browser.pk)), None),
        "asked": asked,
        "browsers": browsers,
        "warnings": selectors.unread_warnings(user),
        "downloads": _downloads(),
    }
    response = render(request, "settings/extension.html", context)
    if code:
        response["Cache-Control"] = "no-store"
    return response


@needs(Right.TOKEN_CREATE)
@require_POST
def disconnect(request: HttpRequest, browser_id: int) -> HttpResponse:
    """The browser is out at once."""
    user = viewer_of(request)
    browser = selectors.browser_for(user, browser_id)
    pairing.disconnect(actor=user, browser=browser, now=timezone.now())
    messages.success(request, f"{browser.name} disconnected.")
    return redirect("accounts:extension")


@needs(Right.TOKEN_CREATE)
@require_POST
def read_warning(request: HttpRequest, browser_id: int) -> HttpResponse:
    """The warning goes."""
    user = viewer_of(request)
    pairing.read_warning(actor=user, browser=selectors.browser_for(user, browser_id), now=timezone.now())
    return redirect("accounts:extension")


def _downloads() -> list[dict[str, str]]:
    """The built files: for whom, name, address. None until an administrator has built them."""
    found = []
    for browsers, name in _FILES:
        path = f"dist/extension/{name}"
        if finders.find(path):
            try:
                found.append({"browsers": browsers, "name": name, "url": static(path)})
            except ValueError:
                # Built, and not collected yet.
                continue
    return found
