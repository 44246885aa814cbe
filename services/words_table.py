"""The table behind ``services/words.py``: English source texts, by error kind and by kind and reason.

The voice: short main clauses, what is safe before what is broken, times of the owner's day, no exclamation
marks, nobody is blamed.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.words_invalid import INVALID

SENTENCES: Mapping[str, str] = {
    "error": "Something went wrong in Shopbell. Your messages are safe.",
    # --- sign-in
    "sign-in-needed": "{account} does not accept this sign-in.",
    "sign-in-needed.no-credentials": "The sign-in of {account} is not in this computer's key store.",
    "sign-in-needed.wrong-code": "{network} does not accept this code. A new one is needed each time.",
    "sign-in-needed.not-the-text": "This is not the text that {network} shows. Copy all of it there.",
    "sign-in-needed.text-cut-short": "A part of the text is missing. Copy all of it there, at {network}.",
    "sign-in-needed.cancelled": "The sign-in was not finished in the browser.",
    "sign-in-needed.timeout": "Nobody finished the sign-in in the browser for five minutes.",
    "sign-in-needed.revoked": "{account} no longer accepts this sign-in.",
    "sign-in-needed.denied": "{network} was told not to let Shopbell in. Start again and allow it there.",
    "sign-in-needed.no-code": "{network} sent the browser back without a code. Start the sign-in again.",
    "sign-in-needed.wrong-state": "The answer in the browser belongs to another sign-in. Start it again.",
    "sign-in-needed.no-token": "{account} has no sign-in yet.",
    "sign-in-needed.app-token": (
        "This token belongs to a program, not to a person. {network} shows a personal one."
    ),
    "sign-in-needed.wrong-token": "What was pasted cannot be an access token of {network}.",
    "sign-in-needed.bot-token": (
        "{account} does not accept the token of the bot. Copy it there once more, whole, or make a new one."
    ),
    "sign-in-needed.needs-token": "{account} shows this only to people who are signed in.",
    "sign-in-needed.app-forgotten": "{network} no longer knows this sign-in. Start it again.",
    "sign-in-needed.another-account": "{account} was signed in as somebody else. Sign in again.",
    "sign-in-needed.moved": "{account} has moved to {name}. Sign in again with that address.",
    "sign-in-needed.wrong-password": (
        "{account} does not accept this name and password. A new app password from there helps."
    ),
    "sign-in-needed.needs-app-password": (
        "{account} asks for a code, so this is your main password. Make an app password there and use that."
    ),
    "sign-in-needed.suspended": "{account}: the account was suspended there. Only {network} can change that.",
    "sign-in-needed.deactivated": (
        "{account}: the account is switched off there. Switch it on again in its settings."
    ),
    "not-allowed": "{account} does not allow {permission}.",
    "not-allowed.forbidden": "{account} does not allow this to the account you signed in with.",
    "not-allowed.members": "{account} does not allow Shopbell to read this.",
    "not-allowed.scope": "{account} does not allow {permission}. Sign in again and allow it there.",
    "not-allowed.api-blocked": (
        "{account} keeps programs out: a security plugin or the host blocks its REST API. Allow it there."
    ),
    "not-allowed.passwords-off": (
        "{account} has application passwords switched off. A security plugin does that, or a site without"
        " https."
    ),
    "not-allowed.no-history": (
        "The bot of {account} may not read what was written in {name}."
        " Give it the permission Read Message History there."
    ),
    "not-allowed.no-content": (
        "The bot of {account} is told who writes, but not what."
        " Switch on Message Content Intent on the bot's page for developers; nothing is lost."
    ),
    "not-allowed.no-room": (
        "The bot of {account} may not see {name}. Give it the permission View Channel there."
    ),
    "not-allowed.no-rooms": (
        "The bot of {account} can read no channel. Invite it to your server and let it see the channels."
    ),
    "not-allowed.not-in-room": (
        "{account} is not in the room {name}. Join it with your program for {network}."
    ),
    "not-allowed.invite-waits": (
        "{account} is invited into {name}. Accept that in your program for {network}."
    ),
    "not-allowed.one-room": (
        "The bot of {account} may not read {name}. Give it the permissions View Channel and Read Message"
        " History there. The other channels are heard."
    ),
    "not-allowed.consent": (
        "{account} wants you to agree to its terms. Sign in there in the browser once, then check again."
    ),
    "sign-in-needed.guest": (
        "This token belongs to a guest of {network}, who may not answer. Take that of an account of yours."
    ),
    "sign-in-needed.search": (
        "{account}: {name} does not accept its token. The other searches are heard. Add it anew with a new"
        " token."
    ),
    "not-allowed.search": "{account}: {name} does not let Shopbell read it. The other searches are heard.",
    # --- pauses
    "sign-in-needed.app-password": (
        "{account} wants an app password. Make one there, for Shopbell alone, and use it here."
    ),
    "sign-in-needed.password-not-accepted": (
        "{account} takes no passwords from other programs any more. Shopbell cannot read mail there."
    ),
    "sign-in-needed.web-login": (
        "{account} wants you to sign in once in the browser and confirm that it is you."
        " Then sign in again here."
    ),
    "not-allowed.folder": "{account} does not let Shopbell read your inbox. Allow it there.",
    "not-allowed.imap-off": (
        "{account} has access for mail programs (IMAP) switched off. Switch it on in its settings."
    ),
    "not-allowed.no-sign-in": "{account} lets nobody sign in for sending. Look at the server and its port.",
    "rate-limited.connections": (
        "{account} has had too many visits for now. Shopbell waits and looks again. Nothing is lost."
    ),
    "rate-limited": "{account} asks for a pause{at}. Nothing is lost.",
    "rate-limited.search": "{account}: {name} asks for a pause{at}. The other searches are heard.",
    # --- the way there
    "channel-error": "{account} could not be asked. Shopbell keeps trying.",
    "unreachable": "{account} does not answer. Shopbell keeps trying.",
    "unreachable.dns": "{account} is not found. Its address may be wrong, or this computer is offline.",
    "unreachable.refused": "{account} takes no connections just now. Shopbell keeps trying.",
    "unreachable.timeout": "{account} does not answer in time. Shopbell keeps trying.",
    "unreachable.deadline": "{account} answers too slowly. Shopbell keeps trying.",
    "unreachable.tls": "{account} cannot prove who it is, so nothing was sent there.",
    "unreachable.reset": "The connection to {account} broke off. Shopbell keeps trying.",
    "unreachable.server": "{account} has trouble of its own just now. Shopbell keeps trying.",
    "unreachable.unknown-certificate": (
        "{account} shows a certificate that nobody vouches for, so nothing was sent there."
        " If the server is yours, name its certificate file."
    ),
    "unreachable.wrong-certificate": (
        "{account} shows a certificate that is out of date or for another name, so nothing was sent there."
        " Look at the name of the server."
    ),
    "unreachable.no-protection": (
        "{account} offers no protected connection, so your password was not sent there."
        " Try another port or server."
    ),
    "unreachable.no-certificate-file": (
        "The certificate file of {account} cannot be read, so nothing was sent there."
        " Put it back, or add the account again."
    ),
    "unreachable.read-only": "{account} can only be read at the moment. Shopbell keeps trying.",
    "unreachable.offline": "This computer is offline. Nothing is lost.",
    "unreachable.insecure": "{account} would use an unprotected connection, so nothing was sent there.",
    "unreachable.downgrade": "{account} leads to an unprotected connection, which was not followed.",
    "unreachable.redirects": "{account} leads round in circles, so its answer was not reached.",
    "unreachable.proxy": "The proxy of this computer does not answer, so {account} was not reached.",
    "unreachable.cancelled": "Stopped before {account} answered. The next round asks again.",
    "unreachable.closed": "Stopped before {account} answered. The next round asks again.",
    "unreachable.network": "{account} was not reached. Shopbell keeps trying.",
    "unreachable.address": "The address of {account} is not one that can be asked.",
    "unreachable.http": "{account} answers in a broken way. Shopbell keeps trying.",
    "unreachable.search": "{account}: {name} does not answer. The other searches are heard.",
    # --- what came back
    "bad-answer": "{account} answers in a way Shopbell cannot read. Shopbell keeps trying.",
    "bad-answer.bug": "Something went wrong in Shopbell while reading {account}. Your messages are safe.",
    "bad-answer.no-progress": "{account} keeps sending the same page. Shopbell tries again later.",
    "bad-answer.not-found": "{account} has nothing at this address.",
    "bad-answer.gone": "{account} was taken down by its owner. What came before is kept.",
    "bad-answer.not-a-mail-server": (
        "{account} answers, but not as a mail server does. Look at its name and port."
    ),
    "bad-answer.no-mail-server": "{account} does not know its mail server any more. Add it again.",
    "bad-answer.command": "{account} refused a plain question to its mail server. Shopbell keeps trying.",
    "bad-answer.status": (
        "{account} answered with an error of its own (status {status}). Shopbell keeps trying."
    ),
    "bad-answer.too-large": (
        "{account} sends more at once than Shopbell takes. The rest was left where it is."
    ),
    "bad-answer.not-a-feed": "There is no feed at the address of {account}.",
    "bad-answer.empty": "{account} sent an empty page.",
    "bad-answer.truncated": "The answer of {account} broke off in the middle. Shopbell keeps trying.",
    "bad-answer.encoding": "{account} sends its text in a way Shopbell cannot unpack.",
    "bad-answer.not-json": "{account} answers in a way Shopbell cannot read. Shopbell keeps trying.",
    "bad-answer.forbidden-entities": "{account} sends a document built to do harm. It was not read.",
    "bad-answer.too-slow": "{account} sends a document that takes too long to read.",
    "bad-answer.not-http": "{account} answers, but not as a web server does.",
    "bad-answer.web-page": (
        "{account} answers with a web page where its REST API should be. A security plugin or the host may"
        " be in the way."
    ),
    "bad-answer.no-api": "{account} has no REST API at its address.",
    "bad-answer.another-network": "There is no {network} at this address.",
    "bad-answer.no-such-room": (
        "There is no channel {name} that the bot of {account} can reach. Look at the channel's number."
    ),
    "bad-answer.one-room": (
        "There is no channel {name} any more that the bot of {account} can reach."
        " The other channels are heard."
    ),
    "bad-answer.encrypted-room": (
        "What is said in {name} is encrypted, so {account} cannot hear it here."
        " Only your own program for {network} has the keys."
    ),
    "bad-answer.no-such-chat": "There is no room {name} that {account} can reach. Look at its address.",
    "bad-answer.room-gap": (
        "{account} is heard, but not all that was said in {name} meanwhile could be fetched. Look there."
    ),
    "bad-answer.room-replaced": (
        "{account}: the room {name} was closed for a new one. Join that with your program for {network}, and"
        " add the source again with it."
    ),
    "bad-answer.webhook": (
        "Another program receives what is written to {account} (a webhook)."
        " Switch that off, or make a bot for Shopbell alone."
    ),
    "bad-answer.another-reader": (
        "Another program reads what is written to {account}. Stop it, or make a bot for Shopbell alone."
    ),
    "bad-answer.moved": (
        "{account} answers from another address, and Shopbell does not take the sign-in there."
        " Change the address of its server."
    ),
    "bad-answer.search": (
        "{account}: {name} does not answer as a search does. The other searches are heard."
    ),
    "refused": "{account} will not accept this.",
    "refused.spam-not-told": "It is marked here. {account} could not be told. Mark it there as well.",
    "refused.not-saved": "{account} does not hand this file out. Open it there.",
    "bad-answer.attachment-too-large": "This file is larger than Shopbell saves. Open it there.",
    "refused.not-offered": "{account} cannot do this from here. Open it there.",
    "refused.not-moderated": "{account} did not accept this. Nothing was changed. Open it there.",
    "refused.message-gone": "This is no longer there at {account}. What was said is kept here.",
    "unclear.not-known": (
        "The connection to {account} broke off. It is not known whether this was done; again does no harm."
    ),
    "refused.no-browser-signin": "{network} has no sign-in through the browser. Use its token instead.",
    "refused.no-file": "{account} does not hand out this file any more, or it is too large for that.",
    "unclear": "The connection to {account} broke off. It is not known whether this arrived.",
    # --- the file on disk
    "store-error": "The database could not be used. Nothing was changed.",
    "store-error.read-only": "Nothing can be written to the database. Its file or folder is read-only.",
    "store-error.gone": (
        "The folder with your messages is not there any more. If its disk was unplugged, plug it in and start"
        " Shopbell again. What you write until then cannot be kept."
    ),
    "store-error.closed": "Shopbell is closing. Nothing was changed.",
    "newer-database": "This profile was last used by a newer Shopbell. It was not touched.",
    "newer-database.backup": (
        "This backup was made by a newer Shopbell. Nothing was replaced. Update Shopbell."
    ),
    "damaged-database": "The database is damaged. The last good copies are safe beside it.",
    "damaged-database.not-a-database": "The file of the database holds something else. It was not touched.",
    "damaged-database.foreign": "The file of the database belongs to another program. It was not touched.",
    "damaged-database.cut-short": (
        "The database breaks off in the middle. The last good copies are safe beside it."
    ),
    "damaged-database.empty": "The database is empty. The last good copies are safe beside it.",
    "damaged-database.migration": "The database could not be brought up to date. It was left as it was.",
    "damaged-database.copy": "This copy of the database is damaged. It was not used.",
    "damaged-database.check": "The database in this backup is damaged. Nothing was replaced.",
    "damaged-database.counts": "This backup does not hold all that it says. Nothing was replaced.",
    "damaged-database.checksum": "This backup is damaged. Nothing was replaced.",
    "disk-full": "The disk is full. Everything up to now is safe; nothing new can be kept.",
    "disk-full.upgrade": (
        "To bring your messages up to date, Shopbell makes a copy first. That takes {needed}; the disk has"
        " {free} left. Nothing was changed."
    ),
    "database-busy": "Another program holds the database. Nothing was changed.",
    "database-busy.in-use": "Shopbell is open on this profile. Nothing was changed.",
    "database-busy.upgrading": ("Another Shopbell is bringing this profile up to date. Nothing was changed."),
    "stopped": "Stopped. Nothing was changed.",
    # --- the key store
    "keyring-error": "This computer's key store did not work. Nothing was written anywhere else.",
    "keyring-missing": "This computer offers no safe place for passwords.",
    "keyring-missing.refused": (
        "This computer offers only a place for passwords that others could read. It was not used."
    ),
    "keyring-locked": "This computer's key store is locked.",
    "keyring-locked.waiting": "This computer's key store waits for its password.",
    "keyring-locked.timeout": "This computer's key store was not unlocked in time.",
    # --- what was asked for
    "not-found": "There is no such {what}: {name}.",
    "not-found.nameless": "There is no such {what}.",
    **INVALID,
}

GENERAL: frozenset[str] = frozenset(
    {
        # Reasons that mean something to the log only; the sentence of their kind says all that helps the
        # owner.
        "bad-answer.no-account-id",
        "bad-answer.no-client-id",
        "bad-answer.no-home",
        "bad-answer.no-token",
        "bad-answer.no-update-id",
        "bad-answer.not-a-document",
        "bad-answer.not-a-list",
        "keyring-error.failed",
        "keyring-locked.not-unlocked",
        "keyring-missing.none",
        "newer-database.newer",
        "not-allowed.403",
        "sign-in-needed.401",
        "unclear.not-json",
    }
)

STAGES: Mapping[str, str] = {
    # What a long piece of work is at; see services/progress.py.
    "waiting": "Another Shopbell is doing this already",
    "unpacking": "Reading the backup",
    "copying": "Making a copy",
    "changing": "Bringing the copy up to date",
    "checking": "Checking the copy",
}
