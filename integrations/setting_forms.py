"""One level's sync settings as a form, the same for team, user, campaign and person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from accounts.models import User
from integrations import opening, setting_changes, sync_settings
from integrations.base.records import Option
from integrations.models import Connection
from integrations.setting_changes import Place
from integrations.sync_settings import ADD, ADD_WORDS, JOB, NOTE_WORDS, NOTES, Held, Level, Lock, Setting

INHERIT = "inherit"
#: What the level above is called where a value is left to it.
ABOVE = {Level.USER: "As the team", Level.CAMPAIGN: "As usual", Level.PERSON: "As in the campaign"}


@dataclass(frozen=True, slots=True)
class Line:
    """One setting on the page.

    ``current`` is what counts here now; ``ignored`` the words of a value the lock keeps from counting.
    """

    name: str
    label: str
    help: str
    control: BoundField
    #: The boxes of a choice of several; shown below ``control``.
    boxes: BoundField | None
    current: str
    #: Whether a value is set at this very level.
    own: bool
    lock: Lock | None
    lockable: bool
    editable: bool
    ignored: str


class LevelForm(forms.Form):
    """The settings of one level. Fields are named by level and setting; :meth:`values` is what ``write`` takes.

    ``ids`` keeps controls of several forms on one page apart.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        actor: User,
        connection: Connection,
        place: Place,
        stored: Mapping[str, Collection[Held]],
        may_edit: bool,
        jobs: Collection[Option] = (),
        ids: str = "id_%s",
    ) -> None:
        super().__init__(data, prefix=place.level.value, auto_id=ids)
        self.level = place.level
        self._system = opening.vendor_of(connection)
        self._stored = stored
        self._jobs = jobs
        self.settings = sync_settings.offered(place.level, self._system.capabilities)
        self._editable: dict[str, bool] = {}
        for setting in self.settings:
            locked = sync_settings.resolve(setting.name, stored.get(setting.name, ())).locked
            self._editable[setting.name] = may_edit and setting_changes.may_write(
                actor, connection, place.level, locked=locked
            )
            self._add(setting)

    def lines(self) -> list[Line]:
        """The settings in order, for the template."""
        return [self._line(setting) for setting in self.settings]

    def values(self) -> dict[str, Any]:
        """What was chosen; None where it is left to the level above. What cannot be edited is left out."""
        chosen: dict[str, Any] = {}
        for setting in self.settings:
            if not self._editable[setting.name]:
                continue
            raw = self.cleaned_data[setting.name]
            if raw == INHERIT:
                chosen[setting.name] = None
            elif setting.name == NOTES:
                chosen[NOTES] = self.cleaned_data["boxes"]
            elif isinstance(setting.default, bool):
                chosen[setting.name] = raw == "on"
            else:
                chosen[setting.name] = raw
        return chosen

    def _add(self, setting: Setting) -> None:
        own = self._own(setting.name)
        choices = [(INHERIT, self._inherit_words(setting))] if self.level is not Level.ORGANISATION else []
        choices += self._choices(setting)
        topmost = self.level is Level.ORGANISATION
        value = own.value if own is not None else setting.default if topmost else self._above(setting.name)
        initial = INHERIT if own is None and not topmost else self._spelled(setting, value)
        disabled = not self._editable[setting.name]
        self.fields[setting.name] = forms.ChoiceField(
            label=self._words(setting.name),
            choices=choices,
            initial=initial,
            disabled=disabled,
        )
        if setting.name == NOTES:
            self.fields["boxes"] = forms.MultipleChoiceField(
                label="Activities",
                choices=[(kind.value, words) for kind, words in NOTE_WORDS.items()],
                widget=forms.CheckboxSelectMultiple,
                initial=list(value),
                required=False,
                disabled=disabled,
            )

    def _choices(self, setting: Setting) -> list[tuple[str, str]]:
        if isinstance(setting.default, bool):
            return [("on", "On"), ("off", "Off")]
        if setting.name == ADD:
            return [(when.value, words) for when, words in ADD_WORDS.items()]
        if setting.name == NOTES:
            return [("own", "These activities")]
        own = self._own(JOB)
        known = [(job.id, job.label) for job in self._jobs]
        kept = [(own.value, own.value)] if own and own.value and own.value not in dict(known) else []
        return [("", "No job"), *known, *kept]

    def _spelled(self, setting: Setting, value: Any) -> str:
        if isinstance(setting.default, bool):
            return "on" if value else "off"
        return "own" if setting.name == NOTES else str(value)

    def _line(self, setting: Setting) -> Line:
        name = setting.name
        resolved = self._counts(name, upto=self.level)
        own = self._own(name)
        return Line(
            name=name,
            label=self._words(name),
            help=setting.help.format(system=self._system.display_name),
            control=self[name],
            boxes=self["boxes"] if name == NOTES else None,
            current=self._say(name, resolved.value),
            own=own is not None,
            lock=resolved.lock,
            lockable=self.level is Level.ORGANISATION and len(setting.levels) > 1,
            editable=self._editable[name],
            ignored=self._say(name, own.value) if own is not None and self.level in resolved.ignored else "",
        )

    def _own(self, name: str) -> Held | None:
        return next((one for one in self._stored.get(name, ()) if one.level is self.level), None)

    def _counts(self, name: str, *, upto: Level) -> sync_settings.Resolved:
        """What counts as far as that level and those above it go."""
        levels = list(Level)[: list(Level).index(upto) + 1]
        return sync_settings.resolve(name, [one for one in self._stored.get(name, ()) if one.level in levels])

    def _above(self, name: str) -> Any:
        upper = list(Level)[list(Level).index(self.level) - 1]
        return self._counts(name, upto=upper).value

    def _inherit_words(self, setting: Setting) -> str:
        if self.level is Level.PERSON:
            # Which campaign that will be is not known here.
            return ABOVE[self.level]
        return f"{ABOVE[self.level]}: {self._say(setting.name, self._above(setting.name))}"

    def _say(self, name: str, value: Any) -> str:
        if name == JOB:
            # Where the vendor was not asked for its jobs, its number for one says nothing to people.
            unnamed = str(value) if self._jobs or not value else "One is chosen"
            return next((job.label for job in self._jobs if job.id == value), unnamed or "No job")
        return sync_settings.words(name, value)

    def _words(self, name: str) -> str:
        return sync_settings.label(name, self._system.setting_words, system=self._system.display_name)
