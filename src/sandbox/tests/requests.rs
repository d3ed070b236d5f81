//! Requests in the shapes in which other clients send them.

use super::*;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    client: String,
    name: String,
    query: String,
    #[serde(default)]
    variables: Value,
    #[serde(default)]
    data: Option<Value>,
    #[serde(default)]
    error: Option<String>,
}

#[test]
fn other_clients_are_answered() {
    let shapes: Vec<Shape> = serde_json::from_str(include_str!("requests.json")).unwrap();
    assert!(shapes.len() > 100);
    for shape in shapes {
        let title = format!("{}: {}", shape.client, shape.name);
        let desk = Desk::with(Says);
        let answer = desk.raw(&shape.query, shape.variables);
        match (shape.data, shape.error) {
            (Some(data), None) => {
                assert_eq!(answer.get("errors"), None, "{title}");
                assert_holds(&data, &answer["data"], &title);
            }
            (None, Some(error)) => {
                let message = answer["errors"][0]["message"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{title}: {answer}"));
                assert!(message.contains(&error), "{title}: {message}");
            }
            _ => panic!("{title}: expects both or nothing"),
        }
    }
}

/// Takes every policy, and lets everybody in.
struct Says;

impl Evaluate for Says {
    fn login(&self, _: &str, _: Engine, _: &str) -> Result<String, String> {
        Ok(r#"{"access_level":"allow"}"#.to_owned())
    }

    fn check(&self, _: &str, _: &str, _: Engine) -> Result<(), String> {
        Ok(())
    }
}
