"""The ways in for people: HTTP, command line, settings; and `wiring`, the only place where parts are joined."""
