"""Crashes and faults on purpose: real kills, refused operations, and power that goes.

``layer`` stands between the writer and the disk, ``scenes`` are what officers do to a case, ``checks`` are
what must hold afterwards, ``power`` rebuilds a folder from what was synced, ``kills`` kills real processes.
Run many kills with ``make torture``.
"""
