"""Hacker News, asked through its public search: stories and comments that hold one of the words.

Source: hn.algolia.com/api. ``search_by_date`` gives the newest first, 100 to a page, about 1000 to a
question; ``numericFilters`` bounds ``created_at_i`` (seconds).
"""

from __future__ import annotations

from datetime import UTC, datetime

from services.channels._feed_shape import digest
from services.channels._mentions_dated import PAGE, DatedSearch
from services.channels._shapes import Json, as_document, as_list, epoch_of, moment_of, number_of, text_of
from services.model import Author, Context, Direction, Message, MessageKind
from services.sanitize import clean_text, html_to_text

_PAGES = "https://news.ycombinator.com"


class Stories(DatedSearch):
    def ask(self, word: str, since: int, below: int) -> tuple[list[Json], bool]:
        bounds = f"created_at_i>{since}" + (f",created_at_i<={below}" if below else "")
        params = [
            ("query", f'"{word}"'),
            ("tags", "(story,comment)"),
            ("numericFilters", bounds),
            ("hitsPerPage", str(PAGE)),
        ]
        answer = as_document(self.web.get(self.url, params=params).json())
        hits = as_list(answer.get("hits"))
        pages = number_of(answer, "nbPages")
        return hits, len(hits) >= PAGE if pages is None else bool(hits) and pages > 1

    def seconds(self, hit: Json) -> int | None:
        return _seconds(hit)

    def message(self, hit: Json, now: datetime) -> Message | None:
        return message_of(hit, now)

    def searched(self, hit: Json, message: Message) -> str:
        """What the writer said or linked to; not the headline above somebody else's comment."""
        if _is_comment(hit):
            return message.text
        return f"{message.title}\n{message.text}\n{text_of(hit, 'url')}"


def message_of(hit: Json, now: datetime) -> Message | None:
    """None: the hit lacks what a message needs."""
    identifier, seconds = text_of(hit, "objectID"), _seconds(hit)
    if not identifier or seconds is None:
        return None
    is_comment = _is_comment(hit)
    html = text_of(hit, "comment_text" if is_comment else "story_text")
    title = clean_text(text_of(hit, "story_title" if is_comment else "title"))
    text = html_to_text(html) if html else ""
    if not (text.strip() or title):
        return None
    story = text_of(hit, "story_id") or identifier
    author, link = text_of(hit, "author"), text_of(hit, "story_url" if is_comment else "url")
    page = f"{_PAGES}/item?id={identifier}"
    context = Context(title, url=link or f"{_PAGES}/item?id={story}") if is_comment or link else None
    return Message(
        remote_id=f"hn:{identifier}",
        kind=MessageKind.MENTION,
        direction=Direction.INBOUND,
        author=Author(
            f"hn:{author}" if author else "?", author, url=f"{_PAGES}/user?id={author}" if author else ""
        ),
        text=text or title,
        sent_at=min(datetime.fromtimestamp(seconds, UTC), now),
        conversation_key=f"{_PAGES.partition('://')[2]}/item?id={story}",
        html=html,
        url=page,
        title=title,
        context=context,
        reply_context={"url": page},
        shared_key=f"{_PAGES.partition('://')[2]}/item?id={story}" + (f" {identifier}" if is_comment else ""),
        version=digest(title, text),
    )


def _is_comment(hit: Json) -> bool:
    tags = hit.get("_tags")
    return "comment" in tags if isinstance(tags, list) else bool(hit.get("comment_text"))


def _seconds(hit: Json) -> int | None:
    moment = epoch_of(hit, "created_at_i") or moment_of(hit, "created_at")
    return int(moment.timestamp()) if moment else None
