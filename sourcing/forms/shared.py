"""The form of the page behind a share link."""

from __future__ import annotations

from django import forms


class GuestCommentForm(forms.Form):
    """What somebody behind a link says, under the name they state."""

    name = forms.CharField(label="Your name", max_length=100)
    body = forms.CharField(label="Comment", max_length=5_000, widget=forms.Textarea(attrs={"rows": 2}))
