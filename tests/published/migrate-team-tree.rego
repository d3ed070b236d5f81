package spacelift

allow if input.session.member

roles["team-a-dev"] contains "space-writer" if "TeamA" in input.session.teams

roles["team-a-prod"] contains "space-reader" if "TeamA" in input.session.teams

roles["root"] contains "space-admin" if "Platform" in input.session.teams
