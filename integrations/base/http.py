"""One vendor account over HTTP: authentication, pace, retry, timeouts, redaction, classes of failure.

A vendor overrides the hooks; the rest is the same for all. No status code leaves this module.

What is repeated here, and what never: a read is repeated after a 5xx or a cut line, a few times, briefly. A
write is never repeated: whoever called decides after a search (docs/architecture.md, "Integrations").
"""

from __future__ import annotations

import datetime
import json
import re
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Protocol

from foundation.egress import EgressRefused, Unreachable
from integrations.base.errors import (
    AuthError,
    ConnectorError,
    Forbidden,
    MalformedResponse,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TemporaryError,
)
from integrations.base.throttle import Budget, Heard, Pace, Throttle

#: The longest this process sleeps for a vendor; a longer wait is handed up and the work rescheduled.
LONGEST_NAP = datetime.timedelta(seconds=10)
#: Waits between the tries of a read.
READ_RETRY_NAPS = (0.5, 1.0, 2.0)
#: When a 429 does not say how long.
DEFAULT_RETRY_AFTER = datetime.timedelta(seconds=30)
#: A vendor that asks for more is asked again after this long.
LONGEST_RETRY_AFTER = datetime.timedelta(hours=24)
#: How much of the vendor's words is shown.
LONGEST_DETAIL = 300
#: The call was not begun: nothing can have been carried out. "tls" is not among them: a line cut after the
#: request was sent may look like a TLS failure.
NOT_SENT = frozenset({"dns", "connect"})

_ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")


#: Query parameters; a sequence of pairs where a name comes more than once.
Params = Mapping[str, str] | Sequence[tuple[str, str]]


class HttpAnswer(Protocol):
    """The part of a response that is read here."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...


class HttpSession(Protocol):
    """The door to the outside (``foundation.egress.session``)."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        json: Any = None,
        data: Any = None,
    ) -> HttpAnswer:
        """Raises ``foundation.egress.Unreachable`` (with ``kind``) when no whole answer came."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: its decoded body (None when it is empty) and its headers."""

    data: Any
    headers: Mapping[str, str]

    def header(self, name: str) -> str:
        """A header whatever its spelling, or empty."""
        return next((value for known, value in self.headers.items() if known.lower() == name.lower()), "")


class VendorClient:
    """One account of one vendor. Holds the credential, gives it to nobody."""

    def __init__(
        self,
        *,
        session: HttpSession,
        throttle: Throttle,
        credentials: Mapping[str, str],
        sleep: Callable[[float], None] = time.sleep,
        renew: Callable[[], Mapping[str, str]] | None = None,
        turn: AbstractContextManager[object] | None = None,
    ) -> None:
        self._session = session
        self._throttle = throttle
        self._credentials = dict(credentials)
        self._sleep = sleep
        #: Gives a new access token once, when the one we have is turned down before its time.
        self._renew = renew
        #: Held for the length of each call, its wait for the pace included, by callers that share it.
        self._turn = turn if turn is not None else nullcontext()

    # --- hooks --------------------------------------------------------------------------------------------

    #: What bodies are, both ways.
    media_type: ClassVar[str] = "application/json"

    @classmethod
    def pace(cls) -> Pace:
        """The published (or assumed) budget of one account."""
        raise NotImplementedError

    @classmethod
    def budget(cls, method: str, path: str) -> Budget:
        """Which of the account's budgets a call is taken from; a vendor with one for all needs not override it."""
        del method, path
        return Budget(name="", pace=cls.pace())

    def base_url(self) -> str:
        """Where the API answers, without a slash at the end."""
        raise NotImplementedError

    def auth_headers(self) -> Mapping[str, str]:
        """The headers that prove who we are."""
        raise NotImplementedError

    def error_detail(self, data: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
        """The vendor's words in the object of an error body, and its words per field."""
        raise NotImplementedError

    def limits(self, headers: Mapping[str, str]) -> Heard:
        """What an answer's headers say of the budget it was taken from; nothing, unless the vendor sends any."""
        del headers
        return Heard()

    def classify(self, status: int, data: Any) -> type[ConnectorError] | None:
        """The class of an answer that HTTP alone does not explain (an error in a 200), or None."""
        del status, data
        return None

    # --- final --------------------------------------------------------------------------------------------

    def get(self, path: str, *, params: Params | None = None) -> Reply:
        """Read. Repeated a few times after a 5xx or a cut line; a timeout is handed up at once."""
        for nap in READ_RETRY_NAPS:
            try:
                return self._call("GET", path, params=params)
            except _Again:
                self._sleep(nap)
        try:
            return self._call("GET", path, params=params)
        except _Again as again:
            raise TemporaryError(again.text) from again

    def ask(self, path: str, *, body: Any, params: Params | None = None) -> Reply:
        """A read that needs a body (a search by POST). Never repeated, and its failure changes nothing there."""
        try:
            return self._call("POST", path, params=params, body=body)
        except _Again as again:
            raise TemporaryError(again.text) from again

    def post(self, path: str, *, body: Any, params: Params | None = None, empty: bool = False) -> Reply:
        """Write, once. Raises OutcomeUnknown whenever it may have been carried out without our knowing.

        ``empty``: a good answer may have no body (the id is in a header).
        """
        return self._write("POST", path, body=body, params=params, empty=empty)

    def put(self, path: str, *, body: Any, params: Params | None = None, empty: bool = False) -> Reply:
        """Write, once; as :meth:`post`."""
        return self._write("PUT", path, body=body, params=params, empty=empty)

    def patch(self, path: str, *, body: Any, params: Params | None = None, empty: bool = False) -> Reply:
        """Write, once; as :meth:`post`."""
        return self._write("PATCH", path, body=body, params=params, empty=empty)

    def delete(self, path: str, *, params: Params | None = None) -> Reply:
        """Write, once; as :meth:`post`. The answer's body does not matter."""
        return self._write("DELETE", path, body=None, params=params, empty=True)

    def redact(self, text: str) -> str:
        """``text`` without any credential (as it is or URL-encoded) and without e-mail addresses."""
        for secret in self._credentials.values():
            for form in {secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret)}:
                if form:
                    text = text.replace(form, "•••")
        return _ADDRESS.sub("(address)", text)

    def _write(self, method: str, path: str, *, body: Any, params: Params | None, empty: bool) -> Reply:
        try:
            return self._call(method, path, params=params, body=body, empty=empty)
        except _Again as again:
            raise OutcomeUnknown(again.text) from again
        except MalformedResponse as error:
            raise OutcomeUnknown(str(error)) from error

    def _call(
        self, method: str, path: str, *, params: Params | None, body: Any = None, empty: bool = False
    ) -> Reply:
        """One call; once more with a renewed token when it is turned down, which proves that nothing was done."""
        try:
            return self._in_turn(method, path, params=params, body=body, empty=empty)
        except AuthError:
            renew, self._renew = self._renew, None
            if renew is None:
                raise
            self._credentials = dict(renew())
            return self._in_turn(method, path, params=params, body=body, empty=empty)

    def _in_turn(self, method: str, path: str, *, params: Params | None, body: Any, empty: bool) -> Reply:
        with self._turn:
            return self._once(method, path, params=params, body=body, empty=empty)

    def _once(self, method: str, path: str, *, params: Params | None, body: Any, empty: bool) -> Reply:
        budget = self.budget(method, path)
        wait = self._throttle.take(budget, longest=LONGEST_NAP)
        if wait:
            self._sleep(wait.total_seconds())
        headers = {"Accept": self.media_type, **self.auth_headers()}
        if body is not None:
            headers["Content-Type"] = self.media_type
        try:
            with self._throttle.hold(budget, longest=LONGEST_NAP) as turn:
                answer = self._session.request(
                    method, self.base_url() + path, headers=headers, params=params, json=body
                )
                turn.heard = self.limits(answer.headers)
        except Unreachable as error:
            raise self._unreachable(method, error) from error
        except EgressRefused as error:
            # A redirect to another server, or an answer beyond the cap on size.
            raise MalformedResponse(self.redact(str(error))) from error
        data, readable = _decode(answer.content)
        status = answer.status_code
        special = self.classify(status, data)
        if special is None and 200 <= status < 300:
            if not answer.content and (empty or status == 204):
                return Reply(None, answer.headers)
            if not readable and not empty:
                raise MalformedResponse("The answer is not valid JSON.")
            return Reply(data, answer.headers)
        raise self._refusal(special, status, data, answer.headers)

    def _unreachable(self, method: str, error: Unreachable) -> Exception:
        text = self.redact(str(error))
        surely_not_done = error.kind in NOT_SENT or (error.kind == "timeout" and method == "GET")
        return TemporaryError(text) if surely_not_done else _Again(text)

    def _refusal(
        self, special: type[ConnectorError] | None, status: int, data: Any, headers: Mapping[str, str]
    ) -> Exception:
        detail, fields = self.error_detail(data) if isinstance(data, Mapping) else (_plain(data), {})
        text = self.redact(detail)[:LONGEST_DETAIL] or f"The answer was {status}, without a reason."
        if status == 429:
            wait = retry_after(headers)
            self._throttle.close(wait)
            return RateLimited(text, retry_after=wait)
        if status >= 500:
            return _Again(text)
        kind = special or _BY_STATUS.get(status, Rejected if 400 <= status < 500 else MalformedResponse)
        if issubclass(kind, Rejected):
            return kind(text, fields={name: self.redact(words) for name, words in fields.items()})
        return kind(text)


_BY_STATUS: dict[int, type[ConnectorError]] = {401: AuthError, 403: Forbidden, 404: NotFound}


class _Again(Exception):
    """No usable answer to a call that may have reached the vendor; ``get`` and ``post`` decide."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def _plain(body: Any) -> str:
    """A short text answer as it is; a page of markup says nothing to a person, nor does a list."""
    return " ".join(body.split()) if isinstance(body, str) and "<" not in body else ""


def error_words(data: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, Mapping[str, str]]:
    """:meth:`VendorClient.error_detail` for vendors that keep words under one of ``keys``.

    They may be a text, a list of texts, or an object that is read as words per field.
    """
    fields: dict[str, str] = {}
    words: list[str] = []
    for key in keys:
        value = data.get(key)
        if isinstance(value, str) and value:
            words.append(value)
        elif isinstance(value, Mapping):
            fields.update({str(name): _joined(text) for name, text in value.items()})
        elif isinstance(value, list):
            words.extend(str(item) for item in value if isinstance(item, str))
    words.extend(f"{name}: {text}" for name, text in fields.items())
    return " ".join(words), fields


def _joined(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _decode(content: bytes) -> tuple[Any, bool]:
    """The body as JSON and whether it was; a body that is not is returned as text."""
    try:
        return json.loads(content), True
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace"), False


def retry_after(headers: Mapping[str, str]) -> datetime.timedelta:
    """How long a 429 asks to wait, kept in bounds."""
    wait = asked_wait(headers)
    if wait is None:
        return DEFAULT_RETRY_AFTER
    return min(max(wait, datetime.timedelta(seconds=1)), LONGEST_RETRY_AFTER)


def asked_wait(headers: Mapping[str, str]) -> datetime.timedelta | None:
    """What ``Retry-After`` says: seconds or a date (RFC 9110 §10.2.3); None where it says nothing that can be read."""
    raw = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    try:
        return datetime.timedelta(seconds=float(raw))
    except (ValueError, OverflowError):
        return _until(raw)


def _until(raw: str) -> datetime.timedelta | None:
    try:
        moment = parsedate_to_datetime(raw)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment - datetime.datetime.now(datetime.UTC)
