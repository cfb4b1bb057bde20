"""Forms for who may open a project: members, links for hiring managers."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import User
from accounts.selectors import members
from sourcing.models import Project, ProjectRole, ShareMode


class CollaboratorForm(forms.Form):
    """A colleague and their role in a project."""

    user = forms.ModelChoiceField(label="Colleague", queryset=User.objects.none(), empty_label="Choose …")
    role = forms.ChoiceField(
        label="Role", choices=[choice for choice in ProjectRole.choices if choice[0] != ProjectRole.OWNER]
    )

    def __init__(self, *args: Any, viewer: User, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = members(viewer).filter(is_active=True).exclude(pk=project.owner_id)


class ShareForm(forms.Form):
    """A link for a hiring manager."""

    label = forms.CharField(
        label="For whom", max_length=100, help_text="A name for your list, such as “Dana, engineering”."
    )
    mode = forms.ChoiceField(
        label="They", choices=ShareMode.choices, initial=ShareMode.VIEW, widget=forms.RadioSelect
    )
    names_hidden = forms.BooleanField(
        label="Hide names",
        required=False,
        help_text="Name, picture and schools are left out, so that nobody is judged by them.",
    )
    days = forms.TypedChoiceField(
        label="Ends after",
        coerce=int,
        choices=[(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "1 year")],
        initial=30,
    )
