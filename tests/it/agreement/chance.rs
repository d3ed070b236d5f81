//! Chance with a wish: most of what is made comes up as it comes up, and one thing is asked for, so that what is rare is met
//! as often as what is not.

use super::pipeline::Seen;
use super::random::Random;

/// The weight of what a mapping has no occasion for, which is not even taken where it is wished for.
pub const NEVER: usize = usize::MAX;

/// A source of decisions, and a record of them.
pub struct Chance {
    pub random: Random,
    pub seen: Seen,
    wish: Option<&'static str>,
}

impl Chance {
    pub fn new(random: Random, wish: Option<&'static str>) -> Self {
        Self {
            random,
            seen: Seen::new(),
            wish,
        }
    }

    pub fn note(&mut self, construct: &'static str) {
        *self.seen.entry(construct).or_default() += 1;
    }

    pub fn has_seen(&self, construct: &str) -> bool {
        self.seen.contains_key(construct)
    }

    pub fn wishes(&self, construct: &str) -> bool {
        self.wish == Some(construct)
    }

    /// Whether the wish begins so.
    pub fn wishes_for(&self, part: &str) -> bool {
        self.wish.is_some_and(|wish| wish.starts_with(part))
    }

    /// One of several, by weight; what is wished for is taken where it is offered.
    pub fn one(&mut self, of: &[(&'static str, usize)]) -> &'static str {
        self.pick(of, 100)
    }

    /// The same where there will be other occasions, so that not everything becomes what is wished for.
    pub fn any(&mut self, of: &[(&'static str, usize)]) -> &'static str {
        let share = match self.wish {
            Some(wish) if !self.has_seen(wish) => 60,
            _ => 10,
        };
        self.pick(of, share)
    }

    fn pick(&mut self, of: &[(&'static str, usize)], share: usize) -> &'static str {
        let of: Vec<(&str, usize)> = of
            .iter()
            .copied()
            .filter(|(_, weight)| *weight != NEVER)
            .collect();
        let wish = of.iter().find(|(name, _)| self.wishes(name));
        let name = match wish {
            Some((name, _)) if self.random.percent(share) => *name,
            _ => {
                let sum = of.iter().map(|(_, weight)| weight).sum();
                let mut at = self.random.below(sum);
                let mut of = of.into_iter();
                loop {
                    let (name, weight) = of.next().unwrap();
                    if at < weight {
                        break name;
                    }
                    at -= weight;
                }
            }
        };
        self.note(name);
        name
    }

    /// Whether something is to be there, so many times in a hundred or where it is wished for.
    pub fn flip(&mut self, construct: &'static str, share: usize) -> bool {
        self.flip_for(construct, share, &format!("{construct}:"))
    }

    /// The same, also where it is needed for a wish that begins so.
    pub fn flip_for(&mut self, construct: &'static str, share: usize, needed: &str) -> bool {
        let wished =
            (self.wishes(construct) || self.wishes_for(needed)) && !self.has_seen(construct);
        let flipped = wished || self.random.percent(share);
        if flipped {
            self.note(construct);
        }
        flipped
    }
}
