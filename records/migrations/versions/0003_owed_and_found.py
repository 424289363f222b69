"""Who owns what is owed, since when and until when it sleeps; and an index of every word said."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WORDS = (
    "CREATE VIRTUAL TABLE event_words USING fts5(words, content='events', content_rowid='no', tokenize='unicode61')",
    """CREATE TRIGGER event_words_added AFTER INSERT ON events WHEN new.words IS NOT NULL BEGIN
        INSERT INTO event_words(rowid, words) VALUES (new.no, new.words); END""",
    """CREATE TRIGGER event_words_erased AFTER DELETE ON events WHEN old.words IS NOT NULL BEGIN
        INSERT INTO event_words(event_words, rowid, words) VALUES ('delete', old.no, old.words); END""",
    """CREATE TRIGGER event_words_blanked AFTER UPDATE OF words ON events WHEN old.words IS NOT NULL BEGIN
        INSERT INTO event_words(event_words, rowid, words) VALUES ('delete', old.no, old.words); END""",
    """CREATE TRIGGER event_words_changed AFTER UPDATE OF words ON events WHEN new.words IS NOT NULL BEGIN
        INSERT INTO event_words(rowid, words) VALUES (new.no, new.words); END""",
    "INSERT INTO event_words(rowid, words) SELECT no, words FROM events WHERE words IS NOT NULL",
)
"""The index follows the events by itself (https://sqlite.org/fts5.html#external_content_tables)."""


def upgrade() -> None:
    for table in ("messages", "promises"):
        op.add_column(table, sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("messages", sa.Column("owner", sa.String(), nullable=False, server_default="assistant"))
    op.add_column("promises", sa.Column("made_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE promises SET made_at = (SELECT started FROM calls WHERE calls.id = promises.call_id)")
    if _has_fts5():
        for statement in WORDS:
            op.execute(statement)


def downgrade() -> None:
    if _has_fts5():
        for name in ("added", "erased", "blanked", "changed"):
            op.execute(f"DROP TRIGGER IF EXISTS event_words_{name}")
        op.execute("DROP TABLE IF EXISTS event_words")
    for table, columns in {"messages": ("owner",), "promises": ("made_at",)}.items():
        with op.batch_alter_table(table) as altered:
            for column in (*columns, "snoozed_until", "version"):
                altered.drop_column(column)


def _has_fts5() -> bool:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return False
    return bool(connection.execute(sa.text("SELECT sqlite_compileoption_used('ENABLE_FTS5')")).scalar())
