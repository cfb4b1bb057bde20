"""``Idempotency-Key`` on every POST under ``/api/v1/`` (``foundation.idempotency``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.api.authentication import ApiTokenAuthentication
from accounts.models import PairedBrowser, User
from foundation import idempotency
from foundation.problems import Problem, answer

_CREATES = "/api/v1/"


class IdempotencyMiddleware:
    """Stands closest to the view: what it answers a second time has passed nothing but login.

    Views leave it out for the methods they name in ``without_login``: there is no caller whose key it would be.
    Those with ``calls_others`` ask other servers, which is done in no transaction.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """The stored answer, or the view's; None leaves requests without a key, or without a caller, to the view."""
        key = request.headers.get(idempotency.HEADER)
        if key is None or request.method != "POST" or not request.path.startswith(_CREATES):
            return None
        kind = getattr(view, "cls", None)
        if request.method in getattr(kind, "without_login", ()):
            return None
        caller = _caller(request)
        if caller is None:
            return None
        organisation_id, scope = caller
        path = request.get_full_path()

        def work() -> HttpResponse:
            response: HttpResponse = view(request, *args, **kwargs)
            render = getattr(response, "render", None)
            return render() if callable(render) else response

        try:
            return idempotency.once(
                organisation_id=organisation_id,
                scope=scope,
                key=idempotency.checked(key),
                path=path,
                request_hash=idempotency.hash_of("POST", path, request.body),
                work=work,
                calls_others=getattr(kind, "calls_others", False),
            )
        except Problem as problem:
            return answer(request, problem)


def _caller(request: HttpRequest) -> tuple[int, str] | None:
    """Organisation and scope: a token's keys are its own, a session's are its user's.

    Those of all paired browsers of a user are the same: what waited in one that was paired anew is not done twice.
    """
    try:
        found = ApiTokenAuthentication().authenticate(Request(request))
    except AuthenticationFailed:
        return None
    if found is not None:
        request.token_caller = found  # type: ignore[attr-defined]  # the view's authentication takes it from here
        user, token = found
        scope = f"pairing:{user.pk}" if isinstance(token, PairedBrowser) else f"token:{token.pk}"
        return (user.organisation_id, scope) if user.organisation_id else None
    user = request.user  # type: ignore[assignment]  # a session's, or nobody
    if isinstance(user, User) and user.organisation_id:
        return user.organisation_id, f"user:{user.pk}"
    return None
