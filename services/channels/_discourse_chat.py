"""A message of the forum's chat as ours: heard when it names us or is written to us, answered there.

plugins/chat: ``/chat/api/channels/ID/messages`` tells the messages around one of them.
"""

from __future__ import annotations

from datetime import datetime

from services.channels._discourse_api import Api
from services.channels._discourse_messages import Us, author_of
from services.channels._shapes import moment_of, number_of, part_of, parts_of, text_of
from services.model import Direction, Message, MessageKind


def chat_message(
    api: Api, us: Us, now: datetime, room: int, number: int, *, is_direct: bool
) -> Message | None:
    """None where it is gone, or our own."""
    from services.sanitize import html_to_text

    params = [("target_message_id", str(number)), ("page_size", "10")]
    document = api.document(f"/chat/api/channels/{room}/messages.json", params)
    found = next((one for one in parts_of(document, "messages") if number_of(one, "id") == number), None)
    if found is None or found.get("deleted_at"):
        return None
    user = part_of(found, "user")
    writer = {**user, "user_id": number_of(user, "id")}
    if us.wrote(writer):
        return None
    shown = text_of(found, "cooked")
    text = html_to_text(shown).strip() or text_of(found, "message").strip()
    return Message(
        remote_id=f"chat-{number}",
        kind=MessageKind.DIRECT if is_direct else MessageKind.MENTION,
        direction=Direction.INBOUND,
        author=author_of(writer, api.base),
        text=text or "…",
        html=shown,
        sent_at=moment_of(found, "created_at") or now,
        conversation_key=f"chat-{room}" if is_direct else f"chat-{room}-{number}",
        url=f"{api.base}/chat/c/-/{room}/{number}",
        private=is_direct,
        can_reply=False,
        why_not="copy-and-open",
    )
