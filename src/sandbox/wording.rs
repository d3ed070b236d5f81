//! Refusals in the words that Spacelift's kind of server uses, since clients look for them.

use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::executable::Operation;
use apollo_compiler::schema::ExtendedType;
use serde_json::{Map, Value};

use super::schema::{arguments, fields, nearest, types};

/// The validator's message, reworded if it is about a name that is not in the schema.
///
/// Whatever it says in another form is passed on as it is, so that a new version of the validator can only cost style.
pub(crate) fn refusal(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [ty, field]
            if message.starts_with("type ") && message.contains("does not have a field") =>
        {
            format!(
                "Cannot query field \"{field}\" on type \"{ty}\".{}",
                nearest(field, &fields(ty))
            )
        }
        [argument, place]
            if message.starts_with("the argument ") && message.contains("not supported") =>
        {
            let place = place.split('(').next().unwrap_or(place);
            let (ty, field) = place.split_once('.').unwrap_or(("", place));
            let near = nearest(argument, &arguments(ty, field));
            format!("Unknown argument \"{argument}\" on field \"{field}\" of type \"{ty}\".{near}")
        }
        [field, ty] if message.starts_with("field ") && message.contains("does not exist on") => {
            format!(
                "Field \"{field}\" is not defined by type \"{ty}\".{}",
                nearest(field, &fields(ty))
            )
        }
        [ty] if message.starts_with("cannot find type ") => {
            format!("Unknown type \"{ty}\".{}", nearest(ty, &types()))
        }
        _ => message.to_owned(),
    }
}

/// What is wrong with the values of an operation's variables.
pub(crate) fn variables(
    schema: &Schema,
    operation: &Operation,
    given: &Map<String, Value>,
) -> Vec<String> {
    let mut faults = Vec::new();
    for variable in &operation.variables {
        let value = given.get(variable.name.as_str());
        let mut inner = Vec::new();
        match value {
            None if variable.ty.is_non_null() && variable.default_value.is_none() => {
                faults.push(format!(
                    "Variable \"${}\" of required type \"{}\" was not provided.",
                    variable.name, variable.ty
                ))
            }
            None => {}
            Some(value) => check(schema, &variable.ty, value, &mut inner),
        }
        faults.extend(inner.iter().map(|fault| {
            let shown = value.map(ToString::to_string).unwrap_or_default();
            format!(
                "Variable \"${}\" got invalid value {shown}.\n{fault}",
                variable.name
            )
        }));
    }
    faults
}

fn check(schema: &Schema, ty: &Type, value: &Value, faults: &mut Vec<String>) {
    if value.is_null() {
        if ty.is_non_null() {
            faults.push(format!("Expected \"{ty}\", found null."));
        }
        return;
    }
    let name = match ty {
        Type::List(item) | Type::NonNullList(item) => {
            let items = value
                .as_array()
                .map_or(std::slice::from_ref(value), Vec::as_slice);
            for (at, value) in items.iter().enumerate() {
                below(
                    schema,
                    item,
                    value,
                    &format!("In element #{}: ", at + 1),
                    faults,
                );
            }
            return;
        }
        Type::Named(name) | Type::NonNullNamed(name) => name,
    };
    match schema.types.get(name) {
        Some(ExtendedType::InputObject(input)) => {
            let Some(object) = value.as_object() else {
                faults.push(format!("Expected \"{name}\", found not an object."));
                return;
            };
            for key in object
                .keys()
                .filter(|key| !input.fields.contains_key(key.as_str()))
            {
                faults.push(format!(
                    "In field \"{key}\": Unknown field.{}",
                    nearest(key, &fields(name))
                ));
            }
            for (key, field) in &input.fields {
                let label = format!("In field \"{key}\": ");
                match object.get(key.as_str()) {
                    Some(value) => below(schema, &field.ty, value, &label, faults),
                    None if field.ty.is_non_null() && field.default_value.is_none() => {
                        faults.push(format!("{label}Expected \"{}\", found null.", field.ty));
                    }
                    None => {}
                }
            }
        }
        Some(ExtendedType::Enum(values)) => {
            let known = value
                .as_str()
                .is_some_and(|value| values.values.contains_key(value));
            if !known {
                faults.push(format!("Expected type \"{name}\", found {value}."));
            }
        }
        _ => {
            let fits = match name.as_str() {
                "Int" => value
                    .as_i64()
                    .is_some_and(|number| i32::try_from(number).is_ok()),
                "Float" => value.is_number(),
                "Boolean" => value.is_boolean(),
                "ID" => value.is_string() || value.is_i64(),
                _ => value.is_string(),
            };
            if !fits {
                faults.push(format!("Expected type \"{name}\", found {value}."));
            }
        }
    }
}

fn below(schema: &Schema, ty: &Type, value: &Value, label: &str, faults: &mut Vec<String>) {
    let mut inner = Vec::new();
    check(schema, ty, value, &mut inner);
    faults.extend(inner.into_iter().map(|fault| format!("{label}{fault}")));
}
