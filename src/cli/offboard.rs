//! `liftgate offboard`.

mod account;
pub mod ending;
pub mod overdue;
pub mod pushed;

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::account::AccountArgs;
use super::output::{Failure, Output};
use super::{DirectoryArg, Exit, LimitArgs, MappingArg, check, edit};
use crate::edit::Edited;
use crate::offboard::{self, Leaver, LossError, Sights};
use crate::project::{Compiled, Project};
use crate::report::offboard::Shown;

const AFTER_HELP: &str = "\
Writes the logins into `login.offboarded` of the mapping, keeping its comments and layout, and shows what they lose. The policy \
refuses them from the next push on, which also ends their sessions, and everybody else's. A push counts each of them as losing \
access, whatever is known of them; more at once than the mapping's guards allow take \
`--override people-lose-access=WHY`, on plan or push.

With --account, it also lists what they leave in the account: sessions, keys, invitations. For somebody who is disabled at the \
identity provider already, --sessions-only ends their sessions and nobody else's, and leaves the policy for the next window in \
which everybody may be signed out; --window says when that is, and the record keeps it. --verify sees whether they are out.

Examples:
  liftgate offboard bob@acme.example --mapping policies/acme
  liftgate offboard bob@acme.example --alias bob.admin@acme.example --mapping policies/acme
  liftgate offboard bob@acme.example eve@acme.example --check --mapping policies/acme
  liftgate offboard bob@acme.example --sessions-only --window 2036-12-01T22:00Z --sandbox acme.json
  liftgate offboard bob@acme.example --verify --mapping policies/acme --sandbox acme.json";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct OffboardArgs {
    /// Who leaves: logins, exactly as Spacelift shows them.
    #[arg(required = true, value_name = "LOGIN")]
    logins: Vec<String>,
    /// Another login of the same person, if one login is given; may be repeated.
    #[arg(long = "alias", value_name = "LOGIN")]
    aliases: Vec<String>,
    /// A folder that holds access.yaml, or a mapping's file.
    #[arg(long, value_name = "PATH", default_value = ".")]
    mapping: PathBuf,
    /// Write nothing; exit 3 unless all of them are offboarded already.
    #[arg(long)]
    check: bool,
    /// Also show what they leave in the account; it is only looked at.
    #[arg(long = "account", conflicts_with_all = ["sessions_only", "verify"])]
    ask_account: bool,
    /// End their sessions, and nobody else's; change neither the mapping nor the policy.
    #[arg(long, conflicts_with_all = ["check", "verify"])]
    sessions_only: bool,
    /// Change nothing; exit 5 unless the account is seen to turn them away and no session of theirs is open.
    #[arg(long, conflicts_with = "check")]
    verify: bool,
    /// When the policy is to follow, RFC 3339: the next time at which everybody may be signed out.
    #[arg(long, value_name = "TIME", value_parser = super::eval::time, requires = "sessions_only")]
    window: Option<jiff::Timestamp>,
    /// Do not ask before sessions are ended.
    #[arg(long, requires = "sessions_only")]
    yes: bool,
    /// Append whose sessions were ended to this file; without this, where pushes are recorded.
    #[arg(long, value_name = "FILE", requires = "sessions_only")]
    record: Option<PathBuf>,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    directory: DirectoryArg,
    #[command(flatten)]
    limits: LimitArgs,
}

pub fn run(args: &OffboardArgs, output: &Output) -> anyhow::Result<Exit> {
    if args.logins.len() > 1 && !args.aliases.is_empty() {
        return Ok(output.usage(
            "`--alias` was given with several logins, and could be any one's",
            "offboard somebody with aliases in a run of their own",
        ));
    }
    let mapping = MappingArg {
        path: args.mapping.clone(),
        directory: args.directory.clone(),
        limits: args.limits.clone(),
    };
    let Some((project, compiled)) = check::load(&mapping, output) else {
        return Ok(Exit::Findings);
    };
    let leavers = offboard::leavers(&project, &compiled, &args.logins, &args.aliases);
    if args.sessions_only {
        return ending::end_sessions(args, &leavers, &project, &compiled, output);
    }
    if args.verify {
        return account::verify(args, &leavers, &compiled, output);
    }
    let edits = offboard::edits(&project, &leavers);
    let wanted = offboard::wanted(&compiled.model, &leavers);
    let edited = if edits.is_empty() {
        None
    } else {
        match edit::apply(&edits, &project, &wanted, &mapping.choices(), output)? {
            Some(edited) => Some(edited),
            None => return Ok(Exit::Findings),
        }
    };
    let after = edited.as_ref().map_or(&compiled, |edited| &edited.compiled);
    let shown = shown(&leavers, &project, &compiled, after)?;
    for one in &shown {
        output.say(&format!("{}\n", one.human()));
    }
    let left = if args.ask_account || args.account.sandbox.is_some() {
        Some(account::left(args, &leavers, &compiled, output)?)
    } else {
        None
    };
    output.say(&format!(
        "{}\n",
        crate::report::offboard_account::NEVER_ASKED
    ));
    let (exit, state) = match &edited {
        None => {
            output.say("everybody is offboarded already; nothing was changed");
            (Exit::Fine, "current")
        }
        Some(edited) => {
            output.say(&edited.diff());
            if args.check {
                output.tell("error: not everybody is offboarded\n  help: run `liftgate offboard` without `--check`, and commit the file");
                (Exit::Findings, "stale")
            } else {
                edit::write(edited, output)?;
                output.say(NEXT);
                (Exit::Fine, "written")
            }
        }
    };
    let failing = edited.as_ref().map(edit::failing_tests).transpose()?;
    let failing = failing.unwrap_or_default();
    edit::tell_failing(&failing, output);
    let files: Vec<&str> = edited.iter().flat_map(|edited| edited.paths()).collect();
    let diff = edited.as_ref().map(Edited::diff);
    output.json(
        exit,
        json!({
            "people": shown,
            "account": left,
            "never_asked": crate::report::offboard_account::NEVER_ASKED,
            "state": state,
            "files": files,
            "failing_tests": failing,
            "diff": diff,
        }),
    );
    Ok(exit)
}

const NEXT: &str = "\
nothing has changed in the account yet: commit the file, and push it once it is merged
a push ends every session of the account but the pusher's, theirs too, and sees whether theirs are gone
what they leave beside, such as API keys and invitations: `--account`";

/// What everybody holds without the change and with it.
fn shown(
    leavers: &[Leaver],
    project: &Project,
    before: &Compiled,
    after: &Compiled,
) -> anyhow::Result<Vec<Shown>> {
    let now = jiff::Timestamp::now();
    let mut all = Vec::with_capacity(leavers.len());
    for leaver in leavers {
        let written: Vec<&str> = std::iter::once(&leaver.login)
            .chain(&leaver.aliases)
            .map(String::as_str)
            .collect();
        let sights = Sights::of(before, &leaver.lower(), &written);
        let held = sights.losses(before, now).map_err(failure)?;
        let kept = sights.losses(after, now).map_err(failure)?;
        let is_exempt = !leaver.exempt.is_empty();
        if kept.is_let_in && !is_exempt {
            return Err(anyhow!(Failure {
                message: format!("with the change, `{}` would still be let in", leaver.login),
                help: "nothing was changed; please report this with the mapping".to_string(),
            }));
        }
        all.push(Shown::of(
            leaver,
            (&held, &kept),
            sights.has_groups,
            &before.model,
            &project.sources,
        ));
    }
    Ok(all)
}

fn failure(error: LossError) -> anyhow::Error {
    match error {
        LossError::Disagrees(error) => error.into(),
        LossError::Evaluate(error) => anyhow!(Failure {
            message: format!("the policy could not be evaluated: {error}"),
            help: "the text is liftgate's own, so this is worth a bug report".to_string(),
        }),
    }
}
