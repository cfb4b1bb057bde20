"""Whose row is it: walked over every model, so that a new table cannot forget."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from accounts.models import ApiToken, AuditEntry, Organisation, User
from foundation.models import Delivery, Event, Run
from foundation.tenancy import SameOrganisation, TenantManager, UnscopedQuery

ROOMS = ("foundation", "accounts", "sourcing", "outreach", "campaigns", "integrations")
#: The tenant itself, its people (None for the installation's administrators), and what triggers write.
NOT_TENANT_TABLES = {Organisation, User, AuditEntry}


def tables() -> list[type[models.Model]]:
    return [model for room in ROOMS for model in apps.get_app_config(room).get_models()]


def tenant_tables() -> list[type[models.Model]]:
    return [model for model in tables() if model not in NOT_TENANT_TABLES]


@pytest.mark.parametrize("model", tenant_tables(), ids=lambda model: model._meta.label)
def test_every_table_belongs_to_an_organisation(model):
    field = model._meta.get_field("organisation")
    assert field.related_model is Organisation
    assert not field.null


def parents() -> list[type[models.Model]]:
    """Tables that another tenant's table points at."""
    return sorted(
        {
            field.related_model
            for model in tenant_tables()
            for field in model._meta.get_fields()
            if isinstance(field, models.ForeignKey) and field.related_model is not Organisation
        },
        key=lambda model: model._meta.label,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("model", parents(), ids=lambda model: model._meta.label)
def test_every_parent_can_be_pointed_at_together_with_its_organisation(model):
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)
    unique = [set(one["columns"]) for one in constraints.values() if one["unique"]]
    assert {"organisation_id", model._meta.pk.column} in unique


@pytest.mark.parametrize("model", tenant_tables(), ids=lambda model: model._meta.label)
def test_every_reference_between_tenants_tables_names_the_organisation(model):
    guarded = {
        constraint.field for constraint in model._meta.constraints if isinstance(constraint, SameOrganisation)
    }
    references = {
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.related_model is not Organisation
        and (field.related_model in tenant_tables() or field.related_model is User)
    }
    assert references - guarded == set()


@pytest.mark.django_db
def test_the_constraints_are_in_the_database_under_their_names():
    expected = {
        constraint.name
        for model in tenant_tables()
        for constraint in model._meta.constraints
        if isinstance(constraint, SameOrganisation)
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f'")
        assert expected - {name for (name,) in cursor.fetchall()} == set()


@pytest.mark.parametrize("model", tenant_tables(), ids=lambda model: model._meta.label)
def test_a_query_that_names_no_organisation_is_refused(model):
    assert isinstance(model._default_manager, TenantManager)
    for ask in (
        model.objects.all,
        model.objects.count,
        lambda: model.objects.filter(pk=1),
        model.objects.first,
    ):
        with pytest.raises(UnscopedQuery):
            ask()
    with pytest.raises(UnscopedQuery):
        model.objects.across_organisations(" ")


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_a_row_that_points_into_another_organisation(alice, mallory):
    with pytest.raises(IntegrityError, match="same_org"), transaction.atomic():
        ApiToken.objects.create(
            organisation=alice.organisation, user=mallory, name="stolen", prefix="x", token_hash="y"
        )
    with pytest.raises(IntegrityError, match="same_org"), transaction.atomic():
        Run.objects.create(organisation=alice.organisation, actor=mallory, kind="x", title="x")
    theirs = Event.objects.create(organisation=mallory.organisation, kind="x", subject="x:1")
    with pytest.raises(IntegrityError, match="same_org"), transaction.atomic():
        Delivery.objects.create(organisation=alice.organisation, event=theirs, consumer="x", subject="x:1")


@pytest.mark.django_db
def test_an_organisation_gets_its_own_rows(alice, mallory):
    for person in (alice, mallory):
        Run.objects.create(organisation=person.organisation, actor=person, kind="x", title=person.name)
    assert [run.title for run in Run.objects.for_organisation(alice.organisation)] == ["Alice"]
    assert Run.objects.across_organisations("tests").count() == 2
