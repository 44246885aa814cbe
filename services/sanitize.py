"""Text and HTML from outside made safe, once, on the way in. Nothing that comes out of here can run, load
or hide anything.

HTML goes through nh3 (a real HTML parser in Rust) with a short allow-list; plain text loses what is not
text: NULs, control characters, direction overrides that make an address read backwards. All functions are
pure and quick: 1 kB of HTML costs about 50 µs.
"""

from __future__ import annotations

import html as html_entities
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from services.patterns import later

if TYPE_CHECKING:
    from nh3 import Cleaner

MAX_TEXT = 100_000
MAX_HTML = 400_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

_TAGS = frozenset(
    "a abbr b blockquote br cite code dd del div dl dt em figcaption h1 h2 h3 h4 h5 h6 hr i ins li ol p pre "
    "q s small strong sub sup table tbody td th thead tr u ul".split()
)
# Removed with everything inside; of other tags only the marks go and the words stay.
_DROPPED = frozenset(
    "script style noscript iframe object embed template svg math textarea select option title head noembed "
    "noframes xmp applet".split()
)
_SCHEMES = frozenset({"http", "https", "mailto"})
_REL = "noopener noreferrer nofollow"
_DEEPEST = 100
# Not counted as nesting: they have no content, or a second one closes the first.
_FLAT = frozenset("area br col hr img input link meta source track wbr p li dt dd option a".split())

_NAME = later(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ANY_BUT_LINES_AND_LINKS = later(r"</?(?!(?:p|br|a)\b)[a-zA-Z][^<>]*>?")
_PICTURE = later(r"<img\b[^<>]*>", re.IGNORECASE)
_PICTURE_ALT = later(r"\balt\s*=\s*(?:\"([^\"]{1,40})\"|'([^']{1,40})')", re.IGNORECASE)
_PICTURE_IS_EMOJI = later(r"emoj|emoticon|smiley", re.IGNORECASE)
# What nh3 writes: every "<" begins a tag, every attribute is quoted.
_CLEAN_TAG = later(r"<(/?)([a-z][a-z0-9]*)((?:\s[a-z-]+=\"[^\"]*\")*)\s*/?>")
_HREF = later(r"\shref=\"([^\"]*)\"")
_PARAGRAPH = frozenset("p blockquote h1 h2 h3 h4 h5 h6 pre ul ol dl table hr".split())
_LINE = frozenset("br div tr dt dd figcaption".split())

_CONTROL = later(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_LINE_ENDS = later("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_ISOLATES = later("[\u2066-\u2069]")
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff]"
_ANY_MARK = later(_MARK)
_PILED_MARKS = later(f"({_MARK}{{6}}){_MARK}+")
_MANY_LINES = later(r"\n{3,}")
# White space that is more than one space: matching each single one would cost more than the parsing.
_SPACES = later(r"[^\S ]\s*| \s+")


@lru_cache(maxsize=64)
def _html_cleaner(base_url: str) -> Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={"a": {"href"}},
        url_schemes=set(_SCHEMES),
        link_rel=_REL,
        url_relative=("rewrite_with_base", base_url) if base_url else "deny",
    )


@lru_cache(maxsize=1)
def _text_cleaner() -> Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=set(_TAGS | {"span"}),
        clean_content_tags=set(_DROPPED),
        attributes={"a": {"href"}},
        allowed_classes={"span": {"invisible", "ellipsis"}},
        url_schemes=set(_SCHEMES),
        link_rel=None,
    )


def clean_html(html: str, base_url: str = "") -> str:
    """HTML that is safe to show: no pictures, styles, scripts or forms; links only to http, https and
    mailto, relative ones made absolute with ``base_url`` or dropped. Longer than 400,000 characters it
    becomes plain paragraphs."""
    if "<" not in html and "&" not in html:
        return html_entities.escape(clean_text(html), quote=False)
    if len(html) > MAX_HTML:
        text = html_entities.escape(html_to_text(html), quote=False)
        return "".join(f"<p>{one}</p>" for one in text.split("\n\n"))
    # A cleaner is made for one base; most texts have nothing that needs one.
    base = _usable_base(base_url) if "href" in html or "href" in html.lower() else ""
    return _html_cleaner(base).clean(_prepared(html)).strip()


def html_to_text(html: str) -> str:
    """Plain text with line breaks where HTML has them, entities decoded. A link whose visible text was
    shortened by its server (Mastodon's ``invisible`` and ``ellipsis`` spans) is written out; other links
    keep their words."""
    if "<" not in html:
        return clean_text(html_entities.unescape(html)) if "&" in html else clean_text(html)
    return clean_text(_text_of(_text_cleaner().clean(_prepared(html[: 2 * MAX_HTML]))))


def clean_text(text: str) -> str:
    """Text without what is not text; at most 100,000 characters, no more than one empty line in a row."""
    if text.isascii() and text.isprintable() and len(text) <= MAX_TEXT:
        return text.strip(" ")
    if not _is_plain(text):
        text = _LINE_ENDS.sub("\n", text)
        isolates = _ISOLATES.findall(text)
        is_balanced = sum(-1 if one == "\u2069" else 1 for one in isolates) == 0
        text = _CONTROL.sub(lambda m: _instead(m[0], is_balanced), text)
    if not text.isascii() and _ANY_MARK.search(text):
        text = _PILED_MARKS.sub(r"\1", text)
    if "\n" in text:
        # Not one expression: on a long run of spaces that would try every start of it.
        text = "\n".join(line.rstrip(" \t\u00a0") for line in text.split("\n"))
        text = _MANY_LINES.sub("\n\n", text)
    text = text.strip()
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1].rstrip() + "…"


def clamp_time(moment: datetime | None, now: datetime, fallback: datetime) -> datetime:
    """``moment`` in UTC when it can be true - between 2000 and a day from ``now`` - else ``fallback``.
    Without a zone it is UTC."""
    if moment is None:
        return fallback
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return fallback
    return moment if EARLIEST <= moment <= now + timedelta(days=1) else fallback


def _is_plain(text: str) -> bool:
    """Certainly nothing to remove. Quicker than looking for what is to be removed: most texts end here."""
    return text.replace("\n", "").isprintable()


def _instead(character: str, isolates_are_balanced: bool) -> str:
    """What stands in for a character that is not text. Isolates are harmless as long as each is closed."""
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    return character if isolates_are_balanced and "\u2066" <= character <= "\u2069" else ""


def _usable_base(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
    except ValueError:
        return ""
    return base_url if parts.scheme in ("http", "https") and parts.hostname and base_url.isascii() else ""


def _prepared(html: str) -> str:
    """Emoji that are pictures become their characters, what is not text goes, and nesting is kept below
    what a parser takes badly: 20,000 lists inside each other cost it seconds, since it looks through all
    open tags for each new one."""
    if "<img" in html or "<IMG" in html:
        html = _PICTURE.sub(_emoji, html)
    if html.count("<") > _DEEPEST and _is_too_deep(html):
        html = _ANY_BUT_LINES_AND_LINKS.sub(" ", html)
    if _is_plain(html):
        return html
    return _CONTROL.sub(lambda m: "\n" if m[0] in "\r\x0b\x0c\u2028\u2029" else _instead(m[0], False), html)


def _emoji(picture: re.Match[str]) -> str:
    alt = _PICTURE_ALT.search(picture[0])
    if not alt or not _PICTURE_IS_EMOJI.search(picture[0]):
        return ""
    return html_entities.escape(html_entities.unescape(alt[1] or alt[2]), quote=False)


def _is_too_deep(html: str) -> bool:
    depth = 0
    for match in _NAME.finditer(html):
        if match[2].lower() in _FLAT:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > _DEEPEST:
            return True
    return False


def _text_of(clean: str) -> str:
    """``clean`` is the output of nh3: well-formed, every "<" in the words is an entity."""
    out: list[str] = []
    at, verbatim, link, link_at, shortened = 0, 0, "", 0, False
    for tag in _CLEAN_TAG.finditer(clean):
        words = html_entities.unescape(clean[at : tag.start()])
        if words:
            out.append(words if verbatim else _one_space(words))
        at = tag.end()
        closing, name, attributes = tag[1] == "/", tag[2], tag[3]
        if name == "pre":
            verbatim = max(0, verbatim + (-1 if closing else 1))
        if name == "a":
            if closing and link and shortened:
                del out[link_at:]
                out.append(link)
            href = None if closing else _HREF.search(attributes)
            link, link_at, shortened = html_entities.unescape(href[1]) if href else "", len(out), False
        elif name == "span":
            shortened = shortened or "class=" in attributes
        elif name == "li":
            out.append("\n" if closing else "\n- ")
        elif name in _PARAGRAPH:
            out.append("\n\n")
        elif name in _LINE:
            out.append("\n")
        elif name in ("td", "th"):
            out.append("\t" if closing else "")
    out.append(_one_space(html_entities.unescape(clean[at:])))
    return _tidy("".join(out))


def _one_space(text: str) -> str:
    """Of every run of white space. Looked for first: there is none in most texts."""
    return text if text.isprintable() and "  " not in text else _SPACES.sub(" ", text)


def _tidy(text: str) -> str:
    """Spaces at the ends of lines go; list items stand close together."""
    text = "\n".join(line.strip(" ") for line in text.split("\n"))
    return _MANY_LINES.sub("\n\n", text).replace("\n\n- ", "\n- ")
