"""What the tests of the web share beside their fixtures."""

from __future__ import annotations

import pytest

from services.errors import (
    ChannelError,
)

SECRET = "tok-3f9c-very-secret"


def raised(call: object, kind: type[ChannelError]) -> ChannelError:
    with pytest.raises(kind) as caught:
        call()  # type: ignore[operator]
    assert type(caught.value) is kind
    return caught.value
