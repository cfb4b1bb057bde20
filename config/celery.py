"""Background work: four queues, and one table of what the clock does."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

app = Celery("beckon")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
#: Everything else goes to ``default``; runs name their own queue (foundation.runs.kind).
app.conf.task_routes = {
    "outreach.tick": {"queue": "send"},
    "outreach.deliver_mailbox": {"queue": "send"},
    "outreach.sweep": {"queue": "send"},
    "outreach.copy_to_sent": {"queue": "inbound"},
    "outreach.read_due": {"queue": "inbound"},
    "outreach.read_mailbox": {"queue": "inbound"},
}
app.conf.beat_schedule = {
    "deliver events": {"task": "foundation.tasks.deliver_events", "schedule": 1.0, "options": {"expires": 1}},
    "sweep runs": {"task": "foundation.tasks.sweep_runs", "schedule": 10.0, "options": {"expires": 10}},
    "heartbeat": {"task": "foundation.tasks.heartbeat", "schedule": 10.0, "options": {"expires": 10}},
    "prune events": {"task": "foundation.tasks.prune_events", "schedule": 3600.0},
    "outbox tick": {"task": "outreach.tick", "schedule": 1.0, "options": {"expires": 1}},
    "outbox sweep": {"task": "outreach.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "sent copies": {"task": "outreach.copy_to_sent", "schedule": 5.0, "options": {"expires": 5}},
    "read mailboxes": {"task": "outreach.read_due", "schedule": 1.0, "options": {"expires": 1}},
    "campaigns tick": {"task": "campaigns.tick", "schedule": 5.0, "options": {"expires": 5}},
    "campaigns sweep": {"task": "campaigns.sweep", "schedule": 30.0, "options": {"expires": 30}},
}
