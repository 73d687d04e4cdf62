//! A disk in memory that loses what was not synced, fills up, and fails when told.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};

use super::directory::{DataFile, Directory};

/// What the disk writes at once or not at all.
const SECTOR: usize = 64;

/// A sequence of numbers that a seed determines (splitmix64).
#[derive(Clone, Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Heads or tails.
    pub(super) fn coin(&mut self) -> bool {
        self.next() & 1 == 0
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[derive(Clone, Debug)]
enum Write {
    Bytes { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Write {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Length(length) => content.resize(*length, 0),
            Self::Bytes { offset, bytes } => {
                let end = offset + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*offset..end].copy_from_slice(bytes);
            }
        }
    }

    /// What a power failure leaves of it: some of its sectors, in no order.
    fn tear(&self, random: &mut Random) -> Vec<Self> {
        match self {
            Self::Length(_) => random.coin().then(|| self.clone()).into_iter().collect(),
            Self::Bytes { offset, bytes } => (0..)
                .step_by(SECTOR)
                .zip(bytes.chunks(SECTOR))
                .filter(|_| random.coin())
                .map(|(at, chunk)| Self::Bytes { offset: offset + at, bytes: chunk.to_vec() })
                .collect(),
        }
    }
}

#[derive(Clone, Debug)]
enum Rename {
    Create(String, usize),
    Move(String, String),
    Remove(String),
}

type Names = BTreeMap<String, usize>;

impl Rename {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Create(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Move(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Content {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Write>,
}

impl Content {
    fn write(&mut self, write: Write) {
        write.apply(&mut self.seen);
        self.unsynced.push(write);
    }
}

#[derive(Clone, Debug, Default)]
struct State {
    seen: Names,
    durable: Names,
    unsynced: Vec<Rename>,
    files: Vec<Content>,
    room: Option<usize>,
    sync_fails: bool,
    /// Operations until the power fails.
    fuel: Option<u64>,
}

impl State {
    fn rename(&mut self, rename: Rename) {
        rename.apply(&mut self.seen);
        self.unsynced.push(rename);
    }

    fn used(&self) -> usize {
        self.seen
            .values()
            .map(|file| self.files[*file].seen.len())
            .sum()
    }

    fn step(&mut self) -> io::Result<()> {
        match &mut self.fuel {
            Some(0) => return Err(io::Error::other("the power is gone")),
            Some(fuel) => *fuel -= 1,
            None => {}
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.step()?;
        if mem::take(&mut self.sync_fails) {
            return Err(io::Error::other("the disk is broken"));
        }
        Ok(())
    }
}

/// The disk; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

impl Disk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .expect("no test fails while it holds the lock")
    }

    /// From now on the files have at most so many bytes together.
    pub(super) fn set_room(&self, room: Option<usize>) {
        self.state().room = room;
    }

    /// Bytes of all files.
    pub(super) fn used(&self) -> usize {
        self.state().used()
    }

    /// The next sync fails, and what it should have made durable never will be.
    pub(super) fn fail_next_sync(&self) {
        self.state().sync_fails = true;
    }

    /// The power fails after so many more operations: all later ones fail.
    pub(super) fn fail_power_after(&self, operations: u64) {
        self.state().fuel = Some(operations);
    }

    /// What the next start finds after a power failure now: everything synced, and any part of the rest.
    pub(super) fn after_power_failure(&self, random: &mut Random) -> Self {
        let state = self.state();
        let mut names = state.durable.clone();
        for rename in state.unsynced.iter().filter(|_| random.coin()) {
            rename.apply(&mut names);
        }
        let files = state.files.iter().map(|file| {
            let mut content = file.durable.clone();
            let torn = file.unsynced.iter().flat_map(|write| write.tear(random));
            torn.for_each(|write| write.apply(&mut content));
            Content { seen: content.clone(), durable: content, unsynced: Vec::new() }
        });
        let files = files.collect();
        let next = State { seen: names.clone(), durable: names, files, ..State::default() };
        Self(Arc::new(Mutex::new(next)))
    }

    /// What the next start finds after the process died now: everything, synced or not.
    pub(super) fn after_process_death(&self) -> Self {
        let next = State { fuel: None, ..self.state().clone() };
        Self(Arc::new(Mutex::new(next)))
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        self.state()
            .seen
            .get(name)
            .copied()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Directory for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().seen.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DataFile>> {
        let mut state = self.state();
        state.step()?;
        let file = state.files.len();
        state.files.push(Content::default());
        state.rename(Rename::Create(name.into(), file));
        Ok(Box::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DataFile>> {
        Ok(Box::new(SimulatedFile { disk: self.clone(), file: self.find(name)? }))
    }

    fn read(&self, name: &str) -> io::Result<Box<dyn Read>> {
        let file = self.find(name)?;
        Ok(Box::new(Cursor::new(self.state().files[file].seen.clone())))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.find(from)?;
        let mut state = self.state();
        state.step()?;
        state.rename(Rename::Move(from.into(), to.into()));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.find(name)?;
        let mut state = self.state();
        state.step()?;
        state.rename(Rename::Remove(name.into()));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state();
        state.sync()?;
        state.durable = state.seen.clone();
        state.unsynced.clear();
        Ok(())
    }

    fn subject(&self, name: &str) -> String {
        format!("disk/{name}")
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: Disk,
    file: usize,
}

impl DataFile for SimulatedFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        state.step()?;
        let offset = usize::try_from(offset).expect("files are small");
        let used = state.used();
        let length = state.files[self.file].seen.len();
        let free = state
            .room
            .map_or(usize::MAX, |room| room.saturating_sub(used));
        let fits = bytes
            .len()
            .min((length - offset.min(length)).saturating_add(free));
        let write = Write::Bytes { offset, bytes: bytes[..fits].to_vec() };
        state.files[self.file].write(write);
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        let synced = state.sync();
        let file = &mut state.files[self.file];
        if synced.is_ok() {
            file.durable = file.seen.clone();
            file.unsynced.clear();
        }
        synced
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.step()?;
        let length = usize::try_from(length).expect("files are small");
        state.files[self.file].write(Write::Length(length));
        Ok(())
    }
}
