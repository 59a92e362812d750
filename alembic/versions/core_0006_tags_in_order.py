"""The results of a tag in the order of their dates.

Revision: core_0006, after core_0005.
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import UTCDateTime

revision = "core_0006"
down_revision = "core_0005"
branch_labels = None
depends_on = None

COPIED = {
    "execution_datetime": UTCDateTime(),
    "upload_datetime": UTCDateTime(),
    "benchmark_id": sa.Uuid(),
    "flavor_id": sa.Uuid(),
}
"""What the links to tags say of results, which never changes there."""

LED_BY = ("execution", "upload")

COLUMNS = ", ".join(COPIED)

TRIGGER = "result_tags_copy"

ON_POSTGRESQL = (
    f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"  # noqa: S608
    f" SELECT {COLUMNS} INTO {', '.join(f'NEW.{name}' for name in COPIED)}"
    " FROM results WHERE id = NEW.result_id; RETURN NEW; END $$",
    f"CREATE TRIGGER {TRIGGER} BEFORE INSERT ON result_tags FOR EACH ROW"
    f" WHEN (NEW.execution_datetime IS NULL) EXECUTE FUNCTION {TRIGGER}()",
)

ON_SQLITE = (
    f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON result_tags WHEN NEW.execution_datetime IS NULL BEGIN"  # noqa: S608
    f" UPDATE result_tags SET ({COLUMNS}) = (SELECT {COLUMNS} FROM results WHERE id = NEW.result_id)"
    " WHERE result_id = NEW.result_id AND tag_id = NEW.tag_id; END",
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, type_ in COPIED.items():
        op.add_column("result_tags", sa.Column(name, type_, nullable=True))
    values = (
        f"({COLUMNS}) = (SELECT {COLUMNS} FROM results WHERE id = result_tags.result_id)"  # noqa: S608
        if sqlite
        else f"{', '.join(f'{name} = results.{name}' for name in COPIED)}"
        " FROM results WHERE results.id = result_tags.result_id"
    )
    op.execute(f"UPDATE result_tags SET {values}")  # noqa: S608
    op.drop_index("ix_result_tags_tag_id", table_name="result_tags")
    for name in LED_BY:
        op.create_index(
            f"ix_result_tags_{name}",
            "result_tags",
            ["tag_id", f"{name}_datetime", "result_id", "benchmark_id", "flavor_id"],
        )
    for statement in ON_SQLITE if sqlite else ON_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {TRIGGER}")
    else:
        op.execute(f"DROP TRIGGER {TRIGGER} ON result_tags")
        op.execute(f"DROP FUNCTION {TRIGGER}()")
    for name in LED_BY:
        op.drop_index(f"ix_result_tags_{name}", table_name="result_tags")
    for name in COPIED:
        op.drop_column("result_tags", name)
    op.create_index("ix_result_tags_tag_id", "result_tags", ["tag_id"])
