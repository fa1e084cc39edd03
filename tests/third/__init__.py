"""A third reading of docs/casefile-format.md, that agrees with the writer and with ``workbench verify``."""
