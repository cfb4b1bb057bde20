"""``make bench-outbox-page``: the Outbox, the Inbox and a person's timeline among MESSAGES messages.

The rows are written by SQL: all sent but 50,000 that wait and 1,000 that are uncertain; 1,000,000 planned steps of 200
campaigns; 200,000 mails that came in. Pages are asked for as a browser does, template included, by somebody who is no
admin, first pages and pages deep inside.
"""

from __future__ import annotations

import argparse
import html
import logging
import math
import re
import time
from collections.abc import Callable
from typing import Any

from bench.report import Figure, show
from config.embedded.stack import Stack

ROUNDS = 40
_NEXT = re.compile(r'href="([^"]*)"[^>]*rel="next"')
_MESSAGES = """
    INSERT INTO outreach_message (
        organisation_id, mailbox_id, lane_id, candidate_id, origin, created_by_id, created_at, step_ref,
        read_before_write, to_address, to_name, to_normalised, subject, body_text, body_html, our_message_id,
        provider_message_ids, token, in_reply_to, "references", status, rank, planned_at, not_before, tries, sending_at,
        sent_at, settled_at, reason_code, reason_text, failure_class, copy_tries)
    SELECT %(organisation)s, %(mailbox)s + n %% 50, %(lane)s + n %% 200, %(candidate)s + n %% 5000, 'campaign',
           %(user)s, now(), '', false, 'p' || n || '@example.org', 'Person ' || n, 'p' || n || '@example.org',
           'Hello ' || n, 'Text', '', n || '@bench.example', '{}', 'b' || n, '', '',
           CASE WHEN n %% 100 = 0 THEN 'queued' WHEN n %% 5000 = 1 THEN 'uncertain' ELSE 'sent' END, 3,
           CASE WHEN n %% 100 = 0 THEN now() + n * interval '1 second' ELSE now() - n * interval '1 second' END,
           now() + n * interval '1 second', 0,
           CASE WHEN n %% 100 = 0 THEN NULL ELSE now() - interval '2 days' - n * interval '1 second' END,
           CASE WHEN n %% 100 = 0 THEN NULL ELSE now() - interval '2 days' - n * interval '1 second' END,
           CASE WHEN n %% 100 = 0 THEN NULL ELSE now() - interval '2 days' - n * interval '1 second' END, '', '', '', 0
      FROM generate_series(%(first)s, %(last)s) AS n
"""
_RECIPIENTS = """
    INSERT INTO campaigns_recipient (
        organisation_id, campaign_id, candidate_id, added_at, progress, hold, hold_code, hold_text, ended_reason, seed,
        branch, next_step_id, planned_at, turn, plan_text, next_try, address, override_address)
    SELECT %(organisation)s, %(campaign)s + n / 5000, %(candidate)s + n %% 5000, now(), 'started', 'none', '', '', '',
           'x', 'started', %(step)s + n / 5000, now() + (n::bigint * 7919 %% 1000000) * interval '2 seconds', 2,
           'Planned', 1, '', ''
      FROM generate_series(0, %(planned)s - 1) AS n
"""
_INBOUND = """
    INSERT INTO outreach_inboundmessage (
        organisation_id, mailbox_id, raw_hash, message_id_hash, received_at, read_at, verdict, certainty, explanation,
        candidate_id, from_address, from_name, subject, body_text, quoted_text, rfc_message_id, "references",
        failure_class, status_code, interest, interest_phrase, corrected_interest)
    SELECT %(organisation)s, %(mailbox)s + n %% 50, 'h' || n, '', now() - n * interval '37 seconds', now(),
           CASE WHEN n %% 5 = 0 THEN 'bounce' ELSE 'reply' END, 'sure', '', %(candidate)s + n %% 5000, 'p@example.org',
           'Person', 'Re: Hello', 'Text', '', '', '', '', '', CASE WHEN n %% 9 = 0 THEN 'interested' ELSE '' END, '', ''
      FROM generate_series(1, 200000) AS n
"""


def main() -> int:
    """Run the bench; the exit code says whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--planned", type=int, default=1_000_000, help="planned steps, at most 1,000,000")
    wanted = parser.parse_args()
    with Stack(workers=(), web=False) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        return show(_measure(wanted.messages, wanted.planned))


def _measure(messages: int, planned: int) -> list[Figure]:
    from django.conf import settings  # noqa: PLC0415 - Django is loaded only now
    from django.test import Client, override_settings  # noqa: PLC0415

    viewer, candidate = _build(messages, planned)
    client = Client(SERVER_NAME="localhost")
    client.force_login(viewer)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        return _figures(client, viewer, candidate)


def _figures(client: Any, viewer: Any, candidate: Any) -> list[Figure]:
    return [
        Figure(
            "outbox_first_page_p95", _p95(lambda: _get(client, "/outreach/outbox/")), 200.0, "ms", most=True
        ),
        Figure("outbox_deep_page_p95", _walk(client, "/outreach/outbox/"), 200.0, "ms", most=True),
        Figure(
            "outbox_recent_p95",
            _p95(lambda: _get(client, "/outreach/outbox/?show=sent")),
            200.0,
            "ms",
            most=True,
        ),
        Figure(
            "outbox_uncertain_p95",
            _p95(lambda: _get(client, "/outreach/outbox/?show=uncertain")),
            200.0,
            "ms",
            most=True,
        ),
        Figure("inbox_p95", _p95(lambda: _get(client, "/inbox/")), 200.0, "ms", most=True),
        Figure(
            "inbox_needs_answer_p95",
            _p95(lambda: _get(client, "/inbox/?show=answer")),
            200.0,
            "ms",
            most=True,
        ),
        Figure(
            "inbox_interested_p95",
            _p95(lambda: _get(client, "/inbox/?show=interested")),
            200.0,
            "ms",
            most=True,
        ),
        Figure("person_timeline_p95", _p95(lambda: _timeline(candidate, viewer)), 100.0, "ms", most=True),
    ]


def _build(messages: int, planned: int) -> tuple[Any, Any]:
    """The rows, and who looks at them: a recruiter, to whom a confidential project is hidden."""
    from django.db import connection  # noqa: PLC0415 - see _measure
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Organisation, Role, User  # noqa: PLC0415
    from campaigns import editing  # noqa: PLC0415
    from outreach.models import Lane, Mailbox  # noqa: PLC0415
    from sourcing.models import Candidate, Project, Visibility  # noqa: PLC0415

    organisation = Organisation.objects.create(name="Bench")
    owner = User.objects.create_user("bench@bench.example", name="Bench", organisation=organisation)
    viewer = User.objects.create_user(
        "bob@bench.example", name="Bob", organisation=organisation, role=Role.RECRUITER
    )
    now = timezone.now()
    boxes = Mailbox.objects.bulk_create(
        Mailbox(
            organisation=organisation,
            owner=owner,
            address=f"box{n}@bench.example",
            smtp_host="127.0.0.1",
            imap_host="127.0.0.1",
            smtp_username="x",
            imap_username="x",
            next_send_at=now,
            next_read_at=now,
            read_completely_at=now,
        )
        for n in range(50)
    )
    people = Candidate.objects.bulk_create(
        Candidate(organisation=organisation, first_name=f"Person {n}", last_name="Bench") for n in range(5000)
    )
    open_one = Project.objects.create(organisation=organisation, owner=owner, name="Open")
    hidden = Project.objects.create(
        organisation=organisation, owner=owner, name="Hidden", visibility=Visibility.CONFIDENTIAL
    )
    made = [
        editing.create_campaign(
            project=hidden if n % 20 == 0 else open_one, name=f"C{n}", actor=owner, mailbox=boxes[n % 50]
        )
        for n in range(200)
    ]
    Lane.objects.for_organisation(organisation).update(held="", held_text="")
    for campaign in made:
        step = campaign.steps.get()
        editing.edit_step(
            step=step, subject="Hello {{ first_name }}", body="Text", days=0, new_thread=False, actor=owner
        )
    values = {
        "organisation": organisation.pk,
        "mailbox": boxes[0].pk,
        "lane": made[0].lane_id,
        "candidate": people[0].pk,
        "campaign": made[0].pk,
        "step": made[0].steps.get().pk,
        "user": owner.pk,
        "planned": planned,
    }
    with connection.cursor() as cursor:
        # The rows fit together by construction; checking each foreign key would take longer than writing it.
        cursor.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        for first in range(1, messages + 1, 500_000):
            cursor.execute(_MESSAGES, values | {"first": first, "last": min(first + 499_999, messages)})
        cursor.execute(_RECIPIENTS, values)
        cursor.execute(_INBOUND, values)
        cursor.execute("UPDATE campaigns_campaign SET status = 'running'")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET statement_timeout")
    return viewer, people[17]


def _get(client: Any, url: str) -> Any:
    answer = client.get(url)
    assert answer.status_code == 200, f"{url} answered {answer.status_code}"
    return answer


def _walk(client: Any, url: str) -> float:
    """From page to page, each deeper than the last."""
    spent = []
    following = url
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = _get(client, following)
        spent.append((time.perf_counter() - began) * 1000)
        found = _NEXT.search(answer.content.decode())
        following = url + html.unescape(found[1]) if found else url
    return _percentile(spent)


def _timeline(candidate: Any, viewer: Any) -> None:
    from outreach import personal  # noqa: PLC0415 - see _measure

    assert personal.timeline(candidate, viewer, 50)


def _p95(act: Callable[[], object]) -> float:
    act()
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        spent.append((time.perf_counter() - began) * 1000)
    return _percentile(spent)


def _percentile(spent: list[float]) -> float:
    return sorted(spent)[math.ceil(len(spent) * 0.95) - 1]


if __name__ == "__main__":
    raise SystemExit(main())
