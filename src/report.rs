//! What people and scripts see: pure writers over data that others have made.

pub mod comparison;
pub mod counts;
pub mod decision;
pub mod diagnostics;
pub mod difference;
pub mod doctor;
pub mod drift;
pub mod effective;
pub mod expire;
pub mod explanation;
pub mod guardrails;
pub mod import;
pub mod junit;
pub mod markdown;
pub mod offboard;
pub mod offboard_account;
pub mod plan;
pub mod sarif;
pub mod show;
pub mod standing;
pub mod suite;
pub mod visible;
pub(crate) mod words;
