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
thousand = thousand
million = million
billion = billion
short-minutes = min
short-hours = h
short-days = d
short-months = mo
short-years = y
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
home-recent = Opened lately
home-last = The last link that you opened, { $when }.
home-recent-empty = Nothing yet.
home-recent-empty-text = What you open is listed here, on this machine alone. For example: a leaflet that somebody sent you as a link.
home-opened = Opened { $when }.
home-recent-kept = This list stays on this machine, sealed.
home-forget = Forget it
home-way = On the way
home-way-empty = Nothing is on its way.
home-way-empty-text = What you put in or keep moves on here, even with the page closed.
home-all-transfers = All transfers
home-node = This node
home-links = { $n ->
    [one] open link
   *[other] open links
}
home-links-text = Your computer speaks with these nodes alone.
home-lent = lent to the network
home-lent-text = Of which { $kept } are kept for others, and cannot be read from here.
home-silent-text = It starts, stops, or has too much to do. Reload this page in a moment.
not-known = wait
pieces-of = Pieces, { $name }

## Display

display-title = Display
display-lede = These choices hold for this computer, and stand in the settings too.
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

## Opening a link

fetch-title = This page is on its way
fetch-lede = It is not on this computer yet. You can read something else: it goes on arriving.
fetch-step-link = Link recognised
fetch-step-search = Looking for the plan
fetch-step-plan = Plan found
fetch-step-pieces = The pieces arrive: { NUMBER($done) } of { NUMBER($total) }
fetch-step-pieces-later = Gather the pieces
fetch-step-check = Check and show
fetch-not-begun = Not begun.
fetch-looking = The request passes through three other nodes, then to those that should keep this content.
fetch-plan = { $size }, { $blocks ->
    [one] { NUMBER($blocks) } piece
   *[other] { NUMBER($blocks) } pieces
}.
fetch-left = About { $left } more.
fetch-asked = Asked for at { $time }.
fetch-keep = Keep
fetch-keep-hint = Keep puts this content among the transfers: it stays there after a restart, encrypted on disk.
fetch-stop = Stop
reloads = This page reloads itself.
reload-stop = Do not reload it
reload-start = Let it reload itself
reload-now = See how far it is
still = This page does not reload itself.
arrived-path = A page from elsewhere
arrived-lede = { $size }. It has arrived, checked piece by piece. Roneo does not open it by itself: save it, or keep it.
arrived-warning-title = Before you open it
arrived-warning = A file can hold instructions, or call a server when another program opens it. Open it only if you know who it is from.
arrived-type = Type as announced:
arrived-save = Save
confirm-title = Another page opens a link
confirm-lede = You come from a page that is not Roneo's. Nothing was asked of the network.
confirm-open = Open this link
confirm-leave = Do not open it
confirm-why = Why this question: a page that gives each of its visitors another link would see by the one that is asked for who uses Roneo.

## Transfers

stamp-under-way = On its way
stamp-stranger = Somebody else
looks-like = This is not { $name }, whom you know.
stamp-queued = Queued
stamp-paused = Paused
stamp-waiting = Waits
stamp-weak = Readable
stamp-stored = Stored
stamp-fetched = Arrived
stamp-checked = Checked
stamp-failed = Failed
job-unnamed = Without a name
job-receiving = The file goes into the queue, on this computer.
job-queued = Others go first. It begins by itself.
job-paused = Paused, by you.
job-waiting = Waits for the network. It begins by itself.
job-looking = Looking for it.
job-fetching = { $done ->
    [one] { NUMBER($done) } piece
   *[other] { NUMBER($done) } pieces
} of { NUMBER($total) }.
job-storing = { $done ->
    [one] { NUMBER($done) } piece stored
   *[other] { NUMBER($done) } pieces stored
} of { NUMBER($total) }.
job-publishing = The name is leaving, signed.
job-published = Signed, stored, confirmed by those who keep it.
job-checking = Looking who keeps it: { NUMBER($done) } pieces of { NUMBER($total) }.
job-repairing = Being made whole: { NUMBER($done) } pieces of { NUMBER($total) }.
job-healthy = Kept as safely as on the first day, as far as can be told.
job-weakened = It can be read, and is less safe than on the first day. Repairing it helps.
job-in-danger = It can still be read, and not for long: repair it now.
job-lost = Too little of it can be found to read it now. Check again when more nodes are up.
job-weak = Readable from now on. { $lacking ->
    [one] { NUMBER($lacking) } piece lacks copies
   *[other] { NUMBER($lacking) } pieces lack copies
}: Roneo goes on placing them.
job-stored = { $total ->
    [0] All copies asked for are there.
    [one] { NUMBER($total) } piece, all its copies confirmed.
   *[other] { NUMBER($total) } pieces, all their copies confirmed.
}
job-fetched = { $size }, checked, on this computer.
job-fetched-unmeasured = Checked, on this computer.
job-left = About { $left } more, at { $rate }/s.
act-open = Open
act-pause = Pause
act-resume = Go on
act-sooner = Sooner
act-later = Later
act-stop = Stop
act-remove = Remove
priority-of = { $priority ->
    [0] Priority: first
    [3] Priority: normal
    [6] Priority: last
   *[other] Priority: { NUMBER($priority) }, from 0 to 6
}
transfers-lede = { $count ->
    [one] { NUMBER($count) } object
   *[other] { NUMBER($count) } objects
}. { $down }/s to you, { $up }/s to others.
transfers-safe = Nothing is lost if you switch off.
transfers-unsafe = If you switch off, what is not in the queue stops: folders, names, checks. Begin it again after that; nothing is sent twice.
transfers-none = Nothing arrives and nothing leaves.
transfers-empty = What you put in and what you keep moves on here.
transfers-empty-text = For example: the recording of an assembly, which takes an hour to leave and goes on if you switch off.
transfers-in = To you
transfers-out = From you to the network
transfers-names = Signed names
transfer-link = The link to give
transfer-link-text = Whoever has this link can read, and hand the link on. Whoever has it not cannot read, not even by keeping the pieces.
transfer-no-link = The link is being made
transfer-no-link-text = It is known once the last piece is encrypted. It will show here.
transfer-try = Open it here
transfer-facts = Details
transfer-size = Size
transfer-type = Type as announced
transfer-blocks = Pieces
transfer-priority = Order
transfer-began = Begun
transfer-restart = After a restart
transfer-restart-yes = Goes on
transfer-restart-no = Stops
of = { NUMBER($done) } of { NUMBER($total) }
remove-title = Remove this transfer?
remove-fetched = What has arrived is deleted from this computer. The network forgets nothing by that: with the link it can be asked for again.
remove-fetching = What has arrived so far is deleted, and the request stops.
remove-ended = The transfer leaves the list, and its link with it: write it down first. What was stored stays stored.
remove-storing = The copies that are missing are not placed any more. What was stored stays stored, and cannot be called back.
remove-yes = Remove
remove-no = Leave it

## Putting files in

insert-title = Put files in
insert-lede = Roneo encrypts it here, cuts it into pieces, and hands them to other nodes. You get a link.
insert-file = One file or several
insert-file-hint = It goes on if you close the page.
insert-unnamed = Without the file's name
insert-unnamed-hint = Otherwise the name travels in the link, and whoever has the link reads it.
insert-before-title = Before you put it in
insert-before = A file that was put in cannot be called back. Whoever has its link can read it and keep it.
insert-inside = A file speaks of itself: place and time in a photo, the author's name in a document. Roneo cleans PNG and JPEG pictures, and nothing else: look at the rest first.
insert-send = Put in
insert-expired = This page waited too long. Choose the files again: a browser does not keep them. Nothing has left.
insert-no-file = No file was chosen. Nothing has left.
insert-too-many = { $n ->
    [one] One file passes
   *[other] { NUMBER($n) } files pass
} at a time, not more. Nothing has left: choose fewer, the others next.
insert-too-long = This is more than { $size } at once. Put the files in one by one, or with the command “roneo put”.
insert-broken-off = The sending stopped before its end. Nothing has left: choose the files again.
insert-disk = The disk is full, or does not answer. Nothing has left: make room, then begin again.

## Node

node-works = All is well. This node helps to keep what others put in; it cannot read what it keeps.
node-alone = This node is alone for now. With an invitation it joins other nodes.
node-local-title = A network for trying out
node-local = This local network is for trying things out. Its rules are relaxed, and protect nobody.
node-small-title = Small crowd
node-small = { $n ->
    [one] This network has { NUMBER($n) } node.
   *[other] This network has { NUMBER($n) } nodes.
} Below 200, whoever watches much can guess more.
node-small-more = What this changes for you
node-nodes = { $n ->
    [one] node present
   *[other] nodes present
}
node-nodes-text = As seen from here, this one included.
node-kept = kept for the network
node-lent-label = Share of the lent disk that is in use
node-kept-text = Of { $lent } lent, and { $cached } in reserve. They cannot be read from here.
node-damaged = { $n ->
    [one] { NUMBER($n) } damaged piece was set aside.
   *[other] { NUMBER($n) } damaged pieces were set aside.
}
node-sent = packets of yours sent
node-sent-text = Your requests and what you put in, since the start.
node-received = answers received
node-received-text = To your requests, since the start.
node-forwarded = packets passed on for others
node-forwarded-text = This node knows neither who they are from, nor what they say.
node-upload = sent, at this moment
node-download = received, at this moment
node-today = { $size } today, for you and for others; { $cap }
node-cap = at most { $rate }/s.
node-no-cap = without a cap.
node-people = Join nodes
node-invite = Make an invitation
node-invite-hint = It holds the address of this node: give it only to whom you want.
node-invitation = The invitation
node-invitation-text = A single line, to be handed over in person. It holds the address of this node. It is not kept: make another when you need one.
node-join = Follow an invitation
node-join-hint = Paste the whole line that you were given.
node-join-send = Join
peers-title = Known nodes
peers-id = Node
peers-link = Link
peers-heard = Heard
peers-none = No other node for now.
peers-left-out = { $n ->
    [one] And { NUMBER($n) } more.
   *[other] And { NUMBER($n) } more.
}
peer-me = this one
peer-never = never
peer-heard = { $time } ago
peer-linked = open
peer-known = known
peer-set-aside = set aside
counters-title = All counters
counters-text = Since the start. None of this is sent to anybody.
counters-name = Counter
counters-count = Count
versions-title = Versions
versions-network = Network
versions-node = This node
versions-uptime = Running for

## Help

help-lede = All of it is on this computer: these pages open without a network.
help-read-title = Reading
help-read-summary = Open a link, wait, keep.
help-publish-title = Putting in and publishing
help-publish-summary = Give a file to read without hosting it.
help-lend-title = Lending
help-lend-summary = What your computer does for others, and how much.
help-protection-title = Protected, not protected
help-protection-summary = Who can learn what, with figures.
help-words-title = The words
help-words-summary = Those that these pages use.
help-read-html =
    <ol>
    <li>Copy the link that somebody gave you. It begins with CHK@, SSK@, USK@ or KSK@, and it is long: take all of it.</li>
    <li>Paste it on the <a href="/">home page</a>, then Open.</li>
    <li>The page comes at once and says how far it is. It turns into the content when that is here.</li>
    </ol>
    <h2>What is shown, what is saved</h2>
    <p>Sites, texts, pictures and recordings are shown. All else is saved: Roneo never runs what it receives.</p>
    <h2>Reading a site</h2>
    <p>A site opens at an address of its own, which changes with every start. Roneo reads each page and writes it again: without programs, without forms, without anything from the web. The bar above says what was removed; below it, in the frame, all comes from the site's author, even what would look like Roneo.</p>
    <p>If your browser says that it does not find this address, add ?path behind the link, and open it again.</p>
    <h2>Keeping</h2>
    <p>What you open is forgotten when Roneo stops. Keep puts the content among the <a href="/transfers">transfers</a>, encrypted on disk: it stays there, and goes on arriving after a restart.</p>
    <h2>When nothing comes</h2>
    <p>Content that nobody has kept fades from the network. Try again later, and ask who gave you the link: they can put it in again.</p>
help-publish-html =
    <ol>
    <li>Open <a href="/insert">Put in</a> and choose a file.</li>
    <li>Roneo encrypts it on this computer, cuts it into pieces, adds enough to lose some, and hands them to other nodes by a path of three relays.</li>
    <li>The link shows on the page of the transfer. Give it to whoever is to read.</li>
    </ol>
    <h2>The link is the key</h2>
    <p>Whoever has the link reads everything and can hand it on. Whoever keeps the pieces without the link reads nothing. There is no other lock, and no spare key: if you lose the link, the content is lost to you.</p>
    <h2>Stored, readable</h2>
    <p><b>Stored</b>: all copies asked for are confirmed by those who keep them. <b>Readable</b>: it can be read already, but copies are missing; Roneo goes on placing them while it runs.</p>
    <h2>What cannot be undone</h2>
    <p>Content that was put in cannot be called back. And it lasts only while nodes stay: this version does not yet replace the copies of those that leave for good.</p>
    <p>A file speaks of itself: place and time in a photo, the author's name in a document. Roneo removes what PNG and JPEG pictures say, and says how many it has cleaned. Documents, sounds and films leave as they are.</p>
    <h2>A site</h2>
    <p>A folder put in under one of your <a href="/keys">keys</a> is an edition of a site. Its link stays the same; of the next one, only what changed is sent. Export the key: whoever loses it publishes no more.</p>
help-lend-html =
    <p>Your node lends a part of its disk, of fixed size. Others entrust encrypted blocks to it. It can neither read them, nor know who put them in, nor who asks for them.</p>
    <h2>How much</h2>
    <p>By default a tenth of the free room, 10 GB at most. You choose at the first start, with <code>--disk</code>. The file is reserved at once and never grows.</p>
    <h2>What helps</h2>
    <p>Leave Roneo running. A node that leaves and comes back keeps its blocks; a node that vanishes takes them along. Paths pass through four nodes: below five, nothing moves.</p>
    <h2>What it risks</h2>
    <p>It can be seen that you run Roneo. What you keep cannot be read without the links, which your node never had. What a court would make of it differs from place to place. There is no exit to the web: your node cannot be used against anybody else.</p>
help-protection-html =
    <p>Nobody has audited Roneo. If your safety depends on it, read the end of this page first.</p>
    <h2>What is protected</h2>
    <ul>
    <li>Who reads what and who puts what in, from those who keep the blocks.</li>
    <li>What is kept where, from those who keep it.</li>
    <li>The content, against loss and change.</li>
    </ul>
    <p>That you run Roneo is not protected.</p>
    <h2>Who learns what</h2>
    <dl>
    <dt>Whoever watches your line</dt><dd>That Roneo runs, which nodes it speaks with, when, and about how many blocks pass. Neither links nor content.</dd>
    <dt>Your guard, the first node of the path</dt><dd>Your address, when and how many packets. Neither what, nor where it goes.</dd>
    <dt>The relays</dt><dd>The node before and the node after. Neither you, nor what.</dd>
    <dt>Whoever keeps a block</dt><dd>An encrypted block, and the time. Neither you, nor what it is.</dd>
    <dt>Whoever has the link</dt><dd>All of the content. Not who else has read it.</dd>
    <dt>Whoever seizes your disk</dt><dd>Encrypted blocks, with whom this node was linked, and the queue of transfers, whose key lies beside it. Not the content of the blocks.</dd>
    </dl>
    <h2>Figures</h2>
    <p>In standard mode, the only one so far, on a public network of 200 nodes or more. f is the share of nodes that are hostile and work together. The guard and the node that keeps the block, if both are hostile, recognise a request by its time:</p>
    <table><thead><tr><th scope="col">Linking you to content</th><th scope="col" class="right">f = 5%</th><th scope="col" class="right">10%</th><th scope="col" class="right">20%</th></tr></thead><tbody>
    <tr><th scope="row">one request, one node tried</th><td class="right">0.25%</td><td class="right">1%</td><td class="right">4%</td></tr>
    <tr><th scope="row">one request, eight nodes tried</th><td class="right">1.7%</td><td class="right">5.7%</td><td class="right">17%</td></tr>
    <tr><th scope="row">a file of many pieces, or long use</th><td class="right">5%</td><td class="right">10%</td><td class="right">20%</td></tr>
    </tbody></table>
    <p>These figures come from formulas; the simulation has not reproduced them yet. Below 200 nodes they say little: the crowd is small.</p>
    <h2>What is not promised</h2>
    <ul>
    <li>That a reader or writer can never be found, that content can never vanish, that a disk proves nothing.</li>
    <li>That standard mode withstands somebody who watches your line and also keeps blocks: it does not.</li>
    <li>That content can be called back. It cannot.</li>
    <li>That a local network protects anybody. It is for trying things out.</li>
    <li>That another program on this computer, or somebody before the screen, sees nothing.</li>
    </ul>
help-words-html =
    <dl>
    <dt>Node</dt><dd>One running Roneo. Yours is one.</dd>
    <dt>Link</dt><dd>The address of content, and the key to read it. CHK@: content that does not change. SSK@ and USK@: a signed document. KSK@: a name that can be guessed.</dd>
    <dt>Put in</dt><dd>To encrypt content and hand its pieces to the network.</dd>
    <dt>Piece, block</dt><dd>32 KB, encrypted. A file has enough of them that some can be lost.</dd>
    <dt>Copy</dt><dd>The same block at another node.</dd>
    <dt>Path</dt><dd>The four nodes that a request passes: a guard, two relays, and the one that keeps the block.</dd>
    <dt>Guard</dt><dd>The first node of your paths. The same for months, so that few can ever be it.</dd>
    <dt>Invitation</dt><dd>One line that names a network and some of its nodes.</dd>
    <dt>Local network</dt><dd>A network for trying out, whose rules protect nobody.</dd>
    <dt>f</dt><dd>The share of nodes that are hostile and work together.</dd>
    </dl>

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
form-only-title = This address takes a form
form-only = It is not for reading: go back to the page that holds the form. Nothing has changed.
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
step-back-text = With your browser's Back button.

## A form that waited too long

expired-title = Once more
expired = This page waited too long. Your text is here: send it again.
typed = What you had written ({ NUMBER($n) })
send-again = Send again

## Settings

settings-title = Settings
settings-lede = What is set here stands in this node's config.toml, which can be edited by hand as well. An empty field lets the default hold.
settings-problem-title = The configuration does not read
settings-problem = A line of config.toml is wrong, so nothing is changed here.
settings-problem-line = Correct line { NUMBER($line) } by hand. The command “roneo config list” says what is wrong with it.
settings-problem-file = The command “roneo config list” says what is wrong with it.
settings-console = Pages
settings-disk = Disk
settings-boards = Boards
settings-traffic = Traffic
settings-network = Network
settings-other = Other
settings-unset = As it comes
settings-keep = Keep
settings-kept = Kept
settings-wrong = This cannot be:
setting-unknown = These pages do not know it yet. The command “roneo config list” explains it.
setting-at-once = Counts at once.
setting-next-start = Counts from the next start on.
setting-new-store = Counts from the next start on, as long as the node stores nothing yet.
setting-yes = Yes
setting-no = No
setting-network = Kind of network
setting-network-text = Local is for one machine or one bench; its rules protect nobody.
setting-network-main = The real one
setting-network-local = Local
setting-listen = Where other nodes connect
setting-listen-text = Addresses with a port, such as [::]:0. Port 0 picks one and keeps it.
setting-http = Where these pages answer
setting-http-text = An address of this machine alone, such as 127.0.0.1:8888.
setting-join = Invitations
setting-join-text = Followed at every start.
setting-quota = Disk lent
setting-quota-text = A size such as 10 GiB. Without one: a tenth of what is free, at most 10 GiB.
setting-upload = Upload at most, per second
setting-upload-text = A size such as 1 MiB. 0 or nothing: no limit.
setting-download = Download at most, per second
setting-download-text = A size such as 4 MiB. 0 or nothing: no limit.
setting-language-text = That of these pages.
setting-theme-text = Those of these pages.
setting-recent = Remember what was opened lately
setting-recent-text = Sealed, on this machine; whoever uses it sees the list.
setting-reading = Reading open boards
setting-reading-text = Often: what is said there comes at once, but who watches your line sees that you read a board.
setting-reading-auto = By the network
setting-reading-usual = Every 10 to 30 seconds
setting-reading-often = Every 2 seconds
setting-delay = Delay before publishing
setting-delay-text = What you say leaves after a time drawn at random, at most this: its hour says less of you.
setting-delay-auto = By the network
setting-delay-none = None
setting-delay-minute = A minute at most
setting-delay-ten = Ten minutes at most
setting-delay-hour = An hour at most
setting-delay-hours = Six hours at most
setting-checks = Look for new editions of bookmarks
setting-checks-text = A few times a day, at random moments, as any reader would.
setting-first-run = First screens done
setting-first-run-text = No shows them again.

## Bookmarks

nav-bookmarks = Bookmarks
nav-keys = Keys and sites
nav-settings = Settings
bookmarks-title = Bookmarks
bookmarks-lede = They stay on this machine, sealed. A new edition is marked when the network shows one.
bookmarks-none = No bookmark yet
bookmarks-none-text = Keep here the links that you come back to: a site's address begins with USK@.
bookmarks-edition = edition
bookmarks-new = New
bookmarks-fixed = Always the same content.
bookmarks-unseen = Never opened.
bookmarks-seen = You have seen edition { NUMBER($seen) }. Not checked yet.
bookmarks-seen-checked = You have seen edition { NUMBER($seen) }. Checked { $when }.
bookmarks-change = Change
bookmarks-name = Name
bookmarks-name-hint = Empty: the one in the link.
bookmarks-place = Place in the list
bookmarks-keep = Keep
bookmarks-check = Check now
bookmarks-remove = Remove
bookmarks-add-title = Add a bookmark
bookmarks-add = Add
recent-off = Nothing is remembered. That can be changed in the settings:

## Keys and sites

keys-title = Keys and sites
keys-lede = Whoever has a key publishes in its name. A site's readers keep one link, and find every new edition by it.
keys-none = No key yet
keys-none-text = Make one to publish a site that you can change later.
keys-damaged = Its file cannot be read. Put back a copy of it.
keys-pending = Edition on its way
keys-edition = edition { NUMBER($edition) }, { $when }
keys-no-edition = no edition yet
keys-export = Export
keys-delete = Delete
keys-publish-title = Publish an edition
keys-publish-lede = Put the file in first; the edition is published once it is stored, even if Roneo restarts meanwhile.
keys-key = Key
keys-site = Name of the site
keys-site-hint = It stands in the link. The same name as before makes the next edition.
keys-insert = A file on its way or stored
keys-insert-none = None: a link, below
keys-content = Or a link
keys-content-hint = A CHK@ link, as putting in a file gives it.
keys-publish = Publish
keys-new-title = Make a key
keys-name = Name of the key
keys-name-hint = Only you see it. Letters, digits, - and _.
keys-new = Make
keys-import-title = Import a key
keys-text = Text of the key
keys-text-hint = The whole of an exported file, three lines.
keys-other-name = Another name for it, or nothing
keys-import = Import
key-delete-title = Delete this key?
key-delete = Nobody will be able to publish in its name again, unless you have exported it. What was published stays.
key-delete-yes = Delete for good
key-delete-no = Keep it

## First run

welcome-title = First steps
welcome-step = Step { NUMBER($step) } of { NUMBER($of) }
welcome-next = Go on
welcome-back = Back
welcome-display-title = In which language?
welcome-display = Three short screens, then you read.
welcome-protection-title = What Roneo protects
welcome-protection-does = Requests travel through three other computers, so that who keeps a file does not see who reads it. What your disk keeps for others is encrypted, and you cannot read it.
welcome-protection-not = Somebody who watches your line sees that you use Roneo, and when. Nobody has audited it. A small network hides little.
welcome-protection-more = All of it, in plain words
welcome-disk-title = How much to lend?
welcome-disk = Roneo works because everybody lends a little disk. Nothing else of this machine is touched.
welcome-disk-legend = Disk
welcome-disk-auto = As Roneo proposes
welcome-disk-auto-text = A tenth of what is free, at most 10 GiB.
welcome-disk-now = A tenth of what is free, at most 10 GiB. Lent now: { $lent }.
welcome-disk-own = Another size
welcome-disk-own-text = It counts from the next start on.
welcome-disk-size = Size
welcome-disk-hint = Such as 2 GiB or 500 MB.
welcome-disk-wrong = This is no size.
welcome-join-title = Whom to join?
welcome-join = Somebody who has Roneo can give you an invitation: a line of text, or a square to scan.
welcome-join-failed = That did not work
welcome-invitation = Invitation
welcome-invitation-hint = One long line that begins with roneo-join:
welcome-join-text = Join
welcome-file-title = From a file or picture
welcome-file = File
welcome-file-hint = The invitation as a text file, or a PNG or JPEG picture of its square.
welcome-join-file = Join by this file
welcome-alone-title = Without anybody
welcome-alone = You can start alone and invite others: the node page makes invitations.
welcome-alone-yes = Start alone
qr-not-a-picture = This is neither a text nor a PNG or JPEG picture.
qr-too-large = This picture is too large. Cut it to the square.
qr-no-code = No square was found in this picture. Take it again, straight, sharp and with white around it.
qr-several = There are several squares in this picture. Cut it to the one that is meant.
qr-unreadable = The square in this picture cannot be read. Take it again from nearer.

## What is kept on this machine: troubles

kept-title = This cannot be kept
kept-name = This cannot be a name: use 1 to 64 letters, digits, - and _.
kept-no-key = There is no key of this name any more.
kept-key-exists = There is a key of this name already: choose another.
kept-key-damaged = The file of this key is damaged: put back a copy that was exported.
kept-key-exposed = Others on this machine can read the file of this key: make it private with chmod 600. If somebody may have copied it, publish under a new key and tell your readers.
kept-not-a-key = This is no key, or not all of it: paste the whole exported file.
kept-link = This is no link to a page: copy it again, whole.
kept-no-bookmark = This bookmark was removed meanwhile.
kept-no-editions = This link always names the same content.
kept-no-backup = This is no backup, or not all of it. Give the whole file.
kept-passphrase = The passphrase does not open this backup. Type its eight words again.
kept-full = There is no room for more: remove some first.
kept-setting = There is no such setting, or it cannot have this value.
kept-config = The configuration cannot be read: the settings page says which line is wrong.
kept-newer = This was written by a newer Roneo: update to change it.
kept-disk = The disk did not take it. Make room, then try again.
form-stale = This page waited too long, and a file cannot be kept for you. Open the page again and choose the file once more.

## The reader of sites

site-bar = Reader's bar
site-sheet = The page, as the filter made it again
site-key = Key
site-edition = edition { NUMBER($edition) }
site-newer = Edition { NUMBER($edition) } is out.
site-newer-open = Open it
site-removed = { $count ->
    [0] Nothing was removed
    [one] { NUMBER($count) } thing removed by the filter
   *[other] { NUMBER($count) } things removed by the filter
}
site-front = Front page of the site
site-mark = Bookmark
site-save = Save the original
site-console = Back to Roneo
site-files-title = What is here
site-files = This folder has no front page. These are its files.
site-files-more = And { NUMBER($count) } more, which this list does not show.
site-missing-title = This file is not in the site
site-missing = The site is here, but it has nothing at this address. This is what it has.
site-closed-title = This page is open no more
site-closed = The address of a site lasts for a time only: it changes when Roneo starts again, or after many other sites. Go back to Roneo and open the link again.
site-refused-title = Roneo does not show this file
site-refused-mismatch = Its bytes are not what it says it is. Such a file can mislead the program that opens it. Save it only if you know whom it comes from.
site-refused-drawing = This is a drawing or a text in XML, which can hold a program. You can save it, and open it offline.
site-refused-document = This is a document, which can hold a program or call a server when it is opened. You can save it, and open it offline.
site-refused-archive = This is an archive, with other files in it. You can save it.
site-refused-program = This is a program. Save it only if you know whom it comes from and what it does.
site-refused-unknown = Roneo does not know this kind of file. You can save it.
site-refused-long = It is too long to be made again in one go. You can save it.
site-refused-large = This picture is too large to be made again here. You can save it.
site-refused-broken = This picture is damaged. You can save it, or ask its maker for another copy.

## What the filter removed

removed-title = What the filter removed
removed-lede = A page from elsewhere is read, then written again with what Roneo understands, and nothing else. This was left out.
removed-none-title = Nothing was removed
removed-none = All that this file has is shown.
removed-back = Back to the page
removed-script = Programs
removed-script-why = A page never commands this computer.
removed-outside = Things taken from elsewhere
removed-outside-why = To load them would have told a server that you read this.
removed-scheme = Links to other things than pages
removed-scheme-why = They open other programs, or hide content in their address.
removed-bad-link = Links that cannot be read
removed-bad-link-why = Their address leads nowhere, or hides where it leads.
removed-form = Forms
removed-form-why = What you type into them would leave without anything showing it.
removed-frame = Frames
removed-frame-why = A page within the page can pass for another one.
removed-embedded = Drawings, formulas and plugins
removed-embedded-why = They can hold programs, or call a server.
removed-redirect = Orders to change pages
removed-redirect-why = You leave a page only because you want to.
removed-element = Unknown elements
removed-element-why = The filter keeps only what it understands. Their text stays.
removed-attribute = Unknown attributes
removed-attribute-why = The filter keeps only what it understands.
removed-style = Style rules
removed-style-why = They are not on the list of those that can neither cover nor call.
removed-font = Typefaces
removed-font-why = A typeface can replace letters by others.
removed-bounds = What is out of bounds
removed-bounds-why = Too deep or too long: it would slow this computer down.
removed-metadata = Remarks in the picture
removed-metadata-why = Place, date, device: only the picture's points are kept.
removed-hidden = Hidden bytes
removed-hidden-why = They stood behind the end of the picture, where no viewer shows them.

## Leaving Roneo

leave-title = This link leaves Roneo
leave-lede = It leads to the web. The site there will see your address, and may learn where you come from.
leave-host = Name of the site
leave-address = The whole address
leave-copy = Copy the address, and open it in the browser that you want for this.
leave-open = Open it here
leave-signs-title = This name may imitate another
leave-signs = It has letters that look like others, written out or behind xn--. Copy it only if you expected it.
leave-why = Why this page: Roneo never asks the web for anything by itself, and does not lead you there without saying so.

## What the node says in codes

note-outlook-one = One other node keeps this. If it vanishes, { $chance }.
note-outlook = { NUMBER($nodes) } other nodes keep this. If { $gone ->
    [one] one of them vanishes
   *[other] { NUMBER($gone) } of them vanish at once
}, { $chance }.
loss-rare = the chance that any of it is lost is less than one in a million
loss-once = the chance that part of it is lost is about one in { NUMBER($of) }
loss-likely = it is more likely than not that part of it is lost
note-name-lacking = This name lacks copies: Roneo goes on placing them while it runs.
note-overwritten = This is not what was published from here: somebody wrote under this name at the same moment, and theirs stands. Publish yours under another name.
note-few-answered = Few of the nodes that keep this name answered ({ NUMBER($answered) }): there may be something newer.
note-by-itself = Edition { NUMBER($edition) } was found by its number: no node knows which is the newest.
note-by-itself-newest = Edition { NUMBER($edition) } was found by its number: the newest that nodes know of is { NUMBER($newest) }.
note-mended-none = No piece was missing.
note-remade = { $n ->
    [one] { NUMBER($n) } missing piece was made again.
   *[other] { NUMBER($n) } missing pieces were made again.
}
note-recopied = { $n ->
    [one] { NUMBER($n) } piece was placed again.
   *[other] { NUMBER($n) } pieces were placed again.
}
note-parts-lacking = { $parts ->
    [one] One part still lacks
   *[other] { NUMBER($parts) } parts still lack
} copies: repair again when more nodes are up.
refusal-no-document = This key names no document: take an SSK, USK or KSK key.
refusal-unwritable = This does not fit under this name: the name or the content is too long.
refusal-no-target = A signed name leads to a CHK@ link or to content: give one of the two.
refusal-no-record = Only SSK, USK and KSK links are refreshed. Put the content in again, or repair it.
refusal-keep-link = A KEEP@ link is for keeping and repairing, not for reading. Ask for the reading link where you got this one.
refusal-nothing-kept = This link names nothing that could be kept: give a CHK, SSK, USK, KSK or KEEP link.
refusal-name = This name does not do: { NUMBER($most) } bytes at most, without a slash.
refusal-media-type = This type does not do: { NUMBER($most) } plain letters at most, such as text/plain.
refusal-not-queued = This transfer is not in the queue: it ends with its reading.
refusal-over = This transfer is over: there is nothing to hold or to hurry.
refusal-nothing-to-read = This transfer stores content: there is nothing to read.
refusal-unkept = What was kept can no longer be read on the disk. Remove this transfer, and ask for the content again.
refusal-reading = This content is not read in this way: open it from the transfers.
refusal-behind-end = The content ends before byte { NUMBER($start) }: it has { NUMBER($whole) }.
refusal-other-network = This invitation leads to the network { $invited }, and this node is in { $here }: join it from another data directory.
invitation-none = This is not an invitation: an invitation begins with roneo-join:. Ask somebody who has Roneo for one.
invitation-cut = The invitation is cut: copy the whole line, to its last character.
invitation-damaged = The invitation is damaged: copy it again, alone and unchanged, or ask for another.
invitation-newer = This invitation was made by a newer Roneo: update yours.
warning-recording = Everything that passes through this node is being recorded: this is for development only.
warning-store-stays = The lent disk has { $size } and stays so: this version does not change the size of a disk that keeps blocks already.
warning-store-disk = { $n ->
    [one] The lent disk has failed { NUMBER($n) } time.
   *[other] The lent disk has failed { NUMBER($n) } times.
} Look at what it has, and move the data directory.
warning-store-stopped = The lent disk no longer answers: restart the node, and report this.
warning-queue-disk = { $n ->
    [one] The queue could not be written { NUMBER($n) } time.
   *[other] The queue could not be written { NUMBER($n) } times.
} Make room on its disk. After a restart, transfers may go on from an earlier point.
warning-queue-full = { $file } is one too many in the queue: stop other transfers, then start the node again.
warning-queue-unreadable = { $file } cannot be read: look at the disk and at who may read this file. Its transfer stays as it is.
warning-queue-newer = { $file } was made by a newer Roneo: update to go on with this transfer.
warning-queue-lost = { $file } was damaged and is now { $aside }. Its transfer is lost: begin it again.
warning-queue-goes-on = { $file } was damaged and is now { $aside }. Its transfer goes on from before the damage.
warning-queue-stuck = { $file } is damaged, and the disk did not let it be put aside.
warning-transfer-ended = A transfer of the queue cannot go on: begin it again.
warning-heard-closed = What was heard on boards cannot be opened: look at its disk, then start the node again.
warning-kept-newer = { $file } was made by a newer Roneo and stays as it is: update to use it.
warning-kept-damaged = { $file } was damaged: it is put aside as { $aside }, and begins anew.
wanted-one-of = use one of these words: { $words }
wanted-switch = use true or false
wanted-size = write a whole number and a unit, such as 10 GiB, 500 MB or 4096
wanted-own-address = it takes an address of this machine alone and a port, such as 127.0.0.1:8888
wanted-addresses = it takes addresses with a port, such as [::]:0 or 192.0.2.7:4040

## Folders, and what files say of their makers

insert-stopped = Nothing has left
insert-folder = Or a whole folder
insert-folder-hint = With its pages and pictures. Hidden files stay here.
insert-make = What they become
insert-links = A link for each file
insert-links-text = Such as a few leaflets that have nothing to do with each other.
insert-whole = One link for all
insert-whole-text = A folder, or a ZIP that is opened. A page index.html makes it a site.
insert-site = An edition of a site
insert-site-text = Under one of your keys: the link of your readers stays the same. Only what changed is sent.
insert-site-no-key = For a site that you can change later, make a key first.
insert-metadata = What pictures say of you
insert-strip = Remove it
insert-strip-text = Place, time, camera and thumbnails leave PNGs and JPEGs. The picture does not change.
insert-anew = Make pictures anew
insert-anew-text = Each picture is made anew from its pixels. A little less sharp, and nothing else stays in it.
insert-keep = Keep it
insert-keep-text = The files leave as they are.
insert-archive = This ZIP cannot be opened: it is damaged or not whole. Make it again.
insert-bomb = This ZIP holds far more than its size says. Put its files in another way.
insert-no-site = Choose a key, and give the site a name. Then choose the files again: a browser does not keep them.
insert-refused = { $n ->
    [one] { NUMBER($n) } file cannot be published.
   *[other] { NUMBER($n) } files cannot be published.
} Nothing has left.
insert-refused-more = { $n ->
    [one] And { NUMBER($n) } more.
   *[other] And { NUMBER($n) } more.
}
insert-cleaned = { $n ->
    [one] Removed from { NUMBER($n) } picture
   *[other] Removed from { NUMBER($n) } pictures
}: place, time, camera, and what was hidden in it.
insert-uncleaned = { $n ->
    [one] { NUMBER($n) } file may
   *[other] { NUMBER($n) } files may
} still say who made it, where and when: documents, films and sounds leave as they are.
file-name = Its name is too long, or has signs that deceive: rename it.
file-key = This is a private key: whoever reads it publishes in your name. Move it elsewhere.
file-clash = Another file has this name: rename one of them.
file-link = This is a link to another file: put a copy in its place.
file-locked = A password locks it: make the archive again without one.
file-packing = It cannot be unpacked: make the archive again, as a plain ZIP.
file-damaged = The picture is damaged, so nothing can be removed from it: save it anew, or choose to keep everything.
transfers-folders = Folders and sites
transfers-upkeep = Checks and repairs
folder-unnamed = Folder
folder-comparing = Looking at what the edition before has already.
folder-storing = { $files ->
    [one] { NUMBER($files) } file
   *[other] { NUMBER($files) } files
}: { $done } stored of { $length }.
folder-publishing = All is stored. The name leaves, signed.
folder-weak = { $files ->
    [one] { NUMBER($files) } file, { $length }
   *[other] { NUMBER($files) } files, { $length }
}. It can be read already; Roneo goes on placing copies.
folder-done = { $files ->
    [one] { NUMBER($files) } file, { $length }
   *[other] { NUMBER($files) } files, { $length }
}, all copies confirmed.
folder-reused = { $size } of it were there already, and were not sent again.
folder-stays = Leave Roneo running to the end. If it stops, put the same folder in again: nothing is sent twice.
kept-no-folder = This folder is no longer followed: Roneo has restarted since. Put it in again, nothing is sent twice.
keys-update = Update
keys-folder = Publish a folder

## Boards

nav-boards = Boards
nav-search = Search
nav-people = People
me = Me
me-nobody = reading only
me-more = { $n ->
    [one] and { NUMBER($n) } more
   *[other] and { NUMBER($n) } more
}
unread-word = to read
read-word = read
nobody-named = No name
board-unnamed = Board { $address }
place-everywhere = International
place-france = France
place-towns = Towns
boards-lede = A board is a forum that nobody hosts. Those that you follow are gathered from time to time, also with the pages closed.
boards-followed = Boards that you follow
boards-none = You follow no board yet.
boards-none-text = Follow one: what is said there comes here, and is read offline too. For example housing, or your town.
boards-choose = Choose boards
boards-silent = Nothing was heard there yet.
boards-all-read = All read. Last message { $when }.
boards-unread-in = { $threads ->
    [one] In { NUMBER($threads) } thread.
   *[other] In { NUMBER($threads) } threads.
} Last message { $when }.
boards-open-title = Another board
boards-open = An invitation, a link, an address or a path
boards-join-as = With an invitation you speak there as
boards-open-hint = Paste what you were given: the line of an invitation, a link or an address. A path such as fr/31/toulouse/tilleuls is enough for an open board: it is there as soon as somebody writes on it.
boards-nobodys = These boards belong to nobody, and nobody keeps their door. What is folded there is folded by the curators whom you choose.
board-follow = Follow
home-unread-html = { $n ->
    [one] message<br> to read
   *[other] messages<br> to read
}
home-loudest = It is the board where you have most to read.
home-boards = By board
home-all-boards = All boards
curators-title = Curators
theme-help = Getting started
theme-directory = Directory
theme-work = Work
theme-income = Income
theme-housing = Housing
theme-health = Health
theme-school = School
theme-climate = Climate and land
theme-rights = Rights and liberties
theme-elected = Asking the elected
theme-lists = Lists
theme-tools = Tools
theme-assembly = Assemblies
theme-city = Where you live

## When something of a conversation is not done

talk-title = This was not done
talk-not-heard-title = Not heard yet
talk-no-identity = This identity is not on this computer: look which there are.
talk-identity-exists = An identity here is called { $name } already: choose another name.
talk-identity-here = These words are those of an identity that is here already.
talk-name = This name does not do: 1 to 40 characters, on one line, none of them invisible. Type it rather than paste it.
talk-post-field = One of the fields is beyond what a message can carry: make it shorter.
talk-post = This message cannot be written so. Make it shorter.
talk-board = This is no board: copy its address again, or give its path.
talk-no-board = There is no board at this link. Copy it again, whole, or ask whoever gave it to you.
talk-invitation = This invitation cannot be read. Copy the whole line again, to its last character.
talk-no-longer-invited = This invitation no longer counts. Ask whoever gave it to you for another.
talk-not-steward = You do not keep this board. Send your key to those who do.
talk-not-introducer = You may not invite to this board. Ask those who keep it.
talk-terms = A board cannot be so: look at the length of its name, at its path and at its languages.
talk-no-proposal = This proposal is gone. Look at the board again.
talk-no-change = This changes nothing. Say what is to be different.
talk-id = This is no address of a message: copy it again.
talk-full = { $most ->
    [one] There is { NUMBER($most) } already
   *[other] There are { NUMBER($most) } already
}, and no more fit: wait, or make room.
talk-not-heard = This message is not here yet. It may be coming: open its board, and give it a few minutes.
talk-other-machine = This was signed on another machine: who follows you finds it. Say it again for the others.
talk-not-yours = Only who said it can change it or take it back. You can put a correction beside it.
talk-index = What was heard could not be read or changed so. Go back to the first page, then try again.
talk-other = Roneo did not do it. Try again in a moment.
words-count = 24 words are needed; there are { NUMBER($count) }.
words-unknown = Word { NUMBER($position) } is not on the list: check its spelling.
words-mixed = It is not clear of which language these words are: write them all out.
words-checksum = One of the words is wrong, or two are swapped.
words-too-long = This is too long for 24 words: give the words alone.
step-boards = See the boards
step-boards-text = What was heard there is read offline too.

## Identities

identities-title = Me
identities-lede = An identity is a name and a key, which signs what you say. Nothing ties your identities together, unless you say so.
identities-none = You are reading, without a name.
identities-none-text = To write you need an identity. It asks for no address and no number, and takes a second to make.
identities-key = Key
identities-forget = Forget here
identities-new-title = A new identity
identities-name = Name
identities-name-hint = The name that others read. Two words made from the key go with it everywhere: by these you are known.
identities-new = Make it
identities-back-title = Bring an identity back
identities-back-lede = By its 24 words, on any computer.
identities-words = The 24 words
identities-back = Bring it back
identity-words-title = Your 24 words
identity-words-lede = Copy them in their order, on paper. They bring this identity back if this computer is lost, stolen or seized.
identity-words-once-title = Shown this once
identity-words-once = Roneo keeps them nowhere and cannot find them again. Who has them speaks in your name: nobody needs to ask you for them.
identity-words-kept = I copied them
identity-forget-title = Forget it on this computer?
identity-forget-lede = The key is deleted here. What you said stays said. Its 24 words bring it back; without them nobody can.
identity-forget-yes = Forget it
identity-forget-no = Keep it

## A board

pages = Pages
page-number = Page { NUMBER($n) }
page-next = Next page
tabs = Views of the board
tab-all = All
tab-unread = Unread
tab-newcomers = Newcomers
tab-folded = Folded
board-write = Write
board-begin = Begin a thread
board-unfollow = Stop following
board-heard = Heard until { $time }
board-hearing = Being heard
board-no-curators = Nobody folds here.
board-curators = Folding here:
board-curators-change = Choose curators
board-rules = Rules of the board
board-empty = Nobody has written here yet.
board-empty-text = Be the first voice. Or leave the page open: what is said takes a few minutes to come.
board-all-read = All is read.
board-all-read-text = What comes next is listed here.
board-no-newcomers = Nobody new for now.
board-no-newcomers-text = Here speak those of whom you have read little. Answering makes them known.
board-none-folded = Nothing is folded.
board-none-folded-text = What a curator you follow advises against is put here, with its reason. Nothing is deleted.
board-missing = { $n ->
    [one] message is announced, and not here yet
   *[other] messages are announced, and not here yet
}
board-missing-text = They are looked for each time the board is heard.
board-folded = { $n ->
    [one] folded thread
   *[other] folded threads
}
board-read-all = Mark all as read
thread-retracted = Taken back by its author
thread-beginless = A thread whose beginning is on its way
thread-replies = { $n ->
    [0] No answer yet.
    [one] { NUMBER($n) } answer.
   *[other] { NUMBER($n) } answers.
}
thread-last = Last word
stamp-folded = Folded
stamp-bookmarked = Bookmark
stamp-new = New
stamp-own = You
at-time = at { $time }
ago-and-when = { $duration } ago, { $when }
fold-person = You muted this person.
fold-thread = You muted this thread.
fold-label = { $tag }, says { $curator }: “{ $reason }”.
fold-label-author = { $tag }, all that this person says, says { $curator }: “{ $reason }”.
react-agree = Agree
react-disagree = Disagree
react-thanks = Thank you
react-important = Important
react-question = To be made clear
react-solidarity = In solidarity
react-own = you too
react-hint = A word will do. Your name stays with it, and everybody sees the totals.
tag-spam = Spam
tag-offtopic = Off topic
tag-doxxing = Gives somebody away
tag-hate = Hate
tag-violence = Calls for violence
tag-illegal = Illegal
tag-scam = Scam
tag-sensitive = Hard to look at
tag-duplicate = Said already

## A thread

thread-count = { $n ->
    [one] { NUMBER($n) } message here.
   *[other] { NUMBER($n) } messages here.
}
thread-begun = Begun
thread-unread = { $n ->
    [one] { NUMBER($n) } unread.
   *[other] { NUMBER($n) } unread.
}
thread-to-unread = Go to the first unread
thread-all-read = All read.
thread-unread-here = Unread from here
thread-next = The thread goes on
thread-end = The thread ends here, for now.
thread-read = I have read it all
thread-unread-again = Mark the thread as unread
thread-mute = Mute this thread
thread-unmute = Unmute this thread
post-numbered = Message { NUMBER($n) }
post-unread = unread
post-answer = Answer
post-answer-to = Answer to
post-quote = Quote
post-more = React and more
post-more-title = Say a word, keep, report
post-author = See this person
post-bookmark = Bookmark
post-unbookmark = Remove the bookmark
post-read = Mark as read
post-unread-again = Mark as unread
post-warning = Before you open it:
post-parent-missing = The message that this one answers is on its way.
post-retracted = Taken back by its author, { $when }.
post-retracted-why = Taken back by its author, { $when }: “{ $reason }”.
post-beside = Beside
post-earlier = { $n ->
    [one] The wording before
   *[other] The wordings before
}
stamp-edited = { $n ->
    [one] Edited once
   *[other] Edited { NUMBER($n) } times
}
stamp-retracted = Taken back
correction = Correction
correction-source = Source:
corrections-more = { $n ->
    [one] And { NUMBER($n) } more correction.
   *[other] And { NUMBER($n) } more corrections.
}

## Writing

write-thread = New thread
write-edit = Edit
write-edit-text = Readers see both wordings, and the reason if you give one.
write-retract = Take back
write-retract-text = This asks that it be shown no longer. Who has it already may keep it: what is said cannot be called back.
write-correct = Correct
write-correct-text = Your correction is read beside the message, signed by you. A source lets people check it.
write-label = Report, as a curator
write-label-text = The message will be folded, with your reason, for those who chose to follow your reports. For others nothing changes.
write-as = You are writing as
write-as-other = Change identity
write-nobody = To write you need an identity.
write-draft = Draft
write-draft-kept = Kept on this computer, at { $time }. Nobody else sees it.
write-draft-found = It was kept on this computer.
write-title = Title
write-title-hint = 140 characters at most. { NUMBER($n) } are left.
write-title-missing = A title is missing: it is what people read on the board.
write-message = Your message
write-message-hint = A word between **stars** will be bold, a line that begins with a greater-than sign will be a quotation.
write-text-missing = The text is missing.
write-too-long = { $over ->
    [one] Too long by { NUMBER($over) } character.
   *[other] Too long by { NUMBER($over) } characters.
} Nothing is lost.
write-lang = Language of the message
write-tag = Why it should be folded
write-tag-missing = Choose a reason from the list.
write-sources = Sources
write-sources-hint = One on each line, 8 at most: an address, or the title of a document and its page.
write-sources-too-long = { $over ->
    [one] One source too many, or too long by { NUMBER($over) } character.
   *[other] Sources too many, or too long, by { NUMBER($over) }.
} Nothing is lost.
write-reason = Reason
write-reason-hint = In one line, which everybody will read.
write-reason-missing = Say why: nothing is folded without a reason.
write-wrong = Not ready yet
write-nothing-lost = What you wrote is here, below.
write-about = About what was said by
write-preview-title = What others will read
write-preview = Read it through
write-preview-again = Read it again
write-keep = Keep as a draft
write-send = Publish
write-effort-title = Before you are read
write-effort = First your computer does some work against spam: some seconds to some minutes, the more the busier the board is. You can close the page. Then the announcement travels, and people will read you in about 2 minutes.
write-effort-short = People will read you in a few minutes, after some work against spam. A published message cannot be called back.
write-no-recall = A published message cannot be called back. It is signed by your key: all that this identity said hangs together.

## What I said

said-title = What I said
said-lede = Each message goes on by itself, also with the pages closed, and goes on after a restart.
said-list = Said
said-none = You have said nothing from here yet.
said-none-text = What you publish goes its way here, from signed to announced. For example a question on the board of your town.
said-signed = Signed
said-signed-text = Kept on this computer. It is yours, and changes no more.
said-stored = Stored
said-stored-text = Handed in pieces to other nodes.
said-worked = Work against spam
said-work = { NUMBER($percent) }% of the expected work. You can close the page.
said-work-text = Some seconds to some minutes of work for your computer.
said-waits = You said much on this board this hour. The rest leaves at { $time }.
said-announced = Announced
said-announced-text = Who reads the board sees it when they next hear it.
said-receipts = { $n ->
    [one] { NUMBER($n) } node keeps its announcement.
   *[other] { NUMBER($n) } nodes keep its announcement.
} You are being read.
said-published = Published
said-published-text = Listed among what you said: who follows you finds it.
said-not-yet = (not yet)
said-under-way = Your message is signed. It is leaving.
said-done = It is said. People read you.
said-failed = Your message did not leave, and Roneo stopped trying. It stays on this computer: see whether the node has neighbours, then say it again.
said-read = Read it in its place
kind-thread = Thread
kind-answer = Answer
kind-reaction = Word
kind-edit = Edit
kind-retraction = Taking back
kind-correction = Correction
kind-label = Report
kind-other = Something else
drafts-title = Drafts
draft-saved = Kept
draft-drop = Forget it
draft-untitled = No text yet

## People, curators, search

people-title = People I follow
people-lede = To follow somebody is to find all that they publish, wherever that is. They do not know.
people-none = You follow nobody yet.
people-none-text = Open a thread, touch a name, then Follow.
people-since = Followed since
people-find-title = Somebody else
people-find = Their key
people-find-hint = The 43 characters that they gave you, or that their page shows.
person-calls-itself = Calls themself
person-followed = Followed
person-muted = Muted
person-mute = Mute
person-unmute = Unmute
person-more = Name, take as a curator, check
person-petname = What you call them
person-petname-hint = You alone see it, and it stands before their own everywhere. Empty: their own.
person-curate-hint = Curator: what they report is folded for you, with their reason.
person-words-hint = The two words { $words } tell apart, they do not prove: to be sure, compare the whole key out loud.
person-said = What was said
person-silent = Nothing was heard of this person yet.
person-silent-text = Roneo is looking at what they publish. Come back in a few minutes.
curators-lede = A curator reads for others, and reports what is not worth reading. You choose which; what they report is folded, with the reason, and opens at a touch.
curators-everywhere = Everywhere
curators-none = No curator here.
curators-none-text = Nothing is folded but what you mute yourself. Choose somebody whose judgement you follow.
curators-alone = One report is enough
curators-alone-hint = Otherwise it takes two, of different curators.
curators-two = It takes a second curator's report.
curators-remove = Stop following their reports
curators-add = Follow their reports
curators-new-title = Choose a curator
curators-followed = Among the people you follow
curators-choose = Nobody
curators-where = Where
search-title = Search
search-lede = In all that this computer has heard. Nobody is asked anything.
search-words = Words
search-hint = Quotation marks for words in a row, a star for a beginning (ten*), a hyphen to leave out (-sale).
search-board = On which board
search-all = All
search-go = Search
search-found = Found
search-none = Nobody said that here.
search-none-text = Try one word fewer, or the beginning of a word. What was not heard yet cannot be found.
search-refused = These words cannot be searched: it takes at least one, and 16 at most.

## Backup

backup-title = Backup
backup-lede = One sealed file with all that you would miss: identities, keys, bookmarks. Keep it elsewhere than on this computer.
backup-make = Make a backup
backup-words = Eight words open it
backup-words-text = Copy them in their order, on paper, and not beside the file. Roneo keeps them nowhere: without them nobody opens this file.
backup-save = Save the file
backup-back-title = Bring a backup back
backup-passphrase = The eight words
backup-file = The file
backup-back = Bring it back
backup-restored-title = It is back
backup-restored = Identities: { NUMBER($identities) }. Keys of sites: { NUMBER($keys) }. Bookmarks: { NUMBER($bookmarks) }.
backup-here-already = Here already, left as it is: { NUMBER($n) }.
backup-left-out = No room for it here: { NUMBER($n) }.
settings-backup = Backup: make one, bring one back
