"""What was worked out once is looked up, and does not grow for ever."""

from __future__ import annotations

from services.known import Known


def test_works_out_once() -> None:
    asked: list[str] = []

    def length(word: str) -> int:
        asked.append(word)
        return len(word)

    known = Known(length, 10)
    assert list(map(known.__getitem__, ["loaf", "bun", "loaf"])) == [4, 3, 4]
    assert asked == ["loaf", "bun"]


def test_keeps_so_many_at_most() -> None:
    known = Known(len, 10)
    for number in range(1000):
        assert known[f"{number:04}"] == 4
        assert len(known) <= 10


def test_does_not_keep_what_nobody_writes_twice() -> None:
    known = Known(len, 10)
    assert known["a" * 100_000] == 100_000
    assert not known


def test_pairs_are_kept_as_well() -> None:
    known: Known[tuple[str, str], str] = Known(" ".join, 10)
    assert known["rye", "loaf"] == "rye loaf"
    assert ("rye", "loaf") in known
