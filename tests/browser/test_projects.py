"""A project's board and its pages: by mouse, by keys, by menu, without script, and as a guest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from sourcing import activity, projects, sharing
from sourcing.models import Project, ProjectMember
from tests.browser.axe import LIGHT_DESK_DARK_PHONE, assert_no_serious_axe_violations, wrong_in_windows
from tests.sourcing.factories import make_candidate, make_organisation, make_project, make_user


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user(make_organisation(), "Alice Aubert", Role.ADMIN)


@pytest.fixture
def project(alice: User) -> Project:
    names = ("Ana", "Bo", "Cy")
    people = [make_candidate(alice.organisation, name, "Silva", title="Engineer") for name in names]
    return make_project(alice, "Backend Zürich", people)


def where(project: Project) -> dict[str, list[str]]:
    rows = ProjectMember.objects.for_organisation(project.organisation_id).filter(project=project)
    found: dict[str, list[str]] = {}
    for row in rows.select_related("candidate", "stage").order_by("position"):
        found.setdefault(row.stage.name, []).append(row.candidate.first_name)
    return found


def card(page: Page, name: str) -> object:
    return page.locator(f'[data-card][data-name^="{name}"]')


def test_a_card_is_dragged_moved_by_keys_and_by_the_menu(
    page: Page, alice: User, project: Project, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto(f"{project.url}?view=board")
    assert_no_serious_axe_violations(page)
    assert where(project) == {"Sourced": ["Cy", "Bo", "Ana"]}

    with page.expect_response("**/move/"):
        page.drag_and_drop(
            '[data-card][data-name^="Bo"]', '[data-stage][data-name="Contacted"] [data-column]'
        )
    assert where(project) == {"Sourced": ["Cy", "Ana"], "Contacted": ["Bo"]}
    expect(page.locator('[data-stage][data-name="Contacted"] [data-stage-count]')).to_have_text("1")

    page.get_by_role("link", name="Ana Silva").focus()
    with page.expect_response("**/move/"):
        page.keyboard.press("Shift+ArrowUp")
    assert where(project)["Sourced"] == ["Ana", "Cy"]
    with page.expect_response("**/move/"):
        page.keyboard.press("Shift+ArrowRight")
    assert where(project) == {"Sourced": ["Cy"], "Contacted": ["Ana", "Bo"]}
    expect(page.get_by_role("link", name="Ana Silva")).to_be_focused()
    expect(page.locator("[data-board-said]")).to_have_text("Ana Silva: Contacted, place 1")

    page.get_by_role("button", name="Move Cy Silva").click()
    assert_no_serious_axe_violations(page)
    with page.expect_response("**/move/"):
        page.get_by_role("button", name="Offer", exact=True).click()
    assert where(project)["Offer"] == ["Cy"]
    page.reload()
    expect(page.locator('[data-stage][data-name="Offer"] [data-card]')).to_have_count(1)


def test_a_card_the_server_refuses_goes_back_and_says_why(
    page: Page, alice: User, project: Project, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto(f"{project.url}?view=board")
    projects.archive(project=project, actor=alice)
    page.get_by_role("link", name="Ana Silva").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("alert")).to_contain_text("archived")
    expect(page.locator('[data-stage][data-name="Sourced"] [data-card]')).to_have_count(3)
    expect(page.locator('[data-stage][data-name="Contacted"] [data-stage-count]')).to_have_text("0")


def test_without_script_the_button_leads_to_a_page_that_moves(
    new_page: Callable[..., Page], alice: User, project: Project, log_in: Callable[..., None]
) -> None:
    page = new_page(java_script_enabled=False)
    log_in(page, alice)
    page.goto(f"{project.url}?view=board")
    page.get_by_role("button", name="Move Bo Silva").click()
    page.get_by_label("Interview").check()
    page.get_by_role("button", name="Move", exact=True).click()
    assert where(project)["Interview"] == ["Bo"]
    page.get_by_role("checkbox", name="Select Ana Silva").check()
    page.get_by_role("button", name="Move to stage").click()
    page.get_by_label("Stage").select_option(label="Hired")
    page.get_by_role("button", name="Move", exact=True).click()
    assert where(project)["Hired"] == ["Ana"]


def test_every_page_of_a_project_is_accessible_and_fits(
    page: Page, alice: User, project: Project, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    activity.comment(project=project, actor=None, body="Strong", guest="Dana")
    _, secret = sharing.create(
        project=project,
        actor=alice,
        label="Dana",
        mode="comment",
        names_hidden=True,
        days=7,
        now=timezone.now(),
    )
    here = f"/projects/{project.pk}/"
    stage = project.stages.first()
    assert stage is not None
    paths = ["/projects/", "/projects/new/", "/projects/stages/", f"/s/{secret}/", f"{here}?view=board"]
    paths += [
        f"{here}{path}"
        for path in ("?view=table", "activity/", "stages/", f"stages/{stage.pk}/remove/", "members/",
                     "share/", "duplicate/", "add/")
    ]  # fmt: skip
    wrong = []
    for path in paths:
        page.goto(path)
        wrong += wrong_in_windows(page, windows=LIGHT_DESK_DARK_PHONE)
    assert not wrong, "\n".join(wrong)


def test_a_toast_takes_a_bulk_action_back(
    page: Page, alice: User, project: Project, log_in: Callable[..., None]
) -> None:
    log_in(page, alice)
    page.goto(project.url)
    page.get_by_role("checkbox", name="Select Bo Silva").check()
    page.get_by_role("button", name="Remove from project").click()
    expect(page.get_by_text("Remove from Backend Zürich: 1 changed")).to_be_visible()
    assert where(project) == {"Sourced": ["Cy", "Ana"]}
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
    assert where(project) == {"Sourced": ["Cy", "Bo", "Ana"]}


def test_a_guest_with_a_link_comments_and_the_team_reads_it_on_the_person(
    page: Page, alice: User, project: Project, log_in: Callable[..., None]
) -> None:
    _, secret = sharing.create(
        project=project,
        actor=alice,
        label="Dana",
        mode="comment",
        names_hidden=False,
        days=7,
        now=timezone.now(),
    )
    page.goto(f"/s/{secret}/")
    page.get_by_text("Comment on Cy Silva").click()
    page.get_by_label("Your name").first.fill("Dana Boss")
    page.get_by_label("Comment", exact=True).first.fill("Please call her")
    page.get_by_role("button", name="Send").first.click()
    expect(page.get_by_text("Please call her")).to_be_visible()
    log_in(page, alice)
    members = ProjectMember.objects.for_organisation(alice.organisation_id)
    page.goto(f"/people/{members.get(project=project, candidate__first_name='Cy').candidate_id}/")
    expect(page.get_by_text("Dana Boss, a guest, commented in")).to_be_visible()
