//! What an installation says of itself: its schema, by introspection.

use std::collections::{BTreeMap, BTreeSet};

/// The types of an installation's API, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// Those with fields, inputs and enumerations.
    pub types: BTreeMap<String, Type>,
}

/// A type of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Type {
    /// The fields of an object.
    pub fields: BTreeMap<String, Field>,
    /// The fields of an input, and their types as GraphQL writes them.
    pub inputs: BTreeMap<String, String>,
    /// The values of an enumeration.
    pub values: BTreeSet<String>,
}

/// A field of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// As GraphQL writes it, such as `[String!]!`.
    pub ty: String,
    /// Its arguments and their types.
    pub arguments: BTreeMap<String, String>,
}

impl Schema {
    /// The type of an object's or an input's field.
    pub fn field(&self, ty: &str, field: &str) -> Option<&str> {
        let ty = self.types.get(ty)?;
        let of_object = ty.fields.get(field).map(|field| &field.ty);
        of_object
            .or_else(|| ty.inputs.get(field))
            .map(String::as_str)
    }
}
