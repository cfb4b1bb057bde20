"""What the OpenAPI schema says of all routes alike, beside what each view says of itself."""

from __future__ import annotations

from typing import Any

from foundation import idempotency

_HEADER = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same request again within 24 hours gets the same answer again and is done once.",
}


def every_create_may_be_repeated(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Postprocessing hook of drf-spectacular: each POST takes an ``Idempotency-Key``."""
    for methods in result["paths"].values():
        if "post" in methods:
            methods["post"].setdefault("parameters", []).append(_HEADER)
    return result
