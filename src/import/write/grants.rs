//! Grants, those that hold before those that are offered.

use super::names::Names;
use super::{instant, login};
use crate::import::layout::{Page, Yaml};
use crate::import::{Found, Grant};

/// The grants that hold.
pub(super) fn held(found: &Found) -> impl Iterator<Item = &Grant> {
    let sections = found.grants.iter().filter(|section| !section.is_offer);
    sections.flat_map(|section| &section.grants)
}

pub(super) fn write(found: &Found, names: &Names, page: &mut Page) {
    let sections = || found.grants.iter().filter(|one| !one.grants.is_empty());
    if sections().next().is_none() {
        return;
    }
    page.gap();
    if sections().all(|section| section.is_offer) {
        page.comment(0, "grants:");
    } else {
        page.key(0, "grants");
    }
    let mut is_first = true;
    // What holds stands before what is only offered.
    for offered in [false, true] {
        for section in sections().filter(|section| section.is_offer == offered) {
            if !is_first {
                page.gap();
            }
            is_first = false;
            if !section.remark.is_empty() {
                page.comment(2, &section.remark);
            }
            for grant in &section.grants {
                let value = grant_yaml(grant, names);
                if offered {
                    page.item_offered(2, &value, None);
                } else {
                    page.item(2, &value, None);
                }
            }
        }
    }
}

fn grant_yaml(grant: &Grant, names: &Names) -> Yaml {
    let spaces = if grant.labels.is_empty() {
        Yaml::texts(&grant.spaces)
    } else {
        Yaml::Map(vec![
            ("label".to_string(), Yaml::texts(&grant.labels)),
            ("at_login".to_string(), Yaml::flag(true)),
        ])
    };
    let mut entries = vec![
        ("who".to_string(), names.who(&grant.who)),
        ("roles".to_string(), Yaml::texts(&grant.roles)),
        ("spaces".to_string(), spaces),
    ];
    if let Some(when) = &grant.when {
        entries.push(("when".to_string(), login::test(when)));
    }
    for (key, at) in [("starts", grant.starts), ("ends", grant.ends)] {
        if let Some(at) = at {
            entries.push((key.to_string(), Yaml::text(instant(at))));
        }
    }
    Yaml::Map(entries)
}
