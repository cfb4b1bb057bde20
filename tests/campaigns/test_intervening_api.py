"""What a person does to one recipient over the API, and what the audit trail says of it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import AuditEntry, Role
from campaigns import marking, readiness
from campaigns.models import Campaign, Recipient, Step
from campaigns.states import Hold, Progress
from sourcing.models import ContactPoint
from tests.campaigns import making
from tests.outreach.making import NOW, organisation, user

pytestmark = pytest.mark.django_db

JSON = "application/json"


@pytest.fixture
def made() -> Campaign:
    """Under way; nothing has left yet."""
    return making.started(making.campaign("Ada"))


@pytest.fixture
def ada(made: Campaign) -> Recipient:
    return making.recipient(made, "Ada")


def client_of(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def address(recipient: Recipient, what: str) -> str:
    return f"/api/v1/recipients/{recipient.pk}/{what}/"


def post(someone, recipient: Recipient, what: str, **said):
    return client_of(someone).post(address(recipient, what), said, content_type=JSON)


def put(someone, recipient: Recipient, what: str, **said):
    return client_of(someone).put(address(recipient, what), said, content_type=JSON)


def entries(recipient: Recipient) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(table="campaigns_recipient", row=recipient.pk).order_by("pk"))


def test_one_person_is_paused_goes_on_is_stopped_and_started_again(ada):
    alice = ada.campaign.owner
    told = [
        (post(alice, ada, what).json()["progress"], making.recipient(ada.campaign, "Ada").hold)
        for what in ("pause", "go-on", "stop", "start-again")
    ]
    assert told == [
        (Progress.NOT_STARTED, Hold.PAUSED),
        (Progress.NOT_STARTED, Hold.NONE),
        (Progress.STOPPED, Hold.NONE),
        (Progress.NOT_STARTED, Hold.NONE),
    ]
    assert [entry.changes for entry in entries(ada)] == [
        {"hold": ["none", "paused"]},
        {"hold": ["paused", "none"]},
        {"progress": ["not_started", "stopped"]},
        {"progress": ["stopped", "not_started"]},
    ]
    assert {(entry.actor_id, entry.action, bool(entry.request_id)) for entry in entries(ada)} == {
        (alice.pk, "update", True)
    }


def test_what_cannot_be_done_is_refused_and_leaves_no_trace(ada):
    alice = ada.campaign.owner
    for what, said, code in (
        ("start-again", {}, "nothing_to_take_back"),
        ("not-a-reply", {}, "nothing_to_take_back"),
        ("is-a-reply", {"is_reply": True}, "conflict"),
    ):
        refused = post(alice, ada, what, **said)
        assert (refused.status_code, refused.json()["code"]) == (409, code), what
    assert post(alice, ada, "is-a-reply").status_code == 422
    assert post(alice, ada, "go-on").status_code == 200
    assert entries(ada) == []


def test_a_reply_that_is_none_and_a_doubt_are_put_right(ada):
    alice = ada.campaign.owner
    marking.mark(recipient=ada, interest="interested", actor=alice, now=NOW)
    told = post(alice, ada, "not-a-reply").json()
    assert (told["progress"], told["interest"]) == ("not_started", "")
    Recipient.objects.for_organisation(ada.organisation_id).update(hold=Hold.POSSIBLE_REPLY)
    assert post(alice, ada, "is-a-reply", is_reply=True).json()["progress"] == "replied"
    assert [entry.changes for entry in entries(ada)] == [
        {"progress": ["not_started", "replied"], "interest": ["", "interested"]},
        {"progress": ["replied", "not_started"], "interest": ["interested", ""]},
        {"progress": ["not_started", "replied"], "hold": ["possible_reply", "none"]},
    ]


def test_the_fields_of_this_campaign_are_written_whole_and_stay_out_of_the_trail(ada):
    alice = ada.campaign.owner
    before = client_of(alice).get(address(ada, "fields"))
    assert (before.json()["first_name"], before.json()["profile"]["first_name"]) == ("", "Ada")
    told = put(alice, ada, "fields", first_name=" Addy ", company="Voltra").json()
    assert (told["first_name"], told["company"], told["profile"]) == (
        "Addy",
        "Voltra",
        before.json()["profile"],
    )
    assert put(alice, ada, "fields", first_name="Addy").json()["company"] == ""
    assert put(alice, ada, "fields", first_name="x" * 201).status_code == 422
    late = client_of(alice).put(
        address(ada, "fields"), {}, content_type=JSON, headers={"If-Match": before["ETag"]}
    )
    assert late.status_code == 412
    assert [entry.changes for entry in entries(ada)] == [{"overrides": ["***", "***"]}] * 2


def test_placeholders_are_filled_in_and_whoever_waited_for_them_goes_on(ada):
    alice = ada.campaign.owner
    Step.objects.for_organisation(ada.organisation_id).update(body="Dear Ada, [[why you]]")
    readiness.hold_planned(ada.campaign, after_id=0, until_id=ada.pk)
    assert making.recipient(ada.campaign, "Ada").hold == Hold.NEEDS_ATTENTION
    client = client_of(alice)
    said = {"texts": {"Why  you": "Your talk.", "nobody asks": "x"}}
    told = client.patch(address(ada, "placeholders"), said, content_type=JSON).json()
    assert told == {"placeholders": [{"label": "why you", "text": "Your talk.", "steps": [1, 2]}]}
    assert client.get(address(ada, "placeholders")).json() == told
    assert making.recipient(ada.campaign, "Ada").hold == Hold.NONE
    refused = client.patch(address(ada, "placeholders"), {"texts": {"why you": "x" * 5001}}, JSON)
    assert refused.status_code == 422
    assert [entry.changes for entry in entries(ada)] == [
        {"placeholder_texts": ["***", "***"]},
        {"hold": ["needs_attention", "none"]},
    ]


def test_another_address_counts_here_alone_and_the_rules_can_choose_again(ada):
    alice = ada.campaign.owner
    client = client_of(alice)
    before = client.get(address(ada, "address")).json()
    assert (before["address"], [each["value"] for each in before["known"]]) == (
        "",
        ["Ada@work.example", "Ada@home.example"],
    )
    assert put(alice, ada, "address", address="Ada@Else.example").json()["address"] == "ada@else.example"
    refused = put(alice, ada, "address", address="no address")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_address")
    assert client.delete(address(ada, "address")).status_code == 204
    assert client.get(address(ada, "address")).json() == before
    assert [entry.changes for entry in entries(ada)] == [{"override_address": ["***", "***"]}] * 2


def test_an_address_after_a_bounce_tries_the_step_again_which_needs_the_right_to_start():
    made = making.started(making.campaign("Ada", addresses={"Ada": ["ada@work.example"]}))
    (first,) = making.written(made)
    making.settle(first, "refused", failure_class="hard")
    ada, alice = making.recipient(made, "Ada"), made.owner
    _row, token = tokens.create(
        actor=alice, name="Edits", days=30, now=timezone.now(), scopes=["campaign:edit", "campaign:view"]
    )
    said = {"address": "ada@else.example"}
    narrow = Client(headers={"Authorization": f"Bearer {token}"})
    assert narrow.put(address(ada, "address"), said, content_type=JSON).status_code == 403
    known = put(alice, ada, "address", **said).json()["known"]
    assert [(each["in_use"], bool(each["problem"])) for each in known] == [(False, True)]
    assert making.recipient(made, "Ada").progress == Progress.NOT_STARTED
    assert [entry.changes for entry in entries(ada)] == [
        {"progress": ["bounced", "not_started"], "override_address": ["***", "***"]}
    ]


def test_a_private_address_is_told_to_whoever_added_it_alone(ada):
    alice, bob = ada.campaign.owner, user("bob", of=ada.organisation, role=Role.ADMIN)
    points = ContactPoint.objects.for_organisation(ada.organisation_id)
    points.filter(normalised="ada@home.example").update(shared=False, added_by=alice)
    assert put(alice, ada, "address", address="ada@home.example").json()["address"] == "ada@home.example"
    told = client_of(bob).get(address(ada, "address")).json()
    assert (told["address"], [each["value"] for each in told["known"]]) == (
        "private address",
        ["Ada@work.example"],
    )


DOORS = [
    *(("post", what) for what in ("pause", "go-on", "stop", "start-again", "not-a-reply", "is-a-reply")),
    ("put", "fields"),
    ("patch", "placeholders"),
    ("put", "address"),
    ("delete", "address"),
]


def test_a_viewer_changes_nothing_and_a_stranger_finds_nothing(ada):
    vera = client_of(user("vera", of=ada.organisation, role=Role.VIEWER))
    bob = client_of(user("bob", of=ada.organisation, role=Role.RECRUITER))
    mallory = client_of(user("mallory", of=organisation("Else"), role=Role.ADMIN))
    for method, what in DOORS:
        answers = [
            getattr(who, method)(address(ada, what), {}, content_type=JSON).status_code
            for who in (vera, mallory)
        ]
        assert answers == [403, 404], what
    for what in ("fields", "placeholders", "address"):
        answers = [who.get(address(ada, what)).status_code for who in (vera, bob, mallory)]
        assert answers == [200, 200, 404], what
    assert entries(ada) == []
