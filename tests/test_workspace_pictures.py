"""What stands under a picture of a contact sheet."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from workbench.workspace.pictures import Sheet


class Pictures:
    """No picture at all: what stands under it is looked at."""

    def hidden(self, citation: str) -> str:
        return "" if citation else "never"

    def small(self, citation: str, at: float, *, hidden: bool, blurred: bool) -> bytes:
        return f"{citation} {at} {hidden} {blurred}".encode()


def test_the_time_of_posting_comes_first_and_a_file_s_own_is_said_to_be_its_own() -> None:
    frame = pd.DataFrame(
        {
            "file": ["2026-0417-E0001", "2026-0417-E0002", "2026-0417-E0003", "2026-0417-E0004"],
            "published": pd.to_datetime(["2026-03-01T12:00:00Z", "", "", ""], utc=True),
            "taken": pd.to_datetime(["2026-02-01T12:00:00Z", "2026-02-01T12:00:00Z", "", ""], utc=True),
            "taken_raw": ["2026:02:01 12:00:00+00:00", "3853224000", "2008:10:22 16:28:39", ""],
        }
    )
    zone = ZoneInfo("America/New_York")
    laid = Sheet(source=Pictures(), title="Pictures", zone=zone, show_hidden=False, limit=9).laid(frame)
    page = laid.words.markup
    assert "2026-03-01 07:00 EST" in page
    assert "the file says 2026-02-01 07:00 EST" in page
    assert "the file says 2008:10:22 16:28:39, no zone" in page
    assert page.count("time not known") == 1
