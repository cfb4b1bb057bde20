"""What the OpenAPI schema says of all routes alike, beside what each view says of itself."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from foundation import idempotency
from foundation.paging import KeysetPagination
from foundation.problems import PROBLEM_JSON

#: What programs are written against; ``manage.py api_schema`` writes it.
FILE = Path(__file__).resolve().parents[1] / "docs" / "openapi.yaml"
_HEADER = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same request again within 24 hours gets the same answer again and is done once.",
}


class _Whole:
    """``{"results": […]}``: all there is."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """As OpenAPI says it."""
        return {"type": "object", "required": ["results"], "properties": {"results": schema}}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:  # noqa: ARG002 - its signature
        """Nothing to ask for."""
        return []


class Operations(AutoSchema):
    """What drf-spectacular finds out about a view; named in settings."""

    def _get_paginator(self) -> Any:
        """What stands around a list.

        A view that answers by :func:`foundation.paging.paged` says so by its ``keyset_order``, one that makes such
        pages in its own way by ``answers_pages``, one whose short list comes whole by ``answers_whole``.
        """
        if getattr(self.view, "answers_whole", False):
            return _Whole()
        if hasattr(self.view, "keyset_order") or getattr(self.view, "answers_pages", False):
            return KeysetPagination()
        return super()._get_paginator()  # type: ignore[no-untyped-call]  # untyped there


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped there
    """A token in the ``Authorization`` header; drf-spectacular finds this class by being imported."""

    target_class = "accounts.api.authentication.ApiTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002 - drf-spectacular's signature
        """As OpenAPI says it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Made under Settings, API tokens (bkn_), or a paired browser's access token (bkx_).",
        }


@cache
def schema() -> dict[str, Any]:
    """The whole schema as it is now, the same for everybody."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # untyped there
    return made


def as_text() -> str:
    """The schema as it stands in :data:`FILE`; the version of the product is no part of it."""
    told = schema() | {"info": schema()["info"] | {"version": "v1"}}
    return yaml.safe_dump(
        json.loads(json.dumps(told, default=str)), sort_keys=True, allow_unicode=True, width=110
    )


def committed() -> dict[str, Any]:
    """The schema that programs were written against."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def without_marks(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Postprocessing hook: choices stand where they are taken, so the generator's marks for naming them go."""
    _strip(result)
    return result


def _strip(part: Any) -> None:
    if isinstance(part, dict):
        part.pop("x-spec-enum-id", None)
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            _strip(each)


#: RFC 9457, as ``foundation.problems`` answers.
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "code": {"type": "string", "description": "To rely on."},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}, "description": "By field."},
    },
}


def every_refusal_is_a_problem(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Postprocessing hook: whatever is not said otherwise is a problem."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    answer = {
        "description": "Refused.",
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for methods in result["paths"].values():
        for method, operation in methods.items():
            if method != "parameters":
                operation["responses"].setdefault("default", answer)
    return result


def every_create_may_be_repeated(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Postprocessing hook of drf-spectacular: each POST of somebody who is logged in takes an ``Idempotency-Key``."""
    for methods in result["paths"].values():
        if "post" in methods and methods["post"]["security"] != [{}]:
            methods["post"].setdefault("parameters", []).append(_HEADER)
    return result
