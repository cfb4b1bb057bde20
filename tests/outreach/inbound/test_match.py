"""The look-ups of matching are answered by indexes, whatever the mailbox has sent before."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.inbound.match import Certainty, match
from outreach.inbound.parse import parse
from outreach.models import Message
from outreach.states import Verdict
from sourcing.models import ContactPoint
from tests.outreach import making
from tests.outreach.inbound.mails import LATER, mail, sent

pytestmark = pytest.mark.django_db


def test_no_question_of_matching_reads_the_table_of_messages(django_assert_max_num_queries):
    box = making.mailbox()
    person = making.person(box, "Eva")
    ContactPoint.objects.create(
        organisation_id=box.organisation_id,
        candidate=person,
        kind="email",
        value="eva@home.example",
        normalised="eva@home.example",
        origin="imported",
    )
    template = sent(box, "eva@work.example", candidate_id=person.pk)
    fields = [f.name for f in Message._meta.concrete_fields if f.name != "id"]
    values = {name: getattr(template, name) for name in fields}
    others = (
        Message(
            **{
                **values,
                "our_message_id": f"{number}@x.example",
                "token": f"t{number}",
                "to_normalised": f"p{number}@else.example",
                "candidate": None,
                "provider_message_ids": [f"{number}@provider.example"] if number % 3 else [],
            }
        )
        for number in range(10_000)
    )
    Message.objects.bulk_create(others, batch_size=500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE outreach_message; ANALYZE sourcing_contactpoint")
    raw = mail(box, in_reply_to="<unknown@x.example>", references="<777@provider.other> <778@provider.other>")
    with (
        django_assert_max_num_queries(6),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        found = match(parse(raw), mailbox=box, verdict=Verdict.REPLY, received_at=LATER)
    assert (found.certainty, found.candidate_id) == (Certainty.ADDRESS, person.pk)
    plans = []
    for query in asked.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    scans = [plan for plan in plans if "Seq Scan on outreach_message" in plan]
    assert scans == []
    assert any("outreach_message_provider_ids" in plan for plan in plans)
    assert any("outreach_message_our_id_once" in plan for plan in plans)
    assert any("outreach_message_address" in plan for plan in plans)


def test_a_provider_id_is_found_among_many():
    box = making.mailbox()
    message = sent(box)
    Message.objects.across_organisations("test").filter(pk=message.pk).update(
        provider_message_ids=["a@provider.example", "b@provider.example"]
    )
    raw = mail(box, sender="x@y.example", references="<zzz@else.example> <b@provider.example>")
    found = match(parse(raw), mailbox=box, verdict=Verdict.REPLY, received_at=LATER)
    assert (found.certainty, found.message) == (Certainty.SURE, message)
