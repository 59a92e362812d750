"""People log in: credentials, sessions, one-time links, invitations

Revision: accounts_0002, after a0001
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "accounts_0002"
down_revision = "a0001"
branch_labels = None
depends_on = None

IDENTITIES = "accounts_identities"

LINK_KINDS = ("signup", "password", "email", "email_undo", "nothing")


def upgrade() -> None:
    with op.batch_alter_table(IDENTITIES) as table:
        # Whoever has tokens of this installation already has an address that an operator vouched for.
        table.add_column(sa.Column("email_verified", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("name", CodePointText, nullable=False, server_default=""))
        table.add_column(sa.Column("backend", CodePointText, nullable=False, server_default="local"))
        table.add_column(sa.Column("external_id", CodePointText, nullable=True))
        table.add_column(sa.Column("entitlements_text", CodePointText, nullable=False, server_default="[]"))
        table.add_column(sa.Column("password_hash", CodePointText, nullable=True))
        table.add_column(sa.Column("password_datetime", UTCDateTime(), nullable=True))
        table.add_column(sa.Column("totp_secret", CodePointText, nullable=True))
        table.add_column(sa.Column("totp_datetime", UTCDateTime(), nullable=True))
        table.add_column(sa.Column("totp_step", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("disabled_datetime", UTCDateTime(), nullable=True))
        table.add_column(sa.Column("used_datetime", UTCDateTime(), nullable=True))
        table.create_unique_constraint(
            op.f("uq_accounts_identities_backend_external_id"), ["backend", "external_id"]
        )
    with op.batch_alter_table(IDENTITIES) as table:
        for column in ("email_verified", "name", "backend", "entitlements_text"):
            table.alter_column(column, server_default=None)
    op.create_table(
        "accounts_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("secret_digest", CodePointText, nullable=False),
        sa.Column("auth_time", UTCDateTime(), nullable=False),
        sa.Column("amr_text", CodePointText, nullable=False),
        sa.Column("proved_for", CodePointText, nullable=True),
        sa.Column("challenge", CodePointText, nullable=True),
        sa.Column("address", CodePointText, nullable=False),
        sa.Column("device", CodePointText, nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("used_datetime", UTCDateTime(), nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        *_identity("accounts_sessions"),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_accounts_sessions_secret_digest")),
    )
    op.create_index(op.f("ix_accounts_sessions_identity_id"), "accounts_sessions", ["identity_id"])
    op.create_table(
        "accounts_login_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_digest", CodePointText, nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("challenge", CodePointText, nullable=True),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        *_identity("accounts_login_attempts"),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_accounts_login_attempts_secret_digest")),
    )
    for column in ("identity_id", "expires_datetime"):
        op.create_index(op.f(f"ix_accounts_login_attempts_{column}"), "accounts_login_attempts", [column])
    op.create_table(
        "accounts_invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_digest", CodePointText, nullable=False),
        sa.Column("email", CodePointText, nullable=True),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        sa.Column("accepted_datetime", UTCDateTime(), nullable=True),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        *_identity("accounts_invitations", ondelete="SET NULL"),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_accounts_invitations_secret_digest")),
    )
    op.create_index(op.f("ix_accounts_invitations_identity_id"), "accounts_invitations", ["identity_id"])
    op.create_table(
        "accounts_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*LINK_KINDS, name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("secret_digest", CodePointText, nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("email", CodePointText, nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        *_identity("accounts_links"),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["accounts_invitations.id"],
            name=op.f("fk_accounts_links_invitation_id_accounts_invitations"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_accounts_links_secret_digest")),
    )
    for column in ("identity_id", "invitation_id", "expires_datetime"):
        op.create_index(op.f(f"ix_accounts_links_{column}"), "accounts_links", [column])
    op.create_table(
        "accounts_passkeys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", CodePointText, nullable=False),
        sa.Column("public_key", CodePointText, nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", CodePointText, nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("used_datetime", UTCDateTime(), nullable=True),
        *_identity("accounts_passkeys"),
        sa.UniqueConstraint("credential_id", name=op.f("uq_accounts_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_accounts_passkeys_identity_id"), "accounts_passkeys", ["identity_id"])
    op.create_table(
        "accounts_recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("digest", CodePointText, nullable=False),
        *_identity("accounts_recovery_codes"),
        sa.UniqueConstraint(
            "identity_id", "digest", name=op.f("uq_accounts_recovery_codes_identity_id_digest")
        ),
    )
    op.create_index(
        op.f("ix_accounts_recovery_codes_identity_id"), "accounts_recovery_codes", ["identity_id"]
    )
    op.create_table(
        "accounts_devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("secret_digest", CodePointText, nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        *_identity("accounts_devices"),
        sa.UniqueConstraint(
            "identity_id", "secret_digest", name=op.f("uq_accounts_devices_identity_id_secret_digest")
        ),
    )
    op.create_index(op.f("ix_accounts_devices_identity_id"), "accounts_devices", ["identity_id"])
    op.create_table(
        "accounts_tries",
        sa.Column("key_digest", CodePointText, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("ends_datetime", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_digest", name=op.f("pk_accounts_tries")),
    )
    op.create_index(op.f("ix_accounts_tries_ends_datetime"), "accounts_tries", ["ends_datetime"])


def downgrade() -> None:
    for name in (
        "accounts_tries",
        "accounts_devices",
        "accounts_recovery_codes",
        "accounts_passkeys",
        "accounts_links",
        "accounts_invitations",
        "accounts_login_attempts",
        "accounts_sessions",
    ):
        op.drop_table(name)
    with op.batch_alter_table(IDENTITIES) as table:
        table.drop_constraint(op.f("uq_accounts_identities_backend_external_id"), type_="unique")
        for column in (
            "used_datetime",
            "disabled_datetime",
            "totp_step",
            "totp_datetime",
            "totp_secret",
            "password_datetime",
            "password_hash",
            "entitlements_text",
            "external_id",
            "backend",
            "name",
            "email_verified",
        ):
            table.drop_column(column)


def _identity(table: str, *, ondelete: str = "CASCADE") -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            [f"{IDENTITIES}.id"],
            name=op.f(f"fk_{table}_identity_id_{IDENTITIES}"),
            ondelete=ondelete,
        ),
    )
