from __future__ import annotations

import pytest

from accounts.models import User
from config.templatetags.people import mark, person_rows
from sourcing.models import Candidate
from sourcing.slots import Mark
from sourcing.views.rows import rows
from tests.sourcing.factories import make_candidate

HOSTILE = "<script>alert('x')</script>\"&"


@pytest.fixture
def hostile(alice: User) -> Candidate:
    return make_candidate(
        alice.organisation, HOSTILE, HOSTILE, title=HOSTILE, company=HOSTILE, location=HOSTILE
    )


@pytest.mark.django_db
def test_no_text_of_a_row_is_markup(alice: User, hostile: Candidate) -> None:
    drawn = person_rows(rows(alice, [hostile]), opens=f"/people/?q={HOSTILE}&person=")
    assert "<script" not in drawn
    assert drawn.count("&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&quot;&amp;") == 9
    assert (
        f'href="/people/?q=&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&quot;&amp;&amp;person={hostile.pk}"'
        in drawn
    )


@pytest.mark.django_db
def test_a_name_leads_to_the_drawer_of_its_list_or_to_the_persons_page(alice: User) -> None:
    ida, ola = (make_candidate(alice.organisation, name, "Hansen") for name in ("Ida", "Ola"))
    in_list = person_rows(rows(alice, [ida, ola]), opens="/people/?person=", opened=ola.pk)
    assert f'href="/people/?person={ida.pk}" hx-get="/people/?person={ida.pk}" hx-target="#drawer"' in in_list
    assert in_list.count('aria-current="true"') == 1
    assert in_list.index('aria-current="true"') > in_list.index("Ida Hansen")
    alone = person_rows(rows(alice, [ida]), opened="")
    assert f'href="{ida.url}">Ida Hansen</a>' in alone
    assert "hx-get" not in alone
    assert "aria-current" not in alone


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (Mark("SourceWhale", tile="SW"), 'aria-label="SourceWhale" title="SourceWhale">SW</span>'),
        (
            Mark("SourceWhale", tile="SW", done=True),
            'class="ats ats-ok" role="img" aria-label="SourceWhale, exported" title="SourceWhale: exported">SW</span>',
        ),
        (Mark("Bounced", plain=True), '<span class="block truncate text-left" dir="auto">Bounced</span>'),
        (Mark("Replied", note="First <wave>"), 'dir="auto">First &lt;wave&gt;</span>'),
    ],
)
def test_a_mark_is_a_tile_or_a_word_or_a_status_with_its_note(one: Mark, shown: str) -> None:
    assert shown in mark(one)


def test_a_word_of_the_organisation_is_no_status() -> None:
    assert "badge" in mark(Mark("Bounced"))
    assert "badge" not in mark(Mark("Bounced", plain=True))
