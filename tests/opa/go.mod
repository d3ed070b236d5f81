module liftgate-tests/opa

go 1.26
