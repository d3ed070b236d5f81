package spacelift

# What a label calls a team: in lower case, its words joined by hyphens, and hyphens that are words left out.
called(team) := concat("-", [lower(word) | some word in split(team, " "); word != "-"])

labelled(level) if {
	some sent in input.session.teams
	team := called(sent)
	team != ""
	not contains(team, ":")
	sprintf("access:%s:%s", [level, team]) in input.stack.labels
}

read if labelled("read")

write if labelled("write")

deny if labelled("deny")

deny_write if input.stack.administrative
