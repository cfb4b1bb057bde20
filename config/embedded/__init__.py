"""PostgreSQL, Valkey and Beckon's own processes on one machine, without Docker, a system service or root.

For the demo, the test suite, the walkthrough and the benches. Nothing outside ``config`` and those knows of
it: the application itself only ever sees ``DATABASE_URL`` and ``REDIS_URL``.
"""
