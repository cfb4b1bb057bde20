"""A preview shows what is sent, to the letter: the same words, the same signature, the same way out."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default

import pytest
from django.test import Client
from django.urls import reverse

from campaigns import preview as campaign_preview
from campaigns.models import Step
from campaigns.states import StepKind
from outreach import previews, single, unsubscribe
from outreach.contents import Content
from outreach.models import Mailbox, Message
from outreach.outbox import queue, wire
from outreach.rendering import Rendered
from tests.campaigns import making as campaign_making
from tests.campaigns.making import person
from tests.outreach import making
from tests.outreach.inbound.mails import sent
from tests.outreach.making import NOW

pytestmark = pytest.mark.django_db
SIGNATURE = "Alice Marsh\nhttps://acme.example/jobs"
TEXT = Content("A question, {{ first_name }}", "Hi Ada", "<p>Hi <b>{{ first_name }}</b></p>")


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox(signature=SIGNATURE)


def leaving(message: Message) -> tuple[str, str]:
    """Both parts of the bytes, as a mail program reads them."""
    Message.objects.for_organisation(message.organisation_id).filter(pk=message.pk).update(claimed_at=NOW)
    message = making.fresh(message)
    mail = email.message_from_bytes(wire.content(message, message.mailbox), policy=default)
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    assert all(isinstance(part, EmailMessage) for part in parts)
    return tuple(part.get_content().replace("\r\n", "\n").rstrip("\n") for part in parts)  # type: ignore[return-value]


def shown(text: Rendered | None) -> tuple[str, str]:
    assert text is not None
    return text.text.rstrip("\n"), text.html.rstrip("\n")


def test_a_single_e_mail(box) -> None:
    ada = person(box.owner, "Ada", "ada@work.example")
    found = previews.of_single(TEXT, candidate=ada, actor=box.owner, mailbox=box)
    message = single.send(
        candidate=ada,
        actor=box.owner,
        mailbox=box,
        address=ada.contact_points.get(),
        content=TEXT,
        token=queue.mint_token(),
        now=NOW,
    )
    assert SIGNATURE in shown(found.sent)[0]
    assert shown(found.sent) == leaving(message)


def test_a_text_without_a_chosen_mailbox_is_shown_as_the_test_that_leaves(box) -> None:
    ada = person(box.owner, "Ada", "ada@work.example")
    making.mailbox(making.user("bob", of=box.organisation), signature="Bob", address="a@acme.example")
    found = previews.of_single(TEXT, candidate=ada, actor=box.owner, mailbox=None)
    test = single.send_test(content=TEXT, candidate=ada, actor=box.owner, mailbox=None, now=NOW)
    assert shown(found.sent) == leaving(test)


def test_a_step_of_a_campaign() -> None:
    made = campaign_making.campaign("Ada", steps=1)
    Mailbox.objects.for_organisation(made.organisation_id).update(signature=SIGNATURE)
    step = Step.objects.for_organisation(made.organisation_id).get(campaign=made)
    found = campaign_preview.of_step(step, viewer=made.owner)
    assert found is not None
    campaign_making.started(made)
    (message,) = campaign_making.written(made)
    text, html = leaving(message)
    reference = unsubscribe.link_for(message.token)
    assert shown(found.sent) == tuple(
        part.replace(reference, previews.SAMPLE_LINK) for part in (text, html)
    ), "but for the link of the one who got it"
    assert SIGNATURE in text
    assert "Alice Marsh" in found.markup


def test_a_manual_task_has_neither_a_signature_nor_a_way_out() -> None:
    made = campaign_making.campaign("Ada", steps=2)
    Mailbox.objects.for_organisation(made.organisation_id).update(signature=SIGNATURE)
    steps = Step.objects.for_organisation(made.organisation_id).filter(campaign=made)
    steps.filter(position=2).update(kind=StepKind.CALL, subject="Call", body="Ring {{ first_name }}.")
    found = campaign_preview.of_step(steps.get(position=2), viewer=made.owner)
    assert found is not None
    assert shown(found.sent)[0] == "Ring Ada."


def test_a_message_of_the_outbox_and_one_that_has_left(box) -> None:
    (waiting,) = making.write(box)
    found = previews.of_message(making.fresh(waiting), viewer=box.owner)
    assert shown(found.sent) == leaving(waiting)
    client = Client()
    client.force_login(box.owner)
    page = client.get(reverse("outreach:message", args=[waiting.pk])).content.decode()
    assert "Alice Marsh" in page
    gone = sent(box)
    assert "Alice Marsh" not in shown(previews.of_message(gone, viewer=box.owner).sent)[0]
    page = client.get(reverse("outreach:message", args=[gone.pk])).content.decode()
    assert "signature that the account had then" in page


def test_the_check_beside_the_editor_shows_it(box) -> None:
    ada = person(box.owner, "Ada", "ada@work.example")
    client = Client()
    client.force_login(box.owner)
    asked = {"subject": "Hi", "body": "Hi {{ first_name }}", "person": ada.pk, "mailbox": box.pk}
    assert "Alice Marsh" in client.post(reverse("outreach:check"), asked).content.decode()
