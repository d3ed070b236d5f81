//! A long run in pieces, each kept when it is done, so that a run that is stopped goes on where it was.
//!
//! A piece is kept under what was asked and under a digest of the program that asked it: what another build found says
//! nothing of this one.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use liftgate::policy::hex;
use sha2::{Digest as _, Sha256};

use super::run::Tally;

/// A run's pieces.
pub struct Pieces {
    all: Range<usize>,
    size: usize,
    /// Where they are kept; nowhere if the run is one piece.
    folder: Option<PathBuf>,
}

impl Pieces {
    /// In pieces of as many mappings as `LIFTGATE_PIECE` says; in one that is not kept where it says nothing.
    pub fn of(asked: &str, all: Range<usize>) -> Self {
        let size = std::env::var("LIFTGATE_PIECE").map(|size| size.parse().unwrap());
        let Ok(size) = size else {
            return Self {
                size: all.len().max(1),
                all,
                folder: None,
            };
        };
        let program = fs::read(std::env::current_exe().unwrap()).unwrap();
        let digest = hex(&Sha256::digest(program));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target/agreement/pieces")
            .join(format!("{asked}-{}", &digest[..16]));
        fs::create_dir_all(&folder).unwrap();
        Self {
            all,
            size,
            folder: Some(folder),
        }
    }

    /// The numbers of the mappings of each piece.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = self.all.clone().step_by(self.size);
        starts.map(|from| from..(from + self.size).min(self.all.end))
    }

    /// What came out of a piece in an earlier run.
    pub fn kept(&self, piece: &Range<usize>) -> Option<Tally> {
        let text = fs::read_to_string(self.path(piece)?).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Keeps what came out of a piece in which everybody agreed; a disagreement is to be found again.
    pub fn keep(&self, piece: &Range<usize>, tally: &Tally) {
        let Some(path) = self.path(piece).filter(|_| tally.found.is_empty()) else {
            return;
        };
        // Under its name only when it is whole.
        let part = path.with_extension("part");
        fs::write(&part, serde_json::to_string(tally).unwrap()).unwrap();
        fs::rename(&part, &path).unwrap();
        say(&format!(
            "mappings {} to {}: {:.0} s",
            piece.start, piece.end, tally.seconds
        ));
    }

    fn path(&self, piece: &Range<usize>) -> Option<PathBuf> {
        let name = format!("{:07}-{:07}.json", piece.start, piece.end);
        Some(self.folder.as_ref()?.join(name))
    }
}

#[allow(clippy::print_stdout)] // how far a long run is
fn say(text: &str) {
    println!("{text}");
}
