//! `conditions`: where a request comes from, and when.

use std::collections::BTreeMap;

use super::Resolver;
use crate::diagnostic::{Code, Diagnostic, shown};
use crate::model::Condition;

impl Resolver<'_, '_> {
    pub(super) fn conditions(&mut self) -> Option<BTreeMap<String, Condition>> {
        let document = self.document;
        let mut conditions = BTreeMap::new();
        let mut sound = true;
        for (name, written) in &document.conditions {
            let span = name.span.to(written.span);
            let given = written.ip.is_some()
                || written.days.is_some()
                || written.hours.is_some()
                || written.timezone.is_some();
            if !given {
                self.found.missing(
                    span,
                    Diagnostic::error(
                        Code::EmptyValue,
                        name.span,
                        format!("the condition `{}` asks for nothing", shown(name)),
                    )
                    .help("give it `ip`, or `hours` or `days` with a `timezone`"),
                );
            }
            let networks = written.ip.as_ref().map(|list| self.networks(list, name));
            let hours = self.hours(written, name);
            match (networks, hours, given) {
                (Some(None), _, _) | (_, None, _) | (_, _, false) => sound = false,
                (networks, Some(hours), true) => {
                    conditions.entry(name.value.clone()).or_insert(Condition {
                        networks: networks.flatten(),
                        hours,
                        span,
                    });
                }
            }
        }
        sound.then_some(conditions)
    }
}
