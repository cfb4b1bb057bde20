"""Several texts of one step, each for its share of the people: adding, writing, sharing, deciding for one.

Whatever changes here counts for whoever has not had the step yet; what was sent keeps its letter on the attempt. A new
text has no share in a campaign under way, so that nothing of it leaves before somebody says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from accounts.models import User
from accounts.permissions import Right, require
from campaigns import editing, readiness, sequence, standing, texts
from campaigns.models import Attempt, Step, StepVariant, StepVersion
from campaigns.states import UNDER_WAY, StepKind
from foundation.problems import Conflict, Invalid, Missing

LETTERS = "BCDE"


class VariantInUse(Conflict):
    """Somebody has had this text: its letter stays with what was sent."""

    code: ClassVar[str] = "variant_in_use"
    sentence: ClassVar[str] = (
        "Somebody has had this text already. Give it 0 % instead: nobody gets it any more."
    )


@transaction.atomic
def add(*, step: Step, actor: User) -> StepVariant:
    """Another text, begun as a copy of the step's own with its files. In a draft all share evenly from then on.

    Raises Invalid for a manual task and beyond five texts.
    """
    step = _locked(step, actor)
    if step.kind != StepKind.EMAIL:
        raise Invalid("Only an e-mail has variants.")
    taken = set(step.variants.values_list("letter", flat=True))
    letter = next((each for each in LETTERS if each not in taken), None)
    if letter is None:
        raise Invalid(f"A step has at most {len(LETTERS) + 1} texts.")
    row = StepVariant(
        organisation_id=step.organisation_id,
        step=step,
        letter=letter,
        subject=step.subject,
        body=step.body,
        body_html=step.body_html,
    )
    row.save()
    if editing.set_files(step, texts.files_of(step, texts.all_of(step)[0]), row):
        row.save(update_fields=["has_files"])
    step.has_variants = True
    _raise_version(step, row, actor, "has_variants")
    if step.campaign.status not in UNDER_WAY:
        rows = list(step.variants.all())
        for each in rows:
            each.share = 100 // (len(rows) + 1)
        StepVariant.objects.for_organisation(step.organisation_id).bulk_update(rows, ["share"])
        row.share = rows[-1].share
    return row


@transaction.atomic
def edit(
    *,
    step: Step,
    letter: str,
    subject: str,
    body: str,
    actor: User,
    now: datetime,
    body_html: str = "",
    files: Collection[int] = (),
) -> int:
    """Change one of the other texts; as ``editing.edit_step`` does the step's own. Returns how many it may still reach.

    Raises Missing for a letter the step does not have.
    """
    step = _locked(step, actor)
    row = variant_of(step, letter)
    changed = (row.subject, row.body, row.body_html) != (subject.strip(), body, body_html)
    changed |= editing.set_files(step, files, row)
    row.subject, row.body, row.body_html = subject.strip(), body, body_html
    row.save(update_fields=["subject", "body", "body_html", "has_files"])
    if changed:
        _raise_version(step, row, actor)
        readiness.look_again_after_edit(step, now=now)
    return editing.reach(step)


@transaction.atomic
def share(*, step: Step, shares: Mapping[str, int], actor: User, now: datetime) -> None:
    """Say what part of the people gets which text: letter → per cent, every letter of the step, together 100.

    Raises Invalid; under way also for a text that could not be sent as it is.
    """
    step = _locked(step, actor)
    known = {text.letter: text for text in texts.all_of(step)}
    if set(shares) != set(known) or not step.has_variants:
        raise Invalid("Say a share for every text of the step.")
    if any(not 0 <= part <= 100 for part in shares.values()) or sum(shares.values()) != 100:
        raise Invalid("The shares have to make 100 % together.", fields={"share": "Together 100."})
    if step.campaign.status in UNDER_WAY:
        for letter, part in shares.items():
            if part:
                _refuse_unfinished(step, known[letter])
    rows = list(step.variants.all())
    for row in rows:
        row.share = shares[row.letter]
    StepVariant.objects.for_organisation(step.organisation_id).bulk_update(rows, ["share"])
    readiness.look_again_after_edit(step, now=now)


def use(*, step: Step, letter: str, actor: User, now: datetime) -> None:
    """*Use this one from now on*: everybody who has not had the step gets this text. Raises Missing, Invalid."""
    letters = [text.letter for text in texts.all_of(step)]
    if letter not in letters:
        raise Missing("There is no such text.")
    share(step=step, shares={each: 100 * (each == letter) for each in letters}, actor=actor, now=now)


@transaction.atomic
def remove(*, step: Step, letter: str, actor: User) -> None:
    """Take a text away that nobody has had; its share goes to the step's own. Raises :class:`VariantInUse`, Missing."""
    step = _locked(step, actor)
    row = variant_of(step, letter)
    if Attempt.objects.for_organisation(step.organisation_id).filter(step=step, variant=letter).exists():
        raise VariantInUse
    StepVersion.objects.for_organisation(step.organisation_id).filter(step=step, variant=letter).delete()
    row.delete()
    step.has_variants = step.variants.exists()
    step.save(update_fields=["has_variants"])


def variant_of(step: Step, letter: str) -> StepVariant:
    """One of the texts beside the step's own. Raises Missing."""
    row = step.variants.filter(letter=letter).first() if len(letter) == 1 and letter in LETTERS else None
    if row is None:
        raise Missing("There is no such text.")
    return row


def _locked(step: Step, actor: User) -> Step:
    """The step as it stands, its campaign locked: shares and versions change one after the other."""
    require(actor, Right.CAMPAIGN_EDIT)
    campaign = standing.lock_campaign(step.campaign_id, organisation_id=step.organisation_id)
    found = Step.objects.for_organisation(step.organisation_id).filter(pk=step.pk, removed_at=None).first()
    if found is None:
        raise Missing("This step was taken out.")
    found.campaign = campaign
    return found


def _raise_version(step: Step, row: StepVariant, actor: User, *also: str) -> None:
    step.version += 1
    step.save(update_fields=["version", *also])
    editing.keep_version(step, row.subject, row.body, row.body_html, actor=actor, variant=row.letter)


def _refuse_unfinished(step: Step, text: texts.Text) -> None:
    steps = sequence.steps_of(step.campaign_id, organisation_id=step.organisation_id)
    earlier = steps.filter(kind=StepKind.EMAIL, position__lt=step.position)
    begins = step.new_thread or not earlier.exists()
    missing = ["It has no text."] * (not text.body.strip())
    missing += ["It has no subject."] * (begins and not text.subject.strip())
    missing += readiness.problems_of(step, text)
    if missing:
        raise Invalid(f"Variant {text.letter}: {' '.join(missing)}")
