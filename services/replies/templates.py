"""Saved replies: the owner's own, the starters that come with the program, and both as files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from services.errors import Invalid, NotFound
from services.files import write_atomically
from services.model import Direction, Template, Thread
from services.replies.names import first_name
from services.replies.variables import Rendered, render

STARTERS = Path(__file__).resolve().parents[2] / "resources" / "replies"
_SEEDED = "starter-replies"
_LONGEST_FILE = 2_000_000
_LONGEST_TEXT = 20_000
_LONGEST_NAME = 100
_COLUMNS = ("name", "text", "shortcut", "language")


class TemplateStore(Protocol):
    """What is needed of ``services.store.Store``."""

    def templates(self) -> Sequence[Template]: ...
    def save_template(self, template: Template) -> Template: ...
    def remove_template(self, template_id: int) -> object: ...
    def account(self, account_id: int) -> Any: ...
    def get_meta(self, key: str) -> str | None: ...
    def set_meta(self, key: str, value: str) -> object: ...


class ShopSettings(Protocol):
    """What is needed of ``services.settings.SettingsFile``."""

    @property
    def current(self) -> Any: ...


class Titles(Protocol):
    """What is needed of ``services.channels.Registry``."""

    def get(self, kind: str) -> Any: ...


class Templates:
    """The saved replies of one profile. Starters are put in once; those the owner removes stay removed."""

    def __init__(self, store: TemplateStore, settings: ShopSettings) -> None:
        self._store = store
        self._settings = settings

    def all(self) -> tuple[Template, ...]:
        """Most used first, then in the order in which they came."""
        self._seed()
        return tuple(sorted(self._store.templates(), key=lambda one: (-one.used, one.id)))

    def get(self, name: str) -> Template:
        """By name, shortcut or id. Raises NotFound."""
        wanted = name.strip().casefold().removeprefix("/")
        for template in self.all():
            if wanted in (template.name.casefold(), template.shortcut.casefold(), str(template.id)):
                return template
        raise NotFound("template", name)

    def add(self, name: str, text: str, *, shortcut: str = "", language: str = "") -> Template:
        """A template of the same name is replaced. Raises Invalid: ``empty``, ``too-long``,
        ``already-there`` (shortcut).
        """
        new = _checked(name, text, shortcut, language)
        self._seed()
        old = {one.name.casefold(): one for one in self._store.templates()}
        for other in old.values():
            if (
                new.shortcut
                and other.shortcut == new.shortcut
                and other.name.casefold() != new.name.casefold()
            ):
                raise Invalid("shortcut-taken", field="shortcut", name=other.name)
        before = old.get(new.name.casefold())
        return self._store.save_template(replace(new, id=before.id, used=before.used) if before else new)

    def save(self, template: Template) -> Template:
        """An edited template (its id decides); 0 adds one."""
        if not template.id:
            return self.add(
                template.name, template.text, shortcut=template.shortcut, language=template.language
            )
        checked = _checked(template.name, template.text, template.shortcut, template.language)
        for other in self._store.templates():
            if other.id != template.id and other.name.casefold() == checked.name.casefold():
                raise Invalid("name-taken", field="name", name=other.name)
            if other.id != template.id and checked.shortcut and other.shortcut == checked.shortcut:
                raise Invalid("shortcut-taken", field="shortcut", name=other.name)
        return self._store.save_template(replace(checked, id=template.id, used=template.used))

    def remove(self, name: str) -> None:
        self._store.remove_template(self.get(name).id)

    # --- filling

    def values(self, thread: Thread, network_title: str = "") -> dict[str, str]:
        """What the variables mean in this conversation; empty where it is not known."""
        asked = [m for m in thread.messages if m.direction is Direction.INBOUND and m.is_addressed]
        author = asked[-1].author if asked else None
        name = (author.name if author else "") or thread.conversation.customer_name
        settings = self._settings.current
        handle = (author.handle if author else "") or thread.conversation.customer_handle
        return {
            "first_name": first_name(name),
            "name": "" if name.lstrip("@").casefold() == handle.lstrip("@").casefold() else name,
            "handle": handle,
            "shop": settings.shop_name,
            "owner": settings.owner_first_name,
            "network": network_title,
        }

    def render(self, template: Template, thread: Thread, network_title: str = "") -> Rendered:
        """The template as it would read for this customer, blanks still open."""
        return render(template.text, self.values(thread, network_title))

    def filled(self, name: str, thread: Thread, channels: Titles, values: Mapping[str, str]) -> str:
        """Ready to send. Raises NotFound, and Invalid ``blank-left`` with the name of the blank."""
        template = self.get(name)
        account = self._store.account(thread.conversation.account_id)
        try:
            title = str(channels.get(account.kind).title)
        except NotFound:
            title = account.name
        result = render(template.text, {**self.values(thread, title), **values})
        if result.blanks:
            raise Invalid("blank-left", field="template", name=result.blanks[0].name)
        return result.text

    # --- files

    def import_file(self, path: Path) -> int:
        """JSON or CSV, told apart by what is in it. Returns how many were read; same names are replaced."""
        try:
            with path.open("rb") as file:
                raw = file.read(_LONGEST_FILE + 1)
        except FileNotFoundError:
            raise NotFound("file", path) from None
        except OSError as error:
            raise Invalid("not-readable", field="file", path=str(path)) from error
        if len(raw) > _LONGEST_FILE:
            raise Invalid("too-large", field="file")
        found = read_templates(raw)
        for one in found:
            self.add(one.name, one.text, shortcut=self._free(one), language=one.language)
        return len(found)

    def _free(self, new: Template) -> str:
        """Its shortcut, unless another template has it; an import must not stop half way for that."""
        taken = {t.shortcut for t in self._store.templates() if t.name.casefold() != new.name.casefold()}
        return "" if new.shortcut in taken else new.shortcut

    def export_file(self, path: Path) -> int:
        """CSV where the name ends so, else JSON. Raises DiskFull, Invalid ``file-not-writable``."""
        templates = self.all()
        write = write_csv if path.suffix.lower() == ".csv" else write_json
        try:
            write_atomically(path, write(templates))
        except OSError as error:
            raise Invalid("file-not-writable", field="file", path=str(path)) from error
        return len(templates)

    def _seed(self) -> None:
        if self._store.get_meta(_SEEDED):
            return
        there = {one.name.casefold() for one in self._store.templates()}
        for template in starters(self._settings.current.language):
            if template.name.casefold() not in there:
                self._store.save_template(template)
        self._store.set_meta(_SEEDED, "1")


def starters(language: str = "") -> tuple[Template, ...]:
    """The replies that come with the program, in ``language`` where there are such, else in English."""
    for code in (language.replace("-", "_").partition("_")[0], "en"):
        path = STARTERS / f"{code}.json"
        if code.isalpha() and path.is_file():
            return read_templates(path.read_bytes())
    return ()


def read_templates(raw: bytes) -> tuple[Template, ...]:
    """From JSON (a list, or an object with ``templates``) or CSV with a header. Raises Invalid."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    rows = _json_rows(text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text)
    found = []
    for row in rows:
        values = {str(key).strip().casefold(): value for key, value in row.items() if isinstance(value, str)}
        if not values.get("text", "").strip() and not values.get("name", "").strip():
            continue
        found.append(_checked(*(values.get(column, "") for column in _COLUMNS)))
    if not found:
        raise Invalid("not-templates", field="file")
    return tuple(found)


def _json_rows(text: str) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("not-templates", field="file") from error
    rows = document.get("templates") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid("not-templates", field="file")
    return rows


def _csv_rows(text: str) -> list[Mapping[str, Any]]:
    first_line = text.partition("\n")[0]
    try:
        # Spreadsheets of half of Europe write semicolons.
        delimiter = max(",;\t", key=first_line.count)
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Invalid("not-templates", field="file") from error


def write_json(templates: Sequence[Template]) -> bytes:
    rows = [{column: getattr(one, column) for column in _COLUMNS} for one in templates]
    return (json.dumps({"templates": rows}, ensure_ascii=False, indent=1) + "\n").encode()


def write_csv(templates: Sequence[Template]) -> bytes:
    """With a byte order mark, without which spreadsheets take UTF-8 for something else."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for one in templates:
        writer.writerow([getattr(one, column) for column in _COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def _checked(name: str, text: str, shortcut: str, language: str) -> Template:
    name, shortcut = " ".join(name.split()), shortcut.strip().removeprefix("/")
    _check(name, "name", _LONGEST_NAME)
    _check(text.strip(), "text", _LONGEST_TEXT)
    if len(shortcut) > 30 or any(char.isspace() for char in shortcut):
        raise Invalid("bad-shortcut", field="shortcut")
    return Template(0, name, text.strip(), shortcut, language.strip()[:20])


def _check(value: str, field: str, longest: int) -> None:
    if not value:
        raise Invalid("empty", field=field)
    if len(value) > longest:
        raise Invalid("too-long", field=field)
