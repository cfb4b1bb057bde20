"""The environment a stack gives its processes: production settings, without the waiting of real life."""

from __future__ import annotations

import base64
import os
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: No grace, gap, ramp or daily limit, quick retries: a person (or a test) wants to see something happen. No fuses: far
#: more of the sandbox's addresses bounce and complain than a real mailbox should go on with.
SPEED = {
    "START_GRACE_MINUTES": "0",
    "MAILBOX_MIN_GAP_SECONDS": "0",
    "MAILBOX_MAX_GAP_SECONDS": "0",
    "MAILBOX_DAILY_LIMIT": "0",
    "MAILBOX_RAMP_START": "0",
    "FUSE_BOUNCES_PER_MILLE": "0",
    "FUSE_COMPLAINTS_PER_MILLE": "0",
    "SEND_RETRY_DELAYS_SECONDS": "2,4,10,60,600,3600",
    "INBOX_POLL_SECONDS": "2",
    "VENDOR_INDEX_DELAY_SECONDS": "2",
    "SOURCEWHALE_CALLS_PER_SECOND": "50",
    "CATS_CALLS_PER_HOUR": "100000",
    "PINPOINT_CALLS_PER_SECOND": "50",
}


def for_url(url: str) -> dict[str, str]:
    """What follows from the address the web process listens at. Everything stays on loopback."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DEBUG": "false",
        "HTTPS": "false",
        "PUBLIC_URL": url,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CSRF_TRUSTED_ORIGINS": f"{url},{url.replace('127.0.0.1', 'localhost')}",
        "EGRESS_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
        "LOG_JSON": "false",
    }


def for_sandbox(addresses: Mapping[str, Any]) -> dict[str, str]:
    """Where the sandbox stands in for a vendor, and its certificate, which nobody else vouches for."""
    if not addresses:
        return {}
    oauth, ports, host = addresses["oauth"], addresses["ports"], addresses["host"]
    sign_in: dict[str, str] = {}
    for name in ("google", "microsoft"):
        prefix = name.upper()
        sign_in |= {
            f"{prefix}_CLIENT_ID": oauth["client_id"],
            f"{prefix}_CLIENT_SECRET": oauth["client_secret"],
            f"{prefix}_AUTHORIZE_URL": oauth[name]["authorize_url"],
            f"{prefix}_TOKEN_URL": oauth[name]["token_url"],
            f"{prefix}_SMTP_URL": f"smtp://{host}:{ports['smtp']}",
            f"{prefix}_IMAP_URL": f"imap://{host}:{ports['imap']}",
        }
    return {
        **sign_in,
        "GOOGLE_REVOKE_URL": oauth["google"]["revoke_url"],
        "SOURCEWHALE_BASE_URL": addresses["sourcewhale"]["base_url"],
        **{
            f"SMARTRECRUITERS_{name.upper()}": addresses["smartrecruiters"][name]
            for name in ("base_url", "authorize_url", "token_url", "client_id", "client_secret")
        },
        "CATS_BASE_URL": addresses["cats"]["base_url"],
        "PINPOINT_BASE_URL": addresses["pinpoint"]["base_url"],
        "EGRESS_CA_FILE": addresses["certificate"],
    }


def secrets_of(path: Path) -> dict[str, str]:
    """The keys of this data folder: made once, readable by its owner only, kept as long as the data.

    Whoever deletes the file makes the stored mailbox passwords unreadable, so it lies beside the data.
    """
    if not path.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "PEPPER": secrets.token_urlsafe(32),
            # A Fernet key: 32 bytes in URL-safe base64.
            "SECRET_BOX_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in made.items())
        fresh.replace(path)
    lines = [line.split("=", 1) for line in path.read_text().splitlines() if "=" in line]
    return {name: "".join(shlex.split(value)) for name, value in lines}
