// Package cve is the stand-in for CVE Services, the API by which CNAs reserve CVE numbers and submit their records. It
// answers what the real one documents and nothing else: unknown parameters are refused, and so is a record that the
// program's schema does not take, where a caller brings the schema ([Server.CheckRecords]).
//
// It differs in one thing. The real API shows a record as soon as it was submitted, and the program's list follows later;
// here there is only the API, which shows a record to the world a while later ([Server.Delay]).
package cve
