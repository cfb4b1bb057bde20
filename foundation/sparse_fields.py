"""Sparse fields: ``?fields=id,first_name`` on a read answers only those members of each object.

The names are those of the outermost object: of the object itself where one is read, of each row where several are.
What is not asked for is not computed. Only reads are narrowed: what a write answers is whole, and so is what a write
reads to compare an ETag.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from foundation.problems import Invalid

if TYPE_CHECKING:
    from rest_framework.generics import GenericAPIView

    _Generic = GenericAPIView[Any]
else:
    _Generic = object

PARAMETER = "fields"
#: A longer list of names is no question about an object of ours.
_LONGEST = 2_000


def asked(request: Request) -> frozenset[str] | None:
    """The names asked for; None: all there are. Raises Invalid for a ``fields`` that names nothing."""
    if request.method not in {"GET", "HEAD"} or PARAMETER not in request.query_params:
        return None
    given = ",".join(request.query_params.getlist(PARAMETER))
    names = frozenset(name.strip() for name in given.split(",")) - {""}
    if not names or len(given) > _LONGEST:
        raise Invalid(fields={PARAMETER: "Names of fields, separated by commas."})
    return names


def wanted(request: Request, name: str) -> bool:
    """Whether ``name`` is to be computed."""
    names = asked(request)
    return names is None or name in names


def narrowed(serializer: BaseSerializer[Any], request: Request) -> Any:
    """``serializer.data`` with only the fields asked for; raises Invalid for names the object does not have."""
    names = narrow(serializer, request)
    data = serializer.data
    if names is None:
        return data
    return _only(data, names) if isinstance(data, Mapping) else [_only(row, names) for row in data]


def narrow(serializer: BaseSerializer[Any], request: Request) -> frozenset[str] | None:
    """Take the fields that are not asked for out of ``serializer``; the names asked for. Raises Invalid."""
    names = asked(request)
    if names is None:
        return None
    fields = getattr(serializer, "child", serializer).fields  # type: ignore[union-attr]  # ours all have fields
    known = {name for name, field in fields.items() if not field.write_only}
    if unknown := sorted(names - known):
        said = f"There is no field {unknown[0][:60]}. There are {', '.join(sorted(known))}."
        raise Invalid(fields={PARAMETER: said})
    for name in fields.keys() - names:
        del fields[name]
    return names


def _only(row: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """A serializer that writes its object itself has written all of it."""
    return {name: value for name, value in row.items() if name in names}


class SparseFields(_Generic):
    """For REST framework's generic views: what they show is narrowed as :func:`narrowed` does it."""

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer[Any]:
        """The serializer of the view, without the fields that are not asked for."""
        serializer = super().get_serializer(*args, **kwargs)
        narrow(serializer, self.request)
        return serializer
