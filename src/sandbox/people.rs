//! Managed users and mapped groups.

use serde_json::Value;

use super::access::demand_root;
use super::args::Args;
use super::desk::{Act, Answer, Fail, Look, show};
use super::state::{AccessRule, Group, Holder, User};

pub(crate) fn users(look: &Look<'_>, _: &Args) -> Answer {
    look.demand_some_admin()?;
    show(look.state.users.values().collect::<Vec<_>>())
}

pub(crate) fn user(look: &Look<'_>, args: &Args) -> Answer {
    look.demand_some_admin()?;
    show(look.state.users.get(&args.id()))
}

pub(crate) fn groups(look: &Look<'_>, _: &Args) -> Answer {
    look.demand_some_admin()?;
    show(look.state.groups.values().collect::<Vec<_>>())
}

pub(crate) fn group(look: &Look<'_>, args: &Args) -> Answer {
    look.demand_some_admin()?;
    show(look.state.groups.get(&args.id()))
}

pub(crate) fn available_groups(look: &Look<'_>, _: &Args) -> Answer {
    look.demand_some_admin()?;
    show(&look.state.available_user_groups)
}

/// Both forms: with rules, as before roles, or with roles.
pub(crate) fn invite(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let input = args.input();
    let username = input.text("username");
    let email = input
        .maybe("invitationEmail")
        .filter(|email| !email.is_empty());
    let taken = act
        .state
        .users
        .values()
        .any(|user| user.username == username);
    let invited = email.is_some()
        && act
            .state
            .users
            .values()
            .any(|user| user.invitation_email == email);
    if username.is_empty() || taken {
        return Err(Fail::from("username must be unique within one account"));
    }
    if invited {
        return Err(Fail::from("user with this email has already been invited"));
    }
    // An invitation waits until people are managed at all.
    let waiting = act.state.account.authorization_scheme != "MANAGED_USERS";
    let user = User {
        id: act.id(),
        username,
        invitation_email: email,
        login_method: None,
        status: if waiting { "QUEUED" } else { "PENDING" }.to_owned(),
        last_login_time: None,
        slack_member_id: None,
        groups: Vec::new(),
        access_rules: rules(act, &input)?.unwrap_or_default(),
    };
    let answer = show(&user);
    let id = user.id.clone();
    act.state.users.insert(id.clone(), user);
    act.bind_given(Holder::User, &id, &input)?;
    answer
}

pub(crate) fn update_user(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let input = args.input();
    let rules = rules(act, &input)?;
    let user = act
        .state
        .users
        .get_mut(&input.id())
        .ok_or_else(|| Fail::missing("user"))?;
    if let Some(rules) = rules {
        user.access_rules = rules;
    }
    if let Some(member) = input.maybe("slackMemberID") {
        user.slack_member_id = Some(member);
    }
    show(&*user)
}

pub(crate) fn delete_user(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let user = act
        .state
        .users
        .remove(&args.id())
        .ok_or_else(|| Fail::missing("user"))?;
    act.unbind_all(Holder::User, &user.id);
    act.state
        .sessions
        .retain(|_, session| session.api_key.is_some() || session.login != user.username);
    show(user)
}

pub(crate) fn resend_invite(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let user = act
        .state
        .users
        .get_mut(&args.id())
        .ok_or_else(|| Fail::missing("user"))?;
    if !matches!(user.status.as_str(), "PENDING" | "EXPIRED") {
        return Err(Fail::from("user has no open invitation"));
    }
    user.status = "PENDING".to_owned();
    show(&*user)
}

pub(crate) fn map_group(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let input = args.input();
    let group_name = input.text("groupName");
    if group_name.is_empty()
        || act
            .state
            .groups
            .values()
            .any(|group| group.group_name == group_name)
    {
        return Err(Fail::from(
            "user group name must be unique within one account",
        ));
    }
    let group = Group {
        id: act.id(),
        status: if act.state.available_user_groups.contains(&group_name) {
            "ACTIVE"
        } else {
            "INACTIVE"
        }
        .to_owned(),
        group_name,
        description: input.maybe("description"),
        identity_provider: None,
        last_login_time: None,
        access_rules: rules(act, &input)?.unwrap_or_default(),
    };
    let answer = show(&group);
    let id = group.id.clone();
    act.state.groups.insert(id.clone(), group);
    act.bind_given(Holder::UserGroup, &id, &input)?;
    answer
}

pub(crate) fn update_group(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let input = args.input();
    let rules = rules(act, &input)?;
    let group = act
        .state
        .groups
        .get_mut(&input.id())
        .ok_or_else(|| Fail::missing("user group"))?;
    group.description = input.maybe("description");
    if let Some(rules) = rules {
        group.access_rules = rules;
    }
    show(&*group)
}

pub(crate) fn delete_group(act: &mut Act<'_>, args: &Args) -> Answer {
    demand_root(act.state, &act.caller)?;
    let group = act
        .state
        .groups
        .remove(&args.id())
        .ok_or_else(|| Fail::missing("user group"))?;
    act.unbind_all(Holder::UserGroup, &group.id);
    show(group)
}

fn rules(act: &Act<'_>, input: &Args) -> Result<Option<Vec<AccessRule>>, Fail> {
    if !matches!(input.0.get("accessRules"), Some(Value::Array(_))) {
        return Ok(None);
    }
    let rule = |rule: &Args| {
        let space = rule.text("space");
        if !act.state.spaces.contains_key(&space) {
            return Err(Fail::missing("space"));
        }
        Ok(AccessRule {
            space,
            space_access_level: rule.text("spaceAccessLevel"),
        })
    };
    input
        .objects("accessRules")
        .iter()
        .map(rule)
        .collect::<Result<Vec<_>, Fail>>()
        .map(Some)
}
