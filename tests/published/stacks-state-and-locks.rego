package spacelift

# It is published without these lines: it only takes.
write if "Developers" in input.session.teams

write if "SRE" in input.session.teams

deny_write if {
	input.stack.state == "FINISHED"
	some team in input.session.teams
	team != "SRE"
}

deny if {
	not is_null(input.stack.locked_by)
	input.session.login != input.stack.locked_by
}
