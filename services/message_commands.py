"""The headless commands about one message: what the owner does to it on its network, and its files."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from services.app import Shopbell
from services.documents import conversation_document, message_document
from services.errors import ChannelError
from services.filenames import is_program
from services.inbox import local_id
from services.model import Account
from services.results import Failed, Result, names_of
from services.words import problem


def moderate(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    message_id = local_id(options.message, "message")
    found = app.store.message_by_id(message_id)
    account = app.store.account(found.account_id)
    try:
        app.moderate(message_id, options.deed)
    except ChannelError as error:
        raise Failed(error, *names_of(app, account)) from error
    return Result({"action": options.deed, **_document(app, account, message_id)})


def _document(app: Shopbell, account: Account, message_id: int) -> dict[str, Any]:
    after = app.store.message_by_id(message_id)
    row = app.store.conversation(after.conversation_id)
    return {
        "message": message_document(after.message),
        "conversation": conversation_document(row, account.kind, app.clock.now()),
    }


def attachments(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    message_id = local_id(options.message, "message")
    number = local_id(options.number, "attachment")
    found = app.store.message_by_id(message_id)
    attachment = app.attachments.describe(message_id, number)
    try:
        saved = app.attachments.save(message_id, number, options.file.absolute(), replace=options.replace)
    except ChannelError as error:
        raise Failed(error, *names_of(app, app.store.account(found.account_id))) from error
    notes = [_CARE] if is_program(attachment.name) or is_program(saved.name) else []
    return Result({"file": str(saved), "size": saved.stat().st_size}, notes)


_CARE = "Opening this file may run a program. Do it only if you know who sent it and why."


def mark_spam(app: Shopbell, conversation_id: int) -> list[str]:
    """Returns what the owner should know: it is marked here, and the network could not be told."""
    account = app.store.account(app.store.conversation(conversation_id).account_id)
    try:
        app.moderation.mark_spam([conversation_id])
    except ChannelError as error:
        return [f"It is marked here. {problem(error, *names_of(app, account))}"]
    return []
