"""Forms of bulk actions on many people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import User
from sourcing.models import Project, Stage
from sourcing.selectors import editable_projects


class TagForm(forms.Form):
    """One tag for many people."""

    tag = forms.CharField(label="Tag", max_length=100, widget=forms.TextInput(attrs={"autofocus": True}))


class OwnerForm(forms.Form):
    """Who looks after many people from now on; "nobody" must be chosen too."""

    owner = forms.TypedChoiceField(
        label="Owner", coerce=lambda value: None if value == "nobody" else int(value), empty_value=None
    )

    def __init__(self, *args: Any, colleagues: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [*((one.pk, one.name) for one in colleagues), ("nobody", "Nobody")]


class MoveForm(forms.Form):
    """The stage many people go to."""

    stage = forms.TypedChoiceField(label="Stage", coerce=int)

    def __init__(self, *args: Any, stages: Sequence[Stage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["stage"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(stage.pk, stage.name) for stage in stages]


class DeleteForm(forms.Form):
    """The number of people to delete, typed, because nothing brings them back."""

    confirmed = forms.IntegerField(
        label="How many people will be deleted?", widget=forms.NumberInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        self.fields["confirmed"].help_text = f"Type {count} to confirm."

    def clean_confirmed(self) -> int:
        """The number that is meant, and no other."""
        if self.cleaned_data["confirmed"] != self.count:
            raise forms.ValidationError(f"Type {self.count} to confirm.")
        return self.count


class ToProjectForm(forms.Form):
    """Where selected people go: a project of the list, or a new one by its name."""

    project = forms.ModelChoiceField(
        label="Project", queryset=Project.unguarded.none(), required=False, empty_label="A new project"
    )
    name = forms.CharField(label="Name of the new project", max_length=200, required=False)

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["project"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = editable_projects(viewer)

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned = super().clean() or {}
        if not cleaned.get("project") and not cleaned.get("name", "").strip():
            self.add_error("name", "Choose a project or name a new one.")
        return cleaned
