//! Every document fits the schema, and everything it selects is read.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use apollo_compiler::executable::{OperationType, Selection, SelectionSet};
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::schema::{ExtendedType, Type};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::server::Request;
use crate::spacelift::operations::{Kind, Operation, ReadOperation, WriteOperation};
use crate::spacelift::wire;

static SCHEMA: LazyLock<Valid<Schema>> = LazyLock::new(|| {
    Schema::parse_and_validate(include_str!("../schema.graphql"), "schema.graphql")
        .unwrap_or_else(|error| panic!("{error}"))
});

/// All but the one that is meant not to fit.
fn all() -> Vec<Operation> {
    let misfit = Operation::from(ReadOperation::Misfit);
    let reads = ReadOperation::ALL.map(Operation::from);
    let writes = WriteOperation::ALL.map(Operation::from);
    reads
        .into_iter()
        .chain(writes)
        .filter(|operation| *operation != misfit)
        .collect()
}

#[test]
fn one_document_is_meant_not_to_fit() {
    let text = Operation::from(ReadOperation::Misfit).document(&BTreeSet::new());
    let faulty = ExecutableDocument::parse_and_validate(&SCHEMA, &text, "misfit.graphql");
    let errors = faulty.unwrap_err().errors.to_string();
    assert!(errors.contains("thereIsNoSuchField"), "{errors}");
    let mended = text.replace("thereIsNoSuchField", "login");
    let document = parse(&mended);
    let operation = document.operations.get(None).unwrap();
    assert_eq!(operation.operation_type, OperationType::Query);
}

/// Every subset of the optional fields, the empty one first.
fn subsets(operation: Operation) -> Vec<BTreeSet<&'static str>> {
    let optional = operation.optional();
    (0..1_u32 << optional.len())
        .map(|bits| {
            optional
                .iter()
                .enumerate()
                .filter(|(index, _)| bits & (1 << index) != 0)
                .map(|(_, field)| *field)
                .collect()
        })
        .collect()
}

fn parse(text: &str) -> Valid<ExecutableDocument> {
    ExecutableDocument::parse_and_validate(&SCHEMA, text, "operation.graphql")
        .unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// A recorded request is a document of ours with variables that fit it.
pub(super) fn assert_valid(request: &Request) {
    let document = parse(request.query());
    let operation = document
        .operations
        .get(Some(request.operation()))
        .unwrap_or_else(|_| panic!("{} is not in its document", request.operation()));
    let variables = serde_json::from_value(request.variables().clone()).unwrap();
    coerce_variable_values(&SCHEMA, operation, &variables)
        .unwrap_or_else(|error| panic!("{}: {error:?}", request.operation()));
}

#[test]
fn every_document_fits_the_schema_with_and_without_its_optional_fields() {
    for operation in all() {
        for absent in subsets(operation) {
            let text = operation.document(&absent);
            let document = parse(&text);
            assert!(!text.contains('#'), "comments are not sent");
            assert_eq!(document.operations.len(), 1);
            assert!(
                document.operations.get(Some(operation.name())).is_ok(),
                "{text}"
            );
            for field in &absent {
                assert!(!text.contains(field), "{text}");
            }
        }
        if let Some(root) = operation.root() {
            assert!(operation.document(&BTreeSet::new()).contains(root));
        }
    }
}

#[test]
fn fields_that_came_late_are_optional() {
    for operation in [
        Operation::from(ReadOperation::Policies),
        ReadOperation::Policy.into(),
        WriteOperation::PolicyCreate.into(),
        WriteOperation::PolicyUpdate.into(),
    ] {
        assert_eq!(operation.optional(), ["engineType"]);
    }
    for operation in [
        Operation::from(ReadOperation::Roles),
        WriteOperation::RoleCreate.into(),
        WriteOperation::RoleUpdate.into(),
    ] {
        assert_eq!(operation.optional(), ["roleBindingsCount"]);
    }
    assert_eq!(
        Operation::from(ReadOperation::Account).optional(),
        ["authorizationScheme", "policyRuntime", "debugInfo"]
    );
}

#[test]
fn every_file_is_an_operation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/spacelift/operations");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|extension| extension == "graphql")
        })
        .count();
    assert_eq!(files, all().len() + 1);
}

/// What a reader can send is a query, an exchange of credentials, or a
/// simulation. This is the wall that the plan command stands behind.
#[test]
fn a_reader_has_nothing_to_write_with() {
    const HARMLESS: [&str; 4] = [
        "apiKeyUser",
        "oauthUser",
        "policySimulate",
        "policySimulatev2",
    ];
    for operation in ReadOperation::ALL.map(Operation::from) {
        // Looked at above.
        if operation == ReadOperation::Misfit.into() {
            assert_eq!(operation.kind(), Kind::Query);
            continue;
        }
        let document = parse(&operation.document(&BTreeSet::new()));
        let parsed = document.operations.get(None).unwrap();
        let roots: Vec<&str> = parsed
            .selection_set
            .fields()
            .map(|field| field.name.as_str())
            .collect();
        match operation.kind() {
            Kind::Query => assert_eq!(parsed.operation_type, OperationType::Query),
            Kind::Login | Kind::Simulation => {
                assert_eq!(roots.len(), 1);
                assert!(HARMLESS.contains(&roots[0]), "{roots:?}");
            }
            Kind::Write => panic!("{} writes", operation.name()),
        }
    }
    for operation in WriteOperation::ALL.map(Operation::from) {
        assert_eq!(operation.kind(), Kind::Write);
        let document = parse(&operation.document(&BTreeSet::new()));
        let parsed = document.operations.get(None).unwrap();
        assert_eq!(parsed.operation_type, OperationType::Mutation);
    }
}

/// How to fill an answer.
#[derive(Clone, Copy)]
enum Fill {
    /// Everything set; enumerations take their n-th value.
    Full(usize),
    /// Whatever may be null is null.
    Sparse,
}

fn fill(set: &SelectionSet, how: Fill, path: &str) -> Value {
    let mut object = Map::new();
    for selection in &set.selections {
        let Selection::Field(field) = selection else {
            panic!("fragments are not used");
        };
        let path = format!("{path}.{}", field.response_key());
        let value = fill_type(field.ty(), &field.selection_set, how, &path);
        object.insert(field.response_key().to_string(), value);
    }
    Value::Object(object)
}

fn fill_type(ty: &Type, set: &SelectionSet, how: Fill, path: &str) -> Value {
    if matches!(how, Fill::Sparse) && !ty.is_non_null() {
        return Value::Null;
    }
    if ty.is_list() {
        let mut items: Vec<Value> = (0..2)
            .map(|index| {
                let how = match how {
                    Fill::Full(turn) => Fill::Full(turn + index),
                    Fill::Sparse => Fill::Sparse,
                };
                fill_type(ty.item_type(), set, how, &format!("{path}[{index}]"))
            })
            .collect();
        if items.iter().all(Value::is_string) {
            items.sort_by_key(|item| item.as_str().unwrap().to_owned());
        }
        return Value::Array(items);
    }
    let turn = match how {
        Fill::Full(turn) => turn,
        Fill::Sparse => 0,
    };
    match &SCHEMA.types[ty.inner_named_type()] {
        ExtendedType::Object(_) => fill(set, how, path),
        ExtendedType::Enum(definition) => {
            let names: Vec<&str> = definition.values.keys().map(|name| name.as_str()).collect();
            json!(names[turn % names.len()])
        }
        _ => match ty.inner_named_type().as_str() {
            "Int" => json!(1000 + path.len() + turn),
            "Boolean" => json!(turn.is_multiple_of(2)),
            _ => json!(path),
        },
    }
}

fn round_trip(operation: Operation, data: &Value) -> Value {
    fn through<T: DeserializeOwned + Serialize>(data: &Value) -> Value {
        let decoded: T = serde_json::from_value(data.clone()).unwrap();
        serde_json::to_value(decoded).unwrap()
    }
    use ReadOperation as R;
    use WriteOperation as W;
    match operation {
        Operation::Read(R::LoginApiKey) => through::<wire::LoginApiKeyData>(data),
        Operation::Read(R::LoginGithub) => through::<wire::LoginGithubData>(data),
        Operation::Read(R::Viewer) => through::<wire::ViewerData>(data),
        Operation::Read(R::Account) => through::<wire::AccountData>(data),
        Operation::Read(R::Policies) => through::<wire::PoliciesData>(data),
        Operation::Read(R::Policy) => through::<wire::PolicyData>(data),
        Operation::Read(R::Spaces) => through::<wire::SpacesData>(data),
        Operation::Read(R::Roles) => through::<wire::RolesData>(data),
        Operation::Read(R::Sessions) => through::<wire::SessionsData>(data),
        Operation::Read(R::ApiKeys) => through::<wire::ApiKeysData>(data),
        Operation::Read(R::Users) => through::<wire::UsersData>(data),
        Operation::Read(R::UserGroups) => through::<wire::UserGroupsData>(data),
        Operation::Read(R::GroupNames) => through::<wire::GroupNamesData>(data),
        Operation::Read(R::Seats) => through::<wire::SeatsData>(data),
        Operation::Read(R::SignOn) => through::<wire::SignOnData>(data),
        Operation::Read(R::UserSessions) => through::<wire::UserSessionsData>(data),
        Operation::Read(R::Evaluations) => through::<wire::EvaluationsData>(data),
        Operation::Read(R::EvaluationsFlat) => through::<wire::EvaluationsFlatData>(data),
        Operation::Read(R::Sample) => through::<wire::SampleData>(data),
        Operation::Read(R::AuditTrail) => through::<wire::AuditTrailData>(data),
        Operation::Read(R::Stacks) => through::<wire::StacksData>(data),
        Operation::Read(R::StacksFlat) => through::<wire::StacksFlatData>(data),
        Operation::Read(R::Module) => through::<wire::ModuleData>(data),
        Operation::Read(R::Attachments) => through::<wire::AttachmentsData>(data),
        Operation::Read(R::Actions) => through::<wire::ActionsData>(data),
        Operation::Read(R::Introspection) => through::<wire::IntrospectionData>(data),
        Operation::Read(R::Misfit) => unreachable!(),
        Operation::Read(R::Simulate) => through::<wire::SimulateData>(data),
        Operation::Read(R::SimulateFlat) => through::<wire::SimulateFlatData>(data),
        Operation::Write(W::PolicyCreate) => through::<wire::PolicyCreateData>(data),
        Operation::Write(W::PolicyUpdate) => through::<wire::PolicyUpdateData>(data),
        Operation::Write(W::PolicyDelete) => through::<wire::PolicyDeleteData>(data),
        Operation::Write(W::PolicyAttach) => through::<wire::PolicyAttachData>(data),
        Operation::Write(W::PolicyDetach) => through::<wire::PolicyDetachData>(data),
        Operation::Write(W::RoleCreate) => through::<wire::RoleCreateData>(data),
        Operation::Write(W::RoleUpdate) => through::<wire::RoleUpdateData>(data),
        Operation::Write(W::RoleDelete) => through::<wire::RoleDeleteData>(data),
        Operation::Write(W::SessionDelete) => through::<wire::SessionDeleteData>(data),
    }
}

/// A field that is asked for and thrown away comes back missing here; so does
/// a value of an enumeration that is read as another.
#[test]
fn no_selected_field_is_left_unread() {
    for operation in all() {
        let document = parse(&operation.document(&BTreeSet::new()));
        let set = &document.operations.get(None).unwrap().selection_set;
        let turns = (0..100).map(Fill::Full).chain([Fill::Sparse]);
        for how in turns {
            let answer = fill(set, how, operation.name());
            assert_eq!(round_trip(operation, &answer), answer);
        }
    }
}

/// What an older installation leaves out is read as unknown.
#[test]
fn answers_without_the_optional_fields_are_read() {
    for operation in all() {
        for absent in subsets(operation) {
            let document = parse(&operation.document(&absent));
            let set = &document.operations.get(None).unwrap().selection_set;
            let answer = fill(set, Fill::Full(0), operation.name());
            round_trip(operation, &answer);
        }
    }
}
