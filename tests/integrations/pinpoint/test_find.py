"""Who on a job is the person: read all, compare, the surest key decides."""

from __future__ import annotations

import pytest

from integrations.base.errors import MalformedResponse
from integrations.base.records import PersonKeys, RemotePerson, Target
from integrations.vendors.pinpoint.connector import PinpointConnector
from tests.integrations.pinpoint.answers import JOB, application, many
from tests.integrations.vendor_server import Answer, Seen, VendorServer

KEYS = PersonKeys(
    markers=("no-email-7@beckon.example.com",),
    emails=("ada@people.example", "ada@work.example"),
    social_links=("https://www.linkedin.com/in/ada/",),
    phones=("+44 20 7946 0000",),
    name="Ada Byron",
)


def find(
    connector: PinpointConnector, keys: PersonKeys = KEYS, target: Target | None = JOB
) -> tuple[RemotePerson, ...]:
    return connector.find(keys, record_type="candidate", target=target, acting_as="")


def test_the_applications_of_the_job_are_asked_for_confidential_ones_too(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(many())
    assert find(pinpoint) == ()
    (seen,) = vendor.seen
    assert seen.path == "/applications"
    assert seen.params == {
        "filter[job_id]": JOB.external_id,
        "filter[job_visibility]": "confidential,external,internal",
        "fields[applications]": "id,created_at,updated_at,job_id,first_name,last_name,email,phone,linkedin_url",
        "sort": "id",
        "page[number]": "1",
        "page[size]": "1000",
    }


def test_an_address_in_any_case_goes_before_a_link_and_a_link_before_a_phone(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    rows = [
        application("1", email="x@people.example", linkedin_url="http://linkedin.com/in/Ada"),
        application("2", email="x@people.example", first_name="Ada", last_name="Byron", phone="442079460000"),
        application("3", email="ADA@Work.example", created_at="2020-01-01T00:00:00+00:00"),
        application("4", email="ada@people.example", created_at="2019-01-01T00:00:00+00:00"),
    ]
    vendor.will_answer(many(*rows), many(*rows[:2]), many(rows[1]))
    assert [row.external_id for row in find(pinpoint)] == ["4", "3"]
    assert [row.external_id for row in find(pinpoint)] == ["1"]
    assert [row.external_id for row in find(pinpoint)] == ["2"]


def test_a_phone_without_the_name_and_a_stranger_are_nobody(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(many(application("2", phone="+442079460000"), application("3", email=None)))
    assert find(pinpoint) == ()


def test_without_a_job_or_a_key_nothing_is_asked(pinpoint: PinpointConnector, vendor: VendorServer) -> None:
    assert find(pinpoint, target=None) == ()
    assert find(pinpoint, PersonKeys()) == ()
    assert vendor.seen == []


def test_ten_thousand_applications_are_read_page_by_page(
    pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    def page(seen: Seen) -> Answer:
        first = (int(seen.params["page[number]"]) - 1) * 1000
        return many(
            *(
                {
                    "id": str(number),
                    "type": "applications",
                    "attributes": {"email": f"p{number}@people.example", "job_id": JOB.external_id},
                }
                for number in range(first, min(first + 1000, 10_000))
            )
        )

    vendor.answer = page
    found = find(pinpoint, PersonKeys(emails=("p9999@people.example",)))
    assert [row.external_id for row in found] == ["9999"]
    # The tenth page is full, so an eleventh, empty, is the end.
    assert len(vendor.seen) == 11


@pytest.mark.parametrize("body", [{"data": {}}, {"data": [3]}, {"data": [{"type": "applications"}]}, []])
def test_odd_lists_are_malformed_and_nobody_is_made_on_their_ground(
    body: object, pinpoint: PinpointConnector, vendor: VendorServer
) -> None:
    vendor.will_answer(Answer(body=body))
    with pytest.raises(MalformedResponse):
        find(pinpoint)
