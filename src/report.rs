//! What people and scripts see: pure writers over data that others have made.

pub mod diagnostics;
pub mod visible;
