"""Signing in at a vendor: out to its page, and back with its answer, in the same window or in one of its own.

Our pages keep windows of other sites at a distance (``Cross-Origin-Opener-Policy``). The way out and back in a window
of its own does not, so that the page behind it sees when it is closed; the outcome it is told by a channel of our own.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from foundation import questions
from foundation.problems import Problem
from integrations import selectors, signing_in
from integrations.signing_in import Asked
from integrations.views.gate import Request, integrations_page

_SESSION = "vendor_sign_in"


@require_GET
@integrations_page(Right.CONNECTION_EDIT)
def sign_in(request: Request, connection_id: int) -> HttpResponse:
    """To the vendor's page. A GET, because the policy of our pages lets no form lead to another site."""
    connection = selectors.connection_for(request.user, connection_id)
    own_window = request.GET.get("window") == "own"
    try:
        asked, url = signing_in.ask(
            actor=request.user, connection=connection, now=timezone.now(), own_window=own_window
        )
    except signing_in.NotSetUp as problem:
        messages.error(request, str(problem))
        return _on(request, connection.pk, "credentials", own_window=own_window)
    answer = questions.ask(request.session, _SESSION, asked.as_json(), url=url)
    if own_window:
        answer["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return answer


@require_GET
@integrations_page(Right.CONNECTION_EDIT)
def signed_in(request: Request) -> HttpResponse:
    """Back from the vendor. A state that this session did not ask for changes nothing."""
    known = questions.take(request.session, _SESSION, request.GET.get("state", ""))
    if known is None:
        messages.error(request, "This sign-in was not started here, or was finished already. Start again.")
        return redirect("integrations:overview")
    asked = Asked.from_json(known)
    error = request.GET.get("error", "")
    if error or not request.GET.get("code"):
        words = f"{error}: {request.GET.get('error_description', '')}".strip(": ")[:300]
        messages.error(request, f"Access was not allowed. {words}".strip())
        return _on(request, asked.connection_id, "credentials", own_window=asked.own_window)
    try:
        signing_in.finish(actor=request.user, asked=asked, code=request.GET["code"], now=timezone.now())
    except Problem as problem:
        messages.error(request, str(problem))
        return _on(request, asked.connection_id, "credentials", own_window=asked.own_window)
    return _on(request, asked.connection_id, "verification", own_window=asked.own_window)


def channel(connection_id: int) -> str:
    """What a sign-in's window tells the page behind it through."""
    return f"sign-in-{connection_id}"


def _on(request: Request, connection_id: int, name: str, *, own_window: bool) -> HttpResponse:
    """To the connection's page of that name: here, or behind the window, which closes. What was said waits there."""
    if not own_window:
        return redirect(f"integrations:{name}", connection_id)
    context: dict[str, object] = {
        "channel": channel(connection_id),
        "to": reverse(f"integrations:{name}", args=[connection_id]),
        "said": "Access allowed" if name == "verification" else "Not connected",
        "messages": [],
    }
    answer = render(request, "integrations/signed_in.html", context)
    answer["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return answer
