"""Edited versions of metric catalogues.

Revision: core_0005, after core_0004.
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "metric_catalogues",
        sa.Column("benchmark_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("metrics", CodePointText, nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("message", CodePointText, nullable=True),
        sa.Column("decision", CodePointText, nullable=True),
        sa.CheckConstraint(
            "status IN ('proposed', 'accepted', 'declined')", name=op.f("ck_metric_catalogues_status")
        ),
        sa.ForeignKeyConstraint(
            ["benchmark_id"],
            ["benchmarks.id"],
            name=op.f("fk_metric_catalogues_benchmark_id_benchmarks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["users.id"],
            name=op.f("fk_metric_catalogues_author_id_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("benchmark_id", "version", name=op.f("pk_metric_catalogues")),
    )
    op.create_index(op.f("ix_metric_catalogues_author_id"), "metric_catalogues", ["author_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_metric_catalogues_author_id"), table_name="metric_catalogues")
    op.drop_table("metric_catalogues")
