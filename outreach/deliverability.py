"""Will mail from this mailbox arrive: its domain's records, and a test mail to itself that is read back.

The test mail goes through the ordinary outbox and comes back through the ordinary reader, so what is judged is what
receivers of campaigns get. The name servers are asked by a worker, again when the test mail is back and names the keys
it was signed with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from accounts.models import User
from foundation import egress
from foundation.problems import Conflict
from outreach import deliverability_rules as rules
from outreach import mailboxes, presets
from outreach.deliverability_rules import Facts, Finding, Returned, Signature, State
from outreach.inbound import match as matching
from outreach.inbound.parse import ParsedMail
from outreach.models import DeliverabilityCheck, Mailbox, Message, MessageOrigin
from outreach.outbox import queue
from outreach.outbox.wire import READ_BACK
from outreach.states import COUNTS_FOR_LIMIT, MAY_SEND, Turn
from sourcing.normalising import normalise_email

log = structlog.get_logger(__name__)

_EVERYONE = "checks of every organisation are done by the same workers"
#: Waits after name servers that did not answer; then what was not found stays unknown.
_AGAIN = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300))
#: A worker that asks the name servers has this long before another may.
_LEASE = timedelta(minutes=1)
_MOST_SIGNATURES = 5
_SUBJECT = "A test of this mailbox"
_BODY = (
    "Beckon sent this mail from your mailbox to itself, to see which of its header fields your provider signs.\n\n"
    "You can delete it."
)


@dataclass(frozen=True)
class Checked:
    """The last check as pages show it."""

    check: DeliverabilityCheck
    findings: Sequence[Finding]

    @property
    def pending(self) -> bool:
        """Something is still to come."""
        return self.check.due_at is not None or self.check.looked_up_at is None

    @property
    def problems(self) -> list[Finding]:
        """What a person should look at, the worst first."""
        found = [each for each in self.findings if each.state in {State.BAD, State.WARN}]
        return sorted(found, key=lambda each: each.state is not State.BAD)


@transaction.atomic
def ask(*, actor: User, mailbox_id: int, now: datetime) -> DeliverabilityCheck:
    """*Check now*: look the domain up and send a test mail to oneself.

    A test mail that is younger than a minute is not sent again. Raises as ``mailboxes.editable``, and Conflict for a
    mailbox that cannot send.
    """
    mailbox = mailboxes.editable(actor, mailbox_id)
    if mailbox.status not in MAY_SEND:
        raise Conflict("This e-mail account cannot send at the moment, so nothing can be tested.")
    rows = DeliverabilityCheck.objects.for_organisation(mailbox.organisation_id)
    check, made = rows.select_for_update().get_or_create(
        mailbox=mailbox, defaults={"organisation_id": mailbox.organisation_id, "asked_at": now}
    )
    if not made and now - check.asked_at < timedelta(minutes=1):
        return check
    (message,) = queue.write(
        [_test_mail(mailbox, actor, now)], organisation_id=mailbox.organisation_id, now=now
    )
    check.asked_at, check.asked_by, check.test_message = now, actor, message
    check.due_at, check.tries, check.looked_up_at = now, 0, None
    check.returned_at, check.returned = None, None
    check.save()
    return check


def _test_mail(mailbox: Mailbox, actor: User, now: datetime) -> queue.Draft:
    return queue.Draft(
        mailbox_id=mailbox.pk,
        origin=MessageOrigin.TEST,
        step_ref=READ_BACK,
        # Answers go to the alias: whether it is delivered here is seen in the same way.
        to_address=mailbox.reply_to or mailbox.address,
        to_normalised=normalise_email(mailbox.reply_to or mailbox.address),
        subject=_SUBJECT,
        body_text=_BODY,
        rank=Turn.REPLY_OR_SINGLE,
        planned_at=now,
        created_by_id=actor.pk,
    )


def checked(mailbox: Mailbox, *, now: datetime) -> Checked | None:
    """The mailbox's last check; None if there was none."""
    check = (
        DeliverabilityCheck.objects.for_organisation(mailbox.organisation_id).filter(mailbox=mailbox).first()
    )
    if check is None:
        return None
    found = rules.findings(
        domain=_domain(mailbox),
        facts=Facts(**check.facts),
        returned=_returned(check.returned),
        sender=rules.sender_of(mailbox.smtp_host),
        sent_at=check.asked_at if check.test_message_id else None,
        alias=mailbox.reply_to,
        now=now,
    )
    return Checked(check, found if check.looked_up_at else [])


def providers_own(mailbox: Mailbox) -> bool:
    """Whether the domain is the provider's, so that its records are not the owner's to change."""
    return _domain(mailbox) in presets.PRESETS


def warnings(mailbox: Mailbox, *, now: datetime) -> list[str]:
    """What to know before a campaign leaves from this mailbox, as sentences: reasons, never a bar.

    Nothing for a mailbox that was not checked but has sent campaigns before.
    """
    found = checked(mailbox, now=now)
    if found is not None:
        return [f"{each.about}: {each.text}" for each in found.problems]
    sent = Message.objects.for_organisation(mailbox.organisation_id).filter(
        mailbox=mailbox, origin=MessageOrigin.CAMPAIGN, status__in=COUNTS_FOR_LIMIT
    )
    if sent.exists():
        return []
    return [f"Nobody has checked yet whether mail from {mailbox.address} is likely to arrive."]


# ── the name servers ────────────────────────────────────────────────────────


def due(*, now: datetime, limit: int = 50) -> list[int]:
    """Mailboxes whose domain is to be looked up."""
    rows = DeliverabilityCheck.objects.across_organisations(_EVERYONE).filter(due_at__lte=now)
    return list(rows.order_by("due_at").values_list("mailbox_id", flat=True)[:limit])


def look_up(mailbox_id: int, *, now: datetime) -> bool:
    """Ask the name servers what the check needs to know; False if it is not due, or another worker asks."""
    rows = DeliverabilityCheck.objects.across_organisations(_EVERYONE).filter(mailbox_id=mailbox_id)
    if not rows.filter(due_at__lte=now).update(due_at=now + _LEASE):
        return False
    check = rows.select_related("mailbox").get()
    facts = _facts(check.mailbox, _returned(check.returned))
    again = None
    if facts.trouble and check.tries < len(_AGAIN):
        again = now + _AGAIN[check.tries]
    # Not over a question that came meanwhile, nor over a test mail that did.
    rows.filter(asked_at=check.asked_at, returned_at=check.returned_at).update(
        facts=asdict(facts), looked_up_at=now, due_at=again, tries=check.tries + 1
    )
    return True


def _facts(mailbox: Mailbox, returned: Returned | None) -> Facts:
    domain, trouble = _domain(mailbox), dict[str, str]()

    def ask_for(what: str, question: Callable[[], list[str]]) -> list[str]:
        try:
            return question()
        except egress.Unreachable as problem:
            trouble[what] = str(problem)
            return []

    mx = ask_for("mx", lambda: egress.look_up(domain, "MX"))
    txt = ask_for("spf", lambda: egress.look_up(domain, "TXT"))
    dmarc_at, dmarc = "", list[str]()
    for name in rules.dmarc_names(domain):
        dmarc = [
            text
            for text in ask_for("dmarc", lambda name=name: egress.look_up(f"_dmarc.{name}", "TXT"))  # type: ignore[misc]  # bound at once
            if text.lower().startswith("v=dmarc1")
        ]
        if dmarc:
            dmarc_at = name
            break
    sender = rules.sender_of(mailbox.smtp_host)
    names = [f"{selector}._domainkey.{domain}" for selector in (sender.selectors if sender else ())]
    names += [each.key_name for each in (returned.signatures if returned else ())]
    keys = {
        name: ask_for("dkim", lambda name=name: egress.look_up(name, "TXT"))  # type: ignore[misc]  # bound at once
        for name in dict.fromkeys(names)
    }
    spf = [text for text in txt if text.lower().startswith("v=spf1")]
    return Facts(mx=mx, txt=spf, dmarc_at=dmarc_at, dmarc=dmarc, keys=keys, trouble=trouble)


# ── the test mail ───────────────────────────────────────────────────────────


def came_back(mail: ParsedMail, *, mailbox: Mailbox, now: datetime) -> None:
    """A test mail was read outside Sent: what it says of itself is kept, and its keys are looked up.

    Only the one the check waits for counts, and the first of its copies that is signed.
    """
    message = matching.copied(mail, mailbox=mailbox)
    if message is None:
        return
    rows = DeliverabilityCheck.objects.for_organisation(mailbox.organisation_id)
    waiting = rows.filter(mailbox=mailbox, test_message=message)
    signatures = [
        found for value in mail.headers.get("dkim-signature", ()) if (found := rules.signature(value))
    ][:_MOST_SIGNATURES]
    if not signatures:
        waiting = waiting.filter(returned__isnull=True)
    told = {
        "signatures": [
            {"domain": each.domain, "selector": each.selector, "covers": sorted(each.covers)}
            for each in signatures
        ],
        "fields": [name for name in ("list-unsubscribe", "list-unsubscribe-post") if mail.header(name)],
    }
    if waiting.update(returned=told, returned_at=now, due_at=now, tries=0):
        log.info("deliverability.came_back", mailbox_id=mailbox.pk, signatures=len(signatures))


def _returned(told: dict[str, Any] | None) -> Returned | None:
    if told is None:
        return None
    return Returned(
        tuple(
            Signature(each["domain"], each["selector"], frozenset(each["covers"]))
            for each in told["signatures"]
        ),
        frozenset(told["fields"]),
    )


def _domain(mailbox: Mailbox) -> str:
    return mailbox.address.rpartition("@")[2].lower().rstrip(".")
