"""Pushes what campaigns know about people down to search: the consumer "search.facts".

Search never asks upward (docs/architecture.md, "Facts go down by call"); it is told again whenever a
recipient changes, always with everything there is to say, so that a repeated or late event does no harm.
"""

from __future__ import annotations

from campaigns.models import Recipient
from campaigns.states import badge
from foundation import events
from foundation.models import Event
from outreach.states import Interest
from sourcing.search import facts


@events.consumer("search.facts", "recipient.changed", "recipient.interest_changed")
def push(event: Event) -> None:
    """The person's campaign words ("Replied", "Needs attention") and answers ("Interested") as search sees them."""
    recipient = (
        Recipient.objects.for_organisation(event.organisation_id).filter(pk=event.ids["recipient_id"]).first()
    )
    if recipient is None:
        return
    standings = (
        Recipient.objects.for_organisation(event.organisation_id)
        .filter(candidate_id=recipient.candidate_id)
        .values_list("progress", "hold", "interest")
    )
    facts.set(
        [recipient.candidate_id],
        source="campaigns",
        key="status",
        values=sorted({badge(progress, hold) for progress, hold, _ in standings}),
    )
    facts.set(
        [recipient.candidate_id],
        source="campaigns",
        key="interest",
        values=sorted({str(Interest(interest).label) for _, _, interest in standings if interest}),
    )
