"""``If-Match``: an update is made only to what its sender has read (RFC 9110 §13.1.1).

The ETag of an address is that of a GET of it: a hash of what the caller may see there, or the version that a row has.
Reads that can be updated tell it, and so do their updates. ``If-Match`` is compared while the row is locked, in the
transaction of the update itself: of two with the same ETag one is made, the other is 412. Without the header nothing
is compared. Proxies that compress make an ETag weak (``W/``); it counts all the same.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, ClassVar, Concatenate

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from foundation import sparse_fields
from foundation.problems import Conflict, Invalid
from foundation.tenancy import TenantModel

HEADER = "If-Match"
#: ``If-Match: *``: whatever it is by now, if it is there at all.
ANY = "*"
_TAGS = re.compile(r'(?:\s*,)*\s*(?:W/)?"([\x21\x23-\x7e]*)"\s*(?=,|$)', re.ASCII)
_BARE = re.compile(r"[A-Za-z0-9]{1,64}", re.ASCII)

Read = Callable[Concatenate[Any, Request, ...], Response]
Locks = Callable[Concatenate[Request, ...], QuerySet[Any]]


class Outdated(Conflict):
    """``If-Match`` names what is no longer so; ``current`` is what is, ``etag`` what it goes by now."""

    code: ClassVar[str] = "precondition_failed"
    status: ClassVar[int] = 412
    sentence = "This was changed since you read it. Look at what it is now and send your change again."


class Busy(Conflict):
    """Another change of the same row takes longer than an answer may wait."""

    code: ClassVar[str] = "busy"
    sentence = "Somebody is changing this right now. Try again in a moment."


def etag_of(shown: Any) -> str:
    """The strong ETag of what is shown."""
    text = json.dumps(shown, cls=JSONEncoder, sort_keys=True, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def tags(request: Request) -> frozenset[str] | None:
    """What ``If-Match`` names, without quotes, ``{"*"}`` for anything; None: it is not there.

    Raises Invalid for what is no list of ETags. A bare word is taken for an ETag that lost its quotes.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return None
    given = given.strip()
    if given == ANY or _BARE.fullmatch(given):
        return frozenset([given])
    found = _TAGS.findall(given)
    if not found or _TAGS.sub("", given).strip(" ,\t"):
        raise Invalid(f"{HEADER} must be the ETag of a read.", fields={HEADER: 'An ETag, as "5c3f…".'})
    return frozenset(found)


def require(request: Request, etag: str, current: Callable[[], Any]) -> None:
    """Raise :class:`Outdated` unless ``If-Match`` names ``etag``; ``current()`` is what the answer tells then."""
    named = tags(request)
    if named is None or ANY in named or etag.strip('"') in named:
        return
    raise Outdated(current=current(), etag=etag)


def with_etag(response: Response, request: Request) -> Response:
    """The answer with its ETag, unless only some fields are asked for: they are no whole."""
    if sparse_fields.asked(request) is None:
        response.headers.setdefault("ETag", etag_of(response.data))
    return response


def tagged(read: Read) -> Read:
    """A GET whose answer carries its ETag."""

    @functools.wraps(read)
    def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return with_etag(read(view, request, *args, **kwargs), request)

    return answer


def row_of(model: type[TenantModel], key: str) -> Locks:
    """The caller's organisation's row that ``key`` of the address names."""

    def rows(request: Request, **named: Any) -> QuerySet[Any]:
        return model.objects.for_organisation(request.user.tenant_id).filter(pk=named[key])  # type: ignore[union-attr]  # HasRight lets nobody else through

    return rows


def guarded(locks: Locks, *, answers_itself: bool = True) -> Callable[[Read], Read]:
    """An update that minds ``If-Match`` and tells the new ETag.

    ``locks`` are the rows that every such change writes or locks first, by whatever door, in the order in which it
    does; a lock weaker than FOR UPDATE they name themselves. The state is what the view's :func:`tagged` GET answers;
    where the update answers something else (``answers_itself=False``) it is read again for the ETag. Raises Invalid,
    :class:`Outdated` and :class:`Busy`.
    """

    def decorate(update: Read) -> Read:
        @functools.wraps(update)
        def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            if tags(request) is None:
                response = update(view, request, *args, **kwargs)
            else:
                response = _compared(view, request, update, locks, args, kwargs)
            etag = etag_of(response.data) if answers_itself else view.get(request, *args, **kwargs)["ETag"]
            response.headers["ETag"] = etag
            return response

        return answer

    return decorate


def _compared(
    view: Any, request: Request, update: Read, locks: Locks, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Response:
    with transaction.atomic():
        try:
            with transaction.atomic():
                rows = locks(request, **kwargs)
                list(rows if rows.query.select_for_update else rows.select_for_update())
        except OperationalError as error:
            raise Busy from error
        seen = view.get(request, *args, **kwargs)
        require(request, seen["ETag"], lambda: seen.data)
        return update(view, request, *args, **kwargs)
