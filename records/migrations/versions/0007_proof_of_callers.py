"""How well the network vouched for a caller's number, and the number that was dialled first."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = ("proof", "diverted")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("calls", sa.Column(column, sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("calls") as altered:
        for column in COLUMNS:
            altered.drop_column(column)
