package spacelift

allow if input.session.member

roles["dev"] contains "space-writer" if "Developers" in input.session.teams

roles["production"] contains "space-reader" if "Developers" in input.session.teams

roles["dev"] contains "space-writer" if "SRE" in input.session.teams

roles["production"] contains "space-writer" if "SRE" in input.session.teams
