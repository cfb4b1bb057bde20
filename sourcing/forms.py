"""Forms of the pages about people, projects and imports. They check form, the operations check rules."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import User
from sourcing.matching import Key
from sourcing.models import ContactType, Project
from sourcing.selectors import visible_projects

#: What the "+" beside the e-mails offers; *Business* is Work (docs/behaviour.md §3).
ADDRESS_TYPES = (
    (ContactType.PERSONAL.value, "Personal"),
    (ContactType.WORK.value, "Business"),
    (ContactType.OTHER.value, "Other"),
)


class AddressForm(forms.Form):
    """Add an e-mail address by hand: type and text (seed 002)."""

    type = forms.ChoiceField(label="Type", choices=ADDRESS_TYPES)
    value = forms.CharField(
        label="E-mail address",
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.org"}),
    )


class PersonForm(forms.Form):
    """The columns of a person that are edited by hand; ``version`` is the one the editor saw."""

    first_name = forms.CharField(label="First name", max_length=300, required=False)
    last_name = forms.CharField(label="Last name", max_length=300, required=False)
    title = forms.CharField(label="Title", max_length=300, required=False)
    company = forms.CharField(label="Company", max_length=300, required=False)
    location = forms.CharField(label="Place", max_length=300, required=False)
    linkedin_url = forms.CharField(label="LinkedIn profile", max_length=500, required=False)
    skills = forms.CharField(label="Skills", required=False, help_text="Separated by commas.")
    summary = forms.CharField(label="Summary", required=False, widget=forms.Textarea(attrs={"rows": 4}))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_skills(self) -> list[str]:
        """The skills as a list."""
        return [skill for skill in (part.strip() for part in self.cleaned_data["skills"].split(",")) if skill]


class NewPersonForm(PersonForm):
    """A person made by hand, with one address, which belongs to whoever typed it."""

    email = forms.CharField(
        label="E-mail address",
        max_length=320,
        required=False,
        help_text="An address you type in is visible to you only.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    email_type = forms.ChoiceField(label="Type of address", choices=ADDRESS_TYPES)
    field_order = ["first_name", "last_name", "email", "email_type"]


class DuplicateRuleForm(forms.Form):
    """What decides that two records are one person."""

    keys = forms.MultipleChoiceField(
        label="What decides",
        choices=(
            (Key.EMAIL.value, "The same e-mail address"),
            (Key.PROFILE.value, "The same social profile"),
            (Key.PHONE.value, "The same phone number"),
            (Key.NAME_COMPANY.value, "A similar name at the same company"),
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: every likely pair is for you to decide.",
    )
    every = forms.ChoiceField(
        label="How many of them",
        choices=(("any", "Any one is enough"), ("all", "All of them must agree")),
        widget=forms.RadioSelect,
    )
    refuse = forms.ChoiceField(
        label="When somebody makes a person who is there already",
        choices=(("warn", "Warn, and let them create it anyway"), ("refuse", "Refuse")),
        widget=forms.RadioSelect,
    )


class ProjectForm(forms.Form):
    """The name of a project."""

    name = forms.CharField(label="Name", max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))


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
        field.queryset = visible_projects(viewer)

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned = super().clean() or {}
        if not cleaned.get("project") and not cleaned.get("name", "").strip():
            self.add_error("name", "Choose a project or name a new one.")
        return cleaned


class UploadForm(forms.Form):
    """The file of an import and, if wanted, the project its people go to."""

    file = forms.FileField(
        label="CSV file",
        help_text="From LinkedIn Recruiter, Greenhouse, Lever or any other system; commas, semicolons or tabs.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
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
        field.queryset = visible_projects(viewer)
