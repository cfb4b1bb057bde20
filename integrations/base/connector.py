"""One vendor, one account: the interface every vendor folder fills in.

A connector speaks ``base.records``, raises only ``base.errors``, holds no ORM object and writes nothing of
ours. What it cannot do it does not declare, and calling it anyway raises :class:`Unsupported`. A new vendor
is one folder and one line in ``integrations.registry``.
"""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from django import forms

from integrations.base.errors import Unsupported
from integrations.base.http import VendorClient
from integrations.base.records import (
    Capability,
    PersonKeys,
    PersonRecord,
    PushResult,
    RemotePerson,
    Target,
    TargetKind,
)

C = TypeVar("C", bound=VendorClient)

#: The method behind each capability; the contract test compares it with what a class declares.
METHODS: dict[Capability, str] = {
    Capability.FIND_PERSON: "find",
    Capability.LIST_JOBS: "list_jobs",
    Capability.LIST_POOLS: "list_pools",
    Capability.PUSH_PERSON: "push",
}


class CredentialsForm(forms.Form):
    """What an administrator types to connect; a vendor adds its fields. Values are secrets."""

    #: How to find the credential, one sentence per step, in the vendor's own words for its pages.
    steps: ClassVar[tuple[str, ...]] = ()
    #: What must be true before one begins.
    before: ClassVar[str] = ""


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
    capabilities: ClassVar[frozenset[Capability]]
    client_class: ClassVar[type[VendorClient]]
    credentials_form: ClassVar[type[CredentialsForm]]
    #: The vendor's (or the seed's) word for each kind of target, capitalised.
    target_words: ClassVar[dict[TargetKind, str]]
    #: What must be said before people are sent to a kind of target.
    target_notes: ClassVar[dict[TargetKind, str]] = {}
    #: Whether a record without any e-mail address is refused.
    needs_email: ClassVar[bool] = False
    #: What our people may be there ("Sync as"); a person of another type is skipped, with that reason.
    record_types: ClassVar[frozenset[str]] = frozenset({"candidate"})
    #: Fields of PersonRecord the vendor cannot hold; listed before a run.
    cannot_hold: ClassVar[tuple[str, ...]] = ()

    def __init__(self, client: C) -> None:
        self.client = client

    @classmethod
    def supports(cls, capability: Capability) -> bool:
        """Whether the vendor can do it at all; the connection's ticks and rights come on top."""
        return capability in cls.capabilities

    # --- every vendor -------------------------------------------------------------------------------------

    def check(self) -> None:
        """The cheapest call that proves the credential. Raises AuthError or Forbidden when it is refused."""
        raise NotImplementedError

    # --- as declared --------------------------------------------------------------------------------------

    def list_pools(self, *, acting_as: str) -> tuple[Target, ...]:
        """Where prospects can go, by name; ``acting_as`` is the user's e-mail address there."""
        del acting_as
        raise Unsupported(f"{self.display_name} has no pools.")

    def list_jobs(self, *, acting_as: str) -> tuple[Target, ...]:
        """Where candidates can go, by name."""
        del acting_as
        raise Unsupported(f"{self.display_name} has no jobs.")

    def find(self, keys: PersonKeys, *, acting_as: str) -> tuple[RemotePerson, ...]:
        """Records that are this person, the oldest first; the surest key that has a hit decides."""
        del keys, acting_as
        raise Unsupported(f"{self.display_name} cannot look up people.")

    def push(
        self,
        record: PersonRecord,
        *,
        existing: RemotePerson | None,
        history_changed: bool,
        target: Target | None,
        acting_as: str,
    ) -> PushResult:
        """Create the person, or bring ``existing`` up to date, and attach it to ``target``.

        ``existing`` is what a search just returned; ``history_changed`` says whether work or education
        history differs from what was last written. Nothing here may start outreach or notify anyone
        (docs/behaviour.md §7). Raises OutcomeUnknown when a write may have been carried out: the
        caller searches before it tries again.
        """
        del record, existing, history_changed, target, acting_as
        raise Unsupported(f"{self.display_name} takes no people.")

    # Notes, webhooks and change feeds are deliberately absent: a method appears with its first use.
