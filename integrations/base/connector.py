"""One vendor, one account: the interface every vendor folder fills in.

A connector speaks ``base.records``, raises only ``base.errors``, holds no ORM object and writes nothing of
ours. What it cannot do it does not declare, and calling it anyway raises :class:`Unsupported`. A new vendor
is one folder and one line in ``integrations.registry`` (docs/adding-an-ats.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar, Generic, NoReturn, TypeVar

from django import forms

from integrations.base.errors import Unsupported
from integrations.base.http import VendorClient
from integrations.base.oauth import OAuthClient
from integrations.base.records import (
    Capability,
    ChangePage,
    Company,
    Note,
    Option,
    PersonKeys,
    PersonWrite,
    PushResult,
    RemoteField,
    RemotePerson,
    RemoteRef,
    Subscription,
    Target,
    TargetKind,
    WebhookCall,
)

C = TypeVar("C", bound=VendorClient)

#: The method behind each capability; the contract test compares it with what a class declares.
METHODS: dict[Capability, str] = {
    Capability.FIND_PERSON: "find",
    Capability.READ_PERSON: "read",
    Capability.PUSH_PERSON: "push",
    Capability.DELETE_PERSON: "delete",
    Capability.LIST_JOBS: "list_jobs",
    Capability.LIST_JOB_STATUSES: "list_job_statuses",
    Capability.LIST_POOLS: "list_pools",
    Capability.LIST_FIELDS: "list_fields",
    Capability.ADD_NOTE: "add_note",
    Capability.FIND_NOTE: "find_note",
    Capability.FIND_COMPANIES: "find_companies",
    Capability.LIST_COMPANY_FIELDS: "list_company_fields",
    Capability.MAKE_COMPANY: "make_company",
    Capability.PULL_CHANGES: "changes",
    Capability.SUBSCRIBE: "subscribe",
    Capability.RECEIVE_WEBHOOK: "receive",
}


class CredentialsForm(forms.Form):
    """What an administrator types to connect; a vendor adds its fields. Values are secrets."""

    #: How to find the credential, one sentence per step, in the vendor's own words for its pages.
    steps: ClassVar[tuple[str, ...]] = ()
    #: What must be true before one begins.
    before: ClassVar[str] = ""


class ApiKeyForm(CredentialsForm):
    """One API key; a vendor that needs more adds its fields."""

    api_key = forms.CharField(
        label="API Key",
        min_length=8,
        max_length=500,
        strip=True,
        # autocomplete=off is ignored for passwords by browsers; new-password keeps a login out of the field.
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )

    def clean_api_key(self) -> str:
        """A key travels in a header."""
        return one_word(self.cleaned_data["api_key"], "An API key")


def one_word(text: str, what: str) -> str:
    """``text`` if it is one word of visible ASCII, or empty; else a ValidationError that names ``what`` it is."""
    if not text.isascii() or any(sign.isspace() or not sign.isprintable() for sign in text):
        raise forms.ValidationError(f"{what} is one word without spaces. Please copy it again.")
    return text


class Connector(Generic[C]):
    """See the module. Class attributes are words and facts; methods are what the vendor can do."""

    #: Templates are given the class for its words; Django would otherwise call it.
    do_not_call_in_templates: ClassVar[bool] = True

    slug: ClassVar[str]
    display_name: ClassVar[str]
    #: Two letters for the tile that stands where other products put a logo.
    mark: ClassVar[str]
    #: One line under the name in the list of systems.
    summary: ClassVar[str]
    #: What the button that begins connecting says ("Connect", "Activate"), as in the seeds.
    begin_word: ClassVar[str] = "Activate"
    capabilities: ClassVar[frozenset[Capability]]
    client_class: ClassVar[type[VendorClient]]
    credentials_form: ClassVar[type[CredentialsForm]]
    #: Which of its fields name the account, whatever key comes with them; none: the whole credential does.
    account_named_by: ClassVar[tuple[str, ...]] = ()
    #: The vendor's (or the seed's) word for each kind of target, capitalised.
    target_words: ClassVar[dict[TargetKind, str]]
    #: What must be said before people are sent to a kind of target.
    target_notes: ClassVar[dict[TargetKind, str]] = {}
    #: Why a kind of target is not offered at all, where people will look for it.
    not_offered: ClassVar[dict[TargetKind, str]] = {}
    #: Whether a record without any e-mail address is refused.
    needs_email: ClassVar[bool] = False
    #: Whether a person exists there only on a job: no push without a target, another job is another record.
    needs_job: ClassVar[bool] = False
    #: Whether one call makes the record, history and target included: found after a crash, nothing is missing.
    creates_whole: ClassVar[bool] = False
    #: Whether verification may send one record "Beckon connection test"; otherwise the rights are proved without one.
    test_record: ClassVar[bool] = True
    #: What our people may be there ("Sync as"); a person of another type is skipped, with that reason.
    record_types: ClassVar[frozenset[str]] = frozenset({"candidate"})
    #: What belongs to a company there: no such record is made before the company is known (``integrations.companies``).
    company_types: ClassVar[frozenset[str]] = frozenset()
    #: The fields of such a record that name its company by the vendor's id and in words, and the owner of both.
    company_key: ClassVar[str] = ""
    company_name_key: ClassVar[str] = ""
    owner_key: ClassVar[str] = ""
    #: What a person must hear before they count on it, on the connection's page ("Notes are seen by …").
    remarks: ClassVar[tuple[str, ...]] = ()
    #: Whether notes go only on records that we made.
    notes_on_own_records_only: ClassVar[bool] = False
    #: Whether only administrators set defaults, their own included (seed 004).
    defaults_by_admins_only: ClassVar[bool] = False
    #: The seed's own words for a setting (``sync_settings.SETTINGS``) where they are others than everywhere.
    setting_words: ClassVar[Mapping[str, str]] = {}
    #: Whether all our notes on a record are one text, written whole each time: writing one again changes nothing.
    notes_are_one_text: ClassVar[bool] = False

    def __init__(self, client: C) -> None:
        self.client = client

    @classmethod
    def supports(cls, capability: Capability) -> bool:
        """Whether the vendor can do it at all; the connection's ticks and rights come on top."""
        return capability in cls.capabilities

    @classmethod
    def oauth(cls) -> OAuthClient | None:
        """This installation's OAuth client at the vendor; None where only keys are known."""
        return None

    @classmethod
    def standard_fields(cls, record_type: str) -> tuple[RemoteField, ...]:
        """The fields every account has, known without a call; those :meth:`list_fields` begins with."""
        raise NotImplementedError

    @classmethod
    def finds_everybody(cls, target: Target | None) -> bool:
        """Whether :meth:`find` proves absence: after an unclear create to ``target`` that finds nobody where it does
        not, nobody is made anew, and a person has to look.
        """
        del target
        return True

    # --- every vendor -------------------------------------------------------------------------------------

    def check(self) -> None:
        """The cheapest call that proves the credential. Raises AuthError or Forbidden when it is refused."""
        raise NotImplementedError

    def account_id(self) -> str:
        """What the vendor itself calls the account, where a call tells it; else empty. Raises the errors of reading."""
        return ""

    def prove_write(self) -> str:
        """Prove the right to write people without making one; a sentence for the result line. Raises Forbidden.

        Only where ``test_record`` is False (docs/behaviour.md §8).
        """
        raise NotImplementedError

    def prove_look_up(self) -> str:
        """As :meth:`prove_write`, for looking people up."""
        raise NotImplementedError

    # --- as declared --------------------------------------------------------------------------------------

    def list_pools(self, *, acting_as: str) -> tuple[Target, ...]:
        """Where prospects can go, by name; ``acting_as`` is the user's e-mail address there."""
        self._cannot("has no pools", acting_as)

    def list_jobs(self, *, acting_as: str, statuses: Collection[str] = ()) -> tuple[Target, ...]:
        """Where candidates can go, by name; only those in ``statuses`` when any are named."""
        self._cannot("has no jobs", acting_as, statuses)

    def list_job_statuses(self) -> tuple[Option, ...]:
        """The statuses a job may have, in the vendor's order."""
        self._cannot("does not tell the statuses of jobs")

    def list_fields(self, *, record_type: str) -> tuple[RemoteField, ...]:
        """The fields of a record, standard ones first, custom ones as the account defines them now."""
        self._cannot("does not tell its fields", record_type)

    def find(
        self, keys: PersonKeys, *, record_type: str, target: Target | None, acting_as: str
    ) -> tuple[RemotePerson, ...]:
        """Records that are this person, the oldest first; the surest key that has a hit decides.

        ``target`` bounds the look where a person exists there only on a job.
        """
        self._cannot("cannot look up people", keys, record_type, target, acting_as)

    def read(self, ref: RemoteRef) -> RemotePerson:
        """One record with all its readable fields. Raises RecordGone."""
        self._cannot("cannot show one person", ref)

    def push(self, write: PersonWrite, *, existing: RemotePerson | None) -> PushResult:
        """Create the person, or bring ``existing`` up to date, and attach it to ``write.target``.

        ``existing`` is what a search or read just returned. Nothing here may start outreach or notify anyone
        (docs/behaviour.md §7). Nothing to write and nothing to attach is UNCHANGED, without a call. Raises
        OutcomeUnknown when a *create* or an attachment may have been carried out: the caller searches before it
        tries again, and calls again with what it found; a push must then complete what is missing. Raises Incomplete
        when the record is certain and a later call of the same push failed.
        """
        self._cannot("takes no people", write, existing)

    def delete(self, ref: RemoteRef) -> None:
        """Remove a record that we made. One that is not there any more is no error."""
        self._cannot("does not let records be removed", ref)

    def add_note(self, ref: RemoteRef, note: Note, *, earlier: tuple[Note, ...], acting_as: str) -> str:
        """Write a note on the record and return its id there, or empty. ``earlier`` are our notes on it so far,
        for vendors that keep one text only. It carries ``note.marked`` where the vendor has room for it.
        """
        self._cannot("takes no notes", ref, note, earlier, acting_as)

    def find_note(self, ref: RemoteRef, note: Note) -> bool:
        """Whether the note is there already: asked after an unclear answer, never written twice."""
        self._cannot("cannot look up notes", ref, note)

    def find_companies(self, name: str) -> tuple[Company, ...]:
        """Companies whose name is like ``name``, the oldest first, with what tells them apart."""
        self._cannot("has no companies", name)

    def list_company_fields(self) -> tuple[Option, ...]:
        """What a company's ``hints`` may say: ids and the vendor's words for them."""
        self._cannot("has no companies")

    def make_company(self, name: str, *, owner_id: str, acting_as: str) -> Company:
        """Make a company; its owner is the one named, else whoever acts. Raises OutcomeUnknown: search before the next
        try. Raises Rejected without an owner.
        """
        self._cannot("has no companies", name, owner_id, acting_as)

    def changes(self, *, cursor: str) -> ChangePage:
        """The next page of what changed; an empty cursor begins with everybody there is."""
        self._cannot("does not tell what changed", cursor)

    def subscribe(self, *, url: str, secret: str) -> Subscription:
        """Ask for webhooks to ``url``; ``secret`` is used where we may choose it."""
        self._cannot("makes no webhooks for us", url, secret)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End it; one that is not there any more is no error. Comes with :meth:`subscribe`."""
        self._cannot("makes no webhooks for us", subscription)

    @classmethod
    def receive(cls, *, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> WebhookCall:
        """Check the signature of a delivery with any of ``secrets`` and say whom it concerns; no call is made.

        ``headers`` have lower-case names. Raises SignatureRefused, MalformedResponse.
        """
        del headers, body, secrets
        raise Unsupported(f"{cls.display_name} sends no webhooks.")

    def _cannot(self, what: str, *given: object) -> NoReturn:
        del given
        raise Unsupported(f"{self.display_name} {what}.")
