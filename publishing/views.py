"""Settings, Webhooks: endpoints, their secrets, every delivery."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import settings_pages
from accounts.permissions import Right, needs, viewer_of
from foundation.paging import keyset
from foundation.problems import Conflict, Invalid
from publishing import endpoints as operations
from publishing import feed, selectors
from publishing.forms import ChangedEndpointForm, EndpointForm
from publishing.models import Endpoint
from publishing.states import DeliveryStatus
from sourcing.views.problems import onto_form
from sourcing.views.requests import numbers

_PER_PAGE = 50
#: Name in the address → words and the statuses it shows; none means all.
_SHOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "all": ("All", ()),
    "waiting": ("Waiting", (DeliveryStatus.WAITING, DeliveryStatus.SENDING)),
    "dead": ("Given up", (DeliveryStatus.DEAD,)),
    "delivered": ("Delivered", (DeliveryStatus.DELIVERED,)),
}


def _endpoint(request: HttpRequest, endpoint_id: int) -> Endpoint:
    return selectors.endpoint_for(viewer_of(request), endpoint_id)


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    tabs = settings_pages.tabs(viewer_of(request), active="publishing:endpoints")
    return render(request, f"publishing/{template}.html", context | {"tabs": tabs}, status=status)


@require_GET
@needs(Right.ORGANISATION_EDIT)
def endpoints(request: HttpRequest) -> HttpResponse:
    """All of them, with what waits and what was given up."""
    return _page(request, "endpoints", {"endpoints": selectors.endpoints(viewer_of(request))})


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """Make one; its secret is on the answer and nowhere else."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = operations.create(actor=viewer_of(request), **form.cleaned_data)
        except (Invalid, Conflict) as problem:
            onto_form(problem, form)
        else:
            return _page(request, "secret", {"endpoint": endpoint, "secret": secret, "made": True})
    return _page(request, "new", {"form": form}, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def endpoint(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Its settings and its deliveries, the newest first."""
    found = _endpoint(request, endpoint_id)
    initial = {
        "url": found.url,
        "description": found.description,
        "types": found.types,
        "active": found.active,
    }
    form = ChangedEndpointForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            operations.change(actor=viewer_of(request), endpoint=found, **form.cleaned_data)
        except Invalid as problem:
            onto_form(problem, form)
        else:
            messages.success(request, "Webhook saved.")
            return redirect("publishing:endpoint", found.pk)
    chosen = request.GET.get("show", "all")
    chosen = chosen if chosen in _SHOWN else "all"
    rows = selectors.deliveries(found, statuses=_SHOWN[chosen][1])
    context = {
        "endpoint": found,
        "form": form,
        "page": keyset(rows, order=("-id",), after=request.GET.get("after"), size=_PER_PAGE),
        "shown": [
            {"label": words, "url": f"?show={name}", "active": name == chosen}
            for name, (words, _) in _SHOWN.items()
        ],
        "given_up": selectors.deliveries(found, statuses=(DeliveryStatus.DEAD,)).exists(),
    }
    return _page(request, "endpoint", context, 422 if form.errors else 200)


@require_GET
@needs(Right.ORGANISATION_EDIT)
def delivery(request: HttpRequest, endpoint_id: int, delivery_id: int) -> HttpResponse:
    """What was sent and what came back."""
    found = _endpoint(request, endpoint_id)
    row = selectors.delivery_for(found, delivery_id)
    body = json.dumps(feed.payload(row.event), indent=2, ensure_ascii=False)
    return _page(request, "delivery", {"endpoint": found, "delivery": row, "body": body})


@require_POST
@needs(Right.ORGANISATION_EDIT)
def rotate(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """A new secret, shown on the answer and nowhere else."""
    found = _endpoint(request, endpoint_id)
    secret = operations.rotate(actor=viewer_of(request), endpoint=found)
    return _page(request, "secret", {"endpoint": found, "secret": secret})


@require_POST
@needs(Right.ORGANISATION_EDIT)
def test(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """*Send a test*."""
    found = _endpoint(request, endpoint_id)
    row = operations.send_test(actor=viewer_of(request), endpoint=found)
    return redirect("publishing:delivery", found.pk, row.pk)


@require_POST
@needs(Right.ORGANISATION_EDIT)
def replay(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Send the deliveries named in ``delivery`` again, or all that were given up when none is named."""
    found = _endpoint(request, endpoint_id)
    named = numbers(request.POST.getlist("delivery"))
    count = operations.replay(actor=viewer_of(request), endpoint=found, deliveries=named or None)
    messages.success(request, "1 is sent again" if count == 1 else f"{count} are sent again")
    return redirect("publishing:endpoint", found.pk)


@require_http_methods(["GET", "POST"])
@needs(Right.ORGANISATION_EDIT)
def remove(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Ask, then forget it."""
    found = _endpoint(request, endpoint_id)
    if request.method == "POST":
        operations.remove(actor=viewer_of(request), endpoint=found)
        messages.success(request, "Webhook removed.")
        return redirect("publishing:endpoints")
    return _page(request, "remove", {"endpoint": found})
