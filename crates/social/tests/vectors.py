"""The vectors of docs/formats/envelope.md and docs/formats/board.md, made a second time and compared with those pages.

Written from those two pages and sharing no code with the crate: BLAKE3, ed25519 (RFC 8032) and CBOR are spelled out
here, slowly and in the open, and only the SHA-2 hashes are borrowed. The fields of an envelope and of a descriptor are
read from the pages; keys, signatures, ids and bytes are made here. The lists of BIP-39 and Equi-X are not here: words
are compared by their places, and the proof's solution is taken as one.

    python3 vectors.py            a second; needs nothing
"""

import hashlib
import json
import pathlib
import re
import struct
import sys

FORMATS = pathlib.Path(__file__).parents[3] / "docs/formats"
ENVELOPE, BOARD = ((FORMATS / page).read_text(encoding="utf-8") for page in ("envelope.md", "board.md"))

# BLAKE3, one chunk of input, which is all that is needed here.

IV = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
CHUNK_START, CHUNK_END, ROOT, KEYED, CONTEXT, MATERIAL = 1, 2, 8, 16, 32, 64
MASK = 0xFFFFFFFF
QUARTERS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]


def compress(chaining, block, length, flags):
    state = list(chaining) + IV[:4] + [0, 0, length, flags]
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
    return [state[i] ^ state[i + 8] for i in range(8)]


def blake3(data, key=IV, flags=0):
    assert len(data) <= 1024
    blocks = [data[at : at + 64] for at in range(0, len(data), 64)] or [b""]
    value = key
    for number, block in enumerate(blocks):
        own = CHUNK_START if number == 0 else 0
        own |= (CHUNK_END | ROOT) if number == len(blocks) - 1 else 0
        value = compress(value, block, len(block), flags | own)
    return struct.pack("<8I", *value)


def keyed(key, data):
    return blake3(data, struct.unpack("<8I", key), KEYED)


def derive(context, *material):
    key = blake3(context.encode(), flags=CONTEXT)
    return blake3(b"".join(material), struct.unpack("<8I", key), MATERIAL)


assert blake3(b"abc").hex().startswith("6437b3ac38465133ffb63b75273a8db5")


# ed25519, RFC 8032 section 5.1, in affine coordinates.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
NEUTRAL = (0, 1)


def add(a, b):
    product = D * a[0] * b[0] * a[1] * b[1] % P
    # Both quotients with one inversion.
    inverse = pow(1 - product * product, -1, P)
    x = (a[0] * b[1] + a[1] * b[0]) * (1 - product) * inverse
    y = (a[1] * b[1] + a[0] * b[0]) * (1 + product) * inverse
    return x % P, y % P


def times(scalar, point):
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(data):
    """The point, or none where the bytes are not its one spelling."""
    y, odd = number(data) & (1 << 255) - 1, data[31] >> 7
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    return (x if x % 2 == odd else P - x), y


def number(data):
    return int.from_bytes(data, "little")


B = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def expand(seed):
    digest = hashlib.sha512(seed).digest()
    return number(digest[:32]) & (1 << 254) - 8 | 1 << 254, digest[32:]


def public(seed):
    return encode(times(expand(seed)[0], B))


def sign(seed, message):
    (secret, prefix), key = expand(seed), public(seed)
    nonce = number(hashlib.sha512(prefix + message).digest()) % L
    commitment = encode(times(nonce, B))
    challenge = number(hashlib.sha512(commitment + key + message).digest()) % L
    return commitment + ((nonce + challenge * secret) % L).to_bytes(32, "little")


def verify(key, message, signature):
    """Strictly, as the page says."""
    point, commitment, scalar = decode(key), decode(signature[:32]), number(signature[32:])
    if point is None or commitment is None or scalar >= L or NEUTRAL in (times(8, point), times(8, commitment)):
        return False
    challenge = number(hashlib.sha512(signature[:32] + key + message).digest()) % L
    return times(scalar, B) == add(commitment, times(challenge, point))


# Section 7.1, test 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
assert public(SEED).hex().startswith("d75a980182b10ab7d54bfed3c964073a")
assert sign(SEED, b"").hex().startswith("e5564300c360ac729086e2cc806e828a")


# Freenet's base64, and the twins.

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~-"


def base64(data):
    bits = int.from_bytes(data, "big") << -len(data) * 8 % 6
    return "".join(ALPHABET[bits >> at & 63] for at in reversed(range(0, (len(data) * 8 + 5) // 6 * 6, 6)))


def unbase64(text):
    bits = 0
    for character in text:
        bits = bits << 6 | ALPHABET.index(character)
    data = (bits >> len(text) * 6 % 8).to_bytes(len(text) * 6 // 8, "big")
    assert base64(data) == text, text
    return data


# What the tables of fields call 32 or 64, of the fields in the twins here.
OCTETS = {"author", "board", "boards", "by", "device", "keys", "outbox", "prev", "sig"}


def untwin(value, field=""):
    """What a JSON twin stands for."""
    if isinstance(value, dict):
        return {name: untwin(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [untwin(item, field) for item in value]
    return unbase64(value) if isinstance(value, str) and field in OCTETS else value


def twins(page):
    return [untwin(json.loads(text)) for text in re.findall(r"^```\n(\{.*?^\})\n```$", page, re.M | re.S)]


# CBOR, what the page has of it.


def head(major, size):
    if size < 24:
        return bytes([major << 5 | size])
    for code, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if size < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | code]) + struct.pack(form, size)
    raise ValueError(size)


def cbor(value):
    if isinstance(value, bool):
        return bytes([0xF5 if value else 0xF4])
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    fields = sorted((cbor(key), cbor(inner)) for key, inner in value.items())
    return head(5, len(fields)) + b"".join(key + inner for key, inner in fields)


# RFC 8949, appendix A, and the order of keys.
assert cbor([1, [2, -3], True, 25, 1000000]).hex() == "8501820222f518191a000f4240"
assert cbor({"aa": 24, "b": b"\1"}).hex() == "a261624101626161" + "1818"


# What envelope.md adds.


def places(secret):
    """Of the 24 words: 11 bits each, of the secret and its checksum."""
    bits = number((secret + hashlib.sha256(secret).digest()[:1])[::-1])
    return [bits >> at & 2047 for at in reversed(range(0, 264, 11))]


def fingerprint(key):
    bits = int.from_bytes(derive("roneo fingerprint 1", key)[:3], "big")
    return [bits >> 13, bits >> 2 & 2047]


def certificate(master, device, outbox, until, scopes):
    signed = derive("roneo device 1", public(master), device, outbox, struct.pack("<IB", until, scopes))
    return {"device": device, "outbox": outbox, "until": until, "scopes": scopes, "sig": sign(master, signed)}


def without(fields, name):
    return {key: value for key, value in fields.items() if key != name}


def envelope_id(fields):
    return derive("roneo envelope 1", cbor(without(fields, "sig")))


def challenge(author, board, hour, beacon, body):
    return derive("roneo effort 1", author, board, struct.pack("<I", hour), b"\1" + beacon if beacon else b"\0", body)


def value(challenged, proof):
    return keyed(challenged, proof)[:8]


def effort(valued):
    return min((2**64 - 1) // number(valued), 2**24) if number(valued) else 2**24


# What board.md adds.


def open_board(path, language):
    return derive("roneo open board 1", path.encode(), b"\0", language.encode())


def descriptor_id(terms):
    return derive("roneo board descriptor 1", cbor(terms))


def descriptor(terms, seeds):
    sigs = [{"by": public(seed), "sig": sign(seed, descriptor_id(terms))} for seed in seeds]
    return {"terms": terms, "sigs": sorted(sigs, key=lambda one: one["by"])}


def signed_under(policy, described):
    message = descriptor_id(described["terms"])
    right = {one["by"] for one in described["sigs"] if verify(one["by"], message, one["sig"])}
    return len(right & set(policy["keys"])) >= policy["k"]


# Comparing.

compared = 0


def same(what, made, written):
    global compared
    compared += 1
    if made != written:
        sys.exit(f"{what}: docs/formats says something else than {made!r}")


def rows(page):
    """Of the tables of vectors, in their order: what, value."""
    return re.findall(r"^\| (.+?) \| (`.+`) \|$", page[page.index("## Draft vectors") :], re.M)


def show(left, what, *made):
    """Compares the next row of what is left with what was made."""
    same(what, (what, " ".join(f"`{part}`" for part in made)), left.pop(0) if left else None)


def envelope_page():
    left = rows(ENVELOPE)
    secret = bytes([1] * 32)
    lines = re.search(r"^```\n([0-9 ]+)\n(.+)\n(.+)\n```$", ENVELOPE, re.M)
    found = places(secret)
    same("places of the words", " ".join(map(str, found)), lines[1])
    for language in (2, 3):
        words = lines[language].split(" ")
        same("words", [found.index(place) for place in found], [words.index(word) for word in words])
    master, recovery = derive("roneo master key 1", secret), derive("roneo recovery key 1", secret)
    person, outbox = public(master), public(derive("roneo outbox key 1", master))
    show(left, "person", base64(person))
    show(left, "outbox", base64(outbox))
    show(left, "read key of the outbox", base64(derive("roneo outbox read key 1", outbox)))
    show(left, "recovery commitment", base64(derive("roneo recovery commitment 1", public(recovery))))
    show(left, "fingerprint of the person, places", *fingerprint(person))
    # Two words in each language, which only the lists could tell.
    same("words of the fingerprint", [1, 1], [row.count("-") for _, row in (left.pop(0), left.pop(0))])
    device = bytes([1] * 32)
    certified = certificate(master, public(device), outbox, 20_775 + 90, 3)
    show(left, "device", base64(public(device)))
    show(left, "signature", base64(certified["sig"]))
    (post,) = twins(ENVELOPE)
    same("author", person, post["author"])
    same("certificate", certified, post["device"])
    post_id = envelope_id(post)
    same("signature of the post", sign(device, post_id), post["sig"])
    same("its check", True, verify(certified["device"], post_id, post["sig"]))
    same("check of a changed id", False, verify(certified["device"], bytes(32), post["sig"]))
    show(left, "id", base64(post_id))
    show(left, "bytes", len(cbor(post)))
    show(left, "BLAKE3 of the bytes", blake3(cbor(post)).hex())
    author, board, beacon, body = (bytes([byte] * 32) for byte in (1, 2, 3, 4))
    challenged = challenge(author, board, 480_000, beacon, body)
    show(left, "challenge", challenged.hex())
    show(left, "challenge without beacon", challenge(author, board, 480_000, None, body).hex())
    proof = bytes.fromhex("3406000000000000337cf18be51a54aae186cf98d856fcc1")
    show(left, "a proof, of the first", proof.hex())
    show(left, "its value, 8 bytes", value(challenged, proof).hex())
    show(left, "its effort", effort(value(challenged, proof)))
    same("rows left", [], left)


def board_page():
    left = rows(BOARD)
    stewards = {byte: bytes([byte] * 32) for byte in (1, 2, 3)}
    show(left, "open board `fr/logement`, in `fr`", base64(open_board("fr/logement", "fr")))
    (first,) = twins(BOARD)
    terms = first["terms"]
    same("keys", sorted(map(public, stewards.values())), terms["policy"]["keys"])
    same("signatures", descriptor(terms, [stewards[1], stewards[2]]), first)
    same("its check", True, signed_under(terms["policy"], first))
    board = descriptor_id(terms)
    show(left, "board", base64(board))
    show(left, "bytes", len(cbor(first)))
    show(left, "BLAKE3 of the bytes", blake3(cbor(first)).hex())
    changed = {"serial": 1, "board": board, "prev": board, "time": 1_795_000_100, "name": "Logement"}
    second = descriptor({**terms, **changed}, [stewards[2], stewards[3]])
    same("check of the successor", True, signed_under(terms["policy"], second))
    show(left, "id", base64(descriptor_id(second["terms"])))
    show(left, "bytes", len(cbor(second)))
    show(left, "BLAKE3 of the bytes", blake3(cbor(second)).hex())
    same("rows left", [], left)


if __name__ == "__main__":
    envelope_page()
    board_page()
    print(f"{compared} values of docs/formats/envelope.md and board.md are as they are made here")
