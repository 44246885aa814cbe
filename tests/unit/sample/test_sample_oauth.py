"""Signing in: the whole round, and every way in which it must not work."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from services.sample import SampleShop
from tests.fakes import FakeClock
from tests.unit.sample.client import Answer, Client

CALLBACK = "http://127.0.0.1:40001/callback"
OOB = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "a-verifier-that-is-long-enough-to-be-accepted-anywhere"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPES = "read:accounts read:statuses write:statuses"


class Flow:
    def __init__(self, shop: SampleShop) -> None:
        self.shop = shop
        self.client = Client(shop, token="")
        self.app = self.client.post(
            "/api/v1/apps",
            {"client_name": "Shopbell", "redirect_uris": f"{CALLBACK}\n{OOB}", "scopes": SCOPES},
        ).json

    def url(self, **changes: str) -> str:
        query = {
            "response_type": "code",
            "client_id": self.app["client_id"],
            "redirect_uri": CALLBACK,
            "scope": SCOPES,
            "state": "s-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return f"{self.shop.url}/oauth/authorize?{urlencode(query | changes)}"

    def code(self, **changes: str) -> str:
        return parse_qs(urlsplit(self.shop.allow(self.url(**changes))).query)["code"][0]

    def exchange(self, code: str, **changes: str) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.app["client_id"],
            "client_secret": self.app["client_secret"],
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self.client.post("/oauth/token", form | changes)


@pytest.fixture
def flow(shop: SampleShop) -> Iterator[Flow]:
    flow = Flow(shop)
    yield flow
    flow.client.close()


def press(flow: Flow, page: str, button: str) -> Answer:
    """Sends the form that holds the button, as a browser does."""
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'id="{button}"' in f)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
    return flow.client.post("/oauth/authorize", fields)


def test_the_whole_round_through_the_page(flow: Flow) -> None:
    page = flow.client.get(flow.url())
    assert "Shopbell" in page.text
    assert "write:statuses" in page.text
    back = press(flow, page.text, "allow")
    assert back.status == 302
    location = urlsplit(back.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == CALLBACK
    answer = parse_qs(location.query)
    assert answer["state"] == ["s-1"]
    token = flow.exchange(answer["code"][0]).json
    assert set(token["scope"].split()) == set(SCOPES.split())
    signed_in = Client(flow.shop, token["access_token"])
    assert signed_in.get("/api/v1/accounts/verify_credentials").json["acct"] == "rosies"
    signed_in.close()


def test_deny_comes_back_as_an_error(flow: Flow) -> None:
    back = press(flow, flow.client.get(flow.url()).text, "deny")
    answer = parse_qs(urlsplit(back.headers["location"]).query)
    assert answer["error"] == ["access_denied"]
    assert answer["state"] == ["s-1"]
    assert "code" not in answer


def test_a_code_to_copy(flow: Flow) -> None:
    back = press(flow, flow.client.get(flow.url(redirect_uri=OOB)).text, "allow")
    page = flow.client.get(back.headers["location"])
    code = re.search(r'class="oauth-code" readonly value="([^"]+)"', page.text)
    assert code is not None
    assert flow.exchange(code[1], redirect_uri=OOB).status == 200


def test_a_code_works_once(flow: Flow) -> None:
    code = flow.code()
    assert flow.exchange(code).status == 200
    again = flow.exchange(code)
    assert (again.status, again.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "something-else-that-is-just-as-long-as-the-right-one"},
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1:40001/other"},
        {"redirect_uri": OOB},
        {"code": "made-up"},
    ],
)
def test_what_does_not_fit_is_refused(flow: Flow, changes: dict[str, str]) -> None:
    refused = flow.exchange(**{"code": flow.code()} | changes)
    assert (refused.status, refused.json["error"]) == (400, "invalid_grant")


def test_a_code_is_good_for_ten_minutes(flow: Flow, clock: FakeClock) -> None:
    code = flow.code()
    clock.advance(minutes=11)
    assert flow.exchange(code).json["error"] == "invalid_grant"


def test_a_wrong_client_secret(flow: Flow) -> None:
    refused = flow.exchange(flow.code(), client_secret="wrong")
    assert (refused.status, refused.json["error"]) == (401, "invalid_client")


def test_another_port_on_loopback_is_fine_but_another_page_is_not(flow: Flow) -> None:
    moved = CALLBACK.replace("40001", "40002")
    assert flow.exchange(flow.code(redirect_uri=moved), redirect_uri=moved).status == 200
    assert flow.client.get(flow.url(redirect_uri="http://127.0.0.1:40001/elsewhere")).status == 400
    assert flow.client.get(flow.url(redirect_uri="https://evil.example/callback")).status == 400
    assert flow.client.get(flow.url(client_id="made-up")).status == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "read write"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_code_challenge_method"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_wishes_that_cannot_be_granted(flow: Flow, changes: dict[str, str], error: str) -> None:
    location = flow.client.get(flow.url(**changes)).headers["location"]
    assert parse_qs(urlsplit(location).query)["error"] == [error]


def test_a_revoked_token_is_no_token(flow: Flow) -> None:
    token = flow.exchange(flow.code()).json["access_token"]
    keys = {"client_id": flow.app["client_id"], "client_secret": flow.app["client_secret"]}
    assert flow.client.post("/oauth/revoke", keys | {"token": token}).status == 200
    gone = Client(flow.shop, token)
    answer = gone.get("/api/v1/accounts/verify_credentials")
    assert (answer.status, answer.json) == (401, {"error": "The access token is invalid"})
    gone.close()


def test_all_tokens_revoked_between_two_requests(shop: SampleShop, client: Client) -> None:
    assert client.get("/api/v1/notifications").status == 200
    shop.revoke_tokens()
    assert client.get("/api/v1/notifications").status == 401
    client.token = shop.new_token()
    assert client.get("/api/v1/notifications").status == 200


def test_scopes_are_enforced(shop: SampleShop) -> None:
    client = Client(shop, shop.new_token("read:notifications"))
    assert client.get("/api/v1/notifications").status == 200
    refused = client.post("/api/v1/statuses", {"status": "Hello"})
    assert (refused.status, refused.json["error"]) == (403, "This action is outside the authorized scopes")
    client.close()


def test_an_apps_own_token_is_nobody(flow: Flow) -> None:
    keys = {"client_id": flow.app["client_id"], "client_secret": flow.app["client_secret"], "scope": "read"}
    token = flow.client.post("/oauth/token", keys | {"grant_type": "client_credentials"}).json["access_token"]
    app = Client(flow.shop, token)
    assert app.get("/api/v1/notifications").status == 422
    app.close()


def test_other_grants_are_gone(flow: Flow) -> None:
    assert flow.exchange("", grant_type="password").json["error"] == "unsupported_grant_type"


def test_the_metadata_leads_to_the_pages(shop: SampleShop, client: Client) -> None:
    document = client.get("/.well-known/oauth-authorization-server").json
    assert document["authorization_endpoint"] == f"{shop.url}/oauth/authorize"
    assert document["code_challenge_methods_supported"] == ["S256"]
    found = client.get("/.well-known/webfinger", {"resource": f"acct:rosies@{shop.server_name}"}).json
    assert found["links"][1]["href"] == f"{shop.url}/users/rosies"


def test_registering_needs_an_address_and_known_scopes(flow: Flow) -> None:
    form = {"client_name": "X", "redirect_uris": CALLBACK, "scopes": "read"}
    assert flow.client.post("/api/v1/apps", form | {"redirect_uris": ""}).status == 422
    assert flow.client.post("/api/v1/apps", form | {"scopes": "everything"}).status == 422
    several = flow.client.post("/api/v1/apps", json_body=form | {"redirect_uris": [CALLBACK, OOB]}).json
    assert several["redirect_uris"] == [CALLBACK, OOB]


def test_apps_can_be_forgotten(flow: Flow) -> None:
    code = flow.code()
    flow.shop.sign_in.forget_apps()
    assert flow.exchange(code).json["error"] == "invalid_client"


def test_the_page_can_be_told_to_allow_by_itself(flow: Flow) -> None:
    flow.shop.sign_in.auto_allow = True
    location = flow.client.get(flow.url()).headers["location"]
    assert flow.exchange(parse_qs(urlsplit(location).query)["code"][0]).status == 200
