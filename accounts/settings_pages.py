"""The tabs of Settings. Rooms above add theirs from ``AppConfig.ready()`` and keep page and right to themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Right, can


@dataclass(frozen=True)
class SettingsPage:
    """One tab: its words, the name of its address, who sees it, and its place (lower first)."""

    label: str
    url_name: str
    right: Right
    order: int


_pages: dict[str, SettingsPage] = {}


def register(*, label: str, url_name: str, right: Right, order: int) -> None:
    """Add a tab; an address can be registered once."""
    if url_name in _pages:
        raise ValueError(f"{url_name} is registered twice")
    _pages[url_name] = SettingsPage(label, url_name, right, order)


def tabs(viewer: User, *, active: str) -> list[dict[str, object]]:
    """The tabs the viewer may open; ``active`` is the address shown."""
    shown = sorted((page for page in _pages.values() if can(viewer, page.right)), key=lambda page: page.order)
    return [
        {"label": page.label, "url": reverse(page.url_name), "active": page.url_name == active}
        for page in shown
    ]


for _order, (_label, _name, _right) in enumerate(
    (
        ("Profile", "profile", Right.PROFILE_EDIT),
        ("Organisation", "organisation", Right.ORGANISATION_EDIT),
        ("Members", "members", Right.MEMBER_VIEW),
        ("API tokens", "tokens", Right.TOKEN_CREATE),
        ("Audit trail", "audit", Right.AUDIT_VIEW),
    )
):
    register(label=_label, url_name=f"accounts:{_name}", right=_right, order=10 * _order)
register(label="Browser extension", url_name="accounts:extension", right=Right.TOKEN_CREATE, order=25)
