//! Bookmarks and what was opened lately, as lists: no disk, no network, no clock.

use roneo_client::profile::{
    Bookmark, BookmarkChange, BookmarkId, MAX_BOOKMARKS, MAX_RECENT, ProfileError, Visit, tidy_title,
};
use roneo_keys::{Uri, Usk};

use super::stored::{self, Bookmarks, Recents};

/// Characters of a link that stand for it where it has no name.
const LINK_TITLE_LEN: usize = 12;

/// Characters of a media type that are kept.
const MAX_MEDIA_TYPE_CHARS: usize = 100;

/// A bookmark as its user sees it.
pub(super) fn shown(bookmark: &stored::Bookmark) -> Bookmark {
    Bookmark {
        id: BookmarkId(bookmark.id),
        link: bookmark.link.clone(),
        title: bookmark.title.clone(),
        seen: bookmark.seen,
        newest: bookmark.newest,
        checked: bookmark.checked,
    }
}

/// Keeps a bookmark, or gives the one that is there.
pub(super) fn add(list: &mut Bookmarks, uri: &Uri, title: &str) -> Result<Bookmark, ProfileError> {
    if matches!(uri, Uri::Keep(_)) {
        return Err(ProfileError::Link);
    }
    if let Some(kept) = list.list.iter().find(|kept| is_same_page(&kept.link, uri)) {
        return Ok(shown(kept));
    }
    if list.list.len() >= MAX_BOOKMARKS {
        return Err(ProfileError::Full { what: "bookmarks", most: MAX_BOOKMARKS });
    }
    let edition = edition_of(uri);
    let bookmark = stored::Bookmark {
        id: list.next,
        link: uri.to_text(),
        title: titled(title, uri),
        seen: edition,
        newest: edition,
        checked: None,
    };
    list.next = list.next.saturating_add(1);
    let answer = shown(&bookmark);
    list.list.push(bookmark);
    Ok(answer)
}

/// Changes title or place of a bookmark.
pub(super) fn change(list: &mut Bookmarks, id: BookmarkId, change: &BookmarkChange) -> Result<Bookmark, ProfileError> {
    let at = place_of(list, id)?;
    if let Some(title) = &change.title {
        let uri: Uri = list.list[at].link.parse().map_err(|_| ProfileError::Link)?;
        list.list[at].title = titled(title, &uri);
    }
    let answer = shown(&list.list[at]);
    if let Some(place) = change.place {
        let bookmark = list.list.remove(at);
        list.list.insert(place.min(list.list.len()), bookmark);
    }
    Ok(answer)
}

/// Forgets a bookmark.
pub(super) fn remove(list: &mut Bookmarks, id: BookmarkId) -> Result<(), ProfileError> {
    let at = place_of(list, id)?;
    list.list.remove(at);
    Ok(())
}

/// A page was opened: bookmarks of its site have been seen up to its edition.
pub(super) fn seen(list: &mut Bookmarks, page: &Uri) {
    let Uri::Usk(page) = page else { return };
    for bookmark in &mut list.list {
        let Ok(Uri::Usk(mut usk)) = bookmark.link.parse() else { continue };
        if is_same_site(&usk, page) {
            usk.edition = usk.edition.max(page.edition);
            bookmark.seen = bookmark.seen.max(Some(page.edition));
            bookmark.newest = bookmark.newest.max(Some(page.edition));
            bookmark.link = Uri::Usk(usk).to_text();
        }
    }
}

/// The network answered for a bookmark: `newest` is the newest edition that it found, if any.
pub(super) fn checked(
    list: &mut Bookmarks,
    id: BookmarkId,
    newest: Option<u64>,
    now: u64,
) -> Result<Bookmark, ProfileError> {
    let at = place_of(list, id)?;
    let bookmark = &mut list.list[at];
    bookmark.newest = bookmark.newest.max(newest);
    bookmark.checked = Some(now);
    Ok(shown(bookmark))
}

/// The link by which a bookmark is asked after: no answer older than what is known will do.
pub(super) fn question(bookmark: &stored::Bookmark) -> Option<Usk> {
    let Ok(Uri::Usk(mut usk)) = bookmark.link.parse() else { return None };
    usk.edition = usk.edition.max(bookmark.newest.unwrap_or_default());
    usk.path.clear();
    Some(usk)
}

/// A page was opened, the latest of all.
pub(super) fn opened(recents: &mut Recents, page: &Uri, visit: &Visit, now: u64) {
    recents.list.retain(|recent| !is_same_page(&recent.link, page));
    let recent = stored::Recent {
        link: page.to_text(),
        title: titled(&visit.title, page),
        // None that the network knows is longer.
        media_type: visit.media_type.chars().take(MAX_MEDIA_TYPE_CHARS).filter(char::is_ascii).collect(),
        length: visit.length,
        at: now,
    };
    recents.list.insert(0, recent);
    recents.list.truncate(MAX_RECENT);
}

fn place_of(list: &Bookmarks, id: BookmarkId) -> Result<usize, ProfileError> {
    list.list.iter().position(|bookmark| bookmark.id == id.0).ok_or(ProfileError::NoSuchBookmark)
}

fn titled(title: &str, uri: &Uri) -> String {
    let (title, own) = (tidy_title(title), tidy_title(&own_name(uri)));
    if !title.is_empty() {
        title
    } else if !own.is_empty() {
        own
    } else {
        uri.to_text().chars().take(LINK_TITLE_LEN).chain(['…']).collect()
    }
}

/// What a link calls itself: the end of its path, or the name of its document.
fn own_name(uri: &Uri) -> String {
    let last = uri.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name = match uri {
        _ if !last.is_empty() => last,
        Uri::Ssk(ssk) => ssk.docname.as_str(),
        Uri::Usk(usk) => usk.docname.as_str(),
        Uri::Ksk(ksk) => ksk.word.as_str(),
        _ => "",
    };
    name.to_owned()
}

fn edition_of(uri: &Uri) -> Option<u64> {
    match uri {
        Uri::Usk(usk) => Some(usk.edition),
        _ => None,
    }
}

/// Whether a kept link leads to that page, in whatever edition.
fn is_same_page(kept: &str, page: &Uri) -> bool {
    match (kept.parse(), page) {
        (Ok(Uri::Usk(kept)), Uri::Usk(page)) => is_same_site(&kept, page) && kept.path == page.path,
        (Ok(kept), page) => kept == *page,
        (Err(_), _) => false,
    }
}

fn is_same_site(one: &Usk, other: &Usk) -> bool {
    one.public.as_bytes() == other.public.as_bytes() && one.docname == other.docname
}
