"""What is handed on: a ``requests.Response`` over bytes that are recorded already, bounded when read."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, cast

import requests
import urllib3
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from workbench.errors import SourceError

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from requests.adapters import BaseAdapter

    from workbench.records import Citation

_STEP = 64 << 10


class Answer(requests.Response):
    """A response as usual, with the citation of its exhibit (None where it was answered from elsewhere)."""

    exhibit: Citation | None = None


class BoundedBody(urllib3.HTTPResponse):
    """A response body that refuses to grow past ``most`` bytes while it is decoded."""

    def __init__(self, body: IO[bytes], *, most: int, **rest: Any) -> None:  # noqa: ANN401 - urllib3's own
        super().__init__(
            cast("Any", body),
            preload_content=False,
            decode_content=False,
            enforce_content_length=False,
            **rest,
        )
        self._most = most
        self._given = 0

    def read(
        self,
        amt: int | None = None,
        decode_content: bool | None = None,  # noqa: FBT001 - urllib3's signature
        cache_content: bool = False,  # noqa: FBT001, FBT002
    ) -> bytes:
        """Read as urllib3 does; raise SourceError (decompression-bomb) past the bound."""
        if amt is not None and amt >= 0:
            return self._counted(super().read(amt, decode_content, cache_content))
        parts = iter(lambda: self._counted(super(BoundedBody, self).read(_STEP, decode_content)), b"")
        return b"".join(parts)

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:  # noqa: FBT001
        """Read as urllib3 does; raise SourceError (decompression-bomb) past the bound."""
        return self._counted(super().read1(amt or _STEP, decode_content))

    def _counted(self, data: bytes) -> bytes:
        self._given += len(data)
        if self._given > self._most:
            raise SourceError(
                "an answer unpacks to more than it may",
                verdict="failed",
                reason="decompression-bomb",
                todo="its bytes are recorded; raise the limit for one response if it is really needed",
            )
        return data


def answer(
    request: requests.PreparedRequest,
    raw: BoundedBody,
    *,
    exhibit: Citation | None,
    connection: BaseAdapter,
    headers: object = None,
) -> Answer:
    """Make a response as requests' own adapter does (``HTTPAdapter.build_response``).

    ``headers`` are those to show where they differ from those that ``raw`` decodes by.
    """
    made = Answer()
    made.status_code = raw.status
    made.headers = CaseInsensitiveDict(cast("Any", headers if headers is not None else raw.headers))
    made.encoding = get_encoding_from_headers(made.headers)
    made.raw = raw
    made.reason = raw.reason or ""
    made.url = request.url or ""
    extract_cookies_to_jar(made.cookies, request, raw)  # type: ignore[no-untyped-call]
    made.request = request
    cast("Any", made).connection = connection
    made.exhibit = exhibit
    return made


def body_of(
    body: IO[bytes], live: urllib3.HTTPResponse, *, most: int, method: str, original: HTTPResponse | None
) -> BoundedBody:
    """Put recorded bytes behind a live response's header."""
    return BoundedBody(
        body,
        most=most,
        headers=live.headers,
        status=live.status,
        version=live.version,
        version_string=live.version_string,
        reason=live.reason,
        original_response=original,
        request_method=method,
    )
