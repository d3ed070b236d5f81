//! Random choices of spaces, as YAML.

use super::mapping::{Author, LABELS};

const KINDS: [(&str, usize); 13] = [
    ("target: one", 3),
    ("target: root", 1),
    ("target: legacy", 1),
    ("target: set", 1),
    ("target: list", 1),
    ("target: every", 2),
    ("target: label", 1),
    ("target: label list", 1),
    ("target: label and under", 1),
    ("target: label but", 1),
    ("target: under", 1),
    ("target: under but", 2),
    ("target: label at login", 2),
];

impl Author {
    /// The spaces of a grant, and whether its roles must not hold `space:admin`.
    pub fn target(&mut self) -> (String, bool) {
        for _ in 0..12 {
            let before = self.chance.seen.clone();
            let kind = self.chance.any(&KINDS);
            match self.chosen(kind) {
                Some(target) => return (target, kind == "target: label at login"),
                // Nothing would be left of it, so it has not been written.
                None => self.chance.seen = before,
            }
        }
        self.chance.note("target: one");
        (self.a_space(), false)
    }

    fn a_space(&mut self) -> String {
        let id = self.pick(&self.spaces.clone()).id;
        self.spelt(&id)
    }

    fn chosen(&mut self, kind: &str) -> Option<String> {
        let spaces = self.spaces.clone();
        let place = self.below(spaces.len());
        let here = self.spelt(&spaces[place].id);
        let label = spaces[place].labels.first().cloned();
        let label = label.map(|label| self.spelt(&label));
        let other = self.below(spaces.len());
        let except = self.spelt(&spaces[other].id);
        Some(match kind {
            "target: one" => here,
            "target: root" => "root".to_string(),
            "target: legacy" => "legacy".to_string(),
            "target: set" => {
                let set = self.pick(&self.sets.clone());
                self.spelt(&set)
            }
            "target: list" => {
                let set = self.pick(&self.sets.clone());
                format!("[{here}, root, {}]", self.spelt(&set))
            }
            "target: every" => "\"*\"".to_string(),
            "target: label" => format!("{{label: {}}}", label?),
            "target: label list" => format!("{{label: [{}, \"nobody has it\"]}}", label?),
            "target: label and under" => {
                let above = self.pick(&self.upward(place));
                format!(
                    "{{label: {}, under: {}}}",
                    label?,
                    self.spelt(&spaces[above].id)
                )
            }
            "target: label but" => {
                let is_clear = !self.is_within(place, other) && !self.is_within(other, place);
                is_clear.then_some(())?;
                format!("{{label: {}, except: [{except}]}}", label?)
            }
            "target: under" => format!("{{under: {here}}}"),
            "target: under but" => {
                let left = (0..spaces.len()).any(|at| {
                    self.is_within(at, place)
                        && !self.is_within(at, other)
                        && !self.is_within(other, at)
                });
                let fits = other != place && self.is_within(other, place) && left;
                fits.then_some(())?;
                format!("{{under: {here}, except: [{except}]}}")
            }
            _ => {
                let label = self.pick(&LABELS);
                let label = self.spelt(label);
                if self.chance.random.percent(50) {
                    format!("{{label: {label}, at_login: true}}")
                } else {
                    format!("{{label: [{label}, \"team y\"], at_login: true}}")
                }
            }
        })
    }
}
