"""Small things kept beside the messages: drafts, templates, and named values of the application."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from services.errors import Invalid, NotFound
from services.store import codec
from services.store.codec import iso

if TYPE_CHECKING:
    from services.model import Template


def draft(connection: sqlite3.Connection, conversation_id: int) -> str:
    row = connection.execute(
        "SELECT d.text FROM conversations c JOIN drafts d ON d.conversation_id ="
        " coalesce(c.merged_into, c.id) WHERE c.id = ?",
        (conversation_id,),
    ).fetchone()
    return "" if row is None else row["text"]


def save_draft(connection: sqlite3.Connection, conversation_id: int, text: str, now: datetime) -> None:
    """``conversation_id`` of one that was not merged away. An empty text removes the draft."""
    if text.strip():
        connection.execute(
            "INSERT INTO drafts VALUES (?, ?, ?) ON CONFLICT (conversation_id) DO UPDATE SET text ="
            " excluded.text,"
            " saved_at = excluded.saved_at",
            (conversation_id, text, iso(now)),
        )
    else:
        connection.execute("DELETE FROM drafts WHERE conversation_id = ?", (conversation_id,))


def templates(connection: sqlite3.Connection) -> tuple[Template, ...]:
    """Most used first."""
    return tuple(
        codec.template(row) for row in connection.execute("SELECT * FROM templates ORDER BY used DESC, name")
    )


def save_template(connection: sqlite3.Connection, template: Template) -> Template:
    """``id`` 0 makes a new one. A name that another template has is refused."""
    if not template.name.strip():
        raise Invalid("empty", field="name")
    if not template.text.strip():
        raise Invalid("empty", field="text")
    values = {
        "id": template.id,
        "name": template.name,
        "text": template.text,
        "shortcut": template.shortcut,
        "language": template.language,
        "used": template.used,
    }
    try:
        if template.id:
            row = connection.execute(
                "UPDATE templates SET name = :name, text = :text, shortcut = :shortcut, language ="
                " :language WHERE id = :id RETURNING *",
                values,
            ).fetchone()
        else:
            row = connection.execute(
                "INSERT INTO templates (name, text, shortcut, language, used) VALUES (:name, :text,"
                " :shortcut, :language, :used)"
                " RETURNING *",
                values,
            ).fetchone()
    except sqlite3.IntegrityError:
        raise Invalid("already-there", field="name", name=template.name) from None
    if row is None:
        raise NotFound("template", template.id)
    return codec.template(row)


def remove_template(connection: sqlite3.Connection, template_id: int) -> None:
    if connection.execute("DELETE FROM templates WHERE id = ?", (template_id,)).rowcount == 0:
        raise NotFound("template", template_id)


def used_template(connection: sqlite3.Connection, template_id: int) -> None:
    connection.execute("UPDATE templates SET used = used + 1 WHERE id = ?", (template_id,))


def get_meta(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else row["value"]


def set_meta(connection: sqlite3.Connection, key: str, value: str | None) -> None:
    if value is None:
        connection.execute("DELETE FROM meta WHERE key = ?", (key,))
    else:
        connection.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )
