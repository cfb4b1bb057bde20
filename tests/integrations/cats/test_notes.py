"""Our activities as theirs, found again by a mark only we write."""

from __future__ import annotations

import datetime

import pytest

from integrations.base.errors import OutcomeUnknown, RecordGone
from integrations.base.records import Note, NoteKind, RemoteRef
from integrations.vendors.cats import notes
from integrations.vendors.cats.connector import CatsConnector
from tests.integrations.cats.answers import made, page
from tests.integrations.vendor_server import Answer, VendorServer

ADA = RemoteRef(external_id="401")
ZONE = datetime.timezone(datetime.timedelta(hours=2))


def note(kind: NoteKind = NoteKind.EMAIL_SENT, job_id: str = "") -> Note:
    at = datetime.datetime(2026, 3, 1, 12, 30, tzinfo=ZONE)
    return Note(key="k7f3", kind=kind, at=at, text="E-mail sent: Hello", job_id=job_id)


def test_an_activity_has_type_moment_and_job(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(made(71, "activities"))
    assert cats.add_note(ADA, note(job_id="55"), earlier=(), acting_as="") == "71"
    (seen,) = vendor.seen
    assert (seen.method, seen.path) == ("POST", "/candidates/401/activities")
    assert seen.body == {
        "type": "email",
        "notes": "E-mail sent: Hello\n[Beckon k7f3]",
        "date": "2026-03-01T10:30:00Z",
        "regarding_id": 55,
    }


@pytest.mark.parametrize("kind", NoteKind)
def test_every_kind_has_a_type_cats_knows(kind: NoteKind) -> None:
    known = {"email", "meeting", "call_talked", "call_lvm", "call_missed", "text_message", "other"}
    assert notes.TYPES[kind] in known


def test_a_contacts_activity_goes_to_the_contact(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(made(71, "activities"))
    cats.add_note(
        RemoteRef(external_id="9", record_type="contact"), note(NoteKind.CALL), earlier=(), acting_as=""
    )
    assert vendor.seen[0].path == "/contacts/9/activities"
    assert (vendor.seen[0].body["type"], "regarding_id" in vendor.seen[0].body) == ("call_talked", False)


def test_a_note_is_found_on_whichever_page_it_is(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(
        page("activities", {"id": 1, "notes": "[Beckon k7f]"}, {"id": 2, "notes": None}, more=True),
        page("activities", {"id": 3, "notes": "Changed by hand [Beckon k7f3]"}),
        page("activities", {"id": 1, "notes": "[Beckon other]"}),
    )
    assert cats.find_note(ADA, note())
    assert not cats.find_note(ADA, note())


def test_an_unclear_note_is_not_repeated_and_a_deleted_person_is_gone(
    cats: CatsConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(status=502), Answer(status=404))
    with pytest.raises(OutcomeUnknown):
        cats.add_note(ADA, note(), earlier=(), acting_as="")
    with pytest.raises(RecordGone):
        cats.add_note(ADA, note(), earlier=(), acting_as="")
    assert len(vendor.seen) == 2


def test_deleting_somebody_who_is_gone_is_no_error(cats: CatsConnector, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(status=204, body=b""), Answer(status=404))
    cats.delete(ADA)
    cats.delete(ADA)
    assert [(seen.method, seen.path) for seen in vendor.seen] == [("DELETE", "/candidates/401")] * 2
