"""Masks secrets in text that is about to be kept or shown.

Two nets. Every secret handed to ``add`` is masked wherever it stands, in the spellings it takes on its way
through HTTP, JSON and HTML. And whatever looks like a credential by its place - an Authorization header, a
token in a query or in JSON, a password in an address - is masked although nobody announced it.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable
from functools import cache
from urllib.parse import quote, quote_plus

MASK = "•••"
SHORTEST = 4
"""Shorter secrets are not searched for: masking every "on" would hide the log, and no network takes one."""
_LONGEST_PIECE = 4000

_NAMES = (
    r"(?:[a-z0-9]{1,30}[_-]){0,4}"
    r"(?:token|secret|password|passwd|passphrase|api[_-]?key|apikey|credential|jwt|cookie)s?"
    r"|code[_-]verifier|auth(?:orization)?[_-]code|client[_-]assertion|assertion|private[_-]key|pwd|sessionid|csrf"
)


@cache
def _places() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What looks like a credential by its place.

    Compiled when the first line is masked: reading these takes longer than opening the database."""
    return (
        # Authorization: Bearer abc / 'Authorization': 'Basic abc' / Cookie: a=b; c=d
        (
            re.compile(
                r"((?:proxy-)?authorization|(?:set-)?cookie|x-(?:api-key|auth-token|access-token))"
                r"((?:\\?[\"'])?\s*[:=,]\s*(?:b?\\?[\"'])?)(?!•)([^\"'\r\n\\]+)",
                re.IGNORECASE,
            ),
            rf"\1\2{MASK}",
        ),
        (
            # "basic information" is no credential: without a digit only what is too long for a word.
            re.compile(
                r"\b(bearer|dpop|(?:basic|oauth|token)(?=\s+(?:[^\s\d]*\d|\S{20})))\s+(?!•)([A-Za-z0-9._~+/=-]{8,})",
                re.IGNORECASE,
            ),
            rf"\1 {MASK}",
        ),
        # https://name:password@host
        (
            re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@?#]*:)(?!•)[^\s/@]+(?=@)", re.IGNORECASE),
            rf"\1{MASK}",
        ),
        # "access_token": "abc" in JSON, in Python's spelling, and JSON within JSON
        (
            re.compile(
                rf"((?:\\?[\"'])(?:{_NAMES}|code)(?:\\?[\"'])\s*[:,=]\s*b?)(\\?[\"'])(?!•)((?:(?!\2)(?:\\.|.))*)(\2?)",
                re.IGNORECASE | re.DOTALL,
            ),
            rf"\1\2{MASK}\4",
        ),
        # access_token=abc in a query, a form, a command line; code only where it is a parameter
        (re.compile(rf"(\b(?:{_NAMES})\s*=\s*)(?![•\"'])([^\s&;,\"'<>)\]}}]+)", re.IGNORECASE), rf"\1{MASK}"),
        (
            re.compile(r"((?:[?&]|^)code=)(?!•)([^\s&;,\"'<>)\]}]+)", re.IGNORECASE | re.MULTILINE),
            rf"\1{MASK}",
        ),
        # password: abc in plain words
        (re.compile(rf"(\b(?:{_NAMES}):\s*)(?![•\"'{{\[])(\S+)", re.IGNORECASE), rf"\1{MASK}"),
    )


def spellings(secret: str) -> set[str]:
    """The forms in which a secret may turn up in a request, an answer or a traceback."""
    import html

    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), html.escape(secret)}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    forms |= {form.replace("%2F", "%2f").replace("%3D", "%3d") for form in tuple(forms)}
    raw = secret.encode("utf-8", "surrogatepass")
    forms.add(raw.hex())
    # Within a longer text ("user:password") base64 has three possible alignments; only whole groups are sure.
    for lead in range(3):
        start = -(-lead * 8 // 6)
        whole = (lead + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(b"\0" * lead + raw).decode()[start:whole]
            if len(core) >= 6:
                forms.add(core)
    return {form for form in forms if len(form) >= SHORTEST}


class Redactor:
    """Safe from several threads. Adding is rare, masking is often."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._forms: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._forms)} forms>"

    def add(self, secret: str) -> None:
        """Keys of several lines are masked line by line as well."""
        pieces = {secret, secret.strip()} | {
            line.strip() for line in secret.splitlines() if len(line.strip()) >= 8
        }
        forms = {
            form for piece in pieces if len(piece) >= SHORTEST for form in spellings(piece[:_LONGEST_PIECE])
        }
        with self._lock:
            # The longest first, so that a secret within another one does not leave the rest of it standing.
            self._forms = tuple(sorted({*self._forms, *forms}, key=len, reverse=True))

    def mask(self, text: str) -> str:
        # Plain searching stays quick with thousands of forms; one pattern of them all does not.
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        for pattern, replacement in _places():
            text = pattern.sub(replacement, text)
        return text
