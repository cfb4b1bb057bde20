"""Where vendors call: no login, no session, no cookie; the key in the address and the signature are the permission."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations import webhooks


@csrf_exempt  # a vendor has no cookie
@never_cache
@require_POST
def hook(request: HttpRequest, key: str) -> HttpResponse:
    """Store the delivery and answer at once; what it is about is done later."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > webhooks.MOST_BYTES:
        return HttpResponse(status=413)
    body = request.body
    if len(body) > webhooks.MOST_BYTES:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    answer = webhooks.receive(key=key, headers=headers, body=body)
    return HttpResponse(status=answer.status, headers=dict(answer.headers))
