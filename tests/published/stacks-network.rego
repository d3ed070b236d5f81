package spacelift

write if "Contractors" in input.session.teams

deny_write if not net.cidr_contains("203.0.113.0/24", input.request.remote_ip)
