"""How the servers that speak Mastodon's API differ from one another, as one record per server software.

Facts from the servers' own API documents: GoToSocial keeps no idempotency keys, counts code points, answers
400 where Mastodon answers 422 and gives ``since_id`` in the ``prev`` link of notifications; Pleroma has flake
ids and says its limit as ``max_toot_chars`` in the first instance document only; Pixelfed lacks whole
endpoints.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.sample.ids import IdStyle


@dataclass(frozen=True, slots=True)
class Flavour:
    """``link_length`` None: texts are counted as they stand, in code points. ``missing``: path patterns
    answered with 404.

    ``direct_context``: whether the thread of a private message can be read.
    """

    name: str
    version: str
    software: str
    software_version: str
    ids: IdStyle = "snowflake"
    max_characters: int = 500
    link_length: int | None = 23
    keeps_idempotency: bool = True
    invalid_status: int = 422
    prev_parameter: str = "min_id"
    notifications_default: int = 40
    notifications_max: int = 80
    epoch_reset: bool = False
    checks_pkce: bool = True
    has_quotes: bool = True
    has_filtering: bool = True
    plain_html: bool = False
    direct_context: bool = True
    extra_types: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


_NO_FILTERING = ("/api/v2/notifications/policy", "/api/v1/notifications/requests*")

MASTODON = Flavour(
    name="mastodon",
    version="4.6.0",
    software="mastodon",
    software_version="4.6.0",
    extra_types=("added_to_collection",),
)
GOTOSOCIAL = Flavour(
    name="gotosocial",
    version="0.19.1+git-0a5d4a1",
    software="gotosocial",
    software_version="0.19.1+git-0a5d4a1",
    ids="ulid",
    max_characters=5000,
    link_length=None,
    keeps_idempotency=False,
    invalid_status=400,
    prev_parameter="since_id",
    notifications_default=20,
    epoch_reset=True,
    has_quotes=False,
    has_filtering=False,
    missing=_NO_FILTERING,
)
PLEROMA = Flavour(
    name="pleroma",
    version="2.7.2 (compatible; Pleroma 2.6.0)",
    software="pleroma",
    software_version="2.6.0",
    ids="flake",
    max_characters=5000,
    link_length=None,
    notifications_default=20,
    notifications_max=40,
    checks_pkce=False,
    has_quotes=False,
    has_filtering=False,
    plain_html=True,
    extra_types=("pleroma:chat_mention", "pleroma:emoji_reaction"),
    missing=(*_NO_FILTERING, "/api/v2/instance", "/.well-known/oauth-authorization-server"),
)
PIXELFED = Flavour(
    name="pixelfed",
    version="3.5.3 (compatible; Pixelfed 0.12.0)",
    software="pixelfed",
    software_version="0.12.0",
    max_characters=1500,
    link_length=None,
    keeps_idempotency=False,
    notifications_default=20,
    notifications_max=40,
    has_quotes=False,
    has_filtering=False,
    direct_context=False,
    missing=(
        *_NO_FILTERING,
        "/.well-known/oauth-authorization-server",
        "/api/v1/statuses/*/source",
        "/api/v1/statuses/*/history",
        "/api/v1/markers",
    ),
)

FLAVOURS: dict[str, Flavour] = {f.name: f for f in (MASTODON, GOTOSOCIAL, PLEROMA, PIXELFED)}
