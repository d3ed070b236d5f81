package spacelift

allow if input.session.member

roles["infrastructure"] contains "platform-engineer" if input.session.login == "alice@company.example"

roles["development"] contains "developer" if input.session.login == "alice@company.example"

roles["staging"] contains "developer" if input.session.login == "alice@company.example"
