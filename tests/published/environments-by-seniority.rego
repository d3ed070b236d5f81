package spacelift

allow if input.session.member

roles["development"] contains "developer" if "Junior-Developers" in input.session.teams

roles["development"] contains "developer" if "Senior-Developers" in input.session.teams

roles["staging"] contains "developer" if "Senior-Developers" in input.session.teams

roles["development"] contains "lead-developer" if "Lead-Developers" in input.session.teams

roles["staging"] contains "lead-developer" if "Lead-Developers" in input.session.teams

roles["production"] contains "lead-developer" if "Lead-Developers" in input.session.teams
