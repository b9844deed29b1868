package wordwrap

import "testing"

var cases = []struct {
	name, text, want string
	width            int
}{
	{"empty", "", "", 10},
	{"short", "one two", "one two", 10},
	{"exact", "one two", "one two", 7},
	{"break", "one two three", "one two\nthree", 8},
	{"long word", "a extraordinarily b", "a\nextraordinarily\nb", 5},
	{"keeps breaks", "one\ntwo", "one\ntwo", 20},
	{"squeezes spaces", "one    two", "one two", 20},
}

func TestWrap(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Wrap(c.text, c.width); got != c.want {
				t.Errorf("Wrap(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
			}
		})
	}
}

func BenchmarkWrap(b *testing.B) {
	for i := 0; i < b.N; i++ {
		for _, c := range cases {
			Wrap(c.text, c.width)
		}
	}
}
