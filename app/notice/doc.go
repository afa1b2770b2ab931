// Package notice is the published record of an advisory, in every format that the world reads.
//
// There is one model, [Record]. [Parse] reads it from the project's own YAML or from libvirt's security notice 1.0 XML, and
// refuses what no notice may hold; [Render] writes it in a format of [Formats], and holds what is JSON against a schema before
// anybody gets it. [Record.Check] is what must hold before anything is published, and names the field that does not;
// [Record.Lint] is what people get wrong in notices that are well formed. A [Look] says whose notices they are; [Libvirt] is
// the founding project's.
//
// Every input is hostile: it is bounded, and each writer escapes whatever the record holds, checked or not.
package notice
