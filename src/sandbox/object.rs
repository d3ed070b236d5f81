//! Objects as they are read out, field by field.

use std::cell::RefCell;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use serde_json::{Map, Value};

use super::args::Args;
use super::desk::{Answer, Fail};
use super::request::Call;
use super::{mutation, nested, query};

/// The object at the root: its fields act.
pub(crate) struct Root<'c, 's> {
    pub(crate) call: &'c RefCell<Call<'s>>,
    pub(crate) mutation: bool,
}

/// Any other object: its fields are its own, or worked out from the state.
struct Part<'c, 's> {
    call: &'c RefCell<Call<'s>>,
    ty: String,
    fields: Map<String, Value>,
}

impl ObjectValue for Root<'_, '_> {
    fn type_name(&self) -> &str {
        if self.mutation { "Mutation" } else { "Query" }
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let args = arguments(info)?;
        let answer = if self.mutation {
            mutation::resolve(&mut self.call.borrow_mut(), info.field_name(), &args)
        } else {
            query::resolve(&self.call.borrow(), info.field_name(), &args)
        };
        Ok(wrap(self.call, info, field_error(answer)?))
    }
}

impl ObjectValue for Part<'_, '_> {
    fn type_name(&self) -> &str {
        &self.ty
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let name = info.field_name();
        let args = arguments(info)?;
        let worked_out = nested::resolve(
            &self.call.borrow().look(),
            &self.ty,
            name,
            &self.fields,
            &args,
        );
        let answer =
            worked_out.unwrap_or_else(|| Ok(self.fields.get(name).cloned().unwrap_or_default()));
        Ok(wrap(self.call, info, field_error(answer)?))
    }
}

fn field_error(answer: Answer) -> Result<Value, FieldError> {
    answer.map_err(|Fail(message)| FieldError { message })
}

fn arguments(info: &ResolveInfo<'_>) -> Result<Args, FieldError> {
    match serde_json::to_value(info.arguments()) {
        Ok(Value::Object(map)) => Ok(Args(map)),
        _ => Err(FieldError {
            message: "arguments cannot be read".to_owned(),
        }),
    }
}

fn wrap<'a, 's: 'a>(
    call: &'a RefCell<Call<'s>>,
    info: &ResolveInfo<'_>,
    value: Value,
) -> ResolvedValue<'a> {
    let ty = info.field_definition().ty.inner_named_type().as_str();
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items
                .into_iter()
                .map(|item| wrap(call, info, item))
                .collect();
            ResolvedValue::list(items)
        }
        Value::Object(fields) => ResolvedValue::object(Part {
            call,
            ty: ty.to_owned(),
            fields,
        }),
        leaf => ResolvedValue::leaf(leaf),
    }
}
