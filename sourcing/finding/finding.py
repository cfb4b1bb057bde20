"""*Get Email* and *Get Phone*: whom a request would be for, what it costs at most, and its start.

A request counts only people it could charge and is refused before anything is spent when there are more of them than
credits (docs/behaviour.md §6). The work on each person is ``sourcing.finding.running``.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from foundation import runs
from foundation.problems import Conflict, Invalid
from foundation.secrets import fingerprint
from sourcing import selectors, suppression
from sourcing.finding import ledger, setup
from sourcing.finding.providers import PROVIDERS
from sourcing.finding.providers.base import Question
from sourcing.models import (
    Candidate,
    ContactKind,
    ContactPoint,
    ContactStatus,
    Finding,
    FindingItem,
    FindingProvider,
    FindingStatus,
    Project,
    ProviderAnswer,
)

KIND = "sourcing.finding"
#: No request is for more people.
MOST_PEOPLE = 20_000
#: How long "nothing found" is taken for an answer before the provider is asked again.
NOT_FOUND_KEPT = datetime.timedelta(days=30)
#: How long found data that was never handed over is used without asking again.
FOUND_KEPT = datetime.timedelta(days=90)
#: Rows per statement.
BATCH = 2_000

ALREADY = "The organisation has it already."
SUPPRESSED = "This person asked for no more contact."
UNKNOWN = "Not enough is known to look: a name with a company, or a LinkedIn profile, is needed."
ASKED = "Looked for lately; nothing was found."


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request would do, before anything is held. ``chargeable`` may cost one credit each; others none."""

    kind: str
    chargeable: tuple[int, ...]
    had: tuple[int, ...] = ()
    skipped: dict[str, tuple[int, ...]] = field(default_factory=dict)
    available: int = 0

    @property
    def people(self) -> int:
        """Everybody asked about."""
        return len(self.chargeable) + len(self.had) + sum(map(len, self.skipped.values()))

    @property
    def most(self) -> int:
        """How many credits it takes at most."""
        return len(self.chargeable)

    @property
    def affordable(self) -> bool:
        """There are at least as many credits as people who could cost one."""
        return self.most <= self.available


def plan(*, viewer: User, kind: str, candidate_ids: Collection[int]) -> Plan:
    """Who would be looked for, who has it already, and who not and why.

    Ids of people who are not in the organisation fall away. An address the organisation already has costs nothing;
    private ones, the viewer's own included, never count as had. A fixed number of statements for any number of people.
    Raises Invalid for an unknown kind and for more than :data:`MOST_PEOPLE`.
    """
    if kind not in ContactKind.values:
        raise Invalid(fields={"kind": "email or phone."})
    wanted = set(candidate_ids)
    if len(wanted) > MOST_PEOPLE:
        raise Invalid(f"At most {MOST_PEOPLE:,} people at once.")
    people = {person.pk: person for person in _people(viewer, wanted)}
    had = having(viewer.tenant_id, kind, people)
    left = people.keys() - had
    suppressed = suppression.suppressed_people(viewer.tenant_id, left)
    left -= suppressed
    providers = setup.usable(viewer.tenant_id, kind)
    unknown = {pk for pk in left if not _askable(providers, question_of(people[pk]))}
    left -= unknown
    asked = _asked_lately(viewer.tenant_id, kind, {pk: people[pk] for pk in left}, providers)
    left -= asked
    return Plan(
        kind=kind,
        chargeable=tuple(sorted(left)),
        had=tuple(sorted(had)),
        skipped={
            reason: tuple(sorted(ids))
            for reason, ids in ((SUPPRESSED, suppressed), (UNKNOWN, unknown), (ASKED, asked))
            if ids
        },
        available=ledger.balance(viewer.tenant_id, kind).available,
    )


def preview(*, viewer: User, kind: str, candidate_ids: Collection[int]) -> Plan:
    """:func:`plan` with the credits of this month, which are filled up first if nobody has yet."""
    assert viewer.organisation is not None
    ledger.refresh(organisation=viewer.organisation, now=timezone.now())
    return plan(viewer=viewer, kind=kind, candidate_ids=candidate_ids)


def start(
    *,
    actor: User,
    kind: str,
    candidate_ids: Collection[int],
    request_key: uuid.UUID,
    project: Project | None = None,
) -> Finding:
    """Hold the credits and begin the run. A second press with the same ``request_key`` gives the first request.

    Raises NoProvider, NotEnoughCredits and Invalid (nobody, too many); nothing is held then.
    """
    known = _with_key(actor, request_key)
    if known is not None:
        return known
    if not setup.usable(actor.tenant_id, kind):
        raise setup.NoProvider(
            "No provider of contact data can be asked. An administrator sets one up under Settings."
        )
    plan_ = preview(viewer=actor, kind=kind, candidate_ids=candidate_ids)
    if not plan_.people:
        raise Invalid("There is nobody to look for.", fields={"candidates": "There is nobody to look for."})
    try:
        return _write_down(actor, plan_, request_key, project)
    except IntegrityError:
        known = _with_key(actor, request_key)
        if known is None:
            raise
        return known


def cancel(*, actor: User, finding: Finding) -> None:
    """Stop after the person under way; the credits of everybody still waiting come back. Conflict when it has ended."""
    if finding.run_id is None:
        raise Conflict("It has ended already.")
    runs.cancel(run_id=finding.run_id, actor=actor)


def having(organisation_id: int, kind: str, candidate_ids: Collection[int]) -> set[int]:
    """Who of these people has a shared address (number) that may work. Bounced and invalid ones do not count."""
    rows = ContactPoint.objects.for_organisation(organisation_id).filter(
        candidate_id__in=list(candidate_ids), kind=kind, shared=True
    )
    dead = (ContactStatus.BOUNCED, ContactStatus.INVALID)
    return set(rows.exclude(status__in=dead).order_by().values_list("candidate_id", flat=True).distinct())


def question_of(person: Candidate) -> Question:
    """What a provider is told about somebody."""
    return Question(person.first_name, person.last_name, person.company, person.linkedin_key)


def question_print(question: Question) -> str:
    """By what an answer is known to belong to this question."""
    return fingerprint(
        "\n".join([question.first_name, question.last_name, question.company, question.linkedin])
    )


def fresh(answer: ProviderAnswer, question: Question, now: datetime.datetime) -> bool:
    """Whether a stored answer still answers this question."""
    kept = FOUND_KEPT if answer.contacts else NOT_FOUND_KEPT
    return answer.question == question_print(question) and answer.answered_at > now - kept


def cause_of(item: FindingItem) -> str:
    """The ledger's cause of one person of one request, spent or released: exactly one of the two is ever written."""
    return f"finding:{item.finding_id}:item:{item.pk}"


@transaction.atomic
def _write_down(actor: User, plan_: Plan, request_key: uuid.UUID, project: Project | None) -> Finding:
    """The request, its people, the hold and the run; whoever will not be looked for has ended already."""
    label = ContactKind(plan_.kind).label.lower()
    made = Finding.objects.create(
        organisation_id=actor.tenant_id,
        kind=plan_.kind,
        project=project,
        request_key=request_key,
        created_by=actor,
    )
    now = timezone.now()
    ended = dict.fromkeys(plan_.had, (FindingStatus.HAD, ALREADY))
    for reason, ids in plan_.skipped.items():
        status = FindingStatus.NOT_FOUND if reason == ASKED else FindingStatus.SKIPPED
        ended |= dict.fromkeys(ids, (status, reason))
    FindingItem.objects.bulk_create(
        [
            FindingItem(
                organisation_id=actor.tenant_id,
                finding=made,
                candidate_id=pk,
                kind=plan_.kind,
                status=ended[pk][0] if pk in ended else FindingStatus.WAITING,
                reason=ended[pk][1] if pk in ended else "",
                settled_at=now if pk in ended else None,
            )
            for pk in sorted([*plan_.chargeable, *ended])
        ],
        batch_size=BATCH,
    )
    made.run = runs.start(
        kind=KIND,
        organisation=actor.organisation,
        actor=actor,
        title=f"Get {label}: {project.name if project else _whom(plan_)}",
        subject=f"project:{project.pk}" if project else f"finding:{made.pk}",
        total=plan_.most,
        params={"finding_id": made.pk},
    )
    made.save(update_fields=["run"])
    if plan_.most:
        # Last, so that the balance row is locked for a moment only.
        ledger.hold(
            organisation_id=actor.tenant_id,
            kind=plan_.kind,
            amount=plan_.most,
            actor=actor,
            cause=f"finding:{made.pk}",
        )
    return made


def _whom(plan_: Plan) -> str:
    return "1 person" if plan_.people == 1 else f"{plan_.people:,} people"


def _people(viewer: User, ids: Collection[int]) -> Iterator[Candidate]:
    columns = ("pk", "organisation_id", "first_name", "last_name", "company", "linkedin_key")
    return selectors.visible_candidates(viewer).filter(pk__in=ids).only(*columns).iterator(BATCH)


def _askable(providers: Sequence[FindingProvider], question: Question) -> bool:
    """Whether some provider can be asked; without any provider everybody is thought to be."""
    return not providers or any(PROVIDERS[row.slug].can_ask(question) for row in providers)


def _asked_lately(
    organisation_id: int, kind: str, people: dict[int, Candidate], providers: Sequence[FindingProvider]
) -> set[int]:
    """For whom every provider that can be asked has said lately that it knows nothing."""
    if not people or not providers:
        return set()
    now = timezone.now()
    told: dict[int, set[str]] = {}
    rows = ProviderAnswer.objects.for_organisation(organisation_id).filter(
        candidate_id__in=list(people), kind=kind, contacts=[]
    )
    for answer in rows.iterator(BATCH):
        if fresh(answer, question_of(people[answer.candidate_id]), now):
            told.setdefault(answer.candidate_id, set()).add(answer.provider)
    return {
        pk
        for pk, slugs in told.items()
        if all(row.slug in slugs for row in providers if PROVIDERS[row.slug].can_ask(question_of(people[pk])))
    }


def _with_key(actor: User, request_key: uuid.UUID) -> Finding | None:
    return Finding.objects.for_organisation(actor.tenant_id).filter(request_key=request_key).first()
