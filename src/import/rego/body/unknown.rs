//! Why a rule is left, in words that show what is not known.

use super::Unknown;
use crate::import::rego::tree::Term;

pub(super) fn unknown(text: &str) -> Unknown {
    let short: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = short.chars().take(80).collect();
    format!(
        "`{}` is not known here",
        crate::report::visible::visible(&short)
    )
}

pub(super) fn unknown_term(term: &Term) -> Unknown {
    match term {
        Term::Other(text) => unknown(text),
        Term::Name(name) => unknown(name),
        Term::At(inner, index) => match (inner.as_ref(), index.as_ref()) {
            (_, Term::Text(key)) => unknown(&format!("{}.{key}", spelt(inner))),
            _ => unknown(&spelt(term)),
        },
        Term::Call(name, _) => unknown(&format!("{name}(…)")),
        other => unknown(&spelt(other)),
    }
}

fn spelt(term: &Term) -> String {
    match term {
        Term::Text(text) => format!("\"{text}\""),
        Term::Number(number) => number.to_string(),
        Term::Flag(flag) => flag.to_string(),
        Term::Name(name) => name.clone(),
        Term::List(_) => "[…]".to_string(),
        Term::At(inner, index) => match index.as_ref() {
            Term::Text(key) => format!("{}.{key}", spelt(inner)),
            other => format!("{}[{}]", spelt(inner), spelt(other)),
        },
        Term::Call(name, _) => format!("{name}(…)"),
        Term::Equal(one, other) => format!("{} == {}", spelt(one), spelt(other)),
        Term::NotEqual(one, other) => format!("{} != {}", spelt(one), spelt(other)),
        Term::Less(one, other, _) => format!("{} < {}", spelt(one), spelt(other)),
        Term::In(one, other) => format!("{} in {}", spelt(one), spelt(other)),
        Term::Bind(one, other) => format!("{} := {}", spelt(one), spelt(other)),
        Term::Other(text) => text.clone(),
    }
}
