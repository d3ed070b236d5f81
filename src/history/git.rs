//! Running git.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::HistoryError;

/// No limit of an object's size.
pub(super) const ALL: usize = usize::MAX;

/// Runs git within a folder.
#[derive(Debug, Clone)]
pub(super) struct Git {
    folder: PathBuf,
}

impl Git {
    pub(super) fn within(folder: &Path) -> Self {
        let here = folder == Path::new("");
        Self {
            folder: if here { Path::new(".") } else { folder }.to_path_buf(),
        }
    }

    fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new("git");
        command
            .args(["--no-pager", "--literal-pathspecs"])
            .args(arguments)
            .current_dir(&self.folder)
            // Nothing is asked, fetched, locked or replaced on the way.
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("LC_ALL", "C")
            // As a hook sees them, they speak of another folder.
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .env_remove("GIT_PREFIX")
            .env_remove("GIT_COMMON_DIR")
            .stdin(Stdio::null());
        command
    }

    /// What it writes to its standard output.
    pub(super) fn bytes<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Vec<u8>, HistoryError> {
        let ran = self
            .command(arguments)
            .output()
            .map_err(|error| HistoryError::NoGit(error.to_string()))?;
        if ran.status.success() {
            return Ok(ran.stdout);
        }
        let said = String::from_utf8_lossy(&ran.stderr);
        let first = said.lines().next().unwrap_or_default();
        let first = first.strip_prefix("fatal: ").unwrap_or(first);
        Err(HistoryError::Git(first.to_string()))
    }

    pub(super) fn text<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String, HistoryError> {
        let bytes = self.bytes(arguments)?;
        String::from_utf8(bytes)
            .map_err(|_| HistoryError::Git("it answered with a path that is not UTF-8".to_string()))
    }
}

/// Processes that answer about objects, each started when it is first asked.
pub(super) struct Objects {
    contents: Asked,
    names: Asked,
}

impl Objects {
    pub(super) fn new(git: &Git) -> Self {
        let asked = |how| Asked {
            git: git.clone(),
            how,
            running: None,
        };
        Self {
            contents: asked("--batch"),
            names: asked("--batch-check"),
        }
    }

    /// The bytes of the object with an id; nothing where it has more than `limit`.
    pub(super) fn read(&mut self, id: &str, limit: usize) -> Result<Option<Vec<u8>>, HistoryError> {
        let Answer { size, rest, .. } = self
            .contents
            .ask(id)?
            .ok_or_else(|| failed(format!("the object {id} is missing from this clone")))?;
        // The answer ends with a line break of its own.
        let mut answer = rest.take(size.saturating_add(1));
        if usize::try_from(size).map_or(true, |size| size > limit) {
            std::io::copy(&mut answer, &mut std::io::sink()).map_err(failed)?;
            return Ok(None);
        }
        let mut bytes = Vec::new();
        answer.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.pop() != Some(b'\n') || bytes.len() as u64 != size {
            return Err(nonsense());
        }
        Ok(Some(bytes))
    }

    /// The id of what a name on one line stands for, if it stands for anything.
    pub(super) fn id(&mut self, name: &str) -> Result<Option<String>, HistoryError> {
        Ok(self.names.ask(name)?.map(|answer| answer.id))
    }
}

/// How an answer begins, and the rest of it.
struct Answer<'a> {
    id: String,
    size: u64,
    rest: &'a mut BufReader<ChildStdout>,
}

struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

struct Asked {
    git: Git,
    how: &'static str,
    running: Option<Running>,
}

impl Asked {
    /// Nothing where there is no such object.
    fn ask(&mut self, name: &str) -> Result<Option<Answer<'_>>, HistoryError> {
        let Running { stdin, stdout, .. } = match &mut self.running {
            Some(running) => running,
            none => none.insert(start(&self.git, self.how)?),
        };
        writeln!(stdin, "{name}").map_err(failed)?;
        stdin.flush().map_err(failed)?;
        let mut head = Vec::new();
        stdout.read_until(b'\n', &mut head).map_err(failed)?;
        let head = String::from_utf8_lossy(&head);
        let head = head.trim_end();
        if head.ends_with(" missing") || head.ends_with(" ambiguous") {
            return Ok(None);
        }
        let mut parts = head.split(' ');
        let (Some(id), Some(_), Some(size)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(nonsense());
        };
        let size = size.parse().map_err(|_| nonsense())?;
        Ok(Some(Answer {
            id: id.to_string(),
            size,
            rest: stdout,
        }))
    }
}

fn failed(why: impl ToString) -> HistoryError {
    HistoryError::Git(why.to_string())
}

fn nonsense() -> HistoryError {
    failed("`git cat-file` gave an answer without sense")
}

fn start(git: &Git, how: &str) -> Result<Running, HistoryError> {
    let mut child = git
        .command(&["cat-file", how])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| HistoryError::NoGit(error.to_string()))?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(stdin), Some(stdout)) => Ok(Running {
            child,
            stdin,
            stdout: BufReader::new(stdout),
        }),
        _ => Err(HistoryError::NoGit("it has no pipes".to_string())),
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(Running {
            mut child,
            stdin,
            stdout,
        }) = self.running.take()
        {
            // It ends when nothing more can be asked.
            drop(stdin);
            drop(stdout);
            let _ = child.wait();
        }
    }
}
