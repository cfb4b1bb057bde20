from __future__ import annotations

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import foundation.tenancy


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("sourcing", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Lane",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("held", models.CharField(blank=True, max_length=40)),
                ("held_text", models.CharField(blank=True, max_length=300)),
                ("daily_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("zone", models.CharField(default="UTC", max_length=64)),
                (
                    "allowed_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("last_sent_at", models.DateTimeField(blank=True, null=True)),
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("held", "")),
                        fields=["organisation", "id"],
                        name="outreach_lane_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="outreach_lane_tenant")
                ],
            },
        ),
        migrations.CreateModel(
            name="LaneDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("date", models.DateField()),
                ("used", models.PositiveIntegerField(default=0)),
                (
                    "lane",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="days", to="outreach.lane"
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
                    models.UniqueConstraint(fields=("organisation", "id"), name="outreach_laneday_tenant"),
                    foundation.tenancy.SameOrganisation("lane", name="outreach_laneday_lane_same_org"),
                    models.UniqueConstraint(fields=("lane", "date"), name="outreach_laneday_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.EmailField(max_length=320)),
                ("display_name", models.CharField(blank=True, max_length=200)),
                ("signature", models.TextField(blank=True)),
                ("is_default", models.BooleanField(default=False)),
                ("smtp_host", models.CharField(max_length=255)),
                ("smtp_port", models.PositiveIntegerField(default=587)),
                (
                    "smtp_security",
                    models.CharField(
                        choices=[
                            ("tls", "TLS from the start"),
                            ("starttls", "STARTTLS"),
                            ("none", "None (only for a server on the same machine)"),
                        ],
                        default="starttls",
                        max_length=10,
                    ),
                ),
                ("smtp_username", models.CharField(max_length=320)),
                ("imap_host", models.CharField(max_length=255)),
                ("imap_port", models.PositiveIntegerField(default=993)),
                (
                    "imap_security",
                    models.CharField(
                        choices=[
                            ("tls", "TLS from the start"),
                            ("starttls", "STARTTLS"),
                            ("none", "None (only for a server on the same machine)"),
                        ],
                        default="tls",
                        max_length=10,
                    ),
                ),
                ("imap_username", models.CharField(max_length=320)),
                ("secret", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("connected", "Connected"),
                            ("needs_reconnect", "Needs reconnect"),
                            ("paused", "Paused"),
                            ("removed", "Removed"),
                        ],
                        default="connected",
                        max_length=16,
                    ),
                ),
                ("status_code", models.CharField(blank=True, max_length=40)),
                ("server_words", models.CharField(blank=True, max_length=500)),
                ("paused_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("min_gap_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("max_gap_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("daily_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("send_failures", models.PositiveIntegerField(default=0)),
                ("next_send_at", models.DateTimeField()),
                ("leased_by", models.CharField(blank=True, max_length=64)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("read_completely_at", models.DateTimeField(blank=True, null=True)),
                ("next_read_at", models.DateTimeField()),
                ("read_leased_by", models.CharField(blank=True, max_length=64)),
                ("read_lease_until", models.DateTimeField(blank=True, null=True)),
                ("read_failures", models.PositiveIntegerField(default=0)),
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "connected")),
                        fields=["next_send_at"],
                        name="outreach_mailbox_ready",
                    ),
                    models.Index(
                        condition=models.Q(("status", "connected")),
                        fields=["next_read_at"],
                        name="outreach_mailbox_unread",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="outreach_mailbox_tenant"),
                    foundation.tenancy.SameOrganisation("owner", name="outreach_mailbox_owner_same_org"),
                    models.UniqueConstraint(
                        fields=("organisation", "owner", "address"), name="outreach_mailbox_address_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("organisation", "owner"),
                        name="outreach_mailbox_one_default",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InboundMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("raw_hash", models.CharField(max_length=64)),
                ("message_id_hash", models.CharField(blank=True, max_length=64)),
                ("received_at", models.DateTimeField()),
                ("read_at", models.DateTimeField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("bounce", "Bounce"),
                            ("delayed", "Delayed"),
                            ("delivered", "Delivery receipt"),
                            ("reply", "Reply"),
                            ("auto_reply", "Automatic answer"),
                            ("unsubscribe", "Unsubscribe request"),
                            ("complaint", "Spam complaint"),
                            ("own_copy", "Our own copy"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                    ),
                ),
                ("explanation", models.CharField(blank=True, max_length=500)),
                ("from_address", models.CharField(blank=True, max_length=320)),
                ("from_name", models.CharField(blank=True, max_length=300)),
                ("subject", models.CharField(blank=True, max_length=998)),
                ("body_text", models.TextField(blank=True)),
                ("rfc_message_id", models.CharField(blank=True, max_length=998)),
                ("references", models.TextField(blank=True)),
                ("failure_class", models.CharField(blank=True, max_length=10)),
                ("status_code", models.CharField(blank=True, max_length=20)),
                ("returns_at", models.DateTimeField(blank=True, null=True)),
                (
                    "candidate",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sourcing.candidate",
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
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inbound",
                        to="outreach.mailbox",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["organisation", "-received_at", "-id"], name="outreach_inbound_recent"
                    ),
                    models.Index(fields=["candidate", "-received_at"], name="outreach_inbound_person"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="outreach_inboundmessage_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "mailbox", name="outreach_inboundmessage_mailbox_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="outreach_inboundmessage_candidate_same_org"
                    ),
                    models.UniqueConstraint(fields=("mailbox", "raw_hash"), name="outreach_inbound_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="InboundLocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("folder", models.CharField(max_length=255)),
                ("uidvalidity", models.BigIntegerField()),
                ("uid", models.BigIntegerField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "inbound",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="locations",
                        to="outreach.inboundmessage",
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="outreach.mailbox"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "id"), name="outreach_inboundlocation_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "inbound", name="outreach_inboundlocation_inbound_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "mailbox", name="outreach_inboundlocation_mailbox_same_org"
                    ),
                    models.UniqueConstraint(
                        fields=("mailbox", "folder", "uidvalidity", "uid"), name="outreach_location_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MailboxFolder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("is_sent", models.BooleanField(default=False)),
                ("uidvalidity", models.BigIntegerField(default=0)),
                ("last_uid", models.BigIntegerField(default=0)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="folders",
                        to="outreach.mailbox",
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
                        fields=("organisation", "id"), name="outreach_mailboxfolder_tenant"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "mailbox", name="outreach_mailboxfolder_mailbox_same_org"
                    ),
                    models.UniqueConstraint(fields=("mailbox", "name"), name="outreach_folder_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("campaign", "Campaign"),
                            ("single", "Single e-mail"),
                            ("reply", "Reply"),
                            ("test", "Test"),
                        ],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("step_ref", models.CharField(blank=True, max_length=60)),
                ("read_before_write", models.BooleanField(default=False)),
                ("to_address", models.CharField(max_length=320)),
                ("to_name", models.CharField(blank=True, max_length=300)),
                ("to_normalised", models.CharField(max_length=320)),
                ("subject", models.CharField(blank=True, max_length=998)),
                ("body_text", models.TextField(blank=True)),
                ("body_html", models.TextField(blank=True)),
                ("our_message_id", models.CharField(max_length=255)),
                (
                    "provider_message_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=998), blank=True, default=list, size=None
                    ),
                ),
                ("token", models.CharField(max_length=32)),
                ("in_reply_to", models.CharField(blank=True, max_length=998)),
                ("references", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("queued", "Queued"),
                            ("claimed", "Being prepared"),
                            ("sending", "Being handed to the mail server"),
                            ("sent", "Sent"),
                            ("bounced", "Bounced"),
                            ("refused", "Refused"),
                            ("uncertain", "Uncertain"),
                            ("cancelled", "Cancelled"),
                            ("suppressed", "Suppressed"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("rank", models.PositiveSmallIntegerField(default=3)),
                ("planned_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("claim_token", models.UUIDField(blank=True, null=True)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("sending_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("first_failed_at", models.DateTimeField(blank=True, null=True)),
                ("reason_code", models.CharField(blank=True, max_length=40)),
                ("reason_text", models.CharField(blank=True, max_length=500)),
                ("failure_class", models.CharField(blank=True, max_length=10)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("copy_due_at", models.DateTimeField(blank=True, null=True)),
                ("copied_at", models.DateTimeField(blank=True, null=True)),
                ("copy_tries", models.PositiveSmallIntegerField(default=0)),
                (
                    "candidate",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sourcing.candidate",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lane",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="outreach.lane",
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="outreach.mailbox",
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
                    "private_to",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "queued")),
                        fields=["mailbox", "rank", "planned_at", "id"],
                        name="outreach_message_claim",
                    ),
                    models.Index(
                        condition=models.Q(("origin__in", ["reply", "test"]), ("status", "queued")),
                        fields=["not_before"],
                        name="outreach_message_unheld",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["claimed", "sending"])),
                        fields=["mailbox", "claimed_at"],
                        name="outreach_message_in_hand",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["sending", "sent", "bounced", "uncertain"])),
                        fields=["mailbox", "sending_at"],
                        name="outreach_message_limit",
                    ),
                    models.Index(
                        condition=models.Q(("copied_at__isnull", True), ("copy_due_at__isnull", False)),
                        fields=["copy_due_at"],
                        name="outreach_message_copy",
                    ),
                    models.Index(
                        fields=["mailbox", "to_normalised", "-sent_at"], name="outreach_message_address"
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["planned", "queued", "claimed", "sending"])),
                        fields=["lane"],
                        name="outreach_message_lane",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["planned", "queued", "claimed", "sending"])),
                        fields=["organisation", "planned_at", "id"],
                        name="outreach_message_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("settled_at__isnull", False)),
                        fields=["organisation", "-settled_at", "-id"],
                        name="outreach_message_settled",
                    ),
                    models.Index(
                        condition=models.Q(("failure_class", "policy")),
                        fields=["mailbox", "settled_at"],
                        name="outreach_message_policy",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("provider_message_ids", []), _negated=True),
                        fields=["provider_message_ids"],
                        name="outreach_message_provider_ids",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="outreach_message_tenant"),
                    foundation.tenancy.SameOrganisation("mailbox", name="outreach_message_mailbox_same_org"),
                    foundation.tenancy.SameOrganisation("lane", name="outreach_message_lane_same_org"),
                    foundation.tenancy.SameOrganisation(
                        "candidate", name="outreach_message_candidate_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "created_by", name="outreach_message_created_by_same_org"
                    ),
                    foundation.tenancy.SameOrganisation(
                        "private_to", name="outreach_message_private_to_same_org"
                    ),
                    models.UniqueConstraint(fields=("our_message_id",), name="outreach_message_our_id_once"),
                    models.UniqueConstraint(fields=("token",), name="outreach_message_token_once"),
                ],
            },
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="message",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="inbound",
                to="outreach.message",
            ),
        ),
        migrations.CreateModel(
            name="SendTry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("outcome", models.CharField(max_length=20)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("text", models.CharField(blank=True, max_length=500)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="send_tries",
                        to="outreach.message",
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
                "ordering": ("id",),
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "id"), name="outreach_sendtry_tenant"),
                    foundation.tenancy.SameOrganisation("message", name="outreach_sendtry_message_same_org"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="inboundmessage",
            constraint=foundation.tenancy.SameOrganisation(
                "message", name="outreach_inboundmessage_message_same_org"
            ),
        ),
    ]
