"""Changes since the last walk, page by page, on a cursor that survives a crash at any point.

The cursor holds from when on is asked, when this walk began on the vendor's clock, and the page. The next walk asks
from the beginning of this one, less an overlap: whoever changed behind the reader is met again, and met twice is no
harm. Rows of the list tell names, address, place, tags and applications; properties are told for one person at a time
and come with a webhook or when a person is read.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime

from integrations.base.errors import MalformedResponse
from integrations.base.http import Reply
from integrations.base.records import ChangePage
from integrations.vendors.smartrecruiters import assumed, mapping
from integrations.vendors.smartrecruiters.client import PageForgotten, SmartRecruitersClient
from integrations.vendors.smartrecruiters.paging import PAGE, next_page


@dataclass(frozen=True, slots=True)
class Cursor:
    """``after`` and ``began`` are ISO moments; an empty ``after`` begins with everybody."""

    after: str = ""
    began: str = ""
    page: str = ""

    @classmethod
    def of(cls, text: str) -> Cursor:
        """From what was kept; what cannot be read begins anew with everybody."""
        try:
            kept = json.loads(text) if text else {}
            return cls(**{name: str(value) for name, value in kept.items()})
        except (ValueError, TypeError, AttributeError):
            return cls()

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def changes(client: SmartRecruitersClient, text: str) -> ChangePage:
    """The next page. A page the vendor has forgotten begins the walk again."""
    cursor = Cursor.of(text)
    params = {"limit": PAGE}
    if cursor.after:
        params["updatedAfter"] = cursor.after
    if cursor.page:
        params["pageId"] = cursor.page
    try:
        reply = client.get("/candidates", params=params)
    except PageForgotten:
        if not cursor.page:
            raise
        return ChangePage(people=(), cursor=str(Cursor(after=cursor.after)), more=True)
    people = tuple(mapping.person(row) for row in mapping.content(reply.data))
    following, began = next_page(reply), cursor.began or _now(reply)
    if following and following == cursor.page:
        raise MalformedResponse("The list does not end: a page was named twice.")
    onward = Cursor(after=cursor.after, began=began, page=following) if following else Cursor(after=began)
    return ChangePage(people=people, cursor=str(onward), more=bool(following))


def _now(reply: Reply) -> str:
    """Now on the vendor's clock where it tells, less the overlap, as ``yyyy-MM-ddTHH:mm:ss.SSSZZ``."""
    try:
        moment = parsedate_to_datetime(reply.header("Date"))
    except (TypeError, ValueError):
        moment = datetime.datetime.now(datetime.UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    earlier = moment.astimezone(datetime.UTC) - datetime.timedelta(seconds=assumed.OVERLAP_SECONDS)
    return earlier.isoformat(timespec="milliseconds")
