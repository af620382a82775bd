"""The vectors of docs/formats/block.md and docs/formats/manifest.md, made a second time and compared with them.

Written from those two pages and sharing no code with the crate: BLAKE3, ChaCha20-Poly1305, the erasure
code and the layout are spelled out here, and only SHA-256 is borrowed. For people who write another
implementation, and for us, to know that the pages say enough.

    python3 vectors.py            half a minute; needs nothing
"""

import hashlib
import pathlib
import struct
import sys

FORMATS = pathlib.Path(__file__).parents[3] / "docs/formats"
PAGES = "".join((FORMATS / page).read_text(encoding="utf-8") for page in ("block.md", "manifest.md"))

# BLAKE3, from its specification.

IV = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
CHUNK_START, CHUNK_END, PARENT, ROOT, CONTEXT, MATERIAL = 1, 2, 4, 8, 32, 64
MASK = 0xFFFFFFFF
# Words that are mixed together: columns, then diagonals.
QUARTERS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]


def compress(chaining, block, counter, length, flags):
    v = chaining + IV[:4] + [counter & MASK, counter >> 32, length, flags]
    m = struct.unpack("<16I", block.ljust(64, b"\0"))
    for _ in range(7):
        for at, (a, b, c, d) in enumerate(QUARTERS):
            x, y, z, w = v[a], v[b], v[c], v[d]
            x = (x + y + m[2 * at]) & MASK
            w ^= x
            w = (w << 16 | w >> 16) & MASK
            z = (z + w) & MASK
            y ^= z
            y = (y << 20 | y >> 12) & MASK
            x = (x + y + m[2 * at + 1]) & MASK
            w ^= x
            w = (w << 24 | w >> 8) & MASK
            z = (z + w) & MASK
            y ^= z
            v[a], v[b], v[c], v[d] = x, (y << 25 | y >> 7) & MASK, z, w
        m = [m[i] for i in PERMUTATION]
    return [v[i] ^ v[i + 8] for i in range(8)]


def tree(key, data, index, flags, root):
    """Chaining value of a subtree whose first chunk is number `index`."""
    if len(data) <= 1024:
        blocks = [data[i : i + 64] for i in range(0, len(data), 64)] or [b""]
        value = key
        for i, block in enumerate(blocks):
            last = i == len(blocks) - 1
            own = (CHUNK_START if i == 0 else 0) | ((CHUNK_END | root) if last else 0)
            value = compress(value, block, index, len(block), flags | own)
        return value
    left = 1024
    while left * 2 < len(data):
        left *= 2
    halves = tree(key, data[:left], index, flags, 0) + tree(key, data[left:], index + left // 1024, flags, 0)
    return compress(key, struct.pack("<16I", *halves), 0, 64, flags | PARENT | root)


def words(value):
    return struct.pack("<8I", *value)


def blake3(data):
    return words(tree(IV, data, 0, 0, ROOT))


def derive(context, *material):
    key = tree(IV, context.encode(), 0, CONTEXT, ROOT)
    return words(tree(key, b"".join(material), 0, MATERIAL, ROOT))


assert blake3(b"abc").hex().startswith("6437b3ac38465133ffb63b75273a8db5")


# ChaCha20-Poly1305, from RFC 8439.


def chacha20(key, nonce, counter):
    """64 bytes of key stream."""
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *key, counter, *nonce]
    v = start[:]
    for _ in range(10):
        for a, b, c, d in QUARTERS:
            x, y, z, w = v[a], v[b], v[c], v[d]
            x = (x + y) & MASK
            w ^= x
            w = (w << 16 | w >> 16) & MASK
            z = (z + w) & MASK
            y ^= z
            y = (y << 12 | y >> 20) & MASK
            x = (x + y) & MASK
            w ^= x
            w = (w << 8 | w >> 24) & MASK
            z = (z + w) & MASK
            y ^= z
            v[a], v[b], v[c], v[d] = x, (y << 7 | y >> 25) & MASK, z, w
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(v, start)))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at : at + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return ((total + int.from_bytes(key[16:], "little")) % (1 << 128)).to_bytes(16, "little")


def seal(key, text):
    """Under nonce 0, with nothing beside it."""
    key, nonce = struct.unpack("<8I", key), (0, 0, 0)
    stream = b"".join(chacha20(key, nonce, counter) for counter in range(1, 2 + len(text) // 64))[: len(text)]
    sealed = (int.from_bytes(text, "little") ^ int.from_bytes(stream, "little")).to_bytes(len(text), "little")
    signed = sealed + bytes(-len(sealed) % 16) + struct.pack("<QQ", 0, len(sealed))
    return sealed + poly1305(chacha20(key, nonce, 0)[:32], signed)


# Sections 2.3.2 and 2.5.2.
assert chacha20(struct.unpack("<8I", bytes(range(32))), (0x09000000, 0x4A000000, 0), 1).hex().startswith("10f1e7e4d13b5915")
assert poly1305(
    bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"), b"Cryptographic Forum Research Group"
).hex() == "a8061dc1305136c6c22b8baf0c0127a9"


# The erasure code: GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1.

EXP = [1]
for _ in range(254):
    EXP.append(EXP[-1] << 1 ^ (0x11D if EXP[-1] & 0x80 else 0))
LOG = {value: power for power, value in enumerate(EXP)}


def times(a, b):
    return EXP[(LOG[a] + LOG[b]) % 255] if a and b else 0


def power(a, exponent):
    return 1 if exponent == 0 else 0 if a == 0 else EXP[LOG[a] * exponent % 255]


def inverse(matrix):
    """Gauss-Jordan."""
    size = len(matrix)
    rows = [row[:] + [int(i == j) for j in range(size)] for i, row in enumerate(matrix)]
    for c in range(size):
        pivot = next(r for r in range(c, size) if rows[r][c])
        rows[c], rows[pivot] = rows[pivot], rows[c]
        scale = EXP[-LOG[rows[c][c]] % 255]
        rows[c] = [times(scale, x) for x in rows[c]]
        for r in range(size):
            if r != c and rows[r][c]:
                factor = rows[r][c]
                rows[r] = [x ^ times(factor, y) for x, y in zip(rows[r], rows[c])]
    return [row[size:] for row in rows]


def parity(data, n):
    k = len(data)
    vandermonde = [[power(r, c) for c in range(k)] for r in range(n)]
    top = inverse(vandermonde[:k])
    shards = []
    for row in vandermonde[k:]:
        total = 0
        for j in range(k):
            factor = 0
            for i in range(k):
                factor ^= times(row[i], top[i][j])
            table = bytes(times(factor, x) for x in range(256))
            total ^= int.from_bytes(data[j].translate(table), "little")
        shards.append(total.to_bytes(len(data[0]), "little"))
    return shards


# The formats.

READ, INSERT = bytes([1] * 32), bytes([2] * 32)
KEEP = derive("roneo keep key 1", READ)


def content(length):
    return bytes(i % 251 for i in range(length))


def data_block(index, text):
    return seal(derive("roneo data block 1", INSERT, struct.pack("<Q", index)), text.ljust(32_752, b"\0"))


def segment(text, n, copies):
    data = [data_block(i, text[at : at + 32_752]) for i, at in enumerate(range(0, len(text), 32_752))]
    shards = data + parity(data, n)
    header = bytes([0, 1, len(data), n, copies, 1])
    listed = b"".join(blake3(shard) for shard in shards)
    return shards, (header.ljust(64, b"\0") + listed).ljust(4096, b"\0")


def root(size, kind, text, segments=0, listed=b"", inline=b""):
    name, media_type = b"tract.txt", b"text/plain"
    header = struct.pack("<BBBBII", 0, kind, int(kind > 1), 1, segments, len(listed)).ljust(32, b"\0")
    keep = seal(derive("roneo root keep header 1", KEEP), header)
    if listed:
        keep += seal(derive("roneo root keep body 1", KEEP), listed)
    read = struct.pack("<BBBBQ", 0, 0, len(name), len(media_type), len(text))
    read += blake3(text) + hashlib.sha256(text).digest() + INSERT + name + media_type
    read = (read.ljust(512, b"\0") + inline).ljust(size - len(keep) - 16, b"\0")
    return keep + seal(derive("roneo root read 1", READ), read)


def locators(count):
    return b"".join(blake3(struct.pack("<I", i)) for i in range(count))


def show(what, value):
    print(f"{what:34} {value.hex()}", flush=True)
    if f"`{value.hex()}`" not in PAGES:
        sys.exit(f"{what}: docs/formats says something else")


first = data_block(0, content(32_752))
show("first bytes of block 0", first[:16])
show("block 0, full", blake3(first))
show("block 1, one byte", blake3(data_block(1, content(1))))
show("block 2^32, empty", blake3(data_block(1 << 32, b"")))
shards, keep_list = segment(content(100_000), 23, 3)
show("data shard 3", blake3(shards[3]))
show("parity shard 4", blake3(shards[4]))
show("parity shard 22", blake3(shards[22]))
show("keep list header", keep_list[:8])
show("keep list", blake3(keep_list))
show("keep key", KEEP)
show("inline, empty", blake3(root(4096, 0, b"")))
show("inline, leaf", blake3(root(4096, 0, content(3_520), inline=content(3_520))))
show("inline, block", blake3(root(32_768, 0, content(3_521), inline=content(3_521))))
show("single", blake3(root(4096, 1, content(32_752), listed=locators(1))))
index = seal(derive("roneo index 1", bytes([3] * 32), struct.pack("<Q", 1)), locators(7).ljust(32_752, b"\0"))
show("index block", blake3(index))
show("keep list of a full segment", blake3(segment(content(2_063_376), 126, 2)[1]))
show("3 segments", blake3(root(4096, 2, content(5 << 20), segments=3, listed=locators(3))))
