from __future__ import annotations

import pytest
from django.apps import apps
from django.db.models import ForeignKey

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
