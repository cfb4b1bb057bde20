"""What providers are sent and how their answers are read, over real HTTP."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from foundation import egress
from foundation.throttle import Pace, RedisThrottle
from sourcing.finding.providers import PROVIDERS, provider_class
from sourcing.finding.providers.base import Contact, Provider, Question, pause_of
from sourcing.finding.providers.errors import NeedsAdmin, QuestionRefused, RateLimited, Temporary
from sourcing.finding.providers.hunter import Hunter
from sourcing.finding.providers.people_data_labs import PeopleDataLabs
from tests.integrations.vendor_server import Answer, VendorServer, vendor_server
from tests.sourcing.finding.conftest import NOTHING, hunter_knows, pdl_knows

KEY = "key/with+odd=signs"
ADA = Question("Ada", "Byron", "Voltra", "linkedin.com/in/ada")
Make = Callable[..., Provider]


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with vendor_server() as server:
        yield server


@pytest.fixture
def make(vendor: VendorServer) -> Iterator[Make]:
    connection = redis.Redis.from_url(django_settings.REDIS_URL)

    def build(found: type[Provider], *, pace: Pace | None = None, timeout: float = 2.0) -> Provider:
        throttle = RedisThrottle(
            connection, account=f"test-{uuid.uuid4()}", pace=pace or Pace(calls=1000, burst=1000)
        )
        return found(
            session=egress.session(timeout=timeout, max_bytes=100_000),
            throttle=throttle,
            key=KEY,
            base_url=vendor.url,
            sleep=lambda _seconds: None,
        )

    yield build
    connection.close()


def test_hunter_is_asked_with_name_and_company_and_the_key_in_a_header(
    make: Make, vendor: VendorServer
) -> None:
    vendor.will_answer(hunter_knows("ada@voltra.example"))
    assert make(Hunter).find(ADA, "email") == (Contact("ada@voltra.example", "work", verified=True),)
    (seen,) = vendor.seen
    assert (seen.method, seen.path, seen.headers["x-api-key"]) == ("GET", "/email-finder", KEY)
    assert seen.params == {
        "first_name": "Ada",
        "last_name": "Byron",
        "company": "Voltra",
        "max_duration": "20",
    }


@pytest.mark.parametrize("status", ["accept_all", "unknown", "webmail", None, 7])
def test_hunter_calls_an_address_verified_only_if_it_says_valid(
    make: Make, vendor: VendorServer, status: Any
) -> None:
    vendor.will_answer(hunter_knows("ada@voltra.example", status))
    assert make(Hunter).find(ADA, "email")[0].verified is False


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body={"data": {"email": None, "score": None}}),
        Answer(body={"data": {"email": ""}}),
        Answer(404, {"errors": [{"id": "not_found"}]}),
        Answer(451, {"errors": [{"id": "claimed_email", "details": "ada@voltra.example asked not to"}]}),
    ],
)
def test_hunter_knows_nobody_or_may_not_tell(make: Make, vendor: VendorServer, answer: Answer) -> None:
    vendor.will_answer(answer)
    assert make(Hunter).find(ADA, "email") == ()


def test_hunter_finds_no_phones_and_is_not_asked(make: Make, vendor: VendorServer) -> None:
    assert make(Hunter).find(ADA, "phone") == ()
    assert vendor.seen == []


def test_people_data_labs_is_asked_for_matches_with_the_wanted_fields_only(
    make: Make, vendor: VendorServer
) -> None:
    vendor.will_answer(
        pdl_knows(
            work_email="ada@voltra.example",
            personal_emails=["ada@home.example"],
            emails=[
                {"address": "ADA@voltra.example", "type": "current_professional"},
                {"address": "old@elsewhere.example", "type": "professional"},
                {"address": "odd@odd.example", "type": None},
                "no entry",
            ],
        )
    )
    assert make(PeopleDataLabs).find(ADA, "email") == (
        Contact("ada@voltra.example", "work"),
        Contact("ada@home.example", "personal"),
        Contact("old@elsewhere.example", "work"),
        Contact("odd@odd.example", "other"),
    )
    (seen,) = vendor.seen
    assert (seen.method, seen.path, seen.headers["x-api-key"]) == ("GET", "/person/enrich", KEY)
    assert seen.params == {
        "profile": "linkedin.com/in/ada",
        "first_name": "Ada",
        "last_name": "Byron",
        "company": "Voltra",
        "min_likelihood": "6",
        "required": "emails",
        "data_include": "work_email,personal_emails,emails",
    }


def test_people_data_labs_gives_numbers_the_mobile_one_first(make: Make, vendor: VendorServer) -> None:
    vendor.will_answer(
        pdl_knows(mobile_phone="+4915155501420", phone_numbers=["+4915155501420", "+498912345678", 7])
    )
    assert make(PeopleDataLabs).find(ADA, "phone") == (
        Contact("+4915155501420", "mobile"),
        Contact("+498912345678", "other"),
    )
    assert vendor.seen[0].params["required"] == "phone_numbers"


def test_people_data_labs_matches_nobody(make: Make, vendor: VendorServer) -> None:
    vendor.will_answer(NOTHING)
    assert make(PeopleDataLabs).find(ADA, "email") == ()


def test_a_plan_that_says_only_that_there_is_something_needs_an_administrator(
    make: Make, vendor: VendorServer
) -> None:
    vendor.will_answer(pdl_knows(work_email=True, personal_emails=True, emails=True))
    with pytest.raises(NeedsAdmin, match="plan"):
        make(PeopleDataLabs).find(ADA, "email")


@pytest.mark.parametrize(
    ("found", "status", "error"),
    [
        (Hunter, 401, NeedsAdmin),
        (Hunter, 429, NeedsAdmin),
        (Hunter, 403, RateLimited),
        (Hunter, 400, QuestionRefused),
        (Hunter, 422, QuestionRefused),
        (Hunter, 500, Temporary),
        (Hunter, 302, Temporary),
        (PeopleDataLabs, 401, NeedsAdmin),
        (PeopleDataLabs, 402, NeedsAdmin),
        (PeopleDataLabs, 403, NeedsAdmin),
        (PeopleDataLabs, 429, RateLimited),
        (PeopleDataLabs, 400, QuestionRefused),
        (PeopleDataLabs, 503, Temporary),
    ],
)
def test_each_status_has_its_class(
    make: Make, vendor: VendorServer, found: type[Provider], status: int, error: type[Exception]
) -> None:
    vendor.will_answer(Answer(status, {}))
    with pytest.raises(error):
        make(found).find(ADA, "email")


@pytest.mark.parametrize("found", [Hunter, PeopleDataLabs])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'"text"',
        b'{"data": []}',
        b'{"data"',
        b'{"data": null}',
        b"[" * 60_000,
        b"\xff\xfe",
    ],
)
def test_an_answer_that_lies_about_its_shape_is_no_answer(
    make: Make, vendor: VendorServer, found: type[Provider], body: bytes
) -> None:
    vendor.will_answer(Answer(body=body))
    with pytest.raises(Temporary, match="cannot be read"):
        make(found).find(ADA, "email")


def test_hunter_answering_an_address_that_is_no_text_is_no_answer(make: Make, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(body={"data": {"email": {"a": 1}}}), Answer(body={"data": {}}))
    for _ in range(2):
        with pytest.raises(Temporary):
            make(Hunter).find(ADA, "email")


@pytest.mark.parametrize("found", [Hunter, PeopleDataLabs])
def test_silence_and_a_cut_line_are_temporary(
    make: Make, vendor: VendorServer, found: type[Provider]
) -> None:
    vendor.will_answer(Answer(cut=True), Answer(delay=1.0))
    provider = make(found, timeout=0.3)
    for _ in range(2):
        with pytest.raises(Temporary):
            provider.find(ADA, "email")


def test_an_answer_without_end_is_not_read_to_its_end(make: Make, vendor: VendorServer) -> None:
    vendor.will_answer(Answer(body=b'"' + b"x" * 200_000 + b'"'))
    with pytest.raises(NeedsAdmin, match="larger"):
        make(Hunter).find(ADA, "email")


def test_no_text_holds_the_key_or_an_address(make: Make, vendor: VendorServer) -> None:
    vendor.will_answer(
        Answer(401, {"errors": [{"details": f"No such key {KEY}, asked for ada@voltra.example"}]})
    )
    with pytest.raises(NeedsAdmin) as caught:
        make(Hunter).find(ADA, "email")
    assert str(caught.value) == "Hunter: No such key •••, asked for (address)"


def test_a_pause_holds_for_every_worker(make: Make, vendor: VendorServer) -> None:
    provider = make(PeopleDataLabs)
    vendor.will_answer(Answer(429, {"error": {"message": "slow down"}}, {"Retry-After": "17"}))
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            provider.find(ADA, "email")
        assert 15 < caught.value.retry_after.total_seconds() <= 17
    assert len(vendor.seen) == 1


def test_our_own_pace_is_kept(make: Make, vendor: VendorServer) -> None:
    provider = make(Hunter, pace=Pace(calls=1, seconds=60, burst=1))
    vendor.will_answer(hunter_knows("ada@voltra.example"))
    provider.find(ADA, "email")
    with pytest.raises(RateLimited):
        provider.find(ADA, "email")
    assert len(vendor.seen) == 1


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [("17", 17), ("0", 1), ("-3", 1), ("1e99", 60), ("nan", 60), ("soon", 60), ("", 60), ("999999", 86_400)],
)
def test_a_pause_stays_in_bounds(raw: str, seconds: int) -> None:
    assert pause_of({"retry-after": raw}) == datetime.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("question", "hunter", "pdl"),
    [
        (Question("Ada", "Byron", "Voltra"), True, True),
        (Question("Ada", "", "Voltra"), False, False),
        (Question("Ada", "Byron"), False, False),
        (Question(linkedin="linkedin.com/in/ada"), False, True),
        (Question(), False, False),
    ],
)
def test_a_provider_says_what_it_needs_to_know(question: Question, hunter: bool, pdl: bool) -> None:
    assert (Hunter.can_ask(question), PeopleDataLabs.can_ask(question)) == (hunter, pdl)


def test_every_provider_is_complete_and_found_by_its_slug() -> None:
    for slug, found in PROVIDERS.items():
        assert provider_class(slug) is found
        assert found.default_base_url.startswith("https://")
        assert found.kinds
