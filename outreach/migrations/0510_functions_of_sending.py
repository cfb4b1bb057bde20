"""What every message passes on its way out are functions of the database: planned once per connection, not per message.

Planning was five sixths of what these statements cost the server: ``outreach_message`` has twenty indexes, and whether
an UPDATE may use each partial one is proved anew each time. Poolers forbid PREPARE (docs/architecture.md); plans inside
functions are PostgreSQL's own to keep. Each statement inside sees what was committed before it, as it did when it was
sent alone.
"""

from __future__ import annotations

from django.db import migrations

LOCK = """
CREATE FUNCTION outreach_lock_for_begin(
    mailbox bigint, token text, lane bigint, enough interval,
    OUT leased boolean, OUT daily_limit integer, OUT min_gap_seconds integer, OUT max_gap_seconds integer,
    OUT in_use_since date, OUT next_send_at timestamptz, OUT short boolean,
    OUT lane_organisation bigint, OUT held text, OUT held_text text, OUT lane_limit integer, OUT zone text,
    OUT allowed_days smallint[], OUT holidays date[], OUT opens time, OUT closes time
) LANGUAGE plpgsql AS $$
BEGIN
    -- The lane comes first: Pause takes the same row exclusively.
    IF lane IS NOT NULL THEN
        SELECT l.organisation_id, l.held, l.held_text, l.daily_limit, l.zone,
               l.allowed_days, l.holidays, l.opens, l.closes
          INTO lane_organisation, held, held_text, lane_limit, zone, allowed_days, holidays, opens, closes
          FROM outreach_lane l WHERE l.id = lane FOR SHARE;
    END IF;
    SELECT b.daily_limit, b.min_gap_seconds, b.max_gap_seconds, b.in_use_since, b.next_send_at,
           b.lease_until < now() + enough
      INTO daily_limit, min_gap_seconds, max_gap_seconds, in_use_since, next_send_at, short
      FROM outreach_mailbox b
     WHERE b.id = mailbox AND b.leased_by = token AND b.status = 'connected'
       FOR NO KEY UPDATE;
    leased := FOUND;
END
$$
"""
BEGIN = """
CREATE FUNCTION outreach_begin(
    message bigint, claim uuid, moment timestamptz, organisation bigint, lane bigint, day date, most integer,
    OUT counted boolean, OUT begun boolean
) LANGUAGE plpgsql AS $$
BEGIN
    counted := true;
    IF lane IS NOT NULL THEN
        -- The lane's day is compared where it is raised; what it does not let go is not touched.
        INSERT INTO outreach_laneday AS counting (organisation_id, lane_id, date, used)
        VALUES (organisation, lane, day, 1)
        ON CONFLICT (lane_id, date) DO UPDATE SET used = counting.used + 1
        WHERE most IS NULL OR counting.used < most;
        counted := FOUND;
    END IF;
    IF counted THEN
        UPDATE outreach_message SET status = 'sending', sending_at = moment, reason_code = '', reason_text = ''
        WHERE id = message AND status = 'claimed' AND claim_token = claim;
        begun := FOUND;
    END IF;
END
$$
"""
SETTLE = """
CREATE FUNCTION outreach_settle(
    message bigint, claim uuid, old text[], new text, reason text, words text, class text, settled timestamptz,
    sent timestamptz, wait_until timestamptz, failed boolean, tried timestamptz, word text, reply_code text,
    reply_text text
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS (
        UPDATE outreach_message SET
            status = new, reason_code = reason, reason_text = words, failure_class = class, settled_at = settled,
            sent_at = COALESCE(sent, sent_at), copy_due_at = COALESCE(sent, copy_due_at),
            not_before = COALESCE(wait_until, not_before), tries = tries + 1,
            first_failed_at = CASE WHEN failed THEN COALESCE(first_failed_at, tried) ELSE first_failed_at END,
            claim_token = CASE WHEN new = 'uncertain' THEN claim_token END
        WHERE id = message AND status = ANY(old) AND claim_token = claim
        RETURNING organisation_id, id
    )
    INSERT INTO outreach_sendtry (organisation_id, message_id, at, outcome, code, text)
    SELECT moved.organisation_id, moved.id, tried, word, reply_code, reply_text FROM moved;
    RETURN FOUND;
END
$$
"""


class Migration(migrations.Migration):
    """Called by ``outreach.outbox.transitions``, the only writer of a claimed message's status."""

    dependencies = [("outreach", "0502_index_of_open_answers")]

    operations = [
        migrations.RunSQL(LOCK, "DROP FUNCTION outreach_lock_for_begin(bigint, text, bigint, interval)"),
        migrations.RunSQL(
            BEGIN,
            "DROP FUNCTION outreach_begin(bigint, uuid, timestamptz, bigint, bigint, date, integer)",
        ),
        migrations.RunSQL(SETTLE, "DROP FUNCTION outreach_settle"),
    ]
