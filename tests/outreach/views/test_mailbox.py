"""One mailbox's own page: what it says to its owner, to colleagues, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Role, User
from campaigns.models import Step
from outreach import fuses, mailbox_figures
from outreach.gap_view import gap_view
from outreach.models import DeliverabilityCheck, FolderGap, FuseTrip, GapMeter, Mailbox
from outreach.states import FailureClass, MailboxStatus
from tests.campaigns import making as campaigns
from tests.outreach import making
from tests.outreach.inbound import mails
from tests.outreach.making import real_now

pytestmark = pytest.mark.django_db


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def box() -> Mailbox:
    return making.mailbox(min_gap_seconds=None, max_gap_seconds=None, daily_limit=None)


def url(box: Mailbox, more: str = "") -> str:
    return f"/outreach/mailboxes/{box.pk}/{more}"


def page(box: Mailbox, viewer: User | None = None) -> str:
    answer = as_user(viewer or box.owner).get(url(box))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def compared(box: Mailbox, name: str = "INBOX", **figures) -> FolderGap:
    now = real_now()
    GapMeter.objects.for_organisation(box.organisation_id).update_or_create(
        mailbox=box,
        defaults={
            "organisation_id": box.organisation_id,
            "due_at": now + timedelta(days=1),
            "begun_at": now,
            "ended_at": now,
            "since": box.created_at,
        },
    )
    return FolderGap.objects.create(
        organisation_id=box.organisation_id, mailbox=box, name=name, begun_at=now, ended_at=now, **figures
    )


def word(box: Mailbox) -> str:
    return gap_view(box.owner, box).word


# The gap meter


def test_a_mailbox_that_was_never_compared_does_not_look_as_if_it_were(box):
    assert word(box) == "Not compared yet"
    assert "Compare now" in page(box)


def test_it_is_green_only_when_everything_was_compared_and_nothing_is_missing(box):
    row = compared(box, present=1284, recorded=1280, fetched=4)
    assert word(box) == "Nothing missing"
    content = page(box)
    assert "1,284" in content
    assert "Last compared" in content
    FolderGap.objects.for_organisation(box.organisation_id).update(left=1, fetched=3)
    assert word(box) == "Mail missing"
    FolderGap.objects.for_organisation(box.organisation_id).update(left=0, trouble="It does not open.")
    assert word(box) == "Not all compared"
    FolderGap.objects.for_organisation(box.organisation_id).update(trouble="")
    meters = GapMeter.objects.for_organisation(box.organisation_id)
    meters.update(trouble="The line was lost.")
    assert word(box) == "Comparison stopped"
    meters.update(trouble="", begun_at=row.begun_at + timedelta(days=1))
    assert word(box) == "Comparing"


def test_what_could_not_be_fetched_is_named_with_the_reason_to_the_owner(box):
    compared(
        box, present=3, recorded=2, left=1, unfetched=[{"uid": 41, "why": "The mail could not be stored."}]
    )
    content = page(box)
    assert "The mail could not be stored." in content
    assert '<span class="tnum">41</span>' in content


def test_names_of_folders_are_the_owners_alone(box):
    compared(box, "Divorce <b>", present=3, recorded=3)
    assert "Divorce &lt;b&gt;" in page(box)
    admin = making.user("ada", of=box.organisation, role=Role.ADMIN)
    assert "Divorce" not in page(box, admin)
    assert "Nothing missing" in page(box, admin)


def test_compare_now_makes_it_due(box):
    compared(box)
    answer = as_user(box.owner).post(url(box, "compare/"))
    assert answer.headers["Location"] == url(box)
    assert GapMeter.objects.for_organisation(box.organisation_id).get().due_at <= real_now()


# Limits and the week


def test_the_page_says_which_rule_decides_today_and_why(box):
    Mailbox.objects.for_organisation(box.organisation_id).update(
        created_at=real_now() - timedelta(days=7, hours=1), daily_limit=90, smtp_host="smtp.office365.com"
    )
    box.refresh_from_db()
    found = mailbox_figures.limits_view(box, now=real_now())
    assert [(rule.name, rule.count, rule.rules) for rule in found.rules] == [
        ("Limit of this mailbox", 90, False),
        ("Start of a new mailbox", 35, True),
        ("Half of the provider's own limit", 5_000, False),
    ]
    assert found.rises_at is not None
    content = page(box)
    assert "Linked for 7 days" in content
    assert "Microsoft 365 allows 10,000 a day." in content


def test_an_account_in_use_for_long_says_so_and_is_not_young(box):
    Mailbox.objects.for_organisation(box.organisation_id).update(created_at=real_now())
    client = as_user(box.owner)
    client.post(url(box, "limits/"), {"in_use_since": "2019-02-01"})
    box.refresh_from_db()
    assert [rule.name for rule in mailbox_figures.limits_view(box, now=real_now()).rules] == [
        "Limit of this mailbox"
    ]
    assert client.post(url(box, "limits/"), {"in_use_since": "2999-02-01"}).status_code == 422


def test_the_week_counts_written_messages_and_every_step_planned_for_these_days():
    made = campaigns.started(campaigns.campaign("Ada", "Bob", "Cleo", steps=4))
    box, now = made.mailbox, campaigns.NOW
    (later,) = making.write(box, "x@example.org", planned_at=now + timedelta(days=2))
    assert later.status == "queued"
    zone = mailbox_figures.ZoneInfo("UTC")
    found = mailbox_figures.week_of(box, now=now, zone=zone)
    assert [day.planned for day in found] == [3, 0, 1, 3, 0, 0, 3], "steps 2 and 3 follow every three days"
    first = campaigns.written(made, limit=1)[0]
    assert mailbox_figures.week_of(box, now=now, zone=zone)[0].planned == 3, "written once, counted once"
    campaigns.settle(first, "sent", sending_at=now + timedelta(hours=1))
    assert [day.planned for day in mailbox_figures.week_of(box, now=now, zone=zone)] == [2, 0, 1, 3, 0, 0, 3]
    Step.objects.for_organisation(box.organisation_id).filter(campaign=made, position=2).update(kind="call")
    assert [day.planned for day in mailbox_figures.week_of(box, now=now, zone=zone)] == [2, 0, 1, 0, 0, 0, 3]
    campaigns.lifecycle.pause(campaign=made, actor=made.owner, now=now)
    assert [day.planned for day in mailbox_figures.week_of(box, now=now, zone=zone)] == [0, 0, 1, 0, 0, 0, 0]


# The fuse


@pytest.fixture
def blown(box: Mailbox) -> Mailbox:
    now = real_now()
    messages = [mails.sent(box, f"p{n}@example.org", status="bounced") for n in range(6)]
    for message in messages:
        message.failure_class, message.settled_at, message.sending_at = FailureClass.HARD, now, now
        message.save()
    assert fuses.look(box, now=now)
    return box


def test_the_cases_stand_on_the_page_and_a_reason_lets_it_go_on(blown):
    content = page(blown)
    assert "This mailbox has stopped itself" in content
    assert "6 of 6 messages went to addresses that do not exist" in content
    assert "p3@example.org" in content
    client = as_user(blown.owner)
    assert client.post(url(blown, "go-on/"), {"reason": " "}).status_code == 422
    assert client.post(url(blown, "go-on/"), {"reason": "Cleaned <i>"}).status_code == 302
    blown.refresh_from_db()
    assert blown.status == MailboxStatus.CONNECTED
    after = page(blown)
    assert "has stopped itself" not in after
    assert "Cleaned &lt;i&gt;" in after


def test_a_case_at_a_private_address_is_shown_to_its_adder_only(blown):
    bob = making.user("bob", of=blown.organisation)
    rows = blown.messages.all()
    rows.update(private_to=bob)
    assert "p3@example.org" not in page(blown)
    assert "private address" in page(blown)
    assert "p3@example.org" in page(blown, bob)


def test_a_mailbox_owner_sees_the_figures_of_the_fuse_and_no_people(blown):
    User.objects.filter(pk=blown.owner_id).update(role=Role.MAILBOX_OWNER)
    content = page(blown, User.objects.get(pk=blown.owner_id))
    assert "6 of 6 messages" in content
    assert "p3@example.org" not in content


def test_the_settings_page_leads_to_the_cases_instead_of_resuming(blown):
    content = as_user(blown.owner).get("/outreach/settings/").content.decode()
    assert ">Look</a>" in content
    assert ">Resume" not in content
    assert as_user(blown.owner).post(url(blown, "resume/")).status_code == 409
    assert FuseTrip.objects.for_organisation(blown.organisation_id).filter(released_at=None).exists()


# Who


def test_who_sees_it_and_who_may_press(box):
    bob = making.user("bob", of=box.organisation)
    viewer = making.user("vera", of=box.organisation, role=Role.VIEWER)
    stranger = making.user("manager", of=box.organisation, role=Role.MAILBOX_OWNER)
    mallory = making.user("mallory", of=making.organisation("Evil"), role=Role.ADMIN)
    for user, seen, pressed in (
        (bob, 200, 403),
        (viewer, 200, 403),
        (stranger, 404, 403),
        (mallory, 404, 404),
    ):
        assert as_user(user).get(url(box)).status_code == seen
        assert as_user(user).post(url(box, "compare/")).status_code == pressed
        assert as_user(user).post(url(box, "go-on/"), {"reason": "x"}).status_code == pressed
    assert "Compare now" not in page(box, bob)


def test_a_removed_mailbox_has_no_page(box):
    Mailbox.objects.for_organisation(box.organisation_id).update(status=MailboxStatus.REMOVED)
    assert as_user(box.owner).get(url(box)).status_code == 404


# Deliverability


def test_the_check_is_asked_for_on_the_page_and_told_line_by_line(box):
    assert "Do it before the first campaign." in page(box)
    answer = as_user(box.owner).post(url(box, "check/"))
    assert answer.headers["Location"] == url(box)
    assert "Looking up" in page(box)
    DeliverabilityCheck.objects.for_organisation(box.organisation_id).update(
        due_at=None,
        looked_up_at=real_now(),
        facts={"mx": ["10 <b>.example"], "txt": [], "trouble": {"dmarc": "no answer"}},
    )
    content = page(box)
    assert "10 &lt;b&gt;.example" in content
    assert "does not say which servers may send for it" in content
    assert "v=spf1" in content
    assert "It could not be looked up: no answer" in content


def test_a_domain_of_the_provider_gets_no_advice_that_nobody_can_follow():
    box = making.mailbox(address="eva@gmail.com", smtp_host="smtp.gmail.com")
    DeliverabilityCheck.objects.create(
        organisation_id=box.organisation_id, mailbox=box, asked_at=real_now(), looked_up_at=real_now()
    )
    content = page(box)
    assert "its records are not yours to change" in content
    assert "Publish one TXT record" not in content


def test_before_a_campaign_starts_the_reasons_stand_there_and_do_not_bar_it():
    made = campaigns.campaign("Ada")
    client = as_user(made.owner)
    content = client.get(f"/campaigns/{made.pk}/start/").content.decode()
    assert "Nobody has checked yet" in content
    assert "Start Campaign</button>" in content
    assert client.post(f"/campaigns/{made.pk}/start/").status_code == 302
    assert campaigns.fresh(made).status == "starting"


def test_the_list_of_accounts_shows_the_gap_meter_of_each_in_two_queries(box, django_assert_max_num_queries):
    compared(box, present=2, recorded=1, left=1)
    client = as_user(box.owner)
    client.get("/outreach/settings/")
    with django_assert_max_num_queries(40) as asked:
        assert "Mail missing" in client.get("/outreach/settings/").content.decode()
    alone = len(asked)
    for _ in range(3):
        making.mailbox(box.owner)
    with django_assert_max_num_queries(alone + 3):
        assert client.get("/outreach/settings/").content.decode().count("Not compared yet") == 3


# The API


def test_the_api_tells_what_the_page_does_and_no_names_of_folders(box):
    compared(box, "Divorce", present=3, recorded=2, left=1)
    answer = as_user(box.owner).get(f"/api/v1/mailboxes/{box.pk}/")
    told = answer.json()
    assert told["gap_meter"]["state"] == "Mail missing"
    assert (told["gap_meter"]["present"], told["gap_meter"]["missing"]) == (3, 1)
    assert [rule["decides"] for rule in told["limits"]] == [True]
    assert len(told["week"]) == 7
    assert {fuse["kind"]: fuse["blows_at_per_mille"] for fuse in told["fuses"]} == {
        "bounces": 50,
        "complaints": 3,
    }
    assert (told["stopped_by"], told["deliverability"], told["reply_to"]) == (None, [], "")
    assert "Divorce" not in answer.content.decode()


def test_the_api_has_the_buttons_of_the_page(blown):
    client = as_user(blown.owner)

    def post(what: str, data: dict | None = None):
        return client.post(
            f"/api/v1/mailboxes/{blown.pk}/{what}/", data or {}, content_type="application/json"
        )

    assert post("comparisons").json()["stopped_by"] == "bounces"
    assert post("checks").status_code == 409
    assert post("releases").status_code == 422
    assert post("releases", {"reason": "Cleaned"}).json()["stopped_by"] is None
    assert post("checks").status_code == 200
    assert fuses.trips(blown)[0].reason == "Cleaned"


def test_the_api_hides_mailboxes_of_others(box):
    mallory = making.user("mallory", of=making.organisation("Evil"), role=Role.ADMIN)
    bob = making.user("bob", of=box.organisation)
    for what, status in (("", 405), ("comparisons/", 403), ("checks/", 403), ("releases/", 403)):
        path, data = f"/api/v1/mailboxes/{box.pk}/{what}", {"reason": "x"}
        assert as_user(bob).post(path, data).status_code == status
        assert as_user(mallory).post(path, data).status_code == (404 if what else 405)
    assert as_user(mallory).get(f"/api/v1/mailboxes/{box.pk}/").status_code == 404
