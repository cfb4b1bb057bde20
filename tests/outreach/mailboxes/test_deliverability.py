"""The check end to end: real outbox, real reader, a name server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from accounts.models import Role
from foundation.problems import Conflict, Missing, NotAllowed
from outreach import deliverability, unsubscribe
from outreach.deliverability_rules import State
from outreach.inbound import fetch
from outreach.models import DeliverabilityCheck, InboundMessage, Mailbox, Message
from outreach.outbox import deliver
from sourcing import suppression
from tests.dovecot import Server, running
from tests.name_server import NameServer
from tests.name_server import running as name_server
from tests.outreach import making
from tests.outreach.inbound.mails import LATER, sent
from tests.outreach.making import NOW, fresh
from tests.outreach.scripted_smtp import ScriptedServer, scripted_smtp

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.mail]
EVERYBODY = "a test looks at everything"
KEY = "v=DKIM1; k=rsa; p=MIIBIjANBg"
_users = iter([f"own{number}" for number in range(20)])


@pytest.fixture(scope="module")
def imap() -> Iterator[Server]:
    with running({f"own{number}": "right" for number in range(20)}) as server:
        yield server


@pytest.fixture
def names(settings) -> Iterator[NameServer]:
    with name_server() as server:
        settings.DNS_SERVERS = [server.address]
        server.publish({
            ("acme.example", "MX"): ["10 mx.acme.example."],
            ("acme.example", "TXT"): ["v=spf1 ip4:192.0.2.1 -all", "site-verification=x"],
            ("_dmarc.acme.example", "TXT"): ["v=DMARC1; p=none"],
            ("s1._domainkey.acme.example", "TXT"): [KEY],
        })  # fmt: skip
        yield server


@pytest.fixture
def smtp() -> Iterator[ScriptedServer]:
    with scripted_smtp() as server:
        yield server


@pytest.fixture
def box(imap: Server, smtp: ScriptedServer, names: NameServer) -> Mailbox:
    return making.mailbox(port=smtp.port, imap_port=imap.imap_port, imap_username=next(_users))


def states(box: Mailbox, now=LATER) -> dict[str, State]:
    return {each.about: each.state for each in deliverability.checked(box, now=now).findings}


def ask(box: Mailbox, now=LATER) -> DeliverabilityCheck:
    check = deliverability.ask(actor=box.owner, mailbox_id=box.pk, now=now)
    deliver.deliver_mailbox(box.pk, clock=lambda: now)
    deliverability.look_up(box.pk, now=now)
    return check


def arrives(
    imap: Server, smtp: ScriptedServer, box: Mailbox, *, signed: str = "", folder: str = "INBOX"
) -> None:
    """The last mail that left, as the provider gives it to the receiver."""
    raw = smtp.accepted[-1][2]
    if signed:
        raw = (
            f"DKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1; h={signed}; bh=x; b=y\r\n".encode()
            + raw
        )
    imap.put(box.imap_username, raw, folder=folder, at=LATER)
    assert fetch.read_mailbox(box.pk, now=LATER).complete


def test_a_test_mail_goes_out_with_both_fields_and_is_read_back(box, imap, smtp):
    ask(box)
    assert states(box)["One-click unsubscribe"] is State.UNKNOWN
    head = smtp.accepted[-1][2].partition(b"\r\n\r\n")[0]
    assert b"List-Unsubscribe: <https://" in head or b"List-Unsubscribe: <http://" in head
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    arrives(imap, smtp, box, signed="from:to:list-unsubscribe:list-unsubscribe-post")
    assert deliverability.due(now=LATER) == [box.pk], "its key is looked up"
    deliverability.look_up(box.pk, now=LATER)
    assert set(states(box).values()) == {State.GOOD}
    assert deliverability.warnings(box, now=LATER) == []


def test_a_signature_without_the_fields_is_a_warning_with_the_reason(box, imap, smtp):
    ask(box)
    arrives(imap, smtp, box, signed="from:to:subject")
    deliverability.look_up(box.pk, now=LATER)
    assert states(box)["One-click unsubscribe"] is State.WARN
    (words,) = deliverability.warnings(box, now=LATER)
    assert "does not cover the fields" in words


def test_the_copy_in_sent_says_nothing_about_what_receivers_get(box, imap, smtp):
    ask(box)
    arrives(imap, smtp, box, folder="Sent")
    assert DeliverabilityCheck.objects.across_organisations(EVERYBODY).get().returned is None
    arrives(imap, smtp, box, signed="list-unsubscribe:list-unsubscribe-post")
    assert states(box)["One-click unsubscribe"] is State.GOOD


def test_the_copy_without_a_signature_counts_until_a_signed_one_comes(box, imap, smtp):
    ask(box)
    arrives(imap, smtp, box)
    assert states(box)["One-click unsubscribe"] is State.WARN
    arrives(imap, smtp, box, signed="list-unsubscribe:list-unsubscribe-post", folder="All")
    assert states(box)["One-click unsubscribe"] is State.GOOD
    arrives(imap, smtp, box, folder="Archive")
    assert states(box)["One-click unsubscribe"] is State.GOOD


def test_a_mail_that_only_says_it_is_the_test_changes_nothing(box, imap, smtp):
    ask(box)
    forged = (
        b"From: evil@evil.example\r\nTo: x@acme.example\r\nSubject: x\r\nX-Beckon-Step: deliverability\r\n"
        b"Message-ID: <made-up@evil.example>\r\n"
        b"DKIM-Signature: d=acme.example; s=s1; h=list-unsubscribe:list-unsubscribe-post\r\n\r\nx\r\n"
    )
    imap.put(box.imap_username, forged, at=LATER)
    fetch.read_mailbox(box.pk, now=LATER)
    assert DeliverabilityCheck.objects.across_organisations(EVERYBODY).get().returned is None


def test_the_test_mail_is_nobodys_reply_and_stops_no_campaign(box, imap, smtp):
    ask(box)
    arrives(imap, smtp, box, signed="from")
    assert {row.verdict for row in InboundMessage.objects.across_organisations(EVERYBODY)} == {"own_copy"}


def test_a_press_on_the_link_of_the_test_mail_opts_nobody_out(box):
    ask(box)
    message = Message.objects.across_organisations(EVERYBODY).get()
    assert not unsubscribe.opt_out(message)
    assert not suppression.is_suppressed(box.organisation_id, None, message.to_normalised)


def test_a_domain_without_records_is_told_line_by_line(box, names):
    names.records.clear()
    ask(box)
    found = states(box)
    assert [found["MX"], found["SPF"], found["DMARC"]] == [State.BAD, State.BAD, State.WARN]
    assert len(deliverability.warnings(box, now=LATER)) == 3


def test_the_policy_of_the_domain_above_is_found(names, smtp, imap):
    box = making.mailbox(address="eva@mail.acme.example", port=smtp.port, imap_port=imap.imap_port)
    ask(box)
    assert states(box)["DMARC"] is State.GOOD


def test_name_servers_that_do_not_answer_are_asked_again_and_nothing_is_called_missing(box, names):
    names.broken.update({"acme.example", "_dmarc.acme.example"})
    now = LATER
    ask(box, now)
    assert states(box)["SPF"] is State.UNKNOWN
    waits = []
    while deliverability.due(now=now + timedelta(days=1)):
        due_at = DeliverabilityCheck.objects.across_organisations(EVERYBODY).get().due_at
        waits.append((due_at - now).total_seconds())
        now = due_at
        if len(waits) == 2:
            names.broken.clear()
        deliverability.look_up(box.pk, now=now)
    assert waits == [10, 60]
    assert states(box)["SPF"] is State.GOOD


def test_asking_twice_within_a_minute_sends_one_mail(box, smtp):
    ask(box)
    ask(box, LATER + timedelta(seconds=30))
    assert len(smtp.accepted) == 1
    ask(box, LATER + timedelta(seconds=90))
    assert len(smtp.accepted) == 2


def test_an_answer_to_an_older_question_is_not_taken_for_the_new_one(box, imap, smtp):
    ask(box)
    old = smtp.accepted[-1][2]
    ask(box, LATER + timedelta(minutes=5))
    imap.put(box.imap_username, b"DKIM-Signature: d=acme.example; s=s1; h=from\r\n" + old, at=LATER)
    fetch.read_mailbox(box.pk, now=LATER)
    assert DeliverabilityCheck.objects.across_organisations(EVERYBODY).get().returned is None


def test_before_the_first_campaign_a_check_is_asked_for(box):
    assert "Nobody has checked yet" in deliverability.warnings(box, now=NOW)[0]
    sent(box)
    assert deliverability.warnings(box, now=NOW) == []


def test_who_may_ask(box):
    for actor, problem in (
        (making.user("bob", of=box.organisation), NotAllowed),
        (making.user("mallory", of=making.organisation("Evil"), role=Role.ADMIN), Missing),
    ):
        with pytest.raises(problem):
            deliverability.ask(actor=actor, mailbox_id=box.pk, now=NOW)
    Mailbox.objects.across_organisations(EVERYBODY).filter(pk=box.pk).update(status="paused")
    with pytest.raises(Conflict):
        deliverability.ask(actor=box.owner, mailbox_id=box.pk, now=NOW)


def test_the_mail_counts_but_does_not_wait_for_our_own_limits(box, smtp):
    Mailbox.objects.across_organisations(EVERYBODY).filter(pk=box.pk).update(
        next_send_at=LATER + timedelta(hours=5), min_gap_seconds=60, max_gap_seconds=60
    )
    ask(box)
    assert len(smtp.accepted) == 1
    assert fresh(Message.objects.across_organisations(EVERYBODY).get()).status == "sent"


def test_the_test_mail_goes_to_the_alias_and_its_coming_back_proves_it(box, imap, smtp):
    Mailbox.objects.across_organisations(EVERYBODY).filter(pk=box.pk).update(
        reply_to="jobs@acme.example", signature="Alice"
    )
    box.refresh_from_db()
    ask(box)
    assert smtp.recipients() == ["jobs@acme.example"]
    assert b"-- \r\nAlice" not in smtp.accepted[-1][2]
    assert states(box)["Answers"] is State.UNKNOWN
    assert states(box, LATER + timedelta(hours=1))["Answers"] is State.BAD
    arrives(imap, smtp, box)
    assert states(box)["Answers"] is State.GOOD
