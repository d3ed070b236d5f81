package spacelift

allow if input.slack.team.id == "T012AB3CD"

deny if {
	input.slack.team.id != ""
	input.slack.team.id != "T012AB3CD"
}

space_write contains "apps" if input.slack.team.id == "T012AB3CD"
