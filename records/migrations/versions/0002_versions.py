"""What is on file (preferences, contacts, the voice policy), version by version."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "versions",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("batch", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("no"),
        sa.UniqueConstraint("kind", "id", "number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_versions_batch", "versions", ["batch"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_versions_batch", table_name="versions")
    op.drop_table("versions")
