package spacelift

deny_write if input.stack.administrative
