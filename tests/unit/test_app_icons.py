"""The program's icon in the formats of three systems: fresh, complete, and readable by others than
who wrote them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QImageReader

from scripts import icons

SLACK = 3
"""Of 255: how far the same drawing may differ between processors."""


def sizes(name: str) -> list[int]:
    reader = QImageReader(str(icons.FOLDER / name))
    found = []
    for number in range(reader.imageCount()):
        assert reader.jumpToImage(number)
        image = reader.read()
        assert not image.isNull(), f"{name} {number}: {reader.errorString()}"
        assert image.size() == QSize(image.width(), image.width())
        found.append(image.width())
    return found


def unlike(one: bytes, two: bytes) -> int:
    assert len(one) == len(two)
    return max(abs(a - b) for a, b in zip(one, two, strict=True))


def read(data: bytes) -> bytes:
    image = QImage.fromData(data).convertToFormat(QImage.Format.Format_RGBA8888)
    assert not image.isNull()
    return bytes(image.constBits())


def unpacked(data: bytes) -> bytes:
    out, at = bytearray(), 0
    while at < len(data):
        if data[at] < 128:
            out += data[at + 1 : at + 2 + data[at]]
            at += 2 + data[at]
        else:
            out += data[at + 1 : at + 2] * (data[at] - 125)
            at += 2
    return bytes(out)


def chunks(data: bytes) -> dict[str, bytes]:
    assert data[:4] == b"icns"
    assert struct.unpack(">I", data[4:8])[0] == len(data)
    found, at = {}, 8
    while at < len(data):
        length = struct.unpack(">I", data[at + 4 : at + 8])[0]
        found[data[at : at + 4].decode()] = data[at + 8 : at + length]
        at += length
    return found


def test_windows_finds_every_size() -> None:
    assert sizes("app.ico") == list(icons.ICO_SIZES)
    assert {16, 32, 48, 256} <= set(icons.ICO_SIZES)


def test_macos_finds_every_size() -> None:
    found = chunks((icons.FOLDER / "app.icns").read_bytes())
    assert list(found) == list(icons.ICNS_TYPES)
    for name in ("ic04", "ic05"):
        side = icons.ICNS_TYPES[name]
        assert found[name][:4] == b"ARGB"
        planes = unpacked(found[name][4:])
        assert len(planes) == 4 * side * side
        plain = icons.pixels(side, share=824 / 1024)
        assert unlike(planes, b"".join(plain[plane::4] for plane in (3, 0, 1, 2))) <= SLACK
    for name in found.keys() - {"ic04", "ic05"}:
        assert QImage.fromData(found[name]).width() == icons.ICNS_TYPES[name], name


@pytest.mark.skipif(b"icns" not in QImageReader.supportedImageFormats(), reason="this Qt reads no .icns")
def test_qt_reads_the_icon_of_macos() -> None:
    assert set(sizes("app.icns")) >= {32, 64, 128, 256, 512, 1024}


def test_the_files_are_those_of_the_drawing() -> None:
    """make icons"""
    for name, fresh in icons.files():
        kept = (icons.FOLDER / name).read_bytes()
        if name.endswith(".png"):
            assert QImage.fromData(kept).width() == int(name.split("/")[1].split("x")[0])
            assert unlike(read(kept), read(fresh)) <= SLACK, name
        elif name.endswith(".svg"):
            assert kept == fresh
        else:
            assert unlike(read(kept), read(fresh)) <= SLACK, name


def test_nothing_lies_there_that_is_not_made() -> None:
    made = {name for name, _ in icons.files()}
    folder = icons.FOLDER
    kept = [*folder.glob("hicolor/**/*"), *folder.glob("*.ic*")]
    assert {file.relative_to(folder).as_posix() for file in kept if file.is_file()} == made


@pytest.mark.parametrize(
    "values",
    [
        b"",
        b"a",
        b"aa",
        b"aaa",
        b"a" * 130,
        b"a" * 131,
        b"a" * 400,
        bytes(range(256)) * 3,
        b"aab" * 99 + b"b" * 200,
    ],
)
def test_packing_loses_nothing(values: bytes) -> None:
    assert unpacked(icons.packed(values)) == values
    assert len(icons.packed(values)) <= len(values) + len(values) // 128 + 1


def test_an_edge_is_clear_and_the_middle_is_ours() -> None:
    """Pixels that are not premultiplied: a clear corner, the green of the tile, the light of the bell."""
    side = 128
    rgba = icons.pixels(side)
    at = {name: rgba[4 * (row * side + column) :][:4] for name, row, column in
          (("corner", 0, 0), ("tile", 4, 64), ("bell", 70, 64))}  # fmt: skip
    assert at["corner"][3] == 0
    assert at["tile"] == bytes((0x1F, 0x6B, 0x57, 255))
    assert at["bell"] == bytes((0xFF, 0xFD, 0xF8, 255))
    assert Path(icons.FOLDER, "app.svg").read_text(encoding="utf-8").count("<svg") == 1
