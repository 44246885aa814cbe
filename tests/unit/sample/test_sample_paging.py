"""Pages as the network's documentation says: what each cursor gives, and that a poll with ``min_id`` leaves
no hole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.sample import SampleShop
from tests.unit.sample.client import Client

NOTES = "/api/v1/notifications"


def ids(client: Client, **params: str) -> list[str]:
    return [n["id"] for n in client.get(NOTES, params).json]


@pytest.fixture
def everything(client: Client) -> list[str]:
    """All ids the owner may see, oldest first."""
    found = ids(client, limit="80")
    assert len(found) > 40, "the week must fill more than one page"
    return found[::-1]


def test_ids_grow_in_number_and_not_in_text(everything: list[str]) -> None:
    assert [int(i) for i in everything] == sorted(int(i) for i in everything)
    assert everything != sorted(everything), "the week must cross from 99999 to 100000"


def test_without_a_cursor_the_newest_page_comes_newest_first(client: Client, everything: list[str]) -> None:
    assert ids(client) == everything[:-41:-1]


def test_a_page_never_holds_more_than_the_server_allows(shop: SampleShop, client: Client) -> None:
    for n in range(60):
        shop.say("tom", f"number {n}")
    assert len(ids(client, limit="500")) == 80


def test_min_id_gives_the_page_right_after_it(client: Client, everything: list[str]) -> None:
    assert ids(client, min_id=everything[4], limit="5") == everything[5:10][::-1]


def test_since_id_gives_the_newest_page_and_leaves_a_hole(client: Client, everything: list[str]) -> None:
    found = ids(client, since_id=everything[4], limit="5")
    assert found == everything[-5:][::-1]
    assert everything[5] not in found


def test_max_id_gives_what_is_older(client: Client, everything: list[str]) -> None:
    assert ids(client, max_id=everything[20], limit="5") == everything[15:20][::-1]


def test_max_id_bounds_min_id(client: Client, everything: list[str]) -> None:
    assert ids(client, min_id=everything[4], max_id=everything[7]) == everything[5:7][::-1]


def test_walking_with_min_id_meets_everything_once(client: Client, everything: list[str]) -> None:
    met: list[str] = [everything[0]]
    while page := ids(client, min_id=met[-1], limit="7"):
        met += page[::-1]
    assert met == everything


def test_walking_the_link_header_back_meets_everything_once(client: Client, everything: list[str]) -> None:
    met: list[str] = []
    answer = client.get(NOTES, {"limit": "9"})
    while answer.json:
        met += [n["id"] for n in answer.json]
        answer = client.get(answer.link("next"))
    assert met == everything[::-1]
    assert "link" not in answer.headers, "an empty page leads nowhere"


def test_links_carry_the_filters_along(client: Client) -> None:
    first = client.get(NOTES, [("types[]", "mention"), ("types[]", "quote"), ("limit", "3")])
    second = client.get(first.link("next"))
    assert {n["type"] for n in second.json} <= {"mention", "quote"}
    assert len(second.json) == 3
    assert "min_id=" in first.link("prev")


def test_types_choose_and_exclude(client: Client) -> None:
    follows = client.get(NOTES, [("types[]", "follow")]).json
    assert {n["type"] for n in follows} == {"follow"}
    assert all("status" not in n for n in follows)
    rest = client.get(
        NOTES, [("exclude_types[]", "follow"), ("exclude_types[]", "mention"), ("limit", "80")]
    ).json
    assert {n["type"] for n in rest} == {"favourite", "reblog", "quote", "added_to_collection"}


def test_statuses_of_an_account_page_too(shop: SampleShop, client: Client) -> None:
    path = f"/api/v1/accounts/{shop.world.shop.id}/statuses"
    met: list[str] = []
    answer = client.get(path, {"limit": "6"})
    while True:
        met += [s["id"] for s in answer.json]
        if not answer.link("next"):
            break
        answer = client.get(answer.link("next"))
    assert len(met) == len(set(met)) == len(shop.world.statuses_of(shop.world.shop))
    assert met == sorted(met, key=int, reverse=True)


def test_new_arrivals_are_found_after_the_last_known(
    shop: SampleShop, client: Client, everything: list[str]
) -> None:
    shop.say("tom", "one more thing")
    shop.say("marta", "and one of mine")
    fresh = client.get(NOTES, {"min_id": everything[-1]}).json
    assert [n["account"]["username"] for n in fresh] == ["marta", "tomhadley"]


def test_what_arrives_late_is_told_late(shop: SampleShop, client: Client, everything: list[str]) -> None:
    written = shop.now - timedelta(days=2)
    late = shop.say("tom", "written two days ago, but the line was down", at=written, late=True)
    found = client.get(NOTES, {"min_id": everything[-1]}).json
    assert [n["status"]["id"] for n in found] == [late.id]
    assert found[0]["created_at"] == "2026-11-24T07:04:00.000Z"
    assert found[0]["status"]["created_at"] == "2026-11-22T07:04:00.000Z"
    assert int(late.id) < int(shop.status("best-rye").id)


@pytest.mark.parametrize("flavour", ["gotosocial", "pleroma"])
def test_ids_that_are_no_numbers_page_the_same(open_shop: Callable[..., SampleShop], flavour: str) -> None:
    shop = open_shop(flavour=flavour)
    client = Client(shop)
    path = f"/api/v1/accounts/{shop.world.shop.id}/statuses"
    all_ids = [s["id"] for s in client.get(path, {"limit": "40"}).json]
    assert len(all_ids) > 10
    assert all_ids == sorted(all_ids, reverse=True)
    assert not any(i.isdigit() for i in all_ids)
    middle = all_ids[5]
    assert [s["id"] for s in client.get(path, {"min_id": middle, "limit": "2"}).json] == all_ids[3:5]
    client.close()
