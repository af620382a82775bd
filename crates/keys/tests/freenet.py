"""Our links, read by pyFreenet, and pyFreenet's, read by us.

pyFreenet 3 has no one parser of links, since it leaves that to its node. What it has are the functions that
take a link apart for its own use, and each of them is asked here: which links are private, base64, and the
two that bring a key into the form under which sites and names are kept.

    python3 freenet.py LINKS      a second; needs the package `pyfreenet3`, and the built example `links`
"""

import base64
import subprocess
import sys

from fcp3.node import FCPNode, base64decode, uriIsPrivate
from fcp3.sitemgr import fixUri

LINKS = sys.argv[1]


def links(*arguments, lines=()):
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run([LINKS, *arguments], input=text, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        sys.exit(f"`links {' '.join(arguments)}` failed: {done.stderr}")
    return done.stdout.splitlines()


def fields(link):
    return link.split("@", 1)[1].split("/")[0].split(",")


def encode(raw):
    """The way back, which pyFreenet has for Python 2 alone."""
    return base64.b64encode(raw, b"~-").decode().rstrip("=")


def with_path(uri, link):
    return "/".join([uri] + link.split("/")[1:])


ours = [line.split("\t") for line in links("print")]
theirs = []
for role, link in ours:
    for spelled in (link, "freenet:" + link):
        assert uriIsPrivate(spelled) == (role == "private"), spelled
    theirs += [link, "freenet:" + link]
    if link.startswith("KSK@"):
        continue
    raw = [base64decode(field) for field in fields(link)]
    assert [len(field) for field in raw] == [32, 32, 5], link
    kind = link.split("@")[0]
    theirs.append(with_path(f"{kind}@{','.join(map(encode, raw))}", link))
    if kind in ("SSK", "USK"):
        theirs.append(fixUri("freenet:" + link, "site", 7))
        theirs.append(FCPNode.namesiteProcessUri(None, link) + "/site/7")

again = links("read", lines=theirs)
assert len(again) == len(theirs)
for their, our in zip(theirs, again):
    assert their.split("freenet:")[-1] == our, (their, our)
kinds = sorted({link.split("@")[0] for _, link in ours})
assert kinds == ["CHK", "KEEP", "KSK", "SSK", "USK"], kinds
print(f"{len(ours)} links of {len(kinds)} kinds taken apart by pyFreenet, {len(theirs)} of its own read back")
