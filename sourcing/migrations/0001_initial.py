from __future__ import annotations

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import BtreeGinExtension
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("foundation", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # The word index of search starts with the organisation.
        BtreeGinExtension(),
        migrations.CreateModel(
            name="Candidate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=300)),
                ("last_name", models.CharField(blank=True, max_length=300)),
                ("headline", models.CharField(blank=True, max_length=500)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("company", models.CharField(blank=True, max_length=300)),
                ("location", models.CharField(blank=True, max_length=300)),
                ("summary", models.TextField(blank=True)),
                ("skills", models.JSONField(blank=True, default=list)),
                ("tags", models.JSONField(blank=True, default=list)),
                ("linkedin_key", models.CharField(blank=True, max_length=300)),
                (
                    "record_type",
                    models.CharField(
                        choices=[("candidate", "Candidate"), ("contact", "Contact")],
                        default="candidate",
                        max_length=12,
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("last_contacted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_candidate_tenant"),
                    foundation.tenancy.SameOrganisation(
                        "created_by", name="sourcing_candidate_created_by_same_org"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("linkedin_key", ""), _negated=True),
                        fields=("organisation", "linkedin_key"),
                        name="sourcing_candidate_linkedin_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(choices=[("email", "E-mail"), ("phone", "Phone")], max_length=8)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("personal", "Personal"),
                            ("work", "Work"),
                            ("mobile", "Mobile"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=10,
                    ),
                ),
                ("value", models.CharField(max_length=320)),
                ("normalised", models.CharField(max_length=320)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("imported", "Imported"),
                            ("added", "Added by hand"),
                            ("found", "Found"),
                            ("pulled", "From an ATS"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=200)),
                ("shared", models.BooleanField(default=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("unknown", "Unknown"),
                            ("verified", "Verified"),
                            ("invalid", "Invalid"),
                            ("bounced", "Bounced"),
                        ],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                ("status_note", models.CharField(blank=True, max_length=200)),
                ("bounced_at", models.DateTimeField(blank=True, null=True)),
                ("pinned_at", models.DateTimeField(blank=True, null=True)),
                ("first_seen_at", models.DateTimeField(auto_now_add=True)),
                ("last_seen_at", models.DateTimeField(auto_now_add=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact_points",
                        to="sourcing.candidate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "ordering": ("position", "id"),
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["organisation", "kind", "normalised"], name="sourcing_contact_lookup"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="sourcing_contactpoint_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_contactpoint_candidate_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "added_by", name="sourcing_contactpoint_added_by_same_org"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("shared", True)),
                        fields=("candidate", "kind", "normalised"),
                        name="sourcing_contact_shared_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("shared", False)),
                        fields=("candidate", "kind", "normalised", "added_by"),
                        name="sourcing_contact_private_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("shared", True), ("added_by__isnull", False), _connector="OR"),
                        name="sourcing_contact_private_has_owner",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Education",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("school", models.CharField(blank=True, max_length=300)),
                ("degree", models.CharField(blank=True, max_length=300)),
                ("field", models.CharField(blank=True, max_length=300)),
                ("started", models.CharField(blank=True, max_length=10)),
                ("ended", models.CharField(blank=True, max_length=10)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="education",
                        to="sourcing.candidate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "ordering": ("position", "id"),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_education_tenant"),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_education_candidate_same_org"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Experience",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=300)),
                ("company", models.CharField(blank=True, max_length=300)),
                ("location", models.CharField(blank=True, max_length=300)),
                ("started", models.CharField(blank=True, max_length=10)),
                ("ended", models.CharField(blank=True, max_length=10)),
                ("description", models.TextField(blank=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="experience",
                        to="sourcing.candidate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "ordering": ("position", "id"),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_experience_tenant"),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_experience_candidate_same_org"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=80)),
                ("values", models.JSONField(default=list)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="facts",
                        to="sourcing.candidate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_fact_tenant"),
                    foundation.tenancy.SameOrganisation("candidate", name="sourcing_fact_candidate_same_org"),
                    models.UniqueConstraint(fields=("candidate", "source", "key"), name="sourcing_fact_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file", models.FileField(max_length=300, upload_to="imports/%Y/%m/")),
                ("file_name", models.CharField(max_length=255)),
                ("file_sha256", models.CharField(max_length=64)),
                ("file_size", models.PositiveBigIntegerField(default=0)),
                ("encoding", models.CharField(blank=True, max_length=40)),
                ("delimiter", models.CharField(blank=True, max_length=2)),
                ("has_header", models.BooleanField(default=True)),
                ("header_line", models.PositiveIntegerField(default=1)),
                ("mapping", models.JSONField(default=dict)),
                ("source", models.CharField(blank=True, max_length=200)),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("reading", "Reading the file"),
                            ("joining", "Looking for repeated people"),
                            ("writing", "Saving people"),
                        ],
                        default="reading",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("imported", models.PositiveIntegerField(default=0)),
                ("updated", models.PositiveIntegerField(default=0)),
                ("rejected", models.PositiveIntegerField(default=0)),
                ("slices_done", models.PositiveIntegerField(default=0)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.run",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["organisation", "-created_at"], name="sourcing_import_recent")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_importrun_tenant"),
                    foundation.tenancy.SameOrganisation("run", name="sourcing_importrun_run_same_org"),
                    foundation.tenancy.SameOrganisation(
                        "created_by", name="sourcing_importrun_created_by_same_org"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("run__isnull", True)),
                        fields=("organisation", "created_by", "file_sha256"),
                        name="sourcing_import_waiting_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.PositiveIntegerField()),
                ("slice", models.PositiveIntegerField()),
                ("person", models.JSONField()),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("raw", models.JSONField()),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "import_run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sourcing.importrun",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["import_run", "slice", "line"], name="sourcing_importrow_slice"),
                    models.Index(fields=["import_run", "line"], name="sourcing_importrow_line"),
                ],
                "constraints": [
                    foundation.tenancy.SameOrganisation(
                        "import_run", name="sourcing_importrow_import_run_same_org"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("refused", "Refused"),
                            ("joined", "Joined"),
                            ("noted", "Taken, something left out"),
                        ],
                        max_length=8,
                    ),
                ),
                ("line", models.PositiveIntegerField()),
                ("reason_code", models.CharField(max_length=40)),
                ("reason", models.CharField(max_length=400)),
                ("raw", models.JSONField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "import_run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="sourcing.importrun",
                    ),
                ),
            ],
            options={
                "ordering": ("line",),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_importnote_tenant"),
                    foundation.tenancy.SameOrganisation(
                        "import_run", name="sourcing_importnote_import_run_same_org"
                    ),
                    models.UniqueConstraint(fields=("import_run", "line"), name="sourcing_import_note_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="sourcing_project_tenant"),
                    foundation.tenancy.SameOrganisation("owner", name="sourcing_project_owner_same_org"),
                ],
            },
        ),
        migrations.AddField(
            model_name="importrun",
            name="project",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="sourcing.project",
            ),
        ),
        migrations.CreateModel(
            name="ProjectMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="sourcing.candidate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="sourcing.project",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="sourcing_projectmember_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "project", name="sourcing_projectmember_project_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_projectmember_candidate_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "added_by", name="sourcing_projectmember_added_by_same_org"
                    ),
                    models.UniqueConstraint(fields=("project", "candidate"), name="sourcing_member_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SocialProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("network", models.CharField(max_length=30)),
                ("url", models.CharField(max_length=500)),
                (
                    "candidate",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="social_profiles",
                        to="sourcing.candidate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="sourcing_socialprofile_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_socialprofile_candidate_same_org"
                    ),
                    models.UniqueConstraint(fields=("candidate", "url"), name="sourcing_social_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("person", "Person"),
                            ("address", "Address"),
                            ("domain", "Domain"),
                            ("profile", "Profile link"),
                        ],
                        max_length=8,
                    ),
                ),
                ("fingerprint", models.CharField(blank=True, max_length=64, null=True)),
                ("of_person", models.BooleanField(default=False)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("opt_out", "Unsubscribed"),
                            ("complaint", "Complaint"),
                            ("erased", "Erased"),
                            ("manual", "Added by hand"),
                        ],
                        max_length=40,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "candidate",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="suppressions",
                        to="sourcing.candidate",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="sourcing_suppression_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_suppression_candidate_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "created_by", name="sourcing_suppression_created_by_same_org"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "person")),
                        fields=("organisation", "candidate"),
                        name="sourcing_suppression_person_once",
                    ),
                    models.UniqueConstraint(
                        fields=("organisation", "kind", "fingerprint"), name="sourcing_suppression_value_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonSearch",
            fields=[
                (
                    "candidate",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="sourcing.candidate",
                    ),
                ),
                ("doc", django.contrib.postgres.search.SearchVectorField()),
                (
                    "facets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                ("years", models.PositiveSmallIntegerField(default=0)),
                ("last_activity", models.DateTimeField()),
                ("last_contacted_at", models.DateTimeField(null=True)),
                ("sort_name", models.CharField(db_collation="C", max_length=300)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["organisation", "doc", "facets"], name="sourcing_search_words"
                    ),
                    models.Index(
                        fields=["organisation", "-last_activity", "-candidate"], name="sourcing_search_recent"
                    ),
                    models.Index(
                        fields=["organisation", "sort_name", "candidate"], name="sourcing_search_name"
                    ),
                    models.Index(
                        fields=["organisation", "-years", "-candidate"], name="sourcing_search_years"
                    ),
                ],
                "constraints": [
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_personsearch_candidate_same_org"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonSearchSample",
            fields=[
                (
                    "candidate",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="sourcing.candidate",
                    ),
                ),
                ("doc", django.contrib.postgres.search.SearchVectorField()),
                (
                    "facets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                ("years", models.PositiveSmallIntegerField(default=0)),
                ("last_activity", models.DateTimeField()),
                ("last_contacted_at", models.DateTimeField(null=True)),
                ("sort_name", models.CharField(db_collation="C", max_length=300)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["organisation", "doc", "facets"], name="sourcing_sample_words"
                    )
                ],
                "constraints": [
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="sourcing_personsearchsample_candidate_same_org"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=foundation.tenancy.SameOrganisation(
                "project", name="sourcing_importrun_project_same_org"
            ),
        ),
    ]
