"""The organisation's list of words that mean the same, edited by its admins."""

from __future__ import annotations

from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from foundation.problems import Conflict, Invalid, Missing
from sourcing.models import Synonym
from sourcing.normalising import clean_text

#: A longer list would be a thesaurus.
MOST = 2_000


class SynonymMissing(Missing):
    """There is no such pair in the viewer's organisation."""

    code: ClassVar[str] = "synonym_missing"


class SynonymThere(Conflict):
    """The pair is in the list."""

    code: ClassVar[str] = "synonym_there"


def of(viewer: User) -> QuerySet[Synonym]:
    """The pairs of the organisation by their first word."""
    return Synonym.objects.for_organisation(viewer.organisation_id).order_by("word", "pk")


def add(*, actor: User, word: str, same_as: str) -> Synonym:
    """Add a pair; it works in both directions. Raises Invalid, :class:`SynonymThere`."""
    word, same_as = clean_text(word, limit=100), clean_text(same_as, limit=100)
    if not word or not same_as or word.casefold() == same_as.casefold():
        raise Invalid(
            "Two different words are needed.", fields={"same_as": "Two different words are needed."}
        )
    assert actor.organisation_id is not None
    if of(actor).count() >= MOST:
        raise Invalid(
            f"There are {MOST:,} pairs already.", fields={"word": f"There are {MOST:,} pairs already."}
        )
    there = SynonymThere("This pair is in the list.", fields={"same_as": "This pair is in the list."})
    if of(actor).filter(word__iexact=same_as, same_as__iexact=word).exists():
        raise there
    try:
        with transaction.atomic():
            return Synonym.objects.create(
                organisation_id=actor.organisation_id, word=word, same_as=same_as, created_by=actor
            )
    except IntegrityError as error:
        raise there from error


def remove(*, actor: User, synonym_id: int) -> None:
    """Take a pair away; raises :class:`SynonymMissing`."""
    if not of(actor).filter(pk=synonym_id).delete()[0]:
        raise SynonymMissing("There is no such pair.")
