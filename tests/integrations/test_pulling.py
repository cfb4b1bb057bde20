"""What changes at a vendor comes here: to the right person, without doubles, and never undoing a hand's work."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
from django.db import connection as database
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import User
from campaigns.states import Progress
from foundation import runs
from foundation.models import Run, RunStatus
from integrations import field_table, pulling, receiving
from integrations.base.records import RemotePerson
from integrations.models import Connection, ConnectionStatus, FieldRow, LinkState, Pull
from sourcing import contact_points, people
from sourcing.models import Candidate, ContactPoint, Origin, OtherValue
from sourcing.search import facts
from tests.integrations import making, syncs
from tests.integrations.small_sourcewhale import SmallSourceWhale
from tests.integrations.toy import ToyServer
from tests.integrations.vendor_server import Answer

pytestmark = pytest.mark.django_db

LATER = datetime.timedelta(minutes=15)


def begun(toy: ToyServer, *, boxes: tuple[str, ...] = ("export", "pull")) -> tuple[User, Connection]:
    alice = making.alice()
    row = syncs.connection(alice, capabilities=list(boxes))
    field_table.discover(row)
    return alice, row


def pull(row: Connection) -> Run:
    """Begin a run and let a worker visit it until it rests or ends."""
    pulling.start_due(now=timezone.now() + LATER)
    run = Pull.objects.for_organisation(row.organisation_id).get(connection=row).run
    assert run is not None
    runs.work(run.pk)
    run.refresh_from_db()
    return run


def everybody(row: Connection) -> list[Candidate]:
    return list(Candidate.objects.for_organisation(row.organisation_id).order_by("pk"))


@pytest.mark.django_db(transaction=True)
def test_several_workers_told_of_the_same_new_person_at_once_make_one(toy: ToyServer) -> None:
    # A new record there is told as made and as changed in the same second, and the feed has it too.
    _alice, row = begun(toy)
    told = [RemotePerson(external_id="r-1", first_name="Ada", emails=("ada@x.example",))]
    together = threading.Barrier(6)
    outcomes: list[dict[str, int]] = []

    def worker() -> None:
        try:
            together.wait(60)
            outcomes.append(receiving.take(row, told))
        finally:
            database.close()

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [ada.first_name for ada in everybody(row)] == ["Ada"]
    assert sum(counts.get("new", 0) for counts in outcomes) == 1
    assert len(outcomes) == 6


def test_everybody_comes_in_once_with_the_vendor_as_their_source(toy: ToyServer) -> None:
    _alice, row = begun(toy)
    for number in range(5):
        toy.add(
            f"r{number}", first=f"P{number}", last="Ř ﷽", title="Dev", emails=[f"p{number}@there.example"]
        )
    run = pull(row)
    assert (run.status, run.done) == (RunStatus.DONE, 5)
    assert run.result["summary"] == "5 new"
    first = everybody(row)[0]
    assert (first.first_name, first.title, first.source) == ("P0", "Dev", "Toy")
    (point,) = ContactPoint.objects.for_organisation(row.organisation_id).filter(candidate=first)
    assert (point.value, point.shared, point.origin) == ("p0@there.example", True, Origin.PULLED)
    link = making.link(row, first)
    assert link is not None
    assert (link.remote_id, link.created_by_us, link.exported_at) == ("r0", False, None)
    again = pull(row)
    assert (again.done, again.result["summary"], len(everybody(row))) == (0, "Nothing had changed", 5)


def test_the_persons_page_says_in_which_system_they_are(toy: ToyServer, client: Client) -> None:
    alice, row = begun(toy, boxes=("pull",))  # the pages were made before there was a Toy to export to
    toy.add("r1", first="Ada", emails=["ada@there.example"])
    pull(row)
    client.force_login(alice)
    page = client.get(f"/people/{everybody(row)[0].pk}/").content.decode()
    assert "linked, not exported" in page


def test_two_records_of_one_page_meet_by_the_rules_that_records_of_two_pages_meet_by(toy: ToyServer) -> None:
    _alice, row = begun(toy)
    mail = ["ada@there.example"]
    for number, first in enumerate(("Ada", "Ada", "Rosamunde")):
        toy.add(f"r{number}", first=first, last="Byron", emails=mail)
    run = pull(row)
    ada, rosamunde = everybody(row)
    assert (ada.first_name, rosamunde.first_name) == ("Ada", "Rosamunde"), "who shares an address may be kin"
    assert (run.result["new"], run.result["same"], run.done) == (2, 1, 3)
    link = making.link(row, ada)
    assert link is not None
    assert (link.remote_id, link.other_remote_ids) == ("r0", ["r1"])


def test_without_the_box_nobody_is_made_and_without_any_use_nothing_is_read(toy: ToyServer) -> None:
    _alice, row = begun(toy, boxes=("export",))
    toy.add("r1", first="Ada", emails=["ada@there.example"])
    assert pulling.start_due(now=timezone.now()) == 0
    syncs.choose(row, "stop_on_standing", value=True)
    run = pull(row)
    assert run.result["unknown"] == 1
    assert everybody(row) == []


def test_a_vendor_that_tells_no_changes_is_not_read(whale: SmallSourceWhale) -> None:
    alice = making.alice()
    row = making.connection(alice, capabilities=["export", "pull"])
    assert pulling.start_due(now=timezone.now()) == 0
    with pytest.raises(pulling.NotPulled):
        pulling.start(actor=alice, connection=row)


def test_whom_we_have_is_matched_by_the_common_rules_and_linked(toy: ToyServer) -> None:
    alice, row = begun(toy)
    ada = making.person(alice, emails=[], last_name="Byron")
    people.create_candidate(
        organisation=row.organisation,
        actor=None,
        first_name="Bea",
        last_name="Probe",
        emails=[("bea@work.example", "work")],
    )
    toy.add("r1", first="Bea", last="Probe", emails=["BEA@work.example"])
    toy.add("r2", first="Ada", last="Byron")
    pull(row)
    names = [(person.first_name, making.link(row, person) is not None) for person in everybody(row)]
    assert names == [("Ada", False), ("Bea", True), ("Ada", True)], "a name alone is nobody"
    assert making.link(row, ada) is None


def test_a_differing_value_is_kept_beside_ours_and_a_hand_edit_stays(toy: ToyServer) -> None:
    alice, row = begun(toy)
    toy.add("r1", first="Ada", title="Dev", emails=["ada@there.example"])
    pull(row)
    (ada,) = everybody(row)
    people.edit_candidate(candidate=ada, actor=alice, version=ada.version, changes={"title": "Lead"})
    toy.change("r1", title="Manager", last="Byron")
    run = pull(row)
    ada.refresh_from_db()
    assert (ada.title, ada.last_name) == ("Lead", "Byron")
    assert run.result["changed"] == 1
    others = OtherValue.objects.for_organisation(row.organisation_id).filter(candidate=ada, field="title")
    assert ("Manager", "Toy") in list(others.values_list("value", "source"))


def test_new_addresses_are_added_and_somebodys_private_one_stays_private(toy: ToyServer) -> None:
    alice, row = begun(toy)
    toy.add("r1", first="Ada", emails=["ada@there.example"])
    pull(row)
    (ada,) = everybody(row)
    contact_points.add_email(candidate=ada, actor=alice, type="personal", value="secret@private.example")
    toy.change("r1", emails=["ada@there.example", "secret@private.example", "new@there.example"])
    assert pull(row).result["changed"] == 1
    points = ContactPoint.objects.for_organisation(row.organisation_id).order_by("position")
    assert list(points.values_list("value", "shared")) == [
        ("ada@there.example", True),
        ("secret@private.example", False),
        ("new@there.example", True),
    ]


@pytest.mark.parametrize(("rule", "shown"), [("always", "Analyst of engines"), ("protected", "Manager")])
def test_the_rule_of_the_field_decides_whose_value_is_shown(toy: ToyServer, rule: str, shown: str) -> None:
    _alice, row = begun(toy)
    FieldRow.objects.for_organisation(row.organisation_id).filter(key="title").update(rule=rule)
    ada = people.create_candidate(
        organisation=row.organisation,
        actor=None,
        first_name="Ada",
        title="Analyst of engines",
        emails=[("ada@there.example", "work")],
    )
    toy.add("r1", first="Ada", title="Manager", emails=["ada@there.example"])
    pull(row)
    ada.refresh_from_db()
    assert ada.title == shown
    assert OtherValue.objects.for_organisation(row.organisation_id).filter(candidate=ada).count() == 1


def test_the_echo_of_our_own_write_is_no_news(toy: ToyServer) -> None:
    alice, row = begun(toy)
    syncs.choose(row, "add", "added")
    made = syncs.campaign(alice, "ada")
    ada = syncs.recipient(made).candidate
    syncs.sync(row)
    before = Candidate.objects.for_organisation(row.organisation_id).get(pk=ada.pk)
    run = pull(row)
    ada.refresh_from_db()
    assert (run.result.get("same"), ada.version, ada.provenance) == (1, before.version, before.provenance)
    assert len(everybody(row)) == 1


def test_a_filterable_field_becomes_a_filter_and_an_address_never(toy: ToyServer) -> None:
    _alice, row = begun(toy)
    FieldRow.objects.for_organisation(row.organisation_id).filter(key__in=["level", "emails"]).update(
        filterable=True
    )
    toy.add("r1", first="Ada", level="Senior", emails=["ada@there.example"])
    pull(row)
    (ada,) = everybody(row)
    assert facts.of(ada.pk, f"ats:{row.pk}", "level") == ["Senior"]
    assert facts.of(ada.pk, f"ats:{row.pk}", "e_mails") == []
    toy.change("r1", level="")
    pull(row)
    assert facts.of(ada.pk, f"ats:{row.pk}", "level") == []


@pytest.mark.parametrize(("on", "progress"), [(True, Progress.STOPPED), (False, Progress.NOT_STARTED)])
def test_hired_there_stops_campaigns_here_when_so_set(
    toy: ToyServer, *, on: bool, progress: Progress
) -> None:
    alice, row = begun(toy)
    syncs.choose(row, "add", "added")
    syncs.choose(row, "stop_on_standing", value=on)
    made = syncs.campaign(alice, "ada", "bea")
    syncs.sync(row)
    toy.change("t1", standing="hired")
    pull(row)
    recipient = syncs.recipient(made)
    assert recipient.progress == progress
    assert recipient.ended_reason == ("Hired in Toy" if on else "")
    assert syncs.recipient(made, "bea").progress == Progress.NOT_STARTED
    assert facts.of(recipient.candidate_id, f"ats:{row.pk}", "standing") == ["Hired"]


def test_a_record_that_is_gone_there_clears_the_link_and_the_person_stays(toy: ToyServer) -> None:
    _alice, row = begun(toy)
    toy.add("r1", first="Ada", emails=["ada@there.example"])
    pull(row)
    (ada,) = everybody(row)
    source = f"ats:{row.pk}"
    facts.set([ada.pk], source, "level", ["Junior"])
    facts.set([ada.pk], source, "standing", ["Hired"])
    facts.set([ada.pk], "ats:0", "level", ["Senior"])
    del toy.people["r1"]
    toy.feed.append("r1")
    assert pull(row).result["gone"] == 1
    # Nothing there will ever change these again.
    assert [facts.of(ada.pk, source, key) for key in ("level", "standing")] == [[], []]
    assert facts.of(ada.pk, "ats:0", "level") == ["Senior"]
    link = making.link(row, ada)
    assert link is not None
    assert (link.state, link.remote_id) == (LinkState.GONE, "")


def test_one_person_that_cannot_come_in_does_not_hold_the_others(toy: ToyServer) -> None:
    _alice, row = begun(toy)
    toy.add("r1")
    toy.add("r2", first="\u200b\u202eAda\x00", emails=["not an address", "no-email-5@beckon.example.com"])
    toy.add("r3", first="Bea", emails=["bea@there.example"])
    run = pull(row)
    assert (run.result["failed"], run.result["new"]) == (1, 2)
    assert ContactPoint.objects.for_organisation(row.organisation_id).count() == 1


def test_an_outage_fails_the_run_and_the_next_goes_on_from_the_same_place(toy: ToyServer) -> None:
    _alice, row = begun(toy)
    for number in range(4):
        toy.add(f"r{number}", first=f"P{number}")
    real = Answer(status=503, body={"message": "Maintenance"})

    def then_down(work: Any) -> Answer:
        toy.fail("GET /changes", *[real] * 4)
        answer: Answer = work()
        return answer

    toy.fail("GET /changes", then_down)
    run = pull(row)
    assert (run.status, len(everybody(row))) == (RunStatus.FAILED, 2)
    assert "Maintenance" in run.problem_text
    assert pull(row).result["new"] == 2
    assert len(everybody(row)) == 4


def test_a_revoked_key_asks_to_reconnect(toy: ToyServer) -> None:
    alice = making.alice()
    row = making.connection(alice, vendor="toy", key="revoked-key", capabilities=["export", "pull"])
    assert pull(row).status == RunStatus.FAILED
    row.refresh_from_db()
    assert row.status == ConnectionStatus.NEEDS_RECONNECT
    assert pulling.start_due(now=timezone.now() + LATER) == 0


def test_a_feed_that_says_more_and_stays_where_it_is_ends(
    toy: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _alice, row = begun(toy)
    toy.fail("GET /changes", Answer(body={"rows": [], "cursor": "", "more": True}))
    assert pull(row).status == RunStatus.DONE


def test_another_organisations_people_are_not_matched(toy: ToyServer) -> None:
    stranger = making.mallory()
    theirs = making.person(stranger, emails=["ada@there.example"])
    _alice, row = begun(toy)
    toy.add("r1", first="Ada", emails=["ada@there.example"])
    pull(row)
    assert making.link(row, theirs) is None
    assert len(everybody(row)) == 1


WORKER = """
import sys
import django
django.setup()
from django.conf import settings
from django.db import connection
settings.TOY_URL = sys.argv[1]
connection.settings_dict["NAME"] = sys.argv[2]
from foundation import runs
from integrations import registry
registry.CONNECTORS["toy"] = "tests.integrations.toy.ToyConnector"
runs.work(int(sys.argv[3]))
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_the_feed_costs_one_page_and_makes_no_doubles(
    toy: ToyServer,
) -> None:
    _alice, row = begun(toy)
    for number in range(9):
        toy.add(f"r{number}", first=f"P{number}", emails=[f"p{number}@there.example"])
    asked, dead = threading.Event(), threading.Event()

    def kill_me_now(work: Any) -> Answer:
        asked.set()
        dead.wait(60)
        answer: Answer = work()
        return answer

    toy.fail("GET /changes", lambda work: work(), lambda work: work(), kill_me_now)
    pulling.start_due(now=timezone.now())
    run = Pull.objects.for_organisation(row.organisation_id).get().run
    assert run is not None
    command = [sys.executable, "-c", WORKER, toy.server.url, database.settings_dict["NAME"], str(run.pk)]
    worker = subprocess.Popen(command, env=dict(os.environ))
    try:
        assert asked.wait(90)
        worker.send_signal(signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait()
        dead.set()
    assert len(everybody(row)) == 4
    Run.objects.for_organisation(row.organisation_id).update(lease_until=Now() - LATER)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.done, run.result["new"]) == (RunStatus.DONE, 9, 9)
    assert [person.first_name for person in everybody(row)] == [f"P{number}" for number in range(9)]
