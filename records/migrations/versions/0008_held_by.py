"""Which server of the office has a call in hand."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("held_by", sa.String(), nullable=True))
    op.create_index("ix_calls_held_by", "calls", ["held_by"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_calls_held_by", table_name="calls")
    with op.batch_alter_table("calls") as altered:
        altered.drop_column("held_by")
