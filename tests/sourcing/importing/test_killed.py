"""SIGKILL, again and again, while a file is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import User
from foundation.models import RunStatus
from sourcing.models import Candidate, ContactPoint, ImportNote, ImportRow, NoteKind
from sourcing.search import query
from tests.sourcing.factories import csv_bytes, make_candidate, make_project, start

# Loads Django once and forks a worker per life. Each life ends at a statement drawn by chance, wherever that falls: in
# a batch that is read, between COPY and commit, in the middle of a slice; the last one lives until all is done.
_WORKERS = """
import os, random, signal, sys
import django
django.setup()
from django.conf import settings
from django.db import connection
from foundation import runs
from foundation.models import Run
from sourcing.importing import staging

name, settings.MEDIA_ROOT, run_id = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection.settings_dict["NAME"] = name
staging.SLICE_ROWS, staging._BATCH_ROWS = 40, 30
os.sched_getaffinity = lambda _pid: {0}
chance, killed = random.Random(1), 0

def live(statements):
    # The lease of the one before has run out.
    Run.objects.across_organisations("the test").filter(pk=run_id).update(lease_until=None)
    left = statements
    def count(execute, sql, params, many, context):
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)
    with connection.execute_wrapper(count):
        while runs.work(run_id):
            pass
    os._exit(0)

while True:
    statements = chance.randint(1, 120)
    child = os.fork()
    if not child:
        live(statements)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        killed += 1
        assert os.WTERMSIG(status) == signal.SIGKILL
    else:
        assert os.WEXITSTATUS(status) == 0
        break
print(killed)
"""


@pytest.mark.django_db(transaction=True)
def test_an_import_whose_worker_is_killed_anywhere_goes_on_and_every_row_is_accounted_for(
    alice: User,
) -> None:
    project = make_project(alice)
    known = make_candidate(alice.organisation, "P7", "Lehner", emails=["p7@x.example"])
    header = ["First Name", "Last Name", "Email", "Title", "Company", "Title 2", "Company 2"]
    rows = [
        [f"P{number}", "Lehner", f"p{number}@x.example", "CTO", "Voltra", "Engineer", "Fjell"]
        for number in range(110)
    ]
    # Every tenth line is nobody, and some come again in another slice.
    rows[::10] = [["", "", "not an address", "", "", "", ""]] * 11
    rows += [rows[number] for number in (3, 44, 99)]
    begun = start(alice, csv_bytes(header, *rows), project=project)
    command = [sys.executable, "-c", _WORKERS, connection.settings_dict["NAME"], settings.MEDIA_ROOT]
    ended = subprocess.run(
        [*map(str, command), str(begun.run_id)],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
        timeout=110,
        check=True,
    )
    assert int(ended.stdout) > 3

    begun.refresh_from_db()
    assert begun.run is not None
    assert begun.run.status == RunStatus.DONE
    assert (begun.rows, begun.imported, begun.updated, begun.rejected) == (113, 98, 1, 14)
    notes = ImportNote.objects.for_organisation(alice.organisation_id).filter(import_run=begun)
    assert Counter(notes.values_list("kind", flat=True)) == {NoteKind.REFUSED: 11, NoteKind.JOINED: 3}
    assert set(notes.filter(kind=NoteKind.REFUSED).values_list("line", flat=True)) == set(range(2, 112, 10))
    people = Candidate.objects.for_organisation(alice.organisation_id)
    names = Counter(people.values_list("first_name", flat=True))
    assert names == Counter({f"P{number}": 1 for number in range(110) if number % 10})
    points = ContactPoint.objects.for_organisation(alice.organisation_id)
    assert points.count() == points.values("normalised").distinct().count() == 99
    made = people.exclude(pk=known.pk)
    assert all(person.experience.count() == 2 for person in made)
    assert project.members.count() == 99
    assert query.people(viewer=alice, text="lehner").total.count == 99
    assert query.people(viewer=alice, text="fjell").total.count == 99
    assert not ImportRow.objects.for_organisation(alice.organisation_id).exists()
