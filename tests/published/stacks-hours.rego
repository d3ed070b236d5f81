package spacelift

clock := time.clock([input.request.timestamp_ns, "America/Los_Angeles"])

write if "Developers" in input.session.teams

deny_write if clock[0] < 9

deny_write if clock[0] > 17

deny_write if time.weekday(input.request.timestamp_ns) in {"Saturday", "Sunday"}
