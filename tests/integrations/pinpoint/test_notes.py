"""Comments: written once, found again by their mark."""

from __future__ import annotations

import datetime

import pytest

from integrations.base.errors import OutcomeUnknown, RecordGone
from integrations.base.records import Note, NoteKind, RemoteRef
from integrations.vendors.pinpoint.connector import PinpointConnector
from tests.integrations.pinpoint.answers import error, many, single
from tests.integrations.vendor_server import Answer, VendorServer

REF = RemoteRef(external_id="9")
NOTE = Note(
    key="k7",
    kind=NoteKind.REPLY_RECEIVED,
    at=datetime.datetime(2026, 1, 31, 8, tzinfo=datetime.UTC),
    text="Replied: “مرحبا” <b>",
)


def comment(number: str, text: str | None) -> dict[str, object]:
    return {"id": number, "type": "comments", "attributes": {"body_text": text}}


def test_a_note_is_a_comment_on_the_application(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(single(comment("77", ""), status=201))
    assert pinpoint.add_note(REF, NOTE, earlier=(), acting_as="") == "77"
    assert vendor.seen[0].body == {
        "data": {
            "type": "comments",
            "attributes": {"body_text": "Replied: “مرحبا” <b>\n[Beckon k7]"},
            "relationships": {"commentable": {"data": {"type": "applications", "id": "9"}}},
        }
    }


@pytest.mark.parametrize("answer", [Answer(status=500), Answer(cut=True), Answer(status=201, body={})])
def test_an_unclear_answer_is_handed_up_to_be_looked_for(
    answer: Answer, pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(answer)
    with pytest.raises(OutcomeUnknown):
        pinpoint.add_note(REF, NOTE, earlier=(), acting_as="")
    assert len(vendor.seen) == 1


def test_an_application_that_is_gone(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(error(404, "Record not found"))
    with pytest.raises(RecordGone):
        pinpoint.add_note(REF, NOTE, earlier=(), acting_as="")


def test_a_note_is_found_by_its_mark_only(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    vendor.will_answer(many(comment("1", None), comment("2", "k7"), comment("3", "[Beckon k77]")))
    assert not pinpoint.find_note(REF, NOTE)
    vendor.will_answer(many(comment("1", f"edited. {NOTE.marked}")))
    assert pinpoint.find_note(REF, NOTE)
    assert vendor.seen[0].params["filter[commentable_id]"] == "9"
    assert vendor.seen[0].params["filter[commentable_type]"] == "Application"


def test_people_are_told_that_comments_notify() -> None:
    assert any("notifies" in remark for remark in PinpointConnector.remarks)
