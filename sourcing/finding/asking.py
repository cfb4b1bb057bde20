"""The run of a request: one person per step, asked about at one provider after the other, then paid or released.

Two steps, each safe against a worker that dies between them. First the provider is asked, outside any transaction, and
its answer stored; then one transaction adds the addresses, pays the held credit (or gives it back) and ends the
person. A second worker finds the stored answer and pays once, because spend and release share one unique cause.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, F, Max
from django.utils import timezone

from foundation import events, runs
from foundation.models import Run, RunStatus
from foundation.secrets import fingerprint
from sourcing import known_again, sightings, suppression
from sourcing.finding import ledger, setup
from sourcing.finding.finding import (
    ALREADY,
    KIND,
    SUPPRESSED,
    UNKNOWN,
    cause_of,
    fresh,
    having,
    question_of,
    question_print,
)
from sourcing.finding.providers import PROVIDERS, display_name
from sourcing.finding.providers.base import Contact, Question
from sourcing.finding.providers.errors import NeedsAdmin, QuestionRefused, RateLimited, Temporary
from sourcing.models import (
    CallOutcome,
    Candidate,
    ContactKind,
    ContactPoint,
    ContactStatus,
    ContactType,
    Finding,
    FindingItem,
    FindingProvider,
    FindingStatus,
    Origin,
    ProviderAnswer,
    ProviderCall,
)
from sourcing.normalising import InvalidAddress, InvalidPhone, clean_text, normalise_email, normalise_phone
from sourcing.search import index

log = structlog.get_logger(__name__)

#: How often one person is tried at providers that do not answer.
MOST_ATTEMPTS = 3
#: After so many unanswered calls in a row, whoever is asked about, a provider waits for an administrator.
MOST_FAILURES = 8
FIRST_PAUSE = datetime.timedelta(seconds=5)
LONGEST_PAUSE = datetime.timedelta(minutes=5)
#: A pause up to this long is waited for; over a longer one the next provider is asked.
SHORT_PAUSE = datetime.timedelta(seconds=30)
_FAILURES_KEPT = 3_600


@dataclass(slots=True)
class _Hearing:
    """What the providers said about one person in one step."""

    contacts: tuple[Contact, ...] = ()
    provider: str = ""
    answered: int = 0
    unanswered: int = 0
    out_of_order: int = 0
    #: The earliest moment at which a provider that was passed over can be asked.
    until: datetime.datetime | None = None


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
        _settle(run, item, *ended)
        return True
    heard = _hear(run, item, timezone.now())
    if heard.contacts:
        _take(run, item, heard)
    elif heard.until is not None:
        runs.rest(run, until=heard.until, note="Waiting: a provider asked for a pause or does not answer.")
    elif heard.unanswered and item.attempts + 1 < MOST_ATTEMPTS:
        _try_later(item)
    elif heard.unanswered:
        _settle(
            run,
            item,
            FindingStatus.FAILED,
            "A provider did not answer. Ask again later; nothing was charged.",
        )
    elif heard.answered:
        _settle(run, item, FindingStatus.NOT_FOUND, "No provider knows any.")
    elif not heard.out_of_order:
        _settle(run, item, FindingStatus.SKIPPED, UNKNOWN)
    return True


def _known_before_asking(item: FindingItem) -> tuple[FindingStatus, str] | None:
    """Whether somebody else found it, or the person opted out, since the request was made."""
    if having(item.organisation_id, item.kind, [item.candidate_id]):
        return FindingStatus.HAD, ALREADY
    if suppression.suppressed_people(item.organisation_id, [item.candidate_id]):
        return FindingStatus.SKIPPED, SUPPRESSED
    return None


def _hear(run: Run, item: FindingItem, now: datetime.datetime) -> _Hearing:
    """Ask one provider after the other until one knows something that may be used."""
    providers = setup.usable(item.organisation_id, item.kind)
    if not providers:
        raise setup.NoProvider(_why_nobody(item))
    question = question_of(item.candidate)
    able = [row for row in providers if PROVIDERS[row.slug].can_ask(question)]
    heard = _Hearing()
    for place, row in enumerate(able):
        stored = _stored(item, row, question, now)
        if stored is None and row.not_before is not None and row.not_before > now:
            heard.until = min(heard.until or row.not_before, row.not_before)
            if row.not_before - now <= SHORT_PAUSE or place + 1 == len(able):
                return heard
            continue
        contacts = stored if stored is not None else _ask(run, item, row, question, heard)
        if contacts is None:
            continue
        heard.answered += 1
        usable = _usable(item, contacts)
        if usable:
            heard.contacts, heard.provider, heard.until = usable, row.slug, None
            return heard
    return heard


def _stored(
    item: FindingItem, row: FindingProvider, question: Question, now: datetime.datetime
) -> tuple[Contact, ...] | None:
    """What this provider said lately to the same question, or None."""
    answer = (
        ProviderAnswer.objects.for_organisation(item.organisation_id)
        .filter(candidate_id=item.candidate_id, kind=item.kind, provider=row.slug)
        .first()
    )
    if answer is None or not fresh(answer, question, now):
        return None
    return tuple(Contact(each["value"], each["type"], each["verified"]) for each in answer.contacts)


def _ask(
    run: Run, item: FindingItem, row: FindingProvider, question: Question, heard: _Hearing
) -> tuple[Contact, ...] | None:
    """One call, its answer stored; None when there was no answer, which ``heard`` then says."""
    failed = ""
    try:
        contacts = setup.open_provider(row).find(question, item.kind)
    except RateLimited as limit:
        until = timezone.now() + limit.retry_after
        setup.pause(row, until=until)
        heard.until = min(heard.until or until, until)
        return None
    except NeedsAdmin as problem:
        log.warning("finding.provider_needs_admin", provider=row.slug)
        setup.needs_admin(row, trouble=problem.text)
        heard.out_of_order += 1
        failed = problem.code
    except QuestionRefused as problem:
        heard.answered += 1
        failed = problem.code
    except Temporary as problem:
        _unanswered(row, problem)
        heard.unanswered += 1
        failed = problem.code
    if failed:
        _book_call(run, item, row, CallOutcome.FAILED)
        return None
    cache.delete(_failures_key(row))
    _store(run, item, row, question, contacts)
    return contacts


@transaction.atomic
def _store(
    run: Run, item: FindingItem, row: FindingProvider, question: Question, contacts: Sequence[Contact]
) -> None:
    """Keep the answer and its price before anything is paid, so that no crash asks or charges twice."""
    ProviderAnswer.objects.for_organisation(item.organisation_id).update_or_create(
        candidate_id=item.candidate_id,
        kind=item.kind,
        provider=row.slug,
        defaults={
            "organisation_id": item.organisation_id,
            "question": question_print(question),
            "contacts": [
                {"value": each.value[:320], "type": str(each.type), "verified": each.verified}
                for each in contacts
            ],
            "answered_at": timezone.now(),
        },
    )
    _book_call(run, item, row, CallOutcome.FOUND if contacts else CallOutcome.NOT_FOUND)


def _book_call(run: Run, item: FindingItem, row: FindingProvider, outcome: CallOutcome) -> None:
    ProviderCall.objects.create(
        organisation_id=item.organisation_id,
        provider=row.slug,
        kind=item.kind,
        outcome=outcome,
        member=run.actor,
        cost=row.cost if outcome == CallOutcome.FOUND else 0,
        currency=row.currency,
        called_at=timezone.now(),
    )


def _unanswered(row: FindingProvider, problem: Temporary) -> None:
    """The longer a provider is silent, the longer it is left alone; in the end an administrator has to look."""
    key = _failures_key(row)
    cache.add(key, 0, _FAILURES_KEPT)
    failures = cache.incr(key)
    log.warning("finding.provider_unanswered", provider=row.slug, failures=failures)
    if failures >= MOST_FAILURES:
        cache.delete(key)
        setup.needs_admin(row, trouble=f"{failures} calls in a row went unanswered. The last: {problem.text}")
        return
    setup.pause(row, until=timezone.now() + min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE))


def _failures_key(row: FindingProvider) -> str:
    """Of the provider with this key: another key begins to count anew."""
    return f"finding:failures:{fingerprint(row.secret)}"


@dataclass(frozen=True, slots=True)
class _Point:
    """One address or number fit to store."""

    value: str
    normalised: str
    type: str
    status: str


def _usable(item: FindingItem, contacts: Sequence[Contact]) -> tuple[Contact, ...]:
    """Those that can be stored: well formed, no generated address, and not forbidden by the suppression list."""
    points = [(contact, _point(item.kind, contact)) for contact in contacts]
    forbidden: set[tuple[int, str]] = set()
    if item.kind == ContactKind.EMAIL:
        pairs = [(item.candidate_id, point.normalised) for _, point in points if point]
        forbidden = suppression.suppressed_among(item.organisation_id, pairs)
    return tuple(
        contact
        for contact, point in points
        if point is not None and (item.candidate_id, point.normalised) not in forbidden
    )


def _point(kind: str, contact: Contact) -> _Point | None:
    """A contact as it is stored; None for what nobody can be reached at, which includes generated addresses."""
    value = clean_text(contact.value, limit=320)
    try:
        normalised = normalise_email(value) if kind == ContactKind.EMAIL else normalise_phone(value)
    except (InvalidAddress, InvalidPhone):
        return None
    type_ = contact.type if contact.type in ContactType.values else ContactType.OTHER
    status = ContactStatus.VERIFIED if contact.verified else ContactStatus.UNKNOWN
    return _Point(value, normalised, type_, status)


@transaction.atomic
def _take(run: Run, item: FindingItem, heard: _Hearing) -> None:
    """Add what was found, pay for it and end the person; nothing new, nothing paid.

    The candidate's row is locked first, as in every operation that adds addresses.
    """
    person = (
        Candidate.objects.for_organisation(item.organisation_id)
        .select_for_update(no_key=True)
        .filter(pk=item.candidate_id)
        .first()
    )
    row = _waiting(item)
    if person is None or row is None:
        return
    if having(item.organisation_id, item.kind, [person.pk]):
        _end(run, row, FindingStatus.HAD, ALREADY)
        return
    points = [point for contact in heard.contacts if (point := _point(item.kind, contact))]
    sightings.seen(
        organisation_id=person.organisation_id,
        points=[(person.pk, item.kind, point.normalised) for point in points],
        at=timezone.now(),
    )
    added = _add(person, item.kind, heard)
    if not added:
        _end(run, row, FindingStatus.NOT_FOUND, "Only what is there already and does not work.")
        return
    known_again.traces_added(person.organisation_id, [person.pk])
    index.refresh([person.pk])
    events.emit(
        "candidate.updated",
        organisation_id=person.organisation_id,
        subject=f"candidate:{person.pk}",
        candidate_id=person.pk,
    )
    row.provider, row.brought = heard.provider, added
    row.spend = ledger.spend(
        organisation_id=row.organisation_id,
        kind=row.kind,
        cause=cause_of(row),
        actor=run.actor,
        note=display_name(heard.provider),
    )
    _mark(run, row, FindingStatus.FOUND, "")


def _add(person: Candidate, kind: str, heard: _Hearing) -> list[str]:
    """Store the new ones behind those that are there, shared by everybody; their normalised forms in order."""
    rows = ContactPoint.objects.for_organisation(person.organisation_id).filter(candidate=person, kind=kind)
    known = set(rows.filter(shared=True).values_list("normalised", flat=True))
    last = rows.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    new: dict[str, ContactPoint] = {}
    for contact in heard.contacts:
        point = _point(kind, contact)
        if point is None or point.normalised in known or point.normalised in new:
            continue
        new[point.normalised] = ContactPoint(
            organisation_id=person.organisation_id,
            candidate=person,
            kind=kind,
            type=point.type,
            value=point.value,
            normalised=point.normalised,
            position=min(position + len(new), 32_767),
            origin=Origin.FOUND,
            source=display_name(heard.provider),
            status=point.status,
        )
    ContactPoint.objects.bulk_create(new.values())
    return list(new)


@transaction.atomic
def _settle(run: Run, item: FindingItem, status: FindingStatus, reason: str) -> None:
    """End a person without anything found; their credit comes back."""
    row = _waiting(item)
    if row is not None:
        _end(run, row, status, reason)


def _waiting(item: FindingItem) -> FindingItem | None:
    """The item under its lock, or None when it ended, or went with its person, meanwhile."""
    return (
        FindingItem.objects.for_organisation(item.organisation_id)
        .select_for_update()
        .filter(pk=item.pk, status=FindingStatus.WAITING)
        .first()
    )


def _end(run: Run, row: FindingItem, status: FindingStatus, reason: str) -> None:
    ledger.release(
        organisation_id=row.organisation_id, kind=row.kind, causes=[cause_of(row)], actor=run.actor
    )
    _mark(run, row, status, reason)


def _mark(run: Run, row: FindingItem, status: FindingStatus, reason: str) -> None:
    """The last writes of the transaction: the person's end and the run's count, which fails if the lease is lost."""
    row.status, row.reason, row.settled_at = status, reason, timezone.now()
    row.save(update_fields=["status", "reason", "settled_at", "provider", "brought", "spend"])
    if status == FindingStatus.FAILED:
        runs.progress(run, failed=run.failed + 1)
    else:
        runs.progress(run, done=run.done + 1)


def _try_later(item: FindingItem) -> None:
    """Behind everybody who was tried less often."""
    FindingItem.objects.for_organisation(item.organisation_id).filter(
        pk=item.pk, status=FindingStatus.WAITING
    ).update(attempts=F("attempts") + 1)


def _why_nobody(item: FindingItem) -> str:
    rows = FindingProvider.objects.for_organisation(item.organisation_id).filter(enabled=True)
    trouble = rows.exclude(trouble="").order_by("position").values_list("trouble", flat=True).first()
    return trouble or "No provider of contact data is set up any more."


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
