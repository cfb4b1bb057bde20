"""Signing in at a vendor: out to its page, and back with its answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
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
    try:
        asked, url = signing_in.ask(actor=request.user, connection=connection, now=timezone.now())
    except signing_in.NotSetUp as problem:
        messages.error(request, str(problem))
        return redirect("integrations:credentials", connection.pk)
    return questions.ask(request.session, _SESSION, asked.as_json(), url=url)


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
        return redirect("integrations:credentials", asked.connection_id)
    try:
        signing_in.finish(actor=request.user, asked=asked, code=request.GET["code"], now=timezone.now())
    except Problem as problem:
        messages.error(request, str(problem))
        return redirect("integrations:credentials", asked.connection_id)
    return redirect("integrations:verification", asked.connection_id)
