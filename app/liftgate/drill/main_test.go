package drill

import (
	"flag"
	"os"
	"testing"
)

// atOnce is how many cases are played at once where the command line does not say. Most of a case is waiting for git and for
// the rhythm of the server, so that it is more than there are cores.
const atOnce = "5"

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", atOnce); err != nil {
			panic(err) // the flag has another name
		}
	}
	os.Exit(m.Run())
}
