"""Bytes to text."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from webencodings.labels import LABELS

from scraping.charset import LOOK_AT, decode
from scraping.messages import PageResponse

PRICE = "Größe 5 „M“, 10 €"


def html(text: str, codec: str, declaration: str = "") -> bytes:
    return f"<html><head>{declaration}</head><body>{text}</body></html>".encode(codec)


@pytest.mark.parametrize(
    ("body", "content_type", "contains"),
    [
        # byte-order marks win over everything
        (codecs.BOM_UTF8 + html(PRICE, "utf-8"), "text/html; charset=iso-8859-1", PRICE),
        (codecs.BOM_UTF16_LE + html(PRICE, "utf-16-le"), "text/html; charset=utf-8", PRICE),
        (codecs.BOM_UTF16_BE + html(PRICE, "utf-16-be"), "", PRICE),
        # the header
        (html(PRICE, "utf-8"), "text/html; charset=utf-8", PRICE),
        (html(PRICE, "utf-8"), 'text/html; charset="UTF-8"', PRICE),
        (html(PRICE, "utf-8"), "text/html;charset=utf8;version=1", PRICE),
        (html(PRICE, "cp1252"), "text/html; charset=ISO-8859-1", PRICE),
        (html(PRICE, "cp1252"), "text/html; charset=us-ascii", PRICE),
        (html("кошка", "cp1251"), "text/html; charset=windows-1251", "кошка"),
        (html("кошка", "koi8-r"), "text/html; charset=KOI8-R", "кошка"),
        (html("①猫", "cp932"), "text/html; charset=Shift_JIS", "①猫"),
        (html("猫", "euc-jp"), "text/html; charset=x-euc-jp", "猫"),
        (html("镕猫€", "gb18030"), "text/html; charset=gb2312", "镕猫€"),
        (html("貓", "big5hkscs"), "text/html; charset=big5", "貓"),
        (html("똠고양이", "cp949"), "text/html; charset=euc-kr", "똠고양이"),
        (html("İğ", "cp1254"), "text/html; charset=iso-8859-9", "İğ"),
        (html("แมว", "cp874"), "text/html; charset=tis-620", "แมว"),
        (html(PRICE, "utf-16-le"), "text/html; charset=utf-16", PRICE),
        # the header wins over the page
        (html(PRICE, "utf-8", '<meta charset="windows-1251">'), "text/html; charset=utf-8", PRICE),
        # the page's own word
        (html(PRICE, "cp1252", '<meta charset="windows-1252">'), "text/html", PRICE),
        (html("кошка", "cp1251", "<META CHARSET=windows-1251>"), "", "кошка"),
        (html("кошка", "cp1251", "<meta name=x content=y><meta charset = 'cp1251' />"), "", "кошка"),
        (
            html("猫", "cp932", '<meta http-equiv="Content-Type" content="text/html; charset=shift_jis">'),
            "text/html",
            "猫",
        ),
        (b'<?xml version="1.0" encoding="ISO-8859-2"?><a>\xb1</a>', "application/xml", "ą"),
        (html("кошка", "cp1251", "x" * (LOOK_AT - 200) + "<meta charset=cp1251>"), "", "кошка"),
        # a declaration that cannot be true, or is none
        (html(PRICE, "utf-8", "<meta charset=utf-16>"), "", PRICE),
        (html(PRICE, "utf-8", "<!-- <meta charset=cp1251> -->"), "", PRICE),
        (html(PRICE, "utf-8", "<meta charset=no-such-thing>"), "", PRICE),
        (html(PRICE, "utf-8"), "text/html; charset=no-such-thing", PRICE),
        (html(PRICE, "cp1252", "<meta charset=cp1252>"), "text/html; charset=none", PRICE),
        # codecs of Python that no page may choose
        (html(PRICE, "utf-8"), "text/html; charset=punycode", PRICE),
        (html(PRICE, "utf-8"), "text/html; charset=idna", PRICE),
        (html(PRICE, "utf-8"), "text/html; charset=base64", PRICE),
        (html(PRICE, "utf-8", "<meta charset=hex>"), "", PRICE),
        # nothing said
        (html(PRICE, "utf-8"), "", PRICE),
        (html(PRICE, "cp1252"), "", PRICE),
        (html(PRICE, "utf-8") + "€".encode()[:2], "", PRICE),
        (b"", "text/html", ""),
    ],
)
def test_text_is_read_as_a_browser_reads_it(body: bytes, content_type: str, contains: str) -> None:
    text = decode(body, content_type)
    assert contains in text
    assert not text.startswith("\ufeff")


def test_unreadable_bytes_are_marked_and_the_rest_is_read() -> None:
    assert decode(b"a\xff\xfeb", "text/html; charset=utf-8") == "a\ufffd\ufffdb"


def test_every_label_of_the_standard_is_known() -> None:
    for label in LABELS:
        assert decode(b"plain", f"text/html; charset={label}") != ""


@given(st.binary(max_size=300), st.text(max_size=60), st.sampled_from(sorted(LABELS)))
def test_nothing_is_ever_raised(body: bytes, content_type: str, label: str) -> None:
    assert isinstance(decode(body, content_type), str)
    assert isinstance(decode(body, f"text/html; charset={label}"), str)
    assert isinstance(decode(b"<meta charset=" + label.encode() + b">" + body), str)


def test_a_responses_text_follows_its_header() -> None:
    response = PageResponse(
        "http://a.example/", 200, {"content-type": "text/html; charset=cp1251"}, "кошка".encode("cp1251")
    )
    assert response.text == "кошка"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<p>caf\xc3\xa9", "text/html; charset=utf-8"),
        (b"<meta charset=utf-8><p>caf\xc3\xa9", "text/html"),
        (b"\xef\xbb\xbf<p>caf\xc3\xa9", ""),
        (b"<meta charset=iso-8859-1><p>caf\xc3\xa9", "text/html; charset=UTF-8"),
        (b"<p>caf\xe9", "text/html; charset=iso-8859-1"),
        (b"<meta charset=windows-1252><p>caf\xe9", "text/html"),
        (b"<p>caf\xe9", ""),
        ("\ufeff<p>café".encode("utf-16-le"), ""),
        (b"<p>\xff\xfe caf\xc3\xa9 \xed\xa0\x80 \xe2\x82", "text/html; charset=utf-8"),
        (b"<p title='\xff'>caf\xc3\xa9\xf0\x9f<b>x</b>", "text/html; charset=utf-8"),
    ],
)
def test_a_parser_reads_the_same_from_the_markup_as_from_the_text(body: bytes, content_type: str) -> None:
    response = PageResponse("https://example.com/", 200, {"content-type": content_type}, body)
    assert LexborHTMLParser(response.markup).html == LexborHTMLParser(response.text).html
    assert "caf" in (LexborHTMLParser(response.markup).html or "")


def test_a_page_that_says_utf_8_is_parsed_undecoded() -> None:
    body = "<p>café</p>".encode()
    said = PageResponse("https://example.com/", 200, {"content-type": "text/html; charset=utf-8"}, body)
    assert said.markup is body
    assert isinstance(PageResponse("https://example.com/", 200, {}, body).markup, str)
