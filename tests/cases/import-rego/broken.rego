package spacelift

allow if {
