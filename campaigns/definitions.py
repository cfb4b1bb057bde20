"""What each figure of outreach means, in words and as data: pages print the words, ``statistics`` and ``reporting``
count by the data. Pure.

A figure counts either people or e-mails and says which. A person counts once however many e-mails, addresses or
steps there were, and once when a merge put them twice into a campaign.
"""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.states import AttemptOutcome

_O = AttemptOutcome
#: A mail server had it in hand and took or refused it, or it was given up after a day of temporary refusals.
HANDED_OVER = (_O.SENT, _O.HARD, _O.SOFT, _O.CONTENT, _O.POLICY)
#: Of these: refused at once, given up, or back later.
CAME_BACK = (_O.HARD, _O.SOFT, _O.CONTENT, _O.POLICY)
#: Of these: taken, and nothing has come back so far.
DELIVERED = (_O.SENT,)


@dataclass(frozen=True)
class Definition:
    """One figure: its word, what it counts (``people`` or ``e-mails``), and the sentence beside it."""

    word: str
    counts: str
    text: str


RECIPIENTS = Definition("Recipients", "people", "Everybody added to the campaign, whatever became of them.")
WRITTEN_TO = Definition(
    "Written to",
    "people",
    "At least one e-mail was handed to a mail server, whether it was taken, refused or came back later. A send whose"
    " outcome is uncertain counts once somebody says what became of it.",
)
DELIVERED_TO = Definition(
    "Delivered",
    "people",
    "At least one e-mail was taken and has not come back so far. A server that drops mail silently tells nobody.",
)
REPLIED = Definition(
    "Replied",
    "people",
    "Their reply ended the campaign for them. Automatic answers do not count; who opts out later counts there instead.",
)
INTERESTED = Definition(
    "Interested",
    "people",
    "Marked Interested or Meeting, by a person or by the reader when it was sure.",
)
SENT = Definition(
    "Sent", "e-mails", "Handed to a mail server, refused ones included: every try at every address counts."
)
BOUNCED = Definition(
    "Bounced", "e-mails", "Of those sent: refused at once, given up after a day, or back later."
)
STEP_REPLIED = Definition(
    "Replied",
    "people",
    "Each person counts at the step they answered; if that is unknown, at the last one sent.",
)
STEP_INTERESTED = Definition("Interested", "people", "Each person counts at the step they answered.")
COMPARED = Definition(
    "Better",
    "people",
    "Replies per person the text was delivered to, among those for whom it was drawn by share; messages written by hand"
    " are left out. A text is called better once chance would show such a difference in at most 5 of 100 cases however"
    " often one looks (a Bayes factor that holds at any time, Lindon and Malek 2022), and not below 50 people each. In"
    " brackets Wilson's 95 % interval.",
)
OPENED = Definition(
    "Opened",
    "people",
    "A hidden picture was loaded, and it looked like a person. Many people block pictures and many machines load"
    " them: read it as a hint.",
)
ADDED = Definition("Added", "people", "Recipients by who added them to the campaign.")
DAY_SENT = Definition("Sent", "e-mails", "By the day they were handed over, in the campaign's time zone.")
DAY_BOUNCED = Definition("Bounced", "e-mails", "Of those sent on that day, whenever the bounce came.")
DAY_REPLIED = Definition("Replied", "people", "By the day their reply was read.")

#: Columns of the organisation's report.
REPORT = (
    Definition(
        "Sent",
        "e-mails",
        "Handed to a mail server in the period, refused ones included: campaigns and single e-mails, no replies and no"
        " tests. They count for whoever started the campaign or wrote the single e-mail.",
    ),
    Definition("Bounced", "e-mails", "Of those sent: refused at once, given up after a day, or back since."),
    Definition("Single", "e-mails", "Of those sent: single e-mails, written to one person."),
    Definition(
        "Written to",
        "people",
        "People those e-mails were for. Somebody two members wrote to counts for both, and once for everybody.",
    ),
    Definition(
        "Replied",
        "people",
        "Their reply was read in the period and ended a campaign; once per campaign. Automatic answers do not count.",
    ),
)
REPORT_DAY_SENT = Definition("Sent", "e-mails", "By the day they were handed over.")
REPORT_DAY_REPLIED = Definition("Replied", "people", "By the day their reply was read, once per campaign.")
