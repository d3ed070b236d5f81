//! The answer of introspection.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::spacelift::description::{Field, Schema, Type};

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(in crate::spacelift) struct IntrospectionData {
    #[serde(rename = "__schema")]
    schema: SchemaShape,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct SchemaShape {
    types: Vec<TypeShape>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
struct TypeShape {
    name: Option<String>,
    fields: Option<Vec<FieldShape>>,
    input_fields: Option<Vec<InputShape>>,
    enum_values: Option<Vec<ValueShape>>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct FieldShape {
    name: String,
    args: Vec<InputShape>,
    #[serde(rename = "type")]
    ty: Reference,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct InputShape {
    name: String,
    #[serde(rename = "type")]
    ty: Reference,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct ValueShape {
    name: String,
}

/// A type as it is referred to. Introspection nests as deep as it is asked, and nothing here is wrapped more than thrice.
type Reference = Wrapped<Wrapped<Wrapped<Named>>>;

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "camelCase")]
struct Wrapped<Inner> {
    kind: String,
    name: Option<String>,
    of_type: Option<Inner>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
struct Named {
    #[serde(rename = "kind")]
    _kind: String,
    name: Option<String>,
}

/// As GraphQL writes it.
trait Written {
    fn written(&self) -> String;
}

impl Written for Named {
    fn written(&self) -> String {
        self.name.clone().unwrap_or_default()
    }
}

impl<Inner: Written> Written for Wrapped<Inner> {
    fn written(&self) -> String {
        let inner = self.of_type.as_ref().map(Written::written);
        match (self.kind.as_str(), inner) {
            ("NON_NULL", Some(inner)) => format!("{inner}!"),
            ("LIST", Some(inner)) => format!("[{inner}]"),
            _ => self.name.clone().unwrap_or_default(),
        }
    }
}

fn inputs(shapes: Vec<InputShape>) -> BTreeMap<String, String> {
    let inputs = shapes.into_iter();
    inputs
        .map(|input| (input.name, input.ty.written()))
        .collect()
}

impl From<IntrospectionData> for Schema {
    fn from(data: IntrospectionData) -> Self {
        let mut types = BTreeMap::new();
        for shape in data.schema.types {
            let Some(name) = shape.name else { continue };
            let fields = shape.fields.unwrap_or_default().into_iter();
            let field = |field: FieldShape| {
                let shown = Field {
                    ty: field.ty.written(),
                    arguments: inputs(field.args),
                };
                (field.name, shown)
            };
            let values = shape.enum_values.unwrap_or_default().into_iter();
            let ty = Type {
                fields: fields.map(field).collect(),
                inputs: inputs(shape.input_fields.unwrap_or_default()),
                values: values.map(|value| value.name).collect(),
            };
            types.insert(name, ty);
        }
        Schema { types }
    }
}
