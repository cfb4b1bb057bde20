"""What CATS' documents do not say and we had to assume, each in one place and easy to change.

The vendor publishes pages, no machine-readable description, and no body of any error. Everything here is listed in
docs/integrations/cats.md with what happens if it turns out otherwise.
"""

from __future__ import annotations

from typing import Any

from integrations.base.records import Employment

#: Where an error body holds the vendor's words. Captured replies have ``message``; ``errors`` is tolerated beside it.
ERROR_KEYS = ("message", "error", "errors")

#: What ``check_duplicate`` compares is not stated, so people are made without it: our own search has decided, and two
#: people of one name must not hinder each other. A company is only made when a search found none, and with it.
CHECK_DUPLICATE_PEOPLE = "false"
CHECK_DUPLICATE_COMPANIES = "true"

# ``PUT /candidates/{id}`` is taken to change only the keys that are sent (``pushing``). ``address`` is sent whole, so
# that a reading by which it is replaced does no harm.

#: The type of a phone we add: ours have none, and of the six this one is shown in both record types.
PHONE_TYPE = "mobile"

#: ``GET /candidates/search?query=`` is taken to look into every e-mail address and name of a record. Its words are
#: matched loosely, so every row is compared; of a name's hits no more pages than this are read, of an address' one.
SEARCH_PAGES = 3

#: A list of up to so many people is looked through before somebody is added to it. On a longer one the person is added
#: again, which is taken to change nothing: reading it would cost a call per hundred of the hour's few hundred.
LIST_LOOKED_THROUGH = 100

#: The value of a custom field of a choice is its label, both ways; of a checkbox ``true`` or ``false``, of a user their
#: id. So a choice's id among ``RemoteField.options`` is its label.
SELECTION_KEYS = ("label", "value", "title", "name")

#: Where a user's address may stand in a row of ``/users``.
USER_EMAIL_KEYS = ("email", "username")

#: The statuses of a pipeline that end it, by ``mapping`` if there is one, else by title (the vendor's own first set).
HIRED_STATUSES = frozenset({"placed", "hired"})
REJECTED_STATUSES = frozenset(
    {"not in consideration", "client declined", "rejected", "declined", "not qualified"}
)
#: ``consent_status`` of people who must be left alone.
REFUSED_CONSENT = frozenset({"declined", "refused", "withdrawn", "revoked"})
# ``is_active`` false is taken as "leave this person alone", too (``mapping.standing``).

#: Keys of an event of ``/events``: taken to be those of a webhook's body.
EVENT_NAME = "event"
#: A first pull notes where the feed stands. If the vendor names no last event (an account without any), the feed is
#: entered by time, so many seconds earlier: clocks differ.
CLOCK_DIFFERENCE = 600


def work_history_row(position: Employment) -> dict[str, Any]:
    """One row of ``work_history``: its keys are not in any document we have seen."""
    employer: dict[str, Any] = {"linked": False, "name": position.company}
    row: dict[str, Any] = {"title": position.title, "employer": employer}
    for name, date in (("start_date", position.started), ("end_date", position.ended)):
        if date:
            row[name] = whole_date(date)
    if position.description:
        row["notes"] = position.description
    return row


def whole_date(date: str) -> str:
    """``YYYY`` and ``YYYY-MM`` as their first day: CATS takes whole dates only."""
    return (date + "-01-01")[:10] if len(date) == 4 else (date + "-01")[:10]
