"""What is kept of the cells of rankings, and how often each has changed.

Revision: core_0007, after core_0006.
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText

revision = "core_0007"
down_revision = "core_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("result_tallies", sa.Column("changes", sa.Integer(), server_default="1", nullable=False))
    op.create_table(
        "cell_inputs",
        sa.Column("benchmark_id", sa.Uuid(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.Column("flavor_id", sa.Uuid(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("inputs", CodePointText, nullable=False),
        *_parents("cell_inputs"),
        sa.PrimaryKeyConstraint("benchmark_id", "definition", "flavor_id", name=op.f("pk_cell_inputs")),
    )
    op.create_table(
        "cell_summaries",
        sa.Column("benchmark_id", sa.Uuid(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.Column(
            "weighting",
            sa.Enum("source", "run", name="weighting", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.Column("flavor_id", sa.Uuid(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("older", sa.Integer(), nullable=False),
        sa.Column("infinite", sa.Integer(), nullable=False),
        sa.Column("sources", sa.Integer(), nullable=False),
        sa.Column("median", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("within_spread", sa.Double(), nullable=True),
        sa.Column("between_spread", sa.Double(), nullable=True),
        sa.Column("runs", sa.LargeBinary(), nullable=False),
        sa.Column("draws", sa.LargeBinary(), nullable=False),
        *_parents("cell_summaries"),
        sa.PrimaryKeyConstraint(
            "benchmark_id",
            "definition",
            "weighting",
            "inputs",
            "flavor_id",
            name=op.f("pk_cell_summaries"),
        ),
    )
    for table in ("cell_inputs", "cell_summaries"):
        # For flavors that are really deleted.
        op.create_index(f"ix_{table}_flavor_id", table, ["flavor_id"])


def downgrade() -> None:
    op.drop_table("cell_summaries")
    op.drop_table("cell_inputs")
    op.drop_column("result_tallies", "changes")


def _parents(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [f"{kind}_id"],
            [f"{kind}s.id"],
            name=op.f(f"fk_{table}_{kind}_id_{kind}s"),
            ondelete="CASCADE",
        )
        for kind in ("benchmark", "flavor")
    ]
