"""Notes: on the person, mentioning nobody, found again by administrators only."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.base.errors import Forbidden, Rejected
from integrations.base.records import Note, NoteKind, RemoteRef
from integrations.vendors.smartrecruiters import notes
from integrations.vendors.smartrecruiters.connector import SmartRecruitersConnector
from sandbox.client import Sandbox
from tests.integrations.smartrecruiters.conftest import JOB, writing


def note(text: str = "Replied: “yes, Tuesday”.", key: str = "k7") -> Note:
    return Note(
        key=key,
        kind=NoteKind.REPLY_RECEIVED,
        at=datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC),
        text=text,
    )


@pytest.fixture
def ref(there: SmartRecruitersConnector) -> RemoteRef:
    return RemoteRef(external_id=there.push(writing(target=JOB), existing=None).external_id)


def test_a_note_is_an_open_note_on_the_profile_and_its_id_comes_back(
    there: SmartRecruitersConnector, world: Sandbox, ref: RemoteRef
) -> None:
    assert there.add_note(ref, note(), earlier=(), acting_as="")
    (row,) = world.get("/control/smartrecruiters/messages")
    assert row["content"].startswith("Replied: “yes, Tuesday”.\n[Beckon k7]")
    assert row["visibility"] == "OPEN"
    assert row["context"]["applications"] == [{"candidateId": ref.external_id}]


def test_a_mention_in_a_persons_own_words_sends_mail_to_nobody(
    there: SmartRecruitersConnector, world: Sandbox, ref: RemoteRef
) -> None:
    hostile = "Ask @[USER:boss] or @[USER:@[USER:x]boss] and #[CANDIDATE:other] please"
    there.add_note(ref, note(hostile), earlier=(), acting_as="")
    (row,) = world.get("/control/smartrecruiters/messages")
    assert row["mailed"] == []
    assert row["context"]["applications"] == [{"candidateId": ref.external_id}]


@given(st.text(alphabet=st.sampled_from(list("@#[]USERuserCANDIDATE: x\n")), max_size=80))
def test_no_text_keeps_a_mark_of_the_vendor(text: str) -> None:
    left = notes.harmless(text).upper()
    assert "@[USER:" not in left
    assert "#[CANDIDATE:" not in left


def test_a_long_note_is_cut_and_keeps_its_mark_and_its_person() -> None:
    written = notes.content(note("ä" * 20_000), "42")
    assert len(written) == 10_000
    assert written.endswith("\n[Beckon k7]\n#[CANDIDATE:42]")


def test_a_note_is_found_again_on_any_page(
    there: SmartRecruitersConnector, ref: RemoteRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.vendors.smartrecruiters.connector.PAGE", "2")
    for number in range(5):
        there.add_note(ref, note(key=f"k{number}"), earlier=(), acting_as="")
    assert there.find_note(ref, note(key="k4"))
    assert not there.find_note(ref, note(key="k5"))


def test_who_is_no_administrator_cannot_know_whether_a_note_is_there(
    world: Sandbox, build: Any, ref: RemoteRef
) -> None:
    known = world.smartrecruiters
    recruiter = build(known["base_url"], api_key=known["keys"][1]["key"])
    assert recruiter.add_note(ref, note(), earlier=(), acting_as="")
    with pytest.raises(Forbidden):
        recruiter.find_note(ref, note())


def test_a_note_for_somebody_deleted_there_is_refused_with_the_vendors_words(
    there: SmartRecruitersConnector, ref: RemoteRef
) -> None:
    there.delete(ref)
    with pytest.raises(Rejected, match="NO_ACCESS_TO_CANDIDATE"):
        there.add_note(ref, note(), earlier=(), acting_as="")
