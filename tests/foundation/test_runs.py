"""A run survives crash, cancel and two workers at once, and always says how it ended."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import AuditEntry, Organisation
from foundation import runs
from foundation.models import Run, RunStatus
from foundation.problems import Conflict, Invalid, Missing

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "tests.counting"


@pytest.fixture
def step() -> Iterator[Callable[[runs.Step], None]]:
    """Says what one step of the tests' kind does."""

    def register(fn: runs.Step) -> None:
        runs._kinds[KIND] = runs.Kind(KIND, fn, "default")

    yield register
    runs._kinds.pop(KIND, None)


@pytest.fixture
def run(organisation, alice) -> Run:
    return runs.start(kind=KIND, organisation=organisation, actor=alice, title="Counting", total=3)


def again(run: Run) -> Run:
    return Run.objects.across_organisations("tests").get(pk=run.pk)


def expire_lease(run: Run) -> None:
    Run.objects.across_organisations("tests").filter(pk=run.pk).update(
        lease_until=Now() - datetime.timedelta(seconds=1)
    )


def test_a_run_works_step_by_step_to_its_end(run, step):
    @step
    def count(run: Run) -> bool:
        runs.progress(run, done=run.done + 1, note="Counting")
        return run.done < 3

    assert runs.work(run.pk) is False
    ended = again(run)
    assert (ended.status, ended.done, ended.percent, ended.note) == (RunStatus.DONE, 3, 100, "Counting")
    assert ended.started_at is not None
    assert ended.ended_at is not None


def test_the_result_of_a_run_is_kept(run, step):
    @step
    def finish(run: Run) -> bool:
        runs.finish(run, result={"imported": 61})
        return False

    runs.work(run.pk)
    assert again(run).result == {"imported": 61}


def test_a_problem_ends_the_run_with_its_own_words(run, step):
    @step
    def refuse(run: Run) -> bool:
        raise Invalid("The file has no header line.")

    runs.work(run.pk)
    ended = again(run)
    assert (ended.status, ended.problem_code) == (RunStatus.FAILED, "invalid")
    assert ended.problem_text == "The file has no header line."


def test_a_bug_ends_the_run_without_telling_what_it_held(run, step):
    @step
    def break_down(run: Run) -> bool:
        raise KeyError("ada@example.com")

    runs.work(run.pk)
    ended = again(run)
    assert (ended.status, ended.problem_code) == (RunStatus.FAILED, "unexpected")
    assert "ada@example.com" not in ended.problem_text


def test_a_busy_database_is_tried_again(run, step, monkeypatch):
    monkeypatch.setattr(runs.time, "sleep", lambda _: None)
    failures = iter([OperationalError("deadlock detected"), OperationalError("lock timeout")])

    @step
    def stumble(run: Run) -> bool:
        for failure in failures:
            raise failure
        return False

    runs.work(run.pk)
    assert again(run).status == RunStatus.DONE


def test_a_database_that_stays_busy_ends_the_run(run, step, monkeypatch):
    monkeypatch.setattr(runs.time, "sleep", lambda _: None)

    @step
    def stumble(run: Run) -> bool:
        raise OperationalError("lock timeout")

    runs.work(run.pk)
    assert again(run).problem_code == "database"


def test_a_visit_ends_in_time_and_the_next_one_goes_on(run, step, monkeypatch):
    monkeypatch.setattr(runs, "VISIT_SECONDS", 0.0)

    @step
    def count(run: Run) -> bool:
        runs.progress(run, done=run.done + 1)
        return run.done < 3

    assert [runs.work(run.pk) for _ in range(3)] == [True, True, False]
    assert again(run).done == 3


def test_two_workers_never_work_on_one_run(run, step):
    inside, most = [], []
    gate = threading.Barrier(4)
    lock = threading.Lock()

    @step
    def count(run: Run) -> bool:
        with lock:
            inside.append(threading.get_ident())
            most.append(len(set(inside)))
        runs.progress(run, done=run.done + 1)
        with lock:
            inside.clear()
        return run.done < 50

    def visit() -> None:
        try:
            gate.wait()
            runs.work(run.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert again(run).done == 50
    assert max(most) == 1


def test_a_worker_whose_lease_ran_out_writes_nothing_more(run, step):
    @step
    def sleep_too_long(mine: Run) -> bool:
        expire_lease(mine)
        other = runs._lease(mine.pk)
        assert other is not None
        runs.progress(other, done=2)
        with pytest.raises(runs.LeaseLost):
            runs.progress(mine, done=1)
        raise runs.LeaseLost

    assert runs.work(run.pk) is False
    assert (again(run).done, again(run).status) == (2, RunStatus.RUNNING)


def test_the_count_of_a_slice_and_the_slice_are_one_transaction(run, organisation, step):
    @step
    def slice_(mine: Run) -> bool:
        expire_lease(mine)
        runs._lease(mine.pk)
        with transaction.atomic():
            Organisation.objects.filter(pk=organisation.pk).update(name="written twice")
            runs.progress(mine, done=1)
        return False

    runs.work(run.pk)
    organisation.refresh_from_db()
    assert organisation.name == "Northgate Search"


def test_the_sweep_finds_a_run_whose_worker_died(run, step, monkeypatch):
    woken: list[int] = []
    monkeypatch.setattr(runs, "wake", lambda run_id, *_, **__: woken.append(run_id))
    assert runs._lease(run.pk) is not None
    assert runs.sweep() == 0
    expire_lease(run)
    assert runs.sweep() == 1
    assert woken == [run.pk]


def test_a_run_nobody_has_begun_is_cancelled_at_once(run, alice):
    assert runs.cancel(run_id=run.pk, actor=alice).status == RunStatus.CANCELLED
    assert runs.work(run.pk) is False
    with pytest.raises(Conflict):
        runs.cancel(run_id=run.pk, actor=alice)


def test_a_running_run_stops_before_its_next_step(run, alice, step):
    @step
    def count(mine: Run) -> bool:
        runs.progress(mine, done=mine.done + 1)
        runs.cancel(run_id=mine.pk, actor=alice)
        return True

    runs.work(run.pk)
    assert (again(run).status, again(run).done) == (RunStatus.CANCELLED, 1)


def test_a_stranger_cannot_cancel_and_does_not_learn_that_the_run_exists(run, mallory):
    with pytest.raises(Missing):
        runs.cancel(run_id=run.pk, actor=mallory)
    assert again(run).cancel_requested is False


def test_a_kind_this_version_does_not_know_fails_in_words(organisation, alice):
    run = runs.start(kind="tests.gone", organisation=organisation, actor=alice, title="Old")
    runs.work(run.pk)
    assert again(run).problem_code == "unknown_kind"


def test_what_a_run_changes_is_told_as_its_starters(run, alice, organisation, step):
    @step
    def rename(mine: Run) -> bool:
        Organisation.objects.filter(pk=organisation.pk).update(name="Renamed")
        return False

    runs.work(run.pk)
    told = AuditEntry.objects.get(table="accounts_organisation", row=organisation.pk)
    assert (told.actor_id, told.request_id) == (alice.pk, f"run:{run.pk}")


def test_statements_of_a_run_may_take_as_long_as_they_need(run, step):
    seen: list[str] = []

    def timeout() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            return str(cursor.fetchone()[0])

    @step
    def look(mine: Run) -> bool:
        seen.append(timeout())
        with transaction.atomic():
            Run.objects.across_organisations("tests").filter(pk=mine.pk).update(done=F("done") + 1)
            seen.append(timeout())
        return False

    runs.work(run.pk)
    assert seen == ["0", "0"]
    assert timeout() != "0"
