"""Forms of the pages about people, projects and imports. They check form, the operations check rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse_lazy

from accounts.models import User
from accounts.selectors import members
from sourcing.matching import Key
from sourcing.models import (
    ContactType,
    FieldKind,
    Note,
    NoteVisibility,
    Project,
    ProjectRole,
    ShareMode,
    Stage,
    Visibility,
)
from sourcing.selectors import editable_projects

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


#: What the "+" beside the phones offers.
PHONE_TYPES = (
    (ContactType.MOBILE.value, "Mobile"),
    (ContactType.PERSONAL.value, "Personal"),
    (ContactType.WORK.value, "Business"),
    (ContactType.OTHER.value, "Other"),
)


class PhoneForm(forms.Form):
    """Add a number by hand: type and text."""

    type = forms.ChoiceField(label="Type", choices=PHONE_TYPES)
    value = forms.CharField(
        label="Phone number",
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "type": "tel", "placeholder": "+49 1515 5501420"}
        ),
    )


def field_form(shown: Any, data: Any = None) -> forms.Form:
    """The form of one field of a person (``views.profile.Shown``): one control named ``value`` that fits its kind.

    The operation cleans and refuses; the control only helps to type.
    """
    form = forms.Form(data, auto_id=f"{shown.part}_%s", initial={"value": _initial(shown)})
    form.fields["value"] = _control(shown)
    return form


def _initial(shown: Any) -> Any:
    if shown.kind == FieldKind.YES_NO:
        return {True: "yes", False: "no"}.get(shown.value, "")
    return shown.value


def _control(shown: Any) -> forms.Field:
    common: dict[str, Any] = {"label": shown.label, "required": False}
    if shown.choices:
        return forms.ChoiceField(choices=shown.choices, **common)
    choices = [(choice, choice) for choice in shown.custom.choices] if shown.custom else []
    match shown.kind:
        case FieldKind.YES_NO:
            return forms.ChoiceField(choices=[("", "Unknown"), ("yes", "Yes"), ("no", "No")], **common)
        case FieldKind.CHOICE:
            # A choice that was taken away from the field stays while the person has it.
            gone = [] if not shown.value or shown.value in dict(choices) else [(shown.value, shown.value)]
            return forms.ChoiceField(choices=[("", "None"), *choices, *gone], **common)
        case FieldKind.CHOICES:
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
        case FieldKind.DATE:
            widget: forms.Widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.CharField(widget=widget, **common)
        case FieldKind.NUMBER:
            return forms.CharField(widget=forms.TextInput(attrs={"inputmode": "decimal"}), **common)
    if shown.long:
        return forms.CharField(max_length=40_000, widget=forms.Textarea(attrs={"rows": 6}), **common)
    return forms.CharField(max_length=2_000, **common)


class ExperienceForm(forms.Form):
    """One position."""

    title = forms.CharField(label="Title", max_length=300, required=False)
    company = forms.CharField(label="Company", max_length=300, required=False)
    location = forms.CharField(label="Place", max_length=300, required=False)
    started = forms.CharField(label="From", max_length=10, required=False, help_text="2019 or 2019-04")
    ended = forms.CharField(label="To", max_length=10, required=False, help_text="Empty: until now")
    description = forms.CharField(
        label="Description", max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class EducationForm(forms.Form):
    """One school."""

    school = forms.CharField(label="School", max_length=300, required=False)
    degree = forms.CharField(label="Degree", max_length=300, required=False)
    field = forms.CharField(label="Field", max_length=300, required=False)
    started = forms.CharField(label="From", max_length=10, required=False, help_text="2019 or 2019-04")
    ended = forms.CharField(label="To", max_length=10, required=False)


class NoteForm(forms.Form):
    """A note and who may read it: everybody, the author, or those who see one of the person's projects."""

    body = forms.CharField(
        label="Note",
        strip=True,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "placeholder": "Write a note. @ and a name tells a colleague.",
                "data-mentions": reverse_lazy("sourcing:mentions"),
                "aria-autocomplete": "list",
            }
        ),
    )
    readers = forms.ChoiceField(label="Who may read it")

    def __init__(
        self, *args: Any, projects: Sequence[Project], note: Note | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._projects = {f"project:{project.pk}": project for project in projects}
        if note is not None and note.project is not None:
            self._projects.setdefault(f"project:{note.project_id}", note.project)
        readers = self.fields["readers"]
        assert isinstance(readers, forms.ChoiceField)
        readers.choices = [
            (NoteVisibility.ORGANISATION.value, "Everybody here"),
            (NoteVisibility.ME.value, "Only me"),
            *((key, f"Project {project.name}") for key, project in self._projects.items()),
        ]

    @staticmethod
    def reader_of(note: Note) -> str:
        """The choice that stands for a note's visibility."""
        return f"project:{note.project_id}" if note.project_id else note.visibility

    def note(self) -> dict[str, Any]:
        """What ``notes.write`` and ``notes.change`` take."""
        readers = self.cleaned_data["readers"]
        project = self._projects.get(readers)
        return {
            "body": self.cleaned_data["body"],
            "visibility": NoteVisibility.PROJECT.value if project else readers,
            "project": project,
        }


class CustomFieldForm(forms.Form):
    """A field of the organisation; ``kind`` is asked only for a new one."""

    label = forms.CharField(label="Name", max_length=80)
    kind = forms.ChoiceField(label="Kind", choices=FieldKind.choices)
    choices = forms.CharField(
        label="Choices",
        required=False,
        help_text="One per line; only for choices.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_choices(self) -> list[str]:
        """The choices as a list."""
        return [line for line in self.cleaned_data["choices"].splitlines() if line.strip()]


class SavedSearchForm(forms.Form):
    """Keep a question: its name, who sees it, whether it writes."""

    name = forms.CharField(label="Name", max_length=100)
    shared = forms.BooleanField(
        label="Shared",
        required=False,
        help_text="Everybody of your organisation can open it; only you change it.",
    )
    daily = forms.BooleanField(
        label="Daily e-mail", required=False, help_text="One e-mail a day about people who came in and fit."
    )


class SynonymForm(forms.Form):
    """Two words for the same."""

    word = forms.CharField(label="Word", max_length=100, widget=forms.TextInput(attrs={"placeholder": "SWE"}))
    same_as = forms.CharField(
        label="Means the same as",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "software engineer"}),
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


#: What each visibility means, one line below its radio button.
VISIBLE_TO = {
    Visibility.ORGANISATION.value: "Your colleagues find it and work in it as their role allows.",
    Visibility.MEMBERS.value: "Only its members and admins open it; a person’s page names it to others.",
    Visibility.CONFIDENTIAL.value: "Only its members and admins know that it exists.",
}


class ProjectForm(forms.Form):
    """The name of a project, and who sees it."""

    name = forms.CharField(label="Name", max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))
    visibility = forms.ChoiceField(
        label="Who sees it",
        choices=Visibility.choices,
        initial=Visibility.ORGANISATION,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, naming_only: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if naming_only:
            del self.fields["visibility"]
        else:
            self.fields["visibility"].explanations = VISIBLE_TO  # type: ignore[attr-defined]  # read by config.form_fields


class DuplicateForm(forms.Form):
    """What a copy is called and whether the people come along."""

    name = forms.CharField(label="Name", max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))
    with_people = forms.BooleanField(
        label="With its people", required=False, help_text="Each in the stage they are in now."
    )


class StageForm(forms.Form):
    """The name of a stage."""

    name = forms.CharField(label="Name", max_length=60)


class DefaultStagesForm(forms.Form):
    """The stages of new projects, one per line."""

    names = forms.CharField(
        label="Stages",
        required=False,
        max_length=3_000,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text="One per line, from left to right. Empty: the stages Beckon comes with. "
        "Projects that exist keep theirs.",
    )


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


class GuestCommentForm(forms.Form):
    """What somebody behind a link says, under the name they state."""

    name = forms.CharField(label="Your name", max_length=100)
    body = forms.CharField(label="Comment", max_length=5_000, widget=forms.Textarea(attrs={"rows": 2}))


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
