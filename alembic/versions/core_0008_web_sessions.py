"""Log-ins to the pages, and who has accepted which terms.

Revision: core_0008, after core_0007.
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "core_0008"
down_revision = "core_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "web_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_digest", CodePointText, nullable=False),
        sa.Column("provider", CodePointText, nullable=False),
        sa.Column("iss", CodePointText, nullable=False),
        sa.Column("sub", CodePointText, nullable=False),
        sa.Column("email", CodePointText, nullable=True),
        sa.Column("email_verified", sa.Boolean(), nullable=True),
        sa.Column("entitlements", CodePointText, nullable=False),
        sa.Column("provider_session", CodePointText, nullable=True),
        sa.Column("id_token", CodePointText, nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_sessions")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_web_sessions_secret_digest")),
    )
    op.create_index(op.f("ix_web_sessions_iss"), "web_sessions", ["iss"])
    op.create_index(op.f("ix_web_sessions_expires_datetime"), "web_sessions", ["expires_datetime"])
    op.create_table(
        "terms_acceptances",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("version", CodePointText, nullable=False),
        sa.Column("accepted_datetime", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_terms_acceptances_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "version", name=op.f("pk_terms_acceptances")),
    )


def downgrade() -> None:
    op.drop_table("terms_acceptances")
    op.drop_index(op.f("ix_web_sessions_expires_datetime"), "web_sessions")
    op.drop_index(op.f("ix_web_sessions_iss"), "web_sessions")
    op.drop_table("web_sessions")
