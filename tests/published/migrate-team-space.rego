package spacelift

allow if input.session.member

roles["engineering"] contains "space-reader" if "Engineering" in input.session.teams

roles["engineering"] contains "space-writer" if "DevOps" in input.session.teams
