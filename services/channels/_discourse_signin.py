"""The sign-in of a member: the forum makes a key for this program and hands it over sealed.

app/controllers/user_api_keys_controller.rb: the browser opens ``/user-api-key/new`` with a public key of
ours; after the owner's yes the page shows the forum's key, sealed with it (RSA, PKCS#1 v1.5, base64 in
lines of 60), to be copied. It leads no browser to this machine: forums allow that to their own mobile
program only. The key pair lives in memory until then.

A second key for the same ``client_id`` takes the place of the first.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

from services.channels._discourse_address import find_forum
from services.channels._discourse_api import Api
from services.channels._shapes import part_of, setting, text_of
from services.channels.base import AuthorizeRequest, Granted, Tools
from services.channels.oauth import new_state, same_state
from services.errors import Invalid, NotAllowed, SignInNeeded
from services.model import JsonObject

API_KEY, CLIENT_ID = "api_key", "_client_id"
APP_NAME = "Shopbell"
SCOPES = "read,write,notifications,session_info"
_PAGE = "/user-api-key/new"
_BITS = 2048
_BYTES = _BITS // 8
_PRIVATE = "private_key"


def begin(settings: JsonObject, tools: Tools) -> AuthorizeRequest:
    import uuid

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    forum = find_forum(tools.web, setting(settings, "url", ""))
    answer = tools.web.request("HEAD", forum.base + _PAGE, check=False)
    if answer.status in (404, 410):
        raise Invalid("no-user-keys", field="url")
    pair = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    private = pair.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")
    public = (
        pair.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )
    nonce, client_id = new_state(), setting(settings, "client_id", "") or str(uuid.uuid4())
    asked = {
        "application_name": APP_NAME,
        "client_id": client_id,
        "scopes": SCOPES,
        "nonce": nonce,
        "public_key": public,
    }
    keep = {_PRIVATE: private, "nonce": nonce, CLIENT_ID: client_id}
    return AuthorizeRequest(f"{forum.base}{_PAGE}?{urlencode(asked)}", nonce, keep, shows_code=True)


def finish(request: AuthorizeRequest, pasted: str) -> Granted:
    """Raises SignInNeeded: ``no-code`` (nothing pasted), ``not-the-text``, ``text-cut-short``, or
    ``wrong-state`` (sealed for another sign-in)."""
    told = _opened(_sealed(pasted), request.keep.get(_PRIVATE, ""))
    if not same_state(text_of(told, "nonce"), request.keep.get("nonce", "")):
        raise SignInNeeded("wrong-state")
    key = text_of(told, "key")
    if not re.fullmatch(r"[\x21-\x7e]{8,200}", key):
        raise SignInNeeded("wrong-state")
    return Granted({API_KEY: key, CLIENT_ID: request.keep.get(CLIENT_ID, "")})


def _sealed(pasted: str) -> bytes:
    if "payload=" in pasted:
        try:
            query = parse_qs(urlsplit(pasted.strip()).query or pasted)
        except ValueError:
            raise SignInNeeded("not-the-text") from None
        # A plus that came bare reads as a space there.
        pasted = query.get("payload", [""])[0].replace(" ", "+")
    letters = "".join(pasted.split()).strip("\"'`<>")
    if not letters:
        raise SignInNeeded("no-code")
    letters = letters.replace("-", "+").replace("_", "/")
    if not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", letters):
        raise SignInNeeded("not-the-text")
    try:
        sealed = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise SignInNeeded("text-cut-short" if len(letters) > 40 else "not-the-text") from None
    if len(sealed) != _BYTES:
        is_piece = 40 < len(sealed) < _BYTES
        raise SignInNeeded("text-cut-short" if is_piece else "not-the-text")
    return sealed


def _opened(sealed: bytes, private: str) -> JsonObject:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    if not private:
        raise SignInNeeded("wrong-state")
    pair = serialization.load_pem_private_key(private.encode("ascii"), password=None)
    assert isinstance(pair, rsa.RSAPrivateKey)
    try:
        # What was sealed for another key opens to noise, or not at all: that depends on the library below.
        told = json.loads(pair.decrypt(sealed, padding.PKCS1v15()))
    except ValueError:
        raise SignInNeeded("wrong-state") from None
    return part_of(told)


def revoke(api: Api) -> None:
    answer = api.change("POST", "/user-api-key/revoke")
    if answer.status != 200:
        error = api.error_of(answer)
        if isinstance(error, SignInNeeded | NotAllowed):
            # Taken back already.
            return
        raise error
