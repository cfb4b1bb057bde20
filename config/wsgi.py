"""The web process's entry point."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from config.checks import stop_on_errors
from config.garbage import leave_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
application = get_wsgi_application()
stop_on_errors()
leave_what_is_loaded()
