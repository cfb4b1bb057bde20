"""What people type in on the pages of this room."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from outreach import closing, lending, mailboxes, servers
from outreach.models import Mailbox, Security

_SAME = "Leave empty if it is the same as for sending."


def _password(label: str, **more: Any) -> forms.CharField:
    """A password as it was typed: blanks count, and it is never shown again."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        **more,
    )


class ContentForm(forms.Form):
    """A text with subject; the editor is drawn by ``outreach/_editor.html``, files are read by the view.

    ``body_html`` comes only from the editor: without script the plain text is what is written.
    """

    subject = forms.CharField(max_length=500, label="Subject", required=False)
    body = forms.CharField(
        label="Text", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 14})
    )
    body_html = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)


class TemplateForm(ContentForm):
    """A template or a snippet."""

    name = forms.CharField(max_length=120, label="Name")
    shared = forms.BooleanField(
        required=False, label="For the team", help_text="Everybody in your organisation can use it."
    )

    field_order = ("name", "subject", "body", "body_html", "shared")


class SingleMailForm(ContentForm):
    """A single e-mail to one person: from where, to where, when."""

    subject = forms.CharField(
        max_length=500, label="Subject", error_messages={"required": "The subject is empty."}
    )
    mailbox = forms.ModelChoiceField(queryset=Mailbox.unguarded.none(), label="From", empty_label=None)
    address = forms.ChoiceField(label="To")
    when = forms.ChoiceField(
        label="When",
        choices=[("now", "Send now"), ("later", "Send later")],
        initial="now",
        widget=forms.RadioSelect,
    )
    #: Wall time in the writer's own zone, without one.
    at = forms.CharField(
        label="Day and time",
        required=False,
        max_length=30,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    token = forms.RegexField(r"^[0-9a-f]{20}$", widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, mailboxes: QuerySet[Mailbox], addresses: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        sender, address = self.fields["mailbox"], self.fields["address"]
        assert isinstance(sender, forms.ModelChoiceField)
        assert isinstance(address, forms.ChoiceField)
        sender.queryset = mailboxes
        address.choices = addresses

    def clean_at(self) -> datetime | None:
        """Naive: what a clock that is set forward or back makes of it is the caller's to say."""
        text = self.cleaned_data["at"].strip()
        try:
            return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
        except ValueError:
            raise forms.ValidationError("Write day and time as 2026-05-12 09:30.") from None

    def clean(self) -> dict[str, Any]:
        """*Send later* needs its time."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") == "later" and not cleaned.get("at") and "at" not in self.errors:
            self.add_error("at", "Choose day and time.")
        return cleaned


class MailboxForm(forms.Form):
    """*Other (SMTP + IMAP)*: where the account is reached and who logs in."""

    # Leaving the field fills in its provider's servers.
    address = forms.EmailField(
        label="E-mail address",
        max_length=320,
        widget=forms.EmailInput(
            attrs={
                "hx-get": "?",
                "hx-trigger": "change",
                "hx-include": "this",
                "hx-target": "#servers",
                "hx-select": "#servers",
                "hx-swap": "outerHTML",
            }
        ),
    )
    display_name = forms.CharField(label="Name that people see", max_length=200, required=False)
    smtp_host = forms.CharField(label="SMTP server", max_length=255)
    smtp_port = forms.IntegerField(label="SMTP port", initial=587, min_value=1, max_value=65535)
    smtp_security = forms.ChoiceField(
        label="SMTP protection", choices=Security.choices, initial=Security.STARTTLS
    )
    smtp_username = forms.CharField(
        label="SMTP user name", max_length=320, required=False, help_text="Leave empty if it is your address."
    )
    smtp_password = _password("SMTP password")
    imap_host = forms.CharField(label="IMAP server", max_length=255)
    imap_port = forms.IntegerField(label="IMAP port", initial=993, min_value=1, max_value=65535)
    imap_security = forms.ChoiceField(label="IMAP protection", choices=Security.choices, initial=Security.TLS)
    imap_username = forms.CharField(label="IMAP user name", max_length=320, required=False, help_text=_SAME)
    imap_password = _password("IMAP password", required=False, help_text=_SAME)

    def servers(self) -> servers.Servers:
        """Both sides as typed, with the empty fields filled from the others."""
        return servers.typed(self.cleaned_data, address=self.cleaned_data["address"])


class ReconnectForm(MailboxForm):
    """The same for a linked account: the address stays what it is."""

    address = forms.EmailField(disabled=True, label="E-mail address")

    @classmethod
    def initial_of(cls, mailbox: Mailbox) -> dict[str, Any]:
        """Everything that is known but the passwords."""
        known = {"address": mailbox.address, "display_name": mailbox.display_name}
        return known | servers.of_mailbox(mailbox)


def initial_for(address: str) -> dict[str, Any]:
    """What a new mailbox's form starts with once its address is known."""
    return {"address": address, **servers.of_address(address)}


class LimitsForm(forms.Form):
    """How much and how fast a mailbox sends; an empty field follows the installation's own figure."""

    daily_limit = forms.IntegerField(
        label="Messages in 24 hours",
        min_value=0,
        max_value=mailboxes.MOST_A_DAY,
        required=False,
        help_text="0 means no limit.",
    )
    min_gap_seconds = forms.IntegerField(
        label="Shortest gap in seconds", min_value=0, max_value=mailboxes.LONGEST_GAP, required=False
    )
    max_gap_seconds = forms.IntegerField(
        label="Longest gap in seconds", min_value=0, max_value=mailboxes.LONGEST_GAP, required=False
    )
    in_use_since = forms.DateField(
        label="The account has been in use since",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="A mailbox younger than 60 days starts with few messages a day. Empty: since it was linked here.",
    )


class MomentForm(forms.Form):
    """*Don't send before*: a moment in the zone of whoever types it, which is the active one."""

    moment = forms.DateTimeField(
        label="Don't send before",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name().replace("_", " ")
        self.fields["moment"].help_text = f"{zone} time."


class MessageTextForm(forms.Form):
    """*Edit this one message*."""

    subject = forms.CharField(max_length=255)
    body = forms.CharField(label="Text", max_length=100_000, widget=forms.Textarea(attrs={"rows": 14}))


class GoOnForm(forms.Form):
    """Why a mailbox that stopped itself may go on."""

    reason = forms.CharField(
        label="Why it may go on",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What was done about these cases. It is kept with your name.",
    )


class LendForm(forms.Form):
    """Who may send from a mailbox, one colleague at a time."""

    user = forms.ModelChoiceField(
        queryset=User.objects.none(), label="Colleague", empty_label="Choose a colleague"
    )

    def __init__(self, *args: Any, mailbox: Mailbox, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = lending.possible_borrowers(mailbox)


class SenderForm(forms.Form):
    """What receivers see besides the address."""

    signature = forms.CharField(
        label="Signature",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Plain text; web addresses become links. It stands above the offer to unsubscribe.",
    )
    reply_to = forms.EmailField(
        label="Answers go to",
        required=False,
        max_length=320,
        help_text="An alias that is delivered into this mailbox. Empty: the address itself.",
    )


class ReplyForm(forms.Form):
    """The box below a conversation."""

    body = forms.CharField(
        label="Answer", max_length=50_000, widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "true"})
    )


def _hour(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=[("", "at any hour"), *((f"{each:%H:%M}", f"{each:%H:%M}") for each in closing.HALF_HOURS)],
        coerce=time.fromisoformat,
        empty_value=None,
        required=False,
    )


class SendingForm(forms.Form):
    """What holds for all campaigns of an organisation."""

    start_grace_minutes = forms.IntegerField(
        label="Minutes between Start and the first message",
        min_value=0,
        max_value=120,
        required=False,
        help_text="0 to 120; everything can be changed or paused until then. Empty: the installation's own.",
    )
    opens = _hour("Send from")
    closes = _hour("Send until")


class HolidayForm(forms.Form):
    """One day of the holiday list."""

    date = forms.DateField(label="Date", widget=forms.DateInput(attrs={"type": "date"}))
    name = forms.CharField(label="Name", max_length=100)
