//! The same grants by hand: a rule for each, as people write them.

use std::fmt::Write as _;

use crate::workload::{Kind, grant};

/// How a rule asks for a group.
#[derive(Clone, Copy)]
pub enum Asking {
    /// `"Group 1" in input.session.teams`.
    In,
    /// `input.session.teams[_] == "Group 1"`.
    Index,
    /// `some team in input.session.teams` and `team == "Group 1"`.
    Some,
}

/// A policy that gives what the workload of as many grants gives.
pub fn rule_per_grant(grants: usize, asking: Asking) -> String {
    let mut rego = "package spacelift\n\nallow if input.session.member\n\n".to_string();
    let hold = |group: usize, name: &str| match asking {
        Asking::In => format!("\t\"Group {group}\" in input.session.teams\n"),
        Asking::Index => format!("\tinput.session.teams[_] == \"Group {group}\"\n"),
        Asking::Some => {
            format!("\tsome {name} in input.session.teams\n\t{name} == \"Group {group}\"\n")
        }
    };
    for office in 0..7 {
        for network in [
            format!("203.0.{office}.0/24"),
            format!("2001:db8:{office}::/48"),
        ] {
            let _ = write!(
                rego,
                "office{office} if {{\n\tnet.cidr_contains(\"{network}\", input.request.remote_ip)\n\tworking\n}}\n\n"
            );
        }
    }
    rego.push_str("working if {\n\ttime.weekday([input.request.timestamp_ns, \"America/Los_Angeles\"]) in {\"Monday\", \"Tuesday\", \"Wednesday\", \"Thursday\", \"Friday\"}\n\t[hour, _, _] := time.clock([input.request.timestamp_ns, \"America/Los_Angeles\"])\n\thour >= 9\n\thour < 17\n}\n\n");
    for at in 0..grants {
        let grant = grant(at, grants);
        let mut body = hold(grant.group, "one");
        match grant.kind {
            Kind::One => {}
            Kind::AllNone => {
                body.push_str(&hold(grant.also, "other"));
                let _ = writeln!(
                    body,
                    "\tnot \"Group {}\" in input.session.teams",
                    grant.without
                );
            }
            Kind::When => {
                let _ = writeln!(body, "\toffice{}", at % 7);
            }
            Kind::Ends => {
                let _ = writeln!(body, "\tinput.request.timestamp_ns < 1900000000000000000");
            }
        }
        let _ = write!(
            rego,
            "roles[\"s{}\"] contains \"{}\" if {{\n{body}}}\n\n",
            grant.space, grant.role
        );
    }
    rego
}
