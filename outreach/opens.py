"""Open tracking, off unless a campaign asks for it: a hidden picture on our own address, and who loaded it.

The address carries a signed reference of its own, never that of the unsubscribe link. What is kept is who it may have
been (``opening``), how often and when; neither network address nor program. Whether a lane tracks is asked when the
text is written and again when the picture is loaded: switched off, nothing is recorded any more.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core.cache import cache
from django.db.models import F
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from foundation.client_address import client_address
from foundation.secrets import sign, verify
from outreach.models import Message, Open
from outreach.opening import Load, Opener, who
from outreach.states import LEFT_US, MessageStatus

#: A transparent GIF of one pixel.
PICTURE = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
_PREFIX = "open."
#: Where members signed in from counts as theirs for this long.
_OWN_FOR = timedelta(days=30)
#: Beyond this nobody learns anything from counting on.
_MOST = 1_000


def with_picture(html: str, token: str) -> str:
    """The HTML text of the message with this token, with the hidden picture at its end."""
    address = f"{settings.PUBLIC_URL}/o/{sign(_PREFIX + token)}.gif"
    return f'{html}\n<img src="{address}" width="1" height="1" alt="">'


def loaded(reference: str, request: HttpRequest, *, now: datetime) -> Opener | None:
    """Note that the picture behind ``reference`` was asked for; None if nothing was recorded.

    Nothing is for a forged reference, a message that has not left, or a campaign that does not track (any more).
    """
    token = verify(reference) or ""
    message = (
        Message.objects.across_organisations(
            "a stranger's mail program asks; the signature says which message"
        )
        .filter(token=token.removeprefix(_PREFIX), lane__track_opens=True)
        .filter(status__in={*LEFT_US, MessageStatus.SENDING})
        .first()
        if token.startswith(_PREFIX)
        else None
    )
    if message is None:
        return None
    address = client_address(request)
    opener = who(
        Load(
            agent=request.headers.get("User-Agent", "")[:500],
            address=address,
            method=request.method or "",
            after=now - message.sent_at if message.sent_at else None,
            own=_is_own(request, message.organisation_id, address),
        )
    )
    _note(message, opener, now)
    return opener


def _note(message: Message, opener: Opener, now: datetime) -> None:
    rows = Open.objects.for_organisation(message.organisation_id)
    known = rows.filter(message=message, opener=opener)
    if known.filter(times__lt=_MOST).update(times=F("times") + 1, last_at=now) or known.exists():
        return
    first = Open(
        organisation_id=message.organisation_id, message=message, opener=opener, first_at=now, last_at=now
    )
    rows.bulk_create([first], ignore_conflicts=True)


def _is_own(request: HttpRequest, organisation_id: int, address: str) -> bool:
    user = getattr(request, "user", None)
    if isinstance(user, User) and user.organisation_id == organisation_id:
        return True
    return bool(address) and cache.get(_own_key(organisation_id, address)) is not None


@receiver(user_logged_in)
def _remember_address(request: HttpRequest | None, user: Any, **_signal: Any) -> None:
    """Only a keyed hash, in the cache: losing it costs an open that counts for a person's."""
    address = client_address(request) if request is not None else ""
    if address and isinstance(user, User) and user.organisation_id is not None:
        cache.set(_own_key(user.organisation_id, address), 1, timeout=int(_OWN_FOR.total_seconds()))


def _own_key(organisation_id: int, address: str) -> str:
    return f"opens:own:{hashlib.sha256(sign(f'{organisation_id}.{address}').encode()).hexdigest()}"
