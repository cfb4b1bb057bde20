"""Rights as DRF permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.permissions import Right, can

if TYPE_CHECKING:
    # rest_framework.views imports this class through its settings.
    from rest_framework.views import APIView


class HasRight(BasePermission):
    """Needs ``api:use`` and the view's ``right``, or ``rights[method]`` where methods differ: others are 405."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """A view that names no right is a mistake and raises AttributeError. A method it does not offer needs none of
        its own: REST framework answers 405."""
        rights = getattr(view, "rights", None)
        if rights and request.method not in rights:
            raise MethodNotAllowed(str(request.method))
        right: Right = rights[request.method] if rights else view.right  # type: ignore[attr-defined]  # see docstring
        return can(request.user, Right.API_USE) and can(request.user, right)
