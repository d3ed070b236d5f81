package spacelift

deny if not input.session.member
