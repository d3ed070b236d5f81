//! Grants that nobody has looked at for longer than `defaults.review_every`.

use super::{Asked, day};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Origin;

pub(super) fn check(asked: &Asked<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(at), Some(review)) = (asked.at, &asked.model.review) else {
        return;
    };
    let help = "look at it, and write the day as `reviewed`";
    let mut never = 0_usize;
    for grant in asked.model.grants.values() {
        // Temporary access is approved when it is written, and conventions have no day of their own.
        if matches!(grant.origin, Origin::Elevation { .. }) {
            continue;
        }
        // What begins has been looked at when it was written.
        let last = [grant.reviewed, review.reviewed, grant.starts]
            .into_iter()
            .flatten();
        let Some(last) = last.filter(|last| *last <= at).max() else {
            never += 1;
            continue;
        };
        if at - last > review.every {
            let message = format!("this was last reviewed at {}", day(last));
            found.push(
                Diagnostic::warning(Code::ReviewOverdue, grant.span, message)
                    .related(review.span, "to be reviewed as often as this says")
                    .help(help),
            );
        }
    }
    if never > 0 {
        let grants = crate::report::counts::number(never, "grant");
        found.push(
            Diagnostic::warning(
                Code::ReviewOverdue,
                review.span,
                format!("of {grants} nothing says when they were last reviewed"),
            )
            .help("write `reviewed` on each, or once beside `review_every` for all of them"),
        );
    }
}
