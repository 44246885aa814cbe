"""The documents of the commands as plain lines for people. Only words and layout; no facts are made here."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.alert_words import first_words
from services.clock import parse_iso

Document = Any
ABUSIVE = "This message may be abusive"


def for_people(options: argparse.Namespace, document: Document) -> str:
    """Lines for a terminal, without control characters from outside (the texts were cleaned on their way
    in). ``options.folds``: lists do not repeat what may insult; ``show`` does."""
    if getattr(options, "folds", True):
        document = _folded(document)
    return _PRINTERS.get(str(options.command), _plain)(document)


def _folded(document: Document) -> Document:
    """The same with the first words of abusive messages left out; a thread stays whole."""
    if isinstance(document, list):
        return [_folded(one) for one in document]
    if not isinstance(document, dict):
        return document
    rows = {name: _folded(value) for name, value in document.items() if name != "thread"}
    if document.get("abusive") and "snippet" in document:
        rows["snippet"] = ABUSIVE
    if "label" in document:
        from services.insults import is_abusive

        rows["text"] = ABUSIVE if is_abusive(str(document["text"])) else document["text"]
    return {**document, **rows}


def _time(text: str | None) -> str:
    return f"{parse_iso(text).astimezone():%a %d %b %H:%M}" if text else ""


def _waits(text: str | None, now: datetime | None = None) -> str:
    if not text:
        return ""
    since = parse_iso(text)
    minutes = max(0, int(((now or datetime.now(since.tzinfo)) - since).total_seconds() // 60))
    if minutes < 60:
        return f"waits {minutes} min"
    if minutes < 48 * 60:
        return f"waits {minutes // 60} h {minutes % 60:02d}"
    return f"waits {minutes // 1440} days"


def _channels(document: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for channel in document:
        fields = ", ".join(
            f["name"] + (" (secret)" if f["secret"] else "") for f in channel["signin"]["fields"]
        )
        lines.append(f"{channel['kind']:18} {channel['title']:22} {channel['signin']['effort']:12} {fields}")
    return "\n".join(lines)


def _accounts(document: Document) -> str:
    if isinstance(document, Mapping):
        if "proposals" in document:
            return _proposals(document)
        if "removed" in document:
            return f"Account {document['removed']} is removed."
        if "signed_out" in document:
            return f"The sign-ins of {len(document['signed_out'])} accounts are gone. What was heard is here."
        return (
            f"Account {document['id']}: {document['name']} {document['handle'] or document['url']}".rstrip()
        )
    if not document:
        return "No account yet. Add one: accounts add KIND --set NAME=VALUE"
    lines = []
    for row in document:
        fresh = row["freshness"]
        heard = f"heard {_time(fresh['heard'])}" if fresh["heard"] else "not heard yet"
        lines.append(
            f"{row['id']:>4}  {row['kind']:18} {row['name']}  {row['handle']}  {fresh['error'] or heard}"
        )
    return "\n".join(lines)


def _proposals(document: Mapping[str, Any]) -> str:
    lines = []
    for place in document["proposals"]:
        note = "is here already" if place["added"] else "" if place["available"] else "not spoken yet"
        settings = " ".join(f"--set {name}={value!r}" for name, value in place["settings"].items())
        whose = f"accounts renew {place['account']} " if place["account"] else ""
        told = f"{place['effort']:12} {place['network']:22} {place['title']}  {note or whose + settings}"
        lines.append(told.rstrip())
        answers = [
            f"{name} {'answers' if is_there else 'does not answer'}"
            for name, is_there in place["tried"].items()
        ]
        if answers:
            lines.append(f"{'':12} tried just now: {', '.join(answers)}")
        if place["steps"]:
            told = f"{place['steps']} {place['steps_url'] or ''}".strip()
            lines += textwrap.wrap(told, 100, initial_indent=" " * 13, subsequent_indent=" " * 13)
    return "\n".join(lines) or "No place was found there."


def _sync(document: Mapping[str, Any]) -> str:
    lines = [
        f"account {row['id']}: " + (row["error"] or f"{row['new']} new, {row['updated']} changed")
        for row in document["accounts"]
    ]
    lines += [f"sent: {_short(item['text'])}" for item in document["sent"]]
    lines += [f"did not leave: {_short(item['text'])} ({item['error']})" for item in document["failed"]]
    return "\n".join([*lines, f"{document['seconds']} s"])


def _short(text: str, width: int = 70) -> str:
    return textwrap.shorten(text, width, placeholder=" ...")


def _row(row: Mapping[str, Any]) -> str:
    mark = "!" if row["complaint"]["is_complaint"] else " "
    who = row["customer"]["name"] or row["customer"]["handle"]
    head = f"{mark} {row['id']:>6}  {who}  [{row['channel']} {row['kind']}]  {row['state']}"
    said = _short(first_words(row["snippet"])) or ("New follower" if row["kind"] == "follow" else "")
    return "\n          ".join(
        one for one in (f"{head}  {_waits(row['waiting_since'])}".rstrip(), said) if one
    )


def _inbox(document: Mapping[str, Any]) -> str:
    rows = [_row(row) for row in document["conversations"]]
    if not rows:
        return "Nobody waits here."
    return "\n".join(rows) + (f"\nmore: --after {document['next']}" if document["next"] else "")


def _show(document: Mapping[str, Any]) -> str:
    lines = [_row(document)]
    if context := document["context"]:
        lines.append(f"  about: {context['title'] or _short(context['text'])}")
    for message in document["thread"]:
        who = (
            "us"
            if message["direction"] == "outbound"
            else message["author"]["name"] or message["author"]["handle"]
        )
        lines.append(f"\n  {who}, {_time(message['sent_at'])}, {message['state']}")
        lines += ["    " + line for line in message["text"].splitlines() or [""]]
    return "\n".join(lines)


def _reply(document: Mapping[str, Any]) -> str:
    item = document["outbox"]
    return f"reply {item['id']}: {item['state']}" + (f"  {item['url']}" if item["url"] else "")


def _outbox(document: Mapping[str, Any]) -> str:
    rows = [
        f"{item['id']:>4}  {item['state']:8} {_short(item['text'])}"
        + (f"  ({item['error']})" if item["error"] else "")
        for item in document["outbox"]
    ]
    return "\n".join(rows) or "Nothing is waiting to leave."


def _templates(document: Document) -> str:
    if isinstance(document, Mapping):
        return ", ".join(f"{name}: {value}" for name, value in document.items())
    return (
        "\n".join(f"{t['name']}  /{t['shortcut']}\n    {_short(t['text'])}" for t in document)
        or "No template yet."
    )


_SAID = {
    "complaint": "a complaint",
    "not-complaint": "not a complaint",
    "spam": "spam",
    "not-spam": "not spam",
}


def _corrections(document: Mapping[str, Any]) -> str:
    rows = document.get("corrections", document.get("removed", ()))
    lines = [
        f"{one['id']:>6}  {_time(one['at'])}  {_SAID.get(one['label'], one['label'])}"
        f"{'' if one['conversation'] else ', no longer here'}\n        {_short(one['text'])}"
        for one in rows
    ]
    if "removed" in document:
        return "\n".join([*lines, f"{len(rows)} taken back."])
    return "\n".join(lines) or "You taught nothing yet."


def _people(document: Mapping[str, Any]) -> str:
    if "unmuted" in document:
        return f"{document['unmuted']} is heard again."
    lines = [
        f"{one['id']:>4}  {one['name'] or one['handle']}  [{one['channel']}]" for one in document["muted"]
    ]
    return "\n".join(lines) or "Nobody is muted."


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def _insights(document: Mapping[str, Any]) -> str:
    median, within = document["first_response_median_s"], document["within_target"]
    days = len(document["volume"])
    messages, complaints = (sum(day["count"] for day in document[name]) for name in ("volume", "complaints"))
    lines = [f"{messages} messages in {days} days, {complaints} of them complaints."]
    if median is not None and within is not None:
        lines.append(f"Half of the first answers came within {_span(median)}.")
        lines.append(f"{within:.0%} came within {_span(document['target_s'])}.")
    lines.append(f"{document['unanswered']} people wait for an answer.")
    return "\n".join(lines)


def _doctor(document: Mapping[str, Any]) -> str:
    lines = [
        f"{'ok ' if check['ok'] else 'NOT'} {check['name']:12} {check['detail']}"
        + (f"  -> {check['remedy']}" if check["remedy"] else "")
        for check in document["checks"]
    ]
    return "\n".join(lines)


def _sample(document: Mapping[str, Any]) -> str:
    lines = [
        f"Polled {len(document['accounts'])} accounts of {document['shop']}: {document['messages']} messages."
    ]
    lines.append(f"{document['waiting']} people wait, {document['complaints']} of them complain.")
    answered = document["answered"]
    lines.append(f"{answered['customer']} wrote: {_short(answered['said'])}")
    lines.append(f"Answered: {_short(answered['text'])}")
    lines.append(f"The reply is {answered['outbox']['state']}, once: {answered['outbox']['url'] or ''}")
    return "\n".join(lines)


def _plain(document: Document) -> str:
    if isinstance(document, Mapping):
        return "\n".join(f"{name}: {value}" for name, value in document.items())
    return "\n".join(map(str, document))


_PRINTERS: Mapping[str, Callable[[Any], str]] = {
    "channels": _channels,
    "accounts": _accounts,
    "sync": _sync,
    "inbox": _inbox,
    "show": _show,
    "reply": _reply,
    "outbox": _outbox,
    "mark": _row,
    "corrections": _corrections,
    "people": _people,
    "moderate": lambda document: f"Done ({document['action']}). {_row(document['conversation'])}",
    "attachments": lambda document: f"Saved: {document['file']}",
    "templates": _templates,
    "import-opml": lambda document: f"{len(document['accounts'])} feeds added.",
    "insights": _insights,
    "doctor": _doctor,
    "sample": _sample,
}
