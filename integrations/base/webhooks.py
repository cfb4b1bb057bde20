"""Reading a delivery, the same for every vendor: what its body says, once its signature was checked."""

from __future__ import annotations

import json
from typing import Any

from integrations.base.errors import MalformedResponse


def decoded(body: bytes) -> Any:
    """The body as JSON. Raises MalformedResponse."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedResponse("The delivery is not valid JSON.") from None


def told(body: bytes) -> dict[str, Any]:
    """The body as an object. Raises MalformedResponse."""
    data = decoded(body)
    if not isinstance(data, dict):
        raise MalformedResponse("The delivery is not an object.")
    return data
