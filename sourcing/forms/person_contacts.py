"""Forms of a person's addresses and numbers: adding one."""

from __future__ import annotations

from django import forms

from sourcing.models import ContactType

#: What the "+" beside the e-mails offers; *Business* is Work (docs/behaviour.md §3).
ADDRESS_TYPES = (
    (ContactType.PERSONAL.value, "Personal"),
    (ContactType.WORK.value, "Business"),
    (ContactType.OTHER.value, "Other"),
)


class AddressForm(forms.Form):
    """Add an e-mail address by hand: type and text (seed 002)."""

    type = forms.ChoiceField(label="Type", choices=ADDRESS_TYPES)
    value = forms.CharField(
        label="E-mail address",
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.org"}),
    )


#: What the "+" beside the phones offers.
PHONE_TYPES = (
    (ContactType.MOBILE.value, "Mobile"),
    (ContactType.PERSONAL.value, "Personal"),
    (ContactType.WORK.value, "Business"),
    (ContactType.OTHER.value, "Other"),
)


class PhoneForm(forms.Form):
    """Add a number by hand: type and text."""

    type = forms.ChoiceField(label="Type", choices=PHONE_TYPES)
    value = forms.CharField(
        label="Phone number",
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "type": "tel", "placeholder": "+49 1515 5501420"}
        ),
    )
