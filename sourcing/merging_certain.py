"""Merging every pair that the organisation's rule calls certain, as a run: each pair in a transaction of its own."""

from __future__ import annotations

import structlog
from django.db import transaction

from accounts.models import User
from foundation import runs
from foundation.models import Run
from foundation.problems import Conflict, Missing
from sourcing import duplicates, matching, meeting, merging
from sourcing.matching import Verdict
from sourcing.models import DuplicatePair

log = structlog.get_logger(__name__)

KIND = "duplicates.merge"


@transaction.atomic
def start(*, actor: User) -> Run:
    """Merge every open pair that is certain. Raises Conflict without any."""
    total = duplicates.open_pairs(actor).filter(certain=True).count()
    if not total:
        raise Conflict("There is no certain pair.")
    return runs.start(
        kind=KIND,
        organisation=actor.organisation,
        actor=actor,
        title="Merging certain duplicates",
        subject="duplicates",
        total=total,
    )


@runs.kind(KIND)
def step(run: Run) -> bool:
    """The next certain pair, judged once more before it is merged; one that cannot be merged is left to people."""
    assert run.actor is not None
    certain = duplicates.open_pairs(run.actor).filter(certain=True, pk__gt=run.result.get("after_id", 0))
    pair = certain.order_by("pk").first()
    if pair is None:
        runs.finish(run, result={"summary": f"{run.done:,} merged, {run.failed:,} left for you"})
        return False
    merged = _merge(pair, run.actor)
    run.result = {"after_id": pair.pk}
    run.save(update_fields=["result"])
    runs.progress(run, done=run.done + merged, failed=run.failed + (not merged))
    return True


def _merge(pair: DuplicatePair, actor: User) -> bool:
    people = meeting.load(pair.organisation_id, [pair.first_id, pair.second_id])
    if not {pair.first_id, pair.second_id} <= people.keys():
        return False
    rule = duplicates.rule_of(pair.organisation_id)
    if matching.judge(people[pair.first_id], people[pair.second_id], rule).verdict is not Verdict.SAME:
        return False
    survivor, other = merging.better(pair.first, pair.second)
    try:
        merging.merge(survivor=survivor, other=other, actor=actor)
    except (Conflict, Missing) as problem:
        log.info("duplicates.not_merged", pair_id=pair.pk, code=problem.code)
        return False
    return True
