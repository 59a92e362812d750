"""Whom the local issuer knows

Revision: a0001, first of its branch
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "a0001"
down_revision = None
branch_labels = ("accounts",)
depends_on = "core_0001"


def upgrade() -> None:
    op.create_table(
        "accounts_identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", CodePointText, nullable=False),
        sa.Column("email_key", CodePointText, nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_identities")),
        sa.UniqueConstraint("email_key", name=op.f("uq_accounts_identities_email_key")),
    )


def downgrade() -> None:
    op.drop_table("accounts_identities")
