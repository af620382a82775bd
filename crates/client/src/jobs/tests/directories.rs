//! Files of a directory, by the path in a link.

use roneo_content::directory::{Container, ContentRef, Entry, MEDIA_TYPE, Manifest, Place};
use roneo_content::record::Target;
use roneo_keys::{InsertUri, KeyPair, Uri};

use super::world::{TODAY, World, content};
use crate::handle::{InsertRequest, JobError, JobState};

/// Two pages in a container, a film alone, a word inline; and the link to the directory.
fn site(world: &mut World) -> String {
    let (pages, film) = (content(70_000), content(200_000));
    let at = |world: &mut World, bytes: &[u8]| {
        let Ok(Uri::Chk(chk)) = world.publish(bytes).parse() else { panic!("an insert makes a CHK") };
        ContentRef::of(&chk)
    };
    let container = Container { content: at(world, &pages), blake3: hash(&pages) };
    let film_at = at(world, &film);
    let entry = |path: &str, bytes: &[u8], place| Entry {
        path: path.to_owned(),
        media_type: "text/html".to_owned(),
        length: bytes.len() as u64,
        blake3: hash(bytes),
        place,
    };
    let entries = vec![
        entry("a.html", &pages[..30_000], Place::Container(0)),
        entry("d/b.html", &pages[30_000..], Place::Container(0)),
        entry("mot", b"pain", Place::Inline),
        // Its bytes are others than it says.
        Entry { blake3: [7; 32], ..entry("faux", b"rose", Place::Inline) },
        Entry { blake3: [7; 32], ..entry("faux film", &film, Place::Alone(film_at.clone())) },
        entry("film", &film, Place::Alone(film_at)),
    ];
    publish(world, &Manifest::new(vec![container], entries, b"rosepain".to_vec()).unwrap())
}

fn publish(world: &mut World, manifest: &Manifest) -> String {
    let bytes = manifest.to_bytes();
    let request = InsertRequest {
        length: bytes.len() as u64,
        name: String::new(),
        media_type: MEDIA_TYPE.to_owned(),
        secret: None,
    };
    let job = world.insert_as(request, bytes).unwrap();
    world.run(job).uri.unwrap()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

#[test]
fn a_path_leads_to_exactly_its_file() {
    let mut world = World::new(20, 1);
    let link = site(&mut world);
    let pages = content(70_000);
    let files = [
        ("a.html", pages[..30_000].to_vec()),
        ("d/b.html", pages[30_000..].to_vec()),
        ("film", content(200_000)),
        ("mot", b"pain".to_vec()),
    ];
    for (path, bytes) in files {
        let job = world.fetch(&format!("{link}/{path}"));
        let status = world.run(job);
        assert_eq!((status.state, &status.error), (JobState::Fetched, &None), "{path}");
        assert_eq!((status.length, status.done), (Some(bytes.len() as u64), status.total), "{path}");
        assert_eq!(world.delivered[&job], bytes, "{path}");
        // Of a file that is alone too, whatever name its own root has.
        assert_eq!(status.name.as_deref(), path.rsplit('/').next());
        assert_eq!(status.media_type.as_deref(), Some("text/html"), "{path}");
    }
    // Without a path it is the manifest that is asked for.
    let manifest = world.read(&link).unwrap();
    assert_eq!(Manifest::from_bytes(&manifest).unwrap().entries().len(), 6);
}

#[test]
fn what_a_directory_does_not_have_and_what_is_not_what_it_says() {
    let mut world = World::new(20, 2);
    let link = site(&mut world);
    for path in ["b.html", "d", "a.html/", "A.html"] {
        assert_eq!(world.read(&format!("{link}/{path}")).unwrap_err().error, Some(JobError::NoSuchPath), "{path}");
    }
    for path in ["faux", "faux film"] {
        let error = world.read(&format!("{link}/{path}")).unwrap_err().error;
        assert!(matches!(error, Some(JobError::Damaged { .. })), "{error:?}");
    }
    // A name behind the link to a file is only a name.
    let file = world.publish(b"pain");
    assert!(file.ends_with("/tract.txt"));
    assert_eq!(world.read(&file).unwrap(), b"pain");
}

#[test]
fn a_site_under_a_key_has_paths_and_a_leaflet_has_none() {
    let mut world = World::new(20, 3);
    let Ok(Uri::Chk(chk)) = site(&mut world).parse() else { unreachable!() };
    let to = |docname: &str| InsertUri::Usk {
        pair: KeyPair::of_word("not a secret"),
        docname: docname.parse().unwrap(),
        edition: 0,
    };
    let write = |world: &mut World, docname, target| {
        let job = world.jobs.publish(world.now, TODAY, to(docname), target).unwrap();
        world.run(job).uri.unwrap()
    };
    let link = write(&mut world, "site", Target::of(&chk));
    assert_eq!(world.read(&format!("{link}/mot")).unwrap(), b"pain");
    let Ok(Uri::Chk(file)) = world.publish(&content(50_000)).parse() else { unreachable!() };
    let leaflets = [Target::of(&file), Target::Inline { media_type: String::new(), content: b"pain".to_vec() }];
    for (target, docname) in leaflets.into_iter().zip(["stored", "inline"]) {
        let link = write(&mut world, docname, target);
        assert!(world.read(&link).is_ok());
        assert_eq!(world.read(&format!("{link}/mot")).unwrap_err().error, Some(JobError::NoSuchPath));
    }
}

#[test]
fn a_manifest_that_is_none_is_damaged() {
    let mut world = World::new(20, 4);
    let request = InsertRequest { length: 9, name: String::new(), media_type: MEDIA_TYPE.to_owned(), secret: None };
    let job = world.insert_as(request, b"\0\0 no dir".to_vec()).unwrap();
    let link = world.run(job).uri.unwrap();
    let error = world.read(&format!("{link}/a")).unwrap_err().error;
    assert!(matches!(error, Some(JobError::Damaged { .. })), "{error:?}");
}
