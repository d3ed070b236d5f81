//! `liftgate schema`.

use clap::{Args, ValueEnum};

use super::Exit;
use super::output::Output;
use crate::schema::{Of, schema};

const AFTER_HELP: &str = "\
An editor with a YAML language server reads it where the first line of a mapping says \
`# yaml-language-server: $schema=access.schema.json`.

Examples:
  liftgate schema > access.schema.json
  liftgate schema fixtures > fixtures.schema.json";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct SchemaArgs {
    /// Which files it is of.
    #[arg(value_enum, default_value_t = Kind::Mapping)]
    of: Kind,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// access.yaml.
    Mapping,
    /// A file that a mapping includes.
    Included,
    /// fixtures.yaml, and every file in fixtures/.
    Fixtures,
}

pub fn run(args: &SchemaArgs, output: &Output) -> anyhow::Result<Exit> {
    let schema = schema(match args.of {
        Kind::Mapping => Of::Mapping,
        Kind::Included => Of::Included,
        Kind::Fixtures => Of::Fixtures,
    });
    if output.is_json() {
        output.json(Exit::Fine, serde_json::json!({ "schema": schema }));
    } else {
        output.raw(&format!("{}\n", serde_json::to_string_pretty(&schema)?));
    }
    Ok(Exit::Fine)
}
