"""What each headless command does: from parsed options to one JSON document (shapes: design section 8)."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

from services import backup, doctor, export
from services.app import Shopbell
from services.channels.base import ChannelType, SignInMethod
from services.documents import (
    account_document,
    conversation_document,
    outbox_document,
    thread_document,
)
from services.errors import ChannelError, Invalid, ShopbellError, StoreError
from services.inbox import conversation_id, local_id
from services.model import Account, OutboxItem, OutboxState, State
from services.words import error_sentence, note_sentence, problem

Document = Mapping[str, Any] | Sequence[Any]
OPEN_STATES = frozenset({OutboxState.HOLDING, OutboxState.SENDING, OutboxState.FAILED, OutboxState.UNCLEAR})


@dataclass(frozen=True, slots=True)
class Result:
    """``notes`` go to standard error, one line each; ``failed`` makes the exit code 1."""

    document: Document
    notes: Sequence[str] = field(default_factory=tuple)
    failed: bool = False


class Failed(Exception):
    """An error together with the names its sentence needs."""

    def __init__(self, error: ShopbellError, account: str = "", network: str = "") -> None:
        super().__init__(error.kind)
        self.error, self.account, self.network = error, account, network


def run(
    options: argparse.Namespace,
    profile: Path | None,
    opener: Callable[[Path | None], Shopbell],
    stdin: TextIO,
) -> Result:
    name = str(options.command)
    if name == "restore":
        return Result(backup.restore(options.file, profile))
    if name == "doctor":
        return _doctor(profile, opener)
    if name == "sample":
        from services.sample import tour

        return Result(tour.headless(profile, opener))
    with closing(opener(profile)) as app:
        return _COMMANDS[name](app, options, stdin)


# --- channels and accounts


def _channels(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    return Result([_channel_document(channel) for channel in app.channels.all()])


def _channel_document(channel: ChannelType) -> dict[str, Any]:
    abilities = channel.abilities
    return {
        "kind": channel.kind,
        "title": channel.title,
        "abilities": {
            "reads": sorted(abilities.reads),
            "does": list(abilities.does),
            "cannot": list(abilities.cannot),
            **{
                name: getattr(abilities, name)
                for name in (
                    "public_reply",
                    "private_reply",
                    "copy_and_open",
                    "like",
                    "hide",
                    "delete",
                    "block",
                    "approve",
                    "mark_read",
                    "attachments",
                    "bills",
                )
            },
        },
        "signin": {
            "method": channel.signin.method.value,
            "fields": [
                {"name": f.name, "secret": f.secret, "required": f.required, "help": f.help or f.label}
                for f in channel.signin.fields
            ],
            "effort": channel.signin.effort.value,
        },
    }


def _accounts(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    if options.action == "list":
        return Result(
            [account_document(app, account, freshness) for account, freshness in app.accounts.list()]
        )
    if options.action == "remove":
        account = app.store.account(local_id(options.id, "account"))
        app.accounts.remove(account.id)
        return Result({"removed": str(account.id)})
    secrets = _read_secrets(stdin) if options.secrets else {}
    if options.session_only:
        app.credentials.keep_for_session()
    try:
        account = app.accounts.add(options.kind, dict(options.settings), secrets, name=options.name)
    except ChannelError as error:
        raise Failed(
            error, str(error.detail.get("host", "")), app.channels.get(options.kind).title
        ) from error
    note = note_sentence(str(account.settings.get("note", "")), _names(app, account)[1])
    return Result(
        {
            "id": str(account.id),
            "kind": account.kind,
            "name": account.name,
            "handle": account.handle,
            "url": account.url,
        },
        [note] if note else [],
    )


def _read_secrets(stdin: TextIO) -> dict[str, str]:
    """One JSON object of strings; its content never appears in an error."""
    try:
        found = json.loads(stdin.read())
    except ValueError:
        raise Invalid("not-json", field="secrets") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Invalid("not-an-object", field="secrets")
    return found


def _names(app: Shopbell, account: Account | None) -> tuple[str, str]:
    """The owner's name for an account and its network's, for a sentence. Where nobody signs in the place
    itself is the network: nobody says that "Feed or blog" takes no answers."""
    if account is None:
        return "", ""
    channel = app.channels.get(account.kind) if account.kind in app.channels else None
    is_place = channel is None or channel.signin.method is SignInMethod.NONE
    return account.name, account.name if is_place or channel is None else channel.title


def _sync(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    account_id = app.store.account(local_id(options.account, "account")).id if options.account else None
    done = app.engine.sync_once(account_id, due_only=options.due)
    with contextlib.suppress(StoreError):
        # For those who never open the window; at most one a day.
        app.store.keep_copy(older_than=timedelta(days=1))
    names = {account.id: account for account in app.store.accounts()}
    rows, notes = [], []
    for result in done.accounts:
        sentence = None
        if result.error is not None:
            account = names.get(result.account_id)
            sentence = error_sentence(result.error.kind, result.error.detail, *_names(app, account))
            notes.append(problem(result.error, *_names(app, account)))
        rows.append(
            {"id": str(result.account_id), "new": result.new, "updated": result.updated, "error": sentence}
        )
    return Result(
        {
            "accounts": rows,
            "sent": [outbox_document(app, item) for item in done.sent],
            "failed": [outbox_document(app, item) for item in done.failed],
            "seconds": round(done.seconds, 3),
        },
        notes,
    )


# --- the inbox


def _inbox(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    account_id = app.store.account(local_id(options.account, "account")).id if options.account else None
    if options.query.strip():
        page = app.inbox.search(
            options.query,
            view=options.view or "all",
            account_id=account_id,
            after=options.after,
            limit=options.limit,
        )
    else:
        page = app.inbox.page(
            options.view or "new", account_id=account_id, after=options.after, limit=options.limit
        )
    kinds = {account.id: account.kind for account in app.store.accounts()}
    rows = [conversation_document(row, kinds.get(row.account_id, "")) for row in page.conversations]
    return Result({"conversations": rows, "next": page.next or None})


def _show(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    return Result(thread_document(app, app.inbox.open(conversation_id(options.conversation), limit=100_000)))


def _reply(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    thread = app.inbox.open(conversation_id(options.conversation))
    text = options.text
    if options.template:
        text = app.templates.filled(options.template, thread, app.channels, dict(options.values))
    try:
        item = app.inbox.reply(
            thread.conversation.id,
            text,
            private=True if options.private else None,
            hold_s=0 if options.now else None,
            close_after=options.close,
            template=options.template or "",
            force=options.force,
        )
    except ChannelError as error:
        raise Failed(error, *_names(app, app.store.account(thread.conversation.account_id))) from error
    notes: list[str] = []
    if options.now:
        item = _send_now(app, item)
    document = outbox_document(app, item)
    if options.now and item.state is not OutboxState.SENT:
        notes.append(str(document["error"] or _STILL_WAITS))
    failed = item.state in (OutboxState.FAILED, OutboxState.UNCLEAR)
    return Result({"outbox": document}, notes, failed=failed)


_STILL_WAITS = "Kept, not sent yet: another reply goes first. It leaves with the next sync."


def _send_now(app: Shopbell, item: OutboxItem) -> OutboxItem:
    """What is still held in the same conversation was written before it and leaves before it."""
    earlier = [
        one.id
        for one in app.store.outbox({OutboxState.HOLDING})
        if one.conversation_id == item.conversation_id and one.id < item.id
    ]
    for outbox_id in (*earlier, item.id):
        app.inbox.send_now(outbox_id)
        app.engine.send_due(ignore_backoff=True, only=outbox_id)
    return app.store.outbox_item(item.id)


def _outbox(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    if options.undo and app.inbox.undo(local_id(options.undo, "outbox")) is None:
        raise Invalid("too-late", field="outbox")
    for text, is_there in ((options.there, True), (options.again, False)):
        if text:
            app.inbox.resolve(local_id(text, "outbox"), is_there=is_there)
    return Result({"outbox": [outbox_document(app, item) for item in app.store.outbox(OPEN_STATES)]})


def _mark(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    wanted = conversation_id(options.conversation)
    app.inbox.open(wanted, limit=1)
    if options.mark in ("complaint", "not-complaint"):
        app.inbox.label(wanted, options.mark)
    else:
        app.inbox.mark([wanted], State(options.mark))
    thread = app.inbox.open(wanted, limit=1)
    account = app.store.account(thread.conversation.account_id)
    return Result(conversation_document(thread.conversation, account.kind))


# --- templates, files, figures


def _templates(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    if options.action == "add":
        app.templates.add(options.name, options.text, shortcut=options.shortcut)
    elif options.action == "remove":
        app.templates.remove(options.name)
    elif options.action == "import":
        added = app.templates.import_file(options.file)
        return Result({"imported": added})
    elif options.action == "export":
        written = app.templates.export_file(options.file)
        return Result({"exported": written, "file": str(options.file)})
    return Result(
        [
            {"name": t.name, "text": t.text, "shortcut": t.shortcut, "language": t.language, "used": t.used}
            for t in app.templates.all()
        ]
    )


def _import_opml(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    added = app.accounts.import_sources(export.read_file(options.file))
    rows = [
        {"id": str(a.id), "kind": a.kind, "name": a.name, "handle": a.handle, "url": a.url} for a in added
    ]
    return Result({"accounts": rows})


def _export_opml(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    export.write_file(options.file, app.accounts.export_sources().encode())
    return Result({"file": str(options.file)})


def _export(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    return Result({"file": str(options.file), "messages": export.everything(app.store, options.file)})


def _backup(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    return Result(backup.write(app.store, app.paths, options.file))


def _insights(app: Shopbell, options: argparse.Namespace, stdin: TextIO) -> Result:
    from services.insights import report

    return Result(
        report(app.store, app.clock.now(), days=options.days, target_s=app.settings.current.target_s)
    )


def _doctor(profile: Path | None, opener: Callable[[Path | None], Shopbell]) -> Result:
    document = doctor.examine(profile, opener)
    return Result(document, failed=not document["ok"])


_COMMANDS: Mapping[str, Callable[[Shopbell, argparse.Namespace, TextIO], Result]] = {
    "channels": _channels,
    "accounts": _accounts,
    "sync": _sync,
    "inbox": _inbox,
    "show": _show,
    "reply": _reply,
    "outbox": _outbox,
    "mark": _mark,
    "templates": _templates,
    "import-opml": _import_opml,
    "export-opml": _export_opml,
    "export": _export,
    "backup": _backup,
    "insights": _insights,
}
