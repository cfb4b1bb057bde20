"""What a provider is: one module with one class. It holds no ORM object and raises only ``errors``."""

from __future__ import annotations

import datetime
import json
import re
import time
import urllib.parse
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from foundation.egress import EgressRefused, Session, Unreachable
from foundation.throttle import Pace, PaceExceeded, PaceUnknown, RedisThrottle
from sourcing.finding.providers.errors import (
    NeedsAdmin,
    ProviderError,
    QuestionRefused,
    RateLimited,
    Temporary,
)

#: The longest this process sleeps for a provider; a longer wait is handed up and the run rests.
LONGEST_NAP = datetime.timedelta(seconds=5)
#: When a provider that asks to wait does not say how long.
DEFAULT_PAUSE = datetime.timedelta(seconds=60)
LONGEST_PAUSE = datetime.timedelta(hours=24)
#: Never more addresses of one person than this are taken from one answer.
MOST_CONTACTS = 10
_LONGEST_WORDS = 200
_ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")


@dataclass(frozen=True, slots=True)
class Question:
    """What is known about a person. Texts may be empty; ``linkedin`` is ``linkedin.com/in/…`` without scheme."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    linkedin: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """One address or number as the provider wrote it. ``type`` is a ContactType value; the caller normalises."""

    value: str
    type: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: status, decoded body (None when it is not JSON) and headers in lower case."""

    status: int
    data: Any
    headers: Mapping[str, str]


class Provider(ABC):
    """One account at one provider."""

    slug: ClassVar[str]
    display_name: ClassVar[str]
    #: ContactKind values it can find.
    kinds: ClassVar[frozenset[str]]
    default_base_url: ClassVar[str]
    #: The published budget of one key.
    pace: ClassVar[Pace]
    #: One call, from the first byte to the last.
    timeout: ClassVar[float] = 30.0

    def __init__(
        self,
        *,
        session: Session,
        throttle: RedisThrottle,
        key: str,
        base_url: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = session
        self._throttle = throttle
        self._key = key
        self._base_url = (base_url or self.default_base_url).rstrip("/")
        self._sleep = sleep

    @classmethod
    @abstractmethod
    def can_ask(cls, question: Question) -> bool:
        """Whether the question holds what the provider demands; otherwise it is not called at all."""

    @abstractmethod
    def find(self, question: Question, kind: str) -> tuple[Contact, ...]:
        """What the provider knows of one kind; empty when it found nothing. One call. Raises ``errors``."""

    @abstractmethod
    def auth_headers(self) -> Mapping[str, str]:
        """The header that proves who we are: never the query, which ends up in logs."""

    @abstractmethod
    def words(self, data: Any) -> str:
        """The provider's own words in an error body, or an empty text."""

    def get(self, path: str, *, params: Mapping[str, str]) -> Reply:
        """Ask once and return any answer that came whole; the provider's class reads its status.

        Raises :class:`RateLimited` for our own pace and :class:`Temporary` when no whole answer came.
        """
        self._wait()
        try:
            answer = self._session.request(
                "GET",
                f"{self._base_url}{path}",
                headers={"Accept": "application/json", **self.auth_headers()},
                params=params,
            )
        except Unreachable as error:
            raise Temporary(f"{self.display_name}: {self.redact(str(error))}") from error
        except EgressRefused as error:
            # An address inside our network, a redirect to another server, an answer beyond the cap on size.
            raise NeedsAdmin(f"{self.display_name}: {self.redact(str(error))}") from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status_code, _decoded(answer.content), headers)

    def failure(self, reply: Reply, *, needs_admin: frozenset[int], pauses: frozenset[int]) -> ProviderError:
        """The error of an answer that is neither found nor not found; a pause closes the account for everybody."""
        said = self.redact(self.words(reply.data))[:_LONGEST_WORDS].strip()
        text = f"{self.display_name}: {said}" if said else f"{self.display_name} answered {reply.status}."
        if reply.status in needs_admin:
            return NeedsAdmin(text)
        if reply.status in pauses:
            return self.paused(text, pause_of(reply.headers))
        if 400 <= reply.status < 500:
            return QuestionRefused(text)
        return Temporary(text)

    def paused(self, text: str, pause: datetime.timedelta) -> RateLimited:
        """Close the account for ``pause`` and say so. A Redis that does not answer costs one more refusal."""
        try:
            self._throttle.close(pause)
        except PaceUnknown as error:
            return RateLimited(f"{text} {error}", retry_after=pause)
        return RateLimited(text, retry_after=pause)

    def redact(self, text: str) -> str:
        """``text`` without the key (as it is or URL-encoded) and without e-mail addresses."""
        for form in {self._key, urllib.parse.quote(self._key, safe=""), urllib.parse.quote_plus(self._key)}:
            if form:
                text = text.replace(form, "•••")
        return " ".join(_ADDRESS.sub("(address)", text).split())

    def malformed(self) -> Temporary:
        """A good status with a body that is not what the documentation says."""
        return Temporary(f"{self.display_name} sent an answer that cannot be read.")

    def _wait(self) -> None:
        try:
            wait = self._throttle.take(longest=LONGEST_NAP)
        except PaceExceeded as error:
            raise RateLimited(
                f"{self.display_name} is being asked as often as it allows.", retry_after=error.retry_after
            ) from error
        except PaceUnknown as error:
            raise Temporary(str(error)) from error
        if wait:
            self._sleep(wait.total_seconds())


def pause_of(headers: Mapping[str, str]) -> datetime.timedelta:
    """The seconds of Retry-After within bounds, or the default for anything else (RFC 9110 §10.2.3)."""
    try:
        pause = datetime.timedelta(seconds=float(headers.get("retry-after", "")))
    except (ValueError, OverflowError):
        return DEFAULT_PAUSE
    return min(max(pause, datetime.timedelta(seconds=1)), LONGEST_PAUSE)


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
