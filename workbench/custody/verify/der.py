"""The order of a timestamp's certificates: what ``rfc3161_client`` insists on and some authorities do not keep.

A response's certificates are a SET OF (RFC 5652, 5.1). DER sorts those (X.690, 11.6); DigiCert's authority and
``openssl ts`` send the signer's first, which OpenSSL reads and the library refuses. The signature does not
cover them, so that putting them in order changes nothing that is asserted.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_SEQUENCE: Final = 0x30
_FIELD_0: Final = 0xA0
_LONG: Final = 0x80
_MOST_LENGTH_BYTES: Final = 4
_HIGH_TAG: Final = 0x1F


class _Part(NamedTuple):
    """One element: its tag, where it begins, where its content begins, and where it ends."""

    tag: int
    begin: int
    content: int
    end: int


def ordered(response: bytes) -> bytes:
    """Give a response (``.tsr``) with its certificates in DER's order, as long as before.

    What is not laid out as such a response comes back as it is: reading it is for others.
    """
    try:
        field = _certificates(response)
        parts = [response[part.begin : part.end] for part in _parts(response, field.content, field.end)]
    except ValueError:
        return response
    return response[: field.content] + b"".join(sorted(parts)) + response[field.end :]


def _certificates(data: bytes) -> _Part:
    """Find the certificates: TimeStampResp, timeStampToken, content [0], SignedData, certificates [0]."""
    (response,) = _parts(data, 0, len(data))
    _, token = _inside(data, response, _SEQUENCE)
    _, wrapped = _inside(data, token, _SEQUENCE)
    (signed,) = _inside(data, wrapped, _FIELD_0)
    _, _, _, certificates, *_ = _inside(data, signed, _SEQUENCE)
    if certificates.tag != _FIELD_0:
        raise ValueError("it encloses no certificates")
    return certificates


def _inside(data: bytes, part: _Part, tag: int) -> list[_Part]:
    if part.tag != tag:
        raise ValueError("another element is expected here")
    return _parts(data, part.content, part.end)


def _parts(data: bytes, begin: int, end: int) -> list[_Part]:
    found = []
    while begin < end:
        found.append(_part(data, begin, end))
        begin = found[-1].end
    return found


def _part(data: bytes, begin: int, end: int) -> _Part:
    if end - begin < 2 or data[begin] & _HIGH_TAG == _HIGH_TAG:
        raise ValueError("an element that no response has")
    length, content = data[begin + 1], begin + 2
    if length >= _LONG:
        count = length - _LONG
        if not 1 <= count <= _MOST_LENGTH_BYTES:
            raise ValueError("a length that DER does not have")
        length, content = int.from_bytes(data[content : content + count]), content + count
    if content + length > end:
        raise ValueError("an element goes on beyond what holds it")
    return _Part(data[begin], begin, content, content + length)
