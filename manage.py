#!/usr/bin/env python
"""Django's command line for Beckon."""

from __future__ import annotations

import gc
import os
import sys

from django.core.management import execute_from_command_line

#: Commands for support that need neither a database nor a configuration.
OFFLINE = ("classify_mail", "explain_timing")

if __name__ == "__main__":
    settings = "offline" if sys.argv[1:2] and sys.argv[1] in OFFLINE else "production"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"config.settings.{settings}")
    if sys.argv[1:2] == ["migrate"]:
        # Each step makes most models anew; looking for the old ones all the time is a seventh of the work.
        gc.set_threshold(500_000, 5, 5)
    execute_from_command_line(sys.argv)
