"""After an erasure no string of the person is anywhere: not in a table, not in a file."""

from __future__ import annotations

import datetime
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from accounts import tokens
from accounts.audit import acting_as
from accounts.models import AuditEntry, Organisation, User
from campaigns.models import Attempt, Recipient
from foundation import runs
from foundation.models import Event, IdempotentAnswer, Run
from integrations.models import Export, ExportItem, RemoteLink
from outreach import unsubscribe
from outreach.models import InboundMessage, Message, SendTry
from outreach.states import MessageStatus
from sourcing import contact_points, erasing, known_again, people, projects, suppressing, suppression
from sourcing.importing import redacting
from sourcing.models import (
    Candidate,
    ErasureReason,
    ErasureReceipt,
    ImportNote,
    Suppression,
    SuppressionReason,
)
from tests.campaigns import making
from tests.integrations import making as exports
from tests.outreach.making import NOW, write
from tests.sourcing.factories import csv_bytes, finish, import_csv, make_candidate, make_user, start, upload

pytestmark = pytest.mark.django_db

#: Nobody else in the world is called so.
FIRST, LAST, EARLIER = "Theodosia", "Quillfeather", "Ravenscroft"
STRINGS = (
    "quillfeather",
    "ravenscroft",
    "theodosia",
    "01711234567",
    "+491711234567",
    "0171 1234567",
    "secret words of hers",
    "only alice knows",
)


def everywhere(*needles: str) -> list[str]:
    """``table.column`` of every text, JSON, array, vector and byte column, and every file, that holds a needle."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT table_name, column_name FROM information_schema.columns
                WHERE table_schema = current_schema()
                  AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'bytea', 'USER-DEFINED',
                                    'tsvector', 'character')"""
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE lower("{column}"::text) LIKE ANY(%s)',  # noqa: S608 - the catalogue's names
                [[f"%{needle}%" for needle in needles]],
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    for path in Path(settings.MEDIA_ROOT).rglob("*"):
        if path.is_file():
            content = path.read_bytes().decode("utf-8", "replace").lower() + str(path).lower()
            found += [str(path) for needle in needles if needle in content]
    return sorted(found)


@pytest.fixture(autouse=True)
def own_files(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    Path(settings.MEDIA_ROOT).mkdir()
    cache.clear()


def lived_person(owner: User) -> Candidate:
    """Imported (twice in one file, refused once), edited, in a project and a campaign, bounced, answered, exported."""
    import_csv(
        owner,
        csv_bytes(
            ["First name", "Last name", "Email", "Phone", "LinkedIn", "School"],
            [
                FIRST,
                EARLIER,
                f"{FIRST}@{EARLIER}.example",
                "0171 1234567",
                "linkedin.com/in/t-quillfeather",
                "Jena",
            ],
            [FIRST, EARLIER, f"{FIRST}@{EARLIER}.example", "", "", ""],
            ["Someone", "Else", "someone@else.example", "", "", ""],
            ["", "", "not an address", "0171 1234567", "", ""],
        ),
        name=f"{FIRST}_{LAST}.csv",
    )
    found = Candidate.objects.for_organisation(owner.organisation_id).get(
        linkedin_key__contains="quillfeather"
    )
    with acting_as(owner):
        people.edit_candidate(
            candidate=found, actor=owner, version=found.version,
            changes={"last_name": LAST, "summary": "Secret words of hers"},
        )  # fmt: skip
        point = contact_points.add_email(
            candidate=found, actor=owner, type="personal", value=f"t@{LAST}.example"
        )
        contact_points.remove(contact_point=point, actor=owner)
        contact_points.add_email(candidate=found, actor=owner, type="personal", value=f"own@{LAST}.example")
    found.refresh_from_db()
    return found


def campaigned(owner: User, found: Candidate) -> Message:
    """A message that bounced with the server's words, a second one that waits, and a reply."""
    made = making.started(making.campaign("Ada", alice=owner))
    making.enrolment.add_people(campaign=made, candidate_ids=[found.pk], actor=owner, now=NOW)
    making.plan(made)
    sent = next(row for row in making.written(made, limit=5) if row.candidate_id == found.pk)
    SendTry.objects.create(
        organisation_id=owner.organisation_id, message=sent, at=NOW, outcome="refused",
        text=f"550 <{FIRST}@{EARLIER}.example> unknown",
    )  # fmt: skip
    making.settle(sent, MessageStatus.BOUNCED, reason_text=f"{FIRST}@{EARLIER}.example does not exist")
    InboundMessage.objects.create(
        organisation_id=owner.organisation_id, mailbox_id=sent.mailbox_id, raw_hash="h", message_id_hash="m",
        received_at=NOW, read_at=NOW, verdict="reply", certainty="sure", message=sent, candidate=found,
        explanation=f"From {FIRST}", from_address=f"{FIRST}@{EARLIER}.example", from_name=f"{FIRST} {LAST}",
        subject="Re", body_text="Secret words of hers", rfc_message_id=f"1@{LAST}.example",
        references=f"1@{LAST}.example",
    )  # fmt: skip
    write(made.mailbox, f"{FIRST}@{EARLIER}.example".lower())
    sent.refresh_from_db()
    return sent


def exported(owner: User, found: Candidate) -> None:
    """A failed item that quotes the vendor, and a link to their record."""
    row = exports.connection(owner)
    export = Export.objects.create(
        organisation=owner.organisation, connection=row, mode="prospects", target_id="1", target_name="Spring",
        request_key=uuid.uuid4(), created_by=owner,
    )  # fmt: skip
    ExportItem.objects.create(
        organisation=owner.organisation, export=export, connection=row, candidate=found, status="failed",
        reason=f"{FIRST} {LAST} is known already",
    )  # fmt: skip
    RemoteLink.objects.create(
        organisation=owner.organisation, connection=row, candidate=found, state="linked",
        remote_url=f"https://vendor.example/{LAST}",
    )  # fmt: skip


def test_no_string_of_an_erased_person_is_left_anywhere(alice: User, northgate: Organisation) -> None:
    found = lived_person(alice)
    sent = campaigned(alice, found)
    projects.add_people(
        project=projects.create(organisation=northgate, actor=alice, name="P"),
        actor=alice,
        candidate_ids=[found.pk],
    )
    exported(alice, found)
    _token, secret = tokens.create(actor=alice, name="t", days=30, now=datetime.datetime.now(datetime.UTC))
    made = Client().post(
        "/api/v1/candidates/",
        {"first_name": FIRST, "last_name": LAST},
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}", "idempotency-key": "k1"},
    )
    twin = Candidate.objects.for_organisation(northgate).get(pk=made.json()["id"])
    with transaction.atomic():
        runs.start(kind="import", organisation=northgate, actor=alice, title=f"Import {FIRST} {LAST}.csv")
    suppressing.suppress_address(
        organisation=northgate,
        address=f"{FIRST}@{EARLIER}.example",
        actor=alice,
        note=f"{FIRST} {LAST} asked",
    )
    waiting = upload(
        alice, csv_bytes(["Name", "Email"], [f"{FIRST} {LAST}", ""], ["Other One", "o@x.example"])
    )
    assert len(everywhere(*STRINGS)) > 15

    for person in (found, twin):
        run = erasing.request(candidate=person, actor=alice, reason=ErasureReason.REQUEST, block=True)
        assert not runs.work(run.pk)
        run.refresh_from_db()
        assert (run.status, run.problem_text) == ("done", "")

    left = everywhere(*STRINGS)
    assert left == [], "\n".join(left)
    # What hangs on the rows is as it was: counts, other people, other lines.
    sent.refresh_from_db()
    assert sent.status == MessageStatus.BOUNCED
    assert sent.to_address == sent.body_text == ""
    assert not Recipient.objects.for_organisation(northgate).filter(candidate_id=found.pk).exists()
    assert Attempt.objects.for_organisation(northgate).exclude(message=sent).exists()
    assert len(everywhere("someone@else.example")) > 0
    with waiting.file.open("rb") as stored:
        assert stored.read().decode() == "Name,Email\r\n\r\nOther One,o@x.example\r\n"
    notes = ImportNote.objects.for_organisation(northgate).order_by("line").values_list("line", "raw")
    assert list(notes) == [(3, [""] * 6), (5, [""] * 6)]


def test_the_trail_keeps_who_changed_what_and_when(alice: User, northgate: Organisation) -> None:
    found = lived_person(alice)
    before = AuditEntry.objects.filter(organisation=northgate, table="sourcing_candidate", row=found.pk).get()
    erasing.erase(candidate=found, actor=alice, reason=ErasureReason.OTHER, block=False)
    after = AuditEntry.objects.get(pk=before.pk)
    assert (after.actor_id, after.at) == (alice.pk, before.at)
    assert after.changes == {column: ["erased", "erased"] for column in before.changes}


def test_the_receipt_says_who_when_why_and_how_much_and_names_nobody(
    alice: User, northgate: Organisation
) -> None:
    found = lived_person(alice)
    number = found.pk
    receipt = erasing.erase(candidate=found, actor=alice, reason=ErasureReason.REQUEST, block=True)
    assert (receipt.person, receipt.erased_by, receipt.reason, receipt.blocked) == (
        number,
        alice,
        "request",
        True,
    )
    # Two addresses and one profile.
    assert receipt.hashes == 3
    assert receipt.counts["sourcing.Candidate"] == 1
    assert receipt.counts["sourcing.ContactPoint"] == 3
    assert receipt.counts["uploaded files"] == 3
    event = Event.objects.for_organisation(northgate).get(kind="candidate.erased")
    assert event.ids == {"candidate_id": number, "receipt_id": receipt.pk}


def test_a_blocked_person_comes_back_by_no_door(alice: User, northgate: Organisation) -> None:
    found = lived_person(alice)
    erasing.erase(candidate=found, actor=alice, reason=ErasureReason.REQUEST, block=True)
    address = f"{FIRST}@{EARLIER}.example"
    with pytest.raises(known_again.Erased):
        make_candidate(northgate, FIRST, LAST, emails=[address.upper()])
    with pytest.raises(known_again.Erased):
        make_candidate(northgate, FIRST, LAST, linkedin_url="https://www.linkedin.com/in/T-Quillfeather/")
    other = make_candidate(northgate, "Other", "One")
    with pytest.raises(known_again.Erased):
        contact_points.add_email(candidate=other, actor=alice, type="other", value=address)
    again = import_csv(
        alice,
        csv_bytes(
            ["First name", "Last name", "Email"], [FIRST, LAST, address], ["New", "One", "new@one.example"]
        ),
    )
    assert (again.imported, again.rejected) == (1, 1)
    note = ImportNote.objects.for_organisation(northgate).get(import_run=again)
    assert (note.reason_code, note.raw) == ("erased", ["", "", ""])
    assert suppression.is_suppressed(northgate.pk, None, address.lower())


def test_a_deleted_person_who_was_not_blocked_may_come_back(alice: User, northgate: Organisation) -> None:
    found = make_candidate(northgate, emails=["jonas@x.example"])
    erasing.erase(candidate=found, actor=alice, reason=ErasureReason.MISTAKE, block=False)
    assert Suppression.objects.for_organisation(northgate).count() == 0
    make_candidate(northgate, emails=["jonas@x.example"])


def test_deleting_does_not_forget_an_opt_out(alice: User, northgate: Organisation) -> None:
    found = make_candidate(northgate, emails=["jonas@x.example"])
    suppressing.opt_out(candidate=found, actor=alice)
    erasing.erase(candidate=found, actor=alice, reason=ErasureReason.MISTAKE, block=False)
    back = make_candidate(northgate, emails=["jonas@x.example"])
    assert back.suppressions.get().reason == SuppressionReason.OPT_OUT


def test_a_blocked_person_is_not_written_to_while_the_run_waits(alice: User, northgate: Organisation) -> None:
    found = make_candidate(northgate, emails=["jonas@x.example"])
    erasing.request(candidate=found, actor=alice, reason=ErasureReason.REQUEST, block=True)
    assert suppression.is_suppressed(northgate.pk, found.pk, "jonas@x.example")


def test_pressing_twice_is_one_run(alice: User, northgate: Organisation) -> None:
    found = make_candidate(northgate)
    first = erasing.request(candidate=found, actor=alice, reason=ErasureReason.OTHER, block=False)
    assert (
        erasing.request(candidate=found, actor=alice, reason=ErasureReason.OTHER, block=True).pk == first.pk
    )
    while runs.work(first.pk):
        pass
    assert ErasureReceipt.objects.for_organisation(northgate).count() == 1


def test_a_message_that_is_being_handed_over_is_waited_for(alice: User, northgate: Organisation) -> None:
    found = make_candidate(northgate, emails=["jonas@x.example"])
    (message,) = write(making.mailbox(alice), "jonas@x.example")
    rows = Message.objects.for_organisation(northgate).filter(pk=message.pk)
    rows.update(candidate=found, status=MessageStatus.SENDING)
    run = erasing.request(candidate=found, actor=alice, reason=ErasureReason.OTHER, block=False)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.lease_token) == ("running", "")
    assert Candidate.objects.for_organisation(northgate).filter(pk=found.pk).exists()
    rows.update(status=MessageStatus.SENT)
    runs.hasten([run.pk])
    runs.work(run.pk)
    assert not Candidate.objects.for_organisation(northgate).filter(pk=found.pk).exists()


def test_an_import_that_is_reading_the_person_is_waited_for(alice: User, northgate: Organisation) -> None:
    found = make_candidate(northgate, emails=["jonas@x.example"])
    running = start(alice, csv_bytes(["Name", "Email"], ["Jonas Lehner", "jonas@x.example"]))
    with pytest.raises(redacting.ImportRunning):
        erasing.erase(candidate=found, actor=alice, reason=ErasureReason.OTHER, block=True)
    finish(running)
    erasing.erase(candidate=found, actor=alice, reason=ErasureReason.OTHER, block=True)
    assert everywhere("jonas@x.example") == []


def test_what_waits_is_cancelled_and_a_late_press_on_unsubscribe_does_no_harm(alice: User) -> None:
    made = making.started(making.campaign("Ada", alice=alice))
    (message,) = making.written(made, limit=1)
    person = message.candidate
    erasing.erase(candidate=person, actor=alice, reason=ErasureReason.OTHER, block=True)
    message = Message.objects.for_organisation(alice.organisation_id).get(pk=message.pk)
    assert (message.status, message.reason_code) == (MessageStatus.CANCELLED, "erased")
    assert unsubscribe.opt_out(message) is False


def test_another_organisation_with_the_same_person_keeps_theirs(alice: User, mallory: User) -> None:
    mine = make_candidate(alice.organisation, FIRST, LAST, emails=["t@x.example"])
    theirs = make_candidate(mallory.organisation, FIRST, LAST, emails=["t@x.example"])
    import_csv(mallory, csv_bytes(["Name", "Email"], [f"{FIRST} {LAST}", "t@x.example"]))
    erasing.erase(candidate=mine, actor=alice, reason=ErasureReason.REQUEST, block=True)
    theirs.refresh_from_db()
    assert theirs.name == f"{FIRST} {LAST}"
    assert not suppression.is_suppressed(mallory.organisation_id, theirs.pk, "t@x.example")


def test_a_line_that_breaks_inside_quotation_marks_goes_whole(alice: User) -> None:
    found = make_candidate(alice.organisation, FIRST, LAST, emails=["t@x.example"])
    data = csv_bytes(
        ["Name", "Note"],
        ["Ada", "x"],
        [f"{FIRST} {LAST}", "one\ntwo\nthree"],
        ["Bob", "ÿ"],
        encoding="cp1252",
    )
    waiting = upload(alice, data)
    assert redacting.files(erasing.trail_of(found)) == 3
    with waiting.file.open("rb") as stored:
        assert stored.read().decode("cp1252") == "Name,Note\r\nAda,x\r\n\n\n\r\nBob,ÿ\r\n"
    assert redacting.files(erasing.trail_of(found)) == 0


def test_a_namesake_keeps_their_record(alice: User) -> None:
    one = make_candidate(alice.organisation, FIRST, LAST, emails=["one@x.example"])
    other = make_candidate(alice.organisation, FIRST, LAST, emails=["two@x.example"])
    erasing.erase(candidate=one, actor=alice, reason=ErasureReason.REQUEST, block=True)
    other.refresh_from_db()
    assert other.name == f"{FIRST} {LAST}"
    assert not suppression.is_suppressed(other.organisation_id, other.pk, "two@x.example")


def test_answers_that_told_of_the_person_are_forgotten_and_nothing_is_made_twice(alice: User) -> None:
    _token, secret = tokens.create(actor=alice, name="t", days=30, now=datetime.datetime.now(datetime.UTC))

    def post():
        return Client().post(
            "/api/v1/candidates/",
            {"first_name": FIRST},
            content_type="application/json",
            headers={"authorization": f"Bearer {secret}", "idempotency-key": "k"},
        )

    person = Candidate.objects.for_organisation(alice.organisation_id).get(pk=post().json()["id"])
    erasing.erase(candidate=person, actor=alice, reason=ErasureReason.OTHER, block=False)
    again = post()
    assert (again.status_code, again.json()["code"]) == (410, "answer_forgotten")
    assert IdempotentAnswer.objects.for_organisation(alice.organisation_id).get().body == ""
    assert Run.objects.for_organisation(alice.organisation_id).count() == 0


def test_erasing_needs_every_app_to_say_how(alice: User, bob: User, monkeypatch) -> None:
    from sourcing import person_data  # noqa: PLC0415 - its registry is what the test looks into

    found = make_candidate(alice.organisation)
    silent = person_data.PersonData(app="sourcing", tables=())
    monkeypatch.setattr(person_data, "from_the_top", lambda: [silent])
    with pytest.raises(RuntimeError, match="does not say"):
        erasing.erase(
            candidate=found, actor=make_user(alice.organisation), reason=ErasureReason.OTHER, block=False
        )
    assert Candidate.objects.for_organisation(alice.organisation_id).filter(pk=found.pk).exists()
