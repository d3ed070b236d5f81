package spacelift

read { input.session.teams[_] == "Engineering" }

write { input.session.teams[_] == "DevOps" }
