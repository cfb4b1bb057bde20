"""What people fill in on this room's pages; the vendor's own credential fields are in its folder."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from accounts.models import User
from integrations import connections, opening, targets
from integrations.base.connector import Connector
from integrations.base.records import TargetKind
from integrations.models import Connection, ExportMode


class CapabilitiesForm(forms.Form):
    """The Capabilities tab (seed 000): Export, Enable Pools and Bring people in, where the vendor can; and a name that
    tells the account from another one.
    """

    name = forms.CharField(
        label="Name", required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    capabilities = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, required=False, label="Capabilities"
    )

    def __init__(self, found: type[Connector], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pool = found.target_words.get(TargetKind.POOL, "Pool").lower()
        words = {
            connections.EXPORT: "Export",
            connections.PULL: f"Bring people in: everybody {found.display_name} tells of is in Beckon too",
            connections.POOLS: f"Enable Pools: prospects can be exported to a {pool}",
        }
        system = found.display_name
        self.fields["name"].help_text = f"Needed only with several {system} accounts, to tell them apart."
        field = self.fields["capabilities"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(box, words[box]) for box in connections.offered(found)]


class SettingsForm(forms.Form):
    """What an administrator sets on a connection."""

    source_label = forms.CharField(
        label="Source", max_length=100, help_text="Stands in the Source field of everybody exported."
    )


class WebhookSecretForm(forms.Form):
    """The signing secret that the vendor's own page shows for webhooks made there."""

    secret = forms.CharField(
        label="Signing secret",
        min_length=8,
        max_length=500,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )


class IdentityForm(forms.Form):
    """Who one user is at the vendor."""

    email = forms.CharField(required=False, max_length=320, widget=forms.EmailInput)

    def __init__(self, found: type[Connector], user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = f"My {found.display_name} e-mail"
        self.fields["email"].help_text = f"Whose lists you see there. Empty: your login e-mail, {user.email}."


class ExportForm(forms.Form):
    """The export dialogue. ``request_key`` makes a second click the same export."""

    mode = forms.ChoiceField(widget=forms.RadioSelect, label="Export as")
    target = forms.CharField(max_length=200, required=False)
    include_exported = forms.BooleanField(required=False, label="Include previously exported candidate(s)")
    dummy_addresses = forms.BooleanField(
        required=False,
        label="Generate dummy email addresses",
        help_text="Only for people without an e-mail address. Nobody receives what is sent there.",
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, connection: Connection, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("request_key", uuid.uuid4())
        super().__init__(*args, **kwargs)
        found = opening.vendor_of(connection)
        modes = targets.modes(connection)
        field = self.fields["mode"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (mode.value, f"{mode.label}, to a {found.target_words[targets.KINDS[mode]]}") for mode in modes
        ]
        field.initial = modes[0].value if modes else ""

    @property
    def chosen_mode(self) -> ExportMode:
        """The mode ticked, or the first one offered."""
        raw = str(self.data.get("mode", "")) if self.is_bound else ""
        offered = [value for value, _ in self.fields["mode"].choices]  # type: ignore[attr-defined]
        return ExportMode(raw if raw in offered else offered[0])
