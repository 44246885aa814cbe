"""Adding, checking, renewing and removing accounts: channel, keyring and store in the order that leaves
nothing half done."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from services.channels import Registry
from services.channels.base import (
    Channel,
    ChannelType,
    Identity,
    Preparation,
    SignInMethod,
    Suggestion,
    Tools,
)
from services.credentials import Credentials
from services.errors import ChannelError, Invalid, KeyringError, NotAllowed, NotFound, SignInNeeded
from services.events import AccountChanged, EventHub
from services.model import Account, Freshness, JsonObject
from services.signin import SignIn
from services.store import Store

log = logging.getLogger(__name__)

SIGNED_IN = "signed_in"
"""Key among an account's settings: whether the keyring holds something for it."""


class Accounts:
    def __init__(
        self,
        store: Store,
        credentials: Credentials,
        registry: Registry,
        events: EventHub,
        make_tools: Callable[[ChannelType, Mapping[str, str], float | None], Tools],
        *,
        check_now: Callable[[int], None] = lambda account_id: None,
    ) -> None:
        self._store = store
        self._credentials = credentials
        self._registry = registry
        self._events = events
        self._make_tools = make_tools
        self._check_now = check_now
        self._renewing: dict[int, threading.RLock] = {}

    def list(self) -> tuple[tuple[Account, Freshness], ...]:
        freshness = self._store.freshness_all()
        return tuple((a, freshness.get(a.id, Freshness())) for a in self._store.accounts())

    def channel(self, account: Account, deadline_s: float | None = None) -> Channel:
        """The account's channel with its secrets. Raises SignInNeeded, KeyringError, NotFound (unknown
        kind)."""
        kind = self._registry.get(account.kind)
        secrets = self._credentials.get(account.id) if account.settings.get(SIGNED_IN) else {}
        if account.settings.get(SIGNED_IN) and not secrets:
            raise SignInNeeded("no-credentials")
        tools = self._make_tools(kind, secrets, deadline_s)

        def keep(changes: Mapping[str, str]) -> None:
            tools.web.mask(changes.values())
            self._credentials.keep(account.id, changes)

        tools = replace(
            tools,
            keep_secrets=keep,
            current_secrets=partial(self._credentials.reread, account.id),
            renewing=self._renewing.setdefault(account.id, threading.RLock()),
        )
        return kind(account.settings, secrets, tools)

    def bare_channel(self, account: Account) -> Channel:
        """Without secrets: for what needs no network (limits, prefix, pages)."""
        kind = self._registry.get(account.kind)
        return kind(account.settings, {}, self._make_tools(kind, {}, None))

    # --- adding

    def add(self, kind: str, settings: JsonObject, secrets: Mapping[str, str], *, name: str = "") -> Account:
        """Verifies with the network, then stores the account and its secrets. Nothing is left behind when any
        of it fails. One that is there already and waits for a sign-in is renewed by it; raises Invalid
        (``already-there``) for any other."""
        channel_type = self._registry.get(kind)
        clean = self._checked(channel_type, settings, secrets)
        identity, secrets = self._identified(channel_type, clean, secrets)
        if secrets and (there := self._locked_out(kind, identity.remote_id)):
            return self._renewed(there, clean, identity, secrets)
        account = self._store.add_account(
            kind,
            name or self._name_for(channel_type, identity),
            handle=identity.handle,
            remote_id=identity.remote_id,
            url=identity.url,
            settings={
                **clean,
                **identity.settings,
                SIGNED_IN: bool(secrets),
                Account.OUR_NAME: identity.name,
            },
        )
        self._keep(account, secrets)
        self._events.publish(AccountChanged(account.id))
        self._check_now(account.id)
        return account

    def _keep(self, account: Account, secrets: Mapping[str, str]) -> None:
        """Of an account just stored: without its secrets it would be of no use."""
        try:
            if secrets:
                self._credentials.put(account.id, dict(secrets))
        except KeyringError:
            self._store.remove_account(account.id)
            raise

    def renew(self, account_id: int, settings: JsonObject, secrets: Mapping[str, str]) -> Account:
        """New credentials for an account that is there; refuses those of somebody else
        (``another-account``). Without any, the settings alone are changed."""
        account = self._store.account(account_id)
        channel_type = self._registry.get(account.kind)
        if not secrets:
            return self._changed(account, channel_type, settings)
        # A sign-in through the browser hands back what the network told of the account before.
        new = {name: value for name, value in settings.items() if name not in account.settings}
        self._check_names(channel_type, new, secrets)
        merged = {**account.settings, **settings}
        identity, secrets = self._identified(channel_type, merged, secrets)
        if account.remote_id and identity.remote_id != account.remote_id:
            raise Invalid("another-account", field="account", handle=identity.handle)
        return self._renewed(account, settings, identity, secrets)

    def _changed(self, account: Account, channel_type: ChannelType, settings: JsonObject) -> Account:
        """Other settings for an account that stays signed in, checked with its network."""
        self._check_names(channel_type, settings, {})
        kept = self._credentials.get(account.id) if account.settings.get(SIGNED_IN) else {}
        if account.settings.get(SIGNED_IN) and not kept:
            raise SignInNeeded("no-credentials")
        free = {field.name for field in channel_type.signin.fields if field.is_free}
        for name, value in settings.items():
            if kept and name not in free and value != account.settings.get(name):
                raise Invalid("needs-sign-in", field=name)
        with self._renewing.setdefault(account.id, threading.RLock()):
            identity, secrets = self._identified(channel_type, {**account.settings, **settings}, kept)
            if account.remote_id and identity.remote_id != account.remote_id:
                raise Invalid("another-account", field="account", handle=identity.handle)
            if secrets != kept:
                self._credentials.put(account.id, dict(secrets))
            account = self._store.update_account(
                account.id,
                handle=identity.handle,
                url=identity.url,
                settings={
                    **settings,
                    **identity.settings,
                    SIGNED_IN: bool(secrets),
                    Account.OUR_NAME: identity.name,
                },
            )
        self._events.publish(AccountChanged(account.id))
        self._check_now(account.id)
        return account

    def _locked_out(self, kind: str, remote_id: str) -> Account | None:
        """The account there, if its network or the key store refused it when it was last asked."""
        freshness = self._store.freshness_all()
        silent = (SignInNeeded.kind, NotAllowed.kind)
        for account in self._store.accounts():
            if remote_id and (account.kind, account.remote_id) == (kind, remote_id):
                return account if freshness[account.id].error_kind in silent else None
        return None

    def _renewed(
        self, account: Account, settings: JsonObject, identity: Identity, secrets: Mapping[str, str]
    ) -> Account:
        self._credentials.put(account.id, dict(secrets))
        account = self._store.update_account(
            account.id,
            handle=identity.handle,
            url=identity.url,
            settings={
                **settings,
                **identity.settings,
                SIGNED_IN: True,
                Account.OUR_NAME: identity.name,
            },
        )
        self._events.publish(AccountChanged(account.id))
        self._check_now(account.id)
        return account

    def begin_signin(
        self, kind: str, settings: JsonObject, *, renew: int | None = None, by_code: bool = False
    ) -> SignIn:
        """Opens nothing by itself: the caller shows ``url`` in the browser."""
        channel_type = self._registry.get(kind)
        clean = self._checked(channel_type, settings, {}) if renew is None else dict(settings)
        if renew is not None:
            clean = {**self._store.account(renew).settings, **clean}

        def done(found: JsonObject, secrets: Mapping[str, str]) -> Account:
            return self.add(kind, found, secrets) if renew is None else self.renew(renew, found, secrets)

        return SignIn(channel_type, clean, self._make_tools(channel_type, {}, None), done, by_code=by_code)

    def prepare(self, kind: str, settings: JsonObject) -> Preparation:
        """What is known before credentials are asked for. Blocks; raises Invalid where none would help."""
        channel_type = self._registry.get(kind)
        return channel_type.prepare(settings, self._make_tools(channel_type, {}, None))

    def suggest(self, address: str) -> Sequence[Suggestion]:
        """What every channel sees behind an address. Raises the last ChannelError when no channel could look
        at it."""
        found: list[Suggestion] = []
        trouble: ChannelError | None = None
        for channel_type in self._registry.all():
            try:
                found.extend(channel_type.suggest(address, self._make_tools(channel_type, {}, None)))
            except ChannelError as error:
                trouble = error
        if not found and trouble is not None:
            raise trouble
        return found

    # --- changing

    def remove(self, account_id: int) -> None:
        """Removes it with everything heard from it; credentials first, so that none outlives its account."""
        account = self._store.account(account_id)
        try:
            channel = self.channel(account)
            channel.sign_out()
        except (ChannelError, KeyringError, NotFound) as error:
            log.info("%s: not signed out there: %s", account.kind, error.kind)
        try:
            self._credentials.delete(account_id)
        except KeyringError as error:
            log.warning("%s: the key store did not remove the credentials: %s", account.kind, error.kind)
        self._store.remove_account(account_id)
        self._events.publish(AccountChanged(account_id))

    def forget_sign_ins(self) -> tuple[Account, ...]:
        """Takes all of this profile out of the key store, and leaves everything that was heard; whose were
        taken. The networks are not told: an uninstaller has no time for them.

        Raises KeyringMissing, KeyringLocked, KeyringError: some may be gone by then.
        """
        accounts = tuple(self._store.accounts())
        for account in accounts:
            self._credentials.delete(account.id)
            self._events.publish(AccountChanged(account.id))
        return accounts

    def rename(self, account_id: int, name: str) -> Account:
        if not name.strip():
            raise Invalid("empty", field="name")
        account = self._store.update_account(account_id, name=name.strip())
        self._events.publish(AccountChanged(account_id))
        return account

    def pause(self, account_id: int, *, on: bool) -> Account:
        account = self._store.update_account(account_id, paused=on)
        self._events.publish(AccountChanged(account_id))
        return account

    # --- other readers

    def import_sources(self, document: bytes) -> tuple[Account, ...]:
        """Adds what another program exported without asking each source first; known ones are left as they
        are. Raises Invalid when no channel can read the file."""
        added = []
        for suggestion in self._read_sources(document):
            settings, secrets = self._registry.get(suggestion.kind).part(suggestion.settings)
            address = str(settings.get("url", ""))
            try:
                account = self._store.add_account(
                    suggestion.kind,
                    suggestion.title,
                    remote_id=address,
                    url=address,
                    settings={**settings, SIGNED_IN: True} if secrets else settings,
                )
            except Invalid as error:
                if error.reason != "already-there":
                    raise
            else:
                self._keep(account, secrets)
                added.append(account)
        for account in added:
            self._events.publish(AccountChanged(account.id))
            self._check_now(account.id)
        return tuple(added)

    def _read_sources(self, document: bytes) -> Sequence[Suggestion]:
        """Raises what the channel with such a format says of the file; the others know none of it."""
        nobody = trouble = Invalid("no-source-list", field="file")
        for channel_type in self._registry.all():
            try:
                return channel_type.read_sources(document)
            except Invalid as error:
                if error.reason != nobody.reason:
                    trouble = error
        raise trouble

    def export_sources(self) -> str:
        """For other readers: the sources of the channels that have such a format."""
        accounts = self._store.accounts()
        written = (
            channel_type.write_sources(
                [(a.name, a.settings) for a in accounts if a.kind == channel_type.kind]
            )
            for channel_type in self._registry.all()
        )
        return "".join(written)

    # --- checking

    def _name_for(self, channel_type: ChannelType, identity: Identity) -> str:
        """What a new account is called until the owner renames it. A sign-in goes by its network ("Mastodon:
        nothing heard"), for on every network the shop's own name is the same; a watched source goes by its
        own title."""
        fields = channel_type.signin.fields
        is_signin = channel_type.signin.method in (SignInMethod.OAUTH, SignInMethod.PASSWORD) or any(
            field.secret and field.required for field in fields
        )
        if not is_signin:
            return identity.name or identity.handle or channel_type.title
        is_first = all(account.kind != channel_type.kind for account in self._store.accounts())
        return channel_type.title if is_first else f"{channel_type.title} {identity.handle or identity.name}"

    def _checked(
        self, channel: ChannelType, settings: JsonObject, secrets: Mapping[str, str]
    ) -> dict[str, object]:
        self._check_names(channel, settings, secrets)
        known = {f.name: f for f in channel.signin.fields}
        clean: dict[str, object] = {}
        for field in known.values():
            value = (
                str((secrets if field.secret else settings).get(field.name, "") or "").strip()
                or field.default
            )
            if field.required and not value:
                raise Invalid("missing", field=field.name)
            if field.choices and value and value not in field.choices:
                raise Invalid("not-a-choice", field=field.name)
            if not field.secret and value:
                clean[field.name] = value
        return clean

    def _check_names(self, channel: ChannelType, settings: JsonObject, secrets: Mapping[str, str]) -> None:
        known = {f.name: f for f in channel.signin.fields}
        for name in settings:
            if name in known and known[name].secret:
                raise Invalid("secret-as-setting", field=name)
            if name not in known and not name.startswith("_"):
                raise Invalid("unknown", field=name)
            if name in known and known[name].is_address and not channel.plain_http:
                self._check_protection(name, settings[name])
        for name in secrets:
            # A leading _ marks what a sign-in through the browser brought along beside the fields.
            if not name.startswith("_") and (name not in known or not known[name].secret):
                raise Invalid("unknown", field=name)

    @staticmethod
    def _check_protection(name: str, typed: object) -> None:
        from services.channels.pages import is_unprotected

        if is_unprotected(str(typed or "")):
            raise Invalid("plain-http", field=name)

    def _identified(
        self, channel_type: ChannelType, settings: JsonObject, secrets: Mapping[str, str]
    ) -> tuple[Identity, Mapping[str, str]]:
        """Who it is, and the secrets with what the network added to them (a session)."""
        tools = self._make_tools(channel_type, secrets, None)
        grown = dict(secrets)

        def keep(changes: Mapping[str, str]) -> None:
            tools.web.mask(changes.values())
            self._credentials.mask(changes.values())
            grown.update(changes)

        channel = channel_type(settings, secrets, replace(tools, keep_secrets=keep))
        return channel.identify(), grown
