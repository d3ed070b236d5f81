#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]
//! liftgate: Spacelift access as code.
//!
//! One direction of flow, a type for each stage, a module for each type:
//!
//! | stage | module | type |
//! |---|---|---|
//! | files, positions | [`source`] | [`source::Sources`] |
//! | findings with positions | [`diagnostic`] | [`diagnostic::Diagnostic`] |
//! | YAML text with positions | [`yaml`] | [`yaml::Node`] |
//! | the mapping as written | [`document`] | [`document::Document`] |
//! | the checked mapping | [`model`], made by [`resolve`] | [`model::Model`] |
//! | the policy, as data | [`policy`] | [`policy::Policy`] |
//! | the policy, as Rego | [`render`] | text |
//! | a decision | [`evaluate`] | [`evaluate::Decision`] |
//! | what may be done with a stack | [`stacks`] | [`stacks::Standing`] |
//! | identities, expectations | [`fixture`], [`suite`] | [`suite::Outcome`] |
//! | who there is | [`directory`] | [`directory::Directory`] |
//! | what is likely a mistake | [`lint`] | [`lint::Lint`] |
//! | what must hold of everybody | [`guardrail`] | [`guardrail::Checked`] |
//! | who can do what, and by which way | [`effective`] | [`effective::Way`] |
//! | which line is behind a decision | [`trace`] | [`trace::Cause`] |
//! | the account, as it is | [`spacelift`] | [`spacelift::Reader`] |
//! | the mapping as it was | [`history`] | [`history::Repository`] |
//! | a text that was adopted | [`lock`] | [`lock::Lock`] |
//! | what would change | [`plan`] | [`plan::Plan`] |
//! | another policy beside it | [`compare`] | [`compare::Comparison`] |
//! | what a change means | [`difference`] | [`difference::Difference`] |
//! | who changed what since | [`drift`] | [`drift::Drift`] |
//! | changing it | [`push`] | [`push::Outcome`] |
//! | whether it is what we take it for | [`doctor`] | [`doctor::Report`] |
//! | changing a file of the mapping | [`edit`] | [`edit::Edits`] |
//! | somebody who leaves | [`offboard`] | [`offboard::Leaver`] |
//! | recorded inputs, without the people in them | [`samples`] | [`samples::Archive`] |
//! | a first mapping, from what there is | [`import`] | [`import::Found`] |
//! | what is over | [`expire`] | [`expire::Over`] |
//! | what people see | [`report`] | text, JSON |
pub mod cli;
pub mod compare;
pub mod compile;
pub mod decide;
pub mod diagnostic;
pub mod difference;
pub mod directory;
pub mod doctor;
pub mod document;
pub mod drift;
pub mod edit;
pub mod effective;
pub mod evaluate;
pub mod expire;
pub mod file;
pub mod fixture;
pub mod guardrail;
pub mod history;
pub mod import;
pub mod lint;
pub mod lock;
pub mod model;
pub mod offboard;
pub mod plan;
pub mod policy;
pub mod project;
pub mod push;
pub mod record;
pub mod render;
pub mod report;
pub mod resolve;
pub mod samples;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod schema;
pub mod source;
pub mod spacelift;
pub mod stacks;
pub mod suite;
pub mod trace;
pub mod yaml;
