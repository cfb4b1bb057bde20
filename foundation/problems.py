"""Typed errors every room raises, and the one place that turns them into answers.

The class decides what happens; the text helps a person and never holds a secret or personal data. A page gets
an HTML page, htmx gets a fragment, the API gets RFC 9457 ``application/problem+json``.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):
    """Something a person can be told. ``str(problem)`` is the sentence; ``extra`` goes into the API's answer."""

    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 400
    #: The sentence when the raiser gave none.
    sentence: ClassVar[str] = "That did not work."

    def __init__(self, text: str = "", **extra: Any) -> None:
        super().__init__(text or self.sentence)
        self.extra = extra

    @property
    def text(self) -> str:
        """The sentence for the person."""
        return str(self)


class Invalid(Problem):
    """What was sent cannot be accepted; ``fields`` says what is wrong with which field."""

    code = "invalid"
    status = 422
    sentence = "Some of what was sent is not right."

    def __init__(self, text: str = "", *, fields: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(text, **extra)
        self.fields: dict[str, str] = fields or {}


class Missing(Problem):
    """It does not exist, or it is another organisation's: the answer is the same on purpose."""

    code = "missing"
    status = 404
    sentence = "There is nothing here."


class NotAllowed(Problem):
    """It exists and the person may not do this to it."""

    code = "not_allowed"
    status = 403
    sentence = "You are not allowed to do this. Ask an admin of your organisation."


class Conflict(Problem):
    """It was changed meanwhile, or is in a state that does not permit this."""

    code = "conflict"
    status = 409
    sentence = "This was changed meanwhile. Reload the page and try again."


# ── pages ───────────────────────────────────────────────────────────────────


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def as_dict(problem: Problem) -> dict[str, Any]:
    """RFC 9457 §3: type, title, status, detail; plus ``code``, ``errors`` and the extra members."""
    body: dict[str, Any] = {
        "type": f"urn:beckon:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.text,
        "code": problem.code,
    }
    if isinstance(problem, Invalid) and problem.fields:
        body["errors"] = problem.fields
    return {**problem.extra, **body}


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The response that tells ``problem`` to whoever asked: a program, htmx or a person."""
    if _wants_json(request):
        return JsonResponse(as_dict(problem), status=problem.status, content_type=PROBLEM_JSON)
    context = {
        "problem": problem,
        "title": HTTPStatus(problem.status).phrase,
        "fields": problem.fields if isinstance(problem, Invalid) else {},
    }
    if getattr(request, "htmx", False):
        body = render_to_string("errors/fragment.html", context)
        response = HttpResponse(body, status=problem.status)
        # The script shows this text as an alert when the status is one that htmx does not swap.
        response["X-Problem"] = problem.text.encode("ascii", "replace").decode().replace("\n", " ")[:300]
        return response
    return HttpResponse(_page(request, context), status=problem.status)


def _page(request: HttpRequest, context: dict[str, Any]) -> str:
    """Inside the application's frame when that can be drawn, plain when not (no session, no database)."""
    if context["problem"].status < HTTPStatus.INTERNAL_SERVER_ERROR:
        try:
            if request.user.is_authenticated:
                return render_to_string("errors/framed.html", context, request)
        except (AttributeError, DatabaseError):
            log.warning("problems.frame_failed", status=context["problem"].status)
    return render_to_string("errors/plain.html", context)


class ProblemMiddleware:
    """Answers a :class:`Problem` that leaves a view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Only our own class; everything else is Django's, and in the end a 500."""
        if not isinstance(exception, Problem):
            return None
        log.info("problems.answered", code=exception.code, status=exception.status)
        return answer(request, exception)


# ── Django's handlers, named in config.urls ──────────────────────────────────


class _BadRequest(Problem):
    code = "bad_request"
    sentence = "The browser sent something that cannot be understood."


class _ServerError(Problem):
    code = "server_error"
    status = 500
    sentence = "Something broke on our side. It was written down; nothing you entered was half saved."


def page_400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Django's 400."""
    return answer(request, _BadRequest())


def page_403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Django's 403."""
    return answer(request, NotAllowed())


def page_404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Django's 404; its own text is not shown, it names patterns and models."""
    return answer(request, Missing())


def page_500(request: HttpRequest) -> HttpResponse:
    """Django's 500."""
    return answer(request, _ServerError())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is missing or old; ``reason`` is Django's and goes to the log only."""
    log.info("problems.csrf", reason=reason)
    return answer(request, NotAllowed("This page was open for too long. Reload it and try again."))
