"""The stand-ins for Hunter and People Data Labs, and ours against them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from sandbox.client import Sandbox

ADA = {"first_name": "Ada", "last_name": "Byro", "company": "Voltra"}
PATHS = {"hunter": "email-finder", "people_data_labs": "person/enrich"}


class Api:
    """A plain HTTP client of both."""

    def __init__(self, world: Sandbox) -> None:
        self.told = world.finding
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, slug: str, key: str | None = None, **who: str) -> requests.Response:
        return self.session.get(
            f"{self.told[slug]['base_url']}/{PATHS[slug]}",
            params={**ADA, **who},
            headers={"X-Api-Key": self.told[slug]["key"] if key is None else key},
            timeout=10,
        )


@pytest.fixture
def api(world: Sandbox) -> Iterator[Api]:
    client = Api(world)
    yield client
    client.session.close()


def test_both_know_ada(api: Api) -> None:
    found = api.ask("hunter").json()["data"]
    assert (found["email"], found["verification"]["status"]) == ("ada.byro@voltra.example", "valid")
    record = api.ask("people_data_labs").json()["data"]
    assert record["work_email"] == "ada.byro@voltra.example"
    assert record["mobile_phone"].startswith("+4477009")


@pytest.mark.parametrize("slug", PATHS)
def test_a_key_is_needed_and_may_be_used_up(api: Api, slug: str) -> None:
    used_up = api.ask(slug, key=api.told["empty_key"]).status_code
    assert [api.ask(slug, key="").status_code, api.ask(slug, key="x").status_code] == [401, 401]
    assert used_up == {"hunter": 429, "people_data_labs": 402}[slug]


@pytest.mark.parametrize(
    ("first_name", "hunter", "pdl"),
    [("Nobody", 200, 404), ("Claimed", 451, 200), ("Busy", 403, 429), ("Broken", 500, 500)],
)
def test_the_first_name_decides_what_happens(api: Api, first_name: str, hunter: int, pdl: int) -> None:
    assert api.ask("hunter", first_name=first_name).status_code == hunter
    assert api.ask("people_data_labs", first_name=first_name).status_code == pdl


def test_hunter_knows_half_of_the_people(api: Api) -> None:
    assert api.ask("hunter", last_name="Byron").json()["data"]["email"] is None


def test_lines_are_cut_and_bodies_are_half(api: Api) -> None:
    with pytest.raises(requests.ConnectionError):
        api.ask("hunter", first_name="Cut")
    with pytest.raises(ValueError, match="line 1"):
        api.ask("hunter", first_name="Liar").json()


def test_slow_is_slow(api: Api, world: Sandbox) -> None:
    world.control(finding_slow=0.3)
    assert api.ask("hunter", first_name="Slow").elapsed.total_seconds() >= 0.3


def test_who_was_asked_about_is_kept_without_the_key(api: Api, world: Sandbox) -> None:
    api.ask("hunter")
    (asked,) = world.asked()
    assert asked == {"provider": "Hunter", "person": "Ada Byro", "company": "Voltra", "status": 200}
    page = api.session.get(f"{world.addresses['url']}finding", timeout=10).text
    assert "Ada Byro" in page
    assert api.told["hunter"]["key"] not in page
