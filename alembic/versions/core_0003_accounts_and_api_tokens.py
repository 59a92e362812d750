"""Readers, service accounts, disabled accounts; API tokens.

Revision: core_0003, after core_0002.
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.drop_constraint(op.f("ck_users_role"), type_="check")
        users.create_check_constraint(op.f("ck_users_role"), "role IN ('reader', 'user', 'admin')")
        users.add_column(sa.Column("kind", sa.String(32), server_default="person", nullable=False))
        users.create_check_constraint(op.f("ck_users_kind"), "kind IN ('person', 'service')")
        users.add_column(sa.Column("description", CodePointText, nullable=True))
        users.add_column(sa.Column("disabled_datetime", UTCDateTime(), nullable=True))
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", CodePointText, nullable=False),
        sa.Column("digest", CodePointText, nullable=False),
        sa.Column("hint", CodePointText, nullable=False),
        sa.Column("scope", CodePointText, nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        sa.Column("last_used_datetime", UTCDateTime(), nullable=True),
        sa.Column("last_used_network", CodePointText, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_api_tokens_user_id"), table_name="api_tokens")
    op.drop_table("api_tokens")
    # What readers may not do any more is theirs again: before, there was nobody who may only read.
    op.execute("UPDATE users SET role = 'user' WHERE role = 'reader'")
    with op.batch_alter_table("users") as users:
        users.drop_constraint(op.f("ck_users_kind"), type_="check")
        for column in ("kind", "description", "disabled_datetime"):
            users.drop_column(column)
        users.drop_constraint(op.f("ck_users_role"), type_="check")
        users.create_check_constraint(op.f("ck_users_role"), "role IN ('user', 'admin')")
