use super::*;
use crate::learned::state::tests::{NOW, forget, proof, text};
use crate::learned::written;
use std::fs::OpenOptions;
use std::io::Write;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("learned")
    }

    fn append(&self, bytes: &[u8]) {
        OpenOptions::new().append(true).create(true).open(self.path()).unwrap().write_all(bytes).unwrap();
    }
}

fn count(file: &mut LearnedFile) -> usize {
    file.learned.proofs().count()
}

#[test]
fn what_is_appended_counts_when_its_line_is_whole() {
    let folder = Folder::new();
    let mut file = LearnedFile::read(&folder.path(), NOW).unwrap();
    assert_eq!((file.read_on(NOW).unwrap(), file.exists()), (Growth::Nothing, false));
    folder.append(&text(&[proof(1, 1, 1, 1)]));
    assert_eq!((file.read_on(NOW).unwrap(), count(&mut file), file.exists()), (Growth::Grown, 1, true));
    assert_eq!(file.read_on(NOW).unwrap(), Growth::Nothing);
    let line = written([proof(2, 1, 1, 1)]);
    let (begin, end) = line.split_at(line.len() / 2);
    folder.append(begin);
    assert_eq!((file.read_on(NOW).unwrap(), count(&mut file)), (Growth::Grown, 1));
    assert!(file.learned.is_unfinished());
    folder.append(end);
    assert_eq!((file.read_on(NOW).unwrap(), count(&mut file)), (Growth::Grown, 2));
    folder.append(&text(&[forget(1, 0)]));
    assert_eq!((file.read_on(NOW).unwrap(), count(&mut file)), (Growth::Grown, 1));
    assert_eq!((file.learned.bad_lines().count(), file.path()), (0, folder.path().as_path()));
}

#[test]
fn a_file_that_was_replaced_removed_or_cut_is_noticed_and_nothing_forgotten() {
    let folder = Folder::new();
    folder.append(&text(&[proof(1, 1, 1, 1), proof(2, 1, 1, 1)]));
    let mut file = LearnedFile::read(&folder.path(), NOW).unwrap();
    let swap = folder.0.path().join(".learned.swp");
    fs::copy(folder.path(), &swap).unwrap();
    fs::rename(&swap, folder.path()).unwrap();
    assert_eq!((file.read_on(NOW).unwrap(), count(&mut file)), (Growth::Replaced, 2));
    assert_eq!(file.read_on(NOW).unwrap(), Growth::Replaced, "until it is opened anew");
    let mut file = LearnedFile::read(&folder.path(), NOW).unwrap();
    OpenOptions::new().write(true).open(folder.path()).unwrap().set_len(20).unwrap();
    assert_eq!((file.read_on(NOW).unwrap(), count(&mut file)), (Growth::Shrunk, 2));
    assert_eq!(file.read_on(NOW).unwrap(), Growth::Nothing, "said once");
    fs::remove_file(folder.path()).unwrap();
    assert_eq!((file.read_on(NOW).unwrap(), count(&mut file)), (Growth::Replaced, 2));
}

#[test]
fn what_is_appended_to_a_file_that_was_cut_counts_besides_what_it_said() {
    for cut_at in [0, 20, 170, 190] {
        let folder = Folder::new();
        folder.append(&text(&[proof(1, 1, 1, 1), proof(2, 1, 1, 1)]));
        // the end of a line that nobody has written yet
        folder.append(&text(&[proof(9, 1, 1, 1)])[..100]);
        let mut file = LearnedFile::read(&folder.path(), NOW).unwrap();
        OpenOptions::new().write(true).open(folder.path()).unwrap().set_len(cut_at).unwrap();
        folder.append(&text(&[proof(3, 1, 1, 1)]));
        assert_eq!((file.read_on(NOW).unwrap(), count(&mut file)), (Growth::Shrunk, 3), "{cut_at}");
        folder.append(&text(&[proof(4, 1, 1, 1), forget(1, 0)]));
        assert_eq!((file.read_on(NOW).unwrap(), count(&mut file)), (Growth::Grown, 3), "{cut_at}");
        let (bad, is_within_a_line) = (file.learned.take_bad_lines(), cut_at % 170 != 0);
        assert_eq!(bad.count(), u64::from(is_within_a_line), "{cut_at}: {}", bad.told());
    }
}

#[test]
fn a_file_that_was_written_anew_is_noticed_though_it_is_as_long_or_longer() {
    for lines in [vec![proof(2, 1, 1, 1)], vec![proof(2, 1, 1, 1), proof(3, 1, 1, 1)]] {
        let folder = Folder::new();
        folder.append(&text(&[proof(1, 1, 1, 1)]));
        let mut file = LearnedFile::read(&folder.path(), NOW).unwrap();
        fs::write(folder.path(), text(&lines)).unwrap();
        assert_eq!((file.read_on(NOW).unwrap(), count(&mut file)), (Growth::Shrunk, 1 + lines.len()));
        assert_eq!(file.read_on(NOW).unwrap(), Growth::Nothing);
        folder.append(b"x\n");
        file.read_on(NOW).unwrap();
        assert_eq!(
            file.learned.bad_lines().first()[0].number,
            2 * lines.len() as u64 + 1,
            "lines are those of the new file"
        );
    }
}

#[test]
fn a_long_file_is_read_in_parts() {
    let folder = Folder::new();
    let mut file = LearnedFile::read(&folder.path(), NOW).unwrap();
    let lines = text(&(0..10).map(|device| proof(device, 1, 1, 1)).collect::<Vec<_>>());
    folder.append(&lines);
    let third = lines.len() as u64 / 3;
    let mut read = Vec::new();
    while file.read_some(third, NOW).unwrap() == Growth::Grown {
        read.push(count(&mut file));
    }
    assert_eq!((read[0], read.last()), (3, Some(&10)), "{read:?}");
    assert_eq!(file.learned.take_bad_lines().count(), 0);
    folder.append(b"x\n");
    file.read_on(NOW).unwrap();
    let bad = file.learned.take_bad_lines();
    assert_eq!((bad.count(), bad.first()[0].number, file.learned.take_bad_lines().count()), (1, 21, 0));
}

#[test]
fn what_is_no_plain_file_is_not_waited_for() {
    let folder = Folder::new();
    let error = LearnedFile::read(folder.0.path(), NOW).unwrap_err();
    assert!(error.to_string().contains("not a plain file"), "{error}");
    assert!(LearnedFile::read(Path::new("/dev/zero"), NOW).is_err());
    assert!(LearnedFile::read(Path::new("/dev/zero/learned"), NOW).is_err(), "not the same as no file");
}

#[test]
fn a_file_of_many_chunks_is_read_whole() {
    let folder = Folder::new();
    let devices = 3 * CHUNK as u64 / 170;
    folder.append(&text(&(0..devices).map(|device| proof(device, 1, 1, 1)).collect::<Vec<_>>()));
    let mut file = LearnedFile::read(&folder.path(), NOW).unwrap();
    assert_eq!((count(&mut file) as u64, file.learned.bad_lines().count()), (devices, 0));
}
