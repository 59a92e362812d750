"""Runs revisions with the connection and the options that eoscperf/scripts/migrations.py brings."""

from alembic import context

given = context.config.attributes
context.configure(connection=given["connection"], **given["options"])
with context.begin_transaction():
    context.run_migrations()
