"""The web site: documents that real readers read, conditional answers, and pages that lead to the feeds."""

from __future__ import annotations

import gzip
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest

from services.sample import SampleShop
from tests.fakes import FakeClock
from tests.unit.sample.client import Answer, Client


def read(answer: Answer) -> Any:
    parsed = feedparser.parse(
        io.BytesIO(answer.body), response_headers={"content-type": answer.headers["content-type"]}
    )
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


@pytest.mark.parametrize("name", ["blog", "comments", "forum", "mentions"])
def test_every_feed_has_whole_entries(shop: SampleShop, client: Client, name: str) -> None:
    parsed = read(client.get(shop.feed_urls[name]))
    assert len(parsed.entries) >= 4
    for entry in parsed.entries:
        assert entry.id
        assert entry.author
        assert entry.published_parsed
        assert entry.link.startswith(shop.url)
        assert entry.summary or entry.content
    ids = [e.id for e in parsed.entries]
    assert len(set(ids)) == len(ids)
    times = [e.published_parsed for e in parsed.entries]
    assert times == sorted(times, reverse=True)


def test_links_of_entries_lead_somewhere(shop: SampleShop, client: Client) -> None:
    for address in shop.feed_urls.values():
        for entry in read(client.get(address)).entries:
            assert client.get(entry.link.partition("#")[0]).status == 200, entry.link


def test_posts_point_to_their_comments(shop: SampleShop, client: Client) -> None:
    post = next(e for e in read(client.get(shop.feed_urls["blog"])).entries if "starter" in e.link)
    assert post.slash_comments == "3"
    comments = read(client.get(post.wfw_commentrss))
    assert {e.author for e in comments.entries} == {"Noor", "Bread Nerd", "Isabel"}
    assert comments.entries[0].title == "Comment on Our starter is 20 years old by Noor"
    assert "#comment-" in comments.entries[0].link


def test_atom_says_what_is_answered(client: Client) -> None:
    entries = read(client.get("/blog/comments/feed/atom/")).entries
    answer = next(e for e in entries if e.author == "Rosie")
    question = next(e for e in entries if e.author == "Walter")
    assert answer["thr_in-reply-to"]["ref"] == question.id


def test_json_feed(client: Client) -> None:
    answer = client.get("/blog/feed/json/")
    document = json.loads(answer.body)
    assert answer.headers["content-type"].startswith("application/feed+json")
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert {i["authors"][0]["name"] for i in document["items"]} == {"Rosie", "Ana"}


@pytest.mark.parametrize("path", ["/blog/feed/", "/search/mentions.atom", "/blog/feed/json/"])
def test_unchanged_is_304_by_either_validator(client: Client, path: str) -> None:
    first = client.get(path)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"If-None-Match": etag},
        {"If-Modified-Since": modified},
        {"If-None-Match": f'"other", {etag}'},
        {"If-None-Match": etag, "If-Modified-Since": "Mon, 02 Jan 2006 00:00:00 GMT"},
    ):
        again = client.get(path, headers=headers)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == etag
    other = client.get(path, headers={"If-None-Match": '"other"', "If-Modified-Since": modified})
    assert other.status == 200


def test_anything_new_changes_both_validators(shop: SampleShop, client: Client, clock: FakeClock) -> None:
    first = client.get("/blog/comments/feed/")
    clock.advance(minutes=3)
    shop.publish("comments", "Noor", "Another question", under="starter", key="late")
    second = client.get("/blog/comments/feed/", headers={"If-None-Match": first.headers["etag"]})
    assert second.status == 200
    assert second.headers["last-modified"] != first.headers["last-modified"]
    clock.advance(minutes=3)
    shop.site.edit("late", "Another question, answered by myself")
    third = client.get("/blog/comments/feed/", headers={"If-None-Match": second.headers["etag"]})
    assert "answered by myself" in third.text
    guids = [re.findall(r"<guid[^>]*>([^<]+)", a.text) for a in (second, third)]
    assert guids[0] == guids[1]
    shop.site.remove("late")
    assert client.get("/blog/comments/feed/").body == first.body


def test_gzip_is_for_those_who_ask(client: Client) -> None:
    plain = client.get("/blog/feed/")
    packed = client.get("/blog/feed/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    again = client.get("/blog/feed/", headers={"If-None-Match": packed.headers["etag"]})
    assert again.status == 304


def test_the_home_page_leads_to_posts_and_comments(shop: SampleShop, client: Client) -> None:
    page = client.get(shop.blog_url)
    links = dict(re.findall(r'<link rel="alternate" type="[^"]+" title="([^"]+)" href="([^"]+)">', page.text))
    assert links["Rosie&#x27;s Bakery » Feed"] == "/blog/feed/"
    assert links["Rosie&#x27;s Bakery » Comments Feed"] == "/blog/comments/feed/"
    assert all(client.get(h).status == 200 for h in links.values())


def test_opml_lists_every_feed(shop: SampleShop, client: Client) -> None:
    tree = ET.fromstring(client.get(shop.opml_url).body)
    found = {o.get("xmlUrl") for o in tree.iter("outline") if o.get("xmlUrl")}
    assert found == set(shop.feed_urls.values())


def test_documents_of_the_callers_own(shop: SampleShop, client: Client, shared_data: Path) -> None:
    body = (shared_data / "feeds" / "EMarley.rss").read_bytes()
    address = shop.serve("/captured/EMarley.rss", body, "application/rss+xml")
    first = client.get(address)
    assert first.body == body
    assert client.get(address, headers={"If-None-Match": first.headers["etag"]}).status == 304
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.body) == body
    assert client.get(address).body == body, "what is kept must not be packed by a visit"


def test_generated_feeds(shop: SampleShop, client: Client) -> None:
    first = client.get("/bench/feed/17.rss")
    parsed = read(first)
    assert len(parsed.entries) == 50
    assert 40_000 < len(first.body) < 90_000
    assert client.get("/bench/feed/17.rss", headers={"If-None-Match": first.headers["etag"]}).status == 304
    other = read(client.get("/bench/feed/18.atom?entries=7"))
    assert len(other.entries) == 7
    assert not {e.id for e in other.entries} & {e.id for e in parsed.entries}
    lines = ET.fromstring(client.get("/bench/feeds.opml?feeds=20").body)
    assert len([o for o in lines.iter("outline") if o.get("xmlUrl")]) == 20


def test_a_big_feed_is_well_formed(client: Client) -> None:
    body = client.get("/bench/big.rss?mb=3").body
    assert 2_500_000 < len(body) < 4_000_000
    guids = [e.text for e in ET.fromstring(body).iter("guid")]
    assert len(guids) == len(set(guids)) > 1000


def test_unknown_addresses_are_404(client: Client) -> None:
    for path in (
        "/nothing",
        "/blog/no-such-post/",
        "/blog/no-such-post/feed/",
        "/bench/feed/x.rss",
        "/forum/t/none",
    ):
        assert client.get(path).status == 404
