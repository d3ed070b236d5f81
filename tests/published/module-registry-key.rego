package spacelift

allow if input.session.login == "api::01J9ZC4Q7M2N6P0R8S5T1V3W20"

roles["modules"] contains "space-reader" if input.session.login == "api::01J9ZC4Q7M2N6P0R8S5T1V3W20"
