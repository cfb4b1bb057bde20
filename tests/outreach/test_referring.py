"""One press makes whom an answer names a person of the campaign's project; never by itself, never twice."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from campaigns.models import Campaign
from foundation.problems import Invalid, NotAllowed
from outreach import referring
from outreach.inbound import answering, selectors
from outreach.models import InboundMessage
from outreach.states import MessageStatus
from sourcing import contact_points, known_again, people
from sourcing.erasing import erase
from sourcing.models import (
    Candidate,
    ContactPoint,
    ErasureReason,
    Origin,
    ProjectMember,
    Visibility,
)
from tests.campaigns import making
from tests.outreach.inbound.mails import LATER, mail, read
from tests.outreach.making import organisation, user

pytestmark = pytest.mark.django_db
WORDS = "Not me, but you should contact my colleague Ben Lee, ben.lee@example.org."


@pytest.fixture
def made() -> Campaign:
    return making.started(making.campaign("Ada", steps=1))


def answer(made: Campaign, text: str = WORDS) -> InboundMessage:
    (message,) = making.written(made)
    making.settle(message, MessageStatus.SENT, sending_at=LATER, claimed_at=LATER)
    raw = mail(
        made.mailbox, sender="Ada <ada@work.example>", text=text, in_reply_to=f"<{message.our_message_id}>"
    )
    return selectors.mail(made.owner, read(made.mailbox, raw, at=LATER).pk)


def named(made: Campaign, row: InboundMessage):
    return referring.suggestions(made.owner, row)


def bens(made: Campaign) -> list[Candidate]:
    return list(Candidate.objects.for_organisation(made.organisation_id).filter(first_name="Ben"))


def test_somebody_is_named_and_nobody_is_made_by_itself(made):
    (found,) = named(made, answer(made))
    assert (found.named.name, found.named.address) == ("Ben Lee", "ben.lee@example.org")
    assert found.named.phrase == WORDS
    assert (found.there, found.done) == (None, False)
    assert bens(made) == []


def test_one_press_adds_the_person_with_the_source_and_a_private_address(made):
    row = answer(made)
    added = referring.add(row=row, address="ben.lee@example.org", actor=made.owner)
    assert (added.name, added.source, added.owner) == ("Ben Lee", "Referral", made.owner)
    point = ContactPoint.objects.for_organisation(made.organisation_id).get(candidate=added)
    assert (point.origin, point.shared, point.added_by) == (Origin.ADDED, False, made.owner)
    assert (
        ProjectMember.objects.for_organisation(made.organisation_id)
        .filter(project=made.project, candidate=added)
        .exists()
    )
    again = referring.add(row=row, address="ben.lee@example.org", actor=made.owner)
    assert again == added
    assert len(bens(made)) == 1
    (found,) = named(made, row)
    assert (found.there, found.done) == (added, True)


def test_who_is_there_already_only_enters_the_project(made):
    known = people.create_candidate(
        organisation=made.organisation,
        actor=made.owner,
        first_name="Ben",
        last_name="Lee",
        emails=[("ben.lee@example.org", "work")],
    )
    row = answer(made)
    (found,) = named(made, row)
    assert (found.there, found.done) == (known, False)
    assert referring.add(row=row, address="ben.lee@example.org", actor=made.owner) == known
    assert bens(made) == [known]


def test_who_may_be_there_already_is_shown_and_stays_apart(made):
    other = making.person(made.owner, "Ben", "ben.lee@example.org")
    row = answer(made)
    (found,) = named(made, row)
    assert (found.there, found.maybe) == (None, [other]), "the same first name, another last name"
    assert referring.add(row=row, address="ben.lee@example.org", actor=made.owner) != other


def test_a_colleagues_private_address_tells_nobody_that_the_person_is_there(made):
    bob = user("bob", of=made.organisation)
    known = people.create_candidate(
        organisation=made.organisation, actor=bob, first_name="Benjamin", last_name="Unrelated"
    )
    contact_points.add_email(candidate=known, actor=bob, type="work", value="ben.lee@example.org")
    (found,) = named(made, answer(made))
    assert (found.there, found.maybe) == (None, [])


def test_only_answers_read_or_corrected_as_a_referral_name_somebody(made):
    row = answer(made, "Sounds great, tell me more. My wife reads eva@example.org.")
    assert named(made, row) == []
    answering.correct(row=row, interest="referral", actor=made.owner, now=LATER)
    (found,) = named(made, selectors.mail(made.owner, row.pk))
    assert found.named.address == "eva@example.org"


def test_another_address_of_the_writer_is_no_referral(made):
    row = answer(made, "Not me at this address. You should contact my colleague ada@home.example.")
    assert named(made, row) == []


def test_an_address_the_mail_does_not_name_is_refused(made):
    row = answer(made)
    for address in ("", "mallory@example.org", "ada@work.example"):
        with pytest.raises(Invalid):
            referring.add(row=row, address=address, actor=made.owner)


def test_somebody_erased_and_blocked_stays_away(made):
    gone = making.person(made.owner, "Ben", "ben.lee@example.org")
    boss = user("boss", of=made.organisation, role=Role.ADMIN)
    erase(candidate=gone, actor=boss, reason=ErasureReason.REQUEST, block=True)
    with pytest.raises(known_again.Erased):
        referring.add(row=answer(made), address="ben.lee@example.org", actor=made.owner)
    assert bens(made) == []


def test_rights_and_the_projects_roles_hold(made):
    row = answer(made)
    vera = user("vera", of=made.organisation, role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        referring.add(row=row, address="ben.lee@example.org", actor=vera)
    made.project.visibility = Visibility.MEMBERS
    made.project.save(update_fields=["visibility"])
    bob = user("bob", of=made.organisation)
    with pytest.raises(NotAllowed):
        referring.add(row=row, address="ben.lee@example.org", actor=bob)


def client_of(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def test_the_page_shows_who_was_named_and_adds_them(made):
    row = answer(made)
    alice = client_of(made.owner)
    page = alice.get(reverse("outreach:inbound", args=[row.pk])).content.decode()
    assert "Named in this answer" in page
    assert "Add as a person" in page
    alice.post(reverse("outreach:inbound_referral", args=[row.pk]), {"address": "ben.lee@example.org"})
    assert "In the project" in alice.get(reverse("outreach:inbound", args=[row.pk])).content.decode()
    assert len(bens(made)) == 1


def test_the_api_names_and_adds_them_and_a_stranger_finds_nothing(made):
    row = answer(made)
    alice, path = client_of(made.owner), f"/api/v1/inbox/{row.pk}/"
    (told,) = alice.get(path).json()["referrals"]
    assert (told["name"], told["candidate"]) == ("Ben Lee", None)
    asked = {"content_type": "application/json"}
    added = alice.post(f"{path}referrals/", {"address": told["address"]}, **asked)
    assert (added.status_code, added.json()) == (201, {"candidate": bens(made)[0].pk})
    (told,) = alice.get(path).json()["referrals"]
    assert told["candidate"] == bens(made)[0].pk
    assert alice.post(f"{path}referrals/", {"address": "x@example.org"}, **asked).status_code == 422
    mallory = client_of(user("mallory", of=organisation("Else"), role=Role.ADMIN))
    assert mallory.post(f"{path}referrals/", {"address": told["address"]}, **asked).status_code == 404
