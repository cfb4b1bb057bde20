"""An administrator defines the organisation's own fields: adds, renames, changes choices, orders, archives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organisation, User
from foundation.problems import Conflict, Invalid, Missing
from sourcing import custom_fields
from sourcing.models import CustomField, FieldKind
from sourcing.normalising import clean_text

MAX_FIELDS = 100
WITH_CHOICES = frozenset([FieldKind.CHOICE.value, FieldKind.CHOICES.value])


class FieldMissing(Missing):
    """There is no such field in the organisation."""

    code: ClassVar[str] = "custom_field_missing"


class LabelTaken(Conflict):
    """Another field has this name."""

    code: ClassVar[str] = "label_taken"


def fields_of(viewer: User, *, archived: bool = False) -> QuerySet[CustomField]:
    """The organisation's fields in order, those in use or those archived."""
    rows = CustomField.objects.for_organisation(viewer.organisation_id)
    return rows.filter(archived_at__isnull=not archived).order_by("position", "pk")


def field_for(viewer: User, field_id: int) -> CustomField:
    """One field, archived or not; raises :class:`FieldMissing`."""
    found = CustomField.objects.for_organisation(viewer.organisation_id).filter(pk=field_id).first()
    if found is None:
        raise FieldMissing("There is no such field.")
    return found


@transaction.atomic
def add(
    *,
    organisation: Organisation,
    actor: User,
    label: str,
    kind: str,
    choices: Iterable[str] = (),
) -> CustomField:
    """A new field at the end. Its key is made from the label and stays. Raises Invalid and :class:`LabelTaken`."""
    if kind not in FieldKind.values:
        raise Invalid("Choose a kind.", fields={"kind": "Choose a kind."})
    rows = _locked(organisation.pk)
    if len(rows) >= MAX_FIELDS:
        raise Invalid(f"An organisation has {MAX_FIELDS} fields at most, archived ones included.")
    words = _label(label)
    field = CustomField(
        organisation=organisation,
        key=custom_fields.new_key(words, {row.key for row in rows}),
        label=words,
        kind=kind,
        choices=custom_fields.clean_choices(choices) if kind in WITH_CHOICES else [],
        position=max((row.position for row in rows), default=-1) + 1,
        created_by=actor,
    )
    _save(field)
    return field


@transaction.atomic
def change(
    *,
    field: CustomField,
    actor: User,  # noqa: ARG001 - the trail names the actor
    label: str,
    choices: Iterable[str] | None = None,
) -> CustomField:
    """Another label, other choices. A choice that is taken away stays with the people who have it, as a value nobody
    can choose any more. Raises Invalid and :class:`LabelTaken`."""
    field.label = _label(label)
    if choices is not None and field.kind in WITH_CHOICES:
        field.choices = custom_fields.clean_choices(choices)
    _save(field, ["label", "choices"])
    return field


@transaction.atomic
def archive(*, field: CustomField, actor: User) -> None:  # noqa: ARG001 - the trail names the actor
    """Hide a field everywhere; its values stay. Twice changes nothing."""
    if field.archived_at is None:
        field.archived_at = timezone.now()
        field.save(update_fields=["archived_at"])


@transaction.atomic
def bring_back(*, field: CustomField, actor: User) -> None:  # noqa: ARG001 - the trail names the actor
    """Show an archived field again, with its values. Raises :class:`LabelTaken` when the name was given away."""
    field.archived_at = None
    _save(field, ["archived_at"])


@transaction.atomic
def move(*, field: CustomField, actor: User, by: int) -> None:  # noqa: ARG001 - the trail names the actor
    """Put a field ``by`` places lower (negative: higher) among those in use; it stops at the ends."""
    rows = [row for row in _locked(field.organisation_id) if row.archived_at is None]
    at = next((at for at, row in enumerate(rows) if row.pk == field.pk), None)
    if at is None:
        raise FieldMissing("This field is archived.")
    to = max(0, min(len(rows) - 1, at + by))
    rows.insert(to, rows.pop(at))
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])


def _locked(organisation_id: int) -> list[Any]:
    rows = CustomField.objects.for_organisation(organisation_id).select_for_update()
    return list(rows.order_by("position", "pk"))


def _label(label: str) -> str:
    words = clean_text(label, limit=80)
    if not words:
        raise Invalid("A field needs a name.", fields={"label": "A field needs a name."})
    return words


def _save(field: CustomField, columns: Sequence[str] | None = None) -> None:
    try:
        with transaction.atomic():
            field.save(update_fields=columns)
    except IntegrityError as error:
        if "sourcing_customfield_label_once" not in str(error):
            raise
        raise LabelTaken("Another field has this name.") from error
