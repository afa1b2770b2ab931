package store

func ringUntilKilled(path string) {}
