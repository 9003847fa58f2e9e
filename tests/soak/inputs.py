"""Hostile inputs, each connection's a function of the seed and the connection's number.

What a connection does is a Script. Its inputs are of two kinds: those that the node must answer or ignore and stay (it
must answer a `list` behind them), and at most one at the end that may end the connection.
"""

import random
import struct
from dataclasses import dataclass, field

import soak

CORPUS = soak.ROOT / "tests" / "fuzz" / "corpus"
COMMANDS = [path.read_bytes() for path in sorted((CORPUS / "client_command").iterdir())]
JSON = [path.read_bytes() for path in sorted((CORPUS / "json_read").iterdir())]
UTF8 = [path.read_bytes() for path in sorted((CORPUS / "utf8").iterdir())]
BAD_UTF8 = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98", b"\xe0\x80\x80", b"\x80",
            b"\xf8\x88\x80\x80\x80", b"\xc3("]
TOKENS = [b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\", b"\\u0000", b"\\ud800", b"null", b"true", b"-0", b"1e999",
          b"0x1", b"\x00", b"\x7f", b"\xc2\x85", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xf0\x9f\x98\x80", b'"nonce":',
          b'"password":"x"', b'"scope":"node"', b"[" * 40, b'{"a":' * 33, b"9" * 400, b"A" * 300, b"\n", b" " * 100]
LENGTHS = [65537, 1 << 16, 1 << 20, (1 << 31) - 1, 1 << 31, 1 << 32, (1 << 32) + 7, 1 << 62, (1 << 63) - 1, 1 << 63,
           (1 << 64) - 1]
BAD_CLOSES = [b"\x03", struct.pack("!H", 0), struct.pack("!H", 999), struct.pack("!H", 1005), struct.pack("!H", 2999),
              struct.pack("!H", 65535), struct.pack("!H", 1000) + b"\xff", struct.pack("!H", 1000) + b"x" * 200]
GREETINGS = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 64,
             b"SSH-2.0-OpenSSH_9.2\r\n", b"EHLO localhost\r\n", b"\r\n\r\n\r\n", b"\x05\x01\x00"]
LOCKED_CHANNEL = "healthy"  # of the pair that must not notice anything
ANSWERED = b'"nonce":"still there"}'
ASK = '{"command":"list","nonce":"still there"}'


@dataclass
class Script:
    """What one connection does."""
    kind: str
    head: bytes = b""                        # a handshake, and the 101 is waited for before the rest
    inputs: list = field(default_factory=list)  # (kind, bytes) that leave the connection standing
    last: bytes = b""                        # may end it
    lingers: bool = False                    # and then waits for the node to hang up, as long as it takes
    asks: bool = False                       # the node must answer in the end
    ending: str = "reset"                    # close, reset, or a Close frame

    def count(self) -> int:
        return len(self.inputs) + (self.kind != "stays")


# Bytes.

def mutated(rng, data: bytes) -> bytes:
    """One to four small accidents."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        at, what = rng.randrange(len(made) + 1), rng.randrange(7)
        if what == 0 and at < len(made):
            made[at] ^= 1 << rng.randrange(8)
        elif what == 1 and at < len(made):
            made[at] = rng.randrange(256)
        elif what == 2:
            del made[at:at + rng.randrange(1, 9)]
        elif what == 3:
            made[at:at] = rng.choice(TOKENS)
        elif what == 4:
            made[at:at] = made[at:at + rng.randrange(1, 40)]
        elif what == 5:
            del made[at:]
        else:
            other = rng.choice(COMMANDS)
            made[at:] = other[rng.randrange(len(other)):]
    return bytes(made)


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def mask(rng) -> bytes:
    return rng.randbytes(4)


def quoted(size: int, rng) -> str:
    return rng.choice(("A", "é", "\\u0041", "😀", "\\n", "%", "..")) * size


# Inputs that leave a connection standing.

def mutated_json(rng) -> bytes:
    data = mutated(rng, rng.choice(COMMANDS if rng.random() < 0.8 else JSON))
    if not is_utf8(data):
        data = data.decode("utf-8", "replace").encode()
    return soak.frame(soak.TEXT, data, mask=mask(rng))


def oversized_name(rng) -> bytes:
    size = rng.choice((1, 250, 257, 300, 1025, 5000)) if rng.random() < 0.98 else 9000
    where = rng.choice(('"data":{"topic":"%s"}', '"data":{"topic":"x","password":"%s"}',
                        '"data":{"topic":"x"},"nonce":"%s"', '"data":{"topic":"x","%s":1}', '"%s":{"topic":"x"}'))
    if "password" in where:
        size = 1025  # too long, whatever it is made of: a shorter one would be computed
    command = rng.choice(("subscribe", "unsubscribe", "send", "list"))
    return soak.text('{"command":"%s",' % command + where % quoted(size, rng)[:60000] + "}")


def password_guess(rng) -> bytes:
    return soak.text('{"command":"subscribe","data":{"topic":"%s","password":"%s"},"nonce":1}'
                     % (LOCKED_CHANNEL, rng.randbytes(6).hex()))


def knock(rng) -> bytes:
    """At the door of the healthy ones, without a guess."""
    return soak.text(rng.choice((
        '{"command":"subscribe","data":{"topic":"%s"}}', '{"command":"unsubscribe","data":{"topic":"%s"}}',
        '{"command":"send","data":{"channel":"%s","message":"intruder"}}',
        '{"command":"subscribe","data":{"topic":"%s","password":null}}')) % LOCKED_CHANNEL)


def fragments(rng) -> bytes:
    """A message in pieces, characters cut in two, control frames and nothing at all between them."""
    data, parts, opcode = rng.choice(COMMANDS) if rng.random() < 0.7 else UTF8[0], [], soak.TEXT
    data = data if is_utf8(data) else b"{}"
    while data and len(parts) < 200:
        size = rng.randrange(0, 12)
        parts.append(soak.frame(opcode, data[:size], fin=False))
        data, opcode = data[size:], soak.CONTINUATION
        if rng.random() < 0.1:
            parts.append(control(rng))
    return b"".join(parts) + soak.frame(opcode, data)


def control(rng) -> bytes:
    payload = rng.randbytes(rng.choice((0, 1, 4, 60, 125)))
    return soak.frame(rng.choice((soak.PING, soak.PONG)), payload, mask=mask(rng))


STANDING = {mutated_json: 60, oversized_name: 12, knock: 8, fragments: 8, control: 11.5, password_guess: 0.5}


# Inputs that may end a connection.

def mutated_frame(rng) -> bytes:
    data = bytearray(soak.frame(soak.TEXT, rng.choice(COMMANDS), mask=mask(rng)))
    for _ in range(rng.randrange(1, 4)):
        data[rng.randrange(min(len(data), 14))] ^= 1 << rng.randrange(8)
    return bytes(data) if rng.random() < 0.7 else mutated(rng, bytes(data))


def bad_utf8(rng) -> bytes:
    seed = rng.choice(COMMANDS)
    at = rng.randrange(len(seed) + 1)
    data = seed[:at] + rng.choice(BAD_UTF8 + [each for each in UTF8 if not is_utf8(each)]) + seed[at:]
    if rng.random() < 0.3:
        cut = rng.randrange(len(data))
        return soak.frame(soak.TEXT, data[:cut], fin=False) + soak.frame(soak.CONTINUATION, data[cut:])
    return soak.frame(soak.TEXT, data, mask=mask(rng))


def wrong_mask(rng) -> bytes:
    data = rng.choice(COMMANDS)
    if rng.random() < 0.5:
        return soak.frame(soak.TEXT, data, mask=b"")
    whole = bytearray(soak.frame(soak.TEXT, data, mask=mask(rng)))
    at = 2 if len(data) < 126 else 4
    whole[at:at + 4] = mask(rng)  # another one than it was masked with
    return bytes(whole)


def huge_length(rng) -> bytes:
    payload = rng.randbytes(rng.choice((0, 1, 100, 3000)))
    return soak.frame(rng.choice((soak.TEXT, soak.TEXT, soak.BINARY, soak.CONTINUATION)), payload,
                      fin=rng.random() < 0.5, declared=rng.choice(LENGTHS))


def bad_control(rng) -> bytes:
    what = rng.randrange(4)
    if what == 0:
        return soak.frame(soak.CLOSE, rng.choice(BAD_CLOSES))
    if what == 1:
        return soak.frame(rng.choice((soak.PING, soak.PONG, soak.CLOSE)), b"x" * rng.choice((126, 300, 70000)))
    if what == 2:
        return soak.frame(rng.choice((soak.PING, soak.PONG, soak.CLOSE)), b"\x03\xe8", fin=False)
    return soak.frame(rng.choice((3, 4, 7, 11, 15, soak.TEXT, soak.PING)), b"{}", rsv=rng.randrange(8))


def bad_fragments(rng) -> bytes:
    what = rng.randrange(4)
    if what == 0:
        return soak.frame(soak.CONTINUATION, b"{}", fin=rng.random() < 0.5)
    if what == 1:
        return soak.frame(soak.TEXT, b"{", fin=False) + soak.frame(rng.choice((soak.TEXT, soak.BINARY)), b"}")
    if what == 2:
        return soak.frame(soak.TEXT, b"", fin=False) + soak.frame(soak.CONTINUATION, b"", fin=False) * 1100
    return soak.frame(soak.TEXT, b"[" * 4000, fin=False) + soak.frame(soak.CONTINUATION, b" " * 8000, fin=False) * 8


def binary(rng) -> bytes:
    return soak.frame(soak.BINARY, rng.randbytes(rng.randrange(200)), fin=rng.random() < 0.8, mask=mask(rng))


def cut_short(rng) -> bytes:
    """A good frame that does not end."""
    whole = soak.frame(soak.TEXT, rng.choice(COMMANDS), mask=mask(rng))
    return whole[:rng.randrange(1, len(whole))]


def random_frames(rng) -> bytes:
    return rng.randbytes(rng.randrange(1, 400))


ENDING = {mutated_frame: 30, bad_utf8: 14, wrong_mask: 10, huge_length: 14, bad_control: 12, bad_fragments: 6,
          binary: 4, cut_short: 5, random_frames: 5}


# Handshakes.

def bad_headers(rng) -> bytes:
    lines = soak.UPGRADE[:-4].split(b"\r\n")
    for _ in range(rng.randrange(1, 4)):
        at, what = rng.randrange(len(lines)), rng.randrange(8)
        if what == 0 and len(lines) > 1:
            del lines[at]
        elif what == 1:
            lines[at] = mutated(rng, lines[at])
        elif what == 2:
            lines.insert(at, lines[rng.randrange(len(lines))])
        elif what == 3:
            lines.append(b"X-%d: " % at + b"A" * rng.choice((100, 1000, 5000, 20000)))
        elif what == 4:
            lines[0] = rng.choice((b"GET ", b"POST ", b"get ", b"\x00 ", b"OPTIONS ")) + rng.choice(
                (b"/node", b"/../connect", b"/connect/", b"/%00", b"/health", b"*", b"/" + b"a" * 5000,
                 b"/connect?" + b"x=1&" * 300, b"//", b"/connect%2f")) + rng.choice(
                (b" HTTP/1.1", b" HTTP/1.0", b" HTTP/9.9", b"", b" "))
        elif what == 5:
            lines += [b"X-%d: 1" % i for i in range(rng.randrange(200))]
        elif what == 6:
            lines.append(rng.choice((b"Transfer-Encoding: chunked", b"Content-Length: -1", b"Origin: null", b": x",
                                     b"Up", b"Content-Length: 99999999999999999999",
                                     b"Sec-WebSocket-Protocol: " + b"a," * 100,
                                     b"Sec-WebSocket-Extensions: permessage-deflate; " + b"x" * 300, b" folded")))
        else:
            lines[at] = rng.randbytes(rng.randrange(1, 80))
    return rng.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r")).join(lines) + b"\r\n\r\n"


def garbage(rng) -> bytes:
    return (rng.choice(GREETINGS) if rng.random() < 0.4 else b"") + rng.randbytes(rng.choice((1, 16, 200, 2000)))


def pick(rng, shares: dict):
    return rng.choices(list(shares), list(shares.values()))[0]


def script(seed: int, number: int) -> Script:
    """What connection `number` does."""
    rng = random.Random(f"{seed} {number}")
    ending = rng.choice(("reset", "reset", "close", "frame"))
    if number % 20_000 == 7:
        return Script("flood", soak.UPGRADE, last=soak.text('{"command":"list"}') * 4500, ending=ending)
    what = rng.random()
    if what < 0.05:
        return Script("garbage", last=garbage(rng), ending=ending)
    if what < 0.12:
        return Script("bad_headers", last=bad_headers(rng), ending=ending)
    if what < 0.16:
        cut = rng.randrange(len(soak.UPGRADE) - 1)
        return Script("half_handshake", last=soak.UPGRADE[:cut], ending=ending, lingers=rng.random() < 0.02)
    if what < 0.19:
        # Nobody may do this, and libwebsockets 4.1.6 writes its 101 over what came behind the request.
        behind = b"".join(pick(rng, STANDING)(rng) for _ in range(rng.randrange(1, 8)))
        return Script("before_the_101", last=soak.UPGRADE + behind, ending=ending)
    made = Script("stays", soak.UPGRADE, ending=ending)
    for _ in range(rng.randrange(16)):
        kind = pick(rng, STANDING)
        made.inputs.append((kind.__name__, kind(rng)))
    if made.inputs and rng.random() < 0.5:
        made.asks = True
        return made
    kind = pick(rng, ENDING)
    made.kind, made.last = kind.__name__, kind(rng)
    made.lingers = kind is cut_short and rng.random() < 0.1
    return made
