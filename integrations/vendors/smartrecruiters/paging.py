"""How SmartRecruiters counts pages: ``nextPageId`` in the body, or ``pageId`` in a ``Link`` header."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping

from integrations.base.http import Reply

#: The most rows of a page.
PAGE = "100"
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?', re.IGNORECASE)


def next_page(reply: Reply) -> str:
    """The id of the page after this one, or empty after the last."""
    if isinstance(reply.data, Mapping) and reply.data.get("nextPageId"):
        return str(reply.data["nextPageId"])
    found = _NEXT.search(reply.header("Link"))
    query = urllib.parse.urlsplit(found[1]).query if found else ""
    return urllib.parse.parse_qs(query).get("pageId", [""])[-1]


class NextPage:
    """Follows it; the address in the header is not followed, only the id in it."""

    def following(self, reply: Reply, params: Mapping[str, str]) -> Mapping[str, str] | None:
        """The same parameters with the next id."""
        number = next_page(reply)
        return {**params, "pageId": number} if number else None
