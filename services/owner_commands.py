"""The headless commands about what the owner said: corrections of the triage, and people who are muted."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, TextIO

from services.app import Shopbell
from services.documents import when
from services.errors import NotFound
from services.inbox import conversation_id, local_id
from services.model import Direction
from services.results import Result

if TYPE_CHECKING:
    from services.store.owned import Correction, MutedPerson


def corrections(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    if options.action == "list":
        return Result({"corrections": [_correction(one) for one in app.teaching.corrections(options.query)]})
    if options.action == "clear":
        gone = app.teaching.forget_all()
    else:
        gone = app.teaching.forget([local_id(options.id, "correction")])
        if not gone:
            raise NotFound("correction", options.id)
    return Result({"removed": [_correction(one) for one in gone]})


def _correction(one: Correction) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "conversation": None if one.conversation_id is None else str(one.conversation_id),
        "text": one.text,
        "label": one.label,
        "at": when(one.labelled_at),
    }


def people(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    if options.action == "unmute":
        wanted = local_id(options.id, "person")
        name = next((one.name or one.handle for one in app.inbox.muted() if one.id == wanted), options.id)
        app.inbox.unmute(wanted)
        return Result({"unmuted": name, **_muted(app)})
    if options.action == "mute":
        thread = app.inbox.open(conversation_id(options.conversation))
        theirs = [one for one in thread.messages if one.direction is Direction.INBOUND and one.is_addressed]
        if not theirs:
            raise NotFound("person", options.conversation)
        app.inbox.mute(thread.conversation.account_id, theirs[-1].author.id)
    return Result(_muted(app))


def _muted(app: Shopbell) -> dict[str, Any]:
    return {"muted": [_person(one) for one in app.inbox.muted()]}


def _person(one: MutedPerson) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "channel": one.kind,
        "name": one.name,
        "handle": one.handle,
        "url": one.url,
        "since": when(one.muted_at),
    }
