"""Forms of the pages about privacy and of the suppression list."""

from __future__ import annotations

from django import forms

from sourcing.models import Basis, ErasureReason, NoticeWay, SuppressionKind

_DATE = forms.DateInput(attrs={"type": "date"})


class BasisForm(forms.Form):
    """Why this person may be held (Art. 6 GDPR)."""

    basis = forms.ChoiceField(label="Basis", choices=Basis.choices)
    reason = forms.CharField(
        label="What for",
        max_length=500,
        help_text="The purpose, or how the interests were weighed.",
    )
    since = forms.DateField(label="Given or weighed on", widget=_DATE)
    until = forms.DateField(label="Valid until", widget=_DATE, required=False)
    proof = forms.CharField(
        label="Proof",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The words of the consent, or where it is kept. Needed for consent.",
    )


class ErasureForm(forms.Form):
    """Why somebody is erased; a choice, because the receipt must name nobody."""

    reason = forms.ChoiceField(label="Why", choices=ErasureReason.choices)


class UnsubscribeForm(forms.Form):
    """Unsubscribe by hand."""

    note = forms.CharField(
        label="How they asked", max_length=300, required=False, help_text="For example: on the phone."
    )


class ToldForm(forms.Form):
    """How somebody was told."""

    way = forms.ChoiceField(label="How", choices=NoticeWay.choices)


class RulesForm(forms.Form):
    """What the organisation decides."""

    notices = forms.BooleanField(
        label="Keep a list of people who must still be told that we hold their data (Art. 14 GDPR)",
        required=False,
    )
    notice_days = forms.IntegerField(
        label="Days until they must be told", min_value=1, max_value=90, help_text="The law says one month."
    )
    first_message_tells = forms.BooleanField(
        label="The first message of our campaigns tells it",
        required=False,
        help_text="Whoever was written to then counts as told.",
    )
    retention_days = forms.IntegerField(
        label="Propose people for erasing after so many days without activity",
        min_value=30,
        max_value=7300,
        required=False,
        help_text="Empty: never. Nobody is erased without somebody's click.",
    )
    retention_reason = forms.CharField(
        label="Why that long",
        max_length=500,
        required=False,
        help_text="For whoever audits it, for example: two years after the last contact.",
    )
    resume_days = forms.IntegerField(
        label="Delete résumés nobody has confirmed after so many days",
        min_value=7,
        max_value=3650,
        required=False,
        help_text="Empty: never. They are deleted by the clock; what was kept with “Keep file only” stays.",
    )


class KeepForm(forms.Form):
    """Keep proposed people."""

    until = forms.DateField(label="Keep until", widget=_DATE)
    why = forms.CharField(label="Why", max_length=300)


class SuppressionForm(forms.Form):
    """Put something on the suppression list."""

    kind = forms.ChoiceField(
        label="What",
        choices=[
            (SuppressionKind.ADDRESS.value, "E-mail address"),
            (SuppressionKind.DOMAIN.value, "Domain"),
            (SuppressionKind.COMPANY.value, "Company"),
        ],
        widget=forms.RadioSelect,
    )
    value = forms.CharField(
        label="Address, domain or company",
        max_length=320,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="An address is kept as a keyed hash only; this list cannot show it again.",
    )
    includes_past = forms.BooleanField(
        label="People who used to work there, too", required=False, help_text="Companies only."
    )
    soft = forms.BooleanField(
        label="Only warn",
        required=False,
        help_text="Domains and companies: people are marked, nothing is stopped.",
    )
    note = forms.CharField(label="Note", max_length=300, required=False)


class RemovalForm(forms.Form):
    """Take something off the suppression list."""

    why = forms.CharField(label="Why", max_length=300, help_text="Kept with your name.")


class ListFileForm(forms.Form):
    """A CSV for the suppression list."""

    file = forms.FileField(
        label="CSV file",
        help_text="One address or domain per line, or the columns kind, value, past, warn, note. UTF-8, at most 10 MB.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )
