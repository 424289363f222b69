"""Columns whose values are sealed on their way into the database and opened on their way out, where there is a key.

The keys belong to an engine: they hang on its dialect, which every column is given when it binds and reads values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Column, Connection, Dialect, Engine, String, Table, Text, cast, select
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from calls.errors import EngineError, SettingsError
from calls.sealing import NO_KEYS, Keys, is_sealed

_ON_DIALECT = "keys_of_what_is_sealed"


class SealedText(TypeDecorator[str]):
    """Words of callers, or about them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else _keys(dialect).seal_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else _keys(dialect).open_text(value)


class SealedJson(TypeDecorator[Any]):
    """The same with a structure; sealed it is one JSON string."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        keys = _keys(dialect)
        return value if value is None or keys.sealing is None else keys.seal_text(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if not isinstance(value, str) or not is_sealed(value):
            return value
        return json.loads(_keys(dialect).open_text(value))


def use(keys: Keys, engine: Engine) -> None:
    """From here on `engine` seals and opens with these."""
    setattr(engine.dialect, _ON_DIALECT, keys)


def sealing(connection: Connection) -> bool:
    """Whether what is written is sealed, so that the database can't look into it."""
    return _keys(connection.dialect).sealing is not None


def sealed_columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, SealedText | SealedJson)]


def check(tables: Iterable[type[SQLModel]], engine: Engine) -> None:
    """Raises SettingsError when what was kept last cannot be opened with the keys of `engine`."""
    with engine.connect() as connection:
        for table in (SQLModel.metadata.tables[str(each.__tablename__)] for each in tables):
            for column in sealed_columns(table):
                told = connection.execute(select(cast(column, String)).order_by(table.c.no.desc()).limit(1)).scalar()
                _opens(told.strip('"') if told else "", _keys(engine.dialect))


def _opens(told: str, keys: Keys) -> None:
    if not is_sealed(told):
        return
    try:
        keys.open_text(told)
    except EngineError:
        raise SettingsError(
            "What is kept is sealed with a key that is not here. Set ANTESALA_SEAL_KEY or ANTESALA_SEAL_KEY_FILE to it,"
            " after the new one if it was changed."
        ) from None


def _keys(dialect: Dialect) -> Keys:
    keys: Keys = getattr(dialect, _ON_DIALECT, NO_KEYS)
    return keys
