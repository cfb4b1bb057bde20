"""What people type about campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django import forms

from campaigns import overriding, senders
from campaigns.addressing import Prefer
from campaigns.models import Campaign, Step
from campaigns.states import ACTIVE, StepKind
from campaigns.timing import CLOCK_CHOICES, Preference
from outreach.forms import ContentForm
from outreach.models import Mailbox
from outreach.sending_days import DAY_NAMES
from outreach.states import Interest


class CampaignForm(forms.Form):
    """The name of a new campaign."""

    name = forms.CharField(max_length=200, label="Name", help_text="Only your team sees it.")


_SAME_THREAD = (
    "In the same thread the person sees one conversation, “Re: …”, in which another sender goes on, and their answer"
    " goes to that account alone. Beckon reads all accounts of the campaign and stops whoever answers any of them."
)


class SendFrom(forms.ModelChoiceField):
    """The mailbox of one step; nothing chosen is the campaign's."""

    def __init__(self, campaign: Campaign, *, step: Step | None = None) -> None:
        super().__init__(
            queryset=senders.choices(campaign, also=step.mailbox_id if step else None),
            label="Send from",
            required=False,
            empty_label=f"The campaign's account ({campaign.mailbox.address if campaign.mailbox else 'none yet'})",
            help_text=_SAME_THREAD if step is None or step.position > 1 else "",
        )
        if step is not None and campaign.status in ACTIVE:
            self.disabled = True
            self.help_text = "Pause the campaign to send this step from another account."


class StepForm(ContentForm):
    """One step: when after the one before, from whom, and what it says."""

    days = forms.IntegerField(
        min_value=0, max_value=365, label="Days after the step before", initial=3, required=False
    )
    new_thread = forms.TypedChoiceField(
        choices=[
            ("", "In the same thread, as an answer to the message before"),
            ("1", "As a new thread, with its own subject"),
        ],
        coerce=bool,
        empty_value=None,
        required=False,
        label="How it is sent",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, campaign: Campaign, step: Step, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mailbox"] = SendFrom(campaign, step=step)
        if step.position == 1:
            del self.fields["days"]
            del self.fields["new_thread"]


class TaskStepForm(forms.Form):
    """A manual task: when after the step before, and what is to be done."""

    days = forms.IntegerField(
        min_value=0,
        max_value=365,
        label="Days after the step before",
        initial=1,
        required=False,
        help_text="0 means on the same day.",
    )
    subject = forms.CharField(max_length=200, label="Title", required=False)
    body = forms.CharField(
        label="What is to be done",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=20_000,
        help_text="Variables work here too: {{ first_name }}, {{ company }} …",
    )

    def __init__(self, *args: Any, first: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if first:
            del self.fields["days"]


class NewStepForm(TaskStepForm):
    """A step for a campaign under way: an e-mail too is written before it counts."""

    revive = forms.BooleanField(required=False)

    def __init__(self, *args: Any, campaign: Campaign, kind: str, completed: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = kind == StepKind.EMAIL
        if email:
            self.fields["mailbox"] = SendFrom(campaign)
        self.fields["days"] = forms.IntegerField(
            min_value=1 if email else 0, max_value=365, label="Days after the step before", initial=3
        )
        if email:
            self.fields["subject"].label = "Subject"
            self.fields["subject"].help_text = "Empty: it answers in the same thread."
            self.fields["body"].label = "Text"
            self.fields["body"].widget = forms.Textarea(attrs={"rows": 14})
        if completed:
            people = "1 person who has" if completed == 1 else f"{completed:,} people who have"
            self.fields["revive"].label = f"Also send it to {people} completed the campaign"
        else:
            del self.fields["revive"]


class SettingsForm(forms.Form):
    """The Settings tab: *When to send* and *Recipient email* (seed 002)."""

    name = forms.CharField(max_length=200, label="Name")
    mailbox = forms.ModelChoiceField(
        queryset=Mailbox.unguarded.none(), label="Send from", required=False, empty_label="Choose an account"
    )
    preference = forms.ChoiceField(
        choices=[
            (Preference.BEST_TIME, "Best Time"),
            (Preference.SPECIFIC_TIME, "Specific Time"),
            (Preference.WHEN_STARTED, "When the campaign is started (default)"),
        ],
        label="When To Send Preference",
        widget=forms.RadioSelect,
    )
    specific_time = forms.TypedChoiceField(
        choices=[("", "—"), *((f"{t:%H:%M}", f"{t:%H:%M}") for t in CLOCK_CHOICES)],
        coerce=time.fromisoformat,
        empty_value=None,
        required=False,
        label="Specific time",
    )
    zone = forms.ChoiceField(choices=[(z, z) for z in sorted(available_timezones())], label="Time zone")
    allowed_days = forms.TypedMultipleChoiceField(
        choices=list(enumerate(DAY_NAMES)),
        coerce=int,
        required=False,
        label="Send on",
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked means every day.",
    )
    daily_limit = forms.IntegerField(
        min_value=1, required=False, label="Messages a day", help_text="Empty: only the mailbox's own limit."
    )
    obeys_holidays = forms.BooleanField(required=False, label="Send nothing on the organisation's holidays")
    unsubscribe_text = forms.CharField(
        max_length=200,
        required=False,
        label="Words before the unsubscribe link",
        help_text="Empty: “If you do not want to hear from me again”.",
    )
    hold_company = forms.BooleanField(
        required=False, label="When somebody replies, hold the others at the same company"
    )
    recent_days = forms.IntegerField(
        min_value=0,
        max_value=365,
        label="Leave out who was written to within this many days",
        help_text="When people are added, unless they are ticked. 0: nobody.",
    )
    prefer = forms.ChoiceField(choices=Prefer.choices, label="Prefer")
    strict_type = forms.BooleanField(
        required=False,
        label="If preferred email address type isn't available, don't send to other address types",
    )
    track_opens = forms.BooleanField(
        required=False,
        label="Track opens",
        help_text="Adds a hidden picture to every message. Many people block pictures and many machines load them, so"
        " the figure is a hint, and nothing acts on it. In many countries it needs the recipient's consent.",
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["mailbox"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = senders.choices(campaign)


class SenderForm(forms.Form):
    """From which account the campaign is sent, and each e-mail step that names another one (``step_<id>``)."""

    mailbox = forms.ModelChoiceField(
        queryset=Mailbox.unguarded.none(), label="Send from", empty_label="Choose an account"
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["mailbox"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = senders.choices(campaign)
        self.steps = {f"step_{step.pk}": step for step in senders.own_senders(campaign)}
        for name, step in self.steps.items():
            chosen = SendFrom(campaign)
            chosen.label, chosen.help_text = f"Step {step.position}", ""
            self.fields[name], self.initial[name] = chosen, step.mailbox_id

    def by_step(self) -> dict[int, Mailbox | None]:
        """Step id → what was chosen for it."""
        return {step.pk: self.cleaned_data[name] for name, step in self.steps.items()}


class AddressForm(forms.Form):
    """*Add email* at the bottom of the recipient dialogue: for this campaign only."""

    address = forms.CharField(
        max_length=320,
        label="Add email",
        help_text="Used in this campaign only; the profile is not changed.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class FieldsForm(forms.Form):
    """What the person is called in this campaign only; an empty field leaves the profile's word."""

    def __init__(self, *args: Any, profile: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in overriding.FIELDS.items():
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                max_length=overriding.LONGEST,
                widget=forms.TextInput(attrs={"placeholder": profile.get(name, ""), "autocomplete": "off"}),
            )


class MarkForm(forms.Form):
    """How the person answered, and why."""

    interest = forms.ChoiceField(
        choices=[("", "No mark"), *Interest.choices], required=False, label="Mark as"
    )
    reason = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput(attrs={"list": "reasons"})
    )


class StepTextForm(forms.Form):
    """*Edit this one message*: the step's template for one person."""

    subject = forms.CharField(
        max_length=500, required=False, help_text="Empty: the subject of the thread it answers."
    )
    body = forms.CharField(label="Text", max_length=50_000, widget=forms.Textarea(attrs={"rows": 14}))
