"""The pixels of a PNG, read without a library: 8 bits a channel, not interlaced, as our renderer writes them."""

import struct
import zlib
from dataclasses import dataclass

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Picture:
    """`rows` of pixels, top first."""

    width: int
    height: int
    rows: list[list[Rgb]]

    def has(self, colour: str) -> int:
        """How many pixels are exactly of that colour, #rrggbb."""
        return sum(row.count(rgb(colour)) for row in self.rows)

    def columns(self, ground: str) -> list[int]:
        """The columns in which anything but the ground is."""
        empty = rgb(ground)
        return [x for x in range(self.width) if any(row[x] != empty for row in self.rows)]


def rgb(colour: str) -> Rgb:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def size(png: bytes) -> tuple[int, int]:
    """Width and height, as the file says."""
    width, height, *_ = struct.unpack(">IIBBBBB", _chunks(png)[b"IHDR"])
    return width, height


def _chunks(png: bytes) -> dict[bytes, bytes]:
    """The file's chunks. Raises AssertionError for what is no PNG, or has a wrong checksum."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(kind + body),)
        chunks[kind] = chunks.get(kind, b"") + body
        at += 12 + length
    return chunks


def read(png: bytes) -> Picture:
    """Decode; every pixel in Python, so small pictures only. Raises AssertionError for what is no such PNG."""
    chunks = _chunks(png)
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    channels = {2: 3, 6: 4}[colours]
    assert (depth, interlaced) == (8, 0)
    data = zlib.decompress(chunks[b"IDAT"])
    stride = width * channels
    assert len(data) == height * (stride + 1)
    above, rows = bytearray(stride), []
    for y in range(height):
        start = y * (stride + 1)
        above = _unfiltered(data[start], bytearray(data[start + 1 : start + 1 + stride]), above, channels)
        rows.append(list(zip(above[0::channels], above[1::channels], above[2::channels], strict=True)))
    return Picture(width, height, rows)


def _unfiltered(kind: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    for i in range(len(line)):
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        up = above[i]
        guess = left + up - corner
        nearest = min((left, up, corner), key=lambda each: abs(guess - each))
        line[i] = (line[i] + (0, left, up, (left + up) // 2, nearest)[kind]) & 0xFF
    return line
