package spacelift

day := time.weekday(input.request.timestamp_ns)

clock := time.clock([input.request.timestamp_ns, "America/Los_Angeles"])

write if "Product team" in input.session.teams

deny_write if day in {"Saturday", "Sunday"}

deny_write if clock[0] < 9

deny_write if clock[0] > 17

deny_write if not net.cidr_contains("203.0.113.0/24", input.request.remote_ip)
