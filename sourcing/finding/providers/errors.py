"""What may go wrong between us and a provider. The class decides what happens next; the text helps a person.

No text holds a key or a person's data: only the provider's own words, cut and cleaned, or ours.
"""

from __future__ import annotations

import datetime
from typing import ClassVar

from foundation.problems import Problem


class ProviderError(Problem):
    """The provider could not do what was asked."""

    code: ClassVar[str] = "provider_error"
    status: ClassVar[int] = 502


class Temporary(ProviderError):
    """The same question may be answered later: unreachable, cut, too slow, 5xx, an answer that cannot be read."""

    code: ClassVar[str] = "provider_temporary"
    status: ClassVar[int] = 503


class RateLimited(ProviderError):
    """The provider, or our own pace, asks to wait."""

    code: ClassVar[str] = "provider_rate_limited"
    status: ClassVar[int] = 503

    def __init__(self, text: str = "", *, retry_after: datetime.timedelta) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class NeedsAdmin(ProviderError):
    """Nobody can be asked about until an administrator acts: the key is refused, the account is used up."""

    code: ClassVar[str] = "provider_needs_admin"


class QuestionRefused(ProviderError):
    """The provider does not answer this question about this person; others may be asked."""

    code: ClassVar[str] = "provider_question_refused"
