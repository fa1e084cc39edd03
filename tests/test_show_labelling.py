"""Names on a network: none over another, all inside, those of most edges first."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.show import labelling
from workbench.show.labelling import Label, placed

EDGE = 760.0


def box(label: Label, name: str) -> tuple[float, float, float, float]:
    """Give what a name covers at least: half a letter's size for each letter, above its base line."""
    wide = 0.5 * labelling.SIZE * len(name)
    return label.x - wide / 2, label.y - 0.7 * labelling.SIZE, label.x + wide / 2, label.y


@given(
    st.lists(st.tuples(st.floats(60, 700), st.floats(60, 700), st.integers(0, 40)), max_size=120),
    st.booleans(),
)
def test_no_name_covers_another_or_leaves_the_picture(
    dots: list[tuple[float, float, int]], below: bool
) -> None:
    names = [f"@account_{number}" for number in range(len(dots))]
    points = np.array([dot[:2] for dot in dots]).reshape(-1, 2)
    degrees = [dot[2] for dot in dots]
    labels = placed(names, degrees, points, [5.0] * len(dots), EDGE, below=below)
    boxes = [box(each, names[each.node]) for each in labels]
    assert len(labels) <= labelling.MOST
    assert len({each.node for each in labels}) == len(labels)
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert all(min(each) >= 0 and max(each) <= EDGE for each in boxes)
    if below:
        assert all(each.y > points[each.node][1] for each in labels)
    if dots:
        # The first name of most edges always finds room: nothing is there yet.
        assert max(range(len(dots)), key=lambda node: (degrees[node], -node)) in {
            each.node for each in labels
        }


def test_of_two_dots_at_one_spot_the_one_with_more_edges_is_named_first() -> None:
    labels = placed(["few", "many"], [1, 9], np.array([[300.0, 300.0]] * 2), [5.0, 5.0], EDGE, below=True)
    assert [each.node for each in labels] == [1]


def test_a_name_goes_where_it_covers_no_dot() -> None:
    points = np.array([[300.0, 300.0], [300.0, 315.0], [300.0, 285.0], [320.0, 300.0]])
    (label, *_) = placed(["@ada", "b", "c", "d"], [9, 1, 1, 1], points, [5.0] * 4, EDGE)
    assert (label.node, label.x < 295) == (0, True)


def test_wide_letters_take_more_room() -> None:
    side_by_side = np.array([[300.0, 300.0], [352.0, 300.0]])
    latin, wide = (
        placed([name, name], [2, 1], side_by_side, [5.0, 5.0], EDGE, below=True)
        for name in ("abcdefgh", "文字文字文字")
    )
    assert (len(latin), len(wide)) == (2, 1)


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one(count: int) -> None:
    assert len(placed(["@a"] * count, [0] * count, np.full((count, 2), 380.0), [5.0] * count, EDGE)) == count
