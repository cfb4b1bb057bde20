"""Whose row is it: every table belongs to exactly one organisation, and no query forgets that.

Three layers keep tenants apart. The default manager refuses a query that names no organisation; composite
foreign keys let the database refuse a row that points at another organisation's row; and a test walks all
models and fails on a table with neither (``tests/foundation/test_tenancy.py``).
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

M = TypeVar("M", bound=models.Model)


class UnscopedQuery(RuntimeError):
    """A query on a tenant's table named no organisation. It is a bug, never a user's mistake."""


class TenantManager(models.Manager[M]):
    """Hands out rows of one organisation at a time.

    Related managers (``candidate.contact_points``) are scoped by their instance and pass. Django's own
    machinery (foreign keys, ``refresh_from_db``, deletes) goes through ``_base_manager`` and is unaffected.
    """

    def get_queryset(self) -> models.QuerySet[M]:
        """Rows reached from an instance; anything else raises :class:`UnscopedQuery`."""
        if getattr(self, "instance", None) is None:
            raise UnscopedQuery(
                f"{self.model.__name__}: say for_organisation(...) or across_organisations('why')"
            )
        return super().get_queryset()

    def for_organisation(self, organisation: Any) -> models.QuerySet[M]:
        """Rows of one organisation, given as an object or an id."""
        return super().get_queryset().filter(organisation_id=getattr(organisation, "pk", organisation))

    def across_organisations(self, reason: str) -> models.QuerySet[M]:
        """Rows of all organisations. ``reason`` is for the reader; an empty one is refused."""
        if not reason.strip():
            raise UnscopedQuery("across_organisations() needs a reason")
        return super().get_queryset()

    def none(self) -> models.QuerySet[M]:
        """No rows: of no organisation, so nothing has to be named. The API's schema asks for it."""
        return super().get_queryset().none()

    def create(self, **values: Any) -> M:
        """Insert one row; the organisation is among ``values`` or the insert fails in the database."""
        return super().get_queryset().create(**values)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[M]:
        """Insert many rows, each naming its organisation."""
        return super().get_queryset().bulk_create(objs, *args, **kwargs)


class TenantModel(models.Model):
    """A row of one organisation. Children write ``class Meta(TenantModel.Meta)`` and extend ``constraints``."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")

    objects = TenantManager()
    #: For Django itself (validation of unique constraints, reverse relations); our code never says it.
    unguarded = models.Manager()  # noqa: DJ012 - a manager, which the rule takes for a field

    class Meta:
        abstract = True
        constraints = [
            # The target of other tables' composite foreign keys (SameOrganisation).
            models.UniqueConstraint(fields=["organisation", "id"], name="%(app_label)s_%(class)s_tenant"),
        ]


class BusyTenantModel(TenantModel):
    """A table that every message writes: without the organisation's own index.

    The unique (organisation, id) serves whoever asks by organisation. Another index of the same column alone would be
    written as often, and all of an organisation's new rows into one page of it, which workers then wait for.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        abstract = True


class SameOrganisation(models.BaseConstraint):
    """A composite foreign key: the row at ``field`` belongs to this row's organisation.

    ``SameOrganisation("mailbox")`` becomes ``FOREIGN KEY (organisation_id, mailbox_id) REFERENCES
    outreach_mailbox (organisation_id, id)``. A NULL reference passes (MATCH SIMPLE). It is deferred to the
    end of the transaction, as Django's own foreign keys are.
    """

    def __init__(self, field: str, *, name: str = "") -> None:
        self.field = field
        super().__init__(name=name or f"%(app_label)s_%(class)s_{field}_same_org")

    def _sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> str:
        quote = schema_editor.quote_name
        field = model._meta.get_field(self.field)
        assert isinstance(field, models.ForeignKey)
        target = field.related_model._meta.db_table
        return (
            f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)} "
            f"FOREIGN KEY ({quote('organisation_id')}, {quote(field.column)}) "
            f"REFERENCES {quote(target)} ({quote('organisation_id')}, {quote('id')}) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def constraint_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """Nothing inline: the referenced table may be made later in the same migration."""
        assert model is not None
        assert schema_editor is not None
        schema_editor.deferred_sql.append(self._sql(model, schema_editor))
        return ""

    def create_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """``ALTER TABLE … ADD CONSTRAINT`` at the end of the migration, when both tables exist."""
        return self.constraint_sql(model, schema_editor)

    def remove_sql(
        self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> str:
        """``ALTER TABLE … DROP CONSTRAINT``."""
        assert model is not None
        assert schema_editor is not None
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT IF EXISTS {quote(self.name)}"

    def validate(self, *_args: Any, **_kwargs: Any) -> None:
        """Left to the database: forms offer only the organisation's own rows to choose from."""

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, _, kwargs = super().deconstruct()
        return path, (self.field,), kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SameOrganisation):
            return (self.field, self.name) == (other.field, other.name)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.field, self.name))
