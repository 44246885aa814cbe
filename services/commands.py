"""What each headless command does: from parsed options to one JSON document (shapes: design section 8)."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

from services import backup, doctor, export, message_commands, owner_commands
from services.app import Shopbell
from services.channels.base import ChannelType
from services.documents import (
    account_document,
    conversation_document,
    outbox_document,
    proposals_document,
    thread_document,
)
from services.errors import ChannelError, Invalid, StoreError
from services.inbox import conversation_id, local_id
from services.model import OutboxItem, OutboxState, State
from services.progress import Watch, unwatched
from services.results import Failed as Failed, Result as Result, names_of
from services.words import error_words, note_sentence, problem, with_remedy

OPEN_STATES = frozenset({OutboxState.HOLDING, OutboxState.SENDING, OutboxState.FAILED, OutboxState.UNCLEAR})


def run(
    options: argparse.Namespace,
    profile: Path | None,
    opener: Callable[[Path | None], Shopbell],
    stdin: TextIO,
    *,
    watch: Watch = unwatched,
) -> Result:
    """``watch``: is told how far putting a backup back is."""
    name = str(options.command)
    if name == "restore":
        return Result(backup.restore(options.file, profile, watch=watch))
    if name == "doctor":
        return _doctor(profile, opener)
    if name == "sample":
        from services.sample import tour

        return Result(tour.headless(profile, opener))
    with closing(opener(profile)) as app:
        # For the lines that people read; documents for scripts hold everything.
        options.folds = app.settings.current.fold_abusive
        app.tells_the_owner = False
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
                    "spam",
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
    if options.action == "propose":
        try:
            return Result(proposals_document(app.website.propose(options.what)))
        except ChannelError as error:
            raise Failed(error, options.what[:100]) from error
    if options.action == "remove":
        account = app.store.account(local_id(options.id, "account"))
        app.accounts.remove(account.id)
        return Result({"removed": str(account.id)})
    if options.action == "sign-out":
        return Result({"signed_out": [str(account.id) for account in app.accounts.forget_sign_ins()]})
    secrets = _read_secrets(stdin) if options.secrets else {}
    if options.session_only:
        app.credentials.keep_for_session()
    if options.action == "renew":
        account = app.store.account(local_id(options.id, "account"))
        account_name, title = names_of(app, account)
        try:
            account = app.accounts.renew(account.id, dict(options.settings), secrets)
        except ChannelError as error:
            raise Failed(error, account_name, title) from error
    else:
        try:
            account = app.accounts.add(options.kind, dict(options.settings), secrets, name=options.name)
        except ChannelError as error:
            channel = app.channels.get(options.kind)
            raise Failed(error, _typed_name(channel, options.settings, error), channel.title) from error
    note = note_sentence(
        str(account.settings.get("note", "")),
        names_of(app, account)[1],
        str(account.settings.get("note_name", "")),
    )
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


def _typed_name(channel: ChannelType, settings: Iterable[tuple[str, str]], error: ChannelError) -> str:
    """What an account that could not be added is called: as its owner typed it, without what is secret in
    it."""
    typed, _ = channel.part(dict(settings))
    names = [field.name for field in channel.signin.fields if not (field.secret or field.choices)]
    given = next((str(typed[name]) for name in names if typed.get(name)), "")
    return " ".join(given.split())[:100] or str(error.detail.get("host", ""))


def _read_secrets(stdin: TextIO) -> dict[str, str]:
    """One JSON object of strings; its content never appears in an error."""
    try:
        found = json.loads(stdin.read())
    except ValueError:
        raise Invalid("not-json", field="secrets") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Invalid("not-an-object", field="secrets")
    return found


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
            words = error_words(result.error.kind, result.error.detail, *names_of(app, account))
            sentence = with_remedy(words, result.error.kind, result.error.reason)
            notes.append(problem(result.error, *names_of(app, account)))
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
    now = app.clock.now()
    rows = [conversation_document(row, kinds.get(row.account_id, ""), now) for row in page.conversations]
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
        raise Failed(error, *names_of(app, app.store.account(thread.conversation.account_id))) from error
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
    notes: list[str] = []
    if options.mark in ("complaint", "not-complaint", "not-spam"):
        app.inbox.label(wanted, options.mark)
    elif options.mark == "spam":
        notes = message_commands.mark_spam(app, wanted)
    else:
        app.inbox.mark([wanted], State(options.mark))
    thread = app.inbox.open(wanted, limit=1)
    account = app.store.account(thread.conversation.account_id)
    return Result(conversation_document(thread.conversation, account.kind, app.clock.now()), notes)


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
    "corrections": owner_commands.corrections,
    "people": owner_commands.people,
    "moderate": message_commands.moderate,
    "attachments": message_commands.attachments,
    "templates": _templates,
    "import-opml": _import_opml,
    "export-opml": _export_opml,
    "export": _export,
    "backup": _backup,
    "insights": _insights,
}
