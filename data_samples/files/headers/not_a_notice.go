// Package wordwrap breaks text into lines of a given width.
//
// Words are never split, so a word that is longer than the width gets a line of its own. Runs of
// spaces count as one; line breaks in the input are kept. This comment is documentation, it says
// nothing about rights, and removing it would take away the best part of the file.
package wordwrap

import "strings"

// Wrap returns text with line breaks such that no line is wider than width runes, where possible.
func Wrap(text string, width int) string {
	var out strings.Builder
	for i, paragraph := range strings.Split(text, "\n") {
		if i > 0 {
			out.WriteByte('\n')
		}
		column := 0
		for _, word := range strings.Fields(paragraph) {
			length := len([]rune(word))
			switch {
			case column == 0:
			case column+1+length > width:
				out.WriteByte('\n')
				column = 0
			default:
				out.WriteByte(' ')
				column++
			}
			out.WriteString(word)
			column += length
		}
	}
	return out.String()
}
