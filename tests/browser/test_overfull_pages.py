"""Pages of outreach and export with names as long as they may be, in both directions, and 2,000 rows behind them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page

from campaigns.models import Campaign, Recipient
from outreach.models import InboundMessage, Mailbox, Message
from outreach.states import Verdict
from sourcing.models import Candidate, ContactKind, ContactPoint, ContactType, Origin, Project, ProjectMember
from tests.browser.axe import wrong_in_windows
from tests.campaigns import making as campaigns
from tests.integrations import making as integrations
from tests.integrations.small_sourcewhale import small_sourcewhale
from tests.integrations.vendor_server import Answer
from tests.outreach import making as outreach

MANY = 2_000
#: As long as their columns: one word that cannot be broken, right-to-left, and words with a direction of their own.
NAMES = (
    "Wolfeschlegelsteinhausenbergerdorff" * 8 + "W" * 20,
    "عبد الرحمن بن محمد الأندلسي " * 10,
    "Ada \u202eNoreyb\u202c 李小龙 \u200b" * 15,
)
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 3
LONG_TEXT = f"{NAMES[1]}\n{LONG_WORD * 5}\n" * 5
ADDRESS = f"{'a' * 64}@{'.'.join(['b' * 60] * 3)}.example"


@dataclass(frozen=True)
class World:
    """Ids of what the pages show."""

    alice: Any
    campaign: Campaign
    recipient: int
    message: int
    mail: int

    def addresses(self) -> dict[str, str]:
        """Every page by the name of its picture."""
        campaign, project = self.campaign.pk, self.campaign.project_id
        return {
            "campaigns": "/outreach/",
            "of-project": f"/projects/{project}/outreach/",
            "choose": f"/projects/{project}/outreach/add/",
            "overview": f"/campaigns/{campaign}/",
            "steps": f"/campaigns/{campaign}/steps/",
            "settings": f"/campaigns/{campaign}/settings/",
            "recipients": f"/campaigns/{campaign}/recipients/",
            "recipient": f"/recipients/{self.recipient}/",
            "outbox": "/outreach/outbox/",
            "message": f"/outreach/outbox/{self.message}/",
            "inbox": "/inbox/",
            "mail": f"/inbox/{self.mail}/",
            "export": f"/projects/{project}/export/sourcewhale/",
        }


@pytest.fixture
def world(transactional_db: None, settings: Any) -> Iterator[World]:
    alice = integrations.alice()
    alice.name = NAMES[1][:150]
    alice.save()
    made = campaigns.campaign("Ada", alice=alice)
    Campaign.objects.for_organisation(alice.organisation_id).update(name=LONG_WORD)
    Project.objects.for_organisation(alice.organisation_id).update(name=NAMES[1][:200])
    Mailbox.objects.for_organisation(alice.organisation_id).update(
        address=ADDRESS, display_name=NAMES[0][:100]
    )
    made.steps.update(subject=LONG_WORD * 2, body=LONG_TEXT)
    made = campaigns.fresh(made)
    made = campaigns.started(made, now=timezone.now())
    people = _people(made, alice)
    message, mail = _mail(made, people)
    recipient = Recipient.objects.for_organisation(alice.organisation_id).get(candidate=people[0])
    with small_sourcewhale() as whale:
        settings.SOURCEWHALE_BASE_URL = whale.url
        settings.SOURCEWHALE_CALLS_PER_SECOND = 1000
        cache.clear()
        targets = [
            {"campaignId": str(number), "campaignName": name} for number, name in enumerate(NAMES * 20)
        ]
        whale.fail("campaigns/list", *[Answer(body={"campaigns": targets})] * 9)
        integrations.connection(alice)
        yield World(alice, made, recipient.pk, message, mail)


def _people(made: Campaign, alice: Any) -> list[int]:
    of = alice.organisation
    people = Candidate.objects.bulk_create(
        Candidate(
            organisation=of,
            first_name=NAMES[number % 3],
            last_name=str(number),
            title=NAMES[(number + 1) % 3],
            company=LONG_WORD,
        )
        for number in range(MANY)
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(
            organisation=of,
            candidate=person,
            kind=ContactKind.EMAIL,
            type=ContactType.WORK,
            value=f"{person.pk}{ADDRESS}",
            normalised=f"{person.pk}{ADDRESS}",
            origin=Origin.IMPORTED,
        )
        for person in people
    )
    ProjectMember.objects.bulk_create(
        ProjectMember(organisation=of, project=made.project, candidate=person, added_by=alice)
        for person in people
    )
    ada = campaigns.recipient(made, "Ada")
    Recipient.objects.bulk_create(
        Recipient(
            organisation=of,
            campaign=made,
            candidate=person,
            seed=str(person.pk),
            next_step=ada.next_step,
            planned_at=ada.planned_at,
            plan_text=ada.plan_text,
        )
        for person in people
    )
    return [person.pk for person in people]


def _mail(made: Campaign, people: list[int]) -> tuple[int, int]:
    """As many waiting messages, and as many answers; one id of each."""
    assert made.mailbox is not None
    now = timezone.now()
    waiting: list[Message] = outreach.write(
        made.mailbox,
        *[f"{number}{ADDRESS}" for number in range(MANY)],
        now=now,
        to_name=NAMES[1],
        subject=LONG_WORD * 3,
        body_text="",
        planned_at=now + datetime.timedelta(days=1),
    )
    came = InboundMessage.objects.bulk_create(
        InboundMessage(
            organisation_id=made.organisation_id,
            mailbox=made.mailbox,
            raw_hash=f"{number:064}",
            received_at=now - datetime.timedelta(minutes=number),
            read_at=now,
            verdict=Verdict.REPLY,
            certainty="certain",
            explanation=LONG_WORD * 3,
            candidate_id=candidate,
            from_address=f"{number}{ADDRESS}",
            from_name=NAMES[number % 3],
            subject=NAMES[(number + 1) % 3],
            body_text="" if number else LONG_TEXT,
        )
        for number, candidate in enumerate(people)
    )
    Message.objects.for_organisation(made.organisation_id).filter(pk=waiting[0].pk).update(
        body_text=LONG_TEXT
    )
    return waiting[0].pk, came[0].pk


# A quarter of a minute of work: 12,000 rows and 52 looks. A machine with other work may take a few times that.
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_overfull_pages_stay_inside_their_window(
    world: World, new_page: Callable[..., Page], log_in: Callable[..., None]
) -> None:
    wrong = []
    page = new_page()
    page.set_default_timeout(90_000)
    log_in(page, world.alice)
    for name, address in world.addresses().items():
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        if (rows := page.locator("tbody tr").count()) > 50:
            wrong.append(f"{name}: {rows} rows on one page")
        wrong += wrong_in_windows(page, picture=name)
    assert not wrong, "\n".join(wrong)
