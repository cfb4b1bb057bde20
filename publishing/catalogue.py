"""What is told to other programs: the public types of events, and which news of ours becomes which. Pure.

Types are a promise: one may be added, none may change its meaning or go (docs/events.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class EventType:
    """A public type: its name, what it says, and the kinds of our own news that become it."""

    name: str
    words: str
    kinds: tuple[str, ...]

    @property
    def group(self) -> str:
        """What it is about, in one word."""
        return self.name.partition(".")[0].removesuffix("s")


def _same(name: str, words: str) -> EventType:
    return EventType(name, words, (name,))


TYPES: tuple[EventType, ...] = (
    _same("candidate.created", "A person was added"),
    _same("candidate.updated", "Something about a person changed"),
    _same("candidates.changed", "Many people were added or changed at once, by an import or a merge"),
    _same("candidate.merged", "Two records of one person became one"),
    _same("candidate.unmerged", "A merge was undone"),
    _same("candidate.opted_out", "A person does not want to hear from you"),
    _same("candidate.erased", "A person's data were erased"),
    _same("project.created", "A project was made"),
    _same("project.updated", "A project changed: name, sharing, archive or stages"),
    _same("project.members_changed", "People were put into a project, moved or taken out"),
    _same("recipient.changed", "Somebody in a campaign moved on: progress, hold or end"),
    _same("recipient.interest_changed", "Somebody's interest was marked, by a person or by the reader"),
    _same("message.sent", "An e-mail was handed to the mail server"),
    _same("message.failed", "An e-mail could not be sent"),
    EventType(
        "message.bounced", "An e-mail came back or was refused", ("message.bounced", "message.refused")
    ),
    _same("message.replied", "Somebody answered"),
    _same("message.auto_replied", "An automatic answer came"),
    _same("message.complained", "An e-mail was reported as unwanted"),
    _same("campaign.changed", "A campaign was started, paused, resumed, stopped or ended"),
    EventType("export.settled", "One person's export ended, well or not", ("export.item_settled",)),
)

BY_NAME: Mapping[str, EventType] = {each.name: each for each in TYPES}
BY_KIND: Mapping[str, EventType] = {kind: each for each in TYPES for kind in each.kinds}
GROUPS: Mapping[str, tuple[EventType, ...]] = {
    group: tuple(each for each in TYPES if each.group == group)
    for group in dict.fromkeys(each.group for each in TYPES)
}
#: What *Send a test* sends; nobody subscribes to it.
TEST = "webhook.test"
