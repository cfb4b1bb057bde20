from __future__ import annotations

import csv
import datetime
import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction

from accounts.models import User
from foundation import runs
from foundation.models import Event, Run, RunStatus
from sourcing import contact_points, known_again, people, suppressing, suppression
from sourcing.importing import joining, previewing, refused, slices, staging, uploading
from sourcing.importing.reading import NotText
from sourcing.importing.workbook import BadWorkbook
from sourcing.models import (
    Candidate,
    ContactPoint,
    ContactStatus,
    ImportNote,
    ImportPhase,
    ImportRow,
    ImportRun,
    NoteKind,
    Origin,
    ProjectMember,
)
from sourcing.search import index, query
from tests.sourcing.factories import (
    csv_bytes,
    finish,
    import_csv,
    make_candidate,
    make_project,
    start,
    upload,
)

pytestmark = pytest.mark.django_db

HEADER = ["First Name", "Last Name", "Email", "Personal Email", "Title", "Profile URL"]
JONAS = [
    "Jonas",
    "Lehner",
    "jonas@voltra.example",
    "jonas@gmail.com",
    "Architect",
    "https://linkedin.com/in/jonas",
]
IDA = ["Ida", "Hansen", "ida@fjell.example", "", "Engineer", ""]


def persons(viewer: User) -> list[Candidate]:
    return list(Candidate.objects.for_organisation(viewer.organisation_id).order_by("pk"))


def addresses(person: Candidate) -> list[tuple[str, str]]:
    return list(person.contact_points.filter(kind="email").values_list("value", "type"))


def notes(import_run: ImportRun) -> list[tuple[int, str, str]]:
    rows = ImportNote.objects.for_organisation(import_run.organisation_id).filter(import_run=import_run)
    return list(rows.values_list("line", "kind", "reason"))


def test_people_come_in_with_their_addresses_in_order_and_can_be_found(alice: User) -> None:
    done = import_csv(alice, csv_bytes(HEADER, JONAS, IDA))
    assert (done.rows, done.imported, done.updated, done.rejected) == (2, 2, 0, 0)
    jonas = persons(alice)[0]
    assert (jonas.name, jonas.title, jonas.linkedin_key) == (
        "Jonas Lehner",
        "Architect",
        "linkedin.com/in/jonas",
    )
    assert addresses(jonas) == [("jonas@voltra.example", "work"), ("jonas@gmail.com", "personal")]
    assert query.people(viewer=alice, text="lehner arch").people == [jonas]


def test_counts_add_up_and_every_rejected_row_is_told_with_line_and_reason(alice: User) -> None:
    again = ["J.", "Lehner", "JONAS@voltra.example", "", "", ""]
    nobody = ["", "", "not an address", "", "Engineer", ""]
    done = import_csv(alice, csv_bytes(HEADER, JONAS, nobody, IDA, again))
    assert (done.rows, done.imported, done.rejected) == (4, 2, 2)
    assert [(line, kind) for line, kind, _ in notes(done)] == [(3, NoteKind.REFUSED), (5, NoteKind.JOINED)]
    assert "line 2" in notes(done)[1][2]
    assert done.run is not None
    assert done.run.result["rejected"] == 2


def test_a_repeated_line_gives_its_addresses_to_the_earlier_one(alice: User) -> None:
    again = ["", "", "second@voltra.example", "", "CTO", "https://de.linkedin.com/in/Jonas/"]
    import_csv(alice, csv_bytes(HEADER, JONAS, IDA, again))
    jonas = persons(alice)[0]
    assert jonas.title == "Architect"
    assert [value for value, _ in addresses(jonas)][-1] == "second@voltra.example"


def test_lines_of_one_person_are_joined_across_slices(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "SLICE_ROWS", 2)
    rows = [[f"P{number % 4}", "X", f"p{number % 4}@x.example", "", "", ""] for number in range(7)]
    done = import_csv(alice, csv_bytes(HEADER, *rows))
    assert (done.rows, done.imported, done.rejected, done.slices_done) == (7, 4, 3, 4)


def test_importing_a_file_again_makes_nobody_twice(alice: User) -> None:
    data = csv_bytes(HEADER, JONAS, IDA)
    import_csv(alice, data)
    again = import_csv(alice, data)
    assert (again.imported, again.updated) == (0, 2)
    assert len(persons(alice)) == 2
    assert ContactPoint.objects.for_organisation(alice.organisation_id).count() == 3


def test_an_import_fills_blanks_and_adds_addresses_but_overwrites_nothing(alice: User) -> None:
    known = make_candidate(
        alice.organisation,
        "Jon",
        "",
        actor=alice,
        title="Chief Architect",
        emails=["jonas@voltra.example"],
    )
    people.edit_candidate(candidate=known, actor=alice, version=1, changes={"company": "Voltra AG"})
    import_csv(alice, csv_bytes([*HEADER, "Company"], [*JONAS, "Other"]))
    known.refresh_from_db()
    assert (known.first_name, known.last_name) == ("Jon", "Lehner")
    assert (known.title, known.company) == ("Chief Architect", "Voltra AG")
    assert known.linkedin_key == "linkedin.com/in/jonas"
    assert known.version == 3
    assert [value for value, _ in addresses(known)] == ["jonas@voltra.example", "jonas@gmail.com"]


def test_two_rows_that_meet_the_same_person_both_fill_their_blanks(alice: User) -> None:
    known = make_candidate(alice.organisation, "Jonas", "", emails=["a@x.example", "b@x.example"])
    rows = [["Jonas", "Lehner", "a@x.example", "", "", ""], ["", "", "b@x.example", "", "CTO", ""]]
    done = import_csv(alice, csv_bytes(HEADER, *rows))
    known.refresh_from_db()
    assert (done.updated, known.last_name, known.title) == (2, "Lehner", "CTO")


def test_two_profiles_with_one_shared_address_stay_two_people(alice: User) -> None:
    make_candidate(alice.organisation, "", "", emails=["a.x@acme.example"])
    rows = [[name, "X", "a.x@acme.example", "", "", f"linkedin.com/in/{name}"] for name in ("ana", "anna")]
    done = import_csv(alice, csv_bytes(HEADER, *rows))
    assert (done.imported, done.updated) == (1, 1)
    assert len(persons(alice)) == 2


def test_a_bounced_address_stays_bounced_and_a_second_one_is_added(alice: User) -> None:
    import_csv(alice, csv_bytes(HEADER, JONAS))
    jonas = persons(alice)[0]
    contact_points.mark_bounced(
        organisation_id=jonas.organisation_id,
        candidate_id=jonas.pk,
        address="jonas@voltra.example",
        at=datetime.datetime.now(datetime.UTC),
        cause="5.1.1",
    )
    import_csv(alice, csv_bytes(HEADER, [*JONAS[:3], "new@x.example", "", JONAS[5]]))
    states = dict(jonas.contact_points.values_list("normalised", "status"))
    assert states["jonas@voltra.example"] == ContactStatus.BOUNCED
    assert "new@x.example" in states


def test_a_colleagues_private_address_matches_nobody(alice: User, bob: User) -> None:
    known = make_candidate(alice.organisation, "Someone", "Else")
    contact_points.add_email(candidate=known, actor=alice, type="personal", value="jonas@voltra.example")
    done = import_csv(bob, csv_bytes(HEADER, JONAS))
    assert (done.imported, done.updated) == (1, 0)


def test_a_suppressed_person_stays_suppressed_when_a_file_brings_them_back(alice: User) -> None:
    import_csv(alice, csv_bytes(HEADER, JONAS))
    suppressing.suppress_person(candidate=persons(alice)[0], actor=alice)
    persons(alice)[0].delete()
    import_csv(alice, csv_bytes(HEADER, ["J", "L", "other@x.example", "jonas@gmail.com", "", ""]))
    back = persons(alice)[0]
    assert suppression.is_suppressed(back.organisation_id, back.pk, "other@x.example")
    assert suppression.is_suppressed(back.organisation_id, None, "other@x.example")


def test_generated_addresses_of_another_system_are_never_taken(alice: User) -> None:
    done = import_csv(
        alice, csv_bytes(HEADER, ["Jo", "L", "no-email--352233856@seekout.example.com", "", "", ""])
    )
    assert done.imported == 1
    assert addresses(persons(alice)[0]) == []
    assert notes(done)[0][1] == NoteKind.NOTED


def test_people_go_straight_into_a_project(alice: User) -> None:
    project = make_project(alice)
    import_csv(alice, csv_bytes(HEADER, JONAS, IDA), project=project)
    assert ProjectMember.objects.for_organisation(alice.organisation_id).filter(project=project).count() == 2


def test_another_organisation_has_people_of_its_own(alice: User, mallory: User) -> None:
    data = csv_bytes(HEADER, JONAS)
    assert import_csv(alice, data).imported == 1
    assert import_csv(mallory, data).imported == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_encoding_and_delimiter_give_the_same_person(alice: User, encoding: str, delimiter: str) -> None:
    row = ["Jürgen", "Müller-Weiß", "jm@x.example", "", "Küfer; Böttcher, senior", ""]
    import_csv(alice, csv_bytes(HEADER, row, encoding=encoding, delimiter=delimiter))
    assert [(person.name, person.title) for person in persons(alice)] == [("Jürgen Müller-Weiß", row[4])]


def test_a_wrong_guess_of_the_encoding_is_corrected_on_the_preview(alice: User) -> None:
    data = csv_bytes(["Name", "Email"], ["Łukasz Żak", "lz@x.example"], encoding="cp1250")
    import_run = upload(alice, data)
    uploading.describe_again(import_run, encoding="cp1250", delimiter=",", has_header=True)
    assert previewing.preview(import_run).rows[0].row.person["last_name"] == "Żak"
    uploading.start(import_run=import_run, actor=alice)
    import_run.refresh_from_db()
    finish(import_run)
    assert persons(alice)[0].name == "Łukasz Żak"


def test_a_file_without_a_header_is_read_from_its_first_line(alice: User) -> None:
    done = import_csv(
        alice, csv_bytes(["Jonas", "Lehner", "jonas@voltra.example"], ["Ida", "Hansen", "ida@fjell.example"])
    )
    assert (done.has_header, done.imported) == (False, 2)


def test_two_hundred_columns_are_no_trouble(alice: User) -> None:
    header = [*HEADER, *(f"Custom {number}" for number in range(194))]
    done = import_csv(alice, csv_bytes(header, [*JONAS, *(["x"] * 194)]))
    assert done.imported == 1


def test_quoted_line_breaks_keep_the_line_numbers_true(alice: User) -> None:
    broken = ["", "", "", "", "Engineer\nof\nthings", ""]
    done = import_csv(alice, csv_bytes(HEADER, JONAS, broken, ["", "", "", "", "Nobody", ""]))
    assert [line for line, _, _ in notes(done)] == [3, 6]


def test_the_refused_rows_come_as_a_file_whose_formulas_are_harmless(alice: User) -> None:
    evil = ["", "", "=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "-2"]
    done = import_csv(alice, csv_bytes(HEADER, JONAS, evil))
    text = "".join(refused.as_csv(done))
    header, row = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert header == ["Line", "Reason", *HEADER]
    assert row[0] == "3"
    assert row[4:] == ["'=cmd|' /C calc'!A0", "'+1", "'@SUM(A1)", "'-2"]


@pytest.mark.parametrize("start_of_cell", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_is_neutralised(start_of_cell: str) -> None:
    assert refused.neutral(f"{start_of_cell}x") == f"'{start_of_cell}x"


def test_a_second_click_on_import_finds_the_same_run(alice: User) -> None:
    import_run = upload(alice, csv_bytes(HEADER, JONAS))
    first = uploading.start(import_run=import_run, actor=alice)
    second = uploading.start(import_run=import_run, actor=alice)
    assert first.run_id == second.run_id
    finish(second)
    assert len(persons(alice)) == 1


def test_the_same_file_uploaded_twice_is_one_upload_until_it_is_imported(alice: User) -> None:
    data = csv_bytes(HEADER, JONAS)
    first = upload(alice, data)
    assert upload(alice, data).pk == first.pk
    uploading.start(import_run=first, actor=alice)
    later = upload(alice, data)
    assert later.pk != first.pk
    first.refresh_from_db()
    finish(first)
    before = uploading.imported_before(later)
    assert before is not None
    assert before.pk == first.pk


def test_nothing_is_written_before_import_is_pressed(alice: User) -> None:
    preview = previewing.preview(upload(alice, csv_bytes(HEADER, JONAS, ["", "", "", "", "x", ""], JONAS)))
    assert (preview.fresh, preview.repeated, preview.refused_count, preview.looked_at) == (1, 1, 1, 3)
    assert persons(alice) == []


def test_the_preview_says_whom_the_organisation_has_already(alice: User) -> None:
    import_csv(alice, csv_bytes(HEADER, JONAS))
    preview = previewing.preview(upload(alice, csv_bytes(HEADER, JONAS, IDA)))
    assert (preview.fresh, preview.known) == (1, 1)
    assert [row.known for row in preview.rows] == [True, False]


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"\n\n", "no rows"), (b"PK\x03\x04....", "damaged")]
)
def test_a_file_nothing_can_be_read_from_is_refused_with_the_reason(
    alice: User, content: bytes, words: str
) -> None:
    with pytest.raises((uploading.BadFile, NotText, BadWorkbook), match=words):
        uploading.upload(actor=alice, file=SimpleUploadedFile("x.csv", content))


def test_a_discarded_upload_leaves_no_file(alice: User, django_capture_on_commit_callbacks: object) -> None:
    import_run = upload(alice, csv_bytes(HEADER, JONAS))
    path = Path(import_run.file.path)
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # pytest-django's fixture
        uploading.discard(import_run=import_run, actor=alice)
    assert not path.exists()


def test_a_worker_that_dies_between_slices_is_followed_by_one_that_goes_on(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SLICE_ROWS", 2)
    rows = [[f"P{number}", "X", f"p{number}@x.example", "", "", ""] for number in range(5)]
    import_run = start(alice, csv_bytes(HEADER, *rows))
    real = known_again.traces_added
    calls = []

    def dies_in_the_second_slice(organisation_id: int, ids: list[int]) -> None:
        calls.append(ids)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(organisation_id, ids)

    monkeypatch.setattr(known_again, "traces_added", dies_in_the_second_slice)
    assert import_run.run_id is not None
    with pytest.raises(KeyboardInterrupt):
        runs.work(import_run.run_id)
    import_run.refresh_from_db()
    assert (import_run.slices_done, import_run.imported, len(persons(alice))) == (1, 2, 2)
    monkeypatch.setattr(known_again, "traces_added", real)
    Run.objects.for_organisation(alice.organisation_id).update(lease_until=None)
    finish(import_run)
    assert (import_run.imported, len(persons(alice))) == (5, 5)


def test_a_staging_table_emptied_by_a_crash_is_filled_again(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SLICE_ROWS", 2)
    rows = [[f"P{number % 4}", "X", f"p{number % 4}@x.example", "", "", ""] for number in range(6)]
    import_run = start(alice, csv_bytes(HEADER, *rows))
    staging.read_some(import_run, seconds=5)
    joining.join_repeated(import_run)
    slices.write(import_run, 0)
    staging.empty(import_run)
    import_run.refresh_from_db()
    assert import_run.phase == ImportPhase.WRITING
    finish(import_run)
    assert (import_run.rows, import_run.imported, import_run.updated, import_run.rejected) == (6, 4, 0, 2)
    assert len(persons(alice)) == 4


def test_a_cancelled_import_stops_and_keeps_what_was_saved(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SLICE_ROWS", 1)
    import_run = start(alice, csv_bytes(HEADER, JONAS, IDA))
    staging.read_some(import_run, seconds=5)
    joining.join_repeated(import_run)
    slices.write(import_run, 0)
    assert import_run.run_id is not None
    runs.cancel(run_id=import_run.run_id, actor=alice)
    finish(import_run)
    import_run.refresh_from_db()
    assert import_run.run is not None
    import_run.run.refresh_from_db()
    assert import_run.run.status == RunStatus.CANCELLED
    assert len(persons(alice)) == 1
    staging.sweep()
    assert not ImportRow.objects.for_organisation(alice.organisation_id).exists()


def test_a_slice_is_written_once_whoever_asks(alice: User) -> None:
    import_run = start(alice, csv_bytes(HEADER, JONAS))
    staging.read_some(import_run, seconds=5)
    joining.join_repeated(import_run)
    assert slices.write(import_run, 0) is not None
    assert slices.write(import_run, 0) is None
    assert len(persons(alice)) == 1


def test_staged_rows_are_not_written_to_the_log(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'sourcing_importrow'")
        assert cursor.fetchone() == ("u",)


def test_nothing_of_an_import_stays_in_staging(alice: User) -> None:
    import_csv(alice, csv_bytes(HEADER, JONAS))
    assert not ImportRow.objects.for_organisation(alice.organisation_id).exists()


def test_imported_addresses_are_the_organisations(alice: User) -> None:
    import_csv(alice, csv_bytes(HEADER, JONAS))
    points = ContactPoint.objects.for_organisation(alice.organisation_id)
    assert set(points.values_list("shared", "origin")) == {(True, Origin.IMPORTED)}
    # Or they would go with whoever imported them.
    assert not points.filter(added_by__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_of_the_same_people_make_each_of_them_once(alice: User, bob: User) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only here

    first = start(alice, csv_bytes(HEADER, JONAS, IDA))
    second = start(bob, csv_bytes(HEADER, IDA, JONAS, ["", "", "third@x.example", "", "", ""]))

    def work(import_run: ImportRun) -> None:
        try:
            finish(import_run)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [first, second]))
    with transaction.atomic():
        assert len(persons(alice)) == 3


def test_the_example_file_is_what_the_walkthrough_expects(alice: User) -> None:
    data = (Path(__file__).parents[3] / "docs/examples/people.csv").read_bytes()
    done = import_csv(alice, data)
    assert (done.rows, done.imported, done.rejected) == (65, 61, 4)
    kinds = [kind for _, kind, _ in notes(done)]
    assert (kinds.count(NoteKind.REFUSED), kinds.count(NoteKind.JOINED)) == (2, 2)
    assert Candidate.objects.for_organisation(alice.organisation_id).get(last_name="Ångström")


@pytest.mark.django_db(transaction=True)
def test_a_worker_may_die_after_any_commit_and_nobody_is_made_twice(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SLICE_ROWS", 2)
    monkeypatch.setattr(staging, "_BATCH_ROWS", 3)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})
    database: Any = connections["default"]
    real = database._commit
    died, after = True, 0
    while died:
        after += 1
        rows = [[f"P{number % 6}", "X", f"p{number % 6}@x{after}.example", "", "", ""] for number in range(7)]
        import_run = start(alice, csv_bytes(HEADER, *rows))
        left = after

        def dies() -> None:
            nonlocal left
            real()
            left -= 1
            if not left:
                raise KeyboardInterrupt

        monkeypatch.setattr(database, "_commit", dies)
        try:
            finish(import_run)
            died = False
        except KeyboardInterrupt:
            monkeypatch.setattr(database, "_commit", real)
            Run.objects.for_organisation(alice.organisation_id).update(lease_until=None)
            finish(import_run)
        monkeypatch.setattr(database, "_commit", real)
        assert (import_run.rows, import_run.imported, import_run.updated, import_run.rejected) == (7, 6, 0, 1)
        assert len(persons(alice)) == 6 * after
        assert query.people(viewer=alice, text="x").total.count == 6 * after
    assert after > 8


def test_a_file_that_changed_since_it_was_uploaded_is_refused_before_anybody_is_saved(alice: User) -> None:
    for changed in (csv_bytes(HEADER, JONAS), csv_bytes(HEADER, JONAS, [*IDA[:5], "y"])):
        import_run = start(alice, csv_bytes(HEADER, JONAS, [*IDA[:5], "x"]))
        Path(import_run.file.path).write_bytes(changed)
        finish(import_run)
        assert import_run.run is not None
        import_run.run.refresh_from_db()
        assert (import_run.run.status, import_run.run.problem_code) == (RunStatus.FAILED, "file_changed")
    assert persons(alice) == []


@pytest.mark.django_db(transaction=True)
def test_people_are_made_searchable_though_somebody_else_cleans_the_index(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE lock_not_available; END $$")

    monkeypatch.setattr(index, "clean_pending", busy)
    done = import_csv(alice, csv_bytes(HEADER, JONAS))
    assert done.run is not None
    assert done.run.status == RunStatus.DONE
    assert query.people(viewer=alice, text="lehner").people == persons(alice)


def test_who_came_is_told_of_when_the_import_is_over_however_it_ends(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SLICE_ROWS", 1)
    known = make_candidate(alice.organisation, "Ida", "Hansen", emails=["ida@fjell.example"])
    news = Event.objects.for_organisation(alice.organisation_id).filter(kind="candidates.changed")
    begun = start(alice, csv_bytes(HEADER, IDA, JONAS, ["Bo", "New", "", "", "", ""]))
    staging.read_some(begun, seconds=5)
    joining.join_repeated(begun)
    slices.write(begun, 0)
    slices.write(begun, 1)
    assert not news.exists()
    assert begun.run_id is not None
    runs.cancel(run_id=begun.run_id, actor=alice)
    told = {int(pk) for event in news.all() for pk in str(event.ids["candidate_ids"]).split(",")}
    assert told == {known.pk, persons(alice)[-1].pk}
    again = import_csv(alice, csv_bytes(HEADER, IDA, ["Cy", "New", "", "", "", ""]))
    assert again.slices_done == 2
    told = {int(pk) for event in news.all() for pk in str(event.ids["candidate_ids"]).split(",")}
    assert persons(alice)[-1].pk in told
