"""Names of files from outside, made into names that are safe on every system. Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 150
LONGEST_BYTES = 230
"""Characters and UTF-8 bytes: file systems stop at 255 of one or the other."""

_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]')
# Direction marks and their like: "exe.gnp" shown as "png.exe" is an old trick.
_INVISIBLE = frozenset("\u00ad\u061c\u180e\ufeff") | frozenset(
    chr(one)
    for first, last in ((0x200B, 0x200F), (0x2028, 0x202F), (0x2060, 0x206F), (0xFFF9, 0xFFFB))
    for one in range(first, last + 1)
)
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
"""Devices of Windows, with any ending (learn.microsoft.com/windows/win32/fileio/naming-a-file)."""
_PROGRAMS = frozenset(
    # What a double click runs, or what carries macros, on one of the three systems.
    "ade adp app appimage appinstaller application appref-ms appx appxbundle bash bat bin cab chm class"
    " cmd com command cpl csh deb desktop diagcab dll dmg docm dotm exe fish gadget hlp hta htm html img"
    " inf ins iso isp jar jnlp js jse ksh lib lnk mad mde mht mhtml msc msh msi msix msixbundle msp mst"
    " nsh ocx one osx out paf pif pkg pl potm ppam ppsm pptm ps1 ps1xml ps2 psc1 psm1 py pyc pyo pyw pyz"
    " rb reg rgs rpm run scf scpt scr sct settingcontent-ms sh shb shs sldm slk svg sys terminal tool"
    " url vb vbe vbs vbscript vhd vhdx vxd webloc workflow ws wsc wsf wsh xht xhtml xla xlam xll xlsb"
    " xlsm xltm xpi zsh".split()
)


def safe_name(name: str, kind: str = "file") -> str:
    """A name that is only a name, on Windows, macOS and Linux: no folder, no device, nothing invisible, no
    dot at either end. ``kind`` (the attachment's) names what has none."""
    # Only the last part of a path; both kinds of strokes, whatever the system here.
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(one for one in unicodedata.normalize("NFC", last) if not _is_invisible(one))
    plain = _NOT_IN_NAMES.sub("_", plain)
    plain = " ".join(plain.split()).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    stem, ending = stem.rstrip(" ."), ending.strip()[:20]
    if not stem:
        stem, ending = (ending or re.sub(r"[^a-z]", "", kind.lower()) or "file"), ""
    if _RESERVED.fullmatch(stem.partition(".")[0].strip()):
        stem = f"_{stem}"
    return _short(stem, f".{ending}" if ending else "")


def _is_invisible(one: str) -> bool:
    return one in _INVISIBLE or 0xE0000 <= ord(one) <= 0xE0FFF or 0xD800 <= ord(one) <= 0xDFFF


def _short(stem: str, ending: str) -> str:
    stem = stem[: LONGEST_NAME - len(ending)]
    while len((stem + ending).encode()) > LONGEST_BYTES:
        stem = stem[:-1]
    return (stem.rstrip(" .") or "file") + ending


def is_program(name: str) -> bool:
    """Whether opening a file of this name may run something: programs, scripts, shortcuts, disk images, pages
    with scripts, documents with macros."""
    _, dot, ending = safe_name(name).rpartition(".")
    return bool(dot) and ending.lower() in _PROGRAMS
