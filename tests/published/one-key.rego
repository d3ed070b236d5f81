package spacelift

allow if input.session.login == "pipeline"

roles["apps"] contains "trigger" if input.session.login == "pipeline"
