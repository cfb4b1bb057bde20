"""Organisations, the people who log in, their invitations and API tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower

from accounts.audit import AUDIT, audit
from foundation.problems import NotAllowed
from foundation.tenancy import SameOrganisation, TenantModel


class Plan(models.TextChoices):
    """What an organisation has bought; what follows from it is in ``permissions.PLAN_FEATURES``."""

    FREE = "free", "Free"
    ESSENTIAL = "essential", "Essential"
    PROFESSIONAL = "professional", "Professional"
    ENTERPRISE = "enterprise", "Enterprise"


class Organisation(models.Model):
    """The tenant; everything else belongs to exactly one."""

    name = models.CharField(max_length=200)
    plan = models.CharField(max_length=20, choices=Plan, default=Plan.PROFESSIONAL)
    #: The organisation switch of seed 000: off hides Integrations and says whom to ask.
    integrations_enabled = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    #: Time between Start and the first message (docs/behaviour.md §1); None: the installation's START_GRACE_MINUTES.
    start_grace_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(120)]
    )
    #: Domain of generated addresses, docs/behaviour.md §7.
    dummy_email_domain = models.CharField(max_length=200, default="beckon.example.com")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = AUDIT
        constraints = [
            models.CheckConstraint(
                condition=models.Q(start_grace_minutes__isnull=True) | models.Q(start_grace_minutes__lte=120),
                name="accounts_organisation_grace_0_120",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member is; what each may do is the table ``permissions.ROLE_RIGHTS``."""

    ADMIN = "admin", "Admin"
    RECRUITER = "recruiter", "Recruiter"
    VIEWER = "viewer", "Viewer"
    MAILBOX_OWNER = "mailbox_owner", "Mailbox owner"


class UserManager(BaseUserManager["User"]):
    """Makes users; e-mail addresses are the login and compared without case."""

    def create_user(self, email: str, password: str | None = None, **values: Any) -> User:
        """One user of ``values['organisation']``; without a password the login is unusable."""
        user = self.model(email=self.normalize_email(email).strip(), **values)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **values: Any) -> User:
        """The installation's own administrator: Django admin, no organisation."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **values)

    def get_by_natural_key(self, username: str | None) -> User:
        """Logins are looked up without case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """One person who logs in, in one organisation (None only for the installation's administrators)."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="members"
    )
    role = models.CharField(max_length=20, choices=Role, default=Role.RECRUITER)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    #: The rights left to the token that this request came with; None: all of the role's. Never stored.
    narrowed_to: frozenset[str] | None = None

    @property
    def tenant_id(self) -> int:
        """The id of the user's organisation; NotAllowed for the installation's administrators, who have none."""
        if self.organisation_id is None:
            raise NotAllowed("This belongs to an organisation, and you are in none.")
        return self.organisation_id

    class Meta:
        triggers = AUDIT
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique"),
            models.UniqueConstraint(fields=["organisation", "id"], name="accounts_user_tenant"),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Invitation(TenantModel):
    """A link that lets one person join an organisation in one role. Only a hash of the link is kept."""

    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=20, choices=Role, default=Role.RECRUITER)
    token_hash = models.CharField(max_length=64, unique=True)
    #: None: the command that made the organisation.
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("invited_by")]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"


class ApiToken(TenantModel):
    """A key with which a program acts as its user. Shown once; only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    #: The first characters, so that a person recognises a token in a list.
    prefix = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    #: Rights (``accounts.permissions.Right``) it is limited to; none means all of its user's, also later ones.
    scopes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        triggers = AUDIT
        constraints = [*TenantModel.Meta.constraints, SameOrganisation("user")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Ending(models.TextChoices):
    """Why a paired browser is connected no longer."""

    DISCONNECTED = "disconnected", "Disconnected"
    CODE_AGAIN = "code_again", "Its code was used a second time"
    TOKEN_AGAIN = "token_again", "A refresh token was used a second time"


class PairedBrowser(TenantModel):
    """A browser whose extension acts as its user; until somebody types its code there, only the code.

    Of code and tokens only hashes are kept. The rules are those of ``accounts.pairing``.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="paired_browsers")
    name = models.CharField(max_length=100, blank=True)
    code_hash = models.CharField(max_length=64, unique=True)
    code_expires_at = models.DateTimeField()
    paired_at = models.DateTimeField(null=True, blank=True)
    #: Of what all refresh tokens of this browser begin with.
    family_hash = models.CharField(max_length=64, unique=True, null=True)
    refresh_hash = models.CharField(max_length=64, blank=True)
    #: Of the refresh token before, as long as nobody has shown a newer token: its answer may have been lost.
    previous_hash = models.CharField(max_length=64, blank=True)
    #: With the refresh token before it makes the same tokens again.
    seed = models.CharField(max_length=64, blank=True)
    access_hash = models.CharField(max_length=64, unique=True, null=True)
    access_expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=20, choices=Ending, blank=True)
    #: When the user read that something was used a second time.
    warning_read_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        # Pairing and ending are told; tokens that follow each other by the hour are not.
        triggers = audit(
            "code_hash",
            "code_expires_at",
            "family_hash",
            "refresh_hash",
            "previous_hash",
            "seed",
            "access_hash",
            "access_expires_at",
            "warning_read_at",
        )
        constraints = [
            *TenantModel.Meta.constraints,
            SameOrganisation("user"),
            # pairing.start: a new code takes the place of the one before.
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(paired_at__isnull=True),
                name="accounts_pairedbrowser_one_code",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ending="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ending="")),
                name="accounts_pairedbrowser_ending",
            ),
        ]

    def __str__(self) -> str:
        return self.name or "A code"


class AuditEntry(models.Model):
    """Who changed what: one row per changed row, written by database triggers; a person's act on a table too busy
    for one by ``accounts.acts``.

    ``changes`` is ``{column: [old, new]}`` (``[old, null]`` for a deletion). The actor's name is kept as text
    so that it outlives the user. See docs/architecture.md, "Audit".
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()
    table = models.CharField(max_length=100)
    row = models.BigIntegerField()
    action = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # The audit page: newest first within an organisation.
            models.Index(fields=["organisation", "-at", "-id"], name="accounts_audit_recent"),
            # One row's history.
            models.Index(fields=["table", "row", "-at"], name="accounts_audit_of_row"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.table} {self.row}"
