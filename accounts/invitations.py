"""Joining an organisation by a link. The link is shown once; only its hash is kept."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from accounts.models import Invitation, Organisation, Role, User
from accounts.permissions import Right, require
from accounts.tokens import hash_of
from foundation.problems import Conflict, Invalid, Problem

VALID_FOR = timedelta(days=7)


class InvitationOver(Problem):
    """This invitation was used, revoked or has expired. Ask for a new link."""

    code: ClassVar[str] = "invitation_over"
    status: ClassVar[int] = 410
    sentence = (
        "This invitation was used, revoked or has expired. Ask the person who invited you for a new link."
    )


@transaction.atomic
def invite(*, actor: User, email: str, role: str, now: datetime) -> tuple[Invitation, str]:
    """An invitation and its secret, for a link that is shown once. An earlier open one for the address is revoked."""
    require(actor, Right.MEMBER_INVITE)
    return _invite(actor.tenant_id, email=email, role=role, by=actor, now=now)


@transaction.atomic
def found_organisation(*, name: str, email: str, plan: str, now: datetime) -> tuple[Organisation, str]:
    """A new organisation and the secret by which its first administrator joins."""
    if not name.strip():
        raise Invalid("Give the organisation a name.", fields={"name": "Give the organisation a name."})
    organisation = Organisation.objects.create(name=name.strip()[:200], plan=plan)
    return organisation, _invite(organisation.pk, email=email, role=Role.ADMIN, by=None, now=now)[1]


def _invite(
    organisation_id: int, *, email: str, role: str, by: User | None, now: datetime
) -> tuple[Invitation, str]:
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid(
            "This is not an e-mail address.", fields={"email": "This is not an e-mail address."}
        ) from None
    if role not in Role.values:
        raise Invalid("Choose a role.", fields={"role": "Choose a role."})
    if User.objects.filter(email__iexact=email).exists():
        raise Conflict("Somebody with this e-mail address is already a member here or elsewhere.")
    open_ones = Invitation.objects.for_organisation(organisation_id).filter(
        email__iexact=email, accepted_at__isnull=True, revoked_at__isnull=True
    )
    open_ones.update(revoked_at=now)
    secret = secrets.token_urlsafe(24)
    row = Invitation.objects.create(
        organisation_id=organisation_id,
        email=email,
        role=role,
        token_hash=hash_of(secret),
        invited_by=by,
        expires_at=now + VALID_FOR,
    )
    return row, secret


def link(secret: str) -> str:
    """Where an invitation is accepted."""
    return f"{settings.PUBLIC_URL}{reverse('accounts:invitation', args=[secret])}"


def find(secret: str, *, now: datetime) -> Invitation:
    """The open invitation of a link; raises :class:`InvitationOver`."""
    row = (
        Invitation.objects.across_organisations("the link names its organisation")
        .select_related("organisation", "invited_by")
        .filter(
            token_hash=hash_of(secret), accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
        )
        .first()
    )
    if row is None:
        raise InvitationOver
    return row


@transaction.atomic
def accept(*, secret: str, name: str, password: str, time_zone: str, now: datetime) -> User:
    """Make the member; a second press on the same link finds it used. Raises Invalid for what was entered."""
    row = find(secret, now=now)
    row = (
        Invitation.objects.for_organisation(row.organisation_id)
        .select_for_update(of=("self",))
        .select_related("organisation")
        .get(pk=row.pk)
    )
    if row.accepted_at is not None or row.revoked_at is not None:
        raise InvitationOver
    errors = {}
    if not name.strip():
        errors["name"] = "Say your name."
    if time_zone not in available_timezones():
        errors["time_zone"] = "Choose a time zone."
    try:
        validate_password(password, User(email=row.email, name=name))
    except ValidationError as error:
        errors["password"] = " ".join(error.messages)
    if errors:
        raise Invalid("Please look at the marked fields.", fields=errors)
    user = User.objects.create_user(
        row.email,
        password,
        name=name.strip(),
        role=row.role,
        time_zone=time_zone,
        organisation=row.organisation,
    )
    row.accepted_at = now
    row.save(update_fields=["accepted_at"])
    return user


def revoke(*, actor: User, invitation: Invitation, now: datetime) -> None:
    """The link stops working at once."""
    require(actor, Right.MEMBER_INVITE)
    Invitation.objects.for_organisation(actor.tenant_id).filter(
        pk=invitation.pk, accepted_at__isnull=True, revoked_at__isnull=True
    ).update(revoked_at=now)
