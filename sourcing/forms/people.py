"""Forms of a whole person: made by hand, edited."""

from __future__ import annotations

from django import forms

from sourcing.forms.person_contacts import ADDRESS_TYPES


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
