"""English source texts for what was typed and cannot be used; part of the table behind
``services/words.py``."""

from __future__ import annotations

from collections.abc import Mapping

INVALID: Mapping[str, str] = {
    "invalid": "The {field} cannot be used.",
    "invalid.not-a-mail-address": "This is not an e-mail address.",
    "invalid.password-not-accepted": (
        "Microsoft takes no passwords from other programs any more, so Shopbell cannot read mail there."
        " Have it forwarded to another address, and add that one."
    ),
    "invalid.no-mail-programs": (
        "This provider keeps its mail closed to other programs, so Shopbell cannot read it."
        " Have it forwarded to another address, and add that one."
    ),
    "invalid.no-mail-server": (
        "No mail server was found for this address. Your provider's help pages name it: fill it in."
    ),
    "invalid.not-a-server-name": "This is not the name of a server.",
    "invalid.not-a-port": "A port is a number from 1 to 65535.",
    "invalid.no-such-file": "The file named as {field} is not there.",
    "invalid.missing": "The {field} is missing.",
    "invalid.needs-words": "Type your shop's name, or the address of a search feed.",
    "invalid.empty": "The {field} is empty.",
    "invalid.unknown": "There is no {field} here.",
    "invalid.not-a-choice": "The {field} is none of those to choose from.",
    "invalid.secret-as-setting": (
        "The {field} is a secret. Hand it in with --secrets, never on the command line."
    ),
    "invalid.another-account": "This sign-in belongs to another account ({handle}).",
    "invalid.already-there": "This account is here already.",
    "invalid.paste-the-code": "Paste the code that {network} shows.",
    "invalid.not-open": "This reply is not waiting for a decision any more.",
    "invalid.not-a-feed": "There is no feed at this address, and none was found on the page.",
    "invalid.needs-sign-in": (
        "The {field} says where your sign-in goes. Hand in the sign-in, too, to change it."
    ),
    "invalid.plain-http": (
        "Over http nothing is protected, so Shopbell asks nothing there. Write the address with https."
    ),
    "invalid.consent-page": (
        "This page is only shown to those who agreed to its cookies. Choose Share channel there, then Copy"
        " channel ID, and paste https://www.youtube.com/channel/ with that number behind it."
    ),
    "invalid.password-in-address": "This address holds a password, which would be shown. Use one without.",
    "invalid.not-an-address": "This is not an address of a web page.",
    "invalid.not-a-handle": "This is not a handle. It looks like @rosies.example on your profile.",
    "invalid.no-such-handle": "There is nobody called {name} on {network}.",
    "invalid.not-a-server": "There is no server of {network} at this address.",
    "invalid.hosted-site": (
        "This site is hosted at {network}.com, which takes no sign-in from here. Add its comment feed"
        " instead."
    ),
    "invalid.passwords-off": (
        "This site has application passwords switched off. A security plugin does that, or a site without"
        " https."
    ),
    "invalid.no-user-keys": (
        "This forum makes no keys for programs. Ask its administrator for one, and paste it as the key."
    ),
    "invalid.needs-user": "This site shows a password alone. Type your user name there, too.",
    "invalid.forbidden-entities": "This file is built to do harm. It was not read.",
    "invalid.not-opml": "This file holds no list of feeds.",
    "invalid.no-source-list": "This file holds no list of sources.",
    "invalid.too-large": "This file is larger than Shopbell takes.",
    "invalid.not-a-folder": "The folder for the profile is a file: {path}.",
    "invalid.not-writable": "Nothing can be written to the folder for the profile: {path}.",
    "invalid.shared-folder": (
        "Everybody on this computer uses the folder {path}. A profile needs one of its own."
    ),
    "invalid.disk-gone": (
        "The folder for the profile is not there: {path}. If it is on a disk that can be unplugged, plug that"
        " in and start Shopbell again."
    ),
    "invalid.no-autostart": (
        "This computer does not let Shopbell start with it. Its own list of programs that start by themselves"
        " may."
    ),
    "invalid.unknown-setting": "There is no setting called {field}.",
    "invalid.bad-value": "The setting {field} does not take this value.",
    "invalid.not-templates": "This file holds no saved replies that Shopbell can read.",
    "invalid.blank-left": "Something is still to fill in: {name}.",
    "invalid.name-taken": "There is a saved reply called {name} already.",
    "invalid.shortcut-taken": "The saved reply {name} has this shortcut already.",
    "invalid.bad-shortcut": "A shortcut is one short word.",
    "invalid.file-exists": "There is a file of this name already: {path}.",
    "invalid.file-not-writable": "Nothing can be written to {path}.",
    "invalid.not-readable": "The file cannot be read: {path}.",
    "invalid.too-late": "Too late to take it back: it is leaving or has left.",
    "invalid.not-json-or-csv": "The name of the file must end in .json or .csv.",
    "invalid.not-a-backup": "This file is not a backup of Shopbell.",
    "invalid.in-use": "Shopbell is open on this profile. Close it first.",
    "invalid.unreadable": "The file cannot be read: {path}.",
    "invalid.not-an-object": "What was given as {field} is not one JSON object of texts.",
    "invalid.not-positive": "The {field} has to be more than 0.",
    "invalid.no-such-view": "There is no such view.",
    "invalid.no-such-page": "There is no such page. Start again at the first.",
    "invalid.no-such-label": "There is no such label.",
    "invalid.different-accounts": "These two belong to different accounts and cannot be put together.",
    "invalid.too-many-words": "Ten words at most can be watched together. Add the others as a second source.",
    "invalid.too-many-addresses": (
        "Twenty addresses at most can be watched together. Add the others as a second source."
    ),
    "invalid.not-a-feed-token": (
        "This holds no feed token. Paste an address from reddit.com/prefs/feeds, whole."
    ),
    "invalid.not-a-hashtag": "A hashtag is one word, such as #bakery.",
    "invalid.not-json": "What was given as {field} is not JSON.",
    "invalid.too-many-rooms": "One source listens to ten channels at most. Add a second one for the others.",
    "invalid.too-many-chats": "One source listens to fifty rooms at most. Name fewer, or none to hear all.",
    "invalid.not-a-room": "This is not the address of a room. It looks like #bakery:example.org.",
    "invalid.not-a-time": "The {field} is not a time.",
    "invalid.not-a-number": "The {field} is not a number.",
    "invalid.too-long": "The {field} is too long.",
}
