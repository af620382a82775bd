# Every sentence of the pages, in English. Apostrophes are set by the build: type plain ones.
# docs/guides/pages.md says how a message becomes a method.

## Names

own-name = English
skip = Skip to the text
nav = Contents
nav-home = Home
nav-insert = Put in
nav-transfers = Transfers
nav-node = Node
nav-help = Help

## Around every page

masthead-alone = Alone for now
masthead-silent = The node does not answer
masthead-network = { $nodes ->
    [one] { NUMBER($nodes) } node present
   *[other] { NUMBER($nodes) } nodes present
}{ $jobs ->
    [0] {""}
    [one] , { NUMBER($jobs) } object on its way
   *[other] , { NUMBER($jobs) } objects on their way
}
imprint-screen = Set on this computer, for you.
imprint-paper = Printed by ourselves.
imprint-street = Please do not drop in the street.
foot-html = Nobody has audited Roneo: <a href="/help/protection">what it protects, what it does not protect</a>.
foot-display = Display

## Numbers and time

seconds = { $n ->
    [one] { NUMBER($n) } second
   *[other] { NUMBER($n) } seconds
}
minutes = { $n ->
    [one] { NUMBER($n) } minute
   *[other] { NUMBER($n) } minutes
}
hours = { $n ->
    [one] { NUMBER($n) } hour
   *[other] { NUMBER($n) } hours
}
days = { $n ->
    [one] { NUMBER($n) } day
   *[other] { NUMBER($n) } days
}
weekday = { $day ->
    [0] Monday
    [1] Tuesday
    [2] Wednesday
    [3] Thursday
    [4] Friday
    [5] Saturday
   *[other] Sunday
}
month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[other] December
}
date-words = { $weekday } { $day } { $month } { $year }
time-words = { $hour }:{ $minute }
moments-ago = just now
minutes-ago = { NUMBER($n) } min ago, at { $time }
today-at = today at { $time }
on-date = { $date }, at { $time }

## Home

home-count-html = { $n ->
    [one] node<br> present
   *[other] nodes<br> present
}
home-silent-html = the node<br> is silent
home-open = Open a link
home-link = Link
home-link-hint = It begins with CHK@, SSK@, USK@ or KSK@.
home-go = Open
home-lede = Roneo reads and keeps, together with other computers, encrypted files that nobody hosts alone. Yours lends a little disk, and cannot read what it keeps.

## Display

display-title = Display
display-lede = These choices hold for this computer, while Roneo runs.
display-language = Language
display-language-auto = That of the browser
display-theme = Colours
display-theme-system = As the system has it
display-theme-system-text = Light by day, dark by night, if your system does that.
display-theme-light = Paper
display-theme-light-text = Violet ink on paper.
display-theme-dark = Carbon
display-theme-dark-text = For reading at night.
display-theme-contrast = Contrast
display-theme-contrast-text = Black on white, solid lines.
display-keep = Apply

## When something goes wrong: titles

error-number = Error { $number }
for-helpers = For whoever helps you:
stamp-not-found = Not found
stamp-not-yet = Not yet
stamp-damaged = Damaged
stamp-refused = Refused
no-such-page-title = There is no page here
no-such-page = No page has this address, and it is not a Roneo link: a link begins with CHK@, SSK@, USK@ or KSK@. Nothing has changed.
method-title = This page is for reading
method = Something wanted to write to it, and it writes nothing. Nothing has changed: open its address in a browser.
elsewhere-title = This form comes from elsewhere
elsewhere = Another page wanted to act in your place, or your browser hides where the form comes from. Nothing has changed.
form-title = This form is incomplete
form = A part of what this page asks for is missing. Nothing has changed.
form-too-long = This is too long for the form. Nothing has changed.
newer-title = Roneo is too old
newer = This was made by a newer Roneo than yours. Your files and keys stay.
link-title = This link does not open
slow-title = The network is slow
slow = The network has not answered yet. The request is kept: reload this page in a minute.
unknown-job-title = This transfer is no more
unknown-job = It was removed, or Roneo has restarted since. What you had kept is among the transfers.
refused-title = The node refused
refused = The request cannot be followed as it is. Nothing has changed.
busy-title = The node is busy
busy = It does as many things as it can already. Nothing is lost: try again in a moment.
stopping-title = The node is stopping
stopping = What is on its way is kept on disk, and goes on when you start Roneo again.
failed-title = That did not work
failed = The transfer stopped before its end. You can begin it again.
not-found-title = Not found for now
segment-title = Pieces are missing
older-title = A newer edition exists
no-such-path-title = This file is not in there
damaged-title = This content is damaged
few-nodes-title = Too few nodes
not-stored-title = Not enough copies
cancelled-title = Stopped

## When something goes wrong: what happened

not-found = { $asked ->
    [0] The link is well written, but no node has answered.
    [one] The link is well written, but the node that should keep this content does not have it.
   *[other] The link is well written, but none of the { NUMBER($asked) } nodes that should keep this content has it.
}
segment = Nobody here has enough pieces of part { NUMBER($segment) } of { NUMBER($segments) }: { $found ->
    [one] { NUMBER($found) } found
   *[other] { NUMBER($found) } found
}, { NUMBER($needed) } needed.
edition = Edition { NUMBER($edition) }, or a newer one, cannot be found for now.
edition-newest = Edition { NUMBER($edition) } cannot be found for now. The newest known is { NUMBER($newest) }.
no-such-path = The link opens, but this file is not in it. Open it without what follows its name.
older = Only edition { NUMBER($found) } can be found, and this node has seen a newer one. Try again when more nodes are there.
damaged = What the link leads to contradicts itself: it is not what was put in. Nothing of it was kept.
few-nodes = It takes { NUMBER($needed) } nodes for a request to pass through others before it arrives; { $known ->
    [one] { NUMBER($known) } is known
   *[other] { NUMBER($known) } are known
}. The request leaves when they are there.
not-stored = { $placed ->
    [one] { NUMBER($placed) } piece stored
   *[other] { NUMBER($placed) } pieces stored
}, { NUMBER($needed) } were needed. Begin again when more nodes are there.
source = The file could not be read to its end. Put it in again.
not-kept = What arrived could not be kept on disk. Make room, then let it go on.
too-large = This is larger than what Roneo stores in one piece. Cut it into several files.
name-taken = This name is taken: something else was published under it. Choose another name.
newer-edition = Somebody else is publishing under this key now. Try again, and find out who holds it.
cancelled = You stopped it. What was stored stays stored.
link-none = This is not a Roneo link: a link begins with CHK@, SSK@, USK@, KSK@ or KEEP@.
link-key = The beginning of the link is damaged: it is no public key.
link-public = This link is for reading: to publish, the private link or the name of a key is needed.
link-docname = The name of the document is missing or cannot be used: after the third part comes a slash and a name of at most 200 bytes.
link-edition = The number of the edition is missing or is none: a USK@ link goes on with /name/0.
link-too-long = This is too long for a link: copy the link alone.
link-fields = The link is cut, or something is stuck to it: it needs 3 parts between commas, this has { NUMBER($found) }.
link-field = A part of the link is damaged.
link-end = The end of the link is damaged.
link-private = This link holds a private key, for publishing: do not share it. To read, take the public link.
link-name = The name at the end of the link has characters that no file name has: remove what follows the slash.
link-other = This link cannot be opened.

## When something goes wrong: what to do

step-retry = Try again now
step-retry-text = What was missing may be there.
step-ask = Ask who gave you the link
step-ask-text = They may have kept it, and can put it in again.
step-copy = Copy the link again
step-copy-text = All of it, without a space or full stop at its end, then paste it on the home page.
step-node = Look at the node
step-node-text = Who is there, what works, what is missing.
step-home = Back to the home page
step-home-text = You can read something else.
step-update = Update Roneo
step-update-text = Newer versions read all that older ones have stored.
step-transfers = Look at the transfers
step-transfers-text = What is on its way, and what has arrived.
step-help = Read the help
step-help-text = It is on this computer, without a network.
step-back = Back to the page
step-back-text = It comes back empty.

## A form that waited too long

expired-title = Once more
expired = This page waited too long. Your text is here: send it again.
typed = What you had written ({ NUMBER($n) })
send-again = Send again
