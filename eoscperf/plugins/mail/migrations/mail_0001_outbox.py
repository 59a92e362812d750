"""Mails that wait for the sender

Revision: mail_0001, first of its branch
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "mail_0001"
down_revision = None
branch_labels = ("mail",)
depends_on = "core_0001"


def upgrade() -> None:
    op.create_table(
        "mail_outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", CodePointText, nullable=False),
        sa.Column("facts", CodePointText, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("recipient", CodePointText, nullable=True),
        sa.Column("copy_to", CodePointText, nullable=True),
        sa.Column("delivered", CodePointText, nullable=True),
        sa.Column("message_id", CodePointText, nullable=False),
        sa.Column("action_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "failed",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("due_datetime", UTCDateTime(), nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        sa.Column("sent_datetime", UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", CodePointText, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_outbox")),
    )
    with op.batch_alter_table("mail_outbox", schema=None) as batch_op:
        batch_op.create_index("ix_mail_outbox_due", ["status", "due_datetime"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_outbox_user_id"), ["user_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_outbox_action_id"), ["action_id"], unique=False)


def downgrade() -> None:
    op.drop_table("mail_outbox")
