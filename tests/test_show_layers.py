"""Symbols of a map: sources keep their shape and colour whatever else is drawn, near labels are one."""

from __future__ import annotations

from workbench.show import layers


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
        {"x": 11.0, "y": 11.0, "no": "2, 3"},
        {"x": 90.0, "y": 10.0, "no": "4"},
    ]
    assert [each["no"] for each in layers.labels(placed)] == ["1, 2, 3", "4"]
    assert placed[0]["no"] == "1"
