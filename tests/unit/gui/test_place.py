"""Where the window goes: screens that went away, shrank, changed their scale or their order."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gui.place import Kept, Rect, onto, placed, read

SMALLEST = (480, 420)
LAPTOP = Rect(0, 0, 1280, 800)
RIGHT = Rect(1280, 0, 1920, 1080)
LEFT = Rect(-1920, -200, 1920, 1080)
BAR = 30


def goes(saved: Rect, *screens: Rect, bar: int = BAR) -> Rect:
    return placed(saved, screens, SMALLEST, bar)


def test_what_is_wholly_to_be_seen_stays() -> None:
    for saved in (
        Rect(100, 100, 900, 600),
        Rect(1400, 50, 1200, 900),
        Rect(0, BAR, 1280, 770),
        # Over two screens.
        Rect(900, 100, 900, 600),
    ):
        assert goes(saved, LAPTOP, RIGHT) == saved


def test_a_screen_that_went_away() -> None:
    on_the_right = Rect(1500, 100, 1000, 700)
    assert goes(on_the_right, LAPTOP) == Rect(280, 100, 1000, 700)
    on_the_left = Rect(-1500, 0, 1000, 700)
    assert goes(on_the_left, LAPTOP) == Rect(0, BAR, 1000, 700)


def test_the_nearest_of_those_that_are_left() -> None:
    beyond = Rect(4000, 100, 800, 600)
    assert goes(beyond, LAPTOP, RIGHT) == Rect(1280 + 1920 - 800, 100, 800, 600)


def test_a_screen_that_is_smaller_now() -> None:
    large = Rect(2000, 200, 1800, 1000)
    assert goes(large, LAPTOP) == Rect(0, BAR, 1280, 800 - BAR)
    # The same screen at 200 %: half as many pixels of Qt's.
    assert goes(Rect(600, 300, 1200, 700), Rect(0, 0, 960, 540)) == Rect(0, BAR, 960, 540 - BAR)


def test_a_panel_that_is_in_the_way_now() -> None:
    assert goes(Rect(0, 0, 900, 600), Rect(0, 40, 1280, 760)) == Rect(0, 40 + BAR, 900, 600)


def test_a_title_bar_above_the_screen_comes_down() -> None:
    assert goes(Rect(100, 5, 900, 600), LAPTOP) == Rect(100, BAR, 900, 600)
    # Where there is none, nothing is above.
    assert goes(Rect(100, 0, 900, 600), LAPTOP, bar=0) == Rect(100, 0, 900, 600)


def test_half_of_it_outside_comes_in() -> None:
    assert goes(Rect(1000, 500, 900, 600), LAPTOP) == Rect(380, 200, 900, 600)


def test_a_gap_between_two_screens_is_no_place() -> None:
    lower = Rect(1280, 600, 1920, 1080)
    assert goes(Rect(1100, 100, 900, 400), LAPTOP, lower) == Rect(380, 100, 900, 420)


def test_two_screens_that_show_the_same_are_one() -> None:
    projector = Rect(0, 0, 1280, 800)
    half_out = Rect(800, 100, 900, 600)
    assert goes(half_out, LAPTOP, projector) == Rect(380, 100, 900, 600)


def test_a_tiny_screen_keeps_the_title_bar_in_sight() -> None:
    assert goes(Rect(50, 50, 900, 700), Rect(0, 0, 320, 240)) == Rect(0, BAR, *SMALLEST)


sides = st.integers(-20_000, 20_000)
sizes = st.integers(1, 20_000)
rects = st.builds(Rect, sides, sides, sizes, sizes)
screens = st.lists(
    st.builds(Rect, sides, sides, st.integers(320, 8_000), st.integers(240, 8_000)), min_size=1, max_size=4
)


@given(rects, screens, st.integers(0, 100))
def test_its_title_bar_is_always_within_reach(saved: Rect, there: list[Rect], bar: int) -> None:
    made = placed(saved, there, SMALLEST, bar)
    assert made.width >= SMALLEST[0]
    assert made.height >= SMALLEST[1]
    handle = Rect(made.x, made.y - bar, made.width, max(bar, 20))
    assert max(handle.common(one).width for one in there) >= 200
    # Once placed it stays.
    room = any(one.width >= made.width and one.height >= made.height + bar for one in there)
    assert not room or placed(made, there, SMALLEST, bar) == made


def test_a_maximised_window_is_kept_on_the_screen_it_fills() -> None:
    normal = Rect(100, 100, 900, 600)
    assert onto(normal, LAPTOP) == normal
    moved = onto(normal, RIGHT)
    assert moved == Rect(1280 + 510, 240, 900, 600)
    assert onto(moved, RIGHT) == moved


@pytest.mark.parametrize(
    "numbers",
    [
        (),
        (1, 2, 3),
        (0, 0, 0, 600, 0, 30),
        (0, 0, 900, -1, 0, 30),
        (0, 0, 900, 600, 9, 30),
        (0, 0, 900, 600, 0, 5000),
        (0, 0, 900, 600, 0, 30, 7),
    ],
)
def test_what_makes_no_sense_is_as_on_the_first_day(numbers: tuple[int, ...]) -> None:
    assert read(numbers) is None
    assert read((-5, 10, 900, 600, 1, 30)) == Kept(-5, 10, 900, 600, 1, 30)
