"""Makes the program's icon in every format that a system asks for, out of one drawing:

    make icons

From ``resources/icons/app.svg`` come, beside it, ``app.ico`` for Windows, ``app.icns`` for macOS and
``hicolor/SIZExSIZE/apps/shopbell.png`` for Linux, the drawing itself under ``scalable``. The same drawing
and the same Qt give the same bytes.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "icons"
HICOLOR_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
ICNS_TYPES = {
    "ic04": 16, "ic11": 32, "ic05": 32, "ic12": 64, "ic07": 128, "ic13": 256, "ic08": 256, "ic14": 512,
    "ic09": 512, "ic10": 1024,
}  # fmt: skip
"""Type to side in pixels; 11 to 14 and 10 are those for twice as many pixels
(en.wikipedia.org/wiki/Apple_Icon_Image_format)."""
_MACOS_SHARE = 824 / 1024
"""How much of the square an icon fills beside those of Apple."""


def pixels(side: int, *, share: float = 1.0) -> bytes:
    """The drawing in ``side`` x ``side`` pixels, row by row from the top, each as red, green, blue and
    alpha, not premultiplied; ``share``: of the side that it fills, the rest is empty."""
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    edge = side * (1 - share) / 2
    QSvgRenderer(str(FOLDER / "app.svg")).render(
        painter, QRectF(edge, edge, side - 2 * edge, side - 2 * edge)
    )
    painter.end()
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return bytes(plain.constBits())


def png(side: int, rgba: bytes) -> bytes:
    """Without a filter and without a date, so that nothing but the pixels decides."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + rgba[at : at + side * 4] for at in range(0, len(rgba), side * 4))
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def bitmap(side: int, rgba: bytes) -> bytes:
    """As an icon of Windows holds it: twice as high, for a mask follows, from the bottom up, blue first."""
    rows = [rgba[at : at + side * 4] for at in range(0, len(rgba), side * 4)]
    body = bytearray()
    for row in reversed(rows):
        for at in range(0, len(row), 4):
            red, green, blue, alpha = row[at : at + 4]
            body += bytes((blue, green, red, alpha))
    mask = bytes((side + 31) // 32 * 4 * side)
    head = struct.pack("<IiiHHIIiiII", 40, side, side * 2, 1, 32, 0, len(body) + len(mask), 0, 0, 0, 0)
    return head + bytes(body) + mask


def ico() -> bytes:
    """Bitmaps, which every program reads; a PNG for the largest, as Windows has it since Vista."""
    pictures = [(side, (bitmap if side < 256 else png)(side, pixels(side))) for side in ICO_SIZES]
    head, body = struct.pack("<HHH", 0, 1, len(pictures)), b""
    at = len(head) + 16 * len(pictures)
    for side, data in pictures:
        head += struct.pack("<BBBBHHII", side % 256, side % 256, 0, 0, 1, 32, len(data), at + len(body))
        body += data
    return head + body


def packed(values: bytes) -> bytes:
    """Runs of 3 to 130 equal bytes as (125 + length, byte), others in stretches of 1 to 128 as (length - 1,
    bytes)."""
    out, plain, at = bytearray(), bytearray(), 0

    def flush() -> None:
        for start in range(0, len(plain), 128):
            piece = plain[start : start + 128]
            out.extend((len(piece) - 1, *piece))
        plain.clear()

    while at < len(values):
        end = at
        while end < len(values) and end - at < 130 and values[end] == values[at]:
            end += 1
        if end - at >= 3:
            flush()
            out.extend((125 + end - at, values[at]))
            at = end
        else:
            plain.append(values[at])
            at += 1
    flush()
    return bytes(out)


def icns() -> bytes:
    """Small ones as packed planes of alpha, red, green and blue: macOS shows no PNG there."""
    body = b""
    for name, side in ICNS_TYPES.items():
        rgba = pixels(side, share=_MACOS_SHARE)
        if name in ("ic04", "ic05"):
            data = b"ARGB" + b"".join(packed(rgba[plane::4]) for plane in (3, 0, 1, 2))
        else:
            data = png(side, rgba)
        body += name.encode() + struct.pack(">I", len(data) + 8) + data
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def files() -> Iterator[tuple[str, bytes]]:
    """Each file, from ``resources/icons``, and what belongs in it."""
    yield "app.ico", ico()
    yield "app.icns", icns()
    for side in HICOLOR_SIZES:
        yield f"hicolor/{side}x{side}/apps/shopbell.png", png(side, pixels(side))
    yield "hicolor/scalable/apps/shopbell.svg", (FOLDER / "app.svg").read_bytes()


if __name__ == "__main__":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    for name, content in files():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_bytes(content)
