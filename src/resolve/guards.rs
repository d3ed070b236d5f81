//! `guards`: limits of what one push may take away, each in its range.

use crate::diagnostic::{Code, Diagnostic, shown};
use crate::document::{Amount, Text};
use crate::model::{Guards, MostPeople};
use crate::source::{Span, Spanned};

use super::Resolver;

/// More people than any account has.
const MOST: i64 = 1_000_000;

/// More administrators than anybody would ask for.
const MOST_ADMINS: i64 = 1_000;

impl Resolver<'_, '_> {
    pub(super) fn guards(&mut self) -> Guards {
        let mut guards = Guards::default();
        let Some(written) = &self.document.guards else {
            return guards;
        };
        match &written.max_people_losing_access {
            None => {}
            Some(Amount::Number(number)) => {
                if let Some(count) = self.within(number, "max_people_losing_access", MOST) {
                    guards.max_people_losing_access = MostPeople::Count(count);
                }
            }
            Some(Amount::Share(text)) => {
                if let Some(share) = self.share(text, "max_people_losing_access") {
                    guards.max_people_losing_access = MostPeople::Share(share);
                }
            }
        }
        if let Some(number) = &written.max_admins_losing_access
            && let Some(count) = self.within(number, "max_admins_losing_access", MOST)
        {
            guards.max_admins_losing_access = count;
        }
        if let Some(number) = &written.min_admins
            && let Some(count) = self.within(number, "min_admins", MOST_ADMINS)
        {
            guards.min_admins = count;
        }
        if let Some(text) = &written.min_coverage
            && let Some(share) = self.share(text, "min_coverage")
        {
            guards.min_coverage = share;
        }
        if let Some(text) = &written.max_directory_age
            && let Some(age) = self.length(text, "7d")
        {
            guards.max_directory_age = age;
        }
        guards
    }

    fn within(&mut self, number: &Spanned<i64>, field: &str, most: i64) -> Option<usize> {
        if (0..=most).contains(&number.value) {
            return usize::try_from(number.value).ok();
        }
        self.out_of_range(
            number.span,
            format!("`{field}` cannot be {}", number.value),
            format!("write a number from 0 to {most}"),
        );
        None
    }

    /// A share such as `80%`, in whole percent.
    fn share(&mut self, text: &Text, field: &str) -> Option<u8> {
        let digits = text.strip_suffix('%');
        let plain = digits.filter(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && (*digits == "0" || !digits.starts_with('0'))
        });
        let percent = plain.and_then(|digits| digits.parse::<u8>().ok());
        if let Some(percent) = percent.filter(|percent| *percent <= 100) {
            return Some(percent);
        }
        self.out_of_range(
            text.span,
            format!("`{}` is no share for `{field}`", shown(text)),
            "write whole percent from `0%` to `100%`".to_owned(),
        );
        None
    }

    fn out_of_range(&mut self, span: Span, message: String, help: String) {
        self.error(Diagnostic::error(Code::BadValue, span, message).help(help));
    }
}
