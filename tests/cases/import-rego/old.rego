package spacelift

# Who is who.
admins := {"alice@acme.example", "bob@acme.example"}
writers := {"Payments", "Data"}
blocked = ["Contractors"]

admin { admins[input.session.login] }

allow { input.session.member }

deny { not input.session.member }

deny { input.session.teams[_] == blocked[_]; not office }

office { net.cidr_contains("203.0.113.0/24", input.request.remote_ip) }

roles["payments-01J"]["deployer"] {
  team := input.session.teams[_]
  writers[team]
  office
}

space_read["data-01L"] { input.session.teams[_] == "Data" }

# Nobody knows what this is.
space_write["data-01L"] {
  startswith(input.session.name, "svc-")
  count(input.session.teams) > 3
}

space_admin[space.id] {
  space := input.spaces[_]
  space.name == "Payments"
  input.session.teams[_] == "Platform"
}

flag["late"] { input.request.timestamp_ns > 0 }

sample = true
