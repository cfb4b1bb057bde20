"""The API's errors in the form of ``problems`` (RFC 9457).

Apart from it, because models import ``problems`` before REST framework, whose settings name our classes, may load.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import set_rollback

from foundation.problems import PROBLEM_JSON, Invalid, Missing, NotAllowed, Problem, as_dict


def _sentences(detail: Any) -> str:
    if isinstance(detail, dict):
        return " ".join(_sentences(part) for part in detail.values())
    if isinstance(detail, list):
        return " ".join(_sentences(part) for part in detail)
    return str(detail)


def _translated(exc: APIException) -> dict[str, Any]:
    """REST framework's own errors in our form."""
    if isinstance(exc, ValidationError):
        detail = exc.detail if isinstance(exc.detail, dict) else {"non_field_errors": exc.detail}
        return as_dict(Invalid(fields={name: _sentences(part) for name, part in detail.items()}))
    problem = Problem(_sentences(exc.detail))
    code = exc.default_code if isinstance(exc.default_code, str) else "error"
    return {
        **as_dict(problem),
        "type": f"urn:beckon:problem:{code}",
        "title": HTTPStatus(exc.status_code).phrase,
        "status": exc.status_code,
        "code": code,
    }


def api_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:  # noqa: ARG001 - REST framework's signature
    """Named in settings. None lets an unexpected error through: it becomes a 500 and is logged."""
    if isinstance(exc, Http404):
        exc = Missing()
    elif isinstance(exc, PermissionDenied):
        exc = NotAllowed()
    if isinstance(exc, Problem):
        body: dict[str, Any] = as_dict(exc)
    elif isinstance(exc, APIException):
        body = _translated(exc)
    else:
        return None
    set_rollback()
    response = Response(body, status=body["status"], content_type=PROBLEM_JSON)
    if body["status"] == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    for header, value in (("WWW-Authenticate", "auth_header"), ("Retry-After", "wait")):
        if told := getattr(exc, value, None):
            response[header] = str(told)
    return response
