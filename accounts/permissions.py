"""Who may do what: rights, roles as a table of rights, plans as a table of features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from accounts.models import Organisation, Plan, Role, User
from foundation.problems import NotAllowed


class Right(StrEnum):
    """``scope:action``; alphabetical. A retired one stays as a comment, so that its word is not used again."""

    API_USE = "api:use"
    AUDIT_VIEW = "audit:view"
    CAMPAIGN_EDIT = "campaign:edit"
    CAMPAIGN_START = "campaign:start"
    CAMPAIGN_VIEW = "campaign:view"
    CANDIDATE_EDIT = "candidate:edit"
    CANDIDATE_EXPORT = "candidate:export"
    CANDIDATE_IMPORT = "candidate:import"
    CANDIDATE_VIEW = "candidate:view"
    CONNECTION_EDIT = "connection:edit"
    CONNECTION_VIEW = "connection:view"
    MAILBOX_LINK = "mailbox:link"
    MAILBOX_VIEW = "mailbox:view"
    MEMBER_INVITE = "member:invite"
    MEMBER_VIEW = "member:view"
    ORGANISATION_EDIT = "organisation:edit"
    PROFILE_EDIT = "profile:edit"
    PROJECT_EDIT = "project:edit"
    PROJECT_VIEW = "project:view"
    TOKEN_CREATE = "token:create"  # noqa: S105 - the name of a right


_VIEWER = frozenset(
    {
        Right.API_USE,
        Right.CAMPAIGN_VIEW,
        Right.CANDIDATE_VIEW,
        Right.CONNECTION_VIEW,
        Right.MAILBOX_VIEW,
        Right.MEMBER_VIEW,
        Right.PROFILE_EDIT,
        Right.PROJECT_VIEW,
        Right.TOKEN_CREATE,
    }
)
_RECRUITER = _VIEWER | {
    Right.CAMPAIGN_EDIT,
    Right.CAMPAIGN_START,
    Right.CANDIDATE_EDIT,
    Right.CANDIDATE_EXPORT,
    Right.CANDIDATE_IMPORT,
    Right.MAILBOX_LINK,
    Right.PROJECT_EDIT,
}

ROLE_RIGHTS: Mapping[str, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.RECRUITER: _RECRUITER,
    Role.VIEWER: _VIEWER,
    # Links a mailbox, lends it, sees nothing else.
    Role.MAILBOX_OWNER: frozenset({Right.MAILBOX_LINK, Right.MAILBOX_VIEW, Right.PROFILE_EDIT}),
}


class Feature(StrEnum):
    """What a plan may include."""

    INTEGRATIONS = "integrations"


PLAN_FEATURES: Mapping[str, frozenset[Feature]] = {
    Plan.FREE: frozenset(),
    Plan.ESSENTIAL: frozenset({Feature.INTEGRATIONS}),
    Plan.PROFESSIONAL: frozenset({Feature.INTEGRATIONS}),
    Plan.ENTERPRISE: frozenset({Feature.INTEGRATIONS}),
}


def has_feature(organisation: Organisation | None, feature: Feature) -> bool:
    """Whether the plan includes it and the organisation's own switch is on (seed 000); without one, nothing is."""
    if organisation is None:
        return False
    if feature is Feature.INTEGRATIONS and not organisation.integrations_enabled:
        return False
    return feature in PLAN_FEATURES[organisation.plan]


def require_feature(organisation: Organisation | None, feature: Feature) -> None:
    """Raise NotAllowed unless :func:`has_feature`."""
    if not has_feature(organisation, feature):
        raise NotAllowed(f"Your plan does not include {feature}.")


def can(user: User | AnonymousUser, right: Right) -> bool:
    """Whether the user's role includes the right, and the token in use where there is one.

    Without an organisation nobody may do anything here.
    """
    if not isinstance(user, User) or user.organisation_id is None or not user.is_active:
        return False
    return right in ROLE_RIGHTS[user.role] and (user.narrowed_to is None or right in user.narrowed_to)


def rights_of(user: User) -> list[str]:
    """Everything the user :func:`can`, in order."""
    return sorted(right for right in ROLE_RIGHTS[user.role] if can(user, right))


#: What a token may be limited to, in the order and words in which people choose.
SCOPES: Mapping[Right, str] = {
    Right.CANDIDATE_VIEW: "Read people",
    Right.CANDIDATE_EDIT: "Change people",
    Right.CANDIDATE_IMPORT: "Import people",
    Right.CANDIDATE_EXPORT: "Export people and set their sync",
    Right.PROJECT_VIEW: "Read projects",
    Right.PROJECT_EDIT: "Change projects",
    Right.CAMPAIGN_VIEW: "Read campaigns, outbox and inbox",
    Right.CAMPAIGN_EDIT: "Change campaigns and their recipients",
    Right.CAMPAIGN_START: "Start and stop campaigns, send e-mails",
    Right.MAILBOX_VIEW: "Read mailboxes",
    Right.MAILBOX_LINK: "Link and lend mailboxes",
    Right.CONNECTION_VIEW: "Read connected systems",
    Right.CONNECTION_EDIT: "Change connected systems",
    Right.MEMBER_VIEW: "Read members",
    Right.MEMBER_INVITE: "Invite and manage members",
    Right.AUDIT_VIEW: "Read the audit trail",
    Right.ORGANISATION_EDIT: "Read events, change webhooks and the organisation's settings",
}


def require(user: User | AnonymousUser, right: Right) -> None:
    """Raise NotAllowed unless :func:`can`."""
    if not can(user, right):
        if isinstance(user, User) and user.narrowed_to is not None and right not in user.narrowed_to:
            raise NotAllowed(f"This token is not allowed {right}. Make one with that scope.")
        raise NotAllowed("Your role does not include this. Ask an administrator of your organisation.")


def needs(right: Right) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For views: anonymous people go to the login page, others need ``right``."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            require(request.user, right)
            return view(request, *args, **kwargs)

        checked.right = right  # type: ignore[attr-defined]  # read by tests/test_access.py
        return checked

    return decorate


def viewer_of(request: HttpRequest) -> User:
    """The logged-in user of a page or an API call; :func:`needs` or the API view's right has made sure of one
    with an organisation."""
    return cast("User", request.user)
