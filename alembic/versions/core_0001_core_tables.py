"""The tables of the core.

Revision: core_0001, the first.
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "core_0001"
down_revision = None
branch_labels = ("core",)
depends_on = None


def upgrade() -> None:

    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("iss", CodePointText, nullable=False),
        sa.Column("sub", CodePointText, nullable=False),
        sa.Column("email", CodePointText, nullable=False),
        sa.Column(
            "role",
            sa.Enum("user", "admin", name="role", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("registration_datetime", UTCDateTime(), nullable=False),
        sa.Column("search_text", CodePointText, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("iss", "sub", name=op.f("uq_users_iss_sub")),
    )
    op.create_table(
        "idempotency_records",
        sa.Column("id", CodePointText, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("request_hash", CodePointText, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", CodePointText, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_idempotency_records_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_records")),
    )
    with op.batch_alter_table("idempotency_records", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_idempotency_records_created_datetime"), ["created_datetime"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_idempotency_records_user_id"), ["user_id"], unique=False)

    op.create_table(
        "log_entries",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("datetime", UTCDateTime(), nullable=False),
        sa.Column("action", CodePointText, nullable=False),
        sa.Column("resource_type", CodePointText, nullable=False),
        sa.Column("resource_id", CodePointText, nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("from_status", CodePointText, nullable=True),
        sa.Column("to_status", CodePointText, nullable=True),
        sa.Column("message", CodePointText, nullable=True),
        sa.Column("caused_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("details", CodePointText, nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_log_entries_actor_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["caused_by"], ["log_entries.id"], name=op.f("fk_log_entries_caused_by_log_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entries")),
    )
    with op.batch_alter_table("log_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_entries_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_log_entries_caused_by"), ["caused_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_log_entries_datetime"), ["datetime"], unique=False)
        batch_op.create_index("ix_log_entries_resource", ["resource_type", "resource_id"], unique=False)

    op.create_table(
        "benchmarks",
        sa.Column("docker_image", CodePointText, nullable=False),
        sa.Column("docker_tag", CodePointText, nullable=False),
        sa.Column("json_schema", CodePointText, nullable=False),
        sa.Column("url", CodePointText, nullable=True),
        sa.Column("description", CodePointText, nullable=True),
        sa.Column("image_check", CodePointText, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("upload_datetime", UTCDateTime(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "on_review",
                "approved",
                "rejected",
                "deleted",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_message", CodePointText, nullable=True),
        sa.Column("deleted_from", CodePointText, nullable=True),
        sa.Column("search_text", CodePointText, nullable=False),
        sa.Column("status_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("uploader_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["status_entry_id"], ["log_entries.id"], name=op.f("fk_benchmarks_status_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["uploader_id"], ["users.id"], name=op.f("fk_benchmarks_uploader_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benchmarks")),
    )
    with op.batch_alter_table("benchmarks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_benchmarks_status_entry_id"), ["status_entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_benchmarks_uploader_id"), ["uploader_id"], unique=False)
        batch_op.create_index(
            "uq_benchmarks_live_image",
            ["docker_image", "docker_tag"],
            unique=True,
            sqlite_where=sa.text("status IN ('on_review', 'approved')"),
            postgresql_where=sa.text("status IN ('on_review', 'approved')"),
        )

    op.create_table(
        "sites",
        sa.Column("name", CodePointText, nullable=False),
        sa.Column("address", CodePointText, nullable=False),
        sa.Column("description", CodePointText, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("upload_datetime", UTCDateTime(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "on_review",
                "approved",
                "rejected",
                "deleted",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_message", CodePointText, nullable=True),
        sa.Column("deleted_from", CodePointText, nullable=True),
        sa.Column("search_text", CodePointText, nullable=False),
        sa.Column("status_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("uploader_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["status_entry_id"], ["log_entries.id"], name=op.f("fk_sites_status_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["uploader_id"], ["users.id"], name=op.f("fk_sites_uploader_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
    )
    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sites_status_entry_id"), ["status_entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sites_uploader_id"), ["uploader_id"], unique=False)
        batch_op.create_index(
            "uq_sites_live_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("status IN ('on_review', 'approved')"),
            postgresql_where=sa.text("status IN ('on_review', 'approved')"),
        )

    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", CodePointText, nullable=False),
        sa.Column("description", CodePointText, nullable=True),
        sa.Column("upload_datetime", UTCDateTime(), nullable=True),
        sa.Column(
            "status",
            sa.Enum("live", "deleted", name="status", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("status_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("uploader_id", sa.Uuid(), nullable=True),
        sa.Column("search_text", CodePointText, nullable=False),
        sa.ForeignKeyConstraint(
            ["status_entry_id"], ["log_entries.id"], name=op.f("fk_tags_status_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["uploader_id"], ["users.id"], name=op.f("fk_tags_uploader_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
    )
    with op.batch_alter_table("tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tags_status_entry_id"), ["status_entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tags_uploader_id"), ["uploader_id"], unique=False)
        batch_op.create_index(
            "uq_tags_live_name",
            ["name"],
            unique=True,
            sqlite_where=sa.text("status = 'live'"),
            postgresql_where=sa.text("status = 'live'"),
        )

    op.create_table(
        "flavors",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", CodePointText, nullable=False),
        sa.Column("description", CodePointText, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("upload_datetime", UTCDateTime(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "on_review",
                "approved",
                "rejected",
                "deleted",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_message", CodePointText, nullable=True),
        sa.Column("deleted_from", CodePointText, nullable=True),
        sa.Column("search_text", CodePointText, nullable=False),
        sa.Column("status_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("uploader_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_flavors_site_id_sites")),
        sa.ForeignKeyConstraint(
            ["status_entry_id"], ["log_entries.id"], name=op.f("fk_flavors_status_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["uploader_id"], ["users.id"], name=op.f("fk_flavors_uploader_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flavors")),
    )
    with op.batch_alter_table("flavors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flavors_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flavors_status_entry_id"), ["status_entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flavors_uploader_id"), ["uploader_id"], unique=False)
        batch_op.create_index(
            "uq_flavors_live_name",
            ["site_id", "name"],
            unique=True,
            sqlite_where=sa.text("status IN ('on_review', 'approved')"),
            postgresql_where=sa.text("status IN ('on_review', 'approved')"),
        )

    op.create_table(
        "results",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("json", CodePointText, nullable=False),
        sa.Column("execution_datetime", UTCDateTime(), nullable=False),
        sa.Column("upload_datetime", UTCDateTime(), nullable=False),
        sa.Column("benchmark_id", sa.Uuid(), nullable=False),
        sa.Column("flavor_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("uploader_id", sa.Uuid(), nullable=True),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column("superseded_by_id", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("duplicate_key", sa.LargeBinary(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "visible",
                "claimed",
                "withdrawn",
                "removed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_datetime", UTCDateTime(), nullable=True),
        sa.Column("status_message", CodePointText, nullable=True),
        sa.Column("removed_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("restored_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_datetime", UTCDateTime(), nullable=True),
        sa.Column("pending_claims", sa.Integer(), nullable=False),
        sa.Column("hiding_claims", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["benchmark_id"], ["benchmarks.id"], name=op.f("fk_results_benchmark_id_benchmarks")
        ),
        sa.ForeignKeyConstraint(["flavor_id"], ["flavors.id"], name=op.f("fk_results_flavor_id_flavors")),
        sa.ForeignKeyConstraint(
            ["removed_entry_id"], ["log_entries.id"], name=op.f("fk_results_removed_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["restored_entry_id"], ["log_entries.id"], name=op.f("fk_results_restored_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_results_site_id_sites")),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["results.id"], name=op.f("fk_results_superseded_by_id_results")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["results.id"], name=op.f("fk_results_supersedes_id_results")
        ),
        sa.ForeignKeyConstraint(
            ["uploader_id"], ["users.id"], name=op.f("fk_results_uploader_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint("duplicate_key", name=op.f("uq_results_duplicate_key")),
    )
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.create_index(
            "ix_results_benchmark_status_execution",
            ["benchmark_id", "status", "execution_datetime", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_results_benchmark_status_upload",
            ["benchmark_id", "status", "upload_datetime", "id"],
            unique=False,
        )
        batch_op.create_index("ix_results_flavor_status", ["flavor_id", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_results_removed_entry_id"), ["removed_entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_results_restored_entry_id"), ["restored_entry_id"], unique=False)
        batch_op.create_index("ix_results_site_status", ["site_id", "status"], unique=False)
        batch_op.create_index(
            "ix_results_status_execution", ["status", "execution_datetime", "id"], unique=False
        )
        batch_op.create_index("ix_results_status_upload", ["status", "upload_datetime", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_results_superseded_by_id"), ["superseded_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_results_supersedes_id"), ["supersedes_id"], unique=False)
        batch_op.create_index(
            "ix_results_uploader_execution", ["uploader_id", "execution_datetime", "id"], unique=False
        )
        batch_op.create_index(
            "ix_results_visibility", ["status", "benchmark_id", "flavor_id", "uploader_id"], unique=False
        )

    op.create_table(
        "claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message", CodePointText, nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "wrong_version",
                "wrong_place",
                "implausible",
                "duplicate",
                "tampered",
                "personal_data",
                "other",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "on_review",
                "approved",
                "rejected",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("hides", sa.Boolean(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("uploader_id", sa.Uuid(), nullable=True),
        sa.Column("upload_datetime", UTCDateTime(), nullable=False),
        sa.Column("decision_datetime", UTCDateTime(), nullable=True),
        sa.Column("decision_message", CodePointText, nullable=True),
        sa.Column("status_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["result_id"], ["results.id"], name=op.f("fk_claims_result_id_results")),
        sa.ForeignKeyConstraint(
            ["status_entry_id"], ["log_entries.id"], name=op.f("fk_claims_status_entry_id_log_entries")
        ),
        sa.ForeignKeyConstraint(
            ["uploader_id"], ["users.id"], name=op.f("fk_claims_uploader_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claims_result_id"), ["result_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claims_status_entry_id"), ["status_entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claims_uploader_id"), ["uploader_id"], unique=False)
        batch_op.create_index(
            "uq_claims_pending",
            ["result_id", "uploader_id"],
            unique=True,
            sqlite_where=sa.text("status = 'on_review'"),
            postgresql_where=sa.text("status = 'on_review'"),
        )

    op.create_table(
        "result_tags",
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"], ["results.id"], name=op.f("fk_result_tags_result_id_results"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_result_tags_tag_id_tags"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("result_id", "tag_id", name=op.f("pk_result_tags")),
    )
    with op.batch_alter_table("result_tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_result_tags_tag_id"), ["tag_id"], unique=False)

    op.create_table(
        "submissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "resource_type",
            sa.Enum(
                "benchmark",
                "claim",
                "site",
                "flavor",
                name="resource_type",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("upload_datetime", UTCDateTime(), nullable=False),
        sa.Column("closed_datetime", UTCDateTime(), nullable=True),
        sa.Column("benchmark_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("flavor_id", sa.Uuid(), nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["benchmark_id"], ["benchmarks.id"], name=op.f("fk_submissions_benchmark_id_benchmarks")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_submissions_claim_id_claims")),
        sa.ForeignKeyConstraint(["flavor_id"], ["flavors.id"], name=op.f("fk_submissions_flavor_id_flavors")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_submissions_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submissions_benchmark_id"), ["benchmark_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submissions_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submissions_closed_datetime"), ["closed_datetime"], unique=False)
        batch_op.create_index(batch_op.f("ix_submissions_flavor_id"), ["flavor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submissions_site_id"), ["site_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submissions_site_id"))
        batch_op.drop_index(batch_op.f("ix_submissions_flavor_id"))
        batch_op.drop_index(batch_op.f("ix_submissions_closed_datetime"))
        batch_op.drop_index(batch_op.f("ix_submissions_claim_id"))
        batch_op.drop_index(batch_op.f("ix_submissions_benchmark_id"))

    op.drop_table("submissions")
    with op.batch_alter_table("result_tags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_result_tags_tag_id"))

    op.drop_table("result_tags")
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_claims_pending",
            sqlite_where=sa.text("status = 'on_review'"),
            postgresql_where=sa.text("status = 'on_review'"),
        )
        batch_op.drop_index(batch_op.f("ix_claims_uploader_id"))
        batch_op.drop_index(batch_op.f("ix_claims_status_entry_id"))
        batch_op.drop_index(batch_op.f("ix_claims_result_id"))

    op.drop_table("claims")
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.drop_index("ix_results_visibility")
        batch_op.drop_index("ix_results_uploader_execution")
        batch_op.drop_index(batch_op.f("ix_results_supersedes_id"))
        batch_op.drop_index(batch_op.f("ix_results_superseded_by_id"))
        batch_op.drop_index("ix_results_status_upload")
        batch_op.drop_index("ix_results_status_execution")
        batch_op.drop_index("ix_results_site_status")
        batch_op.drop_index(batch_op.f("ix_results_restored_entry_id"))
        batch_op.drop_index(batch_op.f("ix_results_removed_entry_id"))
        batch_op.drop_index("ix_results_flavor_status")
        batch_op.drop_index("ix_results_benchmark_status_upload")
        batch_op.drop_index("ix_results_benchmark_status_execution")

    op.drop_table("results")
    with op.batch_alter_table("flavors", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_flavors_live_name",
            sqlite_where=sa.text("status IN ('on_review', 'approved')"),
            postgresql_where=sa.text("status IN ('on_review', 'approved')"),
        )
        batch_op.drop_index(batch_op.f("ix_flavors_uploader_id"))
        batch_op.drop_index(batch_op.f("ix_flavors_status_entry_id"))
        batch_op.drop_index(batch_op.f("ix_flavors_site_id"))

    op.drop_table("flavors")
    with op.batch_alter_table("tags", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_tags_live_name",
            sqlite_where=sa.text("status = 'live'"),
            postgresql_where=sa.text("status = 'live'"),
        )
        batch_op.drop_index(batch_op.f("ix_tags_uploader_id"))
        batch_op.drop_index(batch_op.f("ix_tags_status_entry_id"))

    op.drop_table("tags")
    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_sites_live_name",
            sqlite_where=sa.text("status IN ('on_review', 'approved')"),
            postgresql_where=sa.text("status IN ('on_review', 'approved')"),
        )
        batch_op.drop_index(batch_op.f("ix_sites_uploader_id"))
        batch_op.drop_index(batch_op.f("ix_sites_status_entry_id"))

    op.drop_table("sites")
    with op.batch_alter_table("benchmarks", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_benchmarks_live_image",
            sqlite_where=sa.text("status IN ('on_review', 'approved')"),
            postgresql_where=sa.text("status IN ('on_review', 'approved')"),
        )
        batch_op.drop_index(batch_op.f("ix_benchmarks_uploader_id"))
        batch_op.drop_index(batch_op.f("ix_benchmarks_status_entry_id"))

    op.drop_table("benchmarks")
    with op.batch_alter_table("log_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_log_entries_resource")
        batch_op.drop_index(batch_op.f("ix_log_entries_datetime"))
        batch_op.drop_index(batch_op.f("ix_log_entries_caused_by"))
        batch_op.drop_index(batch_op.f("ix_log_entries_actor_id"))

    op.drop_table("log_entries")
    with op.batch_alter_table("idempotency_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_records_user_id"))
        batch_op.drop_index(batch_op.f("ix_idempotency_records_created_datetime"))

    op.drop_table("idempotency_records")

    op.drop_table("users")
