"""What all our API views read from a request in the same way."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import Organisation, User
from sourcing import in_turn

#: The largest id the database has.
MAX_ID = 2**63 - 1


def caller(request: Request) -> User:
    """Whose key or session it is."""
    return cast("User", request.user)


def organisation_of(request: Request) -> Organisation:
    """The caller's; whoever has a right has one."""
    found = caller(request).organisation
    assert found is not None
    return found


def settings_in_turn(request: Request, **_named: Any) -> QuerySet[Organisation]:
    """What a change of one of the organisation's settings locks first, for ``guarded``."""
    return in_turn.of(caller(request).tenant_id)


def checked(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    """The validated values; raises with each field's sentence."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
