"""A project that is not for everybody, asked for at every door by Bob (a colleague) and Mallory (a stranger)."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role, User
from campaigns.models import Campaign
from foundation.problems import Invalid, Missing, NotAllowed
from integrations import selectors as exports
from integrations.models import Connection, Export, ExportItem
from sourcing import collaborators, person_data, project_roles, selectors, slots
from sourcing.models import Candidate, ImportRun, Project, ProjectRole, Visibility
from sourcing.search import query
from tests.campaigns import making
from tests.sourcing.factories import make_candidate, make_project, make_user

pytestmark = pytest.mark.django_db

SECRET = "Replacing the CFO"


@pytest.fixture
def ana(alice: User) -> Candidate:
    return make_candidate(alice.organisation, "Ana", "Silva")


@pytest.fixture
def secret(alice: User, ana: Candidate) -> Project:
    project = make_project(alice, SECRET, [ana])
    return collaborators.set_visibility(project=project, actor=alice, visibility="confidential")


# ── the rule ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("admin", "owner", "given_role", "visibility", "may_edit", "expected"),
    [
        (True, False, None, "confidential", True, "owner"),
        (False, True, None, "confidential", True, "owner"),
        (False, False, None, "confidential", True, None),
        (False, False, None, "members", True, None),
        (False, False, None, "organisation", True, "editor"),
        (False, False, None, "organisation", False, "commenter"),
        (False, False, "editor", "confidential", True, "editor"),
        (False, False, "editor", "confidential", False, "commenter"),
        (False, False, "commenter", "organisation", True, "commenter"),
    ],
)
def test_who_may_do_what(admin, owner, given_role, visibility, may_edit, expected):
    found = project_roles.role(
        admin=admin, owner=owner, given=given_role, visibility=visibility, may_edit=may_edit
    )
    assert found == expected


@given(
    given_role=st.sampled_from([None, "editor", "commenter"]),
    visibility=st.sampled_from(Visibility.values),
    may_edit=st.booleans(),
)
def test_nobody_edits_whose_organisation_role_does_not(given_role, visibility, may_edit):
    found = project_roles.role(
        admin=False, owner=False, given=given_role, visibility=visibility, may_edit=may_edit
    )
    assert may_edit or not project_roles.includes(found, ProjectRole.EDITOR)


# ── doors ───────────────────────────────────────────────────────────────────


def pages(project: Project, ana: Candidate) -> list[str]:
    return [
        "/projects/",
        "/projects/?archived=1",
        f"/people/{ana.pk}/",
        f"/people/?person={ana.pk}",
        "/people/",
        "/people/import/",
        "/outreach/",
        "/campaigns/",
        "/api/v1/projects/",
        "/api/v1/campaigns/",
        "/api/v1/exports/",
    ]


def test_nothing_that_bob_or_mallory_opens_names_it(as_bob, as_mallory, secret, ana):
    for client in (as_bob, as_mallory):
        for path in pages(secret, ana):
            assert SECRET.encode() not in client.get(path).content, path


def test_its_members_and_admins_find_it(as_alice, as_bob, alice, bob, secret, ana):
    assert SECRET.encode() in as_alice.get("/projects/").content
    collaborators.set_role(project=secret, actor=alice, user=bob, role="commenter")
    assert SECRET.encode() in as_bob.get("/projects/").content
    assert SECRET.encode() in as_bob.get(f"/people/{ana.pk}/").content
    admin = make_user(alice.organisation, "Ada Admin", Role.ADMIN)
    client = Client()
    client.force_login(admin)
    assert SECRET.encode() in client.get("/projects/").content


@pytest.mark.parametrize(
    "path",
    ["", "add/", "move/", "rename/", "duplicate/", "activity/", "stages/", "members/", "share/", "outreach/",
     "outreach/new/", "exports/"],
)  # fmt: skip
def test_its_pages_do_not_exist_for_others(as_bob, as_mallory, northgate, mallory, secret, path):
    for organisation in (northgate, mallory.organisation):
        organisation.plan = "essential"
        organisation.save()
    for client in (as_bob, as_mallory):
        assert client.get(f"/projects/{secret.pk}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "people/", "stages/", "members/", "shares/", "activity/"])
def test_its_api_does_not_exist_for_others(as_bob, as_mallory, secret, path):
    for client in (as_bob, as_mallory):
        assert client.get(f"/api/v1/projects/{secret.pk}/{path}").status_code == 404


def test_a_project_for_members_is_named_on_the_person_and_stays_closed(as_bob, alice, bob, secret, ana):
    collaborators.set_visibility(project=secret, actor=alice, visibility="members")
    page = as_bob.get(f"/people/{ana.pk}/").content.decode()
    assert SECRET in page
    assert secret.url not in page
    assert as_bob.get(secret.url).status_code == 404
    assert SECRET.encode() not in as_bob.get("/projects/").content
    with pytest.raises(Missing):
        selectors.project_for(bob, secret.pk)


def test_the_timeline_leaves_it_out(alice, bob, secret, ana):
    def told(viewer: User) -> str:
        return " ".join(moment.text for moment in person_data.timeline(candidate=ana, viewer=viewer))

    assert SECRET in told(alice)
    assert SECRET not in told(bob)


def test_an_import_into_it_is_nobody_elses(as_bob, alice, secret):
    found = ImportRun.objects.create(
        organisation=alice.organisation,
        created_by=alice,
        project=secret,
        file="none.csv",
        file_name="cfo-candidates.csv",
        file_sha256="0",
    )
    assert as_bob.get(f"/people/import/{found.pk}/").status_code == 404
    assert b"cfo-candidates" not in as_bob.get("/people/import/").content


def test_it_cannot_be_chosen_for_an_import_or_for_people(as_bob, secret, ana):
    assert SECRET.encode() not in as_bob.get("/people/import/").content
    asked = as_bob.post("/people/to-project/", {"candidate": ana.pk})
    assert SECRET.encode() not in asked.content
    forced = as_bob.post(
        "/people/to-project/", {"candidate": ana.pk, "choose": "1", "project": secret.pk, "name": ""}
    )
    assert forced.status_code == 422
    body = {"action": "add_to_project", "values": {"project_id": secret.pk}, "candidate_ids": [ana.pk]}
    assert as_bob.post("/api/v1/bulk/", body, content_type="application/json").status_code == 404
    body = {"action": "tag", "values": {"tag": "x"}, "project_id": secret.pk}
    assert as_bob.post("/api/v1/bulk/", body, content_type="application/json").status_code == 404


@pytest.fixture
def campaign(alice: User) -> Campaign:
    made = making.campaign("Bo", "Cy", alice=alice)
    Campaign.objects.for_organisation(alice.organisation_id).filter(pk=made.pk).update(name="CFO wave")
    Project.objects.for_organisation(alice.organisation_id).filter(pk=made.project_id).update(
        name=SECRET, visibility="confidential"
    )
    return making.fresh(made)


def test_its_campaigns_do_not_exist_for_others(as_bob, alice, bob, campaign):
    for path in (f"/campaigns/{campaign.pk}/", f"/campaigns/{campaign.pk}/recipients/",
                 f"/campaigns/{campaign.pk}/steps/", f"/api/v1/campaigns/{campaign.pk}/"):  # fmt: skip
        assert as_bob.get(path).status_code == 404, path
    assert campaign.name.encode() not in as_bob.get("/outreach/").content
    people = [recipient.candidate_id for recipient in campaign.recipients.all()]
    marks = {mark.id: mark for mark in slots.candidate_mark.all()}["outreach"]
    assert marks.marks(people, bob) == {}
    for candidate in Candidate.objects.for_organisation(alice.organisation_id).filter(pk__in=people):
        told = [moment.text for moment in person_data.timeline(candidate=candidate, viewer=bob)]
        assert not any(campaign.name in text for text in told)


def test_who_is_written_to_from_it_is_told_without_its_name(alice, bob, campaign):
    campaign.status = "running"
    campaign.save(update_fields=["status"])
    people = [recipient.candidate_id for recipient in campaign.recipients.all()]
    assert people
    notice = {slot.id: slot for slot in slots.contact_notice.all()}["campaigns"]
    assert set(map(tuple, notice.notices(people, bob).values())) == {
        ("In another campaign of your organisation",)
    }
    assert campaign.name in notice.notices(people, alice)[people[0]][0]


def test_its_exports_do_not_exist_for_others(alice, bob, secret, ana):
    link = Connection.objects.create(
        organisation=alice.organisation, vendor="sourcewhale", status="connected", capabilities=["export"]
    )
    export = Export.objects.create(
        organisation=alice.organisation,
        connection=link,
        project=secret,
        mode="prospects",
        target_id="c1",
        target_name="CFO list",
        request_key=uuid.uuid4(),
        created_by=alice,
    )
    item = ExportItem.objects.create(
        organisation=alice.organisation, export=export, connection=link, candidate=ana, status="failed"
    )
    with pytest.raises(Missing):
        exports.export_for(bob, export.pk)
    with pytest.raises(Missing):
        exports.item_for(bob, item.pk)
    assert list(exports.exports(bob)) == []
    assert list(exports.exports(alice)) == [export]


def test_search_finds_nobody_by_its_name(bob, secret):
    assert query.people(viewer=bob, text="CFO").people == []


# ── roles ───────────────────────────────────────────────────────────────────


def test_a_commenter_looks_and_comments_and_changes_nothing(as_bob, alice, bob, ana):
    project = make_project(alice, people_in_it=[ana])
    collaborators.set_role(project=project, actor=alice, user=bob, role="commenter")
    assert as_bob.get(project.url).status_code == 200
    assert as_bob.post(f"/projects/{project.pk}/comment/", {"body": "Looks strong"}).status_code == 302
    for path in ("add/", "move/", "rename/", "stages/", "share/", "outreach/new/"):
        assert as_bob.get(f"/projects/{project.pk}/{path}").status_code == 403, path
    for path in ("archive/", "visibility/", "owner/"):
        assert as_bob.post(f"/projects/{project.pk}/{path}").status_code == 403, path
    page = as_bob.get(project.url).content
    assert b"Remove from project" not in page
    assert b"Add people" not in page


def test_a_commenter_looks_at_campaigns_and_changes_none(as_bob, alice, bob):
    made = making.campaign("Bo", alice=alice)
    step, recipient = made.steps.first(), made.recipients.first()
    collaborators.set_role(project=made.project, actor=alice, user=bob, role="commenter")
    for path in ("", "steps/", "recipients/"):
        page = as_bob.get(f"/campaigns/{made.pk}/{path}")
        assert page.status_code == 200, path
        assert b"Add everybody" not in page.content
        assert b"Add a step" not in page.content
        assert f"/campaigns/{made.pk}/start/".encode() not in page.content
    assert b"New campaign" not in as_bob.get(f"/projects/{made.project_id}/outreach/").content
    for path in ("settings/", "start/", f"steps/{step.pk}/"):
        assert as_bob.get(f"/campaigns/{made.pk}/{path}").status_code == 403, path
    for path in ("settings/", "start/", "pause/", "resume/", "recipients/add/", "steps/add/", f"steps/{step.pk}/",
                 f"steps/{step.pk}/remove/"):  # fmt: skip
        assert as_bob.post(f"/campaigns/{made.pk}/{path}").status_code == 403, path
    dialogue = as_bob.get(f"/recipients/{recipient.pk}/").content
    assert b"Pause Campaign" not in dialogue
    for path in ("pause/", "go-on/", "stop/", "address/"):
        assert as_bob.post(f"/recipients/{recipient.pk}/{path}").status_code == 403, path
    collaborators.set_role(project=made.project, actor=alice, user=bob, role="editor")
    assert as_bob.get(f"/campaigns/{made.pk}/settings/").status_code == 200


def test_an_editor_changes_people_and_not_who_sees_it(as_bob, alice, bob, ana):
    project = make_project(alice)
    added = as_bob.post(f"/projects/{project.pk}/add/", {"candidate": ana.pk})
    assert added.status_code == 302
    assert as_bob.post(f"/projects/{project.pk}/visibility/", {"visibility": "members"}).status_code == 403
    assert as_bob.post(f"/projects/{project.pk}/members/", {"user": bob.pk}).status_code == 403


def test_the_owner_gives_the_project_away_and_stays_an_editor(alice, bob):
    project = make_project(alice)
    collaborators.set_visibility(project=project, actor=alice, visibility="members")
    collaborators.change_owner(project=project, actor=alice, user=bob)
    project.refresh_from_db()
    assert project.owner == bob
    assert [(row.user, row.role) for row in project.collaborators.all()] == [(alice, "editor")]


def test_a_viewer_cannot_own_and_a_mailbox_owner_cannot_join(alice):
    project = make_project(alice)
    viewer = make_user(alice.organisation, "Vic Viewer", Role.VIEWER)
    lender = make_user(alice.organisation, "Mo Mailbox", Role.MAILBOX_OWNER)
    with pytest.raises(Invalid):
        collaborators.change_owner(project=project, actor=alice, user=viewer)
    with pytest.raises(Invalid):
        collaborators.set_role(project=project, actor=alice, user=lender, role="editor")
    with pytest.raises(Invalid):
        collaborators.set_role(project=project, actor=alice, user=viewer, role="owner")


def test_a_stranger_can_be_neither_member_nor_owner(as_alice, alice, mallory):
    project = make_project(alice)
    assert (
        as_alice.post(f"/projects/{project.pk}/members/", {"user": mallory.pk, "role": "editor"}).status_code
        == 422
    )
    assert as_alice.post(f"/projects/{project.pk}/owner/", {"owner": mallory.pk}).status_code == 404


def test_a_role_too_small_is_told_apart_from_a_project_that_is_hidden(alice, bob):
    project = make_project(alice)
    with pytest.raises(NotAllowed):
        selectors.project_for(bob, project.pk, role=ProjectRole.OWNER)


def test_the_list_of_projects_asks_as_many_queries_for_thirty_as_for_three(as_bob, alice, bob):
    def queries() -> int:
        as_bob.get("/projects/")
        with CaptureQueriesContext(connection) as captured:
            as_bob.get("/projects/")
        return len(captured)

    for number in range(3):
        make_project(alice, f"P{number}")
    few = queries()
    for number in range(27):
        make_project(alice, f"Q{number}")
    assert queries() == few
