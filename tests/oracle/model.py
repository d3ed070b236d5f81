"""What a mapping comes down to: all that decides, and nothing else."""

from dataclasses import dataclass, field

SYSTEM_ROLES = {"space-reader": False, "space-writer": False, "space-admin": True}
MARKER = "liftgate:none"


@dataclass
class Role:
    """What is known of a role. `actions` is None where it counts as every action."""

    administers: bool
    actions: frozenset | None


@dataclass
class Grant:
    """Who gets which roles where, and when. Moments are nanoseconds; the end is the first moment after."""

    cases: list
    roles: list
    target: tuple
    when: tuple | None = None
    starts: int | None = None
    ends: int | None = None


@dataclass
class Policy:
    """A mapping that was right. Cases are those of `subjects`."""

    require: list = field(default_factory=lambda: [frozenset([("member", True, True)])])
    admit: bool = False
    known: bool = False  # whether absent groups of a person are none
    admin: list = field(default_factory=list)  # (cases, when)
    deny: list = field(default_factory=list)  # (cases, unless)
    deny_admin: list = field(default_factory=list)
    offboarded: set = field(default_factory=set)  # folded logins
    break_glass: set = field(default_factory=set)
    slack: dict = field(default_factory=dict)  # (workspace, channel) -> roles by space
    grants: list = field(default_factory=list)
    values: dict = field(default_factory=dict)  # what is sent -> (group, its end or None)
    keys: dict = field(default_factory=dict)  # API keys: name -> id
    conditions: dict = field(default_factory=dict)  # name -> (networks or None, (days, ranges, zone) or None)
    keep: bool | None = None  # None where teams are not rewritten
    add: dict = field(default_factory=dict)  # team -> (cases, when)
    sample: str = "none"
    stacks: dict = field(default_factory=dict)  # entries of `stack_access` by name
    administering: set = field(default_factory=set)  # slugs
