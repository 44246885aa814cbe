"""Names from outside become names that are only names, on Windows, macOS and Linux alike."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from services.filenames import LONGEST_BYTES, is_program, safe_name


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("bill.pdf", "bill.pdf"),
        ("Rechnung März 2026.pdf", "Rechnung März 2026.pdf"),
        ("請求書.pdf", "請求書.pdf"),
        ("../../.ssh/authorized_keys", "authorized_keys"),
        ("..\\..\\Windows\\win.ini", "win.ini"),
        ("C:\\autoexec.bat", "autoexec.bat"),
        ("/etc/passwd", "passwd"),
        ("a/b/", "image"),
        ("", "image"),
        (".", "image"),
        ("...", "image"),
        (".bashrc", "bashrc"),
        ("photo.", "photo"),
        ("photo .jpg ", "photo.jpg"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("Aux.tar.gz", "_Aux.tar.gz"),
        ("COM1", "_COM1"),
        ("lpt9.pdf", "_lpt9.pdf"),
        ("COM¹.txt", "_COM¹.txt"),
        ("nul .txt", "_nul.txt"),
        ("console.txt", "console.txt"),
        ('a:b*c?d"e<f>g|h.txt', "a_b_c_d_e_f_g_h.txt"),
        ("bill.pdf\x00.exe", "bill.pdf_.exe"),
        ("line\nbreak\t.txt", "line_break_.txt"),
        ("annex\u202egnp.exe", "annexgnp.exe"),
        ("\u2066pdf.\u2069exe", "pdf.exe"),
        ("zero\u200bwidth\ufeff.txt", "zerowidth.txt"),
        ("cafe\u0301.txt", "café.txt"),
        ("lone\ud800.txt", "lone.txt"),
    ],
)
def test_names(given_name: str, name: str) -> None:
    assert safe_name(given_name, "image") == name


def test_a_long_name_keeps_its_ending() -> None:
    name = safe_name("é" * 400 + ".pdf")
    assert name.endswith("é.pdf")
    assert len(name.encode()) <= LONGEST_BYTES
    assert safe_name("x" * 300).startswith("xxx")


@given(st.text(max_size=400), st.text(max_size=20))
def test_whatever_comes_the_name_is_safe(given_name: str, kind: str) -> None:
    name = safe_name(given_name, kind)
    assert name == safe_name(name, kind)
    assert 0 < len(name.encode()) <= 255
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]', name)
    assert name.strip(" .") == name
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)", name.partition(".")[0])


@pytest.mark.parametrize(
    "name",
    ["a.exe", "A.EXE", "a.pdf.scr", "a.js ", "a.bat.", "a.lnk", "order.docm", "annex\u202egnp.exe", "a.PS1",
     "x/run.command", "invoice.html"],
)  # fmt: skip
def test_what_may_run_something(name: str) -> None:
    assert is_program(name)


@pytest.mark.parametrize(
    "name", ["a.pdf", "a.jpg", "exe", "a.exe.pdf", "cake.docx", "", "my.bath.png", "a.zip"]
)
def test_what_does_not(name: str) -> None:
    assert not is_program(name)
