"""Pages of campaigns through the web: the same operations, 404 for strangers, 403 without the right."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from campaigns import editing, lifecycle, preview, screening, selectors, tabs
from campaigns.models import Campaign, Recipient
from campaigns.states import Hold, Progress
from outreach.models import Message
from sourcing import projects, suppressing
from sourcing import selectors as sourcing_selectors
from sourcing.models import Candidate, DuplicatePair
from tests.campaigns import making
from tests.outreach.making import user

pytestmark = pytest.mark.django_db


def _as(someone) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def test_a_recruiter_makes_a_campaign_writes_a_step_and_starts_it():
    made = making.campaign("Ada")
    alice = _as(made.owner)
    response = alice.post(f"/projects/{made.project_id}/outreach/new/", {"name": "Wave 2"})
    campaign = Campaign.objects.for_organisation(made.organisation_id).get(name="Wave 2")
    step = campaign.steps.get()
    assert response.url == f"/campaigns/{campaign.pk}/steps/{step.pk}/"
    alice.post(response.url, {"subject": "Hi {{ first_name }}", "body": "Text"})
    alice.post(f"/campaigns/{campaign.pk}/recipients/add/")
    # People of the project, not of another campaign.
    assert campaign.recipients.count() == 0
    alice.post(f"/projects/{made.project_id}/add/", {})
    page = alice.get(f"/campaigns/{campaign.pk}/start/")
    assert "Add people first" in page.content.decode()
    refused = alice.post(f"/campaigns/{campaign.pk}/start/")
    assert refused.status_code == 422
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_a_large_campaign_says_when_in_a_second_answer(monkeypatch):
    monkeypatch.setattr(preview, "WHEN_AT_ONCE", 1)
    alice = _as(making.campaign("Ada").owner)
    small = Campaign.objects.across_organisations("test").get()
    assert "of the next 30 days" in alice.get(f"/campaigns/{small.pk}/start/").content.decode()
    large = making.campaign("Bea", "Cleo")
    bea = _as(large.owner)
    at_once = bea.get(f"/campaigns/{large.pk}/start/").content.decode()
    assert 'hx-get="?when"' in at_once
    assert "of the next 30 days" not in at_once
    later = bea.get(f"/campaigns/{large.pk}/start/?when").content.decode()
    assert 'hx-get="?when"' not in later
    assert "of the next 30 days" in later


def test_start_pause_and_resume_by_buttons():
    made = making.campaign("Ada")
    alice = _as(made.owner)
    assert "Ada" not in alice.get(f"/campaigns/{made.pk}/start/").content.decode()
    alice.post(f"/campaigns/{made.pk}/start/")
    making.plan(made)
    made.refresh_from_db()
    assert made.status == "starting"
    page = alice.get(f"/campaigns/{made.pk}/").content.decode()
    assert "Pause Campaign" in page.replace('<span class="max-sm:sr">', "").replace("</span>", "")
    alice.post(f"/campaigns/{made.pk}/pause/")
    made.refresh_from_db()
    assert made.status == "paused"
    alice.post(f"/campaigns/{made.pk}/resume/")
    made.refresh_from_db()
    assert made.status == "starting"


@pytest.mark.parametrize("tab", ["", "steps/", "recipients/", "settings/"])
def test_every_tab_of_a_campaign_is_shown_to_a_viewer_and_not_to_a_stranger(tab):
    made = making.campaign("Ada")
    vera = user("vera", of=made.organisation, role=Role.VIEWER)
    mallory = user("mallory")
    seen = _as(vera).get(f"/campaigns/{made.pk}/{tab}").status_code
    assert seen == (403 if tab == "settings/" else 200)
    assert _as(mallory).get(f"/campaigns/{made.pk}/{tab}").status_code == 404


def test_only_tabs_that_open_are_offered():
    made = making.campaign("Ada")
    vera = user("vera", of=made.organisation, role=Role.VIEWER)
    settings = f'href="/campaigns/{made.pk}/settings/"'
    assert settings in _as(made.owner).get(f"/campaigns/{made.pk}/").content.decode()
    assert settings not in _as(vera).get(f"/campaigns/{made.pk}/").content.decode()


def test_the_recipient_dialogue_shows_steps_addresses_and_takes_another_address():
    made = making.started(making.campaign("Ada"))
    ada = making.recipient(made, "Ada")
    alice = _as(made.owner)
    page = alice.get(f"/recipients/{ada.pk}/").content.decode()
    assert "Ada@work.example" in page
    assert "Pending" in page
    refused = alice.post(f"/recipients/{ada.pk}/address/", {"address": "not an address"})
    assert refused.status_code == 422
    alice.post(f"/recipients/{ada.pk}/address/", {"address": "new@home.example"})
    assert making.recipient(made, "Ada").override_address == "new@home.example"
    alice.post(f"/recipients/{ada.pk}/pause/")
    assert making.recipient(made, "Ada").hold == Hold.PAUSED
    alice.post(f"/recipients/{ada.pk}/go-on/")
    assert making.recipient(made, "Ada").hold == Hold.NONE
    alice.post(f"/recipients/{ada.pk}/stop/")
    assert making.recipient(made, "Ada").progress == Progress.STOPPED


def test_a_stranger_cannot_touch_a_recipient():
    made = making.started(making.campaign("Ada"))
    ada = making.recipient(made, "Ada")
    mallory = _as(user("mallory"))
    for action in ("", "pause/", "go-on/", "stop/", "address/"):
        method = mallory.post if action else mallory.get
        data = {"address": "evil@home.example"} if action == "address/" else {}
        assert method(f"/recipients/{ada.pk}/{action}", data).status_code == 404
    assert making.recipient(made, "Ada").progress == Progress.NOT_STARTED


def test_the_people_page_shows_where_a_person_stands():
    made = making.started(making.campaign("Ada"))
    page = _as(made.owner).get(f"/projects/{made.project_id}/outreach/").content.decode()
    assert made.name in page


def test_the_api_lists_campaigns_of_the_own_organisation_only():
    made = making.campaign("Ada")
    mallory = making.campaign("Zoe").owner
    theirs = _as(mallory).get("/api/v1/campaigns/").json()
    assert made.pk not in [row["id"] for row in theirs["results"]]
    assert _as(mallory).get(f"/api/v1/campaigns/{made.pk}/").status_code == 404
    mine = _as(made.owner).get(f"/api/v1/campaigns/{made.pk}/").json()
    assert (mine["name"], mine["people"]) == ("Wave", 1)


def test_selected_people_of_a_project_are_added_and_refusals_are_told():
    made = making.campaign("Ada")
    ada = making.recipient(made, "Ada").candidate
    response = _as(made.owner).post(
        f"/projects/{made.project_id}/outreach/add/",
        {"campaign": made.pk, "candidate": [ada.pk]},
        follow=True,
    )
    text = response.content.decode()
    assert "already in this campaign" in text
    assert Recipient.objects.for_organisation(made.organisation_id).count() == 1


def test_whoever_something_speaks_against_is_left_out_unless_ticked():
    made = making.started(making.campaign("Ada", "Bea", "Cleo", "Dora"))
    alice, organisation = made.owner, made.organisation
    ada, bea, cleo, dora = (making.recipient(made, name) for name in ("Ada", "Bea", "Cleo", "Dora"))
    for recipient in (bea, cleo, dora):
        Recipient.objects.for_organisation(organisation).filter(pk=recipient.pk).update(progress="stopped")
    suppressing.suppress_person(candidate=bea.candidate, actor=alice)
    Candidate.objects.for_organisation(organisation).filter(pk=cleo.candidate_id).update(company="Voltra")
    suppressing.suppress_company(organisation=organisation, company="Voltra", actor=alice, soft=True)
    other = editing.create_campaign(project=made.project, name="Second", actor=alice, mailbox=made.mailbox)
    add = f"/projects/{made.project_id}/outreach/add/"
    chosen = {"candidate": [each.candidate_id for each in (ada, bea, cleo, dora)], "campaign": other.pk}
    page = _as(alice).post(add, chosen).content.decode()
    assert f"In {made.name} by {alice.name}" in page
    assert "Voltra is a company you wanted to be warned of." in page
    assert "2 people have something to know about" in page
    assert "Cannot be added: 1" in page
    assert not other.recipients.exists(), "nothing is done before the answer"
    _as(alice).post(add, {**chosen, "asked": "1"})
    assert set(selectors.candidate_ids(other)) == {dora.candidate_id}
    _as(alice).post(add, {**chosen, "asked": "1", "anyway": [ada.candidate_id, bea.candidate_id]})
    assert set(selectors.candidate_ids(other)) == {dora.candidate_id, ada.candidate_id}
    _as(alice).post(add, {**chosen, "asked": "1", "anyway_all": "1"})
    assert set(selectors.candidate_ids(other)) == {each.candidate_id for each in (ada, cleo, dora)}


def test_a_possible_duplicate_is_left_out_unless_ticked():
    made = making.campaign("Ada")
    bea, cleo = (making.person(made.owner, name, f"{name}@work.example") for name in ("Bea", "Cleo"))
    DuplicatePair.objects.create(organisation=made.organisation, first=bea, second=cleo, score=80)
    found = screening.screen(campaign=made, candidate_ids=[bea.pk, cleo.pk], viewer=made.owner)
    assert found.doubtful[bea.pk] == ["May be the same person as Cleo Probe"]
    assert set(found.doubtful) == {bea.pk, cleo.pk}


def test_the_campaign_says_how_long_ago_counts_as_lately():
    made = making.started(making.campaign("Ada"))
    ada = making.recipient(made, "Ada")
    (message,) = making.written(made)
    making.settle(message, "sent", now=timezone.now() - timedelta(days=10))
    Recipient.objects.for_organisation(made.organisation_id).filter(pk=ada.pk).update(progress="completed")
    other = editing.create_campaign(project=made.project, name="Second", actor=made.owner)
    for days, doubtful in ((30, True), (7, False), (0, False)):
        other.recent_days = days
        found = screening.screen(campaign=other, candidate_ids=[ada.candidate_id], viewer=made.owner)
        assert bool(found.doubtful) is doubtful


def test_who_has_no_address_is_added_and_counted():
    made = making.campaign("Ada")
    bea = making.person(made.owner, "Bea")
    found = screening.screen(campaign=made, candidate_ids=[bea.pk], viewer=made.owner)
    assert (found.clean, found.without_address) == ((bea.pk,), 1)


def test_people_are_added_from_the_search_into_the_campaign_and_its_project():
    made = making.campaign("Ada")
    bea = making.person(made.owner, "Bea", "bea@work.example")
    alice = _as(made.owner)
    page = alice.post("/outreach/add/", {"candidate": [bea.pk]}).content.decode()
    assert made.name in page
    alice.post("/outreach/add/", {"candidate": [bea.pk], "campaign": made.pk})
    assert made.recipients.filter(candidate=bea).exists()
    assert sourcing_selectors.project_members(made.owner, made.project).filter(candidate=bea).exists()
    assert alice.post("/outreach/add/", {}).status_code == 422
    stranger = _as(user("mallory"))
    assert stranger.post("/outreach/add/", {"candidate": [bea.pk], "campaign": made.pk}).status_code == 404


def test_the_api_adds_people_and_says_who_is_left_out_and_why():
    made = making.started(making.campaign("Ada"))
    ada = making.recipient(made, "Ada").candidate_id
    other = editing.create_campaign(project=made.project, name="Second", actor=made.owner)
    alice = _as(made.owner)
    path = f"/api/v1/campaigns/{other.pk}/recipients/"
    answer = alice.post(path, {"candidates": [ada, 999_999_999]}, "application/json").json()
    assert (answer["added"], list(answer["left_out"])) == ([], [str(ada)])
    answer = alice.post(path, {"candidates": [ada], "anyway": [ada]}, "application/json").json()
    assert answer["added"] == [ada]
    answer = alice.post(path, {"candidates": [ada], "anyway": [ada]}, "application/json").json()
    assert answer["refused"] == {str(ada): "already in this campaign"}


def test_an_earlier_campaign_is_told_for_a_month_and_a_hidden_one_without_its_name():
    made = making.started(making.campaign("Ada"))
    alice, organisation = made.owner, made.organisation
    ada = making.recipient(made, "Ada")
    (message,) = making.written(made)
    making.settle(message, "sent", now=timezone.now() - timedelta(days=3))
    Recipient.objects.for_organisation(organisation).filter(pk=ada.pk).update(progress="stopped")
    bob = user("bob", of=organisation)
    (told,) = tabs.contact_notices([ada.candidate_id], bob)[ada.candidate_id]
    assert told.endswith(f"in {made.project.name}")
    made.project.visibility = "confidential"
    made.project.save(update_fields=["visibility"])
    (told,) = tabs.contact_notices([ada.candidate_id], bob)[ada.candidate_id]
    assert told.endswith("in another project of your organisation")
    long_ago = timezone.now() - timedelta(days=31)
    Message.objects.for_organisation(organisation).filter(pk=message.pk).update(sent_at=long_ago)
    assert tabs.contact_notices([ada.candidate_id], alice) == {}


def test_select_all_adds_everybody_of_the_project_and_not_the_ticked_page():
    made = making.campaign("Ada", "Bea")
    alice = made.owner
    everybody = [making.recipient(made, name).candidate_id for name in ("Ada", "Bea")]
    projects.add_people(project=made.project, actor=alice, candidate_ids=everybody)
    other = editing.create_campaign(project=made.project, name="Second", actor=alice, mailbox=made.mailbox)
    _as(alice).post(
        f"/projects/{made.project_id}/outreach/add/",
        {"campaign": other.pk, "candidate": everybody[:1], "everything": "1"},
    )
    assert set(selectors.candidate_ids(other)) == set(everybody)


@pytest.mark.parametrize("campaign", ["²", "9" * 30, "-1", ""])
def test_a_campaign_that_is_no_number_asks_for_one(campaign):
    made = making.campaign("Ada")
    response = _as(made.owner).post(f"/projects/{made.project_id}/outreach/add/", {"campaign": campaign})
    assert response.status_code == 200
    assert made.name in response.content.decode()


def test_the_page_names_the_first_minute_only_while_it_lies_ahead():
    now = timezone.now()
    made = making.started(making.campaign("Ada"), now=now)
    page = f"/campaigns/{made.pk}/"
    assert "The first messages leave" in _as(made.owner).get(page).content.decode()
    # The tick that turns "starting" into "running" may be late.
    Campaign.objects.for_organisation(made.organisation_id).update(grace_until=now - timedelta(seconds=1))
    assert "The first messages leave" not in _as(made.owner).get(page).content.decode()
    assert lifecycle.end_of_grace(now=now) == 1


def test_the_list_of_campaigns_comes_in_pages_that_cost_the_same_whatever_their_length(monkeypatch):
    monkeypatch.setattr("campaigns.views.campaigns.PAGE", 3)
    made = making.campaign("Ada", "Bea")
    client = _as(made.owner)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/outreach/").status_code == 200
        return len(queries)

    client.get("/outreach/")
    alone = cost()
    for number in range(4):
        editing.create_campaign(
            project=made.project, name=f"Wave {number}", actor=made.owner, mailbox=made.mailbox
        )
    assert cost() == alone
    first = client.get("/outreach/")
    assert [row.name for row in first.context["campaigns"]] == ["Wave 3", "Wave 2", "Wave 1"]
    second = client.get("/outreach/", {"after": first.context["page"].next})
    assert [(row.name, row.people) for row in second.context["campaigns"]] == [("Wave 0", 0), (made.name, 2)]
    assert second.context["page"].next is None
    assert client.get("/outreach/", {"after": "no-cursor"}).status_code == 400


def _rows(client: Client, path: str) -> list[list[str]]:
    response = client.get(path)
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a streaming response
    return list(csv.reader(text.splitlines()))


def test_every_table_of_numbers_is_a_file_that_no_spreadsheet_runs():
    made = making.started(making.campaign("Ada"))
    editing.edit_step(
        step=made.steps.get(position=1),
        subject="=HYPERLINK(1)",
        body="x",
        days=0,
        new_thread=False,
        actor=made.owner,
    )
    (message,) = making.written(made)
    making.settle(message, "sent")
    alice = _as(made.owner)
    rows = _rows(alice, f"/campaigns/{made.pk}/numbers/funnel.csv")
    assert [row[:2] for row in rows[1:]] == [
        ["Recipients", "1"],
        ["Written to", "1"],
        ["Delivered", "1"],
        ["Replied", "0"],
        ["Interested", "0"],
    ]
    steps = _rows(alice, f"/campaigns/{made.pk}/numbers/steps.csv")
    words = [
        "Step",
        "Variant",
        "Subject",
        "Sent (e-mails)",
        "Bounced (e-mails)",
        "Replied (people)",
        "Interested (people)",
    ]
    assert steps[0] == words
    assert steps[1] == ["1", "", "'=HYPERLINK(1)", "1", "0", "0", "0"]
    assert _rows(alice, f"/campaigns/{made.pk}/numbers/days.csv")[1:] == [["2026-05-12", "1", "0", "0"]]
    assert _rows(alice, f"/campaigns/{made.pk}/numbers/members.csv")[1:] == [["Alice", "1", "1", "1", "0"]]
    assert alice.get(f"/campaigns/{made.pk}/numbers/secrets.csv").status_code == 404
    assert _as(user("mallory")).get(f"/campaigns/{made.pk}/numbers/steps.csv").status_code == 404
    vera = user("vera", of=made.organisation, role=Role.VIEWER)
    assert _as(vera).get(f"/campaigns/{made.pk}/numbers/steps.csv").status_code == 403
    assert "CSV" not in _as(vera).get(f"/campaigns/{made.pk}/").content.decode()


def test_the_report_names_members_and_knows_only_its_periods():
    made = making.started(making.campaign("Ada"))
    (message,) = making.written(made)
    making.settle(message, "sent", now=timezone.now())
    alice = _as(made.owner)
    page = alice.get("/reports/outreach/").content.decode()
    assert "Alice" in page
    assert "30 days" in page
    assert alice.get("/reports/outreach/?days=99999999").status_code == 200
    assert alice.get("/reports/outreach/?days=%00").status_code == 200
    rows = _rows(alice, "/reports/outreach/outreach.csv?days=7")
    assert rows[0][2:5] == ["Member", "Sent (e-mails)", "Bounced (e-mails)"]
    assert [row[2:] for row in rows[1:]] == [
        ["Alice", "1", "0", "0", "1", "0"],
        ["Everybody", "1", "0", "0", "1", "0"],
    ]
    assert "Nothing sent in this period" in _as(user("mallory")).get("/reports/outreach/").content.decode()
