"""A feed's entries as messages: whose words they are, what they belong to, when they were said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import urldefrag

from services.channels._feed_shape import FeedDocument, FeedEntry, digest, fingerprint_of, looks_like_html
from services.channels._feed_state import Source, key_of
from services.model import Author, Context, Direction, Message, MessageKind, MessageState
from services.patterns import later
from services.sanitize import clamp_time, clean_text, html_to_text

_COMMENT_LINK = later(r"#(?:comment|c|reply|respond|post)-?\d+$|#comment", re.IGNORECASE)
# "Comment on POST by NAME" as WordPress words it in the languages of our users.
_COMMENT_TITLES = tuple(
    later(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"(?:Comment|Reply|Response) (?:on|to) (?P<post>.+) by (?P<name>[^\n]+)",
        r"Kommentar zu (?P<post>.+) von (?P<name>[^\n]+)",
        r"Commentaires? sur (?P<post>.+) par (?P<name>[^\n]+)",
        r"Comentario en (?P<post>.+) (?:por|de) (?P<name>[^\n]+)",
        r"Comentários? (?:sobre|em) (?P<post>.+) (?:por|de) (?P<name>[^\n]+)",
        r"Commenti? (?:su|a) (?P<post>.+) (?:di|da) (?P<name>[^\n]+)",
        r"Reactie op (?P<post>.+) (?:door|van) (?P<name>[^\n]+)",
    )
)
_IN_REPLY = later(
    r"\s*(?:<p>)?\s*(?:In reply to|Als Antwort auf|En réponse à|En respuesta a|Em resposta a|In risposta a|"
    r"Als reactie op)\s*"
    r"<a\s[^<>]*href=[\"']([^\"'<>]+)[\"'][^<>]*>[^<]*</a>\s*\.?\s*(?:</p>)?",
    re.IGNORECASE,
)
_BY = later(r"(?:By|Von|Par|Por|De|Di|Da|Door)\s*:\s*(?P<name>[^\n]{1,100})", re.IGNORECASE)
_FEED_OF_COMMENTS = later(
    r"^(?:comments?|kommentare?|commentaires?|comentarios?|comentários?|commenti|reacties) "
    r"(?:on|for|to|zu|für|sur|pour|en|em|sobre|su|per|op|voor)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class About:
    """What a feed's entries are about and who "we" are. ``post`` is set for the comment feed of one post of
    the owner."""

    own_names: frozenset[str] = frozenset()
    post: Context | None = None
    posts: Mapping[str, Context] = field(default_factory=dict)
    """The owner's posts by address, for the feed of all comments of the owner's site."""
    is_comments: bool = False
    prefix: str = ""
    """Put before short ids of a comment feed, so that ``5`` of one post is not ``5`` of another."""

    def is_ours(self, author: str) -> bool:
        return bool(author) and same_name(author) in self.own_names

    def remote_id(self, identity: str) -> str:
        is_worldwide = ":" in identity or "/" in identity or len(identity) >= 16
        return identity if is_worldwide or not self.prefix else f"{self.prefix}:{identity}"


def same_name(name: str) -> str:
    return " ".join(name.split()).casefold()


def plain_title(title: str) -> str:
    text = html_to_text(title) if looks_like_html(title) else clean_text(title)
    return " ".join(text.split())


def body_text(entry: FeedEntry) -> str:
    return html_to_text(entry.html) if entry.html else clean_text(entry.text)


def is_comment_feed(document: FeedDocument) -> bool:
    if _FEED_OF_COMMENTS.match(document.title):
        return True
    marked = sum(bool(e.in_reply_to or _COMMENT_LINK.search(e.url)) for e in document.entries)
    return bool(document.entries) and marked * 2 > len(document.entries)


def changed_messages(
    source: Source,
    settled: Sequence[tuple[FeedEntry, str]],
    document: FeedDocument,
    about: About,
    now: datetime,
    *,
    most: int,
) -> tuple[list[Message], bool]:
    """The messages of entries that are new or changed, at most ``most`` of the newest, oldest first, and
    whether there are more.

    Notes in ``source`` what was taken, so that the next call goes on behind it.
    """
    marks = [fingerprint_of(entry) for entry, _ in settled]
    fresh = [
        (index, entry, identity)
        for index, (entry, identity) in enumerate(settled)
        if source.fingerprint(identity) != marks[index]
    ]
    fresh.sort(key=lambda one: _order(one[1], one[0], now), reverse=True)
    taken = fresh[:most]
    messages = []
    present = {identity: identity for _, identity in settled}
    present.update({entry.url: identity for entry, identity in settled if entry.url})
    for index, entry, identity in reversed(taken):
        is_known = bool(source.fingerprint(identity))
        # Feeds print the newest first: an undated one is a second older than the one above it.
        seen = source.first_seen(identity) or (now - timedelta(seconds=index)).replace(microsecond=0)
        sent_at = clamp_time(entry.sent_at, now, seen)
        needs_seen = entry.sent_at is None or sent_at == seen
        source.note(identity, marks[index], int(seen.timestamp()) if needs_seen else None)
        messages.append(_message(entry, identity, document, about, sent_at, is_known, now, source, present))
    if about.is_comments or about.post:
        messages = _answers_joined(messages, settled, about)
    return messages, len(fresh) > len(taken)


def _order(entry: FeedEntry, index: int, now: datetime) -> tuple[datetime, int]:
    return clamp_time(entry.sent_at, now, now - timedelta(seconds=index)), -index


def _message(
    entry: FeedEntry,
    identity: str,
    document: FeedDocument,
    about: About,
    sent_at: datetime,
    is_known: bool,
    now: datetime,
    source: Source,
    present: Mapping[str, str],
) -> Message:
    title, text = plain_title(entry.title), body_text(entry)
    author, context, kind = clean_text(entry.author), about.post, MessageKind.ENTRY
    if about.is_comments or about.post or entry.in_reply_to or _COMMENT_LINK.search(entry.url):
        kind = MessageKind.COMMENT
        title, author, context = _comment_facts(entry, title, author, about, document)
    is_ours = about.is_ours(author)
    answered, html = entry.in_reply_to, entry.html
    if kind is MessageKind.COMMENT and not answered:
        answered, html = _named_parent(html, source, present)
        text = html_to_text(html) if html != entry.html else text
    answered = present.get(answered, answered)
    has_parent = bool(answered) and (answered in present or key_of(answered) in source.known)
    parent = about.remote_id(answered) if has_parent else ""
    remote_id = about.remote_id(identity)
    return Message(
        remote_id=remote_id,
        kind=kind,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        author=Author(entry.author_url or same_name(author) or "?", author, url=entry.author_url),
        text=text or title or (entry.guid if " " in entry.guid else entry.url),
        sent_at=sent_at,
        conversation_key="" if has_parent else remote_id,
        html=html,
        parent_id=parent,
        url=entry.url,
        title=title if kind is MessageKind.ENTRY or context is None else context.title or title,
        language=document.language[:20],
        context=context,
        attachments=entry.attachments,
        reply_context={"url": entry.url},
        edited_at=clamp_time(entry.updated_at, now, now) if is_known else None,
        version=digest(title, text),
        state=MessageState.SENT if is_ours else MessageState.RECEIVED,
    )


def _named_parent(html: str, source: Source, present: Mapping[str, str]) -> tuple[str, str]:
    """(identity, the rest): WordPress puts "In reply to NAME", a link to the comment answered, before an
    answer."""
    match = _IN_REPLY.match(html)
    if not match:
        return "", html
    link = unescape(match[1])
    return present.get(link) or source.named(link), html[match.end() :]


def _comment_facts(
    entry: FeedEntry, title: str, author: str, about: About, document: FeedDocument
) -> tuple[str, str, Context | None]:
    """Title, author and context of a comment, as far as "Comment on POST by NAME" and the feed's own title
    tell."""
    post = ""
    for pattern in _COMMENT_TITLES:
        match = pattern.fullmatch(title)
        if match:
            post = match["post"].strip()
            if not author or author == document.title:
                author = match["name"].strip()
            break
    else:
        match = _BY.fullmatch(title)
        if match and (not author or author == document.title):
            author = match["name"].strip()
    if about.post:
        return about.post.title or post or title, author, about.post
    page = urldefrag(entry.url).url
    context = about.posts.get(page) or (Context(post, url=page, is_ours=bool(about.posts)) if post else None)
    return post or title, author, context


def _answers_joined(
    messages: Iterable[Message], settled: Sequence[tuple[FeedEntry, str]], about: About
) -> list[Message]:
    """Our own comments in feeds that do not say what they answer: the latest earlier comment whose author
    is named at the start, else the latest earlier one under the same post."""
    earlier = sorted(
        (
            (entry.sent_at, urldefrag(entry.url).url, clean_text(entry.author), about.remote_id(identity))
            for entry, identity in settled
            if entry.sent_at and not about.is_ours(clean_text(entry.author))
        ),
        key=lambda one: one[0],
    )
    joined = []
    for message in messages:
        if message.direction is Direction.OUTBOUND and not message.parent_id:
            before = [
                one
                for one in earlier
                if one[0] <= message.sent_at and (about.post or one[1] == urldefrag(message.url).url)
            ]
            start = message.text[:80].casefold()
            named = [one for one in before if one[2] and one[2].split()[0].casefold() in start]
            chosen = (named or before)[-1:]
            if chosen:
                message = replace(message, parent_id=chosen[0][3], conversation_key="")
        joined.append(message)
    return joined
