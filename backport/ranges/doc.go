// Package ranges tells from a repository alone where a bug is and where it is fixed.
package ranges
