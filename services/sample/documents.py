# ruff: noqa: E501 - markup stands on the lines it is sent on
"""Feed documents written the way common software writes them: RSS 2.0 as WordPress does, Atom, JSON Feed 1.1,
OPML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape, unescape
from re import sub

from services.clock import iso
from services.sample.site import Entry, Site

_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
)


@dataclass(frozen=True, slots=True)
class Head:
    """What a feed says about itself. Addresses are complete."""

    title: str
    about: str
    home: str
    own: str
    base: str
    language: str = "en-GB"


def plain(html: str) -> str:
    return unescape(sub(r"<[^>]+>", " ", html)).strip()


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0))


def _rss_item(entry: Entry, head: Head, site: Site) -> str:
    link = head.base + entry.page
    lines = [
        "\t<item>",
        f"\t\t<title>{escape(entry.title, quote=False)}</title>",
        f"\t\t<link>{escape(link)}</link>",
        f"\t\t<dc:creator>{_cdata(entry.author)}</dc:creator>",
        f"\t\t<pubDate>{_rfc822(entry.at)}</pubDate>",
        f'\t\t<guid isPermaLink="false">{escape(entry.guid)}</guid>',
    ]
    body = entry.html
    if entry.place == "comments" and entry.answers and (answered := site.get(entry.answers)):
        body = f'<p>In reply to <a href="{escape(head.base + answered.page)}">{escape(answered.author)}</a>.</p>\n{body}'
    lines.append(f"\t\t<description>{_cdata(plain(body)[:300])}</description>")
    lines.append(f"\t\t<content:encoded>{_cdata(body)}</content:encoded>")
    if entry.place == "blog":
        lines += [
            f"\t\t<comments>{escape(link)}#comments</comments>",
            f"\t\t<wfw:commentRss>{escape(link)}feed/</wfw:commentRss>",
            f"\t\t<slash:comments>{site.count(entry.key)}</slash:comments>",
        ]
    lines.append("\t</item>")
    return "\n".join(lines)


def rss(head: Head, entries: Sequence[Entry], site: Site) -> bytes:
    newest = max((e.changed_at for e in entries), default=None)
    build = f"\t<lastBuildDate>{_rfc822(newest)}</lastBuildDate>\n" if newest else ""
    items = "\n".join(_rss_item(e, head, site) for e in entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {_NAMESPACES}>\n<channel>\n'
        f"\t<title>{escape(head.title, quote=False)}</title>\n"
        f'\t<atom:link href="{escape(head.own)}" rel="self" type="application/rss+xml" />\n'
        f"\t<link>{escape(head.home)}</link>\n\t<description>{escape(head.about, quote=False)}</description>\n{build}"
        f"\t<language>{head.language}</language>\n\t<sy:updatePeriod>hourly</sy:updatePeriod>\n"
        f"\t<sy:updateFrequency>1</sy:updateFrequency>\n{items}\n</channel>\n</rss>\n"
    ).encode()


def _atom_entry(entry: Entry, head: Head, site: Site) -> str:
    link = head.base + entry.page
    parts = [
        f'  <entry xml:lang="{entry.language}">',
        f"    <id>{escape(entry.guid)}</id>",
        f'    <title type="html">{escape(escape(entry.title, quote=False), quote=False)}</title>',
        f'    <link rel="alternate" type="text/html" href="{escape(link)}"/>',
        f"    <published>{iso(entry.at)}</published>",
        f"    <updated>{iso(entry.changed_at)}</updated>",
        f"    <author><name>{escape(entry.author, quote=False)}</name></author>",
    ]
    if entry.place == "blog":
        parts.append(
            f'    <link rel="replies" type="application/atom+xml" href="{escape(link)}feed/atom/" thr:count="{site.count(entry.key)}"/>'
        )
    parent = site.get(entry.answers or entry.under)
    if parent is not None:
        parts.append(
            f'    <thr:in-reply-to ref="{escape(parent.guid)}" href="{escape(head.base + parent.page)}" type="text/html"/>'
        )
    parts.append(f'    <content type="html">{escape(entry.html, quote=False)}</content>\n  </entry>')
    return "\n".join(parts)


def atom(head: Head, entries: Sequence[Entry], site: Site) -> bytes:
    newest = max((e.changed_at for e in entries), default=site.clock.now())
    body = "\n".join(_atom_entry(e, head, site) for e in entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" xml:lang="{head.language}">\n'
        f"  <title>{escape(head.title, quote=False)}</title>\n  <subtitle>{escape(head.about, quote=False)}</subtitle>\n"
        f"  <id>{escape(head.own.replace(head.base, 'https://rosies.example'))}</id>\n"
        f'  <link rel="self" type="application/atom+xml" href="{escape(head.own)}"/>\n'
        f'  <link rel="alternate" type="text/html" href="{escape(head.home)}"/>\n  <updated>{iso(newest)}</updated>\n{body}\n</feed>\n'
    ).encode()


def json_feed(head: Head, entries: Sequence[Entry]) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": head.title,
        "description": head.about,
        "home_page_url": head.home,
        "feed_url": head.own,
        "language": head.language,
        "items": [
            {
                "id": e.guid,
                "url": head.base + e.page,
                "title": e.title,
                "content_html": e.html,
                "date_published": iso(e.at),
                "date_modified": iso(e.changed_at),
                "authors": [{"name": e.author}],
                "language": e.language,
            }
            for e in entries
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def opml(title: str, feeds: Sequence[tuple[str, str, str]]) -> bytes:
    """``feeds``: title, feed address, page address."""
    lines = "\n".join(
        f'      <outline type="rss" text="{escape(name)}" title="{escape(name)}" xmlUrl="{escape(feed)}" htmlUrl="{escape(home)}"/>'
        for name, feed, home in feeds
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head><title>{escape(title)}</title></head>\n  <body>\n'
        f'    <outline text="{escape(title)}">\n{lines}\n    </outline>\n  </body>\n</opml>\n'
    ).encode()
