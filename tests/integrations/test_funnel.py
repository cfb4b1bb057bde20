"""The funnel counts people, each once, of projects the viewer may open; each number leads to exactly those people."""

from __future__ import annotations

import datetime
import itertools
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role, User
from campaigns import editing
from campaigns.models import Attempt, Campaign, Recipient, Step
from integrations import funnel
from integrations.funnel import Scope, Stage
from integrations.models import RemoteLink
from outreach.models import Message
from sourcing.models import Candidate, Project, ProjectMember, Visibility
from tests.integrations import making
from tests.integrations.pages import logged_in, text, url
from tests.outreach.making import mailbox

pytestmark = pytest.mark.django_db

_NUMBER = itertools.count(1)
NOW = timezone.now()
EVER = Scope(period="all")


def person(project: Project, name: str, *, days_ago: int = 1) -> Candidate:
    """In the project since then."""
    made = Candidate.objects.create(organisation_id=project.organisation_id, first_name=name)
    join(project, made, days_ago=days_ago)
    return made


def join(project: Project, candidate: Candidate, *, days_ago: int = 1) -> None:
    member = ProjectMember.objects.create(
        organisation_id=project.organisation_id, project=project, candidate=candidate
    )
    at = NOW - datetime.timedelta(days=days_ago)
    ProjectMember.objects.for_organisation(project.organisation_id).filter(pk=member.pk).update(added_at=at)


def campaign(project: Project, starter: User) -> Campaign:
    made = editing.create_campaign(project=project, name="Wave", actor=starter, mailbox=mailbox(starter))
    made.started_by = starter
    made.save()
    return made


def wrote(
    to: Campaign, candidate: Candidate, *, outcome: str = "sent", times: int = 1, **values: Any
) -> Recipient:
    """A recipient to whom so many e-mails of that outcome went."""
    shared = {"organisation_id": to.organisation_id}
    row = Recipient.objects.create(campaign=to, candidate=candidate, seed="x", **shared, **values)
    step = Step.objects.for_organisation(to.organisation_id).filter(campaign=to).first()
    for _ in range(times):
        number = next(_NUMBER)
        message = Message.objects.create(
            mailbox=to.mailbox,
            lane_id=to.lane_id,
            candidate=candidate,
            origin="campaign",
            created_by=to.started_by,
            to_address="a@example.org",
            to_normalised="a@example.org",
            our_message_id=f"{number}@funnel.example",
            token=f"funnel-{number}",
            status="sent",
            planned_at=NOW,
            not_before=NOW,
            sent_at=NOW,
            settled_at=NOW,
            **shared,
        )
        Attempt.objects.create(
            recipient=row,
            campaign=to,
            step=step,
            address="a@example.org",
            message=message,
            outcome=outcome,
            live=False,
            **shared,
        )
    return row


def link(alice: User, *people: Candidate, remote_id: str = "r1") -> None:
    for one in people:
        RemoteLink.objects.create(
            organisation_id=one.organisation_id,
            connection=making.Connection.objects.for_organisation(alice.organisation_id).first(),
            candidate=one,
            state="linked",
            remote_id=remote_id,
        )


@pytest.fixture
def here() -> SimpleNamespace:
    """Engines: Ada…Eve at every stage; Mills shares Cal and holds an old one; a hidden project and a stranger's."""
    alice = making.alice()
    bob = making.bob(alice)
    making.connection(alice)
    engines, mills, secret = (
        Project.objects.create(organisation=alice.organisation, name=name, owner=alice, visibility=seen)
        for name, seen in (
            ("Engines", Visibility.ORGANISATION),
            ("Mills", Visibility.ORGANISATION),
            ("Secret", Visibility.MEMBERS),
        )
    )
    found = SimpleNamespace(alice=alice, bob=bob, engines=engines, mills=mills, secret=secret)
    for name in ("ada", "bea", "cal", "dan", "eve", "fay"):
        setattr(found, name, person(engines, name.title()))
    found.old = person(mills, "Old", days_ago=60)
    join(mills, found.cal)
    found.hidden = person(secret, "Hidden")
    of_engines, of_mills = campaign(engines, alice), campaign(mills, bob)
    wrote(of_engines, found.bea, times=3)
    wrote(of_engines, found.cal, progress="replied", ended_at=NOW)
    kept = wrote(of_engines, found.dan, outcome="soft", progress="replied", ended_at=NOW)
    wrote(of_engines, found.dan, progress="stopped", merged_into=kept)
    wrote(of_engines, found.eve, outcome="uncertain")
    wrote(of_engines, found.fay, outcome="cancelled")
    wrote(of_mills, found.cal, outcome="hard")
    wrote(of_mills, found.old)
    link(alice, found.dan, found.ada, found.hidden)
    link(alice, found.bea, remote_id="")
    mallory = making.mallory()
    elsewhere = Project.objects.create(organisation=mallory.organisation, name="Theirs", owner=mallory)
    person(elsewhere, "Stranger")
    found.mallory, found.theirs = mallory, elsewhere
    return found


def lines(viewer: User, scope: Scope = EVER) -> dict[str, tuple[int, ...]]:
    found = funnel.report(viewer=viewer, now=NOW, scope=scope)
    return {line.name: line.people for line in [*found.lines, found.total]}


def test_people_are_counted_once_per_project_and_once_in_all(here: SimpleNamespace) -> None:
    assert lines(here.bob) == {
        "Engines": (6, 3, 2, 1, 2),
        "Mills": (2, 2, 0, 0, 0),
        "All projects": (7, 4, 2, 1, 2),
    }
    assert lines(here.alice)["Secret"] == (1, 0, 0, 0, 1), "whoever may open a hidden project sees it"
    assert set(lines(here.mallory)) == {"Theirs", "All projects"}


def test_period_and_owner_narrow_what_counts(here: SimpleNamespace) -> None:
    assert lines(here.bob, Scope(period="30"))["Mills"] == (1, 1, 0, 0, 0)
    assert lines(here.bob, Scope(period="90"))["Mills"] == (2, 2, 0, 0, 0)
    assert lines(here.bob, Scope(period="all", owner=here.bob)) == {
        "Engines": (6, 0, 0, 0, 2),
        "Mills": (2, 2, 0, 0, 0),
        "All projects": (7, 2, 0, 0, 2),
    }
    assert [user.pk for user in funnel.owners(here.bob)] == [here.alice.pk, here.bob.pk]


def test_each_number_leads_to_exactly_its_people(here: SimpleNamespace) -> None:
    found = funnel.report(viewer=here.bob, now=NOW, scope=EVER)
    for line in [*found.lines, found.total]:
        for stage in Stage:
            scope = Scope(period="all", project_id=line.project_id)
            rows = funnel.people(viewer=here.bob, now=NOW, scope=scope, stage=stage)
            assert rows.count() == line.at(stage), (line.name, stage)
    names = funnel.people(viewer=here.bob, now=NOW, scope=EVER, stage=Stage.REPLIED)
    assert [one.first_name for one in names] == ["Cal", "Dan"]
    of_theirs = Scope(period="all", project_id=here.theirs.pk)
    assert not funnel.people(viewer=here.bob, now=NOW, scope=of_theirs, stage=Stage.PEOPLE).exists()


def test_the_page_its_file_and_the_api_say_the_same(here: SimpleNamespace) -> None:
    page = logged_in(here.bob)
    shown = text(page.get(url("funnel"), {"days": "all"}))
    people = f"{url('funnel_people')}?days=all&amp;stage=replied&amp;project={here.engines.pk}"
    assert f'<a class="hover:underline underline-offset-3" href="{people}">2</a>' in shown
    assert "Secret" not in shown
    listed = text(page.get(people.replace("&amp;", "&")))
    assert "Dan" in listed
    assert "Ada" not in listed
    file = page.get(url("funnel_csv"), {"days": "all", "owner": here.alice.pk})
    rows = b"".join(file.streaming_content).decode().removeprefix("\ufeff").splitlines()
    assert rows[0].endswith(
        "In project (people),Contacted (people),Replied (people),In ATS (people),All in ATS (people)"
    )
    assert rows[-1].endswith(",Alice,All projects,7,3,2,1,2")
    told = page.get("/api/v1/reports/funnel/", {"days": "all"}).json()
    assert told["total"] == {
        "project": None,
        "name": "All projects",
        **dict(zip([stage.value for stage in Stage], (7, 4, 2, 1, 2), strict=True)),
    }
    asked = {"days": "all", "stage": "in_ats", "project": here.engines.pk}
    assert [row["name"] for row in page.get("/api/v1/reports/funnel/people/", asked).json()["results"]] == [
        "Dan"
    ]


def test_what_is_not_the_viewers_is_not_there_and_nonsense_changes_nothing(here: SimpleNamespace) -> None:
    page = logged_in(here.bob)
    for project in (here.secret, here.theirs):
        assert page.get(url("funnel_people"), {"project": project.pk}).status_code == 404
        asked = {"stage": "people", "project": project.pk}
        assert page.get("/api/v1/reports/funnel/people/", asked).status_code == 404
    assert page.get("/api/v1/reports/funnel/", {"owner": here.mallory.pk}).status_code == 404
    assert page.get("/api/v1/reports/funnel/", {"days": "0"}).status_code == 422
    assert page.get(url("funnel"), {"days": "1e9", "owner": "' OR 1=1"}).status_code == 200
    assert page.get(url("funnel_people"), {"stage": "x", "project": "٣" * 40}).status_code == 200
    viewer = making._user("vic", here.alice.organisation, role=Role.VIEWER)
    assert logged_in(viewer).get(url("funnel_csv")).status_code == 403
    empty = logged_in(making._user("eve", making.Organisation.objects.create(name="New"), role=Role.ADMIN))
    assert "Nobody was put into a project in this period" in text(empty.get(url("funnel")))
