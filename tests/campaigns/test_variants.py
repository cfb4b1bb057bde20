"""Several texts of one step: who gets which, what an edit or a share changes, what is counted and what may be said."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEntry, Role
from campaigns import (
    csv_tables,
    editing,
    lifecycle,
    placeholders,
    readiness,
    statistics,
    texts,
    variant_figures,
    variants,
    writing,
)
from campaigns.advancing import CampaignFeed
from campaigns.drawing import draw
from campaigns.models import Attempt, Campaign, Recipient, Step, StepVersion
from campaigns.selectors import timeline
from campaigns.states import Hold, HoldReason, Progress
from foundation.problems import Invalid, Missing, NotAllowed
from outreach import files
from outreach.models import Mailbox, Message
from tests.campaigns import making
from tests.outreach.making import NOW, user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NAMES = [f"P{number:02}" for number in range(24)]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def step_of(made: Campaign, position: int = 1) -> Step:
    return Step.objects.for_organisation(made.organisation_id).get(campaign=made, position=position)


def with_b(*names: str, steps: int = 1, b: str = "Text B, {{ first_name }}.", **values) -> Campaign:
    """A draft whose first step has a second text."""
    made = making.campaign(*names, steps=steps, **values)
    variants.add(step=step_of(made), actor=made.owner)
    variants.edit(
        step=step_of(made), letter="B", subject="B for {{ first_name }}", body=b, actor=made.owner, now=NOW
    )
    return making.fresh(made)


def share(made: Campaign, **shares: int) -> None:
    variants.share(step=step_of(made), shares=shares, actor=made.owner, now=NOW)


def letters(made: Campaign) -> dict[str, str]:
    """First name → the variant of the message that was written."""
    rows = Attempt.objects.for_organisation(made.organisation_id).filter(campaign=made).order_by("pk")
    return dict(rows.values_list("recipient__candidate__first_name", "variant"))


def expected(made: Campaign, shares: dict[str, int]) -> dict[str, str]:
    step = step_of(made)
    return {
        row.candidate.first_name: draw(shares, recipient_id=row.pk, step_id=step.pk, seed=row.seed)
        for row in Recipient.objects.for_organisation(made.organisation_id).select_related("candidate")
    }


# ── who gets which ──────────────────────────────────────────────────────────


def test_everybody_gets_the_text_that_was_drawn_for_them_and_the_preview_showed_it():
    made = with_b(*NAMES)
    told = {
        row.candidate.first_name: writing.subject_for(row, step_of(made))
        for row in Recipient.objects.for_organisation(made.organisation_id).select_related(
            "candidate", "campaign__mailbox", "campaign__owner", "campaign__project", "thread_message"
        )
    }
    made = making.started(made)
    found = {message.to_name.split()[0]: message for message in making.written(made)}
    assert letters(made) == expected(made, {"A": 50, "B": 50})
    assert set(letters(made).values()) == {"A", "B"}
    for name, letter in letters(made).items():
        wanted = f"Hello {name}" if letter == "A" else f"B for {name}"
        assert found[name].subject == told[name] == wanted
        assert ("Text B" in found[name].body_text) == (letter == "B")
    assert set(Attempt.objects.for_organisation(made.organisation_id).values_list("drawn", flat=True)) == {
        True
    }


def test_a_step_with_one_text_has_no_letter_and_asks_for_no_variants(django_assert_num_queries):
    made = making.started(making.campaign("Ada", steps=1))
    making.written(made)
    (attempt,) = Attempt.objects.for_organisation(made.organisation_id)
    assert (attempt.variant, attempt.drawn) == ("", False)
    step, ada = step_of(made), making.recipient(made, "Ada")
    with django_assert_num_queries(0):
        assert texts.for_person(step, ada).letter == ""


def test_a_follow_up_answers_the_subject_that_the_person_really_got():
    made = making.started(with_b(*NAMES[:8], steps=2))
    for message in making.written(made):
        making.settle(message, "sent", now=NOW + HOUR, sending_at=NOW + HOUR)
    due = NOW + timedelta(days=3, minutes=45)
    Mailbox.objects.for_organisation(made.organisation_id).update(read_completely_at=due)
    ids = CampaignFeed().write(mailbox_id=made.mailbox_id, now=due, limit=50)
    follow_ups = Message.objects.for_organisation(made.organisation_id).filter(pk__in=ids)
    first = expected(made, {"A": 50, "B": 50})
    assert len(follow_ups) == 8
    for message in follow_ups:
        name = message.to_name.split()[0]
        assert message.subject == (f"Re: Hello {name}" if first[name] == "A" else f"Re: B for {name}")


def test_a_follow_up_that_begins_a_thread_takes_the_subject_of_the_persons_variant():
    made = with_b(*NAMES[:8], steps=2)
    first = expected(made, {"A": 50, "B": 50})
    for row in Recipient.objects.for_organisation(made.organisation_id).select_related("candidate"):
        text = writing.own_text(row, step_of(made, 2))
        wanted = (
            "Hello {{ first_name }}" if first[row.candidate.first_name] == "A" else "B for {{ first_name }}"
        )
        assert text.subject == wanted


def test_the_files_of_a_variant_go_with_it_alone():
    made = with_b(*NAMES[:8])
    kept = files.keep(actor=made.owner, upload=SimpleUploadedFile("b.png", PNG, "image/png"))
    variants.edit(
        step=step_of(made), letter="B", subject="B", body="B", files=[kept.pk], actor=made.owner, now=NOW
    )
    made = making.started(making.fresh(made))
    for message in making.written(made):
        assert message.has_files == (message.subject == "B")


# ── under way ───────────────────────────────────────────────────────────────


def test_a_variant_added_under_way_reaches_nobody_before_it_has_a_share():
    made = making.started(making.campaign(*NAMES[:6], steps=1))
    row = variants.add(step=step_of(made), actor=made.owner)
    assert (row.letter, row.share) == ("B", 0)
    variants.edit(step=step_of(made), letter="B", subject="", body="", actor=made.owner, now=NOW)
    with pytest.raises(Invalid, match=r"Variant B: It has no text\. It has no subject\."):
        share(made, A=50, B=50)
    making.written(made)
    assert set(letters(made).values()) == {"A"}


def test_another_share_changes_only_who_has_not_got_the_step_yet():
    made = making.started(with_b(*NAMES))
    sent = making.written(made, limit=12)
    for message in sent:
        making.settle(message, "sent", now=NOW + HOUR, sending_at=NOW + HOUR)
    before = letters(made)
    variants.use(step=step_of(made), letter="B", actor=made.owner, now=NOW + HOUR)
    making.written(made)
    after = letters(made)
    assert {name: after[name] for name in before} == before
    assert {letter for name, letter in after.items() if name not in before} == {"B"}
    drawn = Attempt.objects.for_organisation(made.organisation_id).filter(drawn=True)
    assert drawn.count() == 12, "nothing is drawn any more"


def test_a_message_that_waits_is_written_anew_when_its_text_is_switched_off_or_edited():
    made = making.started(with_b(*NAMES[:10]))
    waiting = making.written(made)
    feed = CampaignFeed()
    variants.edit(step=step_of(made), letter="B", subject="B2", body="B2", actor=made.owner, now=NOW)
    assert all(feed.refresh(message=message, now=NOW) for message in waiting)
    rows = Message.objects.for_organisation(made.organisation_id)
    assert letters(made) == expected(made, {"A": 50, "B": 50})
    assert rows.filter(subject="B2").count() == list(letters(made).values()).count("B")
    share(made, A=100, B=0)
    assert all(feed.refresh(message=message, now=NOW) for message in rows)
    assert set(letters(made).values()) == {"A"}
    assert not rows.filter(subject="B2").exists()


def test_a_waiting_message_keeps_its_text_while_that_is_in_use():
    made = making.started(with_b(*NAMES[:10]))
    waiting = making.written(made)
    before = letters(made)
    share(made, A=1, B=99)
    editing.edit_step(
        step=step_of(made), subject="Hello 2", body="A2", days=0, new_thread=False, actor=made.owner
    )
    assert all(CampaignFeed().refresh(message=message, now=NOW) for message in waiting)
    assert letters(made) == before


def test_a_placeholder_of_one_variant_blocks_only_who_gets_it():
    made = making.started(with_b(*NAMES[:12], b="[[why you]]"))
    written = making.written(made)
    rows = Recipient.objects.for_organisation(made.organisation_id).select_related("candidate")
    gets = expected(made, {"A": 50, "B": 50})
    for row in rows:
        if gets[row.candidate.first_name] == "B":
            assert (row.hold, row.hold_code) == (Hold.NEEDS_ATTENTION, HoldReason.PLACEHOLDER_EMPTY)
            assert [each.label for each in placeholders.of_recipient(row)] == ["why you"]
        else:
            assert (row.hold, placeholders.of_recipient(row)) == (Hold.NONE, [])
    assert len(written) == list(gets.values()).count("A")
    held = next(row for row in rows if row.hold != Hold.NONE)
    readiness.fill_in(recipient_id=held.pk, texts={"why you": "Because."}, actor=made.owner, now=NOW)
    held.refresh_from_db()
    assert held.hold == Hold.NONE


def test_start_looks_at_every_text_that_somebody_may_get():
    made = with_b("Ada", b="{{ nonsense }}")
    assert any(
        "Step 1 (variant B)" in text and "nonsense" in text for text in lifecycle.missing_for_start(made)
    )
    share(made, A=100, B=0)
    assert not any("variant" in text for text in lifecycle.missing_for_start(making.fresh(made)))


# ── what is refused ─────────────────────────────────────────────────────────


def test_shares_make_a_hundred_and_name_every_text():
    made = with_b("Ada")
    for wrong in ({"A": 50, "B": 49}, {"A": 100}, {"A": 110, "B": -10}, {"A": 50, "B": 50, "C": 0}, {}):
        with pytest.raises(Invalid):
            variants.share(step=step_of(made), shares=wrong, actor=made.owner, now=NOW)
    with pytest.raises(Invalid):
        variants.share(step=step_of(making.campaign("Eva")), shares={"": 100}, actor=made.owner, now=NOW)


def test_a_step_has_at_most_five_texts_and_a_draft_shares_evenly():
    made = making.campaign("Ada", steps=1)
    for _ in range(4):
        variants.add(step=step_of(made), actor=made.owner)
    assert [text.share for text in texts.all_of(step_of(made))] == [20, 20, 20, 20, 20]
    with pytest.raises(Invalid, match="at most 5"):
        variants.add(step=step_of(made), actor=made.owner)
    task = editing.add_step(campaign=made, subject="Call", body="x", days=0, kind="call", actor=made.owner)
    with pytest.raises(Invalid, match="Only an e-mail"):
        variants.add(step=task, actor=made.owner)


def test_a_text_that_somebody_has_had_stays_and_its_letter_is_never_given_again():
    made = with_b("Ada", "Bea")
    share(made, A=0, B=100)
    made = making.started(making.fresh(made))
    making.written(made)
    with pytest.raises(variants.VariantInUse):
        variants.remove(step=step_of(made), letter="B", actor=made.owner)
    variants.add(step=step_of(made), actor=made.owner)
    variants.remove(step=step_of(made), letter="C", actor=made.owner)
    assert [text.letter for text in texts.all_of(step_of(made))] == ["A", "B"]
    for letter in ("A", "E", "ABC", ""):
        with pytest.raises(Missing):
            variants.remove(step=step_of(made), letter=letter, actor=made.owner)


def test_who_may_not_edit_campaigns_may_not_touch_variants():
    made = with_b("Ada")
    vera = user("vera", of=made.organisation, role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        variants.use(step=step_of(made), letter="B", actor=vera, now=NOW)


def test_each_text_keeps_its_versions_and_a_change_of_share_is_in_the_audit_trail():
    made = with_b("Ada")
    rows = StepVersion.objects.for_organisation(made.organisation_id).filter(step=step_of(made))
    assert [(row.version, row.variant) for row in rows.order_by("version")] == [
        (1, "A"), (2, "A"), (3, "B"), (4, "B"),
    ]  # fmt: skip
    share(made, A=30, B=70)
    entries = AuditEntry.objects.filter(organisation=made.organisation_id, table="campaigns_stepvariant")
    assert entries.order_by("-pk").first().changes["share"] == [50, 70]


# ── what is counted ─────────────────────────────────────────────────────────


def answered(made: Campaign, *names: str) -> None:
    Recipient.objects.for_organisation(made.organisation_id).filter(candidate__first_name__in=names).update(
        progress=Progress.REPLIED, ended_at=NOW + HOUR
    )


def test_figures_are_told_per_variant_and_add_up_to_the_step():
    made = making.started(with_b(*NAMES))
    gets = expected(made, {"A": 50, "B": 50})
    for message in making.written(made):
        name = message.to_name.split()[0]
        status, values = ("refused", {"failure_class": "hard"}) if name == NAMES[0] else ("sent", {})
        making.settle(message, status, now=NOW + HOUR, sending_at=NOW + HOUR, **values)
    answered(made, NAMES[1], NAMES[2])
    comparison = variant_figures.of_campaign(made)[step_of(made).pk]
    (whole,) = statistics.by_step(made)
    for figure in ("sent", "bounced", "replied", "interested"):
        assert sum(getattr(line, figure) for line in comparison.lines) == getattr(whole, figure)
    for line in comparison.lines:
        theirs = {name for name, letter in gets.items() if letter == line.text.letter}
        assert line.sent == len(theirs)
        assert line.bounced == (NAMES[0] in theirs)
        assert line.tried.people == len(theirs - {NAMES[0]})
        assert line.tried.replied == len(theirs & {NAMES[1], NAMES[2]})
    assert comparison.answer.best == ""
    assert "Not enough yet" in comparison.answer.text


def test_only_what_was_drawn_is_compared():
    made = making.started(with_b(*NAMES))
    first = making.written(made, limit=10)
    for message in first:
        making.settle(message, "sent", now=NOW + HOUR, sending_at=NOW + HOUR)
    Message.objects.for_organisation(made.organisation_id).filter(pk=first[0].pk).update(text_by_hand=True)
    variants.use(step=step_of(made), letter="A", actor=made.owner, now=NOW)
    for message in making.written(made):
        making.settle(message, "sent", now=NOW + HOUR, sending_at=NOW + HOUR)
    comparison = variant_figures.of_campaign(made)[step_of(made).pk]
    assert sum(line.sent for line in comparison.lines) == 24
    assert sum(line.tried.people for line in comparison.lines) == 9
    assert comparison.answer.text == "Everybody who has not had the step gets A."


def test_the_csv_of_the_steps_has_a_line_for_each_variant():
    made = making.started(with_b(*NAMES[:6]))
    for message in making.written(made):
        making.settle(message, "sent", now=NOW + HOUR, sending_at=NOW + HOUR)
    _, table = csv_tables.OF_CAMPAIGN["steps"]
    text = "".join(csv_tables.lines(table(made))).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["Step"], row["Variant"]) for row in rows] == [("1", ""), ("1", "A"), ("1", "B")]
    assert int(rows[0]["Sent (e-mails)"]) == 6 == sum(int(row["Sent (e-mails)"]) for row in rows[1:])


def test_the_timeline_of_a_person_says_which_text_it_was():
    made = making.started(with_b("Ada"))
    ada = making.recipient(made, "Ada")
    letter = expected(made, {"A": 50, "B": 50})["Ada"]
    ada.campaign = made
    assert [line.variant for line in timeline(ada, viewer=made.owner, now=NOW)] == [letter]
    making.written(made)
    assert [line.variant for line in timeline(making.recipient(made, "Ada"), viewer=made.owner, now=NOW)] == [
        letter
    ]


# ── pages and API ───────────────────────────────────────────────────────────


def client_of(who) -> Client:
    client = Client()
    client.force_login(who)
    return client


def test_the_pages_add_write_share_decide_and_remove():
    made = making.campaign("Ada", "Bea", steps=1)
    client, step = client_of(made.owner), step_of(made)
    at = f"/campaigns/{made.pk}/steps/{step.pk}/"
    assert "Add a variant" in client.get(at).content.decode()
    assert client.post(f"{at}variants/add/").url == f"{at}variants/B/"
    page = client.get(f"{at}variants/B/").content.decode()
    assert 'name="share_A"' in page
    assert "Hello" in page
    answer = client.post(f"{at}variants/B/", {"subject": "Other", "body": "Other words."})
    assert answer.status_code == 302, answer.content.decode()
    assert [text.subject for text in texts.all_of(step_of(made))] == ["Hello {{ first_name }}", "Other"]
    client.post(f"{at}variants/shares/", {"share_A": "30", "share_B": "70"})
    assert [text.share for text in texts.all_of(step_of(made))] == [30, 70]
    for wrong in ({"share_A": "30"}, {"share_A": "x", "share_B": "70"}, {"share_A": "99", "share_B": "99"}):
        said = client.post(f"{at}variants/shares/", wrong, follow=True).content.decode()
        assert "100 %" in said or "every text" in said
    client.post(f"{at}variants/B/use/")
    assert [text.share for text in texts.all_of(step_of(made))] == [0, 100]
    client.post(f"{at}variants/B/remove/")
    assert not step_of(made).has_variants
    for missing in ("A", "C", "%00", "ß"):
        assert client.get(f"{at}variants/{missing}/").status_code == 404


def test_the_overview_shows_each_text_with_its_definition_and_offers_to_decide():
    made = making.started(with_b(*NAMES[:4]))
    for message in making.written(made):
        making.settle(message, "sent", now=NOW + HOUR, sending_at=NOW + HOUR)
    client = client_of(made.owner)
    page = client.get(f"/campaigns/{made.pk}/").content.decode()
    assert "Not enough yet: each text needs at least 50 people." in page
    assert "Lindon and Malek 2022" in page


def test_the_api_adds_writes_shares_compares_and_removes():
    made = making.campaign("Ada", steps=1)
    client, step = client_of(made.owner), step_of(made)
    at = f"/api/v1/campaigns/{made.pk}/steps/{step.pk}/variants/"

    def send(method: str, path: str, data: object):
        return getattr(client, method)(path, json.dumps(data), "application/json")

    assert client.get(at).json()["variants"] == []
    assert client.post(at).json()["letter"] == "B"
    assert send("patch", f"{at}B/", {"subject": "Other", "body": "Words."}).json()["subject"] == "Other"
    assert send("patch", f"{at}B/", {"subject": "Only this"}).json()["body"] == "Words."
    found = send("patch", at, {"shares": {"A": 10, "B": 90}}).json()
    assert [(row["letter"], row["share"]) for row in found["variants"]] == [("A", 10), ("B", 90)]
    assert (found["best"], found["needs"]) == ("", 50)
    for wrong in ({"shares": {"A": 10}}, {"shares": {"A": 101, "B": -1}}, {"shares": "x"}, {}, [1]):
        assert send("patch", at, wrong).status_code in {400, 422}, wrong
    assert send("patch", f"{at}A/", {"subject": "x"}).status_code == 404
    assert send("patch", f"{at}B/", {"subject": "x" * 501}).status_code in {400, 422}
    assert client.delete(f"{at}B/").status_code == 204
    assert client.delete(f"{at}B/").status_code == 404
    client.post(at)
    share(made, A=0, B=100)
    making.written(making.started(making.fresh(made)))
    assert client.delete(f"{at}B/").status_code == 409
    assert Message.objects.for_organisation(made.organisation_id).get().status == "queued"
