"""Signing in with Google or Microsoft 365: out to the provider's page, and back with its answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.permissions import Right, needs, viewer_of
from foundation import questions
from foundation.problems import Problem
from outreach import consent
from outreach.consent import Asked
from sourcing.views.requests import number

_SESSION = "mailbox_sign_in"


@require_GET
@needs(Right.MAILBOX_LINK)
def sign_in(request: HttpRequest, login: str) -> HttpResponse:
    """To the provider of this kind of login; ``?mailbox=`` is an account that is linked again.

    A GET, because the policy of our pages lets no form lead to another site; it changes nothing but the session.
    """
    try:
        asked, url = consent.ask(
            actor=viewer_of(request),
            provider=login,
            mailbox_id=number(request.GET.get("mailbox")),
            now=timezone.now(),
        )
    except consent.NotSetUp as problem:
        messages.error(request, str(problem))
        return redirect("outreach:mailbox_new")
    return questions.ask(request.session, _SESSION, asked.as_json(), url=url)


@require_GET
@needs(Right.MAILBOX_LINK)
def signed_in(request: HttpRequest) -> HttpResponse:
    """Back from the provider. A state that this session did not ask for changes nothing."""
    known = questions.take(request.session, _SESSION, request.GET.get("state", ""))
    again = "outreach:mailbox_new"
    if known is None:
        messages.error(request, "This sign-in was not started here, or was finished already. Start again.")
        return redirect(again)
    asked = Asked.from_json(known)
    error = request.GET.get("error", "")
    if error or not request.GET.get("code"):
        words = f"{error}: {request.GET.get('error_description', '')}".strip(": ")[:300]
        messages.error(request, consent.explained(words or "The provider gave no answer."))
        return redirect(again)
    try:
        mailbox = consent.finish(
            actor=viewer_of(request), asked=asked, code=request.GET["code"], now=timezone.now()
        )
    except Problem as problem:
        messages.error(request, consent.explained(problem))
        return redirect(again)
    messages.success(request, f"{mailbox.address} is connected.")
    return redirect("outreach:settings")
