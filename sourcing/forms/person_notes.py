"""The form of a note about a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse_lazy

from sourcing.models import Note, NoteVisibility, Project


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
