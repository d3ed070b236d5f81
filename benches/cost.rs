//! What liftgate costs: reading a mapping to a tested policy, and deciding.
//!
//! `cargo bench --bench cost`; each group shows how the time grows with the number of grants.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod workload;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use liftgate::evaluate::Evaluator;
use liftgate::project::{Compiled, Project};
use liftgate::{compile, render};

fn compiled(grants: usize) -> Compiled {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("access.yaml"), workload::mapping(grants)).unwrap();
    Project::load(folder.path()).compiled.unwrap()
}

/// A mapping of which the grants lie in files of teams, written into a folder.
fn write(folder: &Path, grants: usize, files: usize) {
    let mut yaml = workload::head(grants);
    yaml.push_str("include:\n  - {file: \"teams/*.yaml\", owner: \"@acme/teams\"}\n");
    fs::create_dir_all(folder.join("teams")).unwrap();
    fs::write(folder.join("access.yaml"), yaml).unwrap();
    for file in 0..files {
        let mut yaml = "grants:\n".to_string();
        for at in (file..grants).step_by(files) {
            yaml.push_str(&workload::grant_line(at, grants));
        }
        fs::write(folder.join(format!("teams/team{file}.yaml")), yaml).unwrap();
    }
}

/// Everything that `liftgate check` does, over 50 files of teams.
fn check(c: &mut Criterion) {
    let mut group = c.benchmark_group("check in 50 files");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for grants in [1_000, 10_000, 100_000] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), grants, 50);
        group.throughput(Throughput::Elements(grants as u64));
        group.bench_with_input(BenchmarkId::from_parameter(grants), &grants, |b, _| {
            b.iter(|| {
                let project = Project::load_within(black_box(folder.path()), usize::MAX);
                assert!(project.compiled.is_some());
            });
        });
    }
    group.finish();
}

fn stages(c: &mut Criterion) {
    let mut group = c.benchmark_group("stages of 10,000 grants");
    group.sample_size(10);
    let all = compiled(10_000);
    group.bench_function("compile", |b| {
        b.iter(|| compile::compile(black_box(&all.model), &mut Default::default()));
    });
    group.bench_function("render", |b| {
        b.iter(|| render::render(black_box(&all.policy)))
    });
    group.bench_function("read back", |b| {
        b.iter(|| render::read(black_box(&all.text)))
    });
    group.bench_function("parse", |b| {
        b.iter(|| Evaluator::new(black_box(&all.text)).is_ok())
    });
    group.finish();
}

/// One decision of the model, beside one of the text by regorus.
fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide");
    group.sample_size(20);
    for grants in [10, 1_000, 10_000] {
        let all = compiled(grants);
        let input = workload::input(grants);
        let mut evaluator = Evaluator::new(&all.text).unwrap();
        group.bench_with_input(BenchmarkId::new("text", grants), &input, |b, input| {
            b.iter(|| evaluator.decide(black_box(input)).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("model", grants), &input, |b, input| {
            b.iter(|| all.model.decide(black_box(input)));
        });
    }
    group.finish();
}

criterion_group!(benches, check, stages, decide);
criterion_main!(benches);
