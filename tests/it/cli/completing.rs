//! What shells are offered: asked as each shell's script asks, and through the script of the shell that is at hand.

use std::process::Command;

use super::bench::Bench;

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// What a shell is offered for the last of these words.
fn offered(bench: &Bench, shell: &str, words: &[&str]) -> Vec<String> {
    let mut command = bench.std_command();
    command
        .env("LIFTGATE_COMPLETE", shell)
        // Each script has its own way to say which word it is about.
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "false")
        .env("_CLAP_IFS", "\n")
        .args(["--", "liftgate"])
        .args(words);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{shell} {words:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    // Beside a value stands what it is for, apart by a tab, or for zsh by a colon.
    let value = |line: &str| {
        let end = if shell == "zsh" { ':' } else { '\t' };
        line.split(end).next().unwrap_or_default().to_owned()
    };
    text.lines().map(value).collect()
}

fn of_acme() -> Bench {
    super::help::with_acme()
}

#[test]
fn every_shell_is_offered_the_names_of_the_mapping() {
    let bench = of_acme();
    for shell in SHELLS {
        for (words, some, none) in [
            (
                &["access", "policies/acme", "--group", ""][..],
                &["payments", "platform"][..],
                "payments-prod",
            ),
            (
                &["who", "policies/acme", "--can", "run:confirm", "--in", ""],
                &["payments-prod", "network", "root", "legacy"],
                "alice",
            ),
            (
                &["who", "policies/acme", "--label", ""],
                &["env:prod"],
                "payments",
            ),
            (
                &["who", "policies/acme", "--role", ""],
                &["deployer", "space-admin"],
                "payments",
            ),
            (
                &["eval", "policies/acme", "--as", "a"],
                &["alice"],
                "payments",
            ),
            (
                &["plan", "policies/acme", "--delete-role", "d"],
                &["deployer"],
                "space-admin",
            ),
            (
                &["push", "policies/acme", "--override", "people"],
                &["people-lose-access="],
                "moved=",
            ),
        ] {
            let all = offered(&bench, shell, words);
            for name in some {
                // zsh has a colon of a value escaped.
                let found = all.iter().any(|one| {
                    one == name
                        || shell == "zsh"
                            && *one == name.split(':').next().unwrap().to_owned() + "\\"
                });
                assert!(found, "{shell} {words:?}: no {name} among {all:?}");
            }
            assert!(
                !all.iter().any(|one| one == none),
                "{shell} {words:?}: {all:?}"
            );
        }
    }
}

#[test]
fn the_mapping_of_the_folder_is_meant_where_none_is_named() {
    let bench = Bench::with_starter();
    let spaces = offered(&bench, "bash", &["who", "--in", "app"]);
    assert_eq!(spaces, ["app", "app-dev", "app-prod"]);
    // And of a mapping that is being written, whatever is sound.
    bench.edit("access.yaml", "version: 1", "version: 1\nspcaes: [");
    assert_eq!(
        offered(&bench, "bash", &["who", "--in", "app"]),
        [] as [&str; 0]
    );
    bench.edit("access.yaml", "\nspcaes: [", "\nspcaes: []");
    assert_eq!(offered(&bench, "bash", &["who", "--in", "app"]), spaces);
    // Nothing is said where there is none at all.
    assert_eq!(
        offered(&Bench::new(), "bash", &["who", "--in", "a"]),
        [] as [&str; 0]
    );
}

#[test]
fn a_script_of_bash_asks_and_offers() {
    let bench = Bench::with_starter();
    let script = bench.fine("completions bash");
    bench.write("script", &script);
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_liftgate"))
        .parent()
        .unwrap();
    let asked = "source ./script; COMP_WORDS=(liftgate access --group pl); COMP_CWORD=3; COMP_TYPE=9; \
        _clap_complete_liftgate liftgate pl --group; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["--norc", "-c", asked])
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .current_dir(bench.folder())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "platform",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The commands of the program, each of which every shell is offered.
#[test]
fn commands_are_offered_and_hidden_ones_are_not() {
    let bench = Bench::new();
    for shell in SHELLS {
        let all = offered(&bench, shell, &[""]);
        for command in super::help::COMMANDS {
            let (command, _) = command.split_once(' ').unwrap_or((command, ""));
            assert!(all.iter().any(|one| one == command), "{shell}: {all:?}");
        }
        assert!(!all.iter().any(|one| one == "evaluate-foreign"), "{shell}");
    }
}

#[test]
fn each_script_is_for_its_shell() {
    let bench = Bench::new();
    let mut all = std::collections::BTreeSet::new();
    for shell in SHELLS {
        let script = bench.fine(&format!("completions {shell}"));
        assert!(script.contains("LIFTGATE_COMPLETE"), "{shell}");
        assert!(all.insert(script), "{shell}");
    }
}

// ---- The manual ----

/// Every command and every option has its place in the manual, and groff has nothing to say against it where it is at hand.
#[test]
fn the_manual_has_a_page_for_every_command() {
    let bench = Bench::new();
    bench.fine("man --folder pages");
    for command in super::help::COMMANDS {
        let name = format!("liftgate-{}", command.replace(' ', "-"));
        let page = bench.read(&format!("pages/{name}.1"));
        let help = bench.fine(&format!("{command} --help"));
        let plain = page.replace('\\', "");
        for word in help
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
        {
            let option = word.trim_end_matches([',', ']', '`', '.', ';']);
            let name = option.split(['=', '`']).next().unwrap();
            assert!(plain.contains(name), "{command}: {name}");
        }
        assert!(
            page.contains(".SH EXAMPLES\n.TP\n\\fBliftgate "),
            "{command}"
        );
        assert!(page.starts_with(".ie ") && page.contains(&format!(".TH {name} 1")));
        let ran = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-z"])
            .arg(bench.path(&format!("pages/{name}.1")))
            .output();
        if let Ok(output) = ran {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                output.status.success() && said.is_empty(),
                "{command}: {said}"
            );
        }
    }
    let whole = bench.read("pages/liftgate.1");
    assert_eq!(whole, bench.fine("man"));
}
