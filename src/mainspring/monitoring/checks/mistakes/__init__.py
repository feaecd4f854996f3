"""What the check of concept drift looks at: errors of rows, the parts they lie in, and which parts got worse."""
