package spacelift

allow if input.session.member

roles["dev"] contains "space-writer" if "Developers" in input.session.teams

roles["prod"] contains "space-reader" if "Developers" in input.session.teams
