"""The Outbox over the API: its lists, what may be done to a written message, and whom that is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Role, User
from outreach.models import Mailbox, Message, SendTry
from outreach.states import MessageStatus, Turn
from tests.outreach import making

pytestmark = pytest.mark.django_db


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox()


@pytest.fixture
def message(box) -> Message:
    return written(box, "peter@example.org", to_name="Peter")


def written(box: Mailbox, address: str, **values) -> Message:
    values.setdefault("planned_at", making.real_now() + timedelta(days=1))
    (row,) = making.write(box, address, **values)
    return row


def api(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def fresh(row: Message) -> Message:
    return Message.objects.for_organisation(row.organisation_id).get(pk=row.pk)


def post(client: Client, path: str, data: dict[str, object] | None = None):
    return client.post(path, data or {}, content_type="application/json")


def settle(row: Message, status: str) -> None:
    Message.objects.for_organisation(row.organisation_id).filter(pk=row.pk).update(
        status=status, settled_at=making.real_now()
    )


def test_the_list_says_what_leaves_why_not_yet_and_what_may_be_done(box, message):
    answer = api(box.owner).get("/api/v1/outbox/")
    assert answer.status_code == 200
    (line,) = answer.json()["results"]
    assert (line["to"], line["note"], line["sender"]) == ("Peter", "peter@example.org", box.address)
    assert (line["status"], line["reason"]) == ("Queued", "not_due")
    assert line["why_not_yet"] == "Planned for later."
    assert line["until"] == line["planned_at"]
    assert line["may"] == ["send_now", "not_before", "edit", "cancel"]
    assert line["url"] == f"http://testserver/api/v1/messages/{message.pk}/"
    assert api(box.owner).get(line["url"]).json()["id"] == message.pk


def test_its_pages_are_linked_and_join_without_a_gap(box):
    for number in range(5):
        written(box, f"p{number}@example.org", planned_at=making.real_now() + timedelta(hours=number + 1))
    client, path, seen = api(box.owner), "/api/v1/outbox/?size=2", []
    while path:
        page = client.get(path).json()
        seen += [line["to"] for line in page["results"]]
        path, previous = page["next"], page["previous"]
    assert seen == [f"p{number}@example.org" for number in range(5)]
    assert [line["to"] for line in client.get(previous).json()["results"]] == seen[2:4]
    for wrong, status in (("?size=0", 422), ("?size=x", 422), ("?after=nonsense", 400)):
        assert client.get(f"/api/v1/outbox/{wrong}").status_code == status, wrong


def test_the_other_lists_of_the_page_are_filters_of_the_messages(box, message):
    lost = written(box, "lost@example.org")
    sent = written(box, "sent@example.org")
    settle(lost, "uncertain")
    settle(sent, "sent")
    client = api(box.owner)

    def listed(show: str) -> list[int]:
        found = client.get(f"/api/v1/messages/{show}").json()["results"]
        return [each["id"] for each in found]

    assert listed("?show=uncertain") == [lost.pk]
    assert listed("?show=sent") == [sent.pk, lost.pk]
    assert listed("") == [sent.pk, lost.pk, message.pk]
    assert client.get("/api/v1/messages/?show=nonsense").status_code == 422


def test_send_now_puts_it_first_and_not_before_takes_that_back(box, message):
    client, base = api(box.owner), f"/api/v1/messages/{message.pk}/"
    answer = post(client, f"{base}now/")
    assert answer.status_code == 200
    assert answer.json()["id"] == message.pk
    assert fresh(message).rank == Turn.MOVED_BY_HAND
    moment = making.real_now() + timedelta(days=3)
    answer = post(client, f"{base}not-before/", {"moment": moment.isoformat()})
    assert (answer.status_code, answer.json()["reason"]) == (200, "not_before")
    assert fresh(message).not_before == moment
    for wrong in ({}, {"moment": "soon"}, {"moment": "2020-01-01T10:00Z"}, {"moment": "9999-12-31T23:59Z"}):
        assert post(client, f"{base}not-before/", wrong).status_code == 422, wrong
    assert fresh(message).not_before == moment


def test_cancel_takes_it_back_and_afterwards_everything_is_too_late(box, message):
    client, base = api(box.owner), f"/api/v1/messages/{message.pk}/"
    assert post(client, f"{base}cancel/").json()["status"] == "cancelled"
    moment = {"moment": (making.real_now() + timedelta(days=1)).isoformat()}
    for act, data in (("now", {}), ("not-before", moment), ("cancel", {})):
        answer = post(client, f"{base}{act}/", data)
        assert (answer.status_code, answer.json()["code"]) == (409, "too_late"), act
    refused = client.put(f"{base}text/", {"subject": "A", "body": "B"}, content_type="application/json")
    assert refused.status_code == 409


def test_its_text_is_read_and_edited(box, message):
    client, path = api(box.owner), f"/api/v1/messages/{message.pk}/text/"
    before = client.get(path).json()
    assert before == {"subject": message.subject, "body": message.body_text}
    hostile = "<script>alert(1)</script>\u202e"
    answer = client.put(path, {"subject": "Other", "body": hostile}, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["body"].startswith("<script>"), "plain text: it is escaped where it is shown"
    assert fresh(message).text_by_hand
    for wrong in (
        {},
        {"subject": "", "body": "x"},
        {"subject": "x", "body": " \n"},
        {"subject": "x" * 256, "body": "x"},
    ):
        assert client.put(path, wrong, content_type="application/json").status_code == 422, wrong
    assert fresh(message).subject == "Other"


def test_a_person_says_what_became_of_an_uncertain_message(box, message):
    client, path = api(box.owner), f"/api/v1/messages/{message.pk}/answer/"
    assert post(client, path, {"was_sent": True}).status_code == 409
    settle(message, "uncertain")
    assert post(client, path, {"was_sent": "perhaps"}).status_code == 422
    assert post(client, path, {"was_sent": False}).json()["status"] == "queued"
    settle(message, "uncertain")
    assert post(client, path, {"was_sent": True}).json()["status"] == "sent"
    assert fresh(message).status == MessageStatus.SENT


def test_uncertain_messages_are_answered_together_and_what_is_none_of_ones_own_is_left_out(box, message):
    other, queued = written(box, "eva@example.org"), written(box, "ida@example.org")
    for row in (message, other):
        settle(row, "uncertain")
    path = "/api/v1/messages/answer/"
    body = {"messages": [message.pk, other.pk, queued.pk], "was_sent": True}
    mallory = making.user("mallory", of=making.organisation("Evil"))
    assert post(api(mallory), path, body).json() == {"answered": []}
    assert (
        post(api(making.user("vera", of=box.organisation, role=Role.VIEWER)), path, body).status_code == 403
    )
    assert fresh(message).status == MessageStatus.UNCERTAIN
    assert post(api(box.owner), path, body).json() == {"answered": [message.pk, other.pk]}
    assert making.statuses(box) == ["sent", "sent", "queued"]
    by = SendTry.objects.for_organisation(box.organisation_id).values_list("text", flat=True)
    assert list(by) == [f"By {box.owner.name}."] * 2


ACTS = ("now", "not-before", "cancel", "answer")


def test_viewers_look_and_strangers_find_nothing(box, message):
    vera, mallory = making.user("vera", of=box.organisation, role=Role.VIEWER), making.user("mallory")
    base = f"/api/v1/messages/{message.pk}/"
    assert api(vera).get("/api/v1/outbox/").json()["results"][0]["may"] == []
    assert api(vera).get(f"{base}text/").status_code == 200
    assert api(mallory).get("/api/v1/outbox/").json()["results"] == []
    assert api(mallory).get(f"{base}text/").status_code == 404
    for act in ACTS:
        assert post(api(vera), f"{base}{act}/").status_code == 403, act
        assert post(api(mallory), f"{base}{act}/").status_code == 404, act
    assert fresh(message).status == MessageStatus.QUEUED


def test_a_private_address_is_nowhere_for_colleagues_not_even_in_words(box):
    """A quoting answer and a server's refusal name it; whoever may not know it may not edit the text either."""
    bob = making.user("bob", of=box.organisation)
    secret = "Eva.Secret@home.example"
    row = written(
        box, secret, to_normalised=secret.lower(), private_to_id=box.owner_id, to_name="Eva",
        subject=f"For {secret}", body_text=f"Hi\n\nOn Monday {secret.upper()} wrote:\n> Hello",
    )  # fmt: skip
    Message.objects.for_organisation(box.organisation_id).filter(pk=row.pk).update(
        reason_code="not_before", reason_text=f"450 {secret} is busy"
    )
    SendTry.objects.create(
        organisation_id=box.organisation_id,
        message=row,
        at=making.NOW,
        outcome="deferred",
        text=f"450 {secret}",
    )
    paths = (
        "/api/v1/outbox/", f"/api/v1/messages/{row.pk}/text/", f"/api/v1/messages/{row.pk}/",
        "/outreach/outbox/", f"/outreach/outbox/{row.pk}/",
    )  # fmt: skip
    for path in paths:
        seen = api(bob).get(path).content.decode().lower()
        assert "private address" in seen, path
        assert secret.lower() not in seen, path
        assert secret.lower() in api(box.owner).get(path).content.decode().lower(), path
    assert api(bob).get("/api/v1/outbox/").json()["results"][0]["may"] == ["send_now", "not_before", "cancel"]
    assert api(bob).get(f"/outreach/outbox/{row.pk}/edit/").status_code == 403
    text = {"subject": "A", "body": "B"}
    edited = api(bob).put(f"/api/v1/messages/{row.pk}/text/", text, content_type="application/json")
    assert edited.status_code == 403
    assert "wrote:" in fresh(row).body_text
