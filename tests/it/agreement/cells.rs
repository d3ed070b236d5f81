//! How often each construct of a mapping has met each edge of an input.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::constructs::{CONSTRUCTS, EDGES};

/// A count for each construct and edge, edge by edge.
#[derive(Serialize, Deserialize)]
pub struct Cells(Vec<u64>);

impl Default for Cells {
    fn default() -> Self {
        Self(vec![0; CONSTRUCTS.len() * EDGES.len()])
    }
}

impl Cells {
    /// Adds a mapping's inputs.
    pub fn add(&mut self, constructs: &BTreeSet<&'static str>, inputs: &[BTreeSet<&'static str>]) {
        let rows = constructs.iter().map(|name| place(CONSTRUCTS, name));
        let rows: Vec<usize> = rows.collect();
        for edge in inputs.iter().flatten() {
            let column = place(EDGES, edge);
            for row in &rows {
                self.0[row * EDGES.len() + column] += 1;
            }
        }
    }

    pub fn extend(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            *sum += more;
        }
    }

    /// The fewest pairs in any cell of each construct, by what part of an input the edge is in; the whole is written to a
    /// file.
    pub fn told(&self) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/agreement");
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("cells.tsv"), self.table()).unwrap();
        let mut parts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (column, edge) in EDGES.iter().enumerate() {
            parts
                .entry(edge.split(':').next().unwrap())
                .or_default()
                .push(column);
        }
        let mut told = format!(
            "\n{} constructs x {} edges; the fewest pairs of a construct with any edge, by the part of the input \
             (all of them: target/agreement/cells.tsv)\n\n{:32}",
            CONSTRUCTS.len(),
            EDGES.len(),
            ""
        );
        for (part, columns) in &parts {
            write!(told, "{:>9}", format!("{part}/{}", columns.len())).unwrap();
        }
        told.push('\n');
        for (construct, row) in CONSTRUCTS.iter().zip(self.0.chunks(EDGES.len())) {
            write!(told, "{construct:32}").unwrap();
            for columns in parts.values() {
                let fewest = columns.iter().map(|column| row[*column]).min().unwrap();
                write!(told, "{fewest:>9}").unwrap();
            }
            told.push('\n');
        }
        write!(told, "\npairs of a cell: {}", self.spread()).unwrap();
        let empty: Vec<String> = self.empty().take(20).collect();
        if !empty.is_empty() {
            write!(
                told,
                "\nnever met, {}: {}",
                self.empty().count(),
                empty.join("; ")
            )
            .unwrap();
        }
        told
    }

    /// How many pairs the cells have.
    pub fn spread(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let of = |share: usize| sorted[(sorted.len() - 1) * share / 100];
        format!(
            "at least {}, of one in a hundred at most {}, in the middle {}, at most {}",
            of(0),
            of(1),
            of(50),
            of(100)
        )
    }

    fn empty(&self) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .enumerate()
            .filter(|(_, count)| **count == 0)
            .map(|(at, _)| {
                format!(
                    "{} with {}",
                    CONSTRUCTS[at / EDGES.len()],
                    EDGES[at % EDGES.len()]
                )
            })
    }

    fn table(&self) -> String {
        let mut table = format!("\t{}\n", EDGES.join("\t"));
        for (construct, row) in CONSTRUCTS.iter().zip(self.0.chunks(EDGES.len())) {
            let row: Vec<String> = row.iter().map(u64::to_string).collect();
            writeln!(table, "{construct}\t{}", row.join("\t")).unwrap();
        }
        table
    }
}

fn place(among: &[&str], name: &str) -> usize {
    among
        .binary_search(&name)
        .unwrap_or_else(|_| panic!("{name} is not in the list"))
}
