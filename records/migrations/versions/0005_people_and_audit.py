"""Accounts, tokens and sessions; the audit log, to which lines can only be added."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = """CREATE TRIGGER audit_not_{done} BEFORE {doing} ON audit
    BEGIN SELECT RAISE(ABORT, 'lines of the audit log are never changed'); END"""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "accounts",
        sa.Column("no", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False, unique=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("created", moment, nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("no", sa.Integer(), primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False, unique=True),
        sa.Column("created", moment, nullable=False),
        sa.Column("expires", moment, nullable=True),
    )
    op.create_table(
        "sessions",
        sa.Column("no", sa.Integer(), primary_key=True),
        sa.Column("key", sa.String(), nullable=False, unique=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("of", sa.String(), nullable=False),
        sa.Column("began", moment, nullable=False),
        sa.Column("seen", moment, nullable=False),
    )
    op.create_index("ix_sessions_of", "sessions", ["of"], unique=False)
    op.create_table(
        "audit",
        sa.Column("no", sa.Integer(), primary_key=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        for done, doing in (("changed", "UPDATE"), ("erased", "DELETE")):
            op.execute(APPEND_ONLY.format(done=done, doing=doing))


def downgrade() -> None:
    for table in ("audit", "sessions", "tokens", "accounts"):
        op.drop_table(table)
