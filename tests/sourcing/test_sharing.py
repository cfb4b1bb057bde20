from __future__ import annotations

import datetime
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry, User
from foundation.problems import Invalid, Missing, NotAllowed
from sourcing import activity, projects, sharing
from sourcing.models import Candidate, Education, Experience, Project, ProjectActivity, ProjectShare
from sourcing.sharing import HIDDEN, redacted
from sourcing.views import shared
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_counts() -> None:
    cache.clear()


@pytest.fixture
def jonas(alice: User) -> Candidate:
    person = make_candidate(
        alice.organisation,
        "Jonas",
        "Lehner",
        actor=alice,
        emails=["jonas@work.example"],
        phones=[("+41 44 668 18 00", "mobile")],
        linkedin_url="https://www.linkedin.com/in/jonas-lehner-x",
        title="Founder of Lehner Systems",
        company="Lehner GmbH",
        location="Zürich",
        summary="Write to jonas@home.example",
        headline="Jonas, at your service",
        tags=["do not tell"],
        skills=["Rust", "ETH style"],
    )
    Education.objects.create(organisation=alice.organisation, candidate=person, school="ETH")
    Experience.objects.create(
        organisation=alice.organisation, candidate=person, title="Engineer", company="Acme"
    )
    return person


@pytest.fixture
def project(alice: User, jonas: Candidate) -> Project:
    return make_project(alice, "Rust, Zürich", [jonas])


def link(project: Project, actor: User, **values: object) -> str:
    wanted = {"label": "Dana", "mode": "comment", "names_hidden": False, "days": 7} | values
    _, secret = sharing.create(project=project, actor=actor, now=timezone.now(), **wanted)  # type: ignore[arg-type]
    return f"/s/{secret}/"


def test_a_guest_sees_the_people_and_no_contact_data(alice, project):
    response = Client().get(link(project, alice))
    page = response.content.decode()
    assert "Jonas Lehner" in page
    assert "Engineer at Acme" in page
    # Drawn anew each time, and so with any three digits now and then.
    for drawn in {*re.findall(r'id="p-([0-9a-f]{12})"', page), *re.findall(r'csrf\w+" value="(\w+)"', page)}:
        page = page.replace(drawn, "")
    for secret in ("jonas@work.example", "jonas@home.example", "668", "linkedin", "do not tell", "service"):
        assert secret not in page, secret
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cache-Control"] == "no-store"


def test_with_names_hidden_neither_name_nor_school_is_in_the_page_source(alice, jonas, project):
    page = Client().get(link(project, alice, names_hidden=True)).content.decode()
    for secret in ("Jonas", "Lehner", "ETH", "JL"):
        assert secret not in page, secret
    assert f"Founder of {HIDDEN} Systems" in page
    assert re.search(r"Candidate [0-9A-F]{4}", page)
    assert str(jonas.pk) not in re.findall(r'(?:id|value|href)="([^"]*)"', page)


def test_a_guests_comment_does_not_bring_a_hidden_name_back(alice, jonas, project):
    activity.comment(project=project, actor=None, body="Jonas is great", candidate_id=jonas.pk, guest="Dana")
    page = Client().get(link(project, alice, names_hidden=True)).content.decode()
    assert f"{HIDDEN} is great" in page


def test_what_colleagues_say_stays_theirs(alice, jonas, project):
    activity.comment(project=project, actor=alice, body="Too expensive", candidate_id=jonas.pk)
    assert "Too expensive" not in Client().get(link(project, alice)).content.decode()


def test_only_a_hash_of_the_link_is_kept_and_the_trail_hides_it(alice, project):
    secret = link(project, alice).split("/")[2]
    row = ProjectShare.objects.for_organisation(alice.organisation_id).get()
    assert secret not in str(row.__dict__)
    sharing.revoke(share=row, actor=alice, now=timezone.now())
    assert row.token_hash not in str(list(AuditEntry.objects.values_list("changes", flat=True)))


def test_a_link_ends_by_time_by_hand_by_archive_and_with_its_maker(alice, bob, project):
    now = timezone.now()
    made, secret = sharing.create(
        project=project, actor=bob, label="x", mode="view", names_hidden=False, days=1, now=now
    )
    assert sharing.find(secret, now=now).pk == made.pk
    with pytest.raises(sharing.ShareOver):
        sharing.find(secret, now=now + datetime.timedelta(days=1, seconds=1))
    projects.archive(project=project, actor=alice)
    with pytest.raises(sharing.ShareOver):
        sharing.find(secret, now=now)
    projects.bring_back(project=project, actor=alice)
    bob.is_active = False
    bob.save()
    with pytest.raises(sharing.ShareOver):
        sharing.find(secret, now=now)
    bob.is_active = True
    bob.save()
    sharing.revoke(share=made, actor=alice, now=now)
    with pytest.raises(sharing.ShareOver):
        sharing.find(secret, now=now)
    assert Client().get(f"/s/{secret}/").status_code == 404


@pytest.mark.parametrize("token", ["x", "a" * 2_000, "%00", "\u202e", "../../people"])
def test_a_link_that_never_was_is_not_there(token):
    assert Client().get(f"/s/{token}/").status_code == 404


def test_guessing_is_stopped_and_good_links_go_on_working(alice, project):
    url = link(project, alice)
    statuses = [Client().get(f"/s/guess-{number}/").status_code for number in range(shared.MISSES + 1)]
    assert statuses[-1] == 429
    assert Client().get(url).status_code == 200


def test_a_guest_comments_under_the_name_they_state(as_alice, alice, jonas, project):
    url = link(project, alice)
    reference = re.search(r'name="about" value="([0-9a-f]+)"', Client().get(url).content.decode())
    assert reference is not None
    sent = {"about": reference[1], "name": "Dana <b>Boss</b>", "body": "<script>alert(1)</script> Yes!"}
    assert Client().post(url, sent).status_code == 302
    row = ProjectActivity.objects.for_organisation(alice.organisation_id).get(kind="comment")
    assert (row.candidate, row.actor, row.guest) == (jonas, None, "Dana <b>Boss</b>")
    page = as_alice.get(f"/projects/{project.pk}/activity/").content.decode()
    assert "Guest" in page
    assert "commented on Jonas Lehner" in page
    assert "<script>alert(1)" not in page
    assert "<script>alert(1)" not in Client().get(url).content.decode()


@pytest.mark.parametrize(
    "sent", [{"name": "", "body": "x"}, {"name": "D", "body": "  "}, {"name": "D", "body": "x" * 5_001}, {}]
)
def test_a_comment_needs_a_name_and_words(alice, project, sent):
    assert Client().post(link(project, alice), sent).status_code == 422


def test_a_link_to_look_takes_no_comment(alice, project):
    url = link(project, alice, mode="view")
    assert b"Comment" not in Client().get(url).content
    sharing_only = sharing.find(url.split("/")[2], now=timezone.now())
    with pytest.raises(NotAllowed):
        sharing.comment(share=sharing_only, reference="", name="Dana", body="Hi")


def test_a_reference_of_another_project_names_nobody(alice, project):
    other = make_project(alice, "Other", [make_candidate(alice.organisation, "Zoe")])
    member = other.members.get()
    share = sharing.find(link(project, alice).split("/")[2], now=timezone.now())
    with pytest.raises(Missing):
        sharing.comment(share=share, reference=sharing.reference(share, member.pk), name="Dana", body="Hello")


def test_too_many_comments_are_held_back(alice, project):
    url = link(project, alice)
    statuses = [
        Client().post(url, {"name": "D", "body": f"{number}"}).status_code
        for number in range(shared.COMMENTS + 1)
    ]
    assert statuses == [302] * shared.COMMENTS + [429]


@pytest.mark.parametrize(
    "wrong", [{"label": ""}, {"label": "\x00"}, {"mode": "edit"}, {"days": 0}, {"days": 366}]
)
def test_a_link_needs_somebody_and_an_end(alice, project, wrong):
    with pytest.raises(Invalid):
        link(project, alice, **wrong)


def test_the_link_is_shown_once(as_alice, project):
    sent = {"label": "Dana", "mode": "view", "days": "30"}
    made = as_alice.post(f"/projects/{project.pk}/share/", sent).content.decode()
    url = re.search(r"http://testserver(/s/[\w-]+/)", made)
    assert url is not None
    assert url[1] not in as_alice.get(f"/projects/{project.pk}/share/").content.decode()
    assert Client().get(url[1]).status_code == 200


def test_another_projects_link_cannot_be_taken_back_here(as_alice, as_mallory, alice, project):
    link(project, alice)
    share = ProjectShare.objects.for_organisation(alice.organisation_id).get()
    other = make_project(alice, "Other")
    assert as_alice.post(f"/projects/{other.pk}/share/{share.pk}/revoke/").status_code == 404
    assert as_mallory.post(f"/projects/{project.pk}/share/{share.pk}/revoke/").status_code == 404


def test_the_page_asks_as_many_queries_for_thirty_people_as_for_three(alice):
    def queries(number: int) -> int:
        people = [make_candidate(alice.organisation, f"P{n}") for n in range(number)]
        url = link(make_project(alice, people_in_it=people), alice)
        Client().get(url)
        with CaptureQueriesContext(connection) as captured:
            Client().get(url)
        return len(captured)

    assert queries(3) == queries(30)


@given(name=st.text(st.characters(categories=["L"]), min_size=2, max_size=12), around=st.text(max_size=20))
def test_a_whole_name_never_survives(name, around):
    assert name.lower() not in redacted(f"{around} {name} ", [name]).lower().split()


def test_a_name_inside_another_word_stays():
    assert redacted("Anaconda and Ana", ["Ana"]) == f"Anaconda and {HIDDEN}"


def test_a_guests_comment_stands_on_the_timeline_of_whoever_may_open_the_project(
    as_alice, as_bob, alice, jonas, project
):
    activity.comment(
        project=project, actor=None, body="Call him", candidate_id=jonas.pk, guest="Dana <b>Boss"
    )
    page = as_alice.get(jonas.url).content.decode()
    assert "Call him" in page
    assert "Dana &lt;b&gt;Boss" in page
    assert "Call him" in as_bob.get(jonas.url).content.decode()
    project.visibility = "confidential"
    project.save(update_fields=["visibility"])
    hidden = as_bob.get(jonas.url).content.decode()
    assert "Call him" not in hidden
    assert project.name not in hidden
    assert "Call him" in as_alice.get(jonas.url).content.decode()
