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

from foundation import idempotency, preconditions, sparse_fields
from foundation.paging import KeysetPagination
from foundation.problems import PROBLEM_JSON

#: What programs are written against; ``manage.py api_schema`` writes it.
FILE = Path(__file__).resolve().parents[1] / "docs" / "openapi.yaml"
#: Bodies that are sent and answered, for people to read and copy.
EXAMPLES = Path(__file__).with_name("api_examples.yaml")
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


_IF_MATCH = {
    "name": preconditions.HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of a read of this address: 412 if it is something else by now. * for whatever it is.",
}
#: A search; what its PUT changes is read beside it.
_SEARCHED = "/api/v1/connections/{id}/companies/"
_ETAG = {"ETag": {"description": "What If-Match takes.", "schema": {"type": "string"}}}


def every_update_minds_what_was_read(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Postprocessing hook: PATCH and PUT take ``If-Match``; they and the GET of their address tell an ``ETag``."""
    for path, methods in result["paths"].items():
        updates = [methods[method] for method in ("patch", "put") if method in methods]
        for update in updates:
            update.setdefault("parameters", []).append(_IF_MATCH)
        for operation in (*updates, *([methods["get"]] if updates and path != _SEARCHED else [])):
            operation["responses"]["200"]["headers"] = _ETAG
    return result


_FIELDS = {
    "name": sparse_fields.PARAMETER,
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "Only these fields of each object, separated by commas; what is not asked for is not computed.",
}


def every_read_may_be_narrowed(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Postprocessing hook: each GET that answers objects takes ``fields``."""
    for methods in result["paths"].values():
        read = methods.get("get")
        if read and "application/json" in read["responses"].get("200", {}).get("content", {}):
            read.setdefault("parameters", []).append(_FIELDS)
    return result


def with_examples(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Postprocessing hook: the examples of :data:`EXAMPLES` where they belong."""
    told = examples()
    for methods in result["paths"].values():
        for operation in methods.values():
            found = told.get(operation["operationId"], {}) if isinstance(operation, dict) else {}
            if "request" in found:
                operation["requestBody"]["content"]["application/json"]["example"] = found["request"]
            for status, answer in found.get("responses", {}).items():
                operation["responses"][status]["content"]["application/json"]["example"] = answer
    return result


def examples() -> dict[str, Any]:
    """By operation id: ``request``, and ``responses`` by status."""
    found: dict[str, Any] = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    return found


def every_create_may_be_repeated(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Postprocessing hook of drf-spectacular: each POST of somebody who is logged in takes an ``Idempotency-Key``."""
    for methods in result["paths"].values():
        if "post" in methods and methods["post"]["security"] != [{}]:
            methods["post"].setdefault("parameters", []).append(_HEADER)
    return result
