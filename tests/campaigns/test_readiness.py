"""Nobody gets a text that cannot be made for them, and whoever can mend it is told in time."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns import editing, lifecycle, personal, placeholders, readiness
from campaigns.advancing import CampaignFeed
from campaigns.models import Campaign, PlaceholderText, Step, StepVersion
from campaigns.states import Hold, HoldReason, Progress
from foundation.problems import Missing, NotAllowed
from outreach import files, templates
from outreach.contents import Content
from outreach.models import Mailbox, Message, MessageFile
from outreach.states import MessageStatus
from sourcing import defining_fields
from tests.campaigns import making
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db


def rewrite(made: Campaign, position: int = 1, **values) -> int:
    step = made.steps.get(position=position)
    return editing.edit_step(
        **{
            "step": step,
            "subject": "Hello",
            "body": "Hi",
            "days": 0 if position == 1 else 3,
            "new_thread": False,
            "actor": made.owner,
            "now": NOW,
            **values,
        }
    )


def standing(made: Campaign, name: str) -> tuple[str, str, str]:
    ada = making.recipient(made, name)
    return ada.hold, ada.hold_code, ada.hold_text


HELD_FOR_TITLE = (
    Hold.NEEDS_ATTENTION,
    HoldReason.VARIABLE_MISSING,
    '“title” is empty and has no fallback. Write {{ title | default: "…" }} or fill it in.',
)
FREE = (Hold.NONE, "", "")


def test_whoever_lacks_a_value_stands_as_needs_attention_from_the_start() -> None:
    made = making.campaign("Ada", "Grace")
    grace = making.recipient(made, "Grace").candidate
    grace.title = "Admiral"
    grace.save()
    rewrite(made, body="As {{ title }}")
    making.started(made)

    assert standing(made, "Ada") == HELD_FOR_TITLE
    assert standing(made, "Grace") == FREE
    (message,) = making.written(making.fresh(made))
    assert message.body_text.startswith("As Admiral")


def test_blank_is_no_value() -> None:
    made = making.campaign("Ada")
    ada = making.recipient(made, "Ada").candidate
    ada.title = " \t"
    ada.save()
    rewrite(made, body="As {{ title }}")
    assert readiness.lacking_counts(made, ["title", "first_name", "sender_name"]) == {
        "title": 1,
        "first_name": 0,
        "sender_name": 0,
    }
    making.started(made)
    assert standing(made, "Ada") == HELD_FOR_TITLE


def test_mending_the_text_lets_them_go_on() -> None:
    made = making.campaign("Ada")
    rewrite(made, body="As {{ title }}")
    making.started(made)
    rewrite(made, body='As {{ title | default: "engineer" }}')
    assert standing(made, "Ada") == FREE
    (message,) = making.written(making.fresh(made))
    assert message.body_text.startswith("As engineer")


def test_a_value_that_is_missing_only_in_a_sentence_left_out_holds_nobody() -> None:
    made = making.campaign("Ada")
    rewrite(made, body="Hi{% if company %} at {{ company }}{% else %} there{% endif %}")
    making.started(made)
    assert standing(made, "Ada") == FREE


def test_a_placeholder_holds_everybody_until_it_is_filled_in_for_each() -> None:
    made = making.campaign("Ada", "Grace")
    rewrite(made, body="Hi, [[why you]]", body_html="<p>Hi, [[why you]]</p>")
    making.started(made)
    expected = (Hold.NEEDS_ATTENTION, HoldReason.PLACEHOLDER_EMPTY, "[[why you]] has not been filled in.")
    assert standing(made, "Ada") == standing(made, "Grace") == expected
    assert making.written(making.fresh(made)) == []

    ada = making.recipient(made, "Ada")
    readiness.fill_in(recipient_id=ada.pk, texts={"Why  You": "Engines!\r\n<b>"}, actor=made.owner, now=NOW)

    assert standing(made, "Ada") == FREE
    assert standing(made, "Grace") == expected
    (message,) = making.written(making.fresh(made))
    assert message.body_text.startswith("Hi, Engines!\n<b>\n")
    assert "Engines!<br>&lt;b&gt;" in message.body_html


def test_a_follow_up_is_asked_about_as_soon_as_it_is_planned() -> None:
    made = making.campaign("Ada")
    rewrite(made, 2, subject="", body="[[news]]")
    making.started(made)
    assert standing(made, "Ada") == FREE
    (message,) = making.written(making.fresh(made))
    making.settle(message, MessageStatus.SENT)
    assert standing(made, "Ada")[2] == "[[news]] has not been filled in."
    ada = making.recipient(made, "Ada")
    planned = ada.planned_at
    readiness.fill_in(recipient_id=ada.pk, texts={"news": "We grew."}, actor=made.owner, now=NOW)
    assert making.recipient(made, "Ada").planned_at == planned
    assert standing(made, "Ada") == FREE


def test_filled_in_late_the_step_is_planned_anew_and_never_leaves_at_once() -> None:
    made = making.campaign("Ada")
    rewrite(made, body="[[why]]")
    making.started(made)
    ada = making.recipient(made, "Ada")
    late = NOW + timedelta(days=1)
    readiness.fill_in(recipient_id=ada.pk, texts={"why": "x"}, actor=made.owner, now=late)
    assert making.recipient(made, "Ada").planned_at >= late + timedelta(minutes=20)


def test_an_emptied_placeholder_and_an_unknown_one_store_nothing() -> None:
    made = making.campaign("Ada")
    rewrite(made, body="[[why]]")
    ada = making.recipient(made, "Ada")
    readiness.fill_in(recipient_id=ada.pk, texts={"why": "x", "other": "y"}, actor=made.owner, now=NOW)
    assert placeholders.texts_of(ada) == {"why": "x"}
    readiness.fill_in(recipient_id=ada.pk, texts={"why": " "}, actor=made.owner, now=NOW)
    assert placeholders.texts_of(ada) == {}


def test_strangers_and_viewers_fill_in_nothing() -> None:
    made = making.campaign("Ada")
    rewrite(made, body="[[why]]")
    ada = making.recipient(made, "Ada")
    with pytest.raises(Missing):
        readiness.fill_in(recipient_id=ada.pk, texts={"why": "x"}, actor=user("mallory"), now=NOW)
    with pytest.raises(NotAllowed):
        readiness.fill_in(
            recipient_id=ada.pk,
            texts={"why": "x"},
            actor=user("vera", of=made.organisation, role="viewer"),
            now=NOW,
        )
    assert not PlaceholderText.objects.for_organisation(made.organisation_id).exists()


def test_a_message_already_written_is_written_anew_with_form_and_files() -> None:
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    picture = files.keep(
        actor=made.owner, upload=SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n"), picture=True
    )
    rewrite(
        made,
        body="x",
        body_html=f'<p>Hi <b>{{{{ first_name }}}}</b> <img src="/outreach/files/{picture.pk}/"></p>',
        files=[picture.pk],
    )
    assert CampaignFeed().refresh(
        message=Message.objects.for_organisation(made.organisation_id).get(), now=NOW
    )
    message.refresh_from_db()
    assert "<b>Ada</b>" in message.body_html
    assert message.has_files
    assert MessageFile.objects.for_organisation(made.organisation_id).get().file == picture


def test_every_message_of_a_step_carries_the_steps_files() -> None:
    made = making.campaign("Ada", "Grace")
    paper = files.keep(actor=made.owner, upload=SimpleUploadedFile("ad.pdf", b"%PDF-1.7"))
    rewrite(made, files=[paper.pk])
    making.started(made)
    messages = making.written(making.fresh(made))
    assert len(messages) == 2
    assert all(message.has_files for message in messages)
    assert MessageFile.objects.for_organisation(made.organisation_id).filter(file=paper).count() == 2


def test_a_broken_rich_text_keeps_a_campaign_from_starting_and_says_why() -> None:
    made = making.campaign("Ada")
    rewrite(made, body="Hi", body_html="<p>Hi {{ frist_name }}</p>")
    with pytest.raises(lifecycle.NotReady, match="Step 1: Text: There is no variable “frist_name”"):
        lifecycle.start(campaign=made, actor=made.owner, now=NOW)


def test_a_version_keeps_the_rich_form() -> None:
    made = making.campaign("Ada")
    rewrite(made, body="Hi", body_html="<p><b>Hi</b></p>")
    kept = StepVersion.objects.for_organisation(made.organisation_id).order_by("-version").first()
    assert kept is not None
    assert kept.body_html == "<p><b>Hi</b></p>"


def test_own_fields_history_and_organisation_are_variables() -> None:
    made = making.campaign("Ada")
    alice = made.owner
    field = defining_fields.add(
        organisation=alice.organisation, actor=alice, label="Notice period", kind="number"
    )
    ada = making.recipient(made, "Ada").candidate
    ada.custom = {field.key: 1250}
    ada.save()
    ada.education.create(organisation=alice.organisation, school="TU", degree="MSc")
    ada.experience.create(organisation=alice.organisation, company="Acme", ended="2021")
    text = (
        f"{{{{ custom_{field.key} }}}} {{{{ school }}}} {{{{ degree }}}} {{{{ previous_company }}}} "
        "{{ organisation_name }} {{ project_name }}"
    )
    names = [f"custom_{field.key}", "school", "degree", "previous_company"]
    assert readiness.lacking_counts(made, names) == dict.fromkeys(names, 0)
    rewrite(made, body=text)
    making.started(made)
    (message,) = making.written(making.fresh(made))
    assert message.body_text.startswith("1,250 TU MSc Acme Acme Backend")


def test_a_follow_up_as_a_new_thread_answers_nothing_and_begins_one() -> None:
    made = making.campaign("Ada", steps=3)
    rewrite(made, 2, subject="Another thing", body="Hi", new_thread=True)
    making.started(made)
    sent = []
    for _step in range(3):
        now = making.recipient(made, "Ada").planned_at + timedelta(minutes=1)
        Mailbox.objects.for_organisation(made.organisation_id).update(read_completely_at=now)
        (message,) = making.written(making.fresh(made), now=now)
        making.settle(message, MessageStatus.SENT, now=now)
        sent.append(message)
    first, second, third = sent
    assert (second.subject, second.in_reply_to, second.references) == ("Another thing", "", "")
    assert third.subject == "Re: Another thing"
    assert third.in_reply_to == second.our_message_id
    assert first.our_message_id not in third.references


def test_what_was_written_for_a_person_is_told_to_them_and_goes_with_them() -> None:
    made = making.campaign("Ada")
    rewrite(made, body="[[why]]")
    ada = making.recipient(made, "Ada")
    readiness.fill_in(recipient_id=ada.pk, texts={"why": "Engines"}, actor=made.owner, now=NOW)
    told = personal.collect(ada.candidate, made.owner)["Written for the person in campaigns"]
    assert told[0]["text"] == "Engines"
    ada.delete()
    assert not PlaceholderText.objects.for_organisation(made.organisation_id).exists()


# Pages


def _as(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def test_the_recipients_page_asks_for_what_is_missing() -> None:
    made = making.campaign("Ada")
    rewrite(made, body="[[why you]] [[news]]")
    ada = making.recipient(made, "Ada")
    client = _as(made.owner)
    page = client.get(f"/recipients/{ada.pk}/").content.decode()
    assert "[[why you]]" in page
    client.post(f"/recipients/{ada.pk}/placeholders/", {"placeholder:why you": "<script>x", "evil": "y"})
    assert placeholders.texts_of(ada) == {"why you": "<script>x"}
    page = client.get(f"/recipients/{ada.pk}/").content.decode()
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page


def test_the_check_of_a_step_counts_its_people_and_previews_for_anybody() -> None:
    made = making.campaign("Ada", "Grace")
    step = made.steps.get(position=1)
    stranger = making.person(made.owner, "Hedy", "hedy@work.example")
    client = _as(made.owner)
    address = f"/campaigns/{made.pk}/steps/{step.pk}/check/"
    answer = client.post(
        address, {"subject": "S", "body": "Hi {{ first_name }}, {{ title }}"}
    ).content.decode()
    assert "2 of 2 people have no “Job title”" in answer
    answer = client.post(address, {"subject": "S", "body": "Hi {{ first_name }}", "person": str(stranger.pk)})
    assert "Hi Hedy" in answer.content.decode()
    eve = making.person(user("mallory"), "Eve", "eve@work.example")
    assert client.post(address, {"subject": "S", "body": "Hi", "person": str(eve.pk)}).status_code == 404
    step.refresh_from_db()
    assert step.subject == "Hello {{ first_name }}"


@pytest.mark.parametrize(
    "body",
    [
        "x" * 2_000_000,
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% if " * 500,
        "\u202e\u200b\u0000",
        "<script>alert(1)</script>",
        "{{",
    ],
)
def test_whatever_is_typed_the_check_answers(body: str) -> None:
    made = making.campaign("Ada")
    step = made.steps.get(position=1)
    client = _as(made.owner)
    for data in ({"subject": body[:2_000], "body": body}, {"subject": "S", "body_html": f"<p>{body}</p>"}):
        answer = client.post(f"/campaigns/{made.pk}/steps/{step.pk}/check/", data)
        assert answer.status_code == 200
        assert not re.search(r"<script>alert", answer.content.decode())


def test_a_step_is_begun_with_a_template_and_stored_only_when_saved() -> None:
    made = making.campaign("Ada")
    step = made.steps.get(position=1)
    template = templates.save(
        actor=made.owner,
        name="First",
        shared=False,
        content=Content("From a template", "Body", "<p>Body</p>"),
    )
    client = _as(made.owner)
    page = client.get(f"/campaigns/{made.pk}/steps/{step.pk}/?template={template.pk}").content.decode()
    assert "From a template" in page
    assert Step.objects.for_organisation(made.organisation_id).get(pk=step.pk).subject != "From a template"
    theirs = templates.save(
        actor=user("mallory"), name="Secret", shared=True, content=Content("Secret", "Secret")
    )
    assert client.get(f"/campaigns/{made.pk}/steps/{step.pk}/?template={theirs.pk}").status_code == 404


def test_a_test_of_a_step_goes_to_the_member_in_the_persons_words() -> None:
    made = making.campaign("Ada")
    step = made.steps.get(position=1)
    client = _as(made.owner)
    answer = client.post(
        f"/campaigns/{made.pk}/steps/{step.pk}/test/", {"subject": "S", "body": "Hi {{ first_name }}"}
    )
    assert answer.status_code == 204
    message = Message.objects.for_organisation(made.organisation_id).get()
    assert (message.to_address, message.origin) == (made.owner.email, "test")
    assert message.body_text.startswith("Hi Ada\n")
    refused = Client(raise_request_exception=False)
    refused.force_login(made.owner)
    answer = refused.post(
        f"/campaigns/{made.pk}/steps/{step.pk}/test/",
        {"subject": "S", "body": "{{ title }}"},
        HTTP_HX_REQUEST="true",
    )
    assert answer.status_code == 422
    assert "For Ada Probe" in answer.content.decode()
    assert making.recipient(made, "Ada").progress == Progress.NOT_STARTED


def test_start_says_beforehand_who_will_not_be_written_to() -> None:
    made = making.campaign("Ada", "Grace")
    rewrite(made, body="As {{ title }} [[why you]]")
    page = _as(made.owner).get(f"/campaigns/{made.pk}/start/").content.decode()
    assert "Step 1: 2 people have no “Job title” and will stand as Needs attention." in page
    assert "[[why you]] is filled in for each person" in page
