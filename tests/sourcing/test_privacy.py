"""Lawful bases, notices, retention, archives: what is recorded, who is due, who is proposed, what is told to whom."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation, User
from campaigns.models import Recipient
from foundation import runs
from foundation.problems import Conflict, Invalid, Missing
from sourcing import (
    archiving,
    contact_points,
    erasing,
    merging,
    people,
    privacy,
    projects,
    retention,
    suppression,
)
from sourcing.models import (
    Candidate,
    ErasureReason,
    ErasureReceipt,
    Notice,
    PersonArchive,
    PersonSearch,
    PrivacyRules,
    RetentionProposal,
)
from sourcing.search import index
from tests.campaigns import making
from tests.sourcing.factories import make_candidate, make_project

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 5, 12)
NOW = datetime.datetime(2026, 5, 12, 9, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def own_files(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path / "media")


def rules(actor: User, **values: object) -> PrivacyRules:
    decided = {
        "notices": True, "notice_days": 30, "first_message_tells": False, "retention_days": None,
        "retention_reason": "",
    }  # fmt: skip
    return privacy.decide(actor=actor, **{**decided, **values})


def aged(person: Candidate, days: int) -> Candidate:
    """Came and was last seen ``days`` before NOW."""
    at = NOW - days * DAY
    rows = Candidate.objects.for_organisation(person.organisation_id).filter(pk=person.pk)
    rows.update(created_at=at, updated_at=at, untold_since=at)
    index.refresh([person.pk])
    person.refresh_from_db()
    return person


# ── lawful bases ────────────────────────────────────────────────────────────


def test_the_basis_that_holds_is_the_newest_not_withdrawn_and_not_over(alice: User) -> None:
    person = make_candidate(alice.organisation)

    def record(since: datetime.date, **values: object):
        return privacy.record_basis(
            candidate=person, actor=alice, since=since, today=TODAY,
            **{"basis": "legitimate_interest", "reason": "A search", **values},
        )  # fmt: skip

    old = record(TODAY - 100 * DAY)
    over = record(TODAY - 50 * DAY, until=TODAY - DAY)
    newest = record(TODAY, basis="consent", proof="She wrote: yes.")
    assert privacy.basis_of(person, today=TODAY) == newest
    privacy.withdraw_basis(candidate=person, basis_id=newest.pk, now=NOW)
    assert privacy.basis_of(person, today=TODAY) == old
    assert privacy.basis_of(person, today=TODAY - 10 * DAY) == over
    assert set(privacy.bases(person)) == {old, over, newest}
    with pytest.raises(Conflict):
        privacy.withdraw_basis(candidate=person, basis_id=newest.pk, now=NOW)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"basis": "because"}, "basis"),
        ({"reason": "  "}, "reason"),
        ({"basis": "consent", "proof": " "}, "proof"),
        ({"since": TODAY + DAY}, "since"),
        ({"until": TODAY - DAY}, "until"),
    ],
)
def test_a_basis_that_proves_nothing_is_refused(alice: User, values: dict, field: str) -> None:
    asked = {"basis": "contract", "reason": "A job", "since": TODAY}
    with pytest.raises(Invalid) as refused:
        privacy.record_basis(
            candidate=make_candidate(alice.organisation), actor=alice, today=TODAY, **{**asked, **values}
        )
    assert field in refused.value.fields


# ── notices ─────────────────────────────────────────────────────────────────


def due(viewer: User) -> set[str]:
    return {person.first_name for person in privacy.notices_due(viewer, now=NOW)}


def test_the_list_asks_the_same_questions_for_few_and_many_and_goes_on_page_by_page(
    alice: User, as_alice: Client
) -> None:
    rules(alice)

    def asked() -> tuple[int, dict[str, Any]]:
        with CaptureQueriesContext(connection) as queries:
            told = as_alice.get("/api/v1/notices/?size=20").json()
        with CaptureQueriesContext(connection) as page:
            as_alice.get("/privacy/notices/")
        return len(queries) + len(page), told

    for number in range(2):
        aged(make_candidate(alice.organisation, f"P{number}"), 40 + number)
    asked()  # what is asked once per process
    few, _ = asked()
    for number in range(2, 30):
        aged(make_candidate(alice.organisation, f"P{number}"), 40 + number)
    many, told = asked()
    assert many == few
    rows = [*told["results"], *as_alice.get(told["next"]).json()["results"]]
    longest_first = [f"P{number}" for number in reversed(range(30))]
    assert [row["first_name"] for row in rows] == longest_first


def test_the_list_is_a_range_of_its_index(alice: User) -> None:
    rules(alice)
    aged(make_candidate(alice.organisation), 40)
    waiting = privacy.notices_due(alice, now=NOW).order_by(*privacy.NOTICE_ORDER)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plan = waiting[:51].explain()
    assert "sourcing_candidate_untold" in plan
    assert "Sort" not in plan


def test_who_was_told_stays_told_when_they_are_written_to(alice: User) -> None:
    rules(alice)
    told, waits = make_candidate(alice.organisation, "Told"), make_candidate(alice.organisation, "Waits")
    privacy.told(actor=alice, candidate_ids=[told.pk], way="letter", at=NOW)
    for person in (told, waits):
        people.contacted(person.pk, NOW, alice)
    assert due(alice) == {"Waits"}


def test_a_merge_with_somebody_who_was_told_needs_no_second_notice(alice: User) -> None:
    rules(alice)
    one, other = (aged(make_candidate(alice.organisation, name), 40) for name in ("One", "Other"))
    privacy.told(actor=alice, candidate_ids=[other.pk], way="letter", at=NOW)
    made = merging.merge(survivor=one, other=other, actor=alice)
    assert due(alice) == set()
    merging.undo_merge(merge=made, actor=alice)
    assert due(alice) == {"One"}


def test_people_are_due_a_week_before_their_month_is_over_or_once_written_to(alice: User) -> None:
    aged(make_candidate(alice.organisation, "Old"), 40)
    aged(make_candidate(alice.organisation, "Soon"), 24)
    aged(make_candidate(alice.organisation, "Fresh"), 10)
    written = aged(make_candidate(alice.organisation, "Written"), 10)
    people.contacted(written.pk, NOW - 5 * DAY, None)
    assert due(alice) == set()
    decided = rules(alice)
    assert due(alice) == {"Old", "Soon", "Written"}
    written.refresh_from_db()
    moment = privacy.notice_due(written, decided)
    assert moment is not None
    assert (moment.due_at, moment.contacted, moment.overdue(NOW)) == (NOW - 5 * DAY, True, True)


def test_a_campaign_that_tells_it_counts_as_told(alice: User) -> None:
    written = aged(make_candidate(alice.organisation, "Written"), 40)
    people.contacted(written.pk, NOW - 5 * DAY, None)
    rules(alice, first_message_tells=True)
    assert due(alice) == set()


def test_told_once_is_told_and_only_own_people_can_be(alice: User, mallory: User) -> None:
    rules(alice)
    person = aged(make_candidate(alice.organisation, "Old"), 40)
    stranger = make_candidate(mallory.organisation)
    ids = [person.pk, stranger.pk]
    assert privacy.told(actor=alice, candidate_ids=ids, way="email", at=NOW) == 1
    assert privacy.told(actor=alice, candidate_ids=ids, way="letter", at=NOW) == 0
    assert due(alice) == set()
    assert Notice.objects.for_organisation(mallory.organisation_id).count() == 0
    with pytest.raises(Invalid):
        privacy.told(actor=alice, candidate_ids=ids, way="pigeon", at=NOW)


# ── retention ───────────────────────────────────────────────────────────────


def proposed(viewer: User) -> list[str]:
    return [row.candidate.first_name for row in retention.proposals(viewer)]


def test_whoever_is_silent_and_in_no_open_process_is_proposed_and_nobody_is_erased(alice: User) -> None:
    for name, days in (("Ancient", 900), ("Old", 800), ("Recent", 100)):
        aged(make_candidate(alice.organisation, name), days)
    working = aged(make_candidate(alice.organisation, "Working"), 900)
    shelved = aged(make_candidate(alice.organisation, "Shelved"), 900)
    make_project(alice, people_in_it=[working])
    archived = make_project(alice, people_in_it=[shelved])
    projects.archive(project=archived, actor=alice)
    decided = rules(alice, retention_days=730, retention_reason="Two years")
    assert retention.propose(decided, now=NOW) == 3
    assert retention.propose(decided, now=NOW) == 0
    assert proposed(alice) == ["Ancient", "Shelved", "Old"]
    assert Candidate.objects.for_organisation(alice.organisation_id).count() == 5


def test_whoever_a_campaign_still_writes_to_is_in_a_process(alice: User) -> None:
    made = making.started(making.campaign("Ada", alice=alice))
    person = aged(making.recipient(made, "Ada").candidate, 900)
    decided = rules(alice, retention_days=730, retention_reason="Two years")
    retention.propose(decided, now=NOW)
    assert proposed(alice) == []
    Recipient.objects.for_organisation(alice.organisation_id).update(progress="completed")
    retention.propose(decided, now=NOW)
    assert proposed(alice) == [person.first_name]


def test_a_proposal_goes_when_the_person_becomes_active_or_enters_a_process(alice: User) -> None:
    back, hired = (aged(make_candidate(alice.organisation, name), 900) for name in ("Back", "Hired"))
    decided = rules(alice, retention_days=730, retention_reason="Two years")
    retention.propose(decided, now=NOW)
    people.contacted(back.pk, NOW, None)
    make_project(alice, people_in_it=[hired])
    retention.propose(decided, now=NOW)
    assert proposed(alice) == []


def test_kept_people_come_again_when_their_day_is_over(alice: User, mallory: User) -> None:
    aged(make_candidate(alice.organisation, "Old"), 900)
    decided = rules(alice, retention_days=730, retention_reason="Two years")
    retention.propose(decided, now=NOW)
    ids = [row.pk for row in retention.proposals(alice)]
    asked = {"proposal_ids": ids, "today": TODAY}
    assert retention.keep(actor=mallory, until=TODAY + DAY, why="Mine", **asked) == 0
    for until, why in ((TODAY, "Why"), (TODAY + DAY, " ")):
        with pytest.raises(Invalid):
            retention.keep(actor=alice, until=until, why=why, **asked)
    assert retention.keep(actor=alice, until=TODAY + 10 * DAY, why="In talks", **asked) == 1
    retention.propose(decided, now=NOW)
    assert proposed(alice) == []
    retention.propose(decided, now=NOW + 11 * DAY)
    assert proposed(alice) == ["Old"]


def test_without_a_rule_there_are_no_proposals(alice: User) -> None:
    aged(make_candidate(alice.organisation, "Old"), 900)
    retention.propose(rules(alice, retention_days=730, retention_reason="x"), now=NOW)
    assert retention.propose_everywhere(now=NOW) == 0
    rules(alice)
    retention.propose_everywhere(now=NOW)
    assert RetentionProposal.objects.for_organisation(alice.organisation_id).count() == 0


@pytest.mark.parametrize(
    "values", [{"notice_days": 0}, {"retention_days": 5}, {"retention_days": 365, "retention_reason": ""}]
)
def test_rules_that_make_no_sense_are_refused(alice: User, values: dict) -> None:
    with pytest.raises(Invalid):
        rules(alice, **values)


def test_proposals_are_found_in_pages_and_stop_at_the_most(alice: User, monkeypatch) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    monkeypatch.setattr(retention, "MOST", 5)
    for number in range(7):
        aged(make_candidate(alice.organisation, f"P{number}"), 900)
    assert retention.propose(rules(alice, retention_days=730, retention_reason="x"), now=NOW) == 5
    assert PersonSearch.objects.for_organisation(alice.organisation_id).count() == 7


# ── archives ────────────────────────────────────────────────────────────────


def opened(made: PersonArchive) -> zipfile.ZipFile:
    made.refresh_from_db()
    with made.file.open("rb") as stored:
        return zipfile.ZipFile(io.BytesIO(stored.read()))


def test_the_archive_holds_everything_and_hides_what_belongs_to_colleagues(alice: User, bob: User) -> None:
    person = make_candidate(
        alice.organisation, "Ada", "Byron", emails=["ada@x.example"], summary="<b>Engines</b>"
    )
    contact_points.add_email(candidate=person, actor=bob, type="personal", value="bobs@home.example")
    contact_points.add_email(candidate=person, actor=alice, type="personal", value="alices@home.example")
    privacy.record_basis(
        candidate=person, actor=alice, basis="consent", reason="Pool", proof="Yes", since=TODAY, today=TODAY
    )
    made = archiving.request(candidate=person, actor=alice)
    assert archiving.request(candidate=person, actor=alice) == made
    runs.work(made.run_id)
    with opened(made) as archive:
        assert set(archive.namelist()) == {"person.html", "person.json"}
        told = json.loads(archive.read("person.json"))
        page = archive.read("person.html").decode()
    values = [row["value"] for row in told["Addresses and numbers"]]
    assert values == ["ada@x.example", "private address", "alices@home.example"]
    assert told["Addresses and numbers"][1]["added by"] == "Bob Berger"
    assert told["Lawful bases"][0]["proof"] == "Yes"
    assert "bobs@home.example" not in page + json.dumps(told)
    assert "&lt;b&gt;Engines" in page


def test_an_earlier_archive_is_not_packed_into_the_next(alice: User) -> None:
    person = make_candidate(alice.organisation)
    older = PersonArchive(
        organisation=alice.organisation, candidate=person, requested_by=alice, expires_at=NOW
    )
    older.file.save("old.zip", ContentFile(b"old"))
    made = archiving.request(candidate=person, actor=alice)
    runs.work(made.run_id)
    with opened(made) as archive:
        assert "files" not in "".join(archive.namelist())


def test_an_archive_is_its_requesters_alone_and_gone_after_a_week(
    alice: User, bob: User, mallory: User, django_capture_on_commit_callbacks: Any
) -> None:
    person = make_candidate(alice.organisation)
    made = archiving.request(candidate=person, actor=alice)
    with pytest.raises(Missing):
        archiving.archive_for(alice, made.pk, now=timezone.now())
    runs.work(made.run_id)
    made.refresh_from_db()
    assert archiving.archive_for(alice, made.pk, now=timezone.now()) == made
    for stranger in (bob, mallory):
        with pytest.raises(Missing):
            archiving.archive_for(stranger, made.pk, now=timezone.now())
    later = timezone.now() + archiving.LIFETIME
    with pytest.raises(Missing):
        archiving.archive_for(alice, made.pk, now=later)
    path = Path(made.file.path)
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert archiving.expire(now=later) == 1
    assert not path.exists()


def test_an_archive_is_a_download_that_nobody_keeps_and_told_when_its_bytes_are_gone(
    as_alice: Client, alice: User
) -> None:
    made = archiving.request(candidate=make_candidate(alice.organisation), actor=alice)
    runs.work(made.run_id)
    made.refresh_from_db()
    addresses = [reverse("sourcing:archive", args=[made.pk]), reverse("sourcing:api_archive", args=[made.pk])]
    for address in addresses:
        answer = as_alice.get(address)
        assert answer["Content-Disposition"] == f'attachment; filename="person-{made.candidate_id}.zip"'
        assert answer["Content-Type"] == "application/zip"
        assert answer["Cache-Control"] == "private, no-store"
        assert b"".join(answer).startswith(b"PK")
    made.file.storage.delete(made.file.name)
    for address in addresses:
        answer = as_alice.get(address)
        assert (answer.status_code, "not there any more" in answer.content.decode()) == (404, True)


def test_erasing_takes_the_archive_along(alice: User) -> None:
    person = make_candidate(alice.organisation)
    made = archiving.request(candidate=person, actor=alice)
    runs.work(made.run_id)
    made.refresh_from_db()
    path = Path(made.file.path)
    erasing.erase(candidate=person, actor=alice, reason=ErasureReason.REQUEST, block=False)
    assert not path.exists()
    assert PersonArchive.objects.for_organisation(alice.organisation_id).count() == 0


# ── pages and API ───────────────────────────────────────────────────────────


def test_the_three_acts_say_what_they_destroy_and_do_only_that(as_alice: Client, alice: User) -> None:
    person = make_candidate(alice.organisation, emails=["jonas@x.example"])
    base = f"/people/{person.pk}/privacy/"
    assert "Nothing is deleted" in as_alice.get(f"{base}unsubscribe/").content.decode()
    assert "1 contact point" in as_alice.get(f"{base}delete/").content.decode()
    assert "keyed hash" in as_alice.get(f"{base}block/").content.decode()
    assert as_alice.post(f"{base}unsubscribe/", {"note": "on the phone"}).status_code == 302
    assert suppression.is_suppressed(person.organisation_id, person.pk, "jonas@x.example")
    assert as_alice.post(f"{base}block/", {"reason": "because"}).status_code == 422
    assert as_alice.post(f"{base}block/", {"reason": "request"}).status_code == 302
    run = runs.Run.objects.for_organisation(alice.organisation).get(kind="erasing")
    runs.work(run.pk)
    receipt = ErasureReceipt.objects.for_organisation(alice.organisation).get()
    assert receipt.blocked
    assert "Receipt" in as_alice.get("/privacy/erased/").content.decode()


def test_a_colleagues_private_address_is_not_counted_before_the_act(alice: User, bob: User) -> None:
    person = make_candidate(alice.organisation)
    contact_points.add_email(candidate=person, actor=bob, type="other", value="own@home.example")
    assert erasing.what_goes(person, alice) == []
    assert erasing.what_goes(person, bob) == ["1 contact point"]
    assert (erasing.recognisable(person, alice), erasing.recognisable(person, bob)) == (False, True)


def test_the_privacy_page_records_and_withdraws(as_alice: Client, alice: User) -> None:
    person = make_candidate(alice.organisation)
    base = f"/people/{person.pk}/privacy/"
    refused = as_alice.post(f"{base}basis/", {"basis": "consent", "reason": "Pool", "since": "2026-01-01"})
    assert (refused.status_code, "Consent has to be proved" in refused.content.decode()) == (422, True)
    as_alice.post(
        f"{base}basis/", {"basis": "consent", "reason": "Pool", "since": "2026-01-01", "proof": "Yes"}
    )
    row = privacy.bases(person).get()
    assert "holds" in as_alice.get(base).content.decode()
    as_alice.post(f"{base}basis/{row.pk}/withdraw/")
    assert "withdrawn" in as_alice.get(base).content.decode()
    as_alice.post(f"{base}told/", {"way": "call"})
    assert person.notices.get().way == "call"
    assert "None recorded" in as_alice.get(f"{person.url}?tab=privacy").content.decode()


def test_the_lists_act_on_what_was_ticked(as_alice: Client, alice: User) -> None:
    for path in ("/privacy/", "/privacy/notices/", "/privacy/erased/", "/privacy/rules/"):
        assert as_alice.get(path).status_code == 200
    answer = {"notices": "on", "notice_days": 30, "retention_days": 730, "retention_reason": "Two years"}
    one, other = (aged(make_candidate(alice.organisation, name), 900) for name in ("One", "Other"))
    assert as_alice.post("/privacy/rules/", answer).status_code == 302
    ids = {row.candidate_id: row.pk for row in retention.proposals(alice)}
    assert set(ids) == {one.pk, other.pk}
    as_alice.post("/privacy/keep/", {"proposal": ids[one.pk], "until": "2099-01-01", "why": "In talks"})
    as_alice.post("/privacy/erase/", {"proposal": ids[other.pk]})
    run = runs.Run.objects.for_organisation(alice.organisation).get(kind="erasing")
    runs.work(run.pk)
    assert ErasureReceipt.objects.for_organisation(alice.organisation).get().reason == "retention"
    assert "One" in as_alice.get("/privacy/notices/").content.decode()
    as_alice.post("/privacy/notices/told/", {"candidate": one.pk, "way": "letter"})
    assert one.notices.get().way == "letter"


def test_the_api_does_what_the_pages_do(as_alice: Client, alice: User, northgate: Organisation) -> None:
    person = aged(make_candidate(northgate, emails=["jonas@x.example"]), 900)
    base = f"/api/v1/candidates/{person.pk}/"

    def post(path: str, body: dict | None = None):
        return as_alice.post(path, body or {}, content_type="application/json")

    made = post(f"{base}lawful-bases/", {"basis": "contract", "reason": "A job", "since": "2026-01-01"})
    assert made.status_code == 201
    assert post(f"{base}lawful-bases/{made.json()['id']}/withdraw/").status_code == 204
    (row,) = as_alice.get(f"{base}lawful-bases/").json()["results"]
    assert row["withdrawn_at"] is not None
    rules(alice, retention_days=730, retention_reason="x")
    retention.propose_everywhere(now=timezone.now())
    (proposal,) = as_alice.get("/api/v1/retention-proposals/").json()["results"]
    assert proposal["candidate"] == person.pk
    keep = {"proposal_ids": [proposal["id"]], "until": "2099-01-01", "why": "In talks"}
    late = post("/api/v1/retention-proposals/keep/", keep | {"until": "2001-01-01"})
    assert late.json()["errors"] == {"until": "Choose a day to come."}
    assert post("/api/v1/retention-proposals/keep/", keep).json() == {"kept": 1}
    assert as_alice.get("/api/v1/retention-proposals/").json()["results"] == []
    assert as_alice.get("/api/v1/notices/").json()["results"][0]["id"] == person.pk
    stands = as_alice.get(f"{base}privacy/").json()
    assert stands.pop("must_be_told_by")
    assert stands == {"suppressed": None, "warnings": [], "basis": None, "told": None, "archives": []}
    assert post("/api/v1/notices/", {"candidate_ids": [person.pk], "way": "email"}).json() == {"noted": 1}
    archive = post(f"{base}archive/").json()
    assert archive["ready"] is False
    assert as_alice.get(f"/api/v1/archives/{archive['id']}/").status_code == 404
    assert post(f"{base}unsubscribe/").status_code == 204
    stands = as_alice.get(f"{base}privacy/").json()
    assert (stands["suppressed"]["reason"], stands["told"]["way"]) == ("opt_out", "email")
    assert (stands["must_be_told_by"], stands["archives"]) == (None, [archive])
    run = post(f"{base}erasure/", {"reason": "request", "block": True})
    assert run.status_code == 202
    runs.work(run.json()["id"])
    (receipt,) = as_alice.get("/api/v1/erasures/").json()["results"]
    assert (receipt["person"], receipt["blocked"]) == (person.pk, True)
    again = post("/api/v1/candidates/", {"first_name": "J", "emails": [{"value": "jonas@x.example"}]})
    assert (again.status_code, again.json()["code"]) == (422, "erased")
