"""The hidden picture of a tracked message: whoever asks gets it, whatever becomes of the asking."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from outreach import opens


@never_cache
@require_safe
def picture(request: HttpRequest, reference: str) -> HttpResponse:
    """The same picture for every reference, so that it tells nothing about them."""
    opens.loaded(reference, request, now=timezone.now())
    return HttpResponse(opens.PICTURE, content_type="image/gif")
