"""The vectors of the pages of docs/formats that are named below, made a second time and compared with them.

Written from those pages and sharing no code with the crate: BLAKE3, ed25519 (RFC 8032), ChaCha20-Poly1305 (RFC 8439) and
CBOR are spelled out here, slowly and in the open, and only the SHA-2 hashes are borrowed. The fields of an envelope and
of a descriptor are read from the pages; keys, signatures, ids and bytes are made here. The lists of BIP-39 and Equi-X
are not here: words are compared by their places, and proofs are taken as given.

    python3 vectors.py            a few seconds; needs nothing
"""

import functools
import hashlib
import json
import pathlib
import re
import struct
import sys

FORMATS = pathlib.Path(__file__).parents[3] / "docs/formats"
PAGES = ("envelope.md", "board.md", "announcement.md", "digest.md", "succession.md")
ENVELOPE, BOARD, ANNOUNCEMENT, DIGEST, SUCCESSION = ((FORMATS / page).read_text(encoding="utf-8") for page in PAGES)

# BLAKE3.

IV = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
CHUNK_START, CHUNK_END, PARENT, ROOT, KEYED, CONTEXT, MATERIAL = 1, 2, 4, 8, 16, 32, 64
CHUNK = 1024
MASK = 0xFFFFFFFF
QUARTERS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]


def compress(chaining, block, length, flags, counter=0):
    state = list(chaining) + IV[:4] + [counter, 0, length, flags]
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


def chunk(data, key, flags, counter, root):
    blocks = [data[at : at + 64] for at in range(0, len(data), 64)] or [b""]
    value = key
    for number, block in enumerate(blocks):
        own = CHUNK_START if number == 0 else 0
        own |= (CHUNK_END | root) if number == len(blocks) - 1 else 0
        value = compress(value, block, len(block), flags | own, counter)
    return value


def subtree(data, key, flags, counter=0, root=0):
    if len(data) <= CHUNK:
        return chunk(data, key, flags, counter, root)
    left = CHUNK << ((len(data) - 1) // CHUNK).bit_length() - 1
    halves = subtree(data[:left], key, flags, counter) + subtree(data[left:], key, flags, counter + left // CHUNK)
    return compress(key, struct.pack("<16I", *halves), 64, flags | PARENT | root)


def blake3(data, key=IV, flags=0):
    return struct.pack("<8I", *subtree(data, key, flags, root=ROOT))


def keyed(key, data):
    return blake3(data, struct.unpack("<8I", key), KEYED)


@functools.cache
def context_key(context):
    return struct.unpack("<8I", blake3(context.encode(), flags=CONTEXT))


def derive(context, *material):
    return blake3(b"".join(material), context_key(context), MATERIAL)


assert blake3(b"abc").hex().startswith("6437b3ac38465133ffb63b75273a8db5")
# Of the vectors of BLAKE3: byte i is i mod 251.
assert blake3(bytes(i % 251 for i in range(5120))).hex().startswith("9cadc15fed8b5d854562b26a9536d970")


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
OCTETS = {"author", "board", "boards", "by", "device", "id", "key", "keys", "of", "outbox", "prev", "recovery", "root", "sig", "to"}


def untwin(value, field=""):
    """What a JSON twin stands for."""
    if isinstance(value, dict):
        return {name: untwin(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [untwin(item, field) for item in value]
    if isinstance(value, str) and field == "at":
        return b"".join(map(unbase64, value.removeprefix("CHK@").split(",")))
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


# What announcement.md adds.

# ChaCha20-Poly1305, RFC 8439.


def chacha20(key, counter, nonce):
    first = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key)) + [counter]
    first += struct.unpack("<3I", nonce)
    state = first[:]
    for _ in range(10):
        for a, b, c, d in QUARTERS:
            for left, right in ((16, 12), (8, 7)):
                state[a] = (state[a] + state[b]) & MASK
                state[d] = turn(state[d] ^ state[a], left)
                state[c] = (state[c] + state[d]) & MASK
                state[b] = turn(state[b] ^ state[c], right)
    return struct.pack("<16I", *((one + other) & MASK for one, other in zip(state, first)))


def turn(word, left):
    return (word << left | word >> 32 - left) & MASK


def poly1305(key, message):
    factor, total = number(key[:16]) & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF, 0
    for at in range(0, len(message), 16):
        total = (total + number(message[at : at + 16] + b"\1")) * factor % (2**130 - 5)
    return (total + number(key[16:32]) & (1 << 128) - 1).to_bytes(16, "little")


def seal(key, nonce, plain):
    """What is sealed and its tag; nothing beside it is authenticated."""
    stream = b"".join(chacha20(key, 1 + at // 64, nonce) for at in range(0, len(plain), 64))
    sealed = bytes(one ^ other for one, other in zip(plain, stream))
    padded = sealed + bytes(-len(sealed) % 16)
    return sealed + poly1305(chacha20(key, 0, nonce), padded + struct.pack("<QQ", 0, len(sealed)))


# RFC 8439, sections 2.3.2, 2.5.2.
STREAM = chacha20(bytes(range(32)), 1, bytes.fromhex("000000090000004a00000000"))
assert STREAM.hex().startswith("10f1e7e4d13b5915500fdd1fa32071c4")
POLY_KEY = bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b")
assert poly1305(POLY_KEY, b"Cryptographic Forum Research Group").hex() == "a8061dc1305136c6c22b8baf0c0127a9"

HOURS_OF_AN_ANCHOR = 4096
PUBLIC_EXTRA = bytes.fromhex("0000000100")


def mark_of(board):
    return derive("roneo board tag 1", board)


def locator_of(tag, hour):
    return derive("roneo announcements 1", tag, struct.pack("<IH", hour, 0))


def roster(board, introducers, anchor_hour, anchor):
    head = mark_of(board) + bytes([len(introducers)]) + bytes(3) + struct.pack("<I", anchor_hour) + anchor
    return (head + b"".join(introducers)).ljust(584, b"\0")


def announcement(board, kind, hour, device, announced, author):
    """An entry, proof and signature still zeros."""
    key = derive("roneo announcement key 1", board)
    head = bytes([0, *kind, 0]) + struct.pack("<I", hour) + public(device)
    plain = announced + author + bytes(3)
    salt = keyed(key, (head + bytes(32) + plain).ljust(256, b"\0"))[:8]
    return head + bytes(24) + salt + seal(keyed(key, head[4:] + salt), bytes(12), plain) + bytes(64)


def announcement_challenge(entry, tag, beacon):
    return challenge(entry[8:40], tag, number(entry[4:8]), beacon, blake3(entry[64:192]))


def proven(entry, tag, device, proof):
    body = entry[:40] + proof + entry[64:192]
    return body + sign(device, derive("roneo announcement 1", tag, body))


def vouch(introducer, mark, until, guest):
    return sign(introducer, derive("roneo vouch 1", b"\1" + mark if mark else b"\0", struct.pack("<I", until), guest))


def admit(guest, device):
    return sign(guest, derive("roneo guest device 1", public(guest), device))


def by_a_vouch(entry, tag, device, place, until, guest, pass_sig, device_sig):
    admission = (bytes([place, 1, 0, 0]) + struct.pack("<I", until) + guest + pass_sig + device_sig).ljust(256, b"\0")
    signed = derive("roneo vouched announcement 1", tag, entry[:192], admission)
    return entry[:192] + sign(device, signed) + admission


def record(tag, hour, worked, vouched=(), listed=b"", beacon_hour=0, beacon=b""):
    head = struct.pack("<BBHIHH", 0, bool(listed), len(worked), hour, 0, len(vouched)) + tag + listed.ljust(584, b"\0")
    head = (head + struct.pack("<I", beacon_hour) + beacon).ljust(1024, b"\0")
    if listed:
        head += b"".join(vouched).ljust(46 * 512, b"\0")
    return (head + b"".join(worked)).ljust(32_768, b"\0")


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


def announcement_page():
    left = rows(ANNOUNCEMENT)
    hour, author, proof = 498_600, bytes([3] * 32), bytes([9] * 24)
    one, other, first, second, guest = (bytes([byte] * 32) for byte in (1, 2, 33, 34, 6))
    lies_at = [bytes([byte]) + bytes(31) + bytes([2] * 32) + PUBLIC_EXTRA for byte in (7, 8)]

    board = open_board("fr/logement", "fr")
    tag = mark_of(board)
    show(left, "tag", base64(tag))
    show(left, "locator", base64(locator_of(tag, hour)))
    entry = announcement(board, (0, 0), hour, one, lies_at[0], author)
    show(left, "salt", entry[64:72].hex())
    show(left, "challenge", announcement_challenge(entry, tag, None).hex())
    entry = proven(entry, tag, one, proof)
    same("its length", 256, len(entry))
    show(left, "BLAKE3 of the entry", blake3(entry).hex())
    show(left, "BLAKE3 of the record with it alone", blake3(record(tag, hour, [entry])).hex())

    board, anchored = bytes([7] * 32), hour - 10
    chain = [bytes([5] * 32)]
    while len(chain) <= HOURS_OF_AN_ANCHOR:
        chain.append(derive("roneo beacon 1", chain[-1]))
    beacons = {anchored + hours: value for hours, value in enumerate(reversed(chain))}
    show(left, "mark", base64(mark_of(board)))
    show(left, "anchor", base64(beacons[anchored]))
    show(left, "beacon of the hour", base64(beacons[hour]))
    listed = roster(board, [public(first), public(second)], anchored, beacons[anchored])
    tag = derive("roneo roster 1", listed)
    show(left, "tag", base64(tag))
    show(left, "locator", base64(locator_of(tag, hour)))
    until = hour // 24
    pass_sig, device_sig = vouch(second, mark_of(board), until, public(guest)), admit(guest, public(one))
    show(left, "introducer's signature", base64(pass_sig))
    show(left, "guest's signature", base64(device_sig))
    entry = announcement(board, (2, 0), hour, one, lies_at[0], author)
    vouched = by_a_vouch(entry, tag, one, 1, until, public(guest), pass_sig, device_sig)
    same("its length", 512, len(vouched))
    show(left, "BLAKE3 of the entry", blake3(vouched).hex())
    entry = announcement(board, (1, 1), hour, other, lies_at[1], author)
    show(left, "challenge", announcement_challenge(entry, tag, beacons[hour - 1]).hex())
    newcomer = proven(entry, tag, other, proof)
    show(left, "BLAKE3 of the entry", blake3(newcomer).hex())
    whole = record(tag, hour, [newcomer], [vouched], listed, hour, beacons[hour])
    show(left, "BLAKE3 of the record with both and the beacon of the hour", blake3(whole).hex())
    same("rows left", [], left)

    # The invitation by which that guest came.
    body = bytes(2) + board + public(second) + struct.pack("<I", until) + pass_sig + guest
    (line,) = re.findall(r"^```\n(roneo-board:.+)\n```$", BOARD, re.M)
    same("invitation", "roneo-board:" + base64(body + blake3(body)[:4]), line)


def said(page, secret, seed):
    """The one envelope of a page, checked against the keys that its words name."""
    (fields,) = twins(page)
    master = derive("roneo master key 1", secret)
    outbox = public(derive("roneo outbox key 1", master))
    same("author", public(master), fields["author"])
    same("certificate", certificate(master, public(seed), outbox, 20_775 + 90, 3), fields["device"])
    same("signature", sign(seed, envelope_id(fields)), fields["sig"])
    return fields


def show_envelope(left, fields):
    show(left, "id", base64(envelope_id(fields)))
    show(left, "bytes", len(cbor(fields)))
    show(left, "BLAKE3 of the bytes", blake3(cbor(fields)).hex())


def digest_page():
    left = rows(DIGEST)
    ones, board = bytes([1] * 32), bytes([7] * 32)
    digest = said(DIGEST, ones, ones)
    show(left, "name", "digest-" + base64(board))
    show(left, "read key", base64(derive("roneo digest read key 1", digest["author"], board)))
    show_envelope(left, digest)
    same("rows left", [], left)


def succession_page():
    left = rows(SUCCESSION)
    ones, twos = bytes([1] * 32), bytes([2] * 32)
    envelope = said(SUCCESSION, ones, ones)
    body = envelope["body"]
    recovery = [derive("roneo recovery key 1", words) for words in (ones, twos)]
    same("of", public(derive("roneo master key 1", twos)), body["of"])
    same("to", envelope["author"], body["to"])
    same("recovery key", public(recovery[1]), body["key"])
    same("recovery commitment", derive("roneo recovery commitment 1", public(recovery[0])), body["recovery"])
    since = struct.pack("<Q", body["since"])
    signed = derive("roneo succession 1", body["of"], body["to"], since, body["recovery"])
    same("its signature", sign(recovery[1], signed), body["sig"])
    show_envelope(left, envelope)
    same("rows left", [], left)


if __name__ == "__main__":
    envelope_page()
    board_page()
    announcement_page()
    digest_page()
    succession_page()
    print(f"{compared} values of {', '.join(PAGES)} in docs/formats are as they are made here")
