"""Hand-written scenes: a small plain format for posts that tell a story, and its reader.

::

    # a comment
    == -12                                    a day, counted back from the town's last one (0)
    16:42 wren_a #w7 >d3 [cw: rain] | words   time, author, key, key of the post answered, extras, words
        more words                            four spaces: a further line
      ~ 17:05 | other words                   an edit, that day; "~ +1 09:20" is the day after
      x                                       deleted later
    18:00 mina_op ^w7                         a boost
    18:00:07 mina_op | words                  to the second, where seconds matter

Extras: ``cw`` (content warning), ``pic`` (a picture; the value is its description), ``file`` (a photo or video; the
value is its key in ``data/files.toml``), ``lang``, ``poll`` (choices parted by a slash), ``likes``, ``only``
(visibility), ``raw`` (the words are markup as they stand). ``{link:w7}`` in the words becomes the address of that post.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from workbench.demo.model import ZONE, Edit, Post, day
from workbench.errors import InputError
from workbench.times import to_micros

_HEAD = re.compile(
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))? (?P<author>\w+)"
    r"(?P<marks>(?: (?:[#>^]\w+|\[[^\]]*\]))*)(?: \| (?P<text>.*))?"
)
_MARK = re.compile(r"([#>^])(\w+)|\[(\w+)(?:: ([^\]]*))?\]")
_EDIT = re.compile(r"  ~ (?:\+(\d+) )?(\d\d):(\d\d) \| (.*)")
_FIELDS = {"#": "key", ">": "replies_to", "^": "boosts"}
_EXTRAS = {"cw": "summary", "pic": "picture", "file": "file", "lang": "language", "only": "visibility"}


def moment(last_day: date, number: int, hours: float) -> int:
    """Give microseconds since 1970 UTC of a day and an hour of local time (seconds included)."""
    clock = datetime.combine(day(last_day, number), time(), ZoneInfo(ZONE)) + timedelta(hours=hours)
    return to_micros(clock)


def read(source: str, name: str, last_day: date) -> Iterator[Post]:
    """Give the posts of a script in its order; raise InputError naming the line that does not fit."""
    number, held, found = 0, None, 0
    for at, line in enumerate(source.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("== "):
            number = int(line[3:].split()[0])
        elif held is not None and line.startswith(" "):
            held = _more(held, line, last_day, number)
        else:
            if held is not None:
                yield held
            found += 1
            held = _post(line, f"{name}:{at}", last_day, number)
    if held is not None:
        yield held


def _post(line: str, where: str, last_day: date, number: int) -> Post:
    head = _HEAD.fullmatch(line)
    if head is None:
        raise InputError("a line of the script does not fit", where=where, found=line[:60])
    fields: dict[str, object] = {"key": where.replace(":", "_"), "text": head["text"] or ""}
    for sign, name, extra, value in _MARK.findall(head["marks"]):
        fields |= {_FIELDS[sign]: name} if sign else _extra(extra, value)
    # Seconds follow from the line's place, so that clocks do not all strike the full minute.
    seconds = int(head["second"] or sum(map(ord, line)) % 60)
    hours = int(head["hour"]) + int(head["minute"]) / 60 + seconds / 3600
    return msgspec.convert(fields | {"at": moment(last_day, number, hours), "author": head["author"]}, Post)


def _extra(name: str, value: str) -> dict[str, object]:
    if name == "poll":
        return {"poll": tuple(part.strip() for part in value.split("/"))}
    if name == "likes":
        return {"likes": int(value)}
    return {"raw": True} if name == "raw" else {_EXTRAS[name]: value}


def _more(post: Post, line: str, last_day: date, number: int) -> Post:
    edit = _EDIT.fullmatch(line)
    if edit is not None:
        at = moment(last_day, number + int(edit[1] or 0), int(edit[2]) + int(edit[3]) / 60)
        return msgspec.structs.replace(post, edits=(*post.edits, Edit(at=at, text=edit[4])))
    if line.strip() == "x":
        return msgspec.structs.replace(post, deleted=True)
    return msgspec.structs.replace(post, text=f"{post.text}\n{line[4:]}")
