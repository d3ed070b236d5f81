package spacelift

allow if input.session.member

roles["production"] contains "time-limited" if {
	input.session.login == "scheduled-deployment"
	window
}

window if {
	time.weekday(input.request.timestamp_ns) in {"Tuesday", "Thursday"}
	[hour, _, _] := time.clock([input.request.timestamp_ns, "UTC"])
	hour >= 2
	hour <= 4
}
