use super::*;

const JOB: JobId = JobId(0x1f);
const OTHER: JobId = JobId(0x20);

fn secret() -> NodeSecret {
    NodeSecret::from_seed([1; 32])
}

fn open(root: &Path) -> Opened {
    QueueDir::open(&root.join("queue"), &secret(), [2; 32]).unwrap()
}

fn fresh() -> (tempfile::TempDir, QueueDir) {
    let root = tempfile::tempdir().unwrap();
    let opened = open(root.path());
    assert!(opened.jobs.is_empty() && opened.warnings.is_empty() && opened.highest.is_none());
    (root, opened.dir)
}

fn entry(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn texts(opened: &Opened) -> Vec<(u64, Vec<String>)> {
    let text = |entry: &Vec<u8>| String::from_utf8(entry.clone()).unwrap();
    opened.jobs.iter().map(|kept| (kept.job.0, kept.entries.iter().map(text).collect())).collect()
}

fn names(root: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root.join("queue"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn fill_spool(queue: &QueueDir, job: JobId, len: usize) {
    let mut spool = queue.spool(job).unwrap();
    spool.write(&vec![7; len]).unwrap();
    assert_eq!(spool.finish().unwrap(), len as u64);
}

/// Changes the file `name` of a queue that is closed.
fn spoil(root: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = root.join("queue").join(name);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
}

#[test]
fn what_was_appended_replaced_and_spooled_is_there_after_a_restart() {
    let (root, queue) = fresh();
    fill_spool(&queue, JOB, 100_000);
    queue.begin(JOB, b"insert").unwrap();
    queue.begin(OTHER, b"fetch").unwrap();
    let grown = queue.append(JOB, &[entry("coded"), entry("placed")]).unwrap();
    assert_eq!(grown, fs::metadata(root.path().join("queue/000000000000001f.job")).unwrap().len());
    assert_eq!(queue.append(JOB, &[]).unwrap(), grown);

    let opened = open(root.path());
    assert_eq!(
        texts(&opened),
        [(0x1f, vec!["insert".into(), "coded".into(), "placed".into()]), (0x20, vec!["fetch".into()])]
    );
    assert_eq!(opened.jobs.iter().map(|kept| kept.spooled).collect::<Vec<_>>(), [100_000, 0]);
    assert_eq!(opened.highest, Some(OTHER));
    assert_eq!(opened.dir.read_spool(JOB, 99_990, 100).unwrap(), [7; 10]);

    let queue = opened.dir;
    queue.append(OTHER, &[entry("content")]).unwrap();
    assert!(queue.replace(JOB, &[entry("stored")]).unwrap() < grown);
    queue.append(JOB, &[entry("ended")]).unwrap();
    queue.drop_spool(JOB).unwrap();
    let opened = open(root.path());
    assert_eq!(
        texts(&opened),
        [(0x1f, vec!["stored".into(), "ended".into()]), (0x20, vec!["fetch".into(), "content".into()])]
    );
    assert_eq!(opened.jobs[0].spooled, 0);
}

#[test]
fn removing_leaves_nothing_and_may_be_repeated() {
    let (root, queue) = fresh();
    fill_spool(&queue, JOB, 10);
    queue.begin(JOB, b"insert").unwrap();
    for _ in 0..2 {
        queue.remove(JOB).unwrap();
        assert_eq!(names(root.path()), Vec::<String>::new());
        assert!(matches!(queue.append(JOB, &[entry("late")]), Err(QueueError::Unknown)));
        assert!(matches!(queue.replace(JOB, &[entry("late")]), Err(QueueError::Unknown)));
    }
    queue.begin(JOB, b"again").unwrap();
    assert_eq!(texts(&open(root.path())), [(0x1f, vec!["again".to_owned()])]);
}

#[test]
fn a_number_is_taken_once_and_journals_and_entries_are_bounded() {
    let (_root, queue) = fresh();
    queue.begin(JOB, b"insert").unwrap();
    assert!(matches!(queue.begin(JOB, b"insert"), Err(QueueError::Taken)));
    let long = vec![0; MAX_ENTRY_LEN + 1];
    assert!(matches!(queue.begin(OTHER, &long), Err(QueueError::TooLong)));
    assert!(matches!(queue.append(JOB, std::slice::from_ref(&long)), Err(QueueError::TooLong)));
    let many = vec![vec![0; MAX_ENTRY_LEN]; MAX_JOURNAL_LEN as usize / MAX_ENTRY_LEN];
    assert!(matches!(queue.append(JOB, &many), Err(QueueError::TooLong)));
    assert!(matches!(queue.replace(JOB, &many), Err(QueueError::TooLong)));
    queue.append(JOB, &[entry("still good")]).unwrap();
    for number in 1..MAX_JOURNALS as u64 {
        queue.begin(JobId(0x1000 + number), b"insert").unwrap();
    }
    assert!(matches!(queue.begin(OTHER, b"insert"), Err(QueueError::TooMany)));
}

#[test]
fn leftovers_of_a_crash_are_removed() {
    let (root, queue) = fresh();
    queue.begin(JOB, b"insert").unwrap();
    fill_spool(&queue, OTHER, 10);
    for name in ["000000000000001f.job.new", "0000000000000030.job.new"] {
        fs::write(root.path().join("queue").join(name), b"half").unwrap();
    }
    let opened = open(root.path());
    assert_eq!(names(root.path()), ["000000000000001f.job"]);
    assert_eq!((opened.jobs.len(), opened.highest), (1, Some(OTHER)));
}

#[test]
fn a_torn_end_is_cut_and_written_over() {
    let (root, queue) = fresh();
    queue.begin(JOB, b"insert").unwrap();
    queue.append(JOB, &[entry("coded")]).unwrap();
    queue.append(JOB, &[entry("a long entry that does not reach the disk")]).unwrap();
    spoil(root.path(), "000000000000001f.job", |bytes| bytes.truncate(bytes.len() - 5));
    let opened = open(root.path());
    assert_eq!(texts(&opened), [(0x1f, vec!["insert".to_owned(), "coded".to_owned()])]);
    assert!(opened.warnings.is_empty());
    opened.dir.append(JOB, &[entry("x")]).unwrap();
    assert_eq!(texts(&open(root.path()))[0].1, ["insert", "coded", "x"]);
}

/// A queue with one job and its content, whose journal is damaged behind its first entry.
fn damaged_behind_its_first_entry() -> tempfile::TempDir {
    let (root, queue) = fresh();
    fill_spool(&queue, JOB, 10);
    let first = queue.begin(JOB, b"insert").unwrap() as usize;
    queue.append(JOB, &[entry("coded")]).unwrap();
    queue.append(JOB, &[entry("placed")]).unwrap();
    spoil(root.path(), "000000000000001f.job", |bytes| bytes[first + 40] ^= 1);
    root
}

#[test]
fn a_damaged_journal_is_put_aside_and_its_job_goes_on_from_before_the_damage() {
    let root = damaged_behind_its_first_entry();
    let opened = open(root.path());
    assert_eq!(texts(&opened), [(0x1f, vec!["insert".to_owned()])]);
    assert_eq!(opened.jobs[0].spooled, 10);
    assert!(
        matches!(opened.warnings[0], Warning::QueueDamaged { outcome: Outcome::GoesOn, .. }),
        "{:?}",
        opened.warnings
    );
    opened.dir.append(JOB, &[entry("again")]).unwrap();
    let opened = open(root.path());
    assert_eq!(texts(&opened)[0].1, ["insert", "again"]);
    assert!(opened.warnings.is_empty());
    assert_eq!(names(root.path()), ["000000000000001f.damaged", "000000000000001f.job", "000000000000001f.spool"]);
}

#[test]
fn a_damaged_journal_on_a_full_disk_stays_with_its_content() {
    let root = damaged_behind_its_first_entry();
    let opened = disk::with_room(10, || open(root.path()));
    assert!(opened.jobs.is_empty(), "{:?} {:?}", texts(&opened), opened.warnings);
    assert!(matches!(opened.warnings[0], Warning::QueueDamaged { outcome: Outcome::Disk { .. }, .. }));
    let opened = open(root.path());
    assert_eq!((texts(&opened), opened.jobs[0].spooled), (vec![(0x1f, vec!["insert".to_owned()])], 10));
}

#[test]
fn a_journal_without_a_good_entry_and_one_of_another_node_are_put_aside_with_a_sentence() {
    type Spoil = fn(&mut Vec<u8>);
    let cases: [(&str, Spoil); 4] = [
        ("empty", Vec::clear),
        ("cut", |bytes| bytes.truncate(60)),
        ("magic", |bytes| bytes[0] ^= 1),
        ("salt", |bytes| {
            bytes[30] ^= 1;
        }),
    ];
    for (what, change) in cases {
        let (root, queue) = fresh();
        fill_spool(&queue, JOB, 10);
        queue.begin(JOB, b"insert").unwrap();
        spoil(root.path(), "000000000000001f.job", change);
        let opened = open(root.path());
        assert!(opened.jobs.is_empty(), "{what}");
        assert!(
            matches!(opened.warnings[0], Warning::QueueDamaged { outcome: Outcome::Lost, .. }),
            "{what}: {:?}",
            opened.warnings
        );
        assert_eq!(names(root.path()), ["000000000000001f.damaged"], "{what}");
    }
    let (root, queue) = fresh();
    queue.begin(JOB, b"insert").unwrap();
    let other = QueueDir::open(&root.path().join("queue"), &NodeSecret::from_seed([9; 32]), [2; 32]).unwrap();
    assert!(other.jobs.is_empty() && other.warnings.len() == 1);
}

#[test]
fn what_a_newer_version_wrote_is_left_as_it_is() {
    let (root, queue) = fresh();
    for job in [JOB, OTHER] {
        fill_spool(&queue, job, 10);
        queue.begin(job, b"insert").unwrap();
    }
    spoil(root.path(), "0000000000000020.job", |bytes| bytes[8] = 1);
    let before = names(root.path());
    let opened = open(root.path());
    assert_eq!(texts(&opened), [(0x1f, vec!["insert".to_owned()])]);
    assert!(matches!(opened.warnings[0], Warning::QueueLeft { because: Left::Newer, .. }), "{:?}", opened.warnings);
    assert_eq!(opened.highest, Some(OTHER));
    let queue = opened.dir;
    assert!(matches!(queue.begin(OTHER, b"insert"), Err(QueueError::Taken)));
    assert!(matches!(queue.spool(OTHER), Err(QueueError::Taken)));
    assert!(matches!(queue.resume_spool(OTHER), Err(QueueError::Taken)));
    queue.remove(OTHER).unwrap();
    assert_eq!(names(root.path()), before);
}

#[test]
fn a_full_disk_is_said_and_leaves_everything_as_it_was() {
    let (root, queue) = fresh();
    queue.begin(JOB, b"insert").unwrap();
    let length = queue.append(JOB, &[entry("coded")]).unwrap();
    let sentence = |error: QueueError| {
        assert!(error.to_string().contains("the disk is full, free some space"), "{error}");
    };
    for room in [0, 10, 60] {
        sentence(disk::with_room(room, || queue.begin(OTHER, b"fetch")).unwrap_err());
        sentence(
            disk::with_room(room, || queue.append(JOB, &[entry("a long entry, longer than the room")])).unwrap_err(),
        );
        sentence(disk::with_room(room, || queue.replace(JOB, &[entry("stored")])).unwrap_err());
        assert_eq!(names(root.path()), ["000000000000001f.job"]);
        assert_eq!(fs::metadata(root.path().join("queue/000000000000001f.job")).unwrap().len(), length);
    }
    sentence(disk::with_room(10, || queue.spool(OTHER)).err().unwrap());
    assert_eq!(names(root.path()), ["000000000000001f.job"]);
    let mut spool = queue.spool(OTHER).unwrap();
    sentence(disk::with_room(70_000, || spool.write(&[1; 200_000])).unwrap_err());
    drop(spool);
    queue.drop_spool(OTHER).unwrap();

    queue.append(JOB, &[entry("placed")]).unwrap();
    assert_eq!(texts(&open(root.path())), [(0x1f, vec!["insert".into(), "coded".into(), "placed".into()])]);
}

#[test]
fn a_spool_is_resumed_where_it_stood() {
    let (root, queue) = fresh();
    queue.begin(JOB, b"fetch").unwrap();
    let content: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
    let mut spool = queue.resume_spool(JOB).unwrap();
    assert!(spool.is_empty());
    spool.write(&content[..150_000]).unwrap();
    assert_eq!((spool.len(), spool.readable()), (150_000, 131_072));
    drop(spool);
    let opened = open(root.path());
    assert_eq!(opened.jobs[0].spooled, 131_072);
    let mut spool = opened.dir.resume_spool(JOB).unwrap();
    assert_eq!(spool.len(), 131_072);
    spool.write(&content[131_072..]).unwrap();
    spool.finish().unwrap();
    assert!(opened.dir.read_spool(JOB, 0, usize::MAX).unwrap() == content);
}

#[test]
fn a_chunk_that_does_not_open_is_called_damage() {
    let (root, queue) = fresh();
    fill_spool(&queue, JOB, 100_000);
    spoil(root.path(), "000000000000001f.spool", |bytes| bytes[5_000] ^= 1);
    let error = queue.read_spool(JOB, 70_000 - 65_536, 10).unwrap_err().to_string();
    assert!(error.contains("is damaged"), "{error}");
    assert_eq!(queue.read_spool(JOB, 70_000, 10).unwrap(), [7; 10]);
    let error = queue.read_spool(OTHER, 0, 1).unwrap_err().to_string();
    assert!(error.contains("begin it again"), "{error}");
}

#[test]
fn jobs_are_written_from_many_threads_at_once() {
    let (root, queue) = fresh();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let queue = queue.clone();
            scope.spawn(move || {
                queue.begin(JobId(number), b"0").unwrap();
                for step in 1..10 {
                    queue.append(JobId(number), &[entry(&step.to_string())]).unwrap();
                }
            });
        }
    });
    let expected: Vec<String> = (0..10).map(|step| step.to_string()).collect();
    assert!(texts(&open(root.path())).iter().all(|(_, entries)| *entries == expected));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_inside() {
    use std::os::unix::fs::PermissionsExt as _;
    let (root, queue) = fresh();
    fill_spool(&queue, JOB, 10);
    queue.begin(JOB, b"insert").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root.path().join("queue")), 0o700);
    for name in names(root.path()) {
        assert_eq!(mode(&root.path().join("queue").join(&name)), 0o600, "{name}");
    }
}
