package spacelift

allow if input.session.member

roles["production"] contains "senior-developer" if input.session.login in {"alice@company.example", "bob@company.example", "charlie@company.example"}
