"""News arrives once it is committed, in order, whatever dies in between."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Organisation
from foundation import events, tasks
from foundation.models import Delivery, Event

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "tests.happened"
ME = "tests.listener"


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Subjects in the order in which the listener got them."""
    subjects: list[str] = []

    @events.consumer(ME, KIND)
    def listen(event: Event) -> None:
        subjects.append(f"{event.subject}#{event.ids['number']}")

    yield subjects
    events.unregister(ME)


def tell(organisation: Organisation, subject: str, number: int = 1) -> Event:
    with transaction.atomic():
        return events.emit(KIND, organisation_id=organisation.pk, subject=subject, number=number)


def deliver() -> int:
    return events.deliver(consumers=[ME])


def owed() -> list[Delivery]:
    return list(Delivery.objects.across_organisations("tests").filter(consumer=ME).order_by("pk"))


def make_due() -> None:
    Delivery.objects.across_organisations("tests").update(not_before=Now())


def test_news_outside_a_transaction_is_refused(organisation, heard):
    with pytest.raises(events.OutsideTransaction):
        events.emit(KIND, organisation_id=organisation.pk, subject="recipient:1")
    assert not Event.objects.across_organisations("tests").exists()


def test_news_of_a_change_that_was_rolled_back_is_never_told(organisation, heard):
    with transaction.atomic():
        events.emit(KIND, organisation_id=organisation.pk, subject="recipient:1", number=1)
        transaction.set_rollback(True)
    assert deliver() == 0
    assert heard == []


def test_each_event_is_told_once_to_each_consumer(organisation, heard):
    others: list[str] = []

    @events.consumer("tests.other", KIND)
    def listen_too(event: Event) -> None:
        others.append(event.subject)

    try:
        tell(organisation, "recipient:1")
        assert events.deliver(consumers=[ME, "tests.other"]) == 2
        assert events.deliver(consumers=[ME, "tests.other"]) == 0
    finally:
        events.unregister("tests.other")
    assert (heard, others) == (["recipient:1#1"], ["recipient:1"])


def test_news_about_many_subjects_is_told_once_about_each(organisation, heard):
    news = {f"message:{number}": {"number": number} for number in range(3)}
    with pytest.raises(events.OutsideTransaction):
        events.emit_many(KIND, organisation_id=organisation.pk, news=news)
    with transaction.atomic():
        events.emit_many(KIND, organisation_id=organisation.pk, news=news)
        events.emit_many(KIND, organisation_id=organisation.pk, news={})
    assert deliver() == 3
    assert sorted(heard) == ["message:0#0", "message:1#1", "message:2#2"]
    assert owed() == []


def test_the_events_of_one_subject_arrive_in_their_order(organisation, heard):
    for number in range(5):
        tell(organisation, "recipient:1", number)
    while deliver():
        pass
    assert heard == [f"recipient:1#{number}" for number in range(5)]


def test_a_failing_consumer_holds_its_subject_and_nobody_elses(organisation):
    broken, seen = {"recipient:1"}, []

    @events.consumer(ME, KIND)
    def listen(event: Event) -> None:
        if event.subject in broken:
            raise ValueError("Ada Lovelace <ada@example.com> has no address")
        seen.append(f"{event.subject}#{event.ids['number']}")

    try:
        tell(organisation, "recipient:1", 1)
        tell(organisation, "recipient:1", 2)
        tell(organisation, "recipient:2", 1)
        deliver()
        assert seen == ["recipient:2#1"]
        held = owed()
        assert [(row.attempts, row.failure) for row in held] == [(1, "builtins.ValueError"), (0, "")]
        assert "Ada" not in held[0].failure

        broken.clear()
        make_due()
        while deliver():
            pass
        assert seen == ["recipient:2#1", "recipient:1#1", "recipient:1#2"]
    finally:
        events.unregister(ME)


def test_what_a_failing_consumer_wrote_is_rolled_back(organisation):
    @events.consumer(ME, KIND)
    def listen(event: Event) -> None:
        Organisation.objects.filter(pk=event.organisation_id).update(name="half done")
        raise ValueError

    try:
        tell(organisation, "recipient:1")
        deliver()
    finally:
        events.unregister(ME)
    organisation.refresh_from_db()
    assert organisation.name == "Northgate Search"


def test_a_consumer_that_breaks_its_transaction_is_recorded_too(organisation):
    @events.consumer(ME, KIND)
    def listen(event: Event) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    try:
        tell(organisation, "recipient:1")
        assert deliver() == 0
    finally:
        events.unregister(ME)
    assert [(row.attempts, row.failure) for row in owed()] == [(1, "django.db.utils.DataError")]


def test_the_wait_grows_and_after_the_last_try_the_delivery_is_dead_and_visible(organisation):
    @events.consumer(ME, KIND)
    def listen(event: Event) -> None:
        raise ValueError

    try:
        tell(organisation, "recipient:1")
        waits = []
        for _ in range(len(events.BACKOFF)):
            before = timezone.now()
            deliver()
            waits.append(owed()[0].not_before - before)
            make_due()
        assert all(wait >= rule for wait, rule in zip(waits, events.BACKOFF, strict=True))
        assert events.waiting()["dead"] == 0
        deliver()
        assert events.waiting()["dead"] == 1
        make_due()
        assert deliver() == 0, "a dead delivery is not tried again by itself"
        assert owed()[0].attempts == len(events.BACKOFF) + 1
    finally:
        events.unregister(ME)


def test_a_dead_delivery_comes_back_when_a_person_says_so(organisation, heard):
    tell(organisation, "recipient:1")
    Delivery.objects.across_organisations("tests").update(dead=True, attempts=12)
    assert deliver() == 0
    assert events.revive([owed()[0].pk]) == 1
    assert deliver() == 1


def test_two_deliverers_at_once_tell_everything_once_and_in_order(organisation, heard):
    for number in range(20):
        for subject in range(4):
            tell(organisation, f"recipient:{subject}", number)
    start = threading.Barrier(4)

    def drain() -> None:
        try:
            start.wait()
            idle = 0
            while idle < 20:
                idle = 0 if deliver() else idle + 1
        finally:
            connection.close()

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 80
    for subject in range(4):
        of_subject = [word for word in heard if word.startswith(f"recipient:{subject}#")]
        assert of_subject == [f"recipient:{subject}#{number}" for number in range(20)]
    assert owed() == []


def test_a_delivery_another_worker_holds_is_passed_by(organisation, heard):
    tell(organisation, "recipient:1", 1)
    tell(organisation, "recipient:1", 2)
    tell(organisation, "recipient:2", 1)
    locked, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                first = owed()[0].pk
                list(Delivery.objects.across_organisations("tests").filter(pk=first).select_for_update())
                locked.set()
                let_go.wait(60)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(60)
    deliver()
    let_go.set()
    holder.join()
    assert heard == ["recipient:2#1"]


def test_a_worker_killed_between_commit_and_delivery_loses_nothing(organisation, heard):
    """A real process emits, commits and is killed before anybody was told."""
    script = textwrap.dedent(
        f"""
        import os, signal, django
        django.setup()
        from django.conf import settings
        from django.db import connection, transaction
        from foundation import events
        connection.settings_dict["NAME"] = {connection.settings_dict["NAME"]!r}
        events._wake = lambda: os.kill(os.getpid(), signal.SIGKILL)
        events.consumer({ME!r}, {KIND!r})(lambda event: None)
        with transaction.atomic():
            events.emit({KIND!r}, organisation_id={organisation.pk}, subject="recipient:9", number=1)
        raise SystemExit("it should be dead by now")
        """
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL
    assert deliver() == 1
    assert heard == ["recipient:9#1"]


def test_a_worker_killed_inside_a_consumer_neither_did_it_nor_forgot_it(organisation, heard):
    tell(organisation, "recipient:9")
    script = textwrap.dedent(
        f"""
        import os, signal, django
        django.setup()
        from django.db import connection
        from accounts.models import Organisation
        from foundation import events
        connection.settings_dict["NAME"] = {connection.settings_dict["NAME"]!r}
        def die(event):
            Organisation.objects.update(name="half done")
            os.kill(os.getpid(), signal.SIGKILL)
        events.consumer({ME!r}, {KIND!r})(die)
        events.deliver(consumers=[{ME!r}])
        """
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=60, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL
    organisation.refresh_from_db()
    assert organisation.name == "Northgate Search"
    assert deliver() == 1
    assert heard == ["recipient:9#1"]


def test_a_wake_up_says_once_that_there_is_work_until_a_worker_looks(organisation, heard, monkeypatch):
    sent: list[bool] = []
    monkeypatch.setattr(tasks.deliver_events, "apply_async", lambda **_: sent.append(True))
    cache.delete(events._WAKE_KEY)
    tell(organisation, "recipient:1")
    tell(organisation, "recipient:2")
    assert len(sent) == 1
    events.heard()
    tell(organisation, "recipient:3")
    assert len(sent) == 2


def test_a_stream_of_news_wakes_at_once_and_again_at_its_end_and_no_worker_in_between(
    organisation, heard, monkeypatch
):
    sent: list[bool] = []
    monkeypatch.setattr(tasks.deliver_events, "apply_async", lambda **_: sent.append(True))
    events.heard()
    with events.one_stream():
        tell(organisation, "recipient:1")
        assert len(sent) == 1
        for number in (2, 3):
            events.heard()
            tell(organisation, f"recipient:{number}")
        assert len(sent) == 1
        monkeypatch.setattr(events, "_STREAM_WAKES", 0.0)
        tell(organisation, "recipient:4")
        assert len(sent) == 2
        monkeypatch.setattr(events, "_STREAM_WAKES", 60.0)
        events.heard()
        tell(organisation, "recipient:5")
    assert len(sent) == 3


def test_news_told_within_the_statement_of_the_change_is_written_when_it_is_evaluated(organisation, heard):
    with pytest.raises(events.OutsideTransaction):
        events.within(KIND, organisation_id=organisation.pk, subject="recipient:1")
    with transaction.atomic():
        telling, values = events.within(
            KIND, organisation_id=organisation.pk, subject="recipient:1", number=7
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT CASE WHEN false THEN {telling} END", values)
            assert not Event.objects.for_organisation(organisation).exists()
            cursor.execute(f"SELECT CASE WHEN true THEN {telling} END", values)
    event = Event.objects.for_organisation(organisation).get()
    assert (event.kind, event.subject, event.ids) == (KIND, "recipient:1", {"number": 7})
    assert [delivery.event_id for delivery in owed()] == [event.pk]


def test_without_redis_the_news_still_waits_for_beat(organisation, heard, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "foundation.redis_cache.RedisCache",
            "LOCATION": "unix:///nowhere/redis.sock",
        }
    }
    tell(organisation, "recipient:1")
    assert deliver() == 1


def test_old_events_go_when_nobody_is_owed_them(organisation, heard):
    kept, gone = tell(organisation, "recipient:1"), tell(organisation, "recipient:2")
    Delivery.objects.across_organisations("tests").filter(event=gone).delete()
    later = timezone.now() + events.RETENTION + datetime.timedelta(minutes=1)
    assert events.prune(now=timezone.now()) == 0
    assert events.prune(now=later) == 1
    assert list(Event.objects.across_organisations("tests")) == [kept]
