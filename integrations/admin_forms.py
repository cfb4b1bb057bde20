"""What administrators of the installation change about connections: each form refuses what the operation would."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction

from foundation.problems import Problem
from integrations import field_decisions, job_statuses, sync_settings
from integrations.base.records import Option
from integrations.models import Connection, FieldRow, SyncSetting
from integrations.setting_rows import level_of
from sourcing.admin import AcrossOrganisations


class WhitelistForm(AcrossOrganisations):
    """Job status whitelist: what the vendor's page offers; without its answer the choice stays as it is."""

    job_statuses = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Connection
        fields = ("job_statuses",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["job_statuses"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.help_text = "Only jobs in these are offered; none means all of them."
        try:
            offered = job_statuses.listed(self.instance)
        except Problem as problem:
            field.disabled = True
            field.help_text = f"The system did not tell its job statuses: {problem}"
            offered = tuple((Option(id=name, label=name), True) for name in self.instance.job_statuses)
        field.choices = [
            (option.id, option.label if there else f"{option.label} (no longer there)")
            for option, there in offered
        ]


class PolicyForm(AcrossOrganisations):
    """One stored value; what it may be is said by ``sync_settings``."""

    class Meta:
        model = SyncSetting
        fields = ("value", "locked")

    def clean(self) -> dict[str, Any]:
        """Refuse what the setting does not know, and a lock below the organisation."""
        values = super().clean() or self.cleaned_data
        level = level_of(self.instance)
        try:
            values["value"] = sync_settings.clean(self.instance.name, values.get("value"), level=level)
        except Problem as problem:
            self.add_error("value", str(problem))
        if values.get("locked") and level is not sync_settings.Level.ORGANISATION:
            self.add_error("locked", "Only what counts for the team is locked.")
        return values


class DecisionForm(AcrossOrganisations):
    """What was decided about one field."""

    variable = forms.ChoiceField(required=False)

    class Meta:
        model = FieldRow
        fields = field_decisions.DECISIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = field_decisions.variables_of(self.instance.organisation_id)
        field = self.fields["variable"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "—"), *offered.items()]

    def clean(self) -> dict[str, Any]:
        """Rehearse it, so that a refusal stands on the form."""
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        try:
            with transaction.atomic():
                field_decisions.decide(actor=None, field=self.instance, changes=values)
                transaction.set_rollback(True)
        except Problem as problem:
            raise forms.ValidationError(str(problem)) from None
        return values
