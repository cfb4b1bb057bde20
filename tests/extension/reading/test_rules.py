"""The small rules under the adapters: names, links, dates, cleaning."""

from __future__ import annotations

from typing import Any

import pytest

from sourcing.normalising import normalise_email, split_name
from sourcing.social_profiles import clean_url
from tests.extension.reading.conftest import Reader

NAMES = [
    "Ida Hansen", "Ida", "Ludwig van der Rohe", "María José de la Cruz", "Osama bin Ali", "Hansen, Ida",
    "Jonas Lehner, PhD", "Dr. Ida Hansen", "Prof. Dr. Jörg Müller-Lüdenscheidt", "王小明", "山田 花子", "김민준",
    "J. R. R. Tolkien", "von Hohenfels",
    "Van Morrison", "de la Cruz", "Леся Українка", "ليلى الخطيب", "",
]  # fmt: skip


def test_names_are_split_as_the_server_splits_them(reader: Reader) -> None:
    split = reader.call("(names_) => names_.map(names.splitName)", NAMES)
    assert [(each["first_name"], each["last_name"]) for each in split] == [split_name(name) for name in NAMES]


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({"full": "Sammy Davis Jr."}, "Sammy", "Davis Jr."),
        ({"full": "Jonas Lehner, PhD, MBA"}, "Jonas", "Lehner"),
        ({"full": "LEHNER, JONAS"}, "JONAS", "LEHNER"),
        ({"full": "山田, 花子"}, "花子", "山田"),
        ({"full": "Hansen, Ida, M.Sc."}, "Ida", "Hansen"),
        ({"full": "Dr.-Ing. habil. Ida Hansen"}, "Ida", "Hansen"),
        ({"full": "Phil Collins"}, "Phil", "Collins"),
        ({"full": "null null"}, "", ""),
        ({"full": "山田 花子", "family": "山田", "given": "花子"}, "花子", "山田"),
        ({"full": "山田 花子", "family": "山田"}, "花子", "山田"),
        ({"full": "Ida Marie Hansen Lie", "given": "Ida Marie"}, "Ida Marie", "Hansen Lie"),
        ({"full": "🦊 Ida (she/her) \"Fox\" Hansen ✨"}, "Ida", "Hansen"),
        ({"full": "<script>alert(1)</script>"}, "", ""),
        ({"full": "ida87"}, "", ""),
        ({"full": "x " * 200}, "", ""),
    ],
)  # fmt: skip
def test_names_come_from_what_is_declared(
    given: dict[str, str], first: str, last: str, reader: Reader
) -> None:
    assert reader.call("(given) => names.nameParts(given)", given) == {"first_name": first, "last_name": last}


PAGES = {
    "https://no.linkedin.com/in/Ida-Hansen/?trk=x#y": "https://www.linkedin.com/in/Ida-Hansen",
    "http://linkedin.com/pub/ida/1/2/3": "https://www.linkedin.com/pub/ida",
    "https://www.linkedin.com/company/voltra": "",
    "https://www.linkedin.com/in/": "",
    "HTTPS://GitHub.com/Ida/?tab=repositories": "https://github.com/Ida",
    "https://github.com/ida/robot": "",
    "https://github.com/features": "",
    "https://gist.github.com/ida": "",
    "https://mobile.twitter.com/ida": "",
    "https://www.twitter.com/ida/": "https://x.com/ida",
    "https://stackoverflow.com/users/42/ida?tab=profile": "https://stackoverflow.com/users/42",
    "https://github.com.evil.example/ida": "",
    "https://linkedin.com@evil.example/in/ida": "",
    "https://ida:pw@github.com/ida": "",
    "https://github.com:8443/ida": "",
    "https://xn--gthub-n4a.com/ida": "",
    "https://gіthub.com/ida": "",
    "https://notgithub.com/ida": "https://notgithub.com/ida",
    "http://www.ida.example/": "https://www.ida.example",
    "https://ida.example/cv?utm_source=x": "https://ida.example/cv",
    "https://firm.example/person?id=5": "",
    "javascript:alert(1)": "",
    "data:text/html,x": "",
    "http://192.168.0.1/ida": "",
    "http://[::1]/ida": "",
    "http://localhost/ida": "",
    "": "",
    "x" * 3_000: "",
}


def test_a_link_is_somebodys_page_or_nobodys(reader: Reader) -> None:
    read = reader.call('(all) => all.map((link) => links.pageOf(link, "https://here.example/"))', list(PAGES))
    assert dict(zip(PAGES, read, strict=True)) == PAGES
    assert all(clean_url(link) == link for link in read if link), "the server stores another form"


ADDRESSES = {
    "mailto:Ida@Hansen.Example": ["ida@hansen.example"],
    "MAILTO:ida%40hansen.example?cc=bo@x.example": ["ida@hansen.example"],
    "mailto:a@b.example,c@d.example": ["a@b.example", "c@d.example"],
    "mailto:ida@": [], "mailto:a@b": [], "mailto:a@b@c.example": [], "mailto:a b@c.example": [],
    "mailto:a@-b.example": [], "mailto:a@b.example%0aBcc:x@y.example": [], "mailto:x@y.local": [],
    "mailto:%E0%A4%A": [], "https://a@b.example": [],
}  # fmt: skip


def test_mail_links_give_addresses_that_mail_can_be_sent_to(reader: Reader) -> None:
    read = reader.call("(all) => all.map(links.addressesOf)", list(ADDRESSES))
    assert read == list(ADDRESSES.values())
    assert all(normalise_email(address) == address for addresses in read for address in addresses)


PERIODS = {
    "Mar 2019 - Present · 5 yrs": ("2019-03", ""),
    "janv. 2016 – déc. 2018 · 3 ans": ("2016-01", "2018-12"),
    "März 2012–Heute": ("2012-03", ""),
    "2016-2020": ("2016", "2020"),
    "2019-03-01": ("2019-03", ""),
    "maj 2019 – lipiec 2020": ("2019-05", "2020-07"),
    "июль 2015 — октябрь 2019": ("2015-07", "2019-10"),
    "2020年3月 – 至今": ("2020-03", ""),
    "03/2011 – 12/2014": ("2011-03", "2014-12"),
    "5 yrs 2 mos": ("", ""),
    "99999999": ("", ""),
    "": ("", ""),
}


def test_periods_are_read_in_the_languages_profiles_are_written_in(reader: Reader) -> None:
    read = reader.call("(all) => all.map(dates.period)", list(PERIODS))
    assert [(each["started"], each["ended"]) for each in read] == list(PERIODS.values())


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ({"title": "  Welder\u200b\u0000\t\n of\u202e robots "}, {"title": "Welder of robots"}),
        ({"title": "e\u0301" * 3}, {"title": "ééé"}),
        ({"title": "*** ****", "company": "••••"}, {}),
        ({"title": "🤖" * 400}, {}),
        ({"title": "a" * 299 + "🤖"}, {"title": "a" * 299}),
        ({"summary": "a\r\n\r\n\r\n b \n"}, {"summary": "a\n\nb"}),
        ({"emails": ["A@b.example", "a@b.example", "x", 1, None, {}]}, {"emails": ["a@b.example"]}),
        ({"emails": [f"a{n}@b.example" for n in range(99)]}, {"emails": [f"a{n}@b.example" for n in range(10)]}),
        ({"phones": ["+47 912 34 567", "call me", "000000", "1" * 99]}, {"phones": ["+47 912 34 567"]}),
        ({"profiles": ["http://a.example", "javascript:1", "https://a.example"]}, {"profiles": ["https://a.example"]}),
        ({"skills": ["x" * 101, "TIG", "tig", ""]}, {"skills": ["TIG"]}),
        (
            {"experience": [{"title": "A", "started": "2021-13", "ended": "soon"}, {"started": "2020"}, "x", None, []]},
            {"experience": [{"title": "A", "company": "", "started": "", "ended": ""}]},
        ),
        ({"title": {}, "emails": "a@b.example", "experience": {"0": 1}, "summary": 5, "more": "x"}, {"summary": "5"}),
        (None, {}),
        ("text", {}),
        ([1], {}),
    ],
)  # fmt: skip
def test_a_profile_is_cleaned(given: Any, cleaned: dict[str, Any], reader: Reader) -> None:
    read = reader.call("(given) => profile.clean(given)", given)
    assert {key: value for key, value in read.items() if value} == cleaned
    assert reader.call("(given) => profile.clean(given)", read) == read
