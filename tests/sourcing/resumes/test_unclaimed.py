"""A résumé nobody has confirmed is a person's all the same: erasing takes it, the archive holds it, time ends it."""

from __future__ import annotations

import datetime
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.problems import Invalid
from sourcing import archiving, contact_points, erasing, privacy
from sourcing.models import Candidate, Decision, ErasureReason, PersonFile
from sourcing.resumes import intake, unclaimed
from tests.sourcing.factories import make_candidate

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def own_files(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path / "media")


def waiting(actor: User, *lines: str, name: str = "cv.txt") -> PersonFile:
    """A résumé that was uploaded and read, and waits for somebody to confirm it."""
    text = "\n".join([*lines, "", "Experience", "2019 - 2021 Nurse, Charité Berlin"])
    run = intake.upload(actor=actor, uploads=[SimpleUploadedFile(name, text.encode(), "text/plain")])
    while runs.work(run.pk):
        pass
    return intake.files_of(run).get()


def left(actor: User) -> list[str]:
    return sorted(PersonFile.objects.for_organisation(actor.organisation_id).values_list("name", flat=True))


def erased(person: Candidate, actor: User) -> dict[str, int]:
    counts = erasing.erase(candidate=person, actor=actor, reason=ErasureReason.REQUEST, block=False).counts
    return dict(counts)


@pytest.mark.parametrize(
    "line",
    [
        "maya.hartwell@mail.example",
        "MAYA.Hartwell@mail.example",
        "+49 30 1234 5678",
        "https://www.linkedin.com/in/maya-h/",
    ],
)
def test_an_erasure_takes_the_resume_that_holds_an_address_number_or_profile_of_the_person(
    alice: User, line: str
) -> None:
    person = make_candidate(
        alice.organisation, "Maya", "Hartwell", emails=["maya.hartwell@mail.example"],
        phones=[("+493012345678", "mobile")], linkedin_url="linkedin.com/in/maya-h",
    )  # fmt: skip
    file = waiting(alice, "M. H.", line)
    storage, name = file.file.storage, file.file.name
    counts = erased(person, alice)
    assert counts["sourcing.PersonFile"] == counts["files"] == 1
    assert left(alice) == []
    assert not storage.exists(name)


def test_the_same_name_is_enough_for_erasing_and_another_name_is_not(alice: User) -> None:
    person = make_candidate(alice.organisation, "Maya", "Hartwell")
    waiting(alice, "Maya Hartwell", "maya@elsewhere.example", name="hers.txt")
    waiting(alice, "Maya Hartwood", "mw@elsewhere.example", name="other.txt")
    erased(person, alice)
    assert left(alice) == ["other.txt"]


def test_the_resume_of_a_namesake_who_is_known_here_stays(alice: User) -> None:
    person = make_candidate(alice.organisation, "Maya", "Hartwell", emails=["maya@one.example"])
    make_candidate(alice.organisation, "Maya", "Hartwell", emails=["maya@two.example"])
    waiting(alice, "Maya Hartwell", "maya@two.example")
    erased(person, alice)
    assert left(alice) == ["cv.txt"]


def test_a_confirmed_one_and_another_organisations_are_left_alone(alice: User, mallory: User) -> None:
    person = make_candidate(alice.organisation, "Maya", "Hartwell", emails=["maya@one.example"])
    file = waiting(alice, "Maya Hartwell", "maya@one.example")
    bo = make_candidate(alice.organisation, "Bo", "Berg")
    intake.add_to(file=file, actor=alice, candidate=bo, confirmed=intake.Confirmed())
    waiting(mallory, "Maya Hartwell", "maya@one.example")
    erased(person, alice)
    assert left(alice) == left(mallory) == ["cv.txt"]


def test_the_question_before_erasing_counts_it_and_no_private_address_gives_it_away(
    alice: User, bob: User
) -> None:
    person = make_candidate(alice.organisation, "Maya", "Hartwell")
    contact_points.add_email(candidate=person, actor=alice, type="work", value="maya@one.example")
    waiting(alice, "M. H.", "maya@one.example")
    assert "1 résumé nobody has confirmed" in erasing.what_goes(person, alice)
    assert [found.name for found in unclaimed.surely_of(person, alice)] == ["cv.txt"]
    assert unclaimed.surely_of(person, bob) == []


def test_the_archive_holds_what_is_surely_hers_and_nothing_by_name_alone(alice: User, tmp_path) -> None:
    person = make_candidate(alice.organisation, "Maya", "Hartwell", emails=["maya@one.example"])
    mine = waiting(alice, "Maya Hartwell", "maya@one.example", name="mine.txt")
    waiting(alice, "Maya Hartwell", "maya@two.example", name="namesake.txt")
    with (tmp_path / "a.zip").open("w+b") as file:
        archiving.write(file, candidate=person, viewer=alice)
        with zipfile.ZipFile(file) as archive:
            assert f"files/{mine.pk}-mine.txt" in archive.namelist()
            assert not any("namesake" in name for name in archive.namelist())
            assert b"mine.txt" in archive.read("person.json")


def test_what_nobody_confirmed_for_too_long_is_deleted_with_its_bytes_and_a_decision_keeps(
    alice: User, mallory: User
) -> None:
    old, kept, fresh = (
        waiting(alice, f"Person {name}", name=f"{name}.txt") for name in ("old", "kept", "fresh")
    )
    waiting(mallory, "Person there")
    intake.keep_only(file=kept, actor=alice)
    now = timezone.now()
    PersonFile.unguarded.exclude(pk=fresh.pk).update(created_at=now - datetime.timedelta(days=31))
    storage, name = old.file.storage, old.file.name
    assert unclaimed.forget_old(now=now) == 0, "off until somebody decides"
    rules = {"notices": False, "notice_days": 30, "first_message_tells": False,
             "retention_days": None, "retention_reason": ""}  # fmt: skip
    with pytest.raises(Invalid):
        privacy.decide(actor=alice, **rules, resume_days=6)
    privacy.decide(actor=alice, **rules, resume_days=30)
    assert unclaimed.forget_old(now=now) == 1
    assert left(alice) == ["fresh.txt", "kept.txt"]
    assert len(left(mallory)) == 1
    assert not storage.exists(name)
    assert PersonFile.unguarded.get(pk=kept.pk).decision == Decision.KEPT
