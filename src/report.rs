//! What people and scripts see: pure writers over data that others have made.

pub mod counts;
pub mod decision;
pub mod diagnostics;
pub mod difference;
pub mod drift;
pub mod effective;
pub mod explanation;
pub mod guardrails;
pub mod plan;
pub mod show;
pub mod suite;
pub mod visible;
mod words;
