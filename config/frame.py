"""What ``templates/base.html`` needs around every page: navigation, name menu, recent projects.

The menu at the person's name is where seeds 000, 001, 003 and 004 start: *Integrations* stands there only when
the organisation's plan and switch allow it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import redis
import structlog
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.permissions import Feature, Right, can, has_feature
from outreach.inbound import unread
from sourcing.selectors import openable_projects

log = structlog.get_logger(__name__)

RECENT = 5
#: Higher counts are shown as "99+".
HIGHEST_COUNT = 99
#: Seconds. Counting asks six tables, which is a fifth of a page's time.
_COUNTED_EVERY = 10


@dataclass(frozen=True)
class Item:
    """One link of the navigation or the menu. ``active`` marks where the page belongs; ``count`` is of what is unread
    there, 0 shows none.
    """

    id: str
    label: str
    icon: str
    url: str
    active: bool = False
    count: int = 0

    @property
    def count_text(self) -> str:
        """The count as it is shown."""
        return f"{HIGHEST_COUNT}+" if self.count > HIGHEST_COUNT else str(self.count)


@dataclass(frozen=True)
class Recent:
    """A project of the short list; ``tone`` is a dot's colour."""

    name: str
    url: str
    active: bool
    tone: str = "grey"


@dataclass(frozen=True)
class Frame:
    """Everything around a page. Empty for whoever is not logged in or has no organisation."""

    nav: list[Item] = field(default_factory=list)
    outreach_settings: Item | None = None
    menu: list[Item] = field(default_factory=list)
    recent: list[Recent] = field(default_factory=list)
    search_url: str = ""
    tray_url: str = ""

    @property
    def menu_active(self) -> bool:
        """The page belongs to the name menu."""
        return any(item.active for item in self.menu)


#: Where each part of the product begins; config.urls gives each room its prefix.
NAVIGATION = (
    (Right.CANDIDATE_VIEW, Item("people", "Search", icon="search", url="/people/")),
    (Right.PROJECT_VIEW, Item("projects", "Projects", icon="folder", url="/projects/")),
    (Right.CAMPAIGN_VIEW, Item("outreach", "Outreach", icon="send", url="/outreach/")),
    (Right.CAMPAIGN_VIEW, Item("inbox", "Inbox", icon="inbox", url="/inbox/")),
    (Right.CAMPAIGN_VIEW, Item("tasks", "Tasks", icon="list-checks", url="/tasks/")),
    (Right.MEMBER_VIEW, Item("reports", "Reports", icon="chart-column", url="/reports/outreach/")),
)
OUTREACH_SETTINGS = Item(
    "mailboxes", "Outreach Settings", icon="sliders-horizontal", url="/outreach/settings/"
)
INTEGRATIONS = Item("integrations", "Integrations", icon="plug", url="/integrations/")
SETTINGS = Item("settings", "Settings", icon="settings", url="/settings/")
HELP = Item("help", "Help", icon="life-buoy", url="/help/")
#: Prefixes that lie outside their part's own: the longest that fits decides what is active.
ELSEWHERE = {
    "/campaigns/": "outreach",
    "/recipients/": "outreach",
    "/outreach/mailboxes/": "mailboxes",
    "/outreach/sending/": "mailboxes",
    "/outreach/suppression/": "mailboxes",
    "/privacy/": "settings",
    "/people/synonyms/": "settings",
    "/reports/": "reports",
    "/exports/": "projects",
    "/finding/": "people",
    "/accounts/": "settings",
    "/admin/": "admin",
}


def frame(request: HttpRequest) -> dict[str, object]:
    """The context processor. Lazy: a part of a page that htmx asked for pays for none of it."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> Frame:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return Frame()
    here = _part(request.path)
    admin = [
        _at(Item("admin", "Admin", icon="shield-check", url=reverse("admin:index")), here)
    ] * user.is_staff
    if user.organisation is None:
        return Frame(menu=admin)
    people = can(user, Right.CANDIDATE_VIEW)
    integrations = can(user, Right.CONNECTION_VIEW) and has_feature(user.organisation, Feature.INTEGRATIONS)
    return Frame(
        nav=[_counted(_at(item, here), user) for right, item in NAVIGATION if can(user, right)],
        outreach_settings=_at(OUTREACH_SETTINGS, here) if can(user, Right.MAILBOX_VIEW) else None,
        menu=[*[_at(INTEGRATIONS, here)] * integrations, _at(SETTINGS, here), *admin, _at(HELP, here)],
        recent=_recent(user, request.path) if can(user, Right.PROJECT_VIEW) else [],
        search_url="/people/" if people else "",
        tray_url="/runs/tray/" if people else "",
    )


def _part(path: str) -> str:
    """Which item a path belongs to; "" for none."""
    items = [item for _, item in NAVIGATION] + [OUTREACH_SETTINGS, INTEGRATIONS, SETTINGS, HELP]
    prefixes = {item.url: item.id for item in items} | ELSEWHERE
    return next(
        (prefixes[url] for url in sorted(prefixes, key=len, reverse=True) if path.startswith(url)), ""
    )


def _at(item: Item, here: str) -> Item:
    return replace(item, active=item.id == here)


def _counted(item: Item, user: User) -> Item:
    """The inbox with how much is unread: counted anew where one reads, elsewhere as it was some seconds ago."""
    return replace(item, count=_unread(user, fresh=item.active)) if item.id == "inbox" else item


def _unread(user: User, *, fresh: bool) -> int:
    key = f"frame:unread:{user.pk}"
    try:
        count: int | None = None if fresh else cache.get(key)
        if count is None:
            count = unread.count(user, now=timezone.now())
            cache.set(key, count, _COUNTED_EVERY)
    except redis.RedisError as error:
        log.warning("frame.no_cache", kind=type(error).__name__)
        count = unread.count(user, now=timezone.now())
    return count


def _recent(user: User, path: str) -> list[Recent]:
    """The newest open projects: id and name only, the query runs for every whole page."""
    rows = (
        openable_projects(user)
        .filter(archived_at=None)
        .only("pk", "name")
        .order_by("-created_at", "-pk")[:RECENT]
    )
    urls = {row.pk: f"/projects/{row.pk}/" for row in rows}
    return [Recent(row.name, urls[row.pk], active=path.startswith(urls[row.pk])) for row in rows]
