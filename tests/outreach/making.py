"""Rows for tests of outreach: an organisation with Alice, a mailbox that can send, lanes and drafts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Organisation, Role, User
from foundation import secrets
from outreach.models import Lane, Mailbox, Message, MessageOrigin
from outreach.outbox import queue
from sourcing.models import Candidate

#: A Tuesday morning; tests pass it in and move it.
NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)


def organisation(name: str = "Acme") -> Organisation:
    return Organisation.objects.create(name=name)


def user(name: str = "alice", *, of: Organisation | None = None, role: str = Role.RECRUITER) -> User:
    of = of or organisation()
    email = f"{name}{User.objects.count() or ''}@{of.name.lower()}.example"
    return User.objects.create_user(email, "secret", name=name.title(), organisation=of, role=role)


def mailbox(owner: User | None = None, *, port: int = 1, host: str = "127.0.0.1", **values: Any) -> Mailbox:
    """Connected, without gap, limit or ramp unless ``values`` say otherwise."""
    owner = owner or user()
    row = Mailbox(
        organisation=owner.organisation,
        owner=owner,
        **{
            "address": f"sender{Mailbox.objects.across_organisations('a number').count()}@acme.example",
            "display_name": "Alice Sender",
            "smtp_host": host,
            "smtp_port": port,
            "smtp_security": "none",
            "smtp_username": "alice",
            "imap_host": host,
            "imap_port": 1,
            "imap_security": "none",
            "imap_username": "alice",
            "next_send_at": NOW - timedelta(days=1),
            "next_read_at": NOW - timedelta(days=1),
            "min_gap_seconds": 0,
            "max_gap_seconds": 0,
            "daily_limit": 0,
            **values,
        },
    )
    row.save()
    seal(row, {"smtp_password": "right", "imap_password": "right"})
    # Old enough for no ramp.
    rows = Mailbox.objects.for_organisation(row.organisation_id).filter(pk=row.pk)
    rows.update(created_at=values.get("created_at", NOW - timedelta(days=365)))
    row.refresh_from_db()
    return row


def seal(row: Mailbox, secret: dict[str, str]) -> None:
    row.secret = secrets.seal(secret, table="outreach_mailbox", row=row.pk, organisation=row.organisation_id)
    row.save(update_fields=["secret"])


def lane(box: Mailbox, **values: Any) -> Lane:
    return Lane.objects.create(organisation_id=box.organisation_id, **values)


def person(box: Mailbox, first_name: str = "Peter") -> Candidate:
    return Candidate.objects.create(organisation_id=box.organisation_id, first_name=first_name)


def draft(box: Mailbox, address: str = "peter@example.org", **values: Any) -> queue.Draft:
    return queue.Draft(
        **{
            "mailbox_id": box.pk,
            "origin": MessageOrigin.SINGLE,
            "to_address": address,
            "to_normalised": address,
            "subject": "Hello",
            "body_text": "Hello there.",
            "planned_at": NOW,
            **values,
        }
    )


def write(box: Mailbox, *addresses: str, now: datetime = NOW, **values: Any) -> list[Message]:
    """Queued messages, one per address."""
    drafts = [draft(box, address, **values) for address in addresses or ("peter@example.org",)]
    return queue.write(drafts, organisation_id=box.organisation_id, now=now)


def fresh(message: Message) -> Message:
    return Message.objects.across_organisations("test").select_related("mailbox", "lane").get(pk=message.pk)


def statuses(box: Mailbox) -> list[str]:
    rows = Message.objects.for_organisation(box.organisation_id).filter(mailbox=box).order_by("pk")
    return list(rows.values_list("status", flat=True))


def real_now() -> datetime:
    return datetime.now(UTC)
