"""What a real browser makes of the pages: looked at through its own protocol, skipped where there is none."""
