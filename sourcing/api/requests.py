"""What all our API views read from a request in the same way."""

from __future__ import annotations

from typing import Any, cast

from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import User

#: The largest id the database has.
MAX_ID = 2**63 - 1


def caller(request: Request) -> User:
    """Whose key or session it is."""
    return cast("User", request.user)


def checked(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    """The validated values; raises with each field's sentence."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
