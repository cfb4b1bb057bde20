"""What may go wrong between us and a vendor. The class decides what happens next; the text helps a person.

Nothing outside ``integrations.base`` and the vendor folders ever sees a status code: the engine branches on
these classes only (docs/architecture.md, "Integrations"). No text holds a credential or a person's address;
``http.VendorClient`` has already taken them out of the vendor's own words.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import ClassVar

from foundation.problems import Problem
from integrations.base.records import PushResult


class ConnectorError(Problem):
    """The vendor could not do what was asked."""

    code: ClassVar[str] = "vendor_error"
    status: ClassVar[int] = 502


class TemporaryError(ConnectorError):
    """Nothing was changed there and the same call may work later: unreachable, overloaded, 5xx to a read."""

    code: ClassVar[str] = "vendor_temporary"
    status: ClassVar[int] = 503


class OutcomeUnknown(TemporaryError):
    """A write may or may not have been carried out (cut, timed out, 5xx or an unreadable answer after it).

    It is never repeated blindly: the caller searches first, after the vendor's index delay.
    """

    code: ClassVar[str] = "vendor_outcome_unknown"


class RateLimited(ConnectorError):
    """The vendor (or our own pace) asks to wait. The only refusal that proves a write was not carried out."""

    code: ClassVar[str] = "vendor_rate_limited"
    status: ClassVar[int] = 503

    def __init__(self, text: str = "", *, retry_after: datetime.timedelta) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class AuthError(ConnectorError):
    """The credential is not accepted: the connection needs a person."""

    code: ClassVar[str] = "vendor_credential_refused"


class Forbidden(ConnectorError):
    """The credential is accepted, this object or action is not allowed to it."""

    code: ClassVar[str] = "vendor_forbidden"


class NotFound(ConnectorError):
    """The record, campaign or job named in the call is not there (any more)."""

    code: ClassVar[str] = "vendor_not_found"


class RecordGone(NotFound):
    """The record we are linked to is not there any more; the link is cleared and the person made anew."""

    code: ClassVar[str] = "vendor_record_gone"


class Rejected(ConnectorError):
    """The vendor read the request and refused its content; repeating it unchanged is useless.

    ``fields`` maps the vendor's field names to its own words, where it names any.
    """

    code: ClassVar[str] = "vendor_rejected"

    def __init__(self, text: str = "", *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.fields = dict(fields or {})


class SignatureRefused(ConnectorError):
    """A webhook delivery is not signed by the vendor: forged, or with a secret that is no longer ours."""

    code: ClassVar[str] = "vendor_signature_refused"
    status: ClassVar[int] = 401


class Incomplete(ConnectorError):
    """A push that takes several calls made or changed the record, and then something was refused (``cause``).

    ``result`` says which record it is: it is kept, whatever becomes of the rest.
    """

    code: ClassVar[str] = "vendor_incomplete"

    def __init__(self, cause: ConnectorError, *, result: PushResult) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.result = result


class MalformedResponse(ConnectorError):
    """A read was answered with something the vendor's documents do not know."""

    code: ClassVar[str] = "vendor_malformed"


class Unsupported(ConnectorError):
    """We called what the connector does not declare: a bug of ours, never a user's mistake."""

    code: ClassVar[str] = "vendor_unsupported"
    status: ClassVar[int] = 500
