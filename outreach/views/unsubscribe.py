"""The page behind the unsubscribe link: no login, nothing happens on a GET (RFC 8058)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from outreach import unsubscribe


@csrf_exempt  # mail programs press the link without a cookie; the signed reference is the permission
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, reference: str) -> HttpResponse:
    """GET asks; POST opts the person out, from the button or from a mail program's one click.

    The page names neither address nor person: whoever holds a forwarded mail learns nothing new.
    """
    message = unsubscribe.message_of(reference)
    if message is None:
        return render(request, "outreach/unsubscribe_unknown.html", status=404)
    done = request.method == "POST"
    if done:
        unsubscribe.opt_out(message)
    context = {"organisation": message.organisation, "done": done}
    return render(request, "outreach/unsubscribe.html", context)
