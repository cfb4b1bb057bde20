"""The tables of outreach, by subject; import from here."""

from __future__ import annotations

from outreach.models.closing import Holiday, OfficeHours
from outreach.models.connection import BreakNotice, BreakSide, MailboxBreak, OAuthGrant
from outreach.models.content import ContentFile, MessageFile, Template, TemplateFile, TemplateKind
from outreach.models.deliverability import DeliverabilityCheck
from outreach.models.fuse import FuseKind, FuseTrip
from outreach.models.gap import FolderGap, GapMeter
from outreach.models.inbound import InboundLocation, InboundMessage
from outreach.models.lane import Lane, LaneDay
from outreach.models.loan import MailboxLoan
from outreach.models.mailbox import LoginKind, Mailbox, MailboxFolder, Security
from outreach.models.message import Message, MessageOrigin, SendTry
from outreach.models.opens import Open
from outreach.models.reading import InboundReading, InboxReader

__all__ = [
    "BreakNotice",
    "BreakSide",
    "ContentFile",
    "DeliverabilityCheck",
    "FolderGap",
    "FuseKind",
    "FuseTrip",
    "GapMeter",
    "Holiday",
    "InboundLocation",
    "InboundMessage",
    "InboundReading",
    "InboxReader",
    "Lane",
    "LaneDay",
    "LoginKind",
    "Mailbox",
    "MailboxBreak",
    "MailboxFolder",
    "MailboxLoan",
    "Message",
    "MessageFile",
    "MessageOrigin",
    "OAuthGrant",
    "OfficeHours",
    "Open",
    "Security",
    "SendTry",
    "Template",
    "TemplateFile",
    "TemplateKind",
]
