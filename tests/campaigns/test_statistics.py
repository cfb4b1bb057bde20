"""Every figure equals what somebody counting the raw rows by hand would find, whatever happened."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation, User
from campaigns import editing, reporting, statistics
from campaigns.models import Attempt, Campaign, Recipient, Step
from campaigns.states import outcome_of
from outreach.models import InboundMessage, Message
from sourcing.models import Candidate, Project
from tests.campaigns import making
from tests.outreach.making import NOW, mailbox, user

pytestmark = pytest.mark.django_db
_NUMBER = itertools.count()
ZONE = ZoneInfo("America/New_York")

#: Status and failure class of a message, as the outbox leaves them.
ENDS = [
    ("sent", ""), ("sent", ""), ("bounced", "hard"), ("bounced", "soft"), ("refused", "hard"),
    ("refused", "policy"), ("failed", "soft"), ("failed", ""), ("uncertain", ""), ("queued", ""),
    ("cancelled", ""), ("suppressed", ""),
]  # fmt: skip


@dataclass(frozen=True)
class Mail:
    """One e-mail of a made-up world: to which step it belongs, how it ended, when, and whether it was answered."""

    step: int
    status: str
    failure: str
    hours: int
    answered: bool

    @property
    def handed_over(self) -> bool:
        return self.status in {"sent", "bounced", "refused"} or (
            self.status == "failed" and bool(self.failure)
        )

    @property
    def came_back(self) -> bool:
        return self.handed_over and self.status != "sent"

    @property
    def at(self) -> datetime:
        return NOW + timedelta(hours=self.hours)


@dataclass(frozen=True)
class Somebody:
    """A person of a made-up world. ``twin``: mails of the recipient that a merge stopped."""

    progress: str
    adder: int
    mails: list[Mail]
    twin: list[Mail] | None
    interest: str

    @property
    def is_keen(self) -> bool:
        return self.interest in {"interested", "meeting"}

    @property
    def all_mails(self) -> list[Mail]:
        return [*self.mails, *(self.twin or [])]


mails = st.lists(
    st.builds(
        lambda step, end, hours, answered: Mail(step, *end, hours, answered),
        st.integers(0, 2), st.sampled_from(ENDS), st.integers(0, 90), st.booleans(),
    ),
    max_size=4,
)  # fmt: skip
people = st.lists(
    st.builds(
        Somebody,
        st.sampled_from(
            ["not_started", "started", "completed", "replied", "replied", "bounced", "unsubscribed"]
        ),
        st.integers(0, 2),
        mails,
        st.none() | mails,
        st.sampled_from(["", "interested", "meeting", "not_now", "not_interested"]),
    ),
    max_size=5,
)
thoroughly = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def made(world: list[Somebody]) -> SimpleNamespace:
    """The world as rows, in an organisation of its own, with the ids in order of making."""
    organisation = Organisation.objects.create(name=f"World{next(_NUMBER)}", time_zone="America/New_York")
    alice = user("alice", of=organisation)
    bob = user("bob", of=organisation)
    box = mailbox(alice)
    project = Project.objects.create(organisation=organisation, name="Backend", owner=alice)
    campaign = editing.create_campaign(project=project, name="Wave", actor=alice, mailbox=box)
    for number in (2, 3):
        editing.add_step(campaign=campaign, subject="", body=f"Step {number}", days=3, actor=alice)
    Campaign.objects.for_organisation(organisation).filter(pk=campaign.pk).update(
        zone="America/New_York", started_by=alice
    )
    campaign = making.fresh(campaign)
    steps = list(Step.objects.for_organisation(organisation).filter(campaign=campaign).order_by("position"))
    adders = [alice, bob, None]
    for someone in world:
        candidate = Candidate.objects.create(organisation=organisation, first_name="Somebody")
        values = {"organisation": organisation, "campaign": campaign, "candidate": candidate, "seed": "x"}
        going_on = Recipient.objects.create(
            **values,
            added_by=adders[someone.adder],
            progress=someone.progress,
            ended_at=NOW,
            interest=someone.interest,
        )
        _write(going_on, someone.mails, steps, box, alice)
        if someone.twin is not None:
            stopped = Recipient.objects.create(
                **values, added_by=bob, progress="stopped", merged_into=going_on, ended_at=NOW
            )
            _write(stopped, someone.twin, steps, box, alice)
    return SimpleNamespace(campaign=campaign, steps=steps, alice=alice, bob=bob)


def _write(recipient: Recipient, found: list[Mail], steps: list[Step], box, starter: User) -> None:
    for mail in found:
        number = next(_NUMBER)
        message = Message.objects.create(
            organisation_id=recipient.organisation_id,
            mailbox=box,
            lane_id=recipient.campaign.lane_id,
            candidate_id=recipient.candidate_id,
            origin="campaign",
            created_by=starter,
            to_address="somebody@example.org",
            to_normalised="somebody@example.org",
            our_message_id=f"{number}@statistics.example",
            token=f"statistics-{number}",
            status=mail.status,
            failure_class=mail.failure,
            planned_at=mail.at,
            not_before=mail.at,
            sent_at=mail.at if mail.status in {"sent", "bounced"} else None,
            # A bounce is read a day after the mail left.
            settled_at=mail.at + timedelta(days=mail.status == "bounced"),
        )
        Attempt.objects.create(
            organisation_id=recipient.organisation_id,
            recipient=recipient,
            campaign_id=recipient.campaign_id,
            step=steps[mail.step],
            address="somebody@example.org",
            message=message,
            outcome=outcome_of(mail.status, mail.failure),
            live=False,
        )
        if mail.answered:
            InboundMessage.objects.create(
                organisation_id=recipient.organisation_id,
                mailbox=box,
                raw_hash=str(number),
                received_at=mail.at,
                read_at=mail.at,
                verdict="reply",
                message=message,
            )


@thoroughly
@given(people)
def test_the_funnel_counts_every_person_once(world):
    here = made(world)
    counted = [(stage.name, stage.people) for stage in statistics.funnel(here.campaign)]
    assert counted == [
        ("Recipients", len(world)),
        ("Written to", sum(any(mail.handed_over for mail in each.all_mails) for each in world)),
        ("Delivered", sum(any(mail.status == "sent" for mail in each.all_mails) for each in world)),
        ("Replied", sum(each.progress == "replied" for each in world)),
        ("Interested", sum(each.is_keen for each in world)),
    ]


@thoroughly
@given(people)
def test_each_step_counts_its_e_mails_and_whoever_answered_it(world):
    here = made(world)
    everything = [mail for each in world for mail in each.all_mails]
    expected = []
    for number in range(3):
        of_step = [mail for mail in everything if mail.step == number]
        expected.append(
            (
                sum(mail.handed_over for mail in of_step),
                sum(mail.came_back for mail in of_step),
                sum(_answered(each) == number for each in world if each.progress == "replied"),
                sum(_answered(each) == number for each in world if each.is_keen),
            )
        )
    found = statistics.by_step(here.campaign)
    assert [(line.sent, line.bounced, line.replied, line.interested) for line in found] == expected


def _answered(someone: Somebody) -> int | None:
    """The step of the last mail that a reply names, else of the last one that left."""
    left = [mail for mail in someone.all_mails if mail.status in {"sent", "uncertain"}]
    answered = [mail for mail in left if mail.answered]
    found = answered or left
    return found[-1].step if found else None


@thoroughly
@given(people)
def test_members_count_the_people_they_added(world):
    here = made(world)
    names = [here.alice.name, here.bob.name, "Nobody"]
    expected = {}
    for adder, name in enumerate(names):
        theirs = [each for each in world if each.adder == adder]
        if theirs:
            expected[name] = (
                len(theirs),
                sum(any(mail.handed_over for mail in each.all_mails) for each in theirs),
                sum(any(mail.status == "sent" for mail in each.all_mails) for each in theirs),
                sum(each.progress == "replied" for each in theirs),
            )
    found = {
        line.member: (line.added, line.written_to, line.delivered, line.replied)
        for line in statistics.by_member(here.campaign)
    }
    assert found == expected


@thoroughly
@given(people)
def test_days_count_e_mails_by_the_local_day_they_left(world):
    here = made(world)
    expected: dict[date, list[int]] = {}
    for someone in world:
        for mail in someone.all_mails:
            if mail.handed_over:
                sums = expected.setdefault(mail.at.astimezone(ZONE).date(), [0, 0, 0])
                sums[0] += 1
                sums[1] += mail.came_back
        if someone.progress == "replied":
            expected.setdefault(NOW.astimezone(ZONE).date(), [0, 0, 0])[2] += 1
    found = {line.day: [line.sent, line.bounced, line.replied] for line in statistics.by_day(here.campaign)}
    assert found == expected
    assert list(found) == sorted(found)


@thoroughly
@given(people, st.integers(0, 90), st.sampled_from([1, 2, 7]))
def test_the_report_of_the_organisation_counts_the_same_e_mails_and_people(world, hours, days):
    here = made(world)
    now = NOW + timedelta(hours=hours)
    found = reporting.report(viewer=here.alice, now=now, days=days)
    last = now.astimezone(ZONE).date()
    first = last - timedelta(days=days - 1)
    inside = [
        [
            mail
            for mail in each.all_mails
            if mail.handed_over and first <= mail.at.astimezone(ZONE).date() <= last
        ]
        for each in world
    ]
    replied = sum(each.progress == "replied" for each in world) * (
        first <= NOW.astimezone(ZONE).date() <= last
    )
    expected = (
        sum(len(mails) for mails in inside),
        sum(mail.came_back for mails in inside for mail in mails),
        sum(bool(mails) for mails in inside),
        replied,
    )
    total = found.total
    assert (total.sent, total.bounced, total.written_to, total.replied) == expected
    # Alice started the campaign, so all of it is hers.
    assert [(line.sent, line.bounced, line.written_to, line.replied) for line in found.lines] == [
        expected
    ] * (bool(expected[0] or replied))
    assert sum(sent for sent, _, _ in found.days.values()) == total.sent


def test_the_report_names_who_wrote_single_mails_and_leaves_replies_and_tests_out():
    here = made([Somebody("started", 0, [Mail(0, "sent", "", 0, answered=False)], None, "")])
    box = here.campaign.mailbox
    for origin in ("single", "reply", "test"):
        Message.objects.create(
            organisation_id=box.organisation_id,
            mailbox=box,
            origin=origin,
            created_by=here.bob,
            candidate=Candidate.objects.create(organisation_id=box.organisation_id, first_name="Ada"),
            to_address="ada@example.org",
            to_normalised="ada@example.org",
            our_message_id=f"{origin}{next(_NUMBER)}@statistics.example",
            token=f"{origin}-{next(_NUMBER)}",
            status="sent",
            planned_at=NOW,
            not_before=NOW,
            sent_at=NOW,
            settled_at=NOW,
        )
    found = reporting.report(viewer=here.alice, now=NOW, days=7)
    assert {line.member: (line.sent, line.single, line.written_to) for line in found.lines} == {
        "Alice": (1, 0, 1),
        "Bob": (1, 1, 1),
    }
    mallory = user("mallory")
    assert reporting.report(viewer=mallory, now=NOW, days=365).lines == []


def test_percentages_of_nothing_are_nothing():
    here = made([])
    assert [(stage.people, stage.share, stage.of_before) for stage in statistics.funnel(here.campaign)] == [
        (0, 0.0, None), (0, 0.0, 0), (0, 0.0, 0), (0, 0.0, 0), (0, 0.0, 0),
    ]  # fmt: skip
    assert statistics.by_day(here.campaign) == []


def test_who_comes_next_is_told_by_time_whatever_their_turn():
    made = making.started(making.campaign("Ada", "Bea", "Cy", "Dee", "Eli"))
    rows = Recipient.objects.for_organisation(made.organisation_id)
    for hours, name, turn in ((1, "Cy", 3), (2, "Ada", 0), (3, "Bea", 2), (4, "Dee", 4)):
        rows.filter(candidate__first_name=name).update(planned_at=NOW + timedelta(hours=hours), turn=turn)
    rows.filter(candidate__first_name="Eli").update(planned_at=NOW, hold="paused")
    other = making.started(making.campaign("Fay", alice=made.owner))
    Recipient.objects.for_organisation(made.organisation_id).filter(campaign=other).update(planned_at=NOW)

    def coming(**limit: int) -> list[str]:
        return [row.candidate.first_name for row in statistics.next_sends(made, **limit)]

    assert coming() == ["Cy", "Ada", "Bea", "Dee"]
    assert coming(limit=2) == ["Cy", "Ada"]
