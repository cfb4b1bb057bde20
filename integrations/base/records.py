"""The words connectors speak: frozen, without ORM, HTTP or a vendor's name in them."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Capability(enum.StrEnum):
    """What a connector can do. Declared if and only if implemented (``tests/integrations/test_contract.py``)."""

    FIND_PERSON = "find_person"
    READ_PERSON = "read_person"
    PUSH_PERSON = "push_person"
    DELETE_PERSON = "delete_person"
    LIST_JOBS = "list_jobs"
    LIST_JOB_STATUSES = "list_job_statuses"
    LIST_POOLS = "list_pools"
    LIST_FIELDS = "list_fields"
    ADD_NOTE = "add_note"
    FIND_NOTE = "find_note"
    FIND_COMPANIES = "find_companies"
    LIST_COMPANY_FIELDS = "list_company_fields"
    MAKE_COMPANY = "make_company"
    PULL_CHANGES = "pull_changes"
    SUBSCRIBE = "subscribe"
    RECEIVE_WEBHOOK = "receive_webhook"


class TargetKind(enum.StrEnum):
    """What an export attaches people to: prospects to a pool, candidates to a job (docs/behaviour.md §7)."""

    POOL = "pool"
    JOB = "job"


class PushAction(enum.StrEnum):
    """What a push did to the remote record."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class FieldKind(enum.StrEnum):
    """What one field of a vendor's record holds, and so the shape of its :data:`Value`."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    #: A decimal number as text, point as decimal sign.
    NUMBER = "number"
    #: ``YYYY-MM-DD``.
    DATE = "date"
    YES_NO = "yes_no"
    #: The id of one of ``options``.
    CHOICE = "choice"
    #: Ids of ``options``.
    CHOICES = "choices"
    LINK = "link"
    #: Short texts: tags, skills.
    TEXTS = "texts"
    EMAILS = "emails"
    PHONES = "phones"
    LINKS = "links"
    EXPERIENCE = "experience"
    EDUCATION = "education"


#: Kinds whose values are united with what is there: added to, never taken from (docs/behaviour.md §8).
UNITED_KINDS = frozenset({FieldKind.EMAILS, FieldKind.PHONES, FieldKind.LINKS, FieldKind.TEXTS})


class UpdateRule(enum.StrEnum):
    """What becomes of a field of a record that exists already (docs/behaviour.md §8)."""

    ALWAYS = "always"
    IF_BLANK = "if_blank"
    #: Never written after creation.
    PROTECTED = "protected"


class Standing(enum.StrEnum):
    """Where a person stands at the vendor, as far as campaigns here care."""

    HIRED = "hired"
    REJECTED = "rejected"
    OFF_LIMITS = "off_limits"


class NoteKind(enum.StrEnum):
    """Which activity a note tells of (docs/behaviour.md §8, "create notes from")."""

    EMAIL_SENT = "email_sent"
    REPLY_RECEIVED = "reply_received"
    BOUNCED = "bounced"
    CALL = "call"
    LINKEDIN_MESSAGE = "linkedin_message"
    SMS = "sms"
    TASK_DONE = "task_done"
    INTEREST_CHANGED = "interest_changed"
    #: Sent whatever is ticked: opt-outs travel.
    OPT_OUT = "opt_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a field, a job status or a user: the vendor's id and its words."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteField:
    """One field of a vendor's record. ``key`` is stable: standard fields by the vendor's own name
    (``firstName``, ``location.city``), custom ones with their id (``property:7f3a``).

    ``creatable`` and ``updatable`` say when it can be written, ``readable`` whether :class:`RemotePerson` shows it;
    ``required``: no record is made without it. ``default_variable`` is a name of ``base.variables``.
    """

    key: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    options: tuple[Option, ...] = ()
    custom: bool = False
    creatable: bool = True
    updatable: bool = True
    readable: bool = True
    required: bool = False
    #: The vendor refuses longer texts; cut before they leave, and said so.
    longest: int | None = None
    default_variable: str = ""
    default_rule: UpdateRule = UpdateRule.ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One campaign, list, talent pool, project or job of the vendor."""

    kind: TargetKind
    external_id: str
    name: str
    #: A job's status, an id of ``list_job_statuses``; empty where the vendor has none.
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Employment:
    """One position. Dates are ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; a current one has no ``ended``."""

    title: str = ""
    company: str = ""
    started: str = ""
    ended: str = ""
    location: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Education:
    """One school. Dates as in :class:`Employment`."""

    school: str = ""
    degree: str = ""
    started: str = ""
    ended: str = ""
    field: str = ""


#: What a field holds, in the shape its kind says; an empty text or tuple is "blank".
Value = str | bool | tuple[str, ...] | tuple[Employment, ...] | tuple[Education, ...]
#: Values by :attr:`RemoteField.key`.
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWrite:
    """One person on their way to the vendor.

    ``values`` is exactly what is to be written: everything on a create, on an update only what the rules let through
    and what differs. ``whole`` is the record as it stands afterwards, for vendors whose only way to attach or to
    change history is to send all of it again.
    """

    values: Values
    whole: Values
    record_type: str = "candidate"
    target: Target | None = None
    acting_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonKeys:
    """How a person may be recognised at the vendor, the surest first.

    ``markers`` are values only we can have written (a dummy address drawn for this person).
    ``name`` guards the weak keys: a phone number is shared by families and switchboards.
    """

    markers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    social_links: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.markers or self.emails or self.social_links or self.phones)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRef:
    """Which record is meant: its id and what it is there."""

    external_id: str
    record_type: str = "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePerson:
    """What the vendor holds about a person, in our words."""

    external_id: str
    record_type: str = "candidate"
    first_name: str = ""
    last_name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    #: What its readable fields hold, by :attr:`RemoteField.key`; a key is absent when the answer did not tell.
    values: Values = field(default_factory=dict)
    #: Ids of the pools and jobs the record says it is on; empty when the vendor does not tell.
    target_ids: frozenset[str] = frozenset()
    standing: Standing | None = None
    url: str = ""
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None
    #: The vendor's own row; never read outside the connector.
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def ref(self) -> RemoteRef:
        """How to name this record in a call."""
        return RemoteRef(external_id=self.external_id, record_type=self.record_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """Where the person is now. ``url`` is the vendor's page for it, or empty.

    ``left_out`` maps keys of ``values`` that were not written to the reason (a property that needs a job).
    """

    external_id: str
    action: PushAction
    url: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One activity told to the vendor. ``text`` is plain; ``key`` is ours, the same for the same activity for ever,
    and short enough to stand in the text as ``[Beckon <key>]``, by which the note is found again.
    """

    key: str
    kind: NoteKind
    at: datetime.datetime
    text: str
    #: The remote job it is about, where the vendor can say so.
    job_id: str = ""

    @property
    def marked(self) -> str:
        """The text with the mark only we write."""
        return f"{self.text}\n[Beckon {self.key}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company of the vendor; ``hints`` are what it says of it, by the ids of ``list_company_fields``, blank ones left
    out: what tells look-alikes apart.
    """

    external_id: str
    name: str
    hints: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """One step of a change feed. ``cursor`` is where the next call goes on, also after a crash; ``more`` whether
    that call is worth making now.
    """

    people: tuple[RemotePerson, ...]
    cursor: str
    more: bool
    #: Records that are no longer there.
    gone: tuple[RemoteRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A webhook made at the vendor. ``secret`` signs its deliveries; empty when the vendor signs none."""

    external_id: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """What one delivery says, once its signature was checked.

    ``delivery_id`` is the same for a repeated delivery. ``changed`` names people to read again: nothing else of the
    body is believed. ``echo`` are headers the answer must carry (a handshake).
    """

    delivery_id: str
    event: str
    changed: tuple[RemoteRef, ...] = ()
    gone: tuple[RemoteRef, ...] = ()
    echo: Mapping[str, str] = field(default_factory=dict)
    #: The status the vendor wants to hear.
    status: int = 200
