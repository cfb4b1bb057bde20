"""Reads of accounts that pages and the API share."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import ApiToken, AuditEntry, Invitation, User
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


def audit_entries(viewer: User) -> QuerySet[AuditEntry]:
    """The organisation's trail."""
    return AuditEntry.objects.filter(organisation_id=viewer.tenant_id)
