"""The components as templates write them."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory

from config import assets, icons, statuses


def render(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


class Preferences(forms.Form):
    email = forms.EmailField(help_text="We never share it.")
    nickname = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    systems = forms.MultipleChoiceField(
        choices=[("x", "X")], widget=forms.CheckboxSelectMultiple, required=False
    )


def test_an_icon_is_silent_unless_it_carries_the_meaning() -> None:
    assert 'aria-hidden="true"' in render('{% icon "mail" %}')
    named = render('{% icon "mail" 5 "text-error" label="E-mail bounced" %}')
    assert 'role="img" aria-label="E-mail bounced"' in named
    assert "size-5 flex-none text-error" in named


def test_an_icon_that_was_not_built_stops_the_page_with_what_to_do() -> None:
    with pytest.raises(icons.UnknownIcon, match=r"python -m config\.assets"):
        render("{% icon name %}", name="no-such-icon")


def test_a_name_cannot_smuggle_markup_into_a_component() -> None:
    evil = '<img src=x onerror=alert(1)>"'
    page = render(
        "{% avatar name %}{% status name note=name %}{% heading name parent=name parent_url='/' %}"
        "{% empty name text=name %}{% copy name %}{% nothing name %}"
        "{% banner 'red' %}{{ name }}{% endbanner %}{% dialog 'd' name %}{% enddialog %}",
        name=evil,
    )
    assert "<img" not in page
    assert 'alert(1)>"' not in page


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Lukas Brandt", "LB"),
        ("Clara Villanueva Ortiz", "CO"),
        ("ليلى حداد", "لح"),
        ("  (Bob)  ", "B"),
        ("alice@x.example", "A"),
        ("", "?"),
        ("🙂", "?"),
    ],
)
def test_initials_are_the_first_letters_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert f">{letters}</span>" in render("{% avatar name %}", name=name)


def test_an_avatar_keeps_its_colour_when_the_name_changes() -> None:
    def colour(name: str) -> str:
        page = render("{% avatar person %}", person=SimpleNamespace(pk=41, name=name))
        return page.split("av-")[1].split('"')[0]

    assert colour("Alice Aubert") == colour("Alice Martin")


def test_a_field_names_its_help_and_its_error_and_only_then_is_invalid() -> None:
    fresh = render("{% field form.email %}", form=Preferences())
    assert 'aria-describedby="id_email_help"' in fresh
    assert "aria-invalid" not in fresh
    wrong = render("{% field form.email %}", form=Preferences({"email": "x"}))
    assert 'aria-describedby="id_email_help id_email_error"' in wrong
    assert 'id="id_email_error"' in wrong
    assert 'aria-invalid="true"' in wrong


def test_an_optional_field_says_so_beside_required_ones() -> None:
    assert "optional" in render("{% field form.nickname %}", form=Preferences())
    assert "optional" not in render("{% field form.email %}", form=Preferences())


def test_choices_stand_in_a_group_with_the_right_control() -> None:
    radios = render("{% field form.kind %}", form=Preferences({}))
    assert radios.count('type="radio"') == radios.count('class="radio"') == 2
    assert '<fieldset aria-describedby="id_kind_error">' in radios
    assert 'class="checkbox"' in render("{% field form.systems %}", form=Preferences())


def test_the_pager_keeps_the_rest_of_the_address() -> None:
    request = RequestFactory().get("/people/", {"q": "python & go", "after": "old"})
    page = render("{% pager page %}", page=SimpleNamespace(next="n1", previous=None), request=request)
    assert 'href="?q=python+%26+go&amp;after=n1"' in page
    assert "Previous" not in page


def test_the_pager_is_silent_when_there_is_one_page() -> None:
    request = RequestFactory().get("/people/")
    assert (
        render("{% pager page %}", page=SimpleNamespace(next=None, previous=None), request=request).strip()
        == ""
    )


@pytest.mark.parametrize(("number", "text"), [(7, "≈ 7"), (41234, "≈ 41,000"), (1284, "≈ 1,300")])
def test_an_estimate_says_that_it_is_one(number: int, text: str) -> None:
    assert render("{{ n|about }}", n=number) == text


def test_a_run_in_the_tray_says_how_far_it_is() -> None:
    run = SimpleNamespace(
        title="Import people.csv",
        status="running",
        total=148,
        done=96,
        failed=2,
        note="",
        cancel_url="/runs/1/cancel/",
    )
    page = render('{% include "ui/run.html" %}', run=run)
    assert "65 %" in page
    assert 'value="96" max="148" aria-label="Import people.csv"' in page
    assert "96 of 148" in page
    assert "2 failed" in page
    assert 'action="/runs/1/cancel/"' in page


def test_every_class_a_tag_makes_at_run_time_is_in_the_stylesheet() -> None:
    assets.build()
    names = [f"av-{hue}" for hue in range(0, 360, 30)]
    names += [
        "avatar-xs",
        "avatar-sm",
        "avatar-lg",
        "ats-lg",
        "ats-ok",
        "pop-end",
        "pop-up",
        "size-3.5",
        "size-5",
    ]
    names += ["tone-primary", "tone-amber", "tone-red", "badge-plain", "mark-off", "border-error"]
    names += [name for classes in statuses.DOTS.values() for name in classes.split()]
    css = (assets.DIST / "app.css").read_text()
    missing = [
        name
        for name in names
        if not re.search(rf"\.{re.escape(name.replace('.', chr(92) + '.'))}[^\w-]", css)
    ]
    assert missing == []


def test_no_block_of_a_template_counts_on_an_address_that_another_block_named() -> None:
    """What ``{% url … as back %}`` names ends with its block; elsewhere it is empty, and Cancel goes nowhere."""
    lost = []
    for path in sorted((assets.ROOT / "templates").rglob("*.html")):
        blocks = re.findall(r"{% block (\w+) %}(.*?)(?={% block |\Z)", path.read_text(), re.S)
        for name, body in blocks:
            here = set(re.findall(r"{% url [^%]*? as (\w+) %}", body))
            named = {
                variable
                for other, text in blocks
                if other != name
                for variable in re.findall(r"{% url [^%]*? as (\w+) %}", text)
            }
            lost += [
                f"{path.name}: {variable} in {name}"
                for variable in named - here
                if re.search(r"(?:{{ *|\w+=)" + variable + r"\b", body)
            ]
    assert lost == []
