"""Asking the providers about one person, one after the other; each answer is stored before anything is made of it.

One that wants a pause or does not answer is left alone for a while, one that needs an administrator until it is saved.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from foundation.models import Run
from foundation.secrets import fingerprint
from sourcing.finding import settling, setup
from sourcing.finding.finding import fresh, question_of, question_print
from sourcing.finding.providers import PROVIDERS
from sourcing.finding.providers.base import Contact, Question
from sourcing.finding.providers.errors import NeedsAdmin, QuestionRefused, RateLimited, Temporary
from sourcing.models import CallOutcome, FindingItem, FindingProvider, ProviderAnswer, ProviderCall

log = structlog.get_logger(__name__)

#: After so many unanswered calls in a row, whoever is asked about, a provider waits for an administrator.
MOST_FAILURES = 8
FIRST_PAUSE = datetime.timedelta(seconds=5)
LONGEST_PAUSE = datetime.timedelta(minutes=5)
#: A pause up to this long is waited for; over a longer one the next provider is asked.
SHORT_PAUSE = datetime.timedelta(seconds=30)
_FAILURES_KEPT = 3_600


@dataclass(slots=True)
class Hearing:
    """What the providers said about one person in one step."""

    contacts: tuple[Contact, ...] = ()
    provider: str = ""
    answered: int = 0
    unanswered: int = 0
    out_of_order: int = 0
    #: The earliest moment at which a provider that was passed over can be asked.
    until: datetime.datetime | None = None


def hear(run: Run, item: FindingItem, now: datetime.datetime) -> Hearing:
    """Ask one provider after the other until one knows something that may be used.

    What one said lately to the same question is not asked again. Raises NoProvider when there is none to ask.
    """
    providers = setup.usable(item.organisation_id, item.kind)
    if not providers:
        raise setup.NoProvider(_why_nobody(item))
    question = question_of(item.candidate)
    able = [row for row in providers if PROVIDERS[row.slug].can_ask(question)]
    heard = Hearing()
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
        usable = settling.usable(item, contacts)
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
    run: Run, item: FindingItem, row: FindingProvider, question: Question, heard: Hearing
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


def _why_nobody(item: FindingItem) -> str:
    rows = FindingProvider.objects.for_organisation(item.organisation_id).filter(enabled=True)
    trouble = rows.exclude(trouble="").order_by("position").values_list("trouble", flat=True).first()
    return trouble or "No provider of contact data is set up any more."
