"""Who loaded the picture: a table of agents and networks, and what every rule must keep to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.opening import TOO_SOON, Load, Opener, who

LATER = timedelta(hours=3)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
THUNDERBIRD = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
HOME = "203.0.113.9"


@pytest.mark.parametrize(
    ("load", "opener"),
    [
        (Load(FIREFOX, HOME, after=LATER), Opener.PERSON),
        (Load(THUNDERBIRD, "2001:db8::7", after=LATER), Opener.PERSON),
        (Load(FIREFOX, HOME, after=timedelta(seconds=9)), Opener.TOO_SOON),
        (Load(FIREFOX, HOME, after=timedelta(seconds=10)), Opener.PERSON),
        # Still being handed over: nobody can have it in front of them.
        (Load(FIREFOX, HOME, after=None), Opener.TOO_SOON),
        (Load(FIREFOX, HOME, after=timedelta(seconds=-3)), Opener.TOO_SOON),
        (Load(FIREFOX, HOME, method="HEAD", after=LATER), Opener.NOT_A_READER),
        (Load(FIREFOX, HOME, after=LATER, own=True), Opener.OWN),
        (Load("Mozilla/5.0", "104.28.1.1", after=LATER), Opener.APPLE),
        (Load(FIREFOX, "17.58.97.1", after=LATER), Opener.APPLE),
        (Load(GMAIL, "66.249.93.1", after=LATER), Opener.GMAIL),
        (Load(YAHOO, "98.136.1.1", after=LATER), Opener.PROXY),
        (Load(FIREFOX, "40.107.22.1", after=LATER), Opener.SCANNER),
        (Load(FIREFOX, "::ffff:40.107.22.1", after=LATER), Opener.SCANNER),
        (Load(FIREFOX, "205.139.111.40", after=LATER), Opener.SCANNER),
        (Load("Slackbot-LinkExpanding 1.0", HOME, after=LATER), Opener.PROGRAM),
        (Load("python-requests/2.32", HOME, after=LATER), Opener.PROGRAM),
        (Load("", HOME, after=LATER), Opener.PROGRAM),
        (Load(FIREFOX, "not an address", after=LATER), Opener.PERSON),
    ],
)
def test_each_opener_is_told_by_its_rule(load, opener):
    assert who(load) is opener


@given(st.text(max_size=200), st.text(max_size=40), st.timedeltas())
def test_any_text_is_answered_and_nobody_reads_within_ten_seconds(agent, address, after):
    found = who(Load(agent, address, after=after))
    assert (found is Opener.TOO_SOON) == (after < TOO_SOON)


@given(st.sampled_from(["GET", "HEAD", "get", ""]), st.none() | st.timedeltas())
def test_our_own_members_are_never_taken_for_the_person(method, after):
    assert who(Load(FIREFOX, HOME, method=method, after=after, own=True)) is Opener.OWN
