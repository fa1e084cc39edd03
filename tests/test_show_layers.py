"""Symbols of a map: sources keep their shape and colour whatever else is drawn, near labels are one."""

from __future__ import annotations

from workbench.show import layers
from workbench.show.mapping import WIDTH


def test_a_source_looks_the_same_on_every_map() -> None:
    def looks(*sources: str) -> tuple[str, str]:
        found = layers.scales(sources)
        place = found["shape"]["scale"]["domain"].index("exif")
        return found["shape"]["scale"]["range"][place], found["color"]["scale"]["range"][place]

    assert looks("exif") == looks("geotag", "exif", "stated") == looks("another", "exif")


def test_unknown_sources_get_shapes_of_their_own() -> None:
    found = layers.scales(["a", "b", "c", "exif"])["shape"]["scale"]
    assert len(set(found["range"])) == 4


def test_labels_on_each_other_are_joined() -> None:
    placed = [
        {"x": 10.0, "y": 10.0, "no": "1"},
        {"x": 13.0, "y": 17.0, "no": "2, 3"},
        {"x": 90.0, "y": 10.0, "no": "4"},
    ]
    assert [each["no"] for each in layers.labels(placed)] == ["1, 2, 3", "4"]
    assert placed[0]["no"] == "1"


def test_a_label_of_many_counts_the_rest() -> None:
    placed = [{"x": 10.0, "y": 10.0, "no": str(number)} for number in range(1, 9)]
    assert [each["no"] for each in layers.labels(placed)] == ["1, 2, 3, 4, 5 +3"]


def test_a_label_stays_inside_the_map() -> None:
    (left,), (right,) = (layers.labels([{"x": x, "y": 50.0, "no": "12"}]) for x in (5.0, WIDTH - 5.0))
    assert left["x"] > 5.0
    assert right["x"] < WIDTH - 5.0 - 10


def test_words_have_a_white_edge_below_them() -> None:
    edge, words = layers.haloed([{"x": 1, "y": 1, "no": "1"}], "no")
    assert edge["mark"]["stroke"] == "#ffffff"
    assert "stroke" not in words["mark"]
    assert edge["data"] == words["data"]
