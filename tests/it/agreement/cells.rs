//! How often each construct of a mapping has met each edge of an input.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::constructs::{CONSTRUCTS, EDGES};
use super::stacks;

/// What mappings use and what is special about inputs, each in order.
pub struct Table {
    /// The file that it is written to.
    file: &'static str,
    pub constructs: Vec<&'static str>,
    pub edges: Vec<&'static str>,
}

/// Of signing in.
pub static LOGIN: LazyLock<Table> = LazyLock::new(|| Table {
    file: "cells.tsv",
    constructs: CONSTRUCTS.to_vec(),
    edges: EDGES.to_vec(),
});

/// What is special about inputs where somebody signs in, and never where stacks are asked for: spaces, grants that start and end, and
/// logins that a gate knows.
const OF_SIGNING_IN: [&str; 7] = [
    "spaces:",
    "login: break-glass",
    "login: offboarded",
    "time: before a start",
    "time: before an end",
    "time: of a start",
    "time: of an end",
];

/// Of access to stacks. What is said of subjects, conditions and sessions is that of signing in.
pub static STACKS: LazyLock<Table> = LazyLock::new(|| {
    let sorted = |own: &[&'static str], shared: &[&'static str], of: &dyn Fn(&str) -> bool| {
        let shared = shared.iter().filter(|name| of(name));
        let mut all: Vec<&str> = own.iter().chain(shared).copied().collect();
        all.sort_unstable();
        all
    };
    let begins = |name: &str, with: &[&str]| with.iter().any(|part| name.starts_with(part));
    Table {
        file: "cells-of-stacks.tsv",
        constructs: sorted(&stacks::constructs(), CONSTRUCTS, &|name| {
            begins(name, &stacks::SHARED)
        }),
        edges: sorted(&stacks::edges(), EDGES, &|name| {
            !begins(name, &OF_SIGNING_IN)
        }),
    }
});

/// A count for each construct and edge of a table, edge by edge; nothing while nothing is counted.
#[derive(Default, Serialize, Deserialize)]
pub struct Cells(Vec<u64>);

impl Cells {
    /// Adds a mapping's inputs.
    pub fn add(
        &mut self,
        table: &Table,
        constructs: &BTreeSet<&'static str>,
        inputs: &[BTreeSet<&'static str>],
    ) {
        self.0.resize(table.constructs.len() * table.edges.len(), 0);
        let rows = constructs.iter().map(|name| place(&table.constructs, name));
        let rows: Vec<usize> = rows.collect();
        for edge in inputs.iter().flatten() {
            let column = place(&table.edges, edge);
            for row in &rows {
                self.0[row * table.edges.len() + column] += 1;
            }
        }
    }

    pub fn extend(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            *sum += more;
        }
    }

    /// The fewest pairs in any cell of each construct, by what part of an input the edge is in; the whole is written to a
    /// file.
    pub fn told(&self, table: &Table) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let Table {
            file,
            constructs,
            edges,
        } = table;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/agreement");
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join(file), self.table(table)).unwrap();
        let mut parts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (column, edge) in edges.iter().enumerate() {
            parts
                .entry(edge.split(':').next().unwrap())
                .or_default()
                .push(column);
        }
        let mut told = format!(
            "\n{} constructs x {} edges; the fewest pairs of a construct with any edge, by the part of the input \
             (all of them: target/agreement/{file})\n\n{:32}",
            constructs.len(),
            edges.len(),
            ""
        );
        for (part, columns) in &parts {
            write!(told, "{:>9}", format!("{part}/{}", columns.len())).unwrap();
        }
        told.push('\n');
        for (construct, row) in constructs.iter().zip(self.0.chunks(edges.len())) {
            write!(told, "{construct:32}").unwrap();
            for columns in parts.values() {
                let fewest = columns.iter().map(|column| row[*column]).min().unwrap();
                write!(told, "{fewest:>9}").unwrap();
            }
            told.push('\n');
        }
        write!(told, "\npairs of a cell: {}", self.spread()).unwrap();
        let empty: Vec<String> = self.empty(table).take(20).collect();
        if !empty.is_empty() {
            write!(
                told,
                "\nnever met, {}: {}",
                self.empty(table).count(),
                empty.join("; ")
            )
            .unwrap();
        }
        told
    }

    /// How many pairs the cells have.
    pub fn spread(&self) -> String {
        if self.0.is_empty() {
            return "none".to_string();
        }
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

    fn empty(&self, table: &Table) -> impl Iterator<Item = String> {
        let Table {
            constructs, edges, ..
        } = table;
        self.0
            .iter()
            .enumerate()
            .filter(|(_, count)| **count == 0)
            .map(|(at, _)| {
                format!(
                    "{} with {}",
                    constructs[at / edges.len()],
                    edges[at % edges.len()]
                )
            })
    }

    fn table(&self, of: &Table) -> String {
        let mut table = format!("\t{}\n", of.edges.join("\t"));
        for (construct, row) in of.constructs.iter().zip(self.0.chunks(of.edges.len())) {
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
