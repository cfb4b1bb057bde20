"""What the clock calls exists."""

from __future__ import annotations

from config.celery import app


def test_every_entry_of_the_clock_names_a_task_that_a_worker_knows():
    app.loader.import_default_modules()
    unknown = {entry["task"] for entry in app.conf.beat_schedule.values()} - set(app.tasks)
    assert unknown == set()
