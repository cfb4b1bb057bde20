"""Emitting is a function of the database: planned once per connection, not once per event.

Planning and parsing the statement cost twice what it does, and emitting is on the path of every message that is sent.
Poolers forbid PREPARE (docs/architecture.md); plans inside functions are PostgreSQL's own to keep.
"""

from __future__ import annotations

from django.db import migrations

EMIT = """
CREATE FUNCTION foundation_emit(
    organisation bigint, news_kind text, subjects text[], told text[], consumers text[]
) RETURNS TABLE (event_id bigint, emitted_at timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH event AS (
        INSERT INTO foundation_event (organisation_id, kind, subject, ids, created_at)
        SELECT organisation, news_kind, news.subject, news.ids::jsonb, statement_timestamp()
          FROM unnest(subjects, told) WITH ORDINALITY AS news (subject, ids, place) ORDER BY news.place
        RETURNING id, organisation_id, subject, created_at
    ), owed AS (
        INSERT INTO foundation_delivery
               (organisation_id, event_id, consumer, subject, attempts, not_before, failure, dead, created_at)
        SELECT event.organisation_id, event.id, name, event.subject, 0, event.created_at, '', false, event.created_at
          FROM event, unnest(consumers) AS name
    )
    SELECT event.id, event.created_at FROM event;
END
$$
"""
GONE = "DROP FUNCTION foundation_emit(bigint, text, text[], text[], text[])"


class Migration(migrations.Migration):
    """Called by ``foundation.events.emit``."""

    dependencies = [("foundation", "0002_idempotent_answers")]

    operations = [migrations.RunSQL(EMIT, GONE)]
