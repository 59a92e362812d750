"""Trust rules of CI workflows; where results come from.

Revision: core_0004, after core_0003.
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trust_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", CodePointText, nullable=False),
        sa.Column("repository", CodePointText, nullable=False),
        sa.Column("repository_key", CodePointText, nullable=False),
        sa.Column("repository_id", CodePointText, nullable=True),
        sa.Column("repository_owner_id", CodePointText, nullable=True),
        sa.Column("workflow", CodePointText, nullable=False),
        sa.Column("ref", CodePointText, nullable=True),
        sa.Column("benchmark_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("by_flavor", sa.Boolean(), nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("used_datetime", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_trust_rules_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["benchmark_id"],
            ["benchmarks.id"],
            name=op.f("fk_trust_rules_benchmark_id_benchmarks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_trust_rules_site_id_sites"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_rules")),
    )
    op.create_index("ix_trust_rules_repository", "trust_rules", ["issuer", "repository_key"])
    for column in ("owner_id", "benchmark_id", "site_id"):
        op.create_index(op.f(f"ix_trust_rules_{column}"), "trust_rules", [column])
    op.create_table(
        "trust_rule_flavors",
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("flavor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["trust_rules.id"],
            name=op.f("fk_trust_rule_flavors_rule_id_trust_rules"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["flavor_id"],
            ["flavors.id"],
            name=op.f("fk_trust_rule_flavors_flavor_id_flavors"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rule_id", "flavor_id", name=op.f("pk_trust_rule_flavors")),
    )
    op.create_index(op.f("ix_trust_rule_flavors_flavor_id"), "trust_rule_flavors", ["flavor_id"])
    # Not as a batch, which would copy every result.
    op.add_column("results", sa.Column("provenance", CodePointText, nullable=True))


def downgrade() -> None:
    op.drop_column("results", "provenance")
    op.drop_index(op.f("ix_trust_rule_flavors_flavor_id"), table_name="trust_rule_flavors")
    op.drop_table("trust_rule_flavors")
    for column in ("site_id", "benchmark_id", "owner_id"):
        op.drop_index(op.f(f"ix_trust_rules_{column}"), table_name="trust_rules")
    op.drop_index("ix_trust_rules_repository", table_name="trust_rules")
    op.drop_table("trust_rules")
