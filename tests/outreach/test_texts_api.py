"""Texts over the API before they go anywhere: checked, sent to oneself."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Role, User
from outreach import files
from outreach.models import Mailbox, Message
from sourcing import defining_fields
from tests.campaigns.making import person
from tests.campaigns.test_campaigns_api import call
from tests.outreach import making

pytestmark = pytest.mark.django_db
TEXT = {
    "subject": "A question, {{ first_name }}",
    "body_html": "<p>Hi <b>{{ first_name }}</b> {{ school }}</p>",
}


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox(signature="Alice Marsh")


def kept(someone: User, name: str, content: bytes) -> int:
    """The id of a file that somebody has uploaded."""
    return files.keep(actor=someone, upload=SimpleUploadedFile(name, content)).pk


def test_a_text_is_checked_and_shown_as_somebody_would_get_it(box) -> None:
    alice, ada = box.owner, person(box.owner, "Ada", "ada@work.example")
    told = call(alice, "POST", "texts/checks/", {"body": "Hi {{ nope }}"}).json()
    assert (told["sendable"], told["preview"]) == (False, None)
    assert [(each["where"], each["code"]) for each in told["findings"]] == [
        ("Subject", "empty_subject"),
        ("Text", "unknown_variable"),
    ]
    snippet = call(alice, "POST", "texts/checks/", {"body": "Regards", "kind": "snippet"}).json()
    assert (snippet["sendable"], snippet["findings"]) == (True, [])
    told = call(alice, "POST", "texts/checks/", TEXT | {"candidate": ada.pk}).json()
    assert (told["findings"][0]["level"], told["preview"]["text"]) == ("note", "")
    assert "“school” is empty" in told["preview"]["problem"]
    told = call(alice, "POST", "texts/checks/", TEXT | {"candidate": ada.pk, "to_candidate": True}).json()
    assert told["findings"][0]["level"] == "warning"
    text = {"subject": "Hello {{ first_name }}", "body": "Hi {{ first_name }}"}
    shown = call(alice, "POST", "texts/checks/", text | {"candidate": ada.pk, "mailbox": box.pk}).json()
    assert shown["preview"]["subject"] == "Hello Ada"
    assert "Alice Marsh" in shown["preview"]["text"]
    assert not Message.objects.for_organisation(alice.organisation_id).exists()


def test_a_test_goes_to_oneself_alone(box) -> None:
    alice, ada = box.owner, person(box.owner, "Ada", "ada@work.example")
    text = {"subject": "Hello", "body": "Hi {{ first_name }}", "candidate": ada.pk}
    answer = call(alice, "POST", "texts/tests/", text)
    assert (answer.status_code, answer.json()["to"], answer.json()["candidate"]) == (201, alice.email, None)
    message = Message.objects.for_organisation(alice.organisation_id).get(pk=answer.json()["id"])
    assert (message.created_by, message.body_text) == (alice, "Hi Ada")
    assert call(alice, "POST", "texts/tests/", text | {"mailbox": box.pk + 1}).status_code == 422
    bob = making.user("bob", of=box.organisation)
    refused = call(bob, "POST", "texts/tests/", text)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_sender")


def test_what_a_text_may_use_is_told_with_the_own_fields_of_the_organisation() -> None:
    alice, mallory = making.user(), making.user("mallory")
    defining_fields.add(organisation=alice.organisation, actor=alice, label="Level", kind="text")
    told = {each["name"]: each for each in call(alice, "GET", "texts/variables/").json()}
    assert told["first_name"]["written"] == '{{ first_name | default: "there" }}'
    assert (told["custom_level"]["label"], told["custom_level"]["about"]) == ("Level", "Your own fields")
    names = call(mallory, "GET", "texts/variables/?fields=name").json()
    assert {"name": "first_name"} in names
    assert {"name": "custom_level"} not in names


@pytest.mark.parametrize("address", ["texts/checks/", "texts/tests/"])
def test_a_viewer_asks_nothing_and_a_stranger_is_not_shown_our_people(box, address) -> None:
    ada = person(box.owner, "Ada", "ada@work.example")
    text = {"subject": "Hello", "body": "Hi", "candidate": ada.pk}
    assert (
        call(making.user("vera", of=box.organisation, role=Role.VIEWER), "POST", address, text).status_code
        == 403
    )
    mallory = making.user("mallory", role=Role.ADMIN)
    making.mailbox(mallory)
    assert call(mallory, "POST", address, text).status_code == 404
