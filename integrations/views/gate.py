"""The door of every page of this room: login, right, and a plan that includes integrations."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.permissions import Feature, Right, has_feature, needs

View = Callable[..., HttpResponse]


class Request(HttpRequest):
    """A request behind the gate: somebody is logged in and has an organisation."""

    user: User
    htmx: HtmxDetails


def integrations_page(right: Right) -> Callable[[View], View]:
    """As ``needs(right)``; without the feature the page says whom to ask (seed 000), whatever its address."""

    def decorate(view: View) -> View:
        @needs(right)
        @wraps(view)
        def checked(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            if not has_feature(request.user.organisation, Feature.INTEGRATIONS):
                context = {
                    "support": settings.SUPPORT_EMAIL,
                    "support_url": f"mailto:{settings.SUPPORT_EMAIL}",
                }
                return render(request, "integrations/not_included.html", context, status=403)
            return view(request, *args, **kwargs)

        return checked

    return decorate
