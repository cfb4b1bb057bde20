"""Places on our pages that the rooms above fill: project and person tabs, actions, marks on rows, panels, bulk
actions.

Sourcing must not import campaigns or integrations, yet a project shows an Outreach tab and a person an ATS check.
So the upper app registers a slot in its ``AppConfig.ready()`` and keeps page, view and right to itself; our templates
only draw what is registered (docs/architecture.md, "Facts go down by call, news goes up by event").

Functions given to a slot are called once per page, never once per row, and take the viewer, because counts and marks
must not tell anybody about private addresses.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from accounts.models import User
from accounts.permissions import Right, can
from foundation.models import Run
from sourcing.models import Candidate, Project


@dataclass(frozen=True, kw_only=True)
class Slot:
    """What every slot has: a stable ``id``, the words on it, its place (lower first) and the right that shows it."""

    id: str
    label: str
    order: int
    right: Right


@dataclass(frozen=True, kw_only=True)
class ProjectTab(Slot):
    """One tab of ``/projects/<id>/``. ``url_name`` is reversed with ``project_id``; ``count`` is shown beside
    the label."""

    url_name: str
    count: Callable[[Project, User], int | None] | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectAction(Slot):
    """One button in the head of a project, a link to ``url_name`` (reversed with ``project_id``) that works by itself.

    ``offered`` as of a :class:`BulkAction`, for this project and viewer; ``menu`` groups actions of equal text under
    one button ("Export").
    """

    url_name: str
    icon: str
    menu: str = ""
    offered: Callable[[Project, User], Collection[str]] | None = None


@dataclass(frozen=True)
class Mark:
    """What one slot says about one person in a list: ``tone`` is a dot class suffix, ``note`` a second, quiet line.

    ``tile`` is the two letters of an ATS tile with ``done`` for its green check; without a tile the label is drawn as
    a status badge, or with ``plain`` as the word it is: a stage that somebody called "Bounced" is no status.
    """

    label: str
    tone: str = "grey"
    note: str = ""
    tile: str = ""
    done: bool = False
    url: str = ""
    plain: bool = False


@dataclass(frozen=True, kw_only=True)
class CandidateMark(Slot):
    """One column of marks in the people and project tables. ``marks`` answers for a whole page of ids at once."""

    marks: Callable[[Collection[int], User], Mapping[int, list[Mark]]]


@dataclass(frozen=True, kw_only=True)
class CandidatePanel(Slot):
    """A block on the person page: ``template`` is included with what ``context`` returns; None leaves it out."""

    template: str
    context: Callable[[Candidate, User], Mapping[str, object] | None]


@dataclass(frozen=True, kw_only=True)
class CandidateTab(Slot):
    """One tab of a person, in the drawer and on the page: ``template`` is included with ``context(candidate, viewer)``
    beside what every tab has (``person``, ``may_edit``). Asked for only when the tab is opened; ``count``, if given, is
    asked with every person."""

    template: str
    context: Callable[[Candidate, User], Mapping[str, object]]
    count: Callable[[Candidate, User], int | None] | None = None


@dataclass(frozen=True, kw_only=True)
class CandidateAction(Slot):
    """One button at the head of a person, a link to ``url_name`` (reversed with ``candidate_id``)."""

    url_name: str
    icon: str


@dataclass(frozen=True, kw_only=True)
class BulkAction(Slot):
    """One button of the selection bar. The form posts ``candidate`` ids (repeated) to ``url_name``.

    In a project (``scope="project"``) the URL is reversed with ``project_id``; in the people list (``scope="people"``)
    without arguments, and ``everything=1`` with the list's ``q`` stands for everybody found. ``offered`` gives the ids
    that are shown, of those actions that share it; it is asked once for all of them.
    """

    url_name: str
    icon: str
    scope: str = "project"
    offered: Callable[[User], Collection[str]] | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectFigure(Slot):
    """One number per project in the list of projects. ``figures`` answers for a whole page of ids; none is 0."""

    figures: Callable[[Collection[int], User], Mapping[int, int]]


@dataclass(frozen=True, kw_only=True)
class ActivityEntry:
    """One line of a project's Activity tab: "Alice Aubert" (``who``) "started Backend, first wave" (``text``).

    ``key`` tells entries of one moment apart and must be unique: "campaign:12:started". ``guest``: nobody has proved
    who it was.
    """

    at: datetime.datetime
    key: str
    icon: str
    who: str
    text: str
    note: str = ""
    quote: str = ""
    url: str = ""
    guest: bool = False


@dataclass(frozen=True, kw_only=True)
class ProjectActivitySource(Slot):
    """What an upper room adds to the Activity tab: at most ``limit`` entries up to a moment, the newest first.

    ``entries(project, viewer, until, limit)``; ``until`` None is now.
    """

    entries: Callable[[Project, User, datetime.datetime | None, int], list[ActivityEntry]]


@dataclass(frozen=True, kw_only=True)
class ContactNotice(Slot):
    """Who else is writing to a person, for those about to add them: sentences per person, for a whole page of ids.

    A sentence names no project or campaign that the viewer may not open.
    """

    notices: Callable[[Collection[int], User], Mapping[int, list[str]]]


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """What a run of the kind ``id`` is called in the tray, "Import", and where *View* leads; ``url`` gets the run."""

    id: str
    label: str
    url: Callable[[Run], str]
    order: int = 0
    right: Right = Right.CANDIDATE_VIEW


S = TypeVar("S", bound="Slot | RunPage")
A = TypeVar("A", ProjectAction, BulkAction)


class Registry(Generic[S]):
    """The slots of one kind, in order. Registering an id twice is a programming error."""

    def __init__(self, make: type[S]) -> None:
        self._make = make
        self._slots: dict[str, S] = {}

    def __call__(self, **values: object) -> S:
        """Register one slot from its fields."""
        slot = self._make(**values)  # type: ignore[arg-type]  # the dataclass checks the names
        if slot.id in self._slots:
            raise ValueError(f"{self._make.__name__} {slot.id!r} is registered twice")
        self._slots[slot.id] = slot
        return slot

    def all(self) -> list[S]:
        """Every slot, whoever may see it."""
        return sorted(self._slots.values(), key=lambda slot: (slot.order, slot.id))

    def visible(self, viewer: User) -> list[S]:
        """The slots whose right ``viewer`` has."""
        return [slot for slot in self.all() if can(viewer, slot.right)]


project_tab: Registry[ProjectTab] = Registry(ProjectTab)
project_action: Registry[ProjectAction] = Registry(ProjectAction)
candidate_mark: Registry[CandidateMark] = Registry(CandidateMark)
candidate_action: Registry[CandidateAction] = Registry(CandidateAction)
candidate_panel: Registry[CandidatePanel] = Registry(CandidatePanel)
candidate_tab: Registry[CandidateTab] = Registry(CandidateTab)
bulk_action: Registry[BulkAction] = Registry(BulkAction)
project_figure: Registry[ProjectFigure] = Registry(ProjectFigure)
project_activity: Registry[ProjectActivitySource] = Registry(ProjectActivitySource)
contact_notice: Registry[ContactNotice] = Registry(ContactNotice)
run_page: Registry[RunPage] = Registry(RunPage)


def offered(actions: Sequence[A], *of: Any) -> list[A]:
    """Those that are shown, in order; actions that share their ``offered`` have it asked once, with ``of``."""
    questions = dict.fromkeys(action.offered for action in actions if action.offered is not None)
    answers = {ask: ask(*of) for ask in questions}
    return [action for action in actions if action.offered is None or action.id in answers[action.offered]]


#: The notice that says what the do-not-contact list holds against somebody.
DO_NOT_CONTACT = "do-not-contact"


def notices_of(
    viewer: User, candidate_ids: Collection[int], *, but: Collection[str] = ()
) -> dict[int, list[str]]:
    """What to know before these people are added or written to, by person; every slot is asked once, those with an id
    of ``but`` not at all."""
    found: dict[int, list[str]] = {candidate_id: [] for candidate_id in candidate_ids}
    for slot in contact_notice.visible(viewer):
        if slot.id in but:
            continue
        for candidate_id, sentences in slot.notices(candidate_ids, viewer).items():
            found[candidate_id] += sentences
    return found
