"""Sync choices of one campaign or one person as one form: the settings of that level, and the fields people may fill.

The same on the page of its own and on a campaign's settings.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import User
from integrations import field_entries, setting_changes, setting_rows
from integrations.base.records import Option
from integrations.entry_forms import EntriesForm
from integrations.models import Connection
from integrations.setting_changes import Place
from integrations.setting_forms import LevelForm


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Both halves, and what they are about."""

    actor: User
    connection: Connection
    record_type: str
    place: Place
    form: LevelForm
    entries: EntriesForm

    def is_valid(self) -> bool:
        """Both of them; each is asked, so that all that is wrong is said at once."""
        return all([self.form.is_valid(), self.entries.is_valid()])

    @property
    def wrong(self) -> bool:
        """Whether something was refused."""
        return bool(self.form.errors or self.entries.errors)

    @transaction.atomic
    def save(self) -> None:
        """Both halves or none. Raises Invalid by the field's key, SettingLocked, AdminsOnly."""
        setting_changes.write(
            actor=self.actor,
            connection=self.connection,
            record_type=self.record_type,
            place=self.place,
            values=self.form.values(),
        )
        field_entries.enter(
            actor=self.actor,
            connection=self.connection,
            record_type=self.record_type,
            values=self.entries.values(),
            campaign=self.place.campaign,
            candidate=self.place.candidate,
        )


def choices(
    posted: Any,
    *,
    actor: User,
    connection: Connection,
    record_type: str,
    place: Place,
    jobs: Collection[Option] = (),
) -> Choices:
    """The forms of a campaign or person, with what counts there for people ``actor`` adds.

    The right to edit the campaign or person is the door's; ids on the page are of this connection and record type.
    """
    ids = f"sync-{connection.pk}-{record_type}-%s"
    stored = setting_rows.held(
        connection, record_type, user=actor, campaign=place.campaign, candidate=place.candidate
    )
    typed = setting_rows.entered(connection, record_type, campaign=place.campaign, candidate=place.candidate)
    return Choices(
        actor=actor,
        connection=connection,
        record_type=record_type,
        place=place,
        form=LevelForm(
            posted,
            actor=actor,
            connection=connection,
            place=place,
            stored=stored,
            may_edit=True,
            jobs=jobs,
            ids=ids,
        ),
        entries=EntriesForm(posted, connection=connection, record_type=record_type, typed=typed, ids=ids),
    )
