"""Files of rows: however a row goes, with its person or alone, the bytes go when that is certain."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import FileField, Model
from django.db.models.signals import post_delete


def go_with_row(model: type[Model]) -> None:
    """From now on a deleted row of ``model`` takes what its file fields hold along. Called beside the model, once."""
    post_delete.connect(_delete_bytes, sender=model, dispatch_uid=f"stored_files.{model._meta.label}")


def _delete_bytes(instance: Model, **_signal: Any) -> None:
    for column in (each for each in instance._meta.concrete_fields if isinstance(each, FileField)):
        held = getattr(instance, column.name)
        if held:
            _delete_on_commit(held.storage, str(held.name))


def _delete_on_commit(storage: Any, name: str) -> None:
    transaction.on_commit(lambda: storage.delete(name), robust=True)
