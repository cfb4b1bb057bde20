"""The form that uploads a file of people."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import User
from sourcing.models import Project
from sourcing.selectors import editable_projects


class UploadForm(forms.Form):
    """The file of an import and, if wanted, the project its people go to."""

    file = forms.FileField(
        label="CSV file or Excel workbook",
        help_text="From LinkedIn Recruiter, Greenhouse, Lever or any other system: .csv or .xlsx, up to 1 GB.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xlsm,text/csv"}),
    )
    project = forms.ModelChoiceField(
        label="Add everybody to a project",
        queryset=Project.unguarded.none(),
        required=False,
        empty_label="No project",
    )

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["project"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = editable_projects(viewer)
