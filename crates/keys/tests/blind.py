"""The vectors of blinded keys in docs/formats/record.md and of convergent keys in block.md, made a second time
and compared with those pages.

Written from those pages and sharing no code with the crate: BLAKE3 and ed25519 are spelled out here
from their specifications (RFC 8032 for the latter), slowly and in the open.

    python3 blind.py              a second; needs nothing
"""

import hashlib
import pathlib
import struct
import sys

FORMATS = pathlib.Path(__file__).parents[3] / "docs/formats"
# What stands there by itself, in a table or in a block.
WORDS = {
    word.strip("`")
    for page in ("record.md", "block.md")
    for word in (FORMATS / page).read_text(encoding="utf-8").split()
}

# BLAKE3, one chunk of input, which is all that is needed here, and output of any length.

IV = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
CHUNK_START, CHUNK_END, ROOT, KEYED, CONTEXT, MATERIAL = 1, 2, 8, 16, 32, 64
MASK = 0xFFFFFFFF
QUARTERS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]


def compress(chaining, block, counter, length, flags):
    state = list(chaining) + IV[:4] + [counter & MASK, counter >> 32, length, flags]
    words = list(struct.unpack("<16I", block.ljust(64, b"\0")))
    for _ in range(7):
        for number, (a, b, c, d) in enumerate(QUARTERS):
            for word, right, left in ((words[2 * number], 16, 12), (words[2 * number + 1], 8, 7)):
                state[a] = (state[a] + state[b] + word) & MASK
                turned = state[d] ^ state[a]
                state[d] = (turned >> right | turned << (32 - right)) & MASK
                state[c] = (state[c] + state[d]) & MASK
                turned = state[b] ^ state[c]
                state[b] = (turned >> left | turned << (32 - left)) & MASK
        words = [words[position] for position in PERMUTATION]
    low = [state[i] ^ state[i + 8] for i in range(8)]
    return low + [state[i + 8] ^ chaining[i] for i in range(8)]


def blake3(data, key=IV, flags=0, length=32):
    assert len(data) <= 1024
    blocks = [data[at : at + 64] for at in range(0, len(data), 64)] or [b""]
    chaining = key
    for number, block in enumerate(blocks[:-1]):
        start = CHUNK_START if number == 0 else 0
        chaining = compress(chaining, block, 0, 64, flags | start)[:8]
    last = flags | CHUNK_END | ROOT | (CHUNK_START if len(blocks) == 1 else 0)
    output = b""
    while len(output) < length:
        output += struct.pack("<16I", *compress(chaining, blocks[-1], len(output) // 64, len(blocks[-1]), last))
    return output[:length]


def keyed(key, data, length=32):
    return blake3(data, key=list(struct.unpack("<8I", key)), flags=KEYED, length=length)


def derive(context, data, length=32):
    key = blake3(context.encode(), flags=CONTEXT)
    return blake3(data, key=list(struct.unpack("<8I", key)), flags=MATERIAL, length=length)


# ed25519, RFC 8032 section 5.1, in affine coordinates.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, P - 2, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, P - 2, P)
    return x % P, y % P


def times(scalar, point):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def base():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x if x % 2 == 0 else P - x), y


B = base()


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def number(data):
    return int.from_bytes(data, "little")


def expand(seed):
    digest = hashlib.sha512(seed).digest()
    return number(digest[:32]) & (1 << 254) - 8 | 1 << 254, digest[32:]


# What record.md adds.


def blinding(kind, keys, docname):
    return number(derive("roneo blind 1", bytes([kind, len(keys)]) + b"".join(sorted(keys)) + docname, 64)) % L


def sign_blinded(seed, kind, docname, message):
    secret, prefix = expand(seed)
    h = blinding(kind, [encode(times(secret, B))], docname)
    blinded = secret * h % L
    prefix = derive("roneo blind nonce 1", prefix + h.to_bytes(32, "little"))
    public = encode(times(blinded, B))
    # The same key from public parts alone.
    assert public == encode(times(h, times(secret, B)))
    nonce = number(hashlib.sha512(prefix + message).digest()) % L
    commitment = encode(times(nonce, B))
    challenge = number(hashlib.sha512(commitment + public + message).digest()) % L
    return public, commitment + ((nonce + challenge * blinded) % L).to_bytes(32, "little")


# What block.md adds.


def convergent(secret, content, name, media_type):
    texts = b"".join(struct.pack("<Q", len(text)) + text for text in (name, media_type))
    keys = keyed(derive("roneo convergent keys 1", secret), content + texts, 64)
    return keys[:32], keys[32:]


def show(what, value):
    print(f"{what:20} {value.hex()}", flush=True)
    if value.hex() not in WORDS:
        sys.exit(f"{what}: docs/formats says something else")


if __name__ == "__main__":
    seed = bytes([7]) * 32
    show("public key", encode(times(expand(seed)[0], B)))
    for name, kind in (("document", 0), ("slot", 1)):
        public, signature = sign_blinded(seed, kind, b"tract", b"greve generale")
        show(f"blinded, {name}", public)
        show(f"signature, {name}", signature)
    word_seed = derive("roneo ksk secret 1", b"pain")
    show("KSK@pain, public", encode(times(expand(word_seed)[0], B)))
    show("KSK@pain, read key", derive("roneo ksk read 1", b"pain"))
    secret = derive("roneo site convergence 1", seed + b"tract")
    read, insert = convergent(secret, bytes([2]) * 32, b"tract.txt", b"text/plain")
    show("secret of tract", secret)
    show("read key under it", read)
    show("insert key under it", insert)
    show("secret of text pain", derive("roneo convergence secret 1", b"pain"))
