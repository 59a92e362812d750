"""The OpenID provider: clients, grants, what was given out

Revision: accounts_0003, after accounts_0002
"""

import sqlalchemy as sa
from alembic import op

from eoscperf.db import CodePointText, UTCDateTime

revision = "accounts_0003"
down_revision = "accounts_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts_clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", CodePointText, nullable=False),
        sa.Column("description", CodePointText, nullable=False),
        sa.Column("redirect_uris_text", CodePointText, nullable=False),
        sa.Column("post_logout_redirect_uris_text", CodePointText, nullable=False),
        sa.Column("scope", CodePointText, nullable=False),
        sa.Column("secret_digest", CodePointText, nullable=True),
        sa.Column("secret_datetime", UTCDateTime(), nullable=True),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["accounts_identities.id"],
            name=op.f("fk_accounts_clients_owner_id_accounts_identities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_clients")),
    )
    op.create_index(op.f("ix_accounts_clients_owner_id"), "accounts_clients", ["owner_id"])
    op.create_table(
        "accounts_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", CodePointText, nullable=False),
        sa.Column("scope", CodePointText, nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("used_datetime", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["accounts_identities.id"],
            name=op.f("fk_accounts_grants_identity_id_accounts_identities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_grants")),
        sa.UniqueConstraint(
            "identity_id", "client_id", name=op.f("uq_accounts_grants_identity_id_client_id")
        ),
    )
    op.create_table(
        "accounts_authorizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", CodePointText, nullable=False),
        sa.Column("scope", CodePointText, nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("auth_time", UTCDateTime(), nullable=True),
        sa.Column("amr_text", CodePointText, nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        sa.Column("revoked_datetime", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["accounts_identities.id"],
            name=op.f("fk_accounts_authorizations_identity_id_accounts_identities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_authorizations")),
    )
    op.create_index(
        "ix_accounts_authorizations_person", "accounts_authorizations", ["identity_id", "client_id"]
    )
    for column in ("client_id", "session_id", "expires_datetime"):
        _index("accounts_authorizations", column)
    op.create_table(
        "accounts_codes",
        sa.Column("digest", CodePointText, nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=False),
        sa.Column("redirect_uri", CodePointText, nullable=False),
        sa.Column("code_challenge", CodePointText, nullable=False),
        sa.Column("nonce", CodePointText, nullable=True),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        sa.Column("used_datetime", UTCDateTime(), nullable=True),
        _authorization("accounts_codes"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_accounts_codes")),
    )
    op.create_table(
        "accounts_refresh_tokens",
        sa.Column("digest", CodePointText, nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=False),
        sa.Column("created_datetime", UTCDateTime(), nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        sa.Column("used_datetime", UTCDateTime(), nullable=True),
        _authorization("accounts_refresh_tokens"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_accounts_refresh_tokens")),
    )
    op.create_table(
        "accounts_access_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=False),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        sa.Column("revoked_datetime", UTCDateTime(), nullable=True),
        _authorization("accounts_access_tokens"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_access_tokens")),
    )
    op.create_table(
        "accounts_device_codes",
        sa.Column("digest", CodePointText, nullable=False),
        sa.Column("user_code_digest", CodePointText, nullable=False),
        sa.Column("client_id", CodePointText, nullable=False),
        sa.Column("scope", CodePointText, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("authorization_id", sa.Uuid(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("asked_datetime", UTCDateTime(), nullable=True),
        sa.Column("expires_datetime", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'approved', 'denied')", name=op.f("ck_accounts_device_codes_status")
        ),
        _authorization("accounts_device_codes"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_accounts_device_codes")),
        sa.UniqueConstraint("user_code_digest", name=op.f("uq_accounts_device_codes_user_code_digest")),
    )
    for table in _GIVEN_OUT:
        for column in ("authorization_id", "expires_datetime"):
            _index(table, column)


def downgrade() -> None:
    for table in (*reversed(_GIVEN_OUT), "accounts_authorizations", "accounts_grants", "accounts_clients"):
        op.drop_table(table)


_GIVEN_OUT = ("accounts_codes", "accounts_refresh_tokens", "accounts_access_tokens", "accounts_device_codes")


def _authorization(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["authorization_id"],
        ["accounts_authorizations.id"],
        name=op.f(f"fk_{table}_authorization_id_accounts_authorizations"),
        ondelete="CASCADE",
    )


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
