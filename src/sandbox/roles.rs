//! Roles, and their bindings to people, groups, keys and stacks.

use serde_json::{Map, Value, json};

use super::access::{Level, demand, demand_root};
use super::args::Args;
use super::desk::{Act, Answer, Fail, Look, show};
use super::source::slug;
use super::state::{Binding, Holder, Role, State};

pub(crate) fn list(look: &Look<'_>, _: &Args) -> Answer {
    look.demand_some_admin()?;
    show(look.state.roles.values().collect::<Vec<_>>())
}

pub(crate) fn get(look: &Look<'_>, args: &Args) -> Answer {
    look.demand_some_admin()?;
    show(look.state.roles.get(&args.id()))
}

pub(crate) fn create(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let input = args.input();
    let name = input.text("name");
    let slug = slug(&name);
    if slug.is_empty() {
        return Err(Fail::from("role name must not be empty"));
    }
    if act.state.roles.values().any(|role| role.slug == slug) {
        return Err(Fail::from(
            "role with this slug already exists for this account",
        ));
    }
    let role = Role {
        id: act.id(),
        slug,
        name,
        description: input.maybe("description"),
        is_system: false,
        actions: input.texts("actions").unwrap_or_default(),
    };
    let answer = show(&role);
    act.state.roles.insert(role.id.clone(), role);
    answer
}

/// Only what is given changes; the slug stays, because policies name it.
pub(crate) fn update(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let mut role = own(act.state, &args.id())?;
    let input = args.input();
    role.name = input.maybe("name").unwrap_or(role.name);
    role.description = input.maybe("description").or(role.description);
    role.actions = input.texts("Actions").unwrap_or(role.actions);
    let answer = show(&role);
    act.state.roles.insert(role.id.clone(), role);
    answer
}

pub(crate) fn delete(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let role = own(act.state, &args.id())?;
    if act
        .state
        .bindings
        .values()
        .any(|binding| binding.role == role.id)
    {
        return Err(Fail::from("role is still bound"));
    }
    act.state.roles.remove(&role.id);
    show(role)
}

fn own(state: &State, id: &str) -> Result<Role, Fail> {
    let role = state
        .roles
        .get(id)
        .cloned()
        .ok_or_else(|| Fail::missing("role"))?;
    if role.is_system {
        Err(Fail::from("system roles cannot be changed"))
    } else {
        Ok(role)
    }
}

/// The name by which the API speaks of a holder's id.
fn field(kind: Holder) -> &'static str {
    match kind {
        Holder::User => "userID",
        Holder::UserGroup => "userGroupID",
        Holder::ApiKey => "apiKeyID",
        Holder::Stack => "stackID",
    }
}

/// A binding in the form of its kind; role, space and holder are looked up when they are read out.
pub(crate) fn shown(binding: &Binding) -> Value {
    let mut fields = Map::new();
    fields.insert("id".to_owned(), json!(binding.id));
    fields.insert("roleID".to_owned(), json!(binding.role));
    fields.insert("spaceID".to_owned(), json!(binding.space));
    fields.insert(field(binding.kind).to_owned(), json!(binding.holder));
    Value::Object(fields)
}

fn look_up(look: &Look<'_>, kind: Holder, args: &Args) -> Answer {
    look.demand_some_admin()?;
    let binding = look
        .state
        .bindings
        .get(&args.id())
        .filter(|binding| binding.kind == kind);
    Ok(binding.map(shown).unwrap_or_default())
}

fn bind(act: &mut Act<'_>, kind: Holder, input: &Args) -> Answer {
    let binding = Binding {
        id: act.id(),
        kind,
        holder: input.text(field(kind)),
        role: input.text("roleID"),
        space: input.text("spaceID"),
    };
    put(act, binding)
}

/// All or none: the state is put back when one of them fails.
fn bind_all(act: &mut Act<'_>, kind: Holder, args: &Args) -> Answer {
    let inputs = args.input().objects("bindings");
    inputs.iter().map(|input| bind(act, kind, input)).collect()
}

fn rebind(act: &mut Act<'_>, kind: Holder, args: &Args) -> Answer {
    let old = bound(act.state, kind, &args.id())?;
    demand(act.state, &act.caller, &old.space, Level::Admin)?;
    let input = args.input();
    let binding = Binding {
        // A stack's binding keeps its stack, so its input does not name one.
        holder: input
            .maybe(field(kind))
            .unwrap_or_else(|| old.holder.clone()),
        role: input.text("roleID"),
        space: input.text("spaceID"),
        ..old
    };
    put(act, binding)
}

fn put(act: &mut Act<'_>, binding: Binding) -> Answer {
    let state = &*act.state;
    if !state.holds(binding.kind, &binding.holder) {
        return Err(Fail::missing(match binding.kind {
            Holder::User => "user",
            Holder::UserGroup => "user group",
            Holder::ApiKey => "api key",
            Holder::Stack => "stack",
        }));
    }
    if !state.roles.contains_key(&binding.role) {
        return Err(Fail::missing("role"));
    }
    if !state.spaces.contains_key(&binding.space) {
        return Err(Fail::missing("space"));
    }
    demand(state, &act.caller, &binding.space, Level::Admin)?;
    if binding.kind == Holder::Stack
        && binding.space == "root"
        && state
            .stacks
            .get(&binding.holder)
            .is_some_and(|stack| stack.space != "root")
    {
        return Err(Fail::from(
            "only a stack in the root space can be bound to the root space",
        ));
    }
    let same = |known: &&Binding| {
        known.id != binding.id
            && (known.kind, &known.holder, &known.role, &known.space)
                == (binding.kind, &binding.holder, &binding.role, &binding.space)
    };
    if state.bindings.values().find(same).is_some() {
        return Err(Fail::from("role binding already exists"));
    }
    if binding.kind == Holder::ApiKey {
        act.end_key_sessions(&binding.holder);
    }
    let answer = shown(&binding);
    act.state.bindings.insert(binding.id.clone(), binding);
    Ok(answer)
}

fn unbind(act: &mut Act<'_>, kind: Holder, args: &Args) -> Answer {
    let binding = bound(act.state, kind, &args.id())?;
    demand(act.state, &act.caller, &binding.space, Level::Admin)?;
    if kind == Holder::ApiKey {
        act.end_key_sessions(&binding.holder);
    }
    act.state.bindings.remove(&binding.id);
    Ok(shown(&binding))
}

fn bound(state: &State, kind: Holder, id: &str) -> Result<Binding, Fail> {
    let binding = state
        .bindings
        .get(id)
        .filter(|binding| binding.kind == kind)
        .cloned();
    binding.ok_or_else(|| Fail::missing("role binding"))
}

/// The five fields of each kind of binding.
macro_rules! kinds {
    ($($module:ident $kind:ident),*) => {$(
        pub(crate) mod $module {
            use super::{Act, Answer, Args, Holder, Look};

            pub(crate) fn get(look: &Look<'_>, args: &Args) -> Answer {
                super::look_up(look, Holder::$kind, args)
            }
            pub(crate) fn create(act: &mut Act<'_>, args: &Args) -> Answer {
                super::bind(act, Holder::$kind, &args.input())
            }
            pub(crate) fn create_all(act: &mut Act<'_>, args: &Args) -> Answer {
                super::bind_all(act, Holder::$kind, args)
            }
            pub(crate) fn update(act: &mut Act<'_>, args: &Args) -> Answer {
                super::rebind(act, Holder::$kind, args)
            }
            pub(crate) fn delete(act: &mut Act<'_>, args: &Args) -> Answer {
                super::unbind(act, Holder::$kind, args)
            }
        }
    )*};
}

kinds!(user User, group UserGroup, key ApiKey, stack Stack);

impl Act<'_> {
    /// Binds roles given along with the creation of their holder.
    pub(crate) fn bind_given(
        &mut self,
        kind: Holder,
        holder: &str,
        input: &Args,
    ) -> Result<(), Fail> {
        for given in input.objects("roleBindings") {
            let binding = Binding {
                id: self.id(),
                kind,
                holder: holder.to_owned(),
                role: given.text("roleID"),
                space: given.text("spaceID"),
            };
            put(self, binding)?;
        }
        Ok(())
    }

    /// Takes away what was bound to a holder that goes.
    pub(crate) fn unbind_all(&mut self, kind: Holder, holder: &str) {
        self.state
            .bindings
            .retain(|_, binding| binding.kind != kind || binding.holder != holder);
    }
}
