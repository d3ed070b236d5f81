//! Expressions in a normal form: parts of one kind flattened, each once and in order, and one alone as itself. So two ways of
//! writing one thing are one thing.

use crate::model::stacks::StackTest;
use crate::model::{Subject, Test};

/// An expression that holds others, all of which hold or one of which does.
pub(super) trait Nests: Ord + Sized {
    /// All of them.
    fn all(parts: Vec<Self>) -> Self;
    /// Any of them.
    fn any(parts: Vec<Self>) -> Self;
    /// The parts, where it is all of them; else itself.
    fn parts_of_all(self) -> Result<Vec<Self>, Self>;
    /// The parts, where it is any of them; else itself.
    fn parts_of_any(self) -> Result<Vec<Self>, Self>;
}

macro_rules! nests {
    ($($kind:ident)*) => {
        $(impl Nests for $kind {
            fn all(parts: Vec<Self>) -> Self {
                Self::All(parts)
            }
            fn any(parts: Vec<Self>) -> Self {
                Self::Any(parts)
            }
            fn parts_of_all(self) -> Result<Vec<Self>, Self> {
                match self {
                    Self::All(parts) => Ok(parts),
                    other => Err(other),
                }
            }
            fn parts_of_any(self) -> Result<Vec<Self>, Self> {
                match self {
                    Self::Any(parts) => Ok(parts),
                    other => Err(other),
                }
            }
        })*
    };
}

nests! { Subject Test StackTest }

/// All of them.
pub(super) fn all_of<T: Nests>(parts: Vec<T>) -> T {
    tidy(parts, T::parts_of_all, T::all)
}

/// Any of them.
pub(super) fn any_of<T: Nests>(parts: Vec<T>) -> T {
    tidy(parts, T::parts_of_any, T::any)
}

fn tidy<T: Nests>(parts: Vec<T>, within: fn(T) -> Result<Vec<T>, T>, kind: fn(Vec<T>) -> T) -> T {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match within(part) {
            Ok(inner) => flat.extend(inner),
            Err(part) => flat.push(part),
        }
    }
    flat.sort();
    flat.dedup();
    match (flat.pop(), flat.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            flat.push(last);
            kind(flat)
        }
        (None, _) => kind(flat),
    }
}
