"""The displayed fields of a connection as a form, for one person or for everybody of a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from integrations import field_entries
from integrations.base.records import FieldKind
from integrations.models import Connection, FieldRow

_EXAMPLES: dict[str, str] = {FieldKind.DATE: "2026-01-31", FieldKind.TEXTS: "one, two"}


class EntriesForm(forms.Form):
    """One control per displayed field, named by the row's id; :meth:`values` is what ``field_entries.enter`` takes."""

    def __init__(
        self,
        data: Any = None,
        *,
        connection: Connection,
        record_type: str,
        typed: Mapping[str, Any],
        ids: str = "id_%s",
    ) -> None:
        super().__init__(data, prefix="entry", auto_id=ids)
        self._rows = {str(row.pk): row for row in field_entries.offered(connection, record_type)}
        for name, row in self._rows.items():
            self.fields[name] = _control(row, typed.get(row.key))

    def values(self) -> dict[str, Any]:
        """What was typed, by the field's key."""
        return {row.key: self.cleaned_data[name] for name, row in self._rows.items()}

    def refuse(self, wrong: Mapping[str, str]) -> None:
        """Put what ``enter`` refused beside its control."""
        by_key = {row.key: name for name, row in self._rows.items()}
        for key, text in wrong.items():
            self.add_error(by_key.get(key), text)


def _control(row: FieldRow, typed: Any) -> forms.Field:
    given: dict[str, Any] = {
        "label": row.label,
        "required": False,
        "help_text": "Must be filled to push somebody." if row.mandatory else "",
    }
    options = [(option["id"], option["label"]) for option in row.options]
    if row.kind == FieldKind.CHOICE:
        return forms.ChoiceField(choices=[("", "—"), *options], initial=typed, **given)
    if row.kind == FieldKind.CHOICES:
        return forms.MultipleChoiceField(
            choices=options, initial=list(typed or ()), widget=forms.CheckboxSelectMultiple, **given
        )
    if row.kind == FieldKind.YES_NO:
        said = "" if typed is None else "yes" if typed else "no"
        return forms.ChoiceField(choices=[("", "—"), ("yes", "Yes"), ("no", "No")], initial=said, **given)
    spelled = ", ".join(typed) if isinstance(typed, tuple | list) else typed
    widget = (
        forms.Textarea(attrs={"rows": 4})
        if row.kind == FieldKind.LONG_TEXT
        else forms.TextInput(attrs={"placeholder": _EXAMPLES.get(row.kind, "")})
    )
    return forms.CharField(max_length=10_000, initial=spelled, widget=widget, **given)
