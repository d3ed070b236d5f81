//! Which tree of spaces a question is about: the mapping's, or the account's.

use clap::Args;

use super::account::{AccountArgs, explained};
use crate::effective;
use crate::model::Model;
use crate::spacelift::ReadAccount as _;

#[derive(Debug, Clone, Args)]
pub struct TreeArgs {
    /// Take spaces, labels and roles as the account of the credentials has them, not as the mapping declares them.
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    account: AccountArgs,
}

/// A mapping with the tree that was asked for.
pub struct Tree {
    /// The mapping.
    pub model: Model,
    /// Whose tree it is, where it is not the mapping's.
    pub whose: Option<String>,
}

impl TreeArgs {
    /// The mapping's own tree, or that of the account that is asked for.
    pub fn of(&self, model: &Model) -> anyhow::Result<Tree> {
        if !self.live && self.account.sandbox.is_none() {
            return Ok(Tree {
                model: model.clone(),
                whose: None,
            });
        }
        let connected = self.account.connect(model)?;
        let spaces = connected
            .reader
            .spaces()
            .map_err(|error| explained(&error))?;
        let roles = connected
            .reader
            .roles()
            .map_err(|error| explained(&error))?;
        Ok(Tree {
            model: effective::in_account(model, &spaces, roles.as_deref()),
            whose: Some(connected.label.clone()),
        })
    }
}
