"""The main job on real sockets: link a mailbox, start a campaign, send, read what comes back, and go on rightly."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from campaigns import editing, enrolment, lifecycle
from campaigns.models import Campaign, Step
from campaigns.states import Hold, Progress
from foundation import events
from outreach import contents, files, mailboxes, single, tabs
from outreach.inbound import fetch
from outreach.models import InboundMessage, Mailbox, MailboxFolder, Message
from outreach.outbox import copying, deliver, queue
from outreach.probing import Server
from outreach.states import MailboxStatus, MessageStatus, Verdict
from outreach.transports.smtp import pool
from sandbox.client import Sandbox
from sourcing.models import ContactPoint, ContactStatus, Project
from tests.campaigns import making as campaigns
from tests.outreach import making

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "right-password"
#: One account per test: what a mailbox holds stays in it.
ACCOUNTS = [f"alice{number}@demo.example" for number in range(10)]
PEOPLE = {
    "Ada": ["accept.ada@work.example"],
    "Bo": ["bounce.bo@work.example", "accept.bo@home.example"],
    "Cy": ["bounce.cy@work.example"],
    "Di": ["reply.di@work.example"],
    "Ed": ["replyother.ed@work.example"],
    "Flo": ["ooo.flo@work.example"],
    "Gus": ["rewrite.gus@work.example"],
    "Hal": ["reject.hal@work.example", "accept.hal@home.example"],
}

_accounts = iter(ACCOUNTS)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder: Path = tmp_path_factory.mktemp("world")
    with Sandbox.start(
        folder, accounts=dict.fromkeys(ACCOUNTS, PASSWORD), switches={"answer_delay": 0.05}
    ) as world:
        yield world


@pytest.fixture(autouse=True)
def a_clean_world(sandbox: Sandbox) -> Iterator[None]:
    sandbox.reset()
    sandbox.control(answer_delay=0.05)
    yield
    sandbox.clear()
    pool.clear()


def linked(sandbox: Sandbox) -> Mailbox:
    """Alice's account, linked as on the page, without gap and limit."""
    address = next(_accounts)
    alice = making.user()
    alice.organisation.start_grace_minutes = 0
    alice.organisation.save()
    server = {"host": sandbox.host, "security": "none", "username": address, "password": PASSWORD}
    box = mailboxes.link(
        actor=alice,
        address=address,
        display_name="Alice Ärmel",
        smtp=Server(port=sandbox.smtp_port, **server),
        imap=Server(port=sandbox.imap_port, **server),
        now=timezone.now(),
    )
    rows = Mailbox.objects.for_organisation(box.organisation_id).filter(pk=box.pk)
    rows.update(min_gap_seconds=0, max_gap_seconds=0, daily_limit=0)
    return rows.select_related("owner__organisation").get()


def started(box: Mailbox, people: dict[str, list[str]], *, steps: int = 2) -> Campaign:
    """A campaign with these people, started without a grace and planned."""
    alice = box.owner
    project = Project.objects.create(organisation=alice.organisation, name="Backend", owner=alice)
    made = editing.create_campaign(project=project, name="Wave", actor=alice, mailbox=box)
    first = Step.objects.for_organisation(alice.organisation).get(campaign=made)
    editing.edit_step(
        step=first,
        subject="Hello {{ first_name }}",
        body="Dear {{ first_name }}, a question.",
        days=0,
        new_thread=False,
        actor=alice,
    )
    for number in range(2, steps + 1):
        editing.add_step(campaign=made, subject="", body=f"Step {number}.", days=3, actor=alice)
    found = [campaigns.person(alice, name, *addresses) for name, addresses in people.items()]
    enrolment.add_people(campaign=made, candidate_ids=[p.pk for p in found], actor=alice, now=timezone.now())
    return campaigns.started(made, now=timezone.now())


def work(box: Mailbox, sandbox: Sandbox) -> None:
    """What the workers do, one round: send, wait for the world, read, tell."""
    lifecycle.end_of_grace(now=timezone.now())
    events.deliver()
    deliver.deliver_mailbox(box.pk)
    events.deliver()
    copying.copy_due(now=timezone.now())
    sandbox.wait_for_answers()
    fetch.read_mailbox(box.pk, now=timezone.now())
    events.deliver()


def test_the_whole_job(sandbox):
    box = linked(sandbox)
    made = started(box, PEOPLE)
    for _ in range(3):
        work(box, sandbox)
    who = {name: campaigns.recipient(made, name) for name in PEOPLE}

    assert {name: row.progress for name, row in who.items()} == {
        "Ada": Progress.STARTED,
        "Bo": Progress.STARTED,
        "Cy": Progress.BOUNCED,
        "Di": Progress.REPLIED,
        "Ed": Progress.REPLIED,
        "Flo": Progress.STARTED,
        "Gus": Progress.STARTED,
        "Hal": Progress.STARTED,
    }
    assert campaigns.attempts(made, "Bo") == [
        (1, "bounce.bo@work.example", "hard"),
        (1, "accept.bo@home.example", "sent"),
    ]
    assert campaigns.attempts(made, "Hal") == [
        (1, "reject.hal@work.example", "hard"),
        (1, "accept.hal@home.example", "sent"),
    ]
    points = ContactPoint.objects.for_organisation(box.organisation_id)
    bounced = points.filter(status=ContactStatus.BOUNCED).values_list("normalised", flat=True)
    assert set(bounced) >= {"bounce.bo@work.example", "bounce.cy@work.example"}
    assert "ooo.flo@work.example" not in bounced

    flo = who["Flo"]
    assert flo.hold == Hold.OUT_OF_OFFICE
    assert flo.planned_at > timezone.now() + timedelta(days=7), "the next step waits for the return"
    assert who["Ada"].planned_at < timezone.now() + timedelta(days=4)

    gus = Message.objects.for_organisation(box.organisation_id).get(to_normalised="rewrite.gus@work.example")
    assert gus.status == MessageStatus.SENT
    assert len(gus.provider_message_ids) == 1
    assert gus.provider_message_ids[0] != gus.our_message_id

    verdicts = InboundMessage.objects.for_organisation(box.organisation_id).filter(message__isnull=False)
    assert sorted(verdicts.values_list("verdict", flat=True)) == sorted(
        [Verdict.BOUNCE, Verdict.BOUNCE, Verdict.REPLY, Verdict.REPLY, Verdict.AUTO_REPLY]
    )
    books = sandbox.ledger()
    assert books["duplicates"] in (0, [])
    arrived = [each for each in sandbox.messages() if each["account"] == box.address]
    sent = Message.objects.for_organisation(box.organisation_id).filter(sent_at__isnull=False).count()
    assert len(arrived) == sent == 9


def test_reading_twice_and_working_on_changes_nothing(sandbox):
    box = linked(sandbox)
    made = started(box, {"Di": PEOPLE["Di"], "Bo": PEOPLE["Bo"]})
    for _ in range(3):
        work(box, sandbox)
    before = (
        InboundMessage.objects.for_organisation(box.organisation_id).count(),
        Message.objects.for_organisation(box.organisation_id).count(),
        len(sandbox.messages()),
    )
    sandbox.change_uid_validity(box.address)
    MailboxFolder.objects.for_organisation(box.organisation_id).update(last_uid=0)
    for _ in range(2):
        work(box, sandbox)
    assert before == (
        InboundMessage.objects.for_organisation(box.organisation_id).count(),
        Message.objects.for_organisation(box.organisation_id).count(),
        len(sandbox.messages()),
    )
    assert campaigns.recipient(made, "Di").progress == Progress.REPLIED


def test_an_answer_to_a_rewritten_id_is_known_once_sent_was_read(sandbox):
    box = linked(sandbox)
    made = started(box, {"Gus": PEOPLE["Gus"]})
    work(box, sandbox)
    message = Message.objects.for_organisation(box.organisation_id).get()
    (learnt,) = message.provider_message_ids
    sandbox.deliver(
        box.address,
        from_="assistant@else.example",
        raw=(
            f"From: assistant@else.example\r\nTo: {box.address}\r\nSubject: Gus asked me to answer\r\n"
            f"Message-ID: <a1@else.example>\r\nIn-Reply-To: <{learnt}>\r\n\r\nHe is interested.\r\n"
        ).encode(),
    )
    work(box, sandbox)
    assert campaigns.recipient(made, "Gus").progress == Progress.REPLIED


def test_a_line_cut_after_data_is_uncertain_until_the_answer_proves_it(sandbox):
    box = linked(sandbox)
    made = started(box, {"Di": PEOPLE["Di"]})
    sandbox.control(smtp_cut_next=1, smtp_cut_at="answer")
    deliver.deliver_mailbox(box.pk)
    events.deliver()
    assert Message.objects.for_organisation(box.organisation_id).get().status == MessageStatus.UNCERTAIN
    assert campaigns.recipient(made, "Di").hold == Hold.UNCERTAIN_SEND
    message = Message.objects.for_organisation(box.organisation_id).get()
    sandbox.deliver(
        box.address,
        from_="reply.di@work.example",
        raw=(
            f"From: reply.di@work.example\r\nTo: {box.address}\r\nSubject: Re: Hello\r\n"
            f"Message-ID: <d1@work.example>\r\nIn-Reply-To: <{message.our_message_id}>\r\n\r\nYes.\r\n"
        ).encode(),
    )
    work(box, sandbox)
    message.refresh_from_db()
    assert message.status == MessageStatus.SENT
    assert campaigns.recipient(made, "Di").progress == Progress.REPLIED
    assert campaigns.recipient(made, "Di").hold == Hold.NONE
    assert len(sandbox.messages(recipient="reply.di@work.example")) <= 1


def test_a_line_cut_while_reading_is_read_to_its_end_by_the_next_pass(sandbox):
    box = linked(sandbox)
    started(box, {"Di": PEOPLE["Di"]})
    deliver.deliver_mailbox(box.pk)
    events.deliver()
    sandbox.wait_for_answers()
    sandbox.control(imap_cut_next=1)
    assert not fetch.read_mailbox(box.pk, now=timezone.now()).complete
    assert fetch.read_mailbox(box.pk, now=timezone.now()).complete
    found = InboundMessage.objects.for_organisation(box.organisation_id).filter(verdict=Verdict.REPLY)
    assert found.count() == 1


def test_logins_refused_for_now_are_tried_again_later_and_a_wrong_password_needs_the_owner(sandbox):
    box = linked(sandbox)
    sandbox.control(imap_refuse_logins=True)
    fetch.read_mailbox(box.pk, now=timezone.now())
    box.refresh_from_db()
    assert (box.status, box.read_failures) == (MailboxStatus.CONNECTED, 1)
    sandbox.control(imap_refuse_logins=False)
    making.seal(box, {"smtp_password": PASSWORD, "imap_password": "changed"})
    fetch.read_mailbox(box.pk, now=timezone.now())
    box.refresh_from_db()
    assert box.status == MailboxStatus.NEEDS_RECONNECT
    assert "AUTHENTICATIONFAILED" in box.server_words


def test_a_single_mail_with_picture_and_attachment_arrives_whole_and_its_answer_is_read(sandbox):
    box = linked(sandbox)
    alice = box.owner
    di = campaigns.person(alice, "Di", "reply.di@work.example")
    picture = files.keep(
        actor=alice, upload=SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\nxx"), picture=True
    )
    paper = files.keep(actor=alice, upload=SimpleUploadedFile("Größe.pdf", b"%PDF-1.7 paper"))
    markup = f'<p>Dear <b>{{{{ first_name }}}}</b></p><p><img src="/outreach/files/{picture.pk}/"></p>'
    single.send(
        candidate=di,
        actor=alice,
        mailbox=box,
        address=di.contact_points.get(),
        content=contents.written(
            actor=alice, subject="A question", body="", body_html=markup, attachments=[paper.pk]
        ),
        token=queue.mint_token(),
    )
    for _ in range(2):
        work(box, sandbox)

    (arrived,) = [each for each in sandbox.messages() if each["account"] == box.address]
    mail = email.message_from_bytes(sandbox.raw(arrived["id"]), policy=email.policy.default)
    assert mail.get_body(("plain",)).get_content().split() == ["Dear", "Di", "[picture]"]
    shown = [part for part in mail.walk() if part["Content-ID"]]
    assert [part.get_content() for part in shown] == [b"\x89PNG\r\n\x1a\nxx"]
    assert f"cid:{shown[0]['Content-ID'].strip('<>')}" in mail.get_body(("html",)).get_content()
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("Größe.pdf", b"%PDF-1.7 paper")
    assert mail["List-Unsubscribe"] is None
    di.refresh_from_db()
    assert di.last_contacted_at is not None
    lines = tabs.messages_of(di, alice)["lines"]
    assert sorted(bool(line.came) for line in lines) == [False, True], "what we wrote and its answer"
    assert (
        box.pk
        == Message.objects.for_organisation(box.organisation_id).get(copied_at__isnull=False).mailbox_id
    )
