"""Background work: four queues, and one table of what the clock does."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, Task
from celery.signals import beat_init, setup_logging, worker_init
from django.core.exceptions import ImproperlyConfigured
from django_structlog.celery.steps import DjangoStructLogInitStep

from foundation import transactions

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")


class ActingTask(Task):
    """A task whose changes the audit trail tells as "Beckon: <its name>"; a run inside tells its starter instead."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with transactions.settings_for_each_transaction(lambda: transactions.system(self.name)):
            return super().__call__(*args, **kwargs)


app = Celery("beckon", task_cls=ActingTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Task and request ids in every line of a task.
app.steps["worker"].add(DjangoStructLogInitStep)
#: Everything else goes to ``default``; runs name their own queue (foundation.runs.kind).
app.conf.task_routes = {
    "outreach.tick": {"queue": "send"},
    "outreach.deliver_mailbox": {"queue": "send"},
    "outreach.sweep": {"queue": "send"},
    "outreach.copy_to_sent": {"queue": "inbound"},
    "outreach.read_due": {"queue": "inbound"},
    "outreach.read_mailbox": {"queue": "inbound"},
    "outreach.check_due": {"queue": "inbound"},
    "outreach.check_mailbox": {"queue": "inbound"},
    "outreach.compare_due": {"queue": "inbound"},
    "outreach.compare_mailbox": {"queue": "inbound"},
    "integrations.sync_due": {"queue": "sync"},
    "integrations.sync_connection": {"queue": "sync"},
    "integrations.subscribe_connection": {"queue": "sync"},
    "integrations.follow_webhooks": {"queue": "sync"},
    "publishing.send_due": {"queue": "sync"},
}
app.conf.beat_schedule = {
    "deliver events": {"task": "foundation.tasks.deliver_events", "schedule": 1.0, "options": {"expires": 1}},
    "sweep runs": {"task": "foundation.tasks.sweep_runs", "schedule": 10.0, "options": {"expires": 10}},
    "heartbeat": {"task": "foundation.tasks.heartbeat", "schedule": 10.0, "options": {"expires": 10}},
    "refresh credits": {"task": "sourcing.refresh_credits", "schedule": 3600.0},
    "prune events": {"task": "foundation.tasks.prune_events", "schedule": 3600.0},
    "prune answers": {"task": "foundation.tasks.prune_answers", "schedule": 3600.0},
    "retention": {"task": "sourcing.propose_erasing", "schedule": 24 * 3600.0},
    "old archives": {"task": "sourcing.expire_archives", "schedule": 3600.0},
    "prune merges": {"task": "sourcing.prune_merges", "schedule": 3600.0},
    "index imports": {"task": "sourcing.index_imports", "schedule": 10.0, "options": {"expires": 10}},
    "prune imports": {"task": "sourcing.prune_imports", "schedule": 3600.0},
    "outbox tick": {"task": "outreach.tick", "schedule": 1.0, "options": {"expires": 1}},
    "outbox sweep": {"task": "outreach.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "sent copies": {"task": "outreach.copy_to_sent", "schedule": 5.0, "options": {"expires": 5}},
    "read mailboxes": {"task": "outreach.read_due", "schedule": 1.0, "options": {"expires": 1}},
    "compare mailboxes": {"task": "outreach.compare_due", "schedule": 15.0, "options": {"expires": 15}},
    "check mailboxes": {"task": "outreach.check_due", "schedule": 5.0, "options": {"expires": 5}},
    "mentions": {"task": "sourcing.tell_mentioned", "schedule": 30.0, "options": {"expires": 30}},
    "prune bulk items": {"task": "sourcing.prune_bulk_items", "schedule": 86_400.0},
    "saved searches": {
        "task": "sourcing.tell_saved_searches",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "what exports overwrote": {"task": "integrations.forget_before", "schedule": 86_400.0},
    "unused files": {"task": "outreach.remove_unused_files", "schedule": 86_400.0},
    "campaigns tick": {"task": "campaigns.tick", "schedule": 5.0, "options": {"expires": 5}},
    "broken mailboxes": {"task": "campaigns.tell_broken", "schedule": 30.0, "options": {"expires": 30}},
    "sync tasks": {"task": "integrations.sync_due", "schedule": 5.0, "options": {"expires": 5}},
    "pull": {"task": "integrations.pull_due", "schedule": 60.0, "options": {"expires": 60}},
    "webhooks": {"task": "integrations.webhooks_due", "schedule": 30.0, "options": {"expires": 30}},
    "webhooks to others": {"task": "publishing.send_due", "schedule": 1.0, "options": {"expires": 1}},
    "prune published events": {"task": "publishing.prune", "schedule": 3600.0},
    "campaigns sweep": {"task": "campaigns.sweep", "schedule": 30.0, "options": {"expires": 30}},
}


@worker_init.connect
@beat_init.connect
def stop_on_wrong_configuration(**_signal: Any) -> None:
    """Workers and beat refuse to start as the web process does; Celery would only log any other exception."""
    from config.checks import stop_on_errors  # noqa: PLC0415 - Django is set up only now

    try:
        stop_on_errors()
    except ImproperlyConfigured as wrong:
        raise SystemExit(str(wrong)) from None


@setup_logging.connect
def keep_our_logs(**_signal: Any) -> None:
    """Settings have configured logging (config.logs); with a receiver here Celery leaves it as it is."""
