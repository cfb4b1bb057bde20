"""Every behaviour that can be changed while the sandbox runs, by name, with its type and its default.

One flat namespace: ``POST /control`` takes any of these names as a JSON object, ``GET /control`` shows all.
Times are seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, get_type_hints

CUT_PLACES = ("greeting", "mail", "rcpt", "data", "middle", "answer")
REFUSE_PLACES = ("", "mail", "rcpt", "data")
DROP_PLACES = ("answer", "middle")
REPLYOTHER_KEEPS = ("references", "token")
DUPLICATE_RULES = ("update", "create")


class UnknownSwitch(Exception):
    """A name that is no switch, or a value of the wrong kind; the text says which."""


@dataclass
class Switches:
    """The state of all switches; ``change`` is the only writer."""

    # The whole submission server
    smtp_hang: bool = False  # accept connections and never answer
    smtp_refuse_logins: bool = False  # 535 whatever the password
    smtp_cut_next: int = 0  # cut the line of the next N connections that get to smtp_cut_at
    smtp_cut_at: str = (
        "answer"  # greeting, mail, rcpt, data (before 354), middle (of DATA), answer (after it)
    )
    smtp_data_delay: float = 0.0  # before every answer to DATA
    smtp_refuse_at: str = ""  # "", mail, rcpt or data: refuse everything there ...
    smtp_refuse_with: str = "451 4.3.2 The server is busy, please try again later"  # ... in these words
    # Addresses that behave
    slow_delay: float = 3.0  # before the answer to DATA for `slow`
    drop_at: str = "answer"  # `drop`: cut after DATA was taken (answer) or in the middle of it (middle)
    drop_keeps: bool = True  # a message cut at `answer` was delivered all the same
    # Automatic answers
    answer_delay: float = 0.3  # before a bounce, reply or out-of-office arrives
    bounce_status: str = "5.1.1"  # enhanced status code of the report; 4.x.x makes it a soft one
    bounce_action: str = "failed"  # or delayed
    ooo_days: int = 8  # how far away the stated return date is
    replyother_keeps: str = "references"  # or token: no reference headers at all, only the quoted text
    save_sent: bool = False  # the server itself puts a copy of every message into Sent, as Gmail does
    # The IMAP server
    imap_hang: bool = False
    imap_refuse_logins: bool = False
    imap_cut_next: int = 0  # cut the line in the middle of the next N answers to FETCH ...
    imap_cut_after: int = 200  # ... after so many bytes of that answer
    # The authorization servers of Google and Microsoft
    oauth_token_seconds: float = 3600.0  # how long an access token lives
    oauth_invalid_grant: bool = False  # refuse every refresh: "invalid_grant"
    oauth_unavailable: bool = False  # 503 at the token endpoint
    oauth_delay: float = 0.0  # before every answer of the token endpoint
    oauth_sessions_end: bool = False  # SMTP: 421 at MAIL once the token of the login has expired
    # SourceWhale
    sourcewhale_index_delay: float = 0.0  # a new or changed record is found by search only after so long
    sourcewhale_duplicates: str = "update"  # or create: `add` with a known e-mail makes a second record
    sourcewhale_rate_limit: int = 0  # requests per second and key; 0 = no limit
    # CATS
    cats_index_delay: float = 0.0  # a new or changed record is found by search only after so long
    cats_calls_per_hour: int = (
        0  # calls of one key in any hour; 0 = no limit, and no headers that tell of one
    )
    cats_hour_seconds: float = 3600.0  # how long that hour is
    # Pinpoint
    pinpoint_rate_limit: int = 0  # requests per second and key; 0 = no limit
    pinpoint_newer_attributes: bool = True  # knows skip_notifications_on_create and the writing of tags
    # Providers of contact data
    finding_slow: float = 3.0  # before the answer about somebody called Slow

    def change(self, values: dict[str, Any]) -> None:
        """Set all of ``values`` or, on the first that does not fit, none of them (UnknownSwitch)."""
        checked = {name: _fit(name, value) for name, value in values.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Back to the defaults the class states."""
        self.change(asdict(Switches()))

    def as_dict(self) -> dict[str, Any]:
        """Names and present values."""
        return asdict(self)

    def take_smtp_cut(self, place: str) -> bool:
        """Whether this connection is cut here; counts it."""
        if self.smtp_cut_next > 0 and self.smtp_cut_at == place:
            self.smtp_cut_next -= 1
            return True
        return False

    def take_imap_cut(self) -> bool:
        """Whether this FETCH answer is cut; counts it."""
        if self.imap_cut_next > 0:
            self.imap_cut_next -= 1
            return True
        return False


_CHOICES = {
    "smtp_cut_at": CUT_PLACES,
    "smtp_refuse_at": REFUSE_PLACES,
    "drop_at": DROP_PLACES,
    "replyother_keeps": REPLYOTHER_KEEPS,
    "bounce_action": ("failed", "delayed"),
    "sourcewhale_duplicates": DUPLICATE_RULES,
}
_TYPES = get_type_hints(Switches)
_NAMES = frozenset(field.name for field in fields(Switches))


def _fit(name: str, value: Any) -> Any:
    if name not in _NAMES:
        raise UnknownSwitch(f"there is no switch called {name!r}")
    wanted = _TYPES[name]
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        raise UnknownSwitch(f"{name} takes a {wanted.__name__}, not {value!r}")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise UnknownSwitch(f"{name} is one of {', '.join(map(repr, _CHOICES[name]))}, not {value!r}")
    if wanted in (int, float) and value < 0:
        raise UnknownSwitch(f"{name} cannot be below zero")
    return value


def from_word(name: str, word: str) -> Any:
    """A value from the command line: true/false, a number, or the word itself, as the switch needs."""
    wanted = _TYPES.get(name)
    try:
        if wanted is bool:
            return {"true": True, "false": False}[word.lower()]
        return wanted(word) if wanted in (int, float) else word
    except (KeyError, ValueError):
        raise UnknownSwitch(
            f"{name} takes a {wanted.__name__ if wanted else 'value'}, not {word!r}"
        ) from None
