"""English source texts about replies that did not get through; part of the table behind
``services/words.py``."""

from __future__ import annotations

from collections.abc import Mapping

REPLIES: Mapping[str, str] = {
    # Why a reply did not leave; it is kept as it was written.
    "error": "Did not leave: something went wrong in Shopbell. It is kept as you wrote it.",
    "refused": "Did not leave: {network} does not accept it.",
    "refused.too-long": "Did not leave: {over} characters too long for {network}.",
    "refused.too-long-by-one": "Did not leave: 1 character too long for {network}.",
    "refused.too-long-in-bytes": (
        "Did not leave: {over} bytes too long for {network}. A plain letter is one, others are two to four."
    ),
    "refused.too-long-somehow": "Did not leave: too long for {network}.",
    "refused.duplicate": "Did not leave: {network} has the same text from you already.",
    "refused.closed": "Did not leave: {network} takes no more answers here.",
    "refused.gone": "Did not leave: what you answered is no longer there.",
    "refused.bounced": "Came back: {account} could not deliver it. Look at the address, then send it again.",
    "refused.not-allowed": "Did not leave: {network} does not allow answers here.",
    "refused.no-voice": "Did not leave: you may not speak in this room. Ask those who run it.",
    "refused.copy-and-open": (
        "{network} takes no answers from outside. Copy the text and open the page there."
    ),
    "refused.would-be-public": (
        "Did not leave: everyone could have read it, and it was meant for the two of you."
    ),
    "refused.would-be-private": "Did not leave: {network} cannot make a public answer here.",
    "refused.one-answer": "Did not leave: {network} keeps one answer for each message, and there is one.",
    "refused.answered-elsewhere": "Did not leave: you answered this elsewhere meanwhile.",
    "refused.wrote-again": "Did not leave: the customer wrote again while you were writing.",
    "refused.blocked": "Did not leave: {network} does not let you write to this person.",
    "refused.no-direct": "Did not leave: this person takes no direct messages from you on {network}.",
    "refused.empty": "Did not leave: there is no text in it.",
    "refused.media": "Did not leave: {network} does not accept the attachment.",
    "refused.no-address": "Did not leave: the mail names no address that could be answered.",
    "refused.no-such-recipient": (
        "Did not leave: the mail server knows no such recipient. Look at the address in the mail."
    ),
    "refused.international-address": (
        "Did not leave: your mail server cannot write to addresses with letters like these."
    ),
    "refused.spam": "Did not leave: {network} takes it for spam.",
    "refused.no-answers": "Did not leave: {network} takes no answers here.",
    "refused.invalid": "Did not leave: {network} does not accept it as it is written.",
    "refused.edited": "Did not leave: what you answered was changed meanwhile.",
    "refused.already-answered": "Did not leave: this was answered meanwhile.",
    "refused.rejected": "Did not leave: {network} does not accept it as it is written.",
    "refused.too-short": "Did not leave: {network} wants at least {limit} characters here.",
    "refused.moved": "Did not leave: the group has moved to a new place at {network}.",
    "refused.needs-token": (
        "{network} takes no answers without a sign-in. Copy the text and open the page there."
    ),
    "sign-in-needed": (
        "Waits: {account} no longer accepts your sign-in. It leaves when you have signed in again."
    ),
    "not-allowed": "Waits: {network} does not allow {permission}. It leaves when you have allowed it there.",
    "not-allowed.forbidden": "Waits: {account} may not write there. It leaves when it may again.",
    "not-allowed.api-blocked": (
        "Waits: a security plugin or the host of {account} keeps programs out. It leaves when that ends."
    ),
    "not-allowed.passwords-off": (
        "Waits: {account} has application passwords switched off. It leaves when they are back."
    ),
    "rate-limited": "Waits: {network} asks for a pause{at}. It leaves by itself.",
    "unreachable": "Waits: {network} does not answer. It leaves by itself when it does.",
    "rate-limited.sending": "Waits: {account} takes no more mail for now. It leaves by itself.",
    "rate-limited.same-words": (
        "Waits: {network} takes the same words from you only once in five minutes. It leaves by itself."
    ),
    "rate-limited.new-member": (
        "Waits: {network} lets new members write only now and then. It leaves by itself."
    ),
    "unreachable.read-only": "Waits: {account} can only be read at the moment. It leaves when that ends.",
    "unreachable.offline": "Waits: this computer is offline. It leaves when the connection is back.",
    "bad-answer": "Did not leave: {network} answered in a way Shopbell cannot read.",
    "bad-answer.not-found": "Did not leave: what you answered is no longer there.",
    "bad-answer.gone": "Did not leave: what you answered is no longer there.",
    "unclear": "Not sure it arrived: the connection broke off.",
    "unclear.server": "Not sure it arrived: {network} had trouble of its own.",
    "unclear.redirected": "Not sure it arrived: {network} sent Shopbell elsewhere.",
    "unclear.no-id": "Not sure it arrived: {network} did not say where it is.",
    "unclear.bug": "Not sure it arrived: something went wrong in Shopbell.",
    "unclear.gone": "Not sure it arrived: the conversation is no longer there.",
    "unclear.not-found": "Not sure it arrived: {network} did not confirm it, and it is not to be seen there.",
    "keyring-missing": "Waits: the sign-in of {account} is not at hand.",
    "keyring-locked": "Waits: this computer's key store is locked.",
    "keyring-error": "Waits: this computer's key store did not work.",
    "not-found": "Did not leave: what you answered is no longer here.",
    "invalid": "Did not leave: it cannot be sent as it is.",
    "invalid.empty": "Did not leave: there is no text in it.",
}
