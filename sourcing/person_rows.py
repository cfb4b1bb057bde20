"""What becomes of sourcing's own rows when two people become one, and when that is undone (``person_data``).

Tables that come later (notes, files, other values …) are handed over as they are: they only have to stand in
``timeline.TABLES``. Here is what needs a rule of its own: addresses, positions, schools, suppression, pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Max, Q

from sourcing import known_again, suppressing, timeline
from sourcing.models import (
    Candidate,
    ContactPoint,
    ContactStatus,
    ContactType,
    DuplicatePair,
    Education,
    Experience,
    MatchKey,
    PairState,
    PersonSearch,
    PersonSearchSample,
    Suppression,
    SuppressionKind,
    SuppressionReason,
)
from sourcing.moving import Journal, collisions, take_back

#: Made anew from the rest, so they are neither moved nor kept.
_DERIVED = (PersonSearch, PersonSearchSample, MatchKey)
_OWN_RULE = frozenset(["ContactPoint", "DuplicatePair", "Education", "Experience", "Suppression"])
#: Of two states of one address the one that says more counts; a dead address is never written to again.
_KNOWN_BETTER = [ContactStatus.UNKNOWN, ContactStatus.VERIFIED, ContactStatus.INVALID, ContactStatus.BOUNCED]
_STRONGER = [
    SuppressionReason.MANUAL,
    SuppressionReason.OPT_OUT,
    SuppressionReason.COMPLAINT,
    SuppressionReason.ERASED,
]
_LAST_POSITION = 32_767


def lock(organisation_id: int, candidate_ids: Collection[int]) -> None:
    """The people themselves: they come after recipients and messages (docs/architecture.md, "Ground rules")."""
    rows = Candidate.objects.for_organisation(organisation_id).filter(pk__in=candidate_ids)
    list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))


def move(source: Candidate, target: Candidate) -> dict[str, Any]:
    """Everything of this app; what would stand twice stands once and says the better of both."""
    journal = Journal()
    _contact_points(journal, source, target)
    for history in (Experience, Education):
        _history(journal, history, source, target)
    _suppressions(journal, source, target)
    _pairs(journal, source, target)
    for label, name in timeline.TABLES:
        model = apps.get_model(label)
        if model in _DERIVED:
            model._base_manager.filter(**{name: source}).delete()
        elif model.__name__ not in _OWN_RULE:
            journal.hand_over(model, name, source=source.pk, target=target.pk)
    _known_again(journal, target)
    suppressed = Suppression.unguarded.filter(kind=SuppressionKind.PERSON, candidate=target)
    return journal.as_json() | {
        "source": source.pk,
        "target": target.pk,
        "suppressed": list(suppressed.values_list("pk", flat=True)),
    }


def move_back(record: Mapping[str, Any], now_at: int) -> list[str]:
    """Undo :func:`move`; an opt-out that came after the merge holds for both."""
    left = take_back(record, target=record["target"], now_at=now_at)
    rows = Suppression.unguarded.filter(kind=SuppressionKind.PERSON, candidate_id=now_at)
    since = rows.exclude(pk__in=record["suppressed"]).first()
    if since is not None:
        other = Candidate.unguarded.get(pk=record["source"])
        reason = SuppressionReason(since.reason)
        suppressing.suppress_person(candidate=other, actor=None, reason=reason, note=since.note)
        left.append("They asked for no more e-mail since the merge: that holds for both.")
    return left


def _contact_points(journal: Journal, source: Candidate, target: Candidate) -> None:
    """The union. Private ones stay private to their adders: no rule here reads one for another's benefit."""
    twins = collisions(ContactPoint, "candidate", source=source.pk, target=target.pk)
    points = ContactPoint.objects.for_organisation(source.organisation_id)
    theirs = {point.pk: point for point in points.filter(candidate__in=[source, target])}
    with journal.watching(ContactPoint, theirs):
        for dropped, kept in twins.items():
            _say_the_better(theirs[kept], theirs[dropped])
        for kind in {point.kind for point in theirs.values()}:
            last = points.filter(candidate=target, kind=kind).aggregate(last=Max("position"))["last"]
            mine = [p for p in theirs.values() if p.candidate_id == source.pk and p.kind == kind]
            for place, point in enumerate(
                sorted(mine, key=lambda p: (p.position, p.pk)), 0 if last is None else last + 1
            ):
                points.filter(pk=point.pk).update(position=min(place, _LAST_POSITION))
        _one_pin_each(points, source, target)
    journal.hand_over(ContactPoint, "candidate", source=source.pk, target=target.pk)


def _say_the_better(kept: ContactPoint, dropped: ContactPoint) -> None:
    if _KNOWN_BETTER.index(ContactStatus(dropped.status)) > _KNOWN_BETTER.index(ContactStatus(kept.status)):
        kept.status, kept.status_note = dropped.status, dropped.status_note
        kept.bounced_at = dropped.bounced_at
    if kept.type == ContactType.OTHER:
        kept.type = dropped.type
    kept.first_seen_at = min(kept.first_seen_at, dropped.first_seen_at)
    kept.last_seen_at = max(kept.last_seen_at, dropped.last_seen_at)
    kept.save(update_fields=["status", "status_note", "bounced_at", "type", "first_seen_at", "last_seen_at"])


def _one_pin_each(points: Any, source: Candidate, target: Candidate) -> None:
    """A pin of the target goes before one of the source, for everybody and for each adder."""
    for point in points.filter(candidate=source, pinned_at__isnull=False):
        same = Q(shared=True) if point.shared else Q(shared=False, added_by_id=point.added_by_id)
        if points.filter(same, candidate=target, kind=point.kind, pinned_at__isnull=False).exists():
            points.filter(pk=point.pk).update(pinned_at=None)


def _history(
    journal: Journal, model: type[Experience] | type[Education], source: Candidate, target: Candidate
) -> None:
    """Positions or schools, those of the source after the target's; word for word the same ones once."""
    said = [f.attname for f in model._meta.concrete_fields if f.name not in {"id", "candidate", "position"}]
    rows = model.objects.for_organisation(source.organisation_id)
    known = set(rows.filter(candidate=target).values_list(*said))
    mine = list(rows.filter(candidate=source).order_by("position", "pk"))
    twice = [row.pk for row in mine if tuple(getattr(row, name) for name in said) in known]
    journal.drop(model, twice)
    last = rows.filter(candidate=target).aggregate(last=Max("position"))["last"]
    left = [row for row in mine if row.pk not in set(twice)]
    with journal.watching(model, [row.pk for row in left]):
        for place, row in enumerate(left, 0 if last is None else last + 1):
            rows.filter(pk=row.pk).update(position=min(place, _LAST_POSITION))
    journal.hand_over(model, "candidate", source=source.pk, target=target.pk)


def _suppressions(journal: Journal, source: Candidate, target: Candidate) -> None:
    """An opt-out of either is one of both; of two reasons the one that is harder to lift."""
    twins = collisions(Suppression, "candidate", source=source.pk, target=target.pk)
    rows = Suppression.objects.for_organisation(source.organisation_id)
    with journal.watching(Suppression, list(twins.values())):
        for dropped, kept in twins.items():
            reasons = [SuppressionReason(rows.get(pk=pk).reason) for pk in (dropped, kept)]
            rows.filter(pk=kept).update(reason=max(reasons, key=_STRONGER.index))
    journal.hand_over(Suppression, "candidate", source=source.pk, target=target.pk)


def _known_again(journal: Journal, target: Candidate) -> None:
    """Whoever is suppressed now is known again by the addresses of both; what that writes is taken back too."""
    rows = known_again.rows_about(target)
    before = set(rows.values_list("pk", flat=True))
    with journal.watching(Suppression, before):
        known_again.traces_added(target.organisation_id, [target.pk])
    journal.made(Suppression, set(known_again.rows_about(target).values_list("pk", flat=True)) - before)


def _pairs(journal: Journal, source: Candidate, target: Candidate) -> None:
    """What was said about the source and a third person holds for the target: *Not a duplicate* above all."""
    pairs = DuplicatePair.objects.for_organisation(source.organisation_id)
    for pair in pairs.filter(Q(first=source) | Q(second=source)).order_by("pk"):
        third = pair.second_id if pair.first_id == source.pk else pair.first_id
        if third == target.pk:
            journal.drop(DuplicatePair, [pair.pk])
            continue
        first, second = sorted([third, target.pk])
        known = pairs.filter(first_id=first, second_id=second).first()
        if known is None:
            with journal.watching(DuplicatePair, [pair.pk]):
                pairs.filter(pk=pair.pk).update(first_id=first, second_id=second)
            continue
        if pair.state == PairState.NOT_DUPLICATE and known.state == PairState.OPEN:
            with journal.watching(DuplicatePair, [known.pk]):
                pairs.filter(pk=known.pk).update(
                    state=pair.state, decided_by=pair.decided_by_id, decided_at=pair.decided_at
                )
        journal.drop(DuplicatePair, [pair.pk])
