"""Finding pairs: keys into a table, people under one key compared; everybody as a Run, who changed as news comes.

A key that more than ``meeting.BLOCK`` people share is not compared and is reported. The work is near linear:
reading everybody once, walking the keys once in their own order, comparing only who meets. Both ways of looking write
keys under one lock per organisation, so that two people made at the same moment still meet.
"""

from __future__ import annotations

import io
import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import ClassVar

import structlog
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from foundation import events, runs
from foundation.batches import batches
from foundation.models import Event, Run
from foundation.problems import Conflict
from sourcing import duplicates, matching, meeting
from sourcing.matching import Person, Rule, Verdict
from sourcing.models import Candidate, DuplicatePair, DuplicateScan, MatchKey, PairState, ScanPhase

log = structlog.get_logger(__name__)

SCAN = "duplicates.scan"

#: First key of the advisory lock; the second is the organisation.
_LOCK = 0xD0B1
#: So many people's keys are written at once, in key order: the index is larger than memory, and each of its pages
#: is then touched once per step instead of once per key. They are read in smaller parts.
_PEOPLE_AT_ONCE = 20_000
_PEOPLE_IN_MEMORY = 5_000
_BLOCKS_AT_ONCE = 4_000
#: Kinds of key under which people agree in an address, a number or a profile, not in name and company alone.
_EXACT = frozenset("epl")

_Pair = tuple[int, int]

# The walk in key order reads the primary key's index only; no other plan may be taken for it.
_BLOCKS = """
SELECT key, count(*), CASE WHEN count(*) <= %s THEN array_agg(candidate_id ORDER BY candidate_id) END
  FROM sourcing_matchkey
 WHERE organisation_id = %s AND key > %s
 GROUP BY key HAVING count(*) > 1 ORDER BY key LIMIT %s
"""
_KINDS = """
SELECT k.key, o.kind FROM unnest(%s::bigint[]) AS k (key)
 CROSS JOIN LATERAL (SELECT kind FROM sourcing_matchkey WHERE organisation_id = %s AND key = k.key LIMIT 1) o
"""
_LOWEST = -(2**63)
_STORE = """
INSERT INTO sourcing_duplicatepair (organisation_id, first_id, second_id, score, reasons, certain, state, found_at)
SELECT %s, r.first, r.second, r.score, string_to_array(r.reasons, ','), r.certain, 'open', statement_timestamp()
  FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::text[], %s::bool[])
       AS r (first, second, score, reasons, certain)
ON CONFLICT (first_id, second_id) DO UPDATE
   SET score = excluded.score, reasons = excluded.reasons, certain = excluded.certain, found_at = excluded.found_at
 WHERE sourcing_duplicatepair.state = 'open'
RETURNING id, xmax = 0
"""


class ScanUnderWay(Conflict):
    """Somebody is looking at everybody already."""

    code: ClassVar[str] = "scan_under_way"


# ── who changed ─────────────────────────────────────────────────────────────


#: Fields that no rule of ``matching`` reads: who is tagged is nobody else for it.
_TELL_NOTHING = frozenset({"tags", "skills", "owner_id", "summary", "record_type"})


@events.consumer(
    "sourcing.duplicates",
    "candidate.created",
    "candidate.updated",
    "candidate.merged",
    "candidate.unmerged",
    "candidates.changed",
)
def react(event: Event) -> None:
    """News about people: look at them again, in the transaction of the delivery."""
    fields = str(event.ids.get("fields") or "").split(",")
    if all(name in _TELL_NOTHING for name in fields):
        return
    ids = [int(event.ids[name]) for name in ("candidate_id", "other_id") if event.ids.get(name)]
    ids += [int(pk) for pk in str(event.ids.get("candidate_ids") or "").split(",") if pk]
    look_at(event.organisation_id, ids)


@transaction.atomic
def look_at(organisation_id: int, candidate_ids: Collection[int]) -> int:
    """Write the people's keys anew and compare them with whom they meet; how many open pairs they are in.

    Open pairs of theirs that no longer hold are taken away; what people decided stays.
    """
    _alone(organisation_id)
    people = meeting.load(organisation_id, candidate_ids)
    keys = {pk: matching.keys(person) for pk, person in people.items()}
    _write_keys(organisation_id, candidate_ids, keys)
    blocks = meeting.under_keys(
        organisation_id, {matching.hashed(key) for found in keys.values() for key in found}
    )
    mine = set(people)
    pairs = {
        pair
        for block in blocks.values()
        for pair in itertools.combinations(block, 2)
        if not mine.isdisjoint(pair)
    }
    others = {pk for pair in pairs for pk in pair} - mine
    people |= meeting.load(organisation_id, others)
    found = _judge(people, pairs, duplicates.rule_of(organisation_id))
    _store(organisation_id, found)
    _forget(organisation_id, mine, found)
    # Somebody may be merged or erased at this moment: the delivery fails here, alone, and is tried again.
    connection.check_constraints()
    return len(found)


# ── everybody ───────────────────────────────────────────────────────────────


@transaction.atomic
def start(*, actor: User) -> DuplicateScan:
    """Look at everybody, as a run. Raises :class:`ScanUnderWay`."""
    _alone(actor.tenant_id)
    last = duplicates.last_scan(actor)
    if last is not None and last.run is not None and not last.run.ended:
        raise ScanUnderWay("The search for duplicates is under way.")
    scan = DuplicateScan.objects.create(organisation_id=actor.tenant_id)
    scan.run = runs.start(
        kind=SCAN,
        organisation=actor.organisation,
        actor=actor,
        title="Looking for duplicates",
        subject="duplicates",
        total=Candidate.objects.for_organisation(actor.organisation_id).count(),
        params={"scan_id": scan.pk},
    )
    scan.save(update_fields=["run"])
    return scan


@runs.kind(SCAN)
def step(run: Run) -> bool:
    """The next few thousand people or blocks of the scan; each step is one transaction and the resume point."""
    scan = DuplicateScan.objects.for_organisation(run.organisation_id).get(pk=run.params["scan_id"])
    if scan.phase == ScanPhase.DONE:
        runs.finish(run, result=_result(scan))
        return False
    try:
        (_read_people if scan.phase == ScanPhase.KEYS else _compare)(scan, run)
    except IntegrityError:
        # Somebody among these people was merged or erased while they were read. The step again, with whoever is left.
        log.info("duplicates.step_again", scan_id=scan.pk)
        scan.refresh_from_db()
        (_read_people if scan.phase == ScanPhase.KEYS else _compare)(scan, run)
    return True


@transaction.atomic
def _read_people(scan: DuplicateScan, run: Run) -> None:
    _alone(scan.organisation_id)
    rows = Candidate.objects.for_organisation(scan.organisation_id).filter(pk__gt=scan.after_id)
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:_PEOPLE_AT_ONCE])
    if not ids:
        scan.phase, scan.after_key = ScanPhase.PAIRS, _LOWEST
        scan.save(update_fields=["phase", "after_key"])
        transaction.on_commit(_learn)
        return
    keys = {
        pk: matching.keys(person)
        for some in batches(ids, _PEOPLE_IN_MEMORY)
        for pk, person in meeting.load(scan.organisation_id, some).items()
    }
    _write_keys(scan.organisation_id, ids, keys)
    scan.after_id = ids[-1]
    scan.people += len(ids)
    scan.save(update_fields=["after_id", "people"])
    runs.progress(run, done=scan.people // 2, total=max(run.total, scan.people), note="Reading people")


@transaction.atomic
def _compare(scan: DuplicateScan, run: Run) -> None:
    blocks = _next_blocks(scan)
    if not blocks:
        _end(scan)
        return
    kinds = _kinds(scan.organisation_id, [key for key, _, _ in blocks])
    pairs = _pairs(block for key, _, block in blocks if kinds.get(key) in _EXACT)
    by_name = _pairs(block for key, _, block in blocks if kinds.get(key) not in _EXACT) - pairs
    compared = len(pairs) + len(by_name)
    pairs |= _open_by_name(scan.organisation_id, by_name)
    rule = duplicates.rule_of(scan.organisation_id)
    found: dict[_Pair, matching.Match] = {}
    for some in batches(sorted(pairs), _PEOPLE_IN_MEMORY):
        people = meeting.load(scan.organisation_id, {pk for pair in some for pk in pair})
        found |= _judge(people, some, rule)
    _store(scan.organisation_id, found)
    too_large = Counter(kinds[key] for key, _, block in blocks if block is None and key in kinds)
    scan.after_key = blocks[-1][0]
    scan.compared += compared
    scan.skipped += too_large.total()
    scan.skipped_kinds = dict(Counter(scan.skipped_kinds) + too_large)
    scan.save(update_fields=["after_key", "compared", "skipped", "skipped_kinds"])
    walked = (scan.after_key - _LOWEST) / 2**64
    runs.progress(run, done=round(scan.people * (0.5 + walked / 2)), note="Comparing")


def _next_blocks(scan: DuplicateScan) -> list[tuple[int, int, list[int] | None]]:
    """``(key, people, who)``; ``who`` is None where there are too many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
        )
        cursor.execute(_BLOCKS, [meeting.BLOCK, scan.organisation_id, scan.after_key, _BLOCKS_AT_ONCE])
        rows: list[tuple[int, int, list[int] | None]] = cursor.fetchall()
        cursor.execute(
            "SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on; SET LOCAL enable_sort = on"
        )
    return rows


def _end(scan: DuplicateScan) -> None:
    """Everything was compared: open pairs that were not found again no longer hold."""
    pairs = DuplicatePair.objects.for_organisation(scan.organisation_id).filter(state=PairState.OPEN)
    pairs.filter(found_at__lt=scan.created_at).delete()
    scan.phase, scan.pairs = ScanPhase.DONE, pairs.count()
    scan.save(update_fields=["phase", "pairs"])


def _result(scan: DuplicateScan) -> dict[str, int | str]:
    left_out = f", {scan.skipped:,} too common keys left out" if scan.skipped else ""
    return {
        "summary": f"{scan.pairs:,} possible duplicates among {scan.people:,} people{left_out}",
        "people": scan.people,
        "compared": scan.compared,
        "pairs": scan.pairs,
        "skipped": scan.skipped,
    }


def _learn() -> None:
    """The table was just filled: the walk needs its visibility map and statistics. Cannot run in a transaction."""
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, SKIP_LOCKED) sourcing_matchkey")


# ── keys and pairs ──────────────────────────────────────────────────────────


def _alone(organisation_id: int) -> None:
    """One writer of keys per organisation; waiting for a slice of a scan is normal and may take seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '60s'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, organisation_id])


def _write_keys(organisation_id: int, ids: Iterable[int], keys: Mapping[int, Iterable[str]]) -> None:
    """Replace the keys of these people, touching only what changed."""
    wanted = {(matching.hashed(key), pk): key[0] for pk, found in keys.items() for key in found}
    rows = MatchKey.objects.for_organisation(organisation_id).filter(candidate_id__in=meeting.among(ids))
    present = set(rows.values_list("key", "candidate_id"))
    old = present - wanted.keys()
    with connection.cursor() as cursor:
        if old:
            cursor.execute(
                "DELETE FROM sourcing_matchkey m USING unnest(%s::bigint[], %s::bigint[]) AS o (key, candidate_id)"
                " WHERE m.organisation_id = %s AND m.key = o.key AND m.candidate_id = o.candidate_id",
                [[key for key, _ in old], [pk for _, pk in old], organisation_id],
            )
        lines = (
            f"{organisation_id}\t{pk}\t{key}\t{kind}\n"
            for (key, pk), kind in sorted(wanted.items())
            if (key, pk) not in present
        )
        cursor.copy_expert(
            "COPY sourcing_matchkey (organisation_id, candidate_id, key, kind) FROM STDIN",
            io.StringIO("".join(lines)),
        )


def _judge(people: Mapping[int, Person], pairs: Iterable[_Pair], rule: Rule) -> dict[_Pair, matching.Match]:
    """Those of the pairs that may be one person."""
    matches = ((pair, _match(people, pair, rule)) for pair in pairs)
    return {pair: match for pair, match in matches if match is not None}


def _match(people: Mapping[int, Person], pair: _Pair, rule: Rule) -> matching.Match | None:
    one, two = (people.get(pk) for pk in pair)
    if one is None or two is None:
        return None
    match = matching.judge(one, two, rule)
    return match if match.verdict is not Verdict.DIFFERENT else None


def _store(organisation_id: int, found: Mapping[_Pair, matching.Match]) -> None:
    """Write open pairs; decided ones stay as people left them. New ones are told."""
    if not found:
        return
    ordered = sorted(found)
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            [
                organisation_id,
                [first for first, _ in ordered],
                [second for _, second in ordered],
                [found[pair].score for pair in ordered],
                [",".join(found[pair].reasons) for pair in ordered],
                [found[pair].verdict is Verdict.SAME for pair in ordered],
            ],
        )
        fresh = [pk for pk, is_new in cursor.fetchall() if is_new]
    for some in batches(fresh, 500):
        events.emit(
            "duplicates.found",
            organisation_id=organisation_id,
            subject=f"duplicates:{some[0]}",
            pair_ids=",".join(map(str, some)),
        )


def _forget(organisation_id: int, mine: Collection[int], found: Collection[_Pair]) -> None:
    """Open pairs of people just looked at that were not found again."""
    pairs = DuplicatePair.objects.for_organisation(organisation_id).filter(state=PairState.OPEN)
    for side in ("first_id__in", "second_id__in"):
        rows = pairs.filter(**{side: mine}).values_list("pk", "first_id", "second_id")
        gone = [row for row in rows if row[1:] not in found]
        pairs.filter(pk__in=[pk for pk, _, _ in gone]).delete()
        for pk, first, second in gone:
            duplicates.tell_decided(organisation_id, pk, first, second)


def _kinds(organisation_id: int, keys: list[int]) -> dict[int, str]:
    """What kind of key each is."""
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, [keys, organisation_id])
        return dict(cursor.fetchall())


def _pairs(blocks: Iterable[list[int] | None]) -> set[_Pair]:
    return {pair for block in blocks if block is not None for pair in itertools.combinations(block, 2)}


def _open_by_name(organisation_id: int, pairs: set[_Pair]) -> set[_Pair]:
    """Of pairs that agree in nothing exact those whose names are alike: most of "J. Smith at Google" are not."""
    said = meeting.names_of(organisation_id, {pk for pair in pairs for pk in pair})
    return {
        (one, two)
        for one, two in pairs
        if one in said and two in said and matching.names_leave_it_open(said[one], said[two])
    }
