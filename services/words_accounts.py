"""English source texts about accounts: what they lack and what to do about it; part of the table behind
``services/words.py``."""

from __future__ import annotations

from collections.abc import Mapping

SINCE: Mapping[str, str] = {
    # About an account that was heard before; {since} is known.
    "sign-in-needed": "{account}: nothing heard since {since}. It no longer accepts your sign-in.",
    "sign-in-needed.no-credentials": (
        "{account}: nothing heard since {since}. Its sign-in is not in this computer's key store."
    ),
    "sign-in-needed.bot-token": (
        "{account}: nothing heard since {since}. It no longer accepts the token of the bot. Sign in again"
        " with a new one."
    ),
    "sign-in-needed.suspended": (
        "{account}: nothing heard since {since}. {network} has suspended the account; only {network} can"
        " change that."
    ),
    "sign-in-needed.deactivated": (
        "{account}: nothing heard since {since}. The account is switched off there; switch it on again in its"
        " settings."
    ),
    "sign-in-needed.needs-token": (
        "{account}: nothing heard since {since}. It now shows this only to people who are signed in."
    ),
    "not-allowed.members": (
        "{account}: nothing heard since {since}. It does not allow Shopbell to read this any more."
    ),
    "not-allowed": "{account}: nothing heard since {since}. It does not allow {permission}.",
    "not-allowed.api-blocked": (
        "{account}: nothing heard since {since}. A security plugin or the host keeps programs out."
        " Allow the REST API there."
    ),
    "not-allowed.passwords-off": (
        "{account}: nothing heard since {since}. Application passwords were switched off there."
    ),
    "unreachable": (
        "{account} does not answer since {since}. Shopbell keeps trying and fetches what was missed."
    ),
    "unreachable.dns": (
        "{account} is not found since {since}. Its address may have changed, or this computer is offline."
    ),
    "unreachable.tls": (
        "{account} cannot prove who it is since {since}, so nothing was sent there. Shopbell keeps trying."
    ),
    "unreachable.unknown-certificate": (
        "{account} shows a certificate since {since} that nobody vouches for, so nothing was sent there."
        " If the server is yours, add it again with its certificate file."
    ),
    "unreachable.wrong-certificate": (
        "{account} shows a certificate since {since} that is out of date or for another name,"
        " so nothing was sent there. Ask whoever runs the server."
    ),
    "unreachable.no-protection": (
        "{account} offers no protected connection since {since}, so your password was not sent there."
    ),
    "sign-in-needed.app-password": (
        "{account}: nothing heard since {since}. It wants an app password, made for Shopbell alone."
    ),
    "sign-in-needed.password-not-accepted": (
        "{account}: nothing heard since {since}. It takes no passwords from programs any more."
    ),
    "unreachable.offline": "Offline since {since}. Nothing is lost.",
    "unreachable.redirects": (
        "{account} leads round in circles since {since}, so its answer was not reached."
        " Shopbell keeps trying."
    ),
    "unreachable.insecure": (
        "{account} would use an unprotected connection since {since}, so nothing was sent there."
    ),
    "not-allowed.no-history": (
        "{account}: nothing heard since {since}. Its bot may not read what was written in {name}."
        " Give it the permission Read Message History there."
    ),
    "not-allowed.no-content": (
        "{account}: since {since} its bot is told who writes, but not what."
        " Switch on Message Content Intent on the bot's page for developers; nothing is lost."
    ),
    "not-allowed.no-room": (
        "{account}: nothing heard since {since}. Its bot may not see {name}."
        " Give it the permission View Channel there."
    ),
    "not-allowed.no-rooms": (
        "{account}: nothing heard since {since}. Its bot can read no channel."
        " Invite it to your server and let it see the channels."
    ),
    "not-allowed.one-room": (
        "{account}: its bot may not read {name}. Give it the permissions View Channel and Read Message"
        " History there. The other channels are heard."
    ),
    "bad-answer.one-room": (
        "{account}: the channel {name} is gone, or its bot was shut out of it. The other channels are heard."
    ),
    "bad-answer.no-such-room": (
        "{account}: the channel {name} is gone since {since}. What came before is kept."
    ),
    "bad-answer.encrypted-room": (
        "{account}: since {since} what is said in {name} is encrypted, so Shopbell cannot read it."
        " Read it in your own program for {network}."
    ),
    "bad-answer.no-such-chat": (
        "{account}: nothing heard since {since}. There is no room {name} that it can reach."
    ),
    "bad-answer.room-gap": (
        "{account} is heard, but not all that was said in {name} since {since} could be fetched. Look there."
    ),
    "bad-answer.room-replaced": (
        "{account}: the room {name} was closed for a new one since {since}. Join that with your program for"
        " {network}, and add the source again with it."
    ),
    "not-allowed.not-in-room": (
        "{account}: nothing heard from {name} since {since}, because it is not in that room."
        " Join it with your program for {network}."
    ),
    "not-allowed.invite-waits": (
        "{account}: nothing heard from {name} since {since}. An invitation waits there."
        " Accept it in your program for {network}."
    ),
    "bad-answer.webhook": (
        "{account}: nothing heard since {since}, because another program receives what is written to the bot"
        " (a webhook). Switch that off, or make a bot for Shopbell alone."
    ),
    "bad-answer.another-reader": (
        "{account}: nothing heard since {since}, because another program reads what is written to the bot."
        " Stop it, or make a bot for Shopbell alone."
    ),
    "bad-answer.moved": (
        "{account} answers from another address since {since}, and Shopbell does not take the sign-in there."
        " Change the address of its server."
    ),
    "bad-answer": "{account} answers in a way Shopbell cannot read since {since}. Shopbell keeps trying.",
    "bad-answer.gone": "{account} was taken down by its owner. Last heard {since}; what came before is kept.",
    "bad-answer.not-found": "{account} is no longer at its address since {since}. What came before is kept.",
    "bad-answer.empty": "{account} sends an empty page since {since}. What came before is kept.",
    "bad-answer.too-large": "{account} sends more at once than Shopbell takes since {since}.",
    "bad-answer.forbidden-entities": (
        "{account} sends a document built to do harm since {since}. It was not read."
        " What came before is kept."
    ),
    "bad-answer.too-slow": "{account} sends a document that takes too long to read since {since}.",
    "bad-answer.not-a-feed": "{account} has not been a feed since {since}. What came before is kept.",
    "bad-answer.web-page": (
        "{account} answers with a web page since {since}. A security plugin or the host may be in the way."
    ),
    "bad-answer.no-api": "{account} no longer has a REST API since {since}. What came before is kept.",
    "sign-in-needed.moved": (
        "{account}: nothing heard since {since}. It has moved to {name}. Sign in again with that address."
    ),
    "unreachable.search": "{account}: {name} does not answer since {since}. The other searches are heard.",
    "bad-answer.search": (
        "{account}: {name} has not answered as a search does since {since}. The other searches are heard."
    ),
    "rate-limited.search": "{account}: {name} asks for a pause{at}. The other searches are heard.",
    "not-allowed.search": (
        "{account}: {name} does not let Shopbell read it. The other searches are heard. Add it anew with a"
        " token if it has one."
    ),
    "sign-in-needed.search": (
        "{account}: {name} does not accept its token any more. The other searches are heard. Add it anew with"
        " a new token."
    ),
}

NOTES: Mapping[str, str] = {
    # What the owner should know about a source that works.
    "notifications-filtered": (
        "Your server sets messages of people you do not know aside. Shopbell shows you those, too."
    ),
    "kept-for-a-day": (
        "{network} keeps what is written to a bot for 24 hours, and Shopbell was away for longer. "
        "Something may be missing here; in your groups and your own chats you still find it there."
    ),
    "content-hidden": (
        "{network} tells your bot who writes, but not what. "
        "Switch on Message Content Intent on the bot's page for developers; nothing is lost until then."
    ),
    "rooms-closed": (
        "Your bot may not read what was written in some channels, so nothing is heard from there. "
        "Give it the permission Read Message History in them."
    ),
    "too-many-rooms": (
        "Your bot sees more channels than Shopbell listens to. It listens to the ten with the newest "
        "messages; to choose others, add the source again with their numbers."
    ),
    "room-invite": (
        "Somebody invites you into a room. Shopbell joins none by itself: accept or decline it in your "
        "program for {network}, and it is heard from then on."
    ),
    "rooms-encrypted": (
        "Encrypted, so that Shopbell hears nothing from there: {name}. Only your own program for {network} "
        "has the keys. Your other rooms are heard."
    ),
    "no-rooms-yet": (
        "You are in no room yet. Join those of your shop with your program for {network}; "
        "they are heard from then on."
    ),
    "mail-app-password": (
        "This provider wants an app password instead of your own: a second one, made for Shopbell alone. "
        "Its page for that is one click away; two-step sign-in has to be on."
    ),
    "mail-switch-on": (
        "This provider lets mail programs in only after you allowed it: switch on IMAP in the settings "
        "of your mailbox."
    ),
    "mail-own-password": (
        "This provider wants a password of its own for mail programs. It is set in your customer centre."
    ),
    "mail-bridge": (
        "This provider needs its Bridge program running on this computer. Take the password that Bridge "
        "shows, and the certificate that it exports as the certificate file."
    ),
    "mail-empty": "This mail holds no text.",
    "mail-unreadable": "This mail could not be read. Look at it in your mail program.",
    "mail-sealed": "This mail is encrypted. Only your mail program, which has the key, can show it.",
    "notifications-dropped": (
        "Your server throws away messages of some people, and nobody can read those. "
        "You can change that at {network}, in the settings for notifications."
    ),
    "approved-only": (
        "You may not moderate there. Shopbell hears what is public and what waits under your own posts."
    ),
    "no-direct-messages": (
        "This app password was made without direct messages, so Shopbell does not hear those. "
        "Make one that allows them at {network}, and sign in again with it."
    ),
    "google-alert": (
        "Open Google Alerts, type your shop's name, choose Show options, then Deliver to: RSS feed, and "
        "create it. Copy the address behind the feed sign and paste it as the search feed."
    ),
    "reddit-feed-token": (
        "Reddit shows its search to members only. Open your feeds page there, copy any of the addresses, "
        "whole, and paste it as the Reddit feed token (under More)."
    ),
    "youtube-channel": (
        "Open the channel on YouTube, yours or one that speaks of you, and paste its address as the search "
        "feed. New films are heard; comments are not, for YouTube gives those only to programs with a key "
        "of their own."
    ),
    "no-word-search": (
        "Your server does not search the words of posts, so the words you watch are not found there. "
        "Watch a hashtag instead: that works on every server."
    ),
    "main-password": (
        "This is your main password at {network}, which opens everything. "
        "An app password made for Shopbell is safer."
    ),
}

PERMISSIONS: Mapping[str, str] = {
    # What networks call them, in plain words for {permission}.
    "chat.bsky": "direct messages with this app password",
    "forum:read": "reading what is written with this key",
    "forum:write": "answering with this key",
    "moderate_comments": "publishing and removing comments",
    "mail:read": "reading your inbox",
    "mail:imap": "mail programs",
    "mail:send": "sending mail",
    "read:accounts": "seeing who you are there",
    "read:notifications": "hearing who writes to you",
    "read:search": "searching",
    "read:statuses": "reading what is written",
    "add-reactions": "liking",
    "join": "being in the room",
    "terms": "anything before you agree to its terms",
    "manage-messages": "deleting",
    "message-content": "reading what is written",
    "read-history": "reading what was written before",
    "send-messages": "answering",
    "view-channel": "seeing its channels",
    "write:blocks": "blocking people",
    "write:favourites": "liking",
    "write:statuses": "answering",
}

REMEDIES: Mapping[str, tuple[str, str]] = {
    # key for the program, label of the button
    "sign-in-needed": ("sign-in", "Sign in again"),
    "sign-in-needed.needs-token": ("check-now", "Check now"),
    "not-allowed": ("allow", "Sign in and allow it"),
    "not-allowed.members": ("check-now", "Check now"),
    "not-allowed.api-blocked": ("check-now", "Check now"),
    "not-allowed.passwords-off": ("check-now", "Check now"),
    "not-allowed.no-content": ("check-now", "Check now"),
    "not-allowed.no-history": ("check-now", "Check now"),
    "not-allowed.no-room": ("check-now", "Check now"),
    "not-allowed.no-rooms": ("check-now", "Check now"),
    "not-allowed.one-room": ("check-now", "Check now"),
    "not-allowed.not-in-room": ("check-now", "Check now"),
    "not-allowed.invite-waits": ("check-now", "Check now"),
    "not-allowed.consent": ("check-now", "Check now"),
    "rate-limited": ("", ""),
    "unreachable": ("check-now", "Check now"),
    "bad-answer": ("check-now", "Check now"),
    "bad-answer.gone": ("remove", "Remove this source"),
    "bad-answer.bug": ("report", "Show details"),
    "refused": ("edit", "Edit"),
    "refused.copy-and-open": ("copy-and-open", "Copy and open"),
    "refused.closed": ("open", "Open it there"),
    "refused.gone": ("open", "Open it there"),
    "refused.not-offered": ("open", "Open it there"),
    "refused.not-moderated": ("open", "Open it there"),
    "refused.message-gone": ("", ""),
    "refused.answered-elsewhere": ("send-anyway", "Send anyway"),
    "refused.already-answered": ("send-anyway", "Send anyway"),
    "refused.needs-token": ("copy-and-open", "Copy and open"),
    "refused.wrote-again": ("read", "Read first"),
    "unclear": ("resolve", "It is there"),
    "channel-error": ("check-now", "Check now"),
    "store-error": ("restart", "Restart"),
    "newer-database": ("update", "Get the newer Shopbell"),
    "damaged-database": ("restore", "Restore the last good copy"),
    "disk-full": ("retry", "Try again"),
    "database-busy": ("retry", "Try again"),
    "keyring-missing": ("session-only", "Keep until I quit"),
    "keyring-locked": ("unlock", "Unlock"),
    "keyring-error": ("session-only", "Keep until I quit"),
    "error": ("restart", "Restart"),
}

ADVICE: Mapping[str, str] = {
    # What to do, for those who read a terminal.
    "sign-in-needed": "Sign in again.",
    "not-allowed": "Allow it there, then sign in again.",
    "not-allowed.members": "Look at it in the browser.",
    "not-allowed.no-content": "Then ask again.",
    "not-allowed.no-history": "Then ask again.",
    "not-allowed.no-room": "Then ask again.",
    "not-allowed.no-rooms": "Then ask again.",
    "not-allowed.not-in-room": "Then ask again.",
    "not-allowed.invite-waits": "Then ask again.",
    "not-allowed.consent": "Then ask again.",
    "sign-in-needed.needs-token": "Look at it in the browser.",
    "sign-in-needed.app-password": "Use an app password.",
    "sign-in-needed.password-not-accepted": "Have the mail forwarded to another address.",
    "sign-in-needed.web-login": "Sign in there in the browser, then here again.",
    "sign-in-needed.wrong-token": "Copy it again, whole.",
    "newer-database": "Update Shopbell.",
    "damaged-database": "Restore the last good copy.",
    "disk-full": "Make room, then try again.",
    "database-busy": "Close the other program, then try again.",
    "database-busy.upgrading": "Try again when it is done.",
    "keyring-missing": (
        "Set up a key store, or add the account in the window and keep the sign-in until you quit."
    ),
    "keyring-locked": "Unlock it, then try again.",
    "keyring-error": "Look at doctor for what is wrong.",
    "unreachable.dns": "Look at the address and at the connection.",
    "unreachable.tls": "Look at the clock of this computer and at the address.",
    "invalid.already-there": "Look at accounts list.",
    "not-found": "Look at the list of what is there.",
}

SAY_IT_THEMSELVES = frozenset(
    {
        # Their sentences say what helps; the advice of their kind does not.
        "sign-in-needed.suspended",
        "sign-in-needed.deactivated",
        "sign-in-needed.guest",
        "sign-in-needed.search",
        "not-allowed.api-blocked",
        "not-allowed.folder",
        "not-allowed.imap-off",
        "not-allowed.no-sign-in",
        "not-allowed.one-room",
        "not-allowed.scope",
        "not-allowed.search",
    }
)
