package spacelift

allow if input.session.member

roles["production"] contains "prod-deployer" if {
	"SRE" in input.session.teams
	working
}

working if {
	not time.weekday(input.request.timestamp_ns) in {"Saturday", "Sunday"}
	[hour, _, _] := time.clock([input.request.timestamp_ns, "America/Los_Angeles"])
	hour >= 9
	hour <= 17
}
