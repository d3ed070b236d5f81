package spacelift

result := {
	"read": read,
	"write": write,
	"deny": deny,
	"deny_write": deny_write,
	"sample": sample,
}

default read := false

default write := false

default deny := false

default deny_write := false

default sample := false
