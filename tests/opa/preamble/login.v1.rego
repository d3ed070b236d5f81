package spacelift

result := {
	"allow": allow,
	"admin": admin,
	"deny": deny,
	"deny_admin": deny_admin,
	"roles": roles,
	"space_admin": space_admin,
	"space_write": space_write,
	"space_read": space_read,
	"team": team,
	"flag": flag,
	"sample": sample,
}

default allow := false

default admin := false

default deny := false

default deny_admin := false

default sample := false

roles[space] contains role if {
	false
	space := "never"
	role := "never"
}

space_admin contains "never" if {
	false
}

space_write contains "never" if {
	false
}

space_read contains "never" if {
	false
}

team contains "never" if {
	false
}

flag contains "never" if {
	false
}
