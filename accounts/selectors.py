"""Reads of accounts that pages and the API share."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import ApiToken, AuditEntry, Invitation, PairedBrowser, User
from accounts.pairing import COPIED, UNUSED_LASTS
from foundation.problems import Missing


def members(viewer: User) -> QuerySet[User]:
    """Everybody of the viewer's organisation, by name."""
    return User.objects.filter(organisation_id=viewer.tenant_id).order_by("name", "pk")


def member_for(viewer: User, user_id: int) -> User:
    """One member; raises Missing."""
    found = members(viewer).filter(pk=user_id).first()
    if found is None:
        raise Missing
    return found


def open_invitations(viewer: User) -> QuerySet[Invitation]:
    """Invitations that can still be accepted or have expired unanswered, newest first."""
    return (
        Invitation.objects.for_organisation(viewer.tenant_id)
        .filter(accepted_at__isnull=True, revoked_at__isnull=True)
        .order_by("-pk")
    )


def invitation_for(viewer: User, invitation_id: int) -> Invitation:
    """One open invitation; raises Missing."""
    found = open_invitations(viewer).filter(pk=invitation_id).first()
    if found is None:
        raise Missing
    return found


def tokens(viewer: User) -> QuerySet[ApiToken]:
    """The viewer's own tokens that are not revoked."""
    return (
        ApiToken.objects.for_organisation(viewer.tenant_id)
        .filter(user=viewer, revoked_at__isnull=True)
        .order_by("-pk")
    )


def token_for(viewer: User, token_id: int) -> ApiToken:
    """One of the viewer's own tokens; raises Missing."""
    found = tokens(viewer).filter(pk=token_id).first()
    if found is None:
        raise Missing
    return found


def browsers(viewer: User, *, now: datetime) -> QuerySet[PairedBrowser]:
    """The viewer's own browsers that are connected, the last used first."""
    return (
        _own_browsers(viewer)
        .filter(ended_at__isnull=True, last_used_at__gt=now - UNUSED_LASTS)
        .order_by("-last_used_at", "-pk")
    )


def browser_for(viewer: User, browser_id: int) -> PairedBrowser:
    """One of the viewer's own browsers, connected or not any more; raises Missing."""
    found = _own_browsers(viewer).filter(pk=browser_id).first()
    if found is None:
        raise Missing
    return found


def unread_warnings(viewer: User) -> QuerySet[PairedBrowser]:
    """The viewer's own browsers that ended because somebody had a copy of their code or token, the latest first."""
    return _own_browsers(viewer).filter(ending__in=COPIED, warning_read_at__isnull=True).order_by("-ended_at")


def open_code(viewer: User, *, now: datetime) -> PairedBrowser | None:
    """The viewer's code that nobody has typed yet."""
    rows = PairedBrowser.objects.for_organisation(viewer.tenant_id).filter(user=viewer)
    return rows.filter(paired_at__isnull=True, code_expires_at__gt=now).first()


def _own_browsers(viewer: User) -> QuerySet[PairedBrowser]:
    rows = PairedBrowser.objects.for_organisation(viewer.tenant_id)
    return rows.filter(user=viewer, paired_at__isnull=False)


def audit_entries(viewer: User) -> QuerySet[AuditEntry]:
    """The organisation's trail."""
    return AuditEntry.objects.filter(organisation_id=viewer.tenant_id)
