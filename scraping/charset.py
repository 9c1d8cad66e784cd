"""Bytes of a page to text, the way a browser reads them (WHATWG Encoding: labels, not Python's codec names)."""

from __future__ import annotations

import re

import webencodings

LOOK_AT = 4096  # bytes searched for a declaration; the standard says 1024, many shops put more in front

_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([^\s;"']+)""", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META_CHARSET = re.compile(rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([a-zA-Z0-9_:.-]+)""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""\A\s*<\?xml\s[^>]*?encoding\s*=\s*["']([a-zA-Z0-9_:.-]+)["']""")

BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be"))


def decode(body: bytes, content_type: str = "") -> str:
    """The body's text by its byte-order mark, else the header's charset, else the page's own declaration, else
    UTF-8, else Windows-1252. Unreadable bytes become U+FFFD; nothing is raised."""
    for mark, name in BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    codec = _said(body, content_type)
    if codec is not None:
        return body.decode(codec, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A page cut in the middle of a character is still UTF-8.
        if error.reason == "unexpected end of data":
            return body.decode("utf-8", "replace")
        return body.decode("cp1252", "replace")


def as_utf8(body: bytes, content_type: str = "") -> bytes | None:
    """The body without its byte-order mark when it says that it is UTF-8; None for any other page. A parser reads these
    bytes as they are: decoding them first and encoding them again is most of a big page's parsing time."""
    mark, name = BYTE_ORDER_MARKS[0]
    if body.startswith(mark):
        return body[len(mark) :]
    if any(body.startswith(mark) for mark, _ in BYTE_ORDER_MARKS[1:]):
        return None
    return body if _said(body, content_type) == name else None


def _said(body: bytes, content_type: str) -> str | None:
    return _codec(_in_header(content_type)) or _declared(body[:LOOK_AT])


def _in_header(content_type: str) -> str:
    found = _HEADER_CHARSET.search(content_type)
    return found[1] if found else ""


def _declared(head: bytes) -> str | None:
    """The codec the page names itself. A page that could be read as far as its declaration is not UTF-16,
    whatever it says: then UTF-8 (as the standard has it)."""
    found = _XML_ENCODING.search(head) or _META_CHARSET.search(_COMMENT.sub(b"", head))
    codec = _codec(found[1].decode("ascii")) if found else None
    return "utf-8" if codec in ("utf-16-le", "utf-16-be") else codec


def _codec(label: str) -> str | None:
    """Python's codec for a label, None for an unknown one. Only codecs of the standard: Python knows others
    (idna, punycode, hex) that a page must not be able to choose."""
    encoding = webencodings.lookup(label) if label.isascii() else None
    if encoding is None or encoding.name in ("replacement", "x-user-defined"):
        return None
    if encoding.name == "gbk":
        return "gb18030"  # the standard's decoder for gbk and gb2312
    return encoding.codec_info.name
