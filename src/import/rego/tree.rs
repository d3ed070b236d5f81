//! A policy as a tree of few shapes. What has none of them is [`Term::Other`], and nothing is concluded from it.
//!
//! The tree is the engine's own: a text that it reads otherwise than a second parser would is a text that is misunderstood.

use regorus::unstable as rego;

use crate::model::Dialect;

/// A rule, in every way in which it can hold.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Its name.
    pub name: String,
    /// What stands in brackets behind the name.
    pub path: Vec<Term>,
    /// What it adds to a set; nothing of a rule that is one value.
    pub member: Option<Term>,
    /// Its value, where it is not `true`.
    pub value: Option<Term>,
    /// Ways to hold; a rule without any holds always.
    pub bodies: Vec<Vec<Literal>>,
    /// It is a default, a function, or has an `else`: of a shape of its own.
    pub is_odd: bool,
    /// Whether it only says what holds where nothing else does.
    pub is_default: bool,
    /// The first line and the last, from 1.
    pub lines: (usize, usize),
}

/// A part of a body.
#[derive(Debug, Clone)]
pub(super) enum Literal {
    /// It holds.
    Is(Term),
    /// It does not.
    Not(Term),
    /// A value in a collection.
    SomeIn(Term, Term),
    /// Names that are bound later.
    Some,
    /// Anything else.
    Other(String),
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Text(String),
    Number(i64),
    Flag(bool),
    Name(String),
    /// An array or a set.
    List(Vec<Term>),
    /// `a.b`, `a["b"]`, `a[b]`.
    At(Box<Term>, Box<Term>),
    Call(String, Vec<Term>),
    /// `==`, and `=` between values.
    Equal(Box<Term>, Box<Term>),
    NotEqual(Box<Term>, Box<Term>),
    /// `<`; the flag is for `<=`.
    Less(Box<Term>, Box<Term>, bool),
    In(Box<Term>, Box<Term>),
    /// `:=`.
    Bind(Box<Term>, Box<Term>),
    /// As it is written.
    Other(String),
}

/// Reads a text. The text was parsed before, in a process of its own and within a time.
pub(super) fn read(text: &str, dialect: Dialect) -> Result<Vec<Rule>, String> {
    let source = rego::Source::from_contents("old.rego".to_string(), text.to_string());
    let source = source.map_err(|error| error.to_string())?;
    let mut parser = rego::Parser::new(&source).map_err(|error| error.to_string())?;
    if dialect == Dialect::V1 {
        parser.enable_rego_v1().map_err(|error| error.to_string())?;
    }
    let module = parser.parse().map_err(|error| error.to_string())?;
    let starts: Vec<usize> = module.policy.iter().map(|rule| line(rule.span())).collect();
    let total: Vec<&str> = text.lines().collect();
    let rules = module.policy.iter().enumerate().map(|(at, rule)| {
        let first = starts.get(at).copied().unwrap_or(1);
        let next = starts.iter().copied().filter(|start| *start > first).min();
        let mut last = next.map_or(total.len(), |next| next - 1).max(first);
        // What lies between two rules belongs to the second.
        let is_blank = |number: usize| {
            let line = total.get(number - 1).map_or("", |line| line.trim());
            line.is_empty() || line.starts_with('#')
        };
        while last > first && is_blank(last) {
            last -= 1;
        }
        of_rule(rule, (first, last))
    });
    Ok(rules.collect())
}

fn line(span: &rego::Span) -> usize {
    usize::try_from(span.line).unwrap_or(1).max(1)
}

fn of_rule(rule: &rego::Rule, lines: (usize, usize)) -> Rule {
    let mut made = Rule {
        name: String::new(),
        path: Vec::new(),
        member: None,
        value: None,
        bodies: Vec::new(),
        is_odd: false,
        is_default: false,
        lines,
    };
    let (head, bodies) = match rule {
        rego::Rule::Default { refr, value, .. } => {
            made.is_default = true;
            made.value = Some(term(value));
            made.named(refr);
            return made;
        }
        rego::Rule::Spec { head, bodies, .. } => (head, bodies),
    };
    match head {
        rego::RuleHead::Compr { refr, assign, .. } => {
            made.named(refr);
            made.value = assign.as_ref().map(|assign| term(&assign.value));
        }
        rego::RuleHead::Set { refr, key, .. } => {
            made.named(refr);
            made.member = key.as_ref().map(|key| term(key));
            made.is_odd = made.member.is_none();
        }
        rego::RuleHead::Func { refr, .. } => {
            made.named(refr);
            made.is_odd = true;
        }
    }
    made.is_odd |= bodies
        .iter()
        .any(|body| body.is_else || body.assign.is_some());
    made.bodies = bodies
        .iter()
        .map(|body| body.query.stmts.iter().map(literal).collect())
        .collect();
    made
}

impl Rule {
    /// The name, and what stands behind it.
    fn named(&mut self, refr: &rego::Expr) {
        let mut at = term(refr);
        while let Term::At(inner, index) = at {
            self.path.insert(0, *index);
            at = *inner;
        }
        match at {
            Term::Name(name) => self.name = name,
            _ => self.is_odd = true,
        }
    }
}

fn literal(stmt: &rego::LiteralStmt) -> Literal {
    if !stmt.with_mods.is_empty() {
        return Literal::Other(stmt.span.text().to_string());
    }
    match &stmt.literal {
        rego::Literal::SomeVars { .. } => Literal::Some,
        rego::Literal::SomeIn {
            key: None,
            value,
            collection,
            ..
        } => Literal::SomeIn(term(value), term(collection)),
        rego::Literal::Expr { expr, .. } => Literal::Is(term(expr)),
        rego::Literal::NotExpr { expr, .. } => Literal::Not(term(expr)),
        rego::Literal::SomeIn { span, .. } | rego::Literal::Every { span, .. } => {
            Literal::Other(span.text().to_string())
        }
    }
}

fn terms(list: &[rego::Ref<rego::Expr>]) -> Vec<Term> {
    list.iter().map(|one| term(one)).collect()
}

fn term(expr: &rego::Expr) -> Term {
    use rego::Expr as E;
    let other = || Term::Other(expr.span().text().to_string());
    let boxed = |one: &rego::Ref<E>| Box::new(term(one));
    match expr {
        E::String { value, .. } | E::RawString { value, .. } => match value {
            regorus::Value::String(text) => Term::Text(text.to_string()),
            _ => other(),
        },
        E::Number { value, .. } => value.as_i64().map_or_else(|_| other(), Term::Number),
        E::Bool { value, .. } => value
            .as_bool()
            .map_or_else(|_| other(), |flag| Term::Flag(*flag)),
        E::Var { span, .. } => Term::Name(span.text().to_string()),
        E::Array { items, .. } | E::Set { items, .. } => Term::List(terms(items)),
        E::RefDot { refr, field, .. } => {
            let name = Term::Text(field.0.text().to_string());
            Term::At(boxed(refr), Box::new(name))
        }
        E::RefBrack { refr, index, .. } => Term::At(boxed(refr), boxed(index)),
        E::Call { fcn, params, .. } => match path(&term(fcn)) {
            Some(name) => Term::Call(name, terms(params)),
            None => other(),
        },
        E::BoolExpr { op, lhs, rhs, .. } => match op {
            rego::BoolOp::Eq => Term::Equal(boxed(lhs), boxed(rhs)),
            rego::BoolOp::Ne => Term::NotEqual(boxed(lhs), boxed(rhs)),
            rego::BoolOp::Lt => Term::Less(boxed(lhs), boxed(rhs), false),
            rego::BoolOp::Le => Term::Less(boxed(lhs), boxed(rhs), true),
            rego::BoolOp::Gt => Term::Less(boxed(rhs), boxed(lhs), false),
            rego::BoolOp::Ge => Term::Less(boxed(rhs), boxed(lhs), true),
        },
        E::AssignExpr { op, lhs, rhs, .. } => match op {
            rego::AssignOp::Eq => Term::Equal(boxed(lhs), boxed(rhs)),
            rego::AssignOp::ColEq => Term::Bind(boxed(lhs), boxed(rhs)),
        },
        E::Membership {
            key: None,
            value,
            collection,
            ..
        } => Term::In(boxed(value), boxed(collection)),
        _ => other(),
    }
}

/// `net.cidr_contains`.
fn path(term: &Term) -> Option<String> {
    match term {
        Term::Name(name) => Some(name.clone()),
        Term::At(inner, index) => match index.as_ref() {
            Term::Text(text) => Some(format!("{}.{text}", path(inner)?)),
            _ => None,
        },
        _ => None,
    }
}
