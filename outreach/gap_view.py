"""The gap meter as people see it: one word, the figures, and for the owner the folders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from accounts.models import User
from outreach.models import FolderGap, GapMeter, Mailbox


@dataclass(frozen=True)
class GapView:
    """The gap meter for one viewer. ``folders`` is empty for all but the owner: their names are private."""

    meter: GapMeter | None
    rows: Sequence[FolderGap]
    folders: Sequence[FolderGap]

    @cached_property
    def totals(self) -> Counter[str]:
        """``present``, ``recorded``, ``fetched``, ``left``, ``waiting`` of all folders together."""
        figures = ("present", "recorded", "fetched", "left", "waiting")
        return Counter({name: sum(getattr(row, name) for row in self.rows) for name in figures})

    @property
    def not_compared(self) -> int:
        """Folders that could not be compared."""
        return sum(bool(row.trouble) for row in self.rows)

    @property
    def word(self) -> str:
        """The word on its badge; "Nothing missing" only when everything was compared and nothing is left."""
        if self.meter is None or (self.meter.begun_at is None and not self.meter.trouble):
            return "Not compared yet"
        if self.meter.trouble:
            return "Comparison stopped"
        if self.meter.under_way:
            return "Comparing"
        if self.totals["left"]:
            return "Mail missing"
        return "Not all compared" if self.not_compared else "Nothing missing"

    @property
    def whole(self) -> bool:
        """Green."""
        return self.word == "Nothing missing"


def gap_view(viewer: User, mailbox: Mailbox) -> GapView:
    """The last comparison, or the one under way."""
    of_this = {"mailbox": mailbox}
    meter = GapMeter.objects.for_organisation(mailbox.organisation_id).filter(**of_this).first()
    rows = list(
        FolderGap.objects.for_organisation(mailbox.organisation_id)
        .filter(**of_this)
        .order_by("-present", "name")
    )
    return GapView(meter, rows, rows if mailbox.owner_id == viewer.pk else [])


def gap_words(mailboxes: Collection[Mailbox]) -> Mapping[int, str]:
    """The word of each mailbox by its id; two queries for any number of one organisation's."""
    if not mailboxes:
        return {}
    organisation_id = next(iter(mailboxes)).organisation_id
    meters = GapMeter.objects.for_organisation(organisation_id).filter(mailbox__in=mailboxes)
    by_mailbox = {meter.mailbox_id: meter for meter in meters}
    rows: defaultdict[int, list[FolderGap]] = defaultdict(list)
    for row in FolderGap.objects.for_organisation(organisation_id).filter(mailbox__in=mailboxes):
        rows[row.mailbox_id].append(row)
    return {box.pk: GapView(by_mailbox.get(box.pk), rows[box.pk], ()).word for box in mailboxes}
