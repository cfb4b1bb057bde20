from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db.models import BinaryField, CharField, FileField, ForeignKey, JSONField, TextField

from sourcing import person_data
from sourcing.models import Candidate


def keys_to_people() -> set[tuple[str, str]]:
    return {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model is Candidate
    }


def test_every_table_about_a_person_is_answered_for_by_an_app() -> None:
    assert keys_to_people() - person_data.claimed() == set()


def test_no_app_answers_for_a_table_that_is_not_there() -> None:
    assert person_data.claimed() - keys_to_people() == set()


def test_an_app_registers_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        person_data.register(app="sourcing", tables=[])


OURS = {"foundation", "accounts", "sourcing", "outreach", "campaigns", "integrations"}
#: Columns that can hold somebody's words.
TEXTUAL = (CharField, TextField, JSONField, ArrayField, FileField, BinaryField, SearchVectorField)


def tables_with_text() -> set[str]:
    return {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in OURS
        and any(isinstance(field, TEXTUAL) and not field.choices for field in model._meta.concrete_fields)
    }


def test_every_table_that_can_hold_text_says_what_of_a_person_may_stand_in_it() -> None:
    """Fails for a new table until its app claims it: ``words=`` in ``person_data.register``."""
    assert {label for label in tables_with_text() if person_data.words_of(label) is None} == set()


def test_no_app_claims_the_words_of_a_table_that_is_not_there() -> None:
    labels = {model._meta.label for model in apps.get_models()}
    assert {label for data in person_data.registered() for label in data.words} - labels == set()


def test_every_app_erases_and_collects() -> None:
    assert [data.app for data in person_data.registered() if data.erase is None or data.collect is None] == []


def test_the_uppermost_room_erases_first() -> None:
    assert [data.app for data in person_data.from_the_top()] == [
        "integrations",
        "campaigns",
        "outreach",
        "sourcing",
    ]
