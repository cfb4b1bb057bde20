"""Saved searches: kept questions, evaluated anew each time; and the daily e-mail about new matches."""

from __future__ import annotations

import datetime
from typing import ClassVar

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Right, can
from foundation.problems import Conflict, Invalid, Missing
from sourcing.models import Candidate, SavedSearch, SavedSearchMail
from sourcing.normalising import clean_text
from sourcing.search import query
from sourcing.search.question import Question

log = structlog.get_logger(__name__)

#: A person counts as new this long after they were made: a slice of an import has the time of its beginning and is seen
#: at its end.
_SETTLED = datetime.timedelta(minutes=15)
_DAY = datetime.timedelta(days=1)
#: So many names stand in the e-mail.
_NAMED = 20


class SavedSearchMissing(Missing):
    """There is no such saved search that the viewer may see."""

    code: ClassVar[str] = "saved_search_missing"


class NameTaken(Conflict):
    """The owner has a saved search of this name."""

    code: ClassVar[str] = "name_taken"


def visible(viewer: User) -> QuerySet[SavedSearch]:
    """The viewer's own and the shared ones of their organisation, by name."""
    rows = SavedSearch.objects.for_organisation(viewer.organisation_id)
    return rows.filter(Q(owner=viewer) | Q(shared=True)).select_related("owner").order_by("name", "pk")


def one(viewer: User, saved_search_id: int) -> SavedSearch:
    """One the viewer may see; raises :class:`SavedSearchMissing`."""
    found = visible(viewer).filter(pk=saved_search_id).first()
    if found is None:
        raise SavedSearchMissing("There is no such saved search.")
    return found


def own(viewer: User, saved_search_id: int) -> SavedSearch:
    """One the viewer may change; somebody else's is missing like none."""
    found = one(viewer, saved_search_id)
    if found.owner_id != viewer.pk:
        raise SavedSearchMissing("There is no such saved search of yours.")
    return found


def save(
    *, actor: User, name: str, question: Question, shared: bool = False, daily: bool = False
) -> SavedSearch:
    """Keep a question under a name. Raises Invalid without a name, :class:`NameTaken` for one the actor has."""
    assert actor.organisation_id is not None
    found = SavedSearch(
        organisation_id=actor.organisation_id,
        owner=actor,
        name=_named(name),
        question=question.as_json(),
        shared=shared,
        daily=daily,
        told_until=timezone.now() if daily else None,
    )
    _store(found)
    return found


def change(
    *,
    saved_search: SavedSearch,
    actor: User,
    name: str | None = None,
    question: Question | None = None,
    shared: bool | None = None,
    daily: bool | None = None,
) -> SavedSearch:
    """Change what is given; only its owner may. Switching the e-mail on starts with people who come in from now on."""
    found = own(actor, saved_search.pk)
    if name is not None:
        found.name = _named(name)
    if question is not None:
        found.question = question.as_json()
    if shared is not None:
        found.shared = shared
    if daily is not None and daily != found.daily:
        found.daily = daily
        found.told_until = timezone.now() if daily else None
    _store(found)
    return found


def delete(*, saved_search: SavedSearch, actor: User) -> None:
    """Forget it; only its owner may."""
    own(actor, saved_search.pk).delete()


def tell(*, now: datetime.datetime) -> int:
    """Send the daily e-mails that are due at ``now``; returns how many left.

    The marker of the day and the moment up to which was told are committed before the e-mail is handed over: two
    workers or a crash can lose an e-mail, never send it twice.
    """
    reason = "the clock looks at every organisation"
    due = SavedSearch.objects.across_organisations(reason).filter(daily=True, told_until__lte=now - _DAY)
    sent = 0
    for saved_search_id in list(due.order_by("told_until").values_list("pk", flat=True)[:1_000]):
        marker = _claim(saved_search_id, now)
        if marker is not None:
            _send(marker)
            sent += 1
    return sent


@transaction.atomic
def _claim(saved_search_id: int, now: datetime.datetime) -> SavedSearchMail | None:
    """The marker of today's e-mail, or None when there is nothing to say or somebody else says it."""
    reason = "the clock looks at every organisation"
    rows = SavedSearch.objects.across_organisations(reason).filter(pk=saved_search_id, daily=True)
    found = rows.select_for_update(skip_locked=True, of=("self",)).select_related("owner").first()
    if found is None or found.told_until is None or found.told_until > now - _DAY:
        return None
    since, until = found.told_until, now - _SETTLED
    found.told_until = until
    found.save(update_fields=["told_until"])
    owner = found.owner
    if (
        not owner.is_active
        or owner.organisation_id != found.organisation_id
        or not can(owner, Right.CANDIDATE_VIEW)
    ):
        return None
    count = len(_new(found, since, until))
    if not count:
        return None
    marker, made = SavedSearchMail.objects.for_organisation(found.organisation_id).get_or_create(
        saved_search=found,
        day=now.date(),
        defaults={"organisation_id": found.organisation_id, "count": count, "since": since, "until": until},
    )
    return marker if made else None


def _new(saved_search: SavedSearch, since: datetime.datetime, until: datetime.datetime) -> list[int]:
    """Who fits and came in after ``since`` up to ``until``, as the owner sees it."""
    rows = Candidate.objects.for_organisation(saved_search.organisation_id)
    ids = rows.filter(created_at__gt=since, created_at__lte=until).values_list("pk", flat=True)
    question = Question.from_json(saved_search.question)
    return query.among(viewer=saved_search.owner, question=question, candidate_ids=list(ids))


def _send(marker: SavedSearchMail) -> None:
    found = marker.saved_search
    ids = _new(found, marker.since, marker.until)
    people = (
        Candidate.objects.for_organisation(found.organisation_id).filter(pk__in=ids[:_NAMED]).order_by("pk")
    )
    lines = [
        f"{person.name} – {', '.join(filter(None, (person.title, person.company)))}" for person in people
    ]
    more = [f"and {len(ids) - _NAMED:,} more"] if len(ids) > _NAMED else []
    word = "person fits" if len(ids) == 1 else "people fit"
    text = [
        f"{len(ids):,} new {word} your search “{found.name}”:",
        "",
        *lines,
        *more,
        "",
        settings.PUBLIC_URL + found.url,
    ]
    send_mail(
        subject=f"{len(ids):,} new: {found.name}",
        message="\n".join(text),
        from_email=None,
        recipient_list=[found.owner.email],
    )
    marker.sent_at = timezone.now()
    marker.save(update_fields=["sent_at"])
    log.info("saved_search.told", saved_search_id=found.pk, count=len(ids))


def _named(name: str) -> str:
    name = clean_text(name, limit=100)
    if not name:
        raise Invalid("Give the search a name.", fields={"name": "Give the search a name."})
    return name


def _store(found: SavedSearch) -> None:
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as error:
        if "sourcing_savedsearch_name_once" not in str(error):
            raise
        taken = "You have a saved search of this name."
        raise NameTaken(taken, fields={"name": taken}) from error
