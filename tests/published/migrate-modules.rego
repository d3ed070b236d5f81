package spacelift

roles["modules"] contains "module-consumer" if "Developers" in input.session.teams

roles["modules"] contains "space-writer" if "Platform" in input.session.teams
