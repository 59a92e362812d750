"""Tables that searches run on: values of the JSON, tallies, the stamp of the catalogue.

Revision: core_0002, after core_0001.
"""

import secrets

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None

REPLACED = {
    "flavor_status": ["flavor_id", "status"],
    "site_status": ["site_id", "status"],
    "visibility": ["status", "benchmark_id", "flavor_id", "uploader_id"],
}
"""Indexes of results that no search needs any more."""

RARE = ("supersedes_id", "superseded_by_id", "removed_entry_id", "restored_entry_id")
"""Columns that few results have a value in."""


def upgrade() -> None:
    op.create_table(
        "result_fields",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("benchmark_id", sa.Uuid(), nullable=False),
        sa.Column("path", CodePointText, nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("irregular", sa.Boolean(), nullable=False),
        sa.Column("countable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["benchmark_id"],
            ["benchmarks.id"],
            name=op.f("fk_result_fields_benchmark_id_benchmarks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_fields")),
        sa.UniqueConstraint("benchmark_id", "path", name=op.f("uq_result_fields_benchmark_id_path")),
    )
    op.create_table(
        "result_values",
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("field_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("text", CodePointText, nullable=True),
        sa.PrimaryKeyConstraint("result_id", "field_id", name=op.f("pk_result_values")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_result_values_value", "result_values", ["field_id", "kind", "number", "text", "result_id"]
    )
    op.create_table(
        "result_tallies",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("facet", sa.SmallInteger(), nullable=False),
        sa.Column("benchmark_id", sa.Uuid(), nullable=False),
        sa.Column("flavor_id", sa.Uuid(), nullable=False),
        sa.Column("key", CodePointText, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_tallies")),
    )
    op.create_index(
        "ix_result_tallies_sum", "result_tallies", ["facet", "benchmark_id", "key", "flavor_id", "number"]
    )
    op.create_table(
        "catalogue_stamps",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_stamps")),
    )
    for name in REPLACED:
        op.drop_index(f"ix_results_{name}", table_name="results")
    op.create_index(
        "ix_results_flavor_status_execution", "results", ["flavor_id", "status", "execution_datetime", "id"]
    )
    for column in RARE:
        op.drop_index(f"ix_results_{column}", table_name="results")
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_results_{column}", "results", [column], sqlite_where=where, postgresql_where=where
        )
    stamps = sa.table("catalogue_stamps", sa.column("id"), sa.column("stamp", sa.BigInteger))
    op.bulk_insert(stamps, [{"id": 1, "stamp": secrets.randbits(63)}])
    _count_results()


def _count_results() -> None:
    """The tallies that need no JSON: all results, by year and by tag. The fields come with a reindexing."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    year = (
        "substr(execution_datetime, 1, 4)"
        if sqlite
        else "lpad(extract(year FROM execution_datetime AT TIME ZONE 'UTC')::text, 4, '0')"
    )
    # Ids are hex without dashes on SQLite already.
    tag = "t.tag_id" if sqlite else "replace(t.tag_id::text, '-', '')"
    into = "INSERT INTO result_tallies (facet, benchmark_id, flavor_id, key, number) "
    op.execute(
        f"{into} SELECT 0, benchmark_id, flavor_id, '', count(*) FROM results"  # noqa: S608
        " WHERE status = 'visible' GROUP BY benchmark_id, flavor_id"
    )
    op.execute(
        f"{into} SELECT 1, benchmark_id, flavor_id, {year}, count(*) FROM results"  # noqa: S608
        f" WHERE status = 'visible' GROUP BY benchmark_id, flavor_id, {year}"
    )
    op.execute(
        f"{into} SELECT 2, r.benchmark_id, r.flavor_id, {tag}, count(*) FROM results r"  # noqa: S608
        f" JOIN result_tags t ON t.result_id = r.id WHERE r.status = 'visible'"
        f" GROUP BY r.benchmark_id, r.flavor_id, {tag}"
    )


def downgrade() -> None:
    for column in RARE:
        op.drop_index(f"ix_results_{column}", table_name="results")
        op.create_index(f"ix_results_{column}", "results", [column])
    op.drop_index("ix_results_flavor_status_execution", table_name="results")
    for name, columns in REPLACED.items():
        op.create_index(f"ix_results_{name}", "results", columns)
    op.drop_table("catalogue_stamps")
    op.drop_index("ix_result_tallies_sum", table_name="result_tallies")
    op.drop_table("result_tallies")
    op.drop_index("ix_result_values_value", table_name="result_values")
    op.drop_table("result_values")
    op.drop_table("result_fields")
