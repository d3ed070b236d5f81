package spacelift

write if {
	"Developers" in input.session.teams
	"dev" in input.stack.labels
}

read if {
	"Developers" in input.session.teams
	"production" in input.stack.labels
}

write if "SRE" in input.session.teams
