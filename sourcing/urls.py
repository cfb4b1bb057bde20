"""Addresses of people, imports, projects and runs."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from sourcing.views import credit_settings, credit_usage, finding, imports, people, projects, runs

app_name = "sourcing"

_people = [
    path("", people.people, name="people"),
    path("new/", people.new_person, name="person_new"),
    path("to-project/", people.people_to_project, name="people_to_project"),
    path("<int:candidate_id>/", people.person, name="candidate"),
    path("<int:candidate_id>/edit/", people.edit_person, name="person_edit"),
    path("<int:candidate_id>/contacts/new/", people.add_email, name="add_email"),
    path("contacts/<int:contact_point_id>/pin/", people.pin, name="pin"),
    path("contacts/<int:contact_point_id>/unpin/", people.unpin, name="unpin"),
    path("contacts/<int:contact_point_id>/valid/", people.mark_valid, name="mark_valid"),
    path("contacts/<int:contact_point_id>/remove/", people.remove_contact, name="remove_contact"),
    path("import/", imports.upload, name="import_upload"),
    path("import/<int:import_id>/", imports.page, name="import"),
    path("import/<int:import_id>/reread/", imports.reread, name="import_reread"),
    path("import/<int:import_id>/mapping/", imports.map_columns, name="import_mapping"),
    path("import/<int:import_id>/start/", imports.start, name="import_start"),
    path("import/<int:import_id>/discard/", imports.discard, name="import_discard"),
    path("import/<int:import_id>/refused.csv", imports.refused_rows, name="import_refused"),
]
_finding = [
    path("people/<int:candidate_id>/get-<str:kind>/", finding.of_person, name="find_of_person"),
    path("people/get-email/", finding.emails_of_people, name="find_emails_of_people"),
    path("people/get-phone/", finding.phones_of_people, name="find_phones_of_people"),
    path("projects/<int:project_id>/get-email/", finding.emails_of_project, name="find_emails_of_project"),
    path("projects/<int:project_id>/get-phone/", finding.phones_of_project, name="find_phones_of_project"),
    path("finding/<int:finding_id>/", finding.result, name="finding"),
    path("finding/<int:finding_id>/cancel/", finding.cancel, name="finding_cancel"),
    path("reports/credits/", credit_usage.usage, name="credit_usage"),
    path("reports/credits/credits.csv", credit_usage.usage_csv, name="credit_usage_csv"),
    path("settings/credits/", credit_settings.overview, name="credit_settings"),
    path("settings/credits/allowance/", credit_settings.allowance, name="credit_allowance"),
    path("settings/credits/grant/", credit_settings.grant, name="credit_grant"),
    path("settings/credits/<slug:provider>/", credit_settings.provider, name="credit_provider"),
    path("settings/credits/<slug:provider>/move/", credit_settings.move, name="credit_provider_move"),
    path("settings/credits/<slug:provider>/remove/", credit_settings.remove, name="credit_provider_remove"),
]
_projects = [
    path("", projects.projects, name="projects"),
    path("new/", projects.new_project, name="project_new"),
    path("<int:project_id>/", projects.project, name="project"),
    path("<int:project_id>/add/", projects.add_people, name="project_add"),
    path("<int:project_id>/remove/", projects.remove_people, name="project_remove"),
    path("<int:project_id>/rename/", projects.rename, name="project_rename"),
    path("<int:project_id>/archive/", projects.archive, name="project_archive"),
    path("<int:project_id>/bring-back/", projects.bring_back, name="project_bring_back"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", people.home, name="home"),
    path("people/", include(_people)),
    path("projects/", include(_projects)),
    path("", include(_finding)),
    path("runs/tray/", runs.tray, name="run_tray"),
    path("runs/<int:run_id>/cancel/", runs.cancel, name="run_cancel"),
    path("api/v1/", include("sourcing.api.urls")),
]
