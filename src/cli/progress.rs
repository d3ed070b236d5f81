//! How far long work is, on a line of its own that is written over and in the end taken away: on a terminal, and nowhere else.

use std::cell::RefCell;
use std::io::{IsTerminal as _, Write};
use std::time::{Duration, Instant};

use crate::plan::Progress;

/// Nothing is said of what takes less than this, nor oftener.
const EVERY: Duration = Duration::from_millis(200);

/// The line.
pub struct Line<W: Write = std::io::Stderr> {
    /// Nothing where nobody looks.
    to: RefCell<Option<Shown<W>>>,
}

struct Shown<W> {
    to: W,
    last: Instant,
    is_there: bool,
}

impl Line {
    /// On standard error, if that is a terminal.
    pub fn on_terminal() -> Self {
        let error = std::io::stderr();
        Self::of(error.is_terminal().then_some(error))
    }
}

impl<W: Write> Line<W> {
    fn of(to: Option<W>) -> Self {
        Self {
            to: RefCell::new(to.map(|to| Shown {
                to,
                last: Instant::now(),
                is_there: false,
            })),
        }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if let Some(shown) = self.to.borrow_mut().as_mut() {
            shown.clear();
        }
    }
}

impl<W: Write> Shown<W> {
    fn clear(&mut self) {
        if std::mem::take(&mut self.is_there) {
            // A terminal that goes away is no reason to stop.
            let _ = write!(self.to, "\r\x1b[K");
            let _ = self.to.flush();
        }
    }
}

impl<W: Write> Line<W> {
    /// Says what is going on, unless something was said a moment ago.
    pub fn say(&self, text: &str) {
        let mut to = self.to.borrow_mut();
        let Some(shown) = to.as_mut().filter(|shown| shown.last.elapsed() >= EVERY) else {
            return;
        };
        shown.last = Instant::now();
        shown.is_there = true;
        let _ = write!(shown.to, "\r\x1b[K{text}");
        let _ = shown.to.flush();
    }
}

impl<W: Write> Progress for Line<W> {
    fn at(&self, what: &str, done: usize, of: usize) {
        self.say(&format!("{what} {done} of {of}"));
    }
}

impl<W: Write> Drop for Line<W> {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_over_and_taken_away() {
        let mut written = Vec::new();
        let line = Line::of(Some(&mut written));
        line.at("simulated", 1, 3);
        if let Some(shown) = line.to.borrow_mut().as_mut() {
            shown.last = Instant::now().checked_sub(EVERY).unwrap();
        }
        line.at("simulated", 2, 3);
        // So soon after, nothing more is said.
        line.at("simulated", 3, 3);
        drop(line);
        assert_eq!(
            String::from_utf8(written).unwrap(),
            "\r\x1b[Ksimulated 2 of 3\r\x1b[K"
        );
    }

    #[test]
    fn what_is_quick_leaves_no_trace() {
        let mut written = Vec::new();
        let line = Line::of(Some(&mut written));
        line.at("simulated", 1, 3);
        line.clear();
        drop(line);
        assert_eq!(written, b"");
        Line::<Vec<u8>>::of(None).at("simulated", 1, 3);
    }
}
