"""When a directory has last vouched for people

Revision: accounts_0004, after accounts_0003
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "accounts_0004"
down_revision = "accounts_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts_vouched",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("login", CodePointText, nullable=False),
        sa.Column("asked_datetime", UTCDateTime(), nullable=False),
        sa.Column("left_datetime", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["accounts_identities.id"],
            name=op.f("fk_accounts_vouched_identity_id_accounts_identities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_accounts_vouched")),
    )


def downgrade() -> None:
    op.drop_table("accounts_vouched")
