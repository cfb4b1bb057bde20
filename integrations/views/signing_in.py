"""Signing in at a vendor: out to its page, and back with its answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from foundation.problems import Problem
from integrations import selectors, signing_in
from integrations.signing_in import Asked
from integrations.views.gate import Request, integrations_page

_SESSION = "vendor_sign_in"
#: Questions remembered at once, for people who start in two tabs.
_AT_ONCE = 5


@require_GET
@integrations_page(Right.CONNECTION_EDIT)
def sign_in(request: Request, connection_id: int) -> HttpResponse:
    """To the vendor's page. A GET, because the policy of our pages lets no form lead to another site."""
    connection = selectors.connection_for(request.user, connection_id)
    try:
        asked, url = signing_in.ask(actor=request.user, connection=connection, now=timezone.now())
    except signing_in.NotSetUp as problem:
        messages.error(request, str(problem))
        return redirect("integrations:credentials", connection.pk)
    pending = request.session.get(_SESSION, [])[-(_AT_ONCE - 1) :]
    request.session[_SESSION] = [*pending, asked.as_json()]
    answer = redirect(url)
    # The address carries the state; nothing on the way may keep it.
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@integrations_page(Right.CONNECTION_EDIT)
def signed_in(request: Request) -> HttpResponse:
    """Back from the vendor. A state that this session did not ask for changes nothing."""
    asked = _take(request, request.GET.get("state", ""))
    if asked is None:
        messages.error(request, "This sign-in was not started here, or was finished already. Start again.")
        return redirect("integrations:overview")
    error = request.GET.get("error", "")
    if error or not request.GET.get("code"):
        words = f"{error}: {request.GET.get('error_description', '')}".strip(": ")[:300]
        messages.error(request, f"Access was not allowed. {words}".strip())
        return redirect("integrations:credentials", asked.connection_id)
    try:
        signing_in.finish(actor=request.user, asked=asked, code=request.GET["code"], now=timezone.now())
    except Problem as problem:
        messages.error(request, str(problem))
        return redirect("integrations:credentials", asked.connection_id)
    return redirect("integrations:verification", asked.connection_id)


def _take(request: Request, state: str) -> Asked | None:
    """The question of this state, once."""
    pending = request.session.get(_SESSION, [])
    found = next((each for each in pending if state and each["state"] == state), None)
    if found is None:
        return None
    request.session[_SESSION] = [each for each in pending if each is not found]
    return Asked.from_json(found)
