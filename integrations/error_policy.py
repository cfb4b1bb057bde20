"""What an error of a connector means for the item in hand: pure, one table, read by the engine and by nothing else.

docs/architecture.md, "Integrations": temporary → later; rate-limited → when the vendor says, not counted; auth →
the connection needs reconnect and items wait; rejected → the item fails with the field's own message.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from integrations.base.errors import (
    AuthError,
    ConnectorError,
    Forbidden,
    MalformedResponse,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RecordGone,
    Rejected,
    TemporaryError,
)
from integrations.states import Reason

#: Waits after the first, second … temporary failure; after the last one the item fails.
RETRY_DELAYS = tuple(datetime.timedelta(seconds=wait) for wait in (5, 15, 60, 300, 900, 1800, 3600))


@dataclass(frozen=True, slots=True)
class Later:
    """Back to the queue. ``counted``: towards the item's attempts. ``whole_account``: others wait as well."""

    not_before: datetime.datetime
    counted: bool = True
    whole_account: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The end, with the sentence a person reads."""

    reason: Reason
    text: str


@dataclass(frozen=True, slots=True)
class CheckCredential:
    """Ask the vendor whether the credential still works; if not, the connection needs a person and items wait.

    If it does, the error was about this one object: ``otherwise``.
    """

    otherwise: Failed


Verdict = Later | Failed | CheckCredential


def verdict(
    error: ConnectorError,
    *,
    attempts: int,
    now: datetime.datetime,
    index_delay: datetime.timedelta,
    vendor: str,
    jitter: float = 0.0,
) -> Verdict:
    """Decide. ``attempts`` are those counted before this one; ``jitter`` in [0, 1) stretches a wait by up to a half."""
    if isinstance(error, RateLimited):
        return Later(now + error.retry_after, counted=False, whole_account=True)
    if isinstance(error, TemporaryError):
        return _again(
            error, attempts=attempts, now=now, index_delay=index_delay, vendor=vendor, jitter=jitter
        )
    if isinstance(error, RecordGone):
        return _again(
            error, attempts=attempts, now=now, index_delay=index_delay, vendor=vendor, jitter=jitter
        )
    if isinstance(error, AuthError | Forbidden):
        return CheckCredential(Failed(Reason.NO_ACCESS, _said(f"{vendor} gives no access to this", error)))
    if isinstance(error, NotFound):
        return Failed(Reason.TARGET_GONE, _said(f"{vendor} no longer knows what was asked for", error))
    if isinstance(error, Rejected):
        return Failed(Reason.REJECTED, _said(f"{vendor} refused it", error))
    if isinstance(error, MalformedResponse):
        return Failed(Reason.UNEXPECTED_ANSWER, _said(f"{vendor} gave an unexpected answer", error))
    return Failed(Reason.INTERNAL, _said("This could not be exported", error))


def _again(
    error: ConnectorError,
    *,
    attempts: int,
    now: datetime.datetime,
    index_delay: datetime.timedelta,
    vendor: str,
    jitter: float,
) -> Verdict:
    unknown = isinstance(error, OutcomeUnknown)
    if attempts >= len(RETRY_DELAYS):
        reason = Reason.UNCONFIRMED if unknown else Reason.KEEPS_FAILING
        lead = (
            f"{vendor} never confirmed it; look there before you retry"
            if unknown
            else f"{vendor} keeps failing"
        )
        return Failed(reason, _said(lead, error))
    wait = RETRY_DELAYS[attempts] * (1 + jitter / 2)
    # What may have been stored can be found only after the vendor's index delay.
    return Later(now + (max(wait, index_delay) if unknown else wait))


def _said(lead: str, error: ConnectorError) -> str:
    words = str(error).strip()
    return f"{lead}: {words}"[:500] if words else f"{lead}."
