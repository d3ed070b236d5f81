package spacelift

write if {
	"Developers" in input.session.teams
	input.stack.repository == "my-infra"
	input.stack.branch == "develop"
}

read if {
	"Developers" in input.session.teams
	input.stack.repository == "my-infra"
	input.stack.branch == "main"
}
