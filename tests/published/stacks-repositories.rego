package spacelift

write if {
	"TeamA" in input.session.teams
	input.stack.repository == "team-a-infra"
}

write if {
	"TeamB" in input.session.teams
	input.stack.repository == "team-b-infra"
}
