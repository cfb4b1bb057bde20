"""The run of a request: one person per step, asked about (``asking``), then paid or released (``settling``).

Each of the two is safe against a worker that dies between them. First the provider is asked, outside any transaction,
and its answer stored; then one transaction adds the addresses, pays the held credit (or gives it back) and ends the
person. A second worker finds the stored answer and pays once, because spend and release share one unique cause.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from foundation import runs
from foundation.models import Run, RunStatus
from sourcing import suppression
from sourcing.finding import asking, ledger, settling
from sourcing.finding.finding import ALREADY, KIND, SUPPRESSED, UNKNOWN, cause_of, having
from sourcing.models import Finding, FindingItem, FindingStatus
from sourcing.normalising import clean_text

#: How often one person is tried at providers that do not answer.
MOST_ATTEMPTS = 3


def close(run: Run) -> None:
    """The run ended early: nobody is looked for any more, and every credit still held comes back."""
    finding = Finding.objects.for_organisation(run.organisation_id).filter(run=run).first()
    if finding is None:
        return
    waiting = list(
        FindingItem.objects.for_organisation(run.organisation_id)
        .select_for_update()
        .filter(finding=finding, status=FindingStatus.WAITING)
        .order_by("pk")
    )
    reason = "Cancelled." if run.status == RunStatus.CANCELLED else run.problem_text
    FindingItem.objects.for_organisation(run.organisation_id).filter(
        pk__in=[item.pk for item in waiting]
    ).update(status=FindingStatus.CANCELLED, reason=clean_text(reason, limit=200), settled_at=timezone.now())
    ledger.release(
        organisation_id=run.organisation_id,
        kind=finding.kind,
        causes=[cause_of(item) for item in waiting],
        actor=run.actor,
    )
    _close_hold(finding)


@runs.kind(KIND, queue="sync", stopped=close)
def step(run: Run) -> bool:
    """Settle one person of the request named in ``run.params``; True while somebody is left."""
    finding = Finding.objects.for_organisation(run.organisation_id).get(pk=run.params["finding_id"])
    item = (
        FindingItem.objects.for_organisation(run.organisation_id)
        .filter(finding=finding, status=FindingStatus.WAITING)
        .select_related("candidate")
        .order_by("attempts", "pk")
        .first()
    )
    if item is None:
        _finish(run, finding)
        return False
    ended = _known_before_asking(item)
    if ended is not None:
        settling.settle(run, item, *ended)
        return True
    heard = asking.hear(run, item, timezone.now())
    if heard.contacts:
        settling.take(run, item, heard.contacts, provider=heard.provider)
    elif heard.until is not None:
        runs.rest(run, until=heard.until, note="Waiting: a provider asked for a pause or does not answer.")
    elif heard.unanswered and item.attempts + 1 < MOST_ATTEMPTS:
        _try_later(item)
    elif heard.unanswered:
        settling.settle(
            run,
            item,
            FindingStatus.FAILED,
            "A provider did not answer. Ask again later; nothing was charged.",
        )
    elif heard.answered:
        settling.settle(run, item, FindingStatus.NOT_FOUND, "No provider knows any.")
    elif not heard.out_of_order:
        settling.settle(run, item, FindingStatus.SKIPPED, UNKNOWN)
    return True


def _known_before_asking(item: FindingItem) -> tuple[FindingStatus, str] | None:
    """Whether somebody else found it, or the person opted out, since the request was made."""
    if having(item.organisation_id, item.kind, [item.candidate_id]):
        return FindingStatus.HAD, ALREADY
    if suppression.suppressed_people(item.organisation_id, [item.candidate_id]):
        return FindingStatus.SKIPPED, SUPPRESSED
    return None


def _try_later(item: FindingItem) -> None:
    """Behind everybody who was tried less often."""
    FindingItem.objects.for_organisation(item.organisation_id).filter(
        pk=item.pk, status=FindingStatus.WAITING
    ).update(attempts=F("attempts") + 1)


@transaction.atomic
def _finish(run: Run, finding: Finding) -> None:
    """Close the hold and the run."""
    _close_hold(finding)
    found = counts(finding)
    with_credit = found[FindingStatus.FOUND]
    word = "credit" if with_credit == 1 else "credits"
    runs.finish(
        run,
        result={
            "summary": f"{with_credit:,} found, {with_credit:,} {word} spent",
            "finding_id": finding.pk,
            **{str(status): found[status] for status in FindingStatus},
        },
    )


def counts(finding: Finding) -> dict[str, int]:
    """How many people of a request stand where."""
    rows = FindingItem.objects.for_organisation(finding.organisation_id).filter(finding=finding)
    found = dict(rows.order_by().values_list("status").annotate(count=Count("pk")))
    return {str(status): int(found.get(status, 0)) for status in FindingStatus}


def _close_hold(finding: Finding) -> None:
    """People erased or merged away while they waited took no credit with them."""
    ledger.close_hold(
        organisation_id=finding.organisation_id, kind=finding.kind, cause=f"finding:{finding.pk}"
    )
